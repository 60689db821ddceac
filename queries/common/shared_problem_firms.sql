-- The firms that share one topic in one place.
--
-- Grain:   one row per firm; all appeals whose firm is not known are one row at the end.
-- Params:  $as_of        the moment open cases are judged at
--          $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $place_kind   全区, 片区, 园区商圈, 社区 or 街道
--          $place_id     which of them
--          $topic_level  1 for a category, 2 for a subcategory
--          $topic        which of them
-- Reads:   topic_places, judged_cases
with concerned as (
    select
        places.firm,
        cases.*,
    from topic_places($as_of::timestamp) as places
    inner join judged_cases($as_of::timestamp) as cases on places.appeal_id = cases.appeal_id
    where
        places.place_kind = $place_kind::varchar
        and places.place_id = $place_id::varchar
        and places.topic_level = $topic_level::bigint
        and places.topic = $topic::varchar
        and places.received_date between $start_date::date and $end_date::date
)

select
    coalesce(max(enterprise_name), firm, '未写明企业') as enterprise_name,
    count(*) as received_count,
    count(*) filter (where not is_closed) as open_count,
    count(*) filter (where is_overdue) as overdue_count,
    max(received_date) as last_received_date,
from concerned
group by firm
order by firm is null, open_count desc, received_count desc, last_received_date desc, enterprise_name
