-- Cadres in office at a moment with what parks or circles and communities each holds.
--
-- Grain:   one row per cadre in office on the day of $as_of, those holding nothing included; where one street is seen,
--          its own cadres.
-- Params:  $as_of  the moment whose day decides what is in force
-- Reads:   cadres, held_terms, held_objects
-- Caveat:  what a street's cadre holds elsewhere counts, without its name.
with objects as (
    select distinct
        object_kind,
        object_id,
        object_name,
        subdistrict_name,
    from held_objects($as_of)
),

held as (
    select distinct
        terms.cadre_id,
        terms.object_kind,
        terms.object_id,
        coalesce(objects.object_name, '（其他街道）') as object_name,
        objects.subdistrict_name,
    from held_terms as terms
    left join objects on terms.object_kind = objects.object_kind and terms.object_id = objects.object_id
    where
        terms.first_date <= $as_of::date
        and coalesce(terms.last_date, $as_of::date) >= $as_of::date
        and (objects.object_id is not null or not sees_whole_district())
)

select
    cadres.cadre_id,
    any_value(cadres.cadre_name) as cadre_name,
    any_value(cadres.unit_name) as unit_name,
    any_value(cadres.unit_kind) as unit_kind,
    any_value(cadres.subdistrict_name) as subdistrict_name,
    any_value(cadres.role) as cadre_role,
    count(*) filter (where held.object_kind = '园区商圈') as park_count,
    count(*) filter (where held.object_kind = '社区') as community_count,
    string_agg(held.object_name, '、' order by held.object_id) filter (
        where held.object_kind = '园区商圈'
    ) as park_names,
    string_agg(held.object_name, '、' order by held.object_id) filter (
        where held.object_kind = '社区'
    ) as community_names,
    list(distinct held.subdistrict_name) filter (
        where held.subdistrict_name is not null
    ) as held_subdistrict_names,
from cadres
left join held on cadres.cadre_id = held.cadre_id
where
    cadres.start_date <= $as_of::date
    and coalesce(cadres.end_date, $as_of::date) >= $as_of::date
    and is_own_street(cadres.subdistrict_name)
group by cadres.cadre_id
