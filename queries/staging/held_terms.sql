-- From when to when a cadre held a park, a circle or a community while in office.
--
-- Grain:   one row per assignment of a cadre to a park, circle or community; last_date is null while it lasts.
-- Params:  none
-- Reads:   assignments, cadres
select
    assignments.object_kind,
    coalesce(assignments.park_id, assignments.community_name) as object_id,
    cadres.cadre_id,
    cadres.cadre_name as holder_name,
    cadres.unit_name as holder_unit,
    greatest(assignments.start_date, cadres.start_date) as first_date,
    least(assignments.end_date, cadres.end_date) as last_date,
from assignments
inner join cadres on assignments.cadre_id = cadres.cadre_id
where
    assignments.holder_kind = '干部'
    and assignments.object_kind in ('园区商圈', '社区')
