-- Every park, circle and community with its holders, last visit and open appeals; what nobody holds comes first.
--
-- Grain:   one row per park, circle or community.
-- Params:  $as_of               the moment whose day decides what is in force
--          $start_date          first day of visits counted, inclusive
--          $end_date            last day of visits counted, inclusive
--          $visits_per_quarter  visits that each calendar quarter asks for
--          $subdistrict         one subdistrict, null for the district
--          $community           one community and the parks in it, null for all
--          $park_id             one park or circle, null for all objects
-- Reads:   served_objects, open_cases
-- Caveat:  干部姓名只显示姓。频次按自然季度判断，未结束的季度按至今的走访判断。
with objects as (
    select *
    from served_objects($as_of::timestamp, $start_date, $end_date, $visits_per_quarter)
    where
        ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
        and ($park_id::varchar is null or (object_kind = '园区商圈' and object_id = $park_id::varchar))
),

open_in_park as (
    select
        park_id as place_id,
        count(*) as open_count,
    from open_cases($as_of::timestamp)
    where park_id is not null
    group by all
),

open_in_community as (
    select
        community_name as place_id,
        count(*) as open_count,
    from open_cases($as_of::timestamp)
    where community_name is not null
    group by all
)

select
    objects.object_kind,
    objects.object_id,
    case when objects.object_kind = '园区商圈' then objects.object_id end as park_id,
    objects.object_name,
    objects.object_type,
    objects.subdistrict_name,
    objects.community_name,
    case when objects.is_held then '有人挂点' else '无人挂点' end as held_state,
    objects.holder_count,
    case
        when objects.unit_count > 1 then objects.first_unit || '等' || objects.unit_count || '个单位'
        else objects.first_unit
    end as holder_units,
    objects.holder_names,
    objects.held_since,
    objects.last_visited_date,
    objects.visit_count,
    case
        when objects.quarter_count = 0 then '时段内无人挂点'
        when objects.is_frequent then '达标'
        when objects.quarter_count = 1 then '未达标'
        else '未达标（' || objects.met_quarter_count || '/' || objects.quarter_count || '个季度）'
    end as frequency_state,
    objects.quarter_count,
    objects.met_quarter_count,
    coalesce(open_in_park.open_count, open_in_community.open_count, 0) as open_count,
    objects.is_held,
    objects.is_held_in_period,
    objects.is_visited,
    objects.is_frequent,
    objects.longitude,
    objects.latitude,
from objects
left join open_in_park
    on objects.object_kind = '园区商圈' and objects.object_id = open_in_park.place_id
left join open_in_community
    on objects.object_kind = '社区' and objects.object_id = open_in_community.place_id
order by objects.is_held, objects.is_frequent, objects.subdistrict_code, objects.object_kind, objects.object_id
