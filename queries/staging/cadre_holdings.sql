-- Cadres in office at a moment with what parks or circles and communities each holds.
--
-- Grain:   one row per cadre in office on the day of $as_of, those holding nothing included.
-- Params:  $as_of  the moment whose day decides what is in force
-- Reads:   cadres, held_objects
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
left join held_objects($as_of) as held on cadres.cadre_id = held.cadre_id
where
    cadres.start_date <= $as_of::date
    and coalesce(cadres.end_date, $as_of::date) >= $as_of::date
group by cadres.cadre_id
