-- From when to when a cadre held a park, a circle or a community while in office.
--
-- Grain:   one row per assignment of a cadre to a park, circle or community that was in force for a day at least;
--          last_date is null while it lasts.
-- Params:  none
-- Reads:   assignments, cadres
with terms as (
    select
        assignments.object_kind,
        case
            when assignments.object_kind = '社区' then assignments.community_name
            else assignments.park_id
        end as object_id,
        cadres.cadre_id,
        cadres.cadre_name as holder_name,
        cadres.unit_name as holder_unit,
        cadres.unit_kind,
        greatest(assignments.start_date, cadres.start_date) as first_date,
        least(assignments.end_date, cadres.end_date) as last_date,
    from assignments
    inner join cadres on assignments.cadre_id = cadres.cadre_id
    where
        assignments.holder_kind = '干部'
        and assignments.object_kind in ('园区商圈', '社区')
)

select *
from terms
where first_date <= coalesce(last_date, first_date)
