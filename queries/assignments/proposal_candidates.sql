-- Cadres in office with each thing they hold, as the proposal for what nobody holds needs them.
--
-- Grain:   one row per cadre in office and park, circle or community held; one for a cadre who holds nothing.
-- Params:  $as_of  the moment whose day decides what is in force
-- Reads:   cadres, held_objects, subdistricts
-- Caveat:  干部姓名只显示姓。
with held as (
    select
        cadre_id,
        object_kind,
        object_id,
        object_name,
        subdistrict_name,
        count(*) over (partition by object_kind, object_id) as holder_count,
    from held_objects($as_of::timestamp)
    where is_held
)

select
    cadres.cadre_id,
    cadres.cadre_name as holder_name,
    cadres.unit_name,
    cadres.unit_kind,
    cadres.subdistrict_name,
    offices.office_longitude,
    offices.office_latitude,
    held.object_kind as held_kind,
    held.object_id as held_id,
    held.object_name as held_name,
    held.holder_count as held_by_count,
    held.subdistrict_name as held_subdistrict_name,
    held_offices.office_longitude as held_office_longitude,
    held_offices.office_latitude as held_office_latitude,
from cadres
left join held on cadres.cadre_id = held.cadre_id
left join subdistricts as offices on cadres.subdistrict_name = offices.subdistrict_name
left join subdistricts as held_offices on held.subdistrict_name = held_offices.subdistrict_name
where
    cadres.start_date <= $as_of::date
    and coalesce(cadres.end_date, $as_of::date) >= $as_of::date
order by cadres.cadre_id, held.object_kind, held.object_id
