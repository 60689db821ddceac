-- Cadres in office with each thing they hold, as the proposal for what nobody holds needs them.
--
-- Grain:   one row per cadre in office and park, circle or community held; one for a cadre who holds nothing.
-- Params:  $as_of  the moment whose day decides what is in force
-- Reads:   cadres, held_objects, held_terms, subdistricts
-- Caveat:  干部姓名只显示姓。只看一个街道时，只列该街道的干部；其在其他街道挂的点计入，不显示名称。
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
    union all
    select distinct
        terms.cadre_id,
        terms.object_kind,
        terms.object_id,
        '（其他街道）' as object_name,
        null as subdistrict_name,
        1 as holder_count,
    from held_terms as terms
    anti join held_objects($as_of::timestamp) as known
        on terms.object_kind = known.object_kind and terms.object_id = known.object_id
    where
        not sees_whole_district()
        and terms.first_date <= $as_of::date
        and coalesce(terms.last_date, $as_of::date) >= $as_of::date
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
    and is_own_street(cadres.subdistrict_name)
order by cadres.cadre_id, held.object_kind, held.object_id
