-- Every park, circle and community with its holders, last visit and open appeals; what nobody holds comes first.
--
-- Grain:   one row per park, circle or community.
-- Params:  $as_of        the moment whose day decides what is in force
--          $start_date   first day of visits counted, inclusive
--          $end_date     last day of visits counted, inclusive
--          $subdistrict  one subdistrict, null for the district
-- Reads:   held_objects, object_visits, judged_cases
-- Caveat:  干部姓名只显示姓。
with holders as (
    select
        object_kind,
        object_id,
        any_value(object_name) as object_name,
        any_value(object_type) as object_type,
        any_value(subdistrict_name) as subdistrict_name,
        any_value(subdistrict_code) as subdistrict_code,
        any_value(longitude) as longitude,
        any_value(latitude) as latitude,
        count(cadre_id) as holder_count,
        count(distinct holder_unit) as unit_count,
        min(holder_unit) as first_unit,
        string_agg(holder_name, '、' order by held_since, cadre_id) as holder_names,
        min(held_since) as held_since,
        bool_or(is_held) as is_held,
    from held_objects($as_of::timestamp)
    where $subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar
    group by object_kind, object_id
),

visited as (
    select
        object_kind,
        object_id,
        max(visited_date) as last_visited_date,
        count(*) filter (
            where visited_date between $start_date::date and $end_date::date
        ) as visit_count,
    from object_visits($as_of::timestamp)
    group by all
),

open_in_park as (
    select
        park_id,
        count(*) as open_count,
    from judged_cases($as_of::timestamp)
    where not is_closed and park_id is not null
    group by park_id
),

open_in_community as (
    select
        community_name,
        count(*) as open_count,
    from judged_cases($as_of::timestamp)
    where not is_closed and community_name is not null
    group by community_name
)

select
    holders.object_kind,
    holders.object_id,
    holders.object_name,
    holders.object_type,
    holders.subdistrict_name,
    case when holders.is_held then '有人挂点' else '无人挂点' end as held_state,
    holders.holder_count,
    case
        when holders.unit_count > 1 then holders.first_unit || '等' || holders.unit_count || '个单位'
        else holders.first_unit
    end as holder_units,
    holders.holder_names,
    holders.held_since,
    visited.last_visited_date,
    coalesce(visited.visit_count, 0) as visit_count,
    coalesce(open_in_park.open_count, open_in_community.open_count, 0) as open_count,
    holders.is_held,
    holders.longitude,
    holders.latitude,
from holders
left join visited on holders.object_kind = visited.object_kind and holders.object_id = visited.object_id
left join open_in_park
    on holders.object_kind = '园区商圈' and holders.object_id = open_in_park.park_id
left join open_in_community
    on holders.object_kind = '社区' and holders.object_id = open_in_community.community_name
order by holders.is_held, holders.subdistrict_code, holders.object_kind, holders.object_id
