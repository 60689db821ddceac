-- Visits to parks, circles and communities known at a moment.
--
-- Grain:   one row per visit to a park, circle or community by $as_of.
-- Params:  $as_of  visits after this moment are not known yet
-- Reads:   visits, cadres
with made as (
    select
        visit_id,
        object_kind,
        case when object_kind = '社区' then community_name else park_id end as object_id,
        visited_at,
        visited_at::date as visited_date,
        cadre_id,
        appeal_count,
        note,
    from visits
    where
        object_kind in ('园区商圈', '社区')
        and visited_at <= $as_of
)

select
    made.*,
    cadres.cadre_name as visitor_name,
    cadres.unit_name as visitor_unit,
    cadres.unit_kind,
from made
left join cadres on made.cadre_id = cadres.cadre_id
