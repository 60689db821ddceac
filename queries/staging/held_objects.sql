-- Parks, circles and communities with the cadre who holds each at a moment.
--
-- Grain:   one row per object and holder in force on the day of $as_of; an object nobody holds has one row.
-- Params:  $as_of  the moment whose day decides which assignments are in force
-- Reads:   parks, communities, subdistricts, held_terms
with objects as (
    select
        '园区商圈' as object_kind,
        park_id as object_id,
        park_name as object_name,
        park_kind as object_type,
        subdistrict_name,
        community_name,
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
        community_name,
        longitude,
        latitude,
    from communities
),

in_force as (
    select
        object_kind,
        object_id,
        cadre_id,
        any_value(holder_name) as holder_name,
        any_value(holder_unit) as holder_unit,
        any_value(unit_kind) as unit_kind,
        min(first_date) as held_since,
    from held_terms
    where
        first_date <= $as_of::date
        and coalesce(last_date, $as_of::date) >= $as_of::date
    group by object_kind, object_id, cadre_id
)

select
    objects.*,
    subdistricts.subdistrict_code,
    in_force.cadre_id,
    in_force.holder_name,
    in_force.holder_unit,
    in_force.unit_kind,
    in_force.held_since,
    in_force.cadre_id is not null as is_held,
from objects
left join in_force on objects.object_kind = in_force.object_kind and objects.object_id = in_force.object_id
left join subdistricts on objects.subdistrict_name = subdistricts.subdistrict_name
