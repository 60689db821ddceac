-- Parks, circles and communities with the cadre who holds each at a moment.
--
-- Grain:   one row per object and holder in force on the day of $as_of; an object nobody holds has one row.
-- Params:  $as_of  the moment whose day decides which assignments are in force
-- Reads:   parks, communities, subdistricts, assignments, cadres
with objects as (
    select
        '园区商圈' as object_kind,
        park_id as object_id,
        park_name as object_name,
        park_kind as object_type,
        subdistrict_name,
        longitude,
        latitude,
    from parks
    union all by name
    select
        '社区' as object_kind,
        community_name as object_id,
        community_name as object_name,
        '社区' as object_type,
        subdistrict_name,
        longitude,
        latitude,
    from communities
),

in_force as (
    select
        assignments.object_kind,
        coalesce(assignments.park_id, assignments.community_name) as object_id,
        assignments.start_date as held_since,
        cadres.cadre_id,
        cadres.cadre_name as holder_name,
        cadres.unit_name as holder_unit,
    from assignments
    inner join cadres on assignments.cadre_id = cadres.cadre_id
    where
        assignments.holder_kind = '干部'
        and assignments.object_kind in ('园区商圈', '社区')
        and assignments.start_date <= $as_of::date
        and coalesce(assignments.end_date, $as_of::date) >= $as_of::date
        and coalesce(cadres.end_date, $as_of::date) >= $as_of::date
)

select
    objects.*,
    subdistricts.subdistrict_code,
    in_force.cadre_id,
    in_force.holder_name,
    in_force.holder_unit,
    in_force.held_since,
    in_force.cadre_id is not null as is_held,
from objects
left join in_force on objects.object_kind = in_force.object_kind and objects.object_id = in_force.object_id
left join subdistricts on objects.subdistrict_name = subdistricts.subdistrict_name
