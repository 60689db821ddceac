-- Visits to parks, circles and communities known at a moment.
--
-- Grain:   one row per visit to a park, circle or community by $as_of.
-- Params:  $as_of  visits after this moment are not known yet
-- Reads:   visits
select
    visit_id,
    object_kind,
    coalesce(park_id, community_name) as object_id,
    visited_at::date as visited_date,
from visits
where
    object_kind in ('园区商圈', '社区')
    and visited_at <= $as_of
