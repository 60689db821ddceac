-- Parks, circles and communities with all who hold each at a moment.
--
-- Grain:   one row per park, circle or community.
-- Params:  $as_of  the moment whose day decides what is in force
-- Reads:   held_objects
select
    object_kind,
    object_id,
    any_value(object_name) as object_name,
    any_value(object_type) as object_type,
    any_value(subdistrict_name) as subdistrict_name,
    any_value(subdistrict_code) as subdistrict_code,
    any_value(community_name) as community_name,
    any_value(longitude) as longitude,
    any_value(latitude) as latitude,
    count(cadre_id) as holder_count,
    count(distinct holder_unit) as unit_count,
    min(holder_unit) as first_unit,
    string_agg(holder_name, '、' order by held_since, cadre_id) as holder_names,
    min(held_since) as held_since,
    bool_or(is_held) as is_held,
from held_objects($as_of)
group by object_kind, object_id
