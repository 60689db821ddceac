-- Parks, circles and communities that nobody holds, as the proposal needs them.
--
-- Grain:   one row per such object.
-- Params:  $as_of        the moment whose day decides what is in force
--          $subdistrict  one subdistrict, null for the district
--          $community    one community and the parks in it, null for all
--          $park_id      one park or circle, null for all objects
-- Reads:   held_objects
select
    object_kind,
    object_id,
    object_name,
    object_type,
    subdistrict_name,
    longitude,
    latitude,
from held_objects($as_of::timestamp)
where
    not is_held
    and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    and ($community::varchar is null or community_name = $community::varchar)
    and ($park_id::varchar is null or (object_kind = '园区商圈' and object_id = $park_id::varchar))
order by subdistrict_code, object_kind, object_id
