-- Lines from the street office to each park or circle that cadres of the street's units hold.
--
-- Grain:   one row per park or circle and street office whose cadres hold it.
-- Params:  $as_of        the moment whose day decides what is in force
--          $subdistrict  parks of one subdistrict, null for the district
--          $community    parks of one community, null for all
--          $park_id      one park or circle, null for all
-- Reads:   held_objects, cadres, subdistricts
select
    held.object_id as park_id,
    held.object_name as park_name,
    offices.subdistrict_name as office_subdistrict_name,
    offices.office_longitude,
    offices.office_latitude,
    held.longitude,
    held.latitude,
    count(distinct held.cadre_id) as holder_count,
from held_objects($as_of::timestamp) as held
inner join cadres on held.cadre_id = cadres.cadre_id
inner join subdistricts as offices on cadres.subdistrict_name = offices.subdistrict_name
where
    held.object_kind = '园区商圈'
    and held.longitude is not null
    and offices.office_longitude is not null
    and ($subdistrict::varchar is null or held.subdistrict_name = $subdistrict::varchar)
    and ($community::varchar is null or held.community_name = $community::varchar)
    and ($park_id::varchar is null or held.object_id = $park_id::varchar)
group by all
order by park_id, office_subdistrict_name
