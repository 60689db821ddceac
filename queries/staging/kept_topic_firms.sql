-- What topic_firms says of a period that the release keeps it for, looked up.
--
-- Grain:   one row per place, level and topic (as cell_topics has them) with appeals of named firms in the period.
-- Params:  $as_of       the moment everything is judged at
--          $start_date  first day received, inclusive
--          $end_date    last day received, inclusive
-- Reads:   span_firms
select
    place_kind,
    place_id,
    topic_level,
    topic,
    firm_count,
from span_firms($as_of::timestamp)
where first_date = $start_date::date and last_date = $end_date::date
