-- Stations and the services they gave in a period.
--
-- Grain:   one row.
-- Params:  $as_of        the moment whose day decides which stations are open
--          $start_date   first day of services counted, inclusive
--          $end_date     last day of services counted, inclusive
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all
--          $station_id   one station, null for all
-- Reads:   open_stations, given_services
-- KPI:     station_count       福企服务站 = 截至当日启用且未停用的站点
--          service_count       服务人次 = 时段内站内办理的服务记录，外送办理不计 [service_count/station_count]
--          consultation_count  咨询人次 = 服务人次中的政策咨询 [consultation_count/service_count]
--          idle_station_count  无服务记录站点 = 时段内没有任何站内服务记录的启用站点（低者为好） [idle_station_count/station_count]
--          quick_test_minutes  产品快检用时 = 时段内站内快检从申请到完成的分钟数中位数（低者为好） [quick_test_minutes/quick_test_count]
with shown_stations as (
    select station_id
    from open_stations($as_of::timestamp)
    where
        ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
        and ($station_id::varchar is null or station_id = $station_id::varchar)
),

given as (
    select *
    from given_services($as_of::timestamp)
    where
        requested_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
        and ($station_id::varchar is null or station_id = $station_id::varchar)
)

select
    (select count(*) from shown_stations) as station_count,
    count(*) as service_count,
    count(*) filter (where service_id = 'S01') as consultation_count,
    count(*) filter (where service_id = 'S02') as quick_test_count,
    (
        select count(*)
        from shown_stations
        where shown_stations.station_id not in (select given.station_id from given)
    ) as idle_station_count,
    quantile_cont(minutes_taken, 0.5) filter (
        where service_id = 'S02'
    ) as quick_test_minutes,
from given
