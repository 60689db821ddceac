-- Use of the six functions and the ten scenes (六大功能、十大场景) over time.
--
-- Grain:   one row per day, week or month of the period, those without services included.
-- Params:  $as_of        services after this moment are not known yet
--          $start_date   first day, inclusive
--          $end_date     last day, inclusive
--          $step         day, week or month
--          $subdistrict  one subdistrict, null for the district
--          $community    one community of the stations, null for all of them
-- Reads:   service_catalog, given_services, stations
with steps as (
    select distinct date_trunc($step::varchar, listed.listed_day)::date as step_date
    from generate_series($start_date::timestamp, $end_date::timestamp, interval 1 day) as listed (listed_day)
),

given as (
    select
        date_trunc($step::varchar, services.requested_date)::date as step_date,
        count(*) filter (where service_catalog.service_group = '六大功能') as function_use_count,
        count(*) filter (where service_catalog.service_group = '十大场景') as scene_use_count,
    from given_services($as_of::timestamp) as services
    inner join service_catalog on services.service_id = service_catalog.service_id
    left join stations on services.station_id = stations.station_id
    where
        services.requested_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or services.subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or stations.community_name = $community::varchar)
    group by all
)

select
    steps.step_date,
    steps.step_date >= $start_date::date
    and steps.step_date + ('1 ' || $step::varchar)::interval <= $end_date::date + interval 1 day as is_whole,
    coalesce(given.function_use_count, 0) as function_use_count,
    coalesce(given.scene_use_count, 0) as scene_use_count,
from steps
left join given on steps.step_date = given.step_date
order by steps.step_date
