-- How many enterprises have an open station within the radius.
--
-- Grain:   one row.
-- Params:  $station_radius_metres  how near is near enough
--          $subdistrict            one subdistrict, null for the district
--          $community              one community, null for all
-- Reads:   reach_counts
-- KPI:     station_coverage_rate  服务站覆盖率 = 设定半径（默认500米，直线距离）内有启用站点的市场主体 / 有坐标的市场主体，
--          站点以数据截至时是否启用为准，没有坐标的另行列出（高者为好）
--          [reached_count/judged_count] {enterprises.longitude, enterprises.latitude, stations.longitude, stations.latitude}
--          small_station_coverage_rate  小个专站点覆盖率 = 服务站覆盖率，只数小个专（高者为好）
--          [small_reached_count/small_judged_count]
--          {enterprises.longitude, enterprises.latitude, stations.longitude, stations.latitude, enterprises.is_small_business}
-- Caveat:  直线距离，不是步行距离。
with counted as (
    select
        total(entity_count) as entity_count,
        total(unplaced_count) as unplaced_count,
        total(judged_count) as judged_count,
        total(reached_count) as reached_count,
        total(small_judged_count) as small_judged_count,
        total(small_reached_count) as small_reached_count,
    from reach_counts($station_radius_metres)
    where
        ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
)

select
    entity_count,
    unplaced_count,
    judged_count,
    reached_count,
    judged_count - reached_count as unreached_count,
    rate(reached_count, judged_count) as station_coverage_rate,
    small_judged_count,
    small_reached_count,
    rate(small_reached_count, small_judged_count) as small_station_coverage_rate,
from counted
