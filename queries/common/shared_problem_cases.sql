-- The appeals of one topic in one place, open ones first.
--
-- Grain:   one row per appeal.
-- Params:  $as_of        the moment open cases are judged at
--          $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $place_kind   全区, 片区, 园区商圈, 社区 or 街道
--          $place_id     which of them
--          $topic_level  1 for a category, 2 for a subcategory
--          $topic        which of them
-- Reads:   topic_places, judged_cases
select
    cases.appeal_id,
    case
        when cases.is_overdue then '已超期'
        when not cases.is_closed then '未办结'
        else '已办结'
    end as case_state,
    cases.title,
    cases.enterprise_name,
    cases.park_name,
    cases.community_name,
    cases.subdistrict_name,
    cases.unit_name,
    cases.received_at,
    cases.due_at,
    cases.closed_at,
    cases.outcome,
    cases.rating,
from topic_places($as_of::timestamp) as places
inner join judged_cases($as_of::timestamp) as cases on places.appeal_id = cases.appeal_id
where
    places.place_kind = $place_kind::varchar
    and places.place_id = $place_id::varchar
    and places.topic_level = $topic_level::bigint
    and places.topic = $topic::varchar
    and places.received_date between $start_date::date and $end_date::date
order by cases.is_closed, cases.is_overdue desc, cases.received_at desc, cases.appeal_id
