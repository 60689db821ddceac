-- The visits to one park, circle or community in a period, the latest first.
--
-- Grain:   one row per visit.
-- Params:  $as_of        visits after this moment are not known yet
--          $start_date   first day of visits, inclusive
--          $end_date     last day of visits, inclusive
--          $object_kind  园区商圈 or 社区
--          $object_id    the park's number or the community's name
-- Reads:   object_visits
-- Caveat:  干部姓名只显示姓。走访某家企业不计在内。
select
    visited_at,
    visitor_unit,
    visitor_name,
    appeal_count,
    note,
    visit_id,
from object_visits($as_of::timestamp)
where
    object_kind = $object_kind::varchar
    and object_id = $object_id::varchar
    and visited_date between $start_date::date and $end_date::date
order by visited_at desc, visit_id
