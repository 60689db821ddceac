-- What rise_firms says of an end that the release keeps it for, looked up.
--
-- Grain:   one row per place, level and topic (as cell_topics has them) with appeals of named firms in either span.
-- Params:  $as_of                  the moment everything is judged at
--          $end_date               last day of the period, inclusive
--          $common_recent_weeks    weeks that are looked at
--          $common_earlier_weeks   weeks before them that say what to expect
-- Reads:   span_firms, rise_spans
with both_spans as (
    select
        firms.place_kind,
        firms.place_id,
        firms.topic_level,
        firms.topic,
        firms.firm_count,
        firms.last_date = spans.last_date as is_recent,
    from
        rise_spans(
            $as_of::timestamp, $end_date::date, $common_recent_weeks::bigint, $common_earlier_weeks::bigint
        ) as spans
    inner join span_firms($as_of::timestamp) as firms
        on
            (spans.recent_date = firms.first_date and spans.last_date = firms.last_date)
            or (spans.earlier_date = firms.first_date and spans.recent_date - 1 = firms.last_date)
)

select
    place_kind,
    place_id,
    topic_level,
    topic,
    coalesce(sum(firm_count) filter (where is_recent), 0)::bigint as firm_count,
    coalesce(sum(firm_count) filter (where not is_recent), 0)::bigint as earlier_firm_count,
from both_spans
group by place_kind, place_id, topic_level, topic
