-- Stations, their services and the market entities they are there for, per subdistrict.
--
-- Grain:   one row per subdistrict.
-- Params:  $as_of                  the moment whose day decides which stations are open
--          $start_date             first day of services counted, inclusive
--          $end_date               last day of services counted, inclusive
--          $station_radius_metres  how near is near enough
-- Reads:   subdistricts, open_stations, given_services, reach_counts
with open_here as (
    select
        subdistrict_name,
        count(*) as station_count,
    from open_stations($as_of::timestamp)
    group by subdistrict_name
),

given as (
    select
        subdistrict_name,
        count(*) as service_count,
    from given_services($as_of::timestamp)
    where requested_date between $start_date::date and $end_date::date
    group by subdistrict_name
),

entities as (
    select
        subdistrict_name,
        sum(entity_count)::bigint as entity_count,
        sum(unplaced_count)::bigint as unplaced_count,
        sum(judged_count)::bigint as judged_count,
        sum(reached_count)::bigint as reached_count,
        sum(small_judged_count)::bigint as small_judged_count,
        sum(small_reached_count)::bigint as small_reached_count,
    from reach_counts($station_radius_metres)
    group by subdistrict_name
)

select
    subdistricts.subdistrict_code,
    subdistricts.subdistrict_name,
    coalesce(open_here.station_count, 0) as station_count,
    coalesce(given.service_count, 0) as service_count,
    coalesce(entities.entity_count, 0) as entity_count,
    rate(entities.entity_count, open_here.station_count) as entities_per_station,
    coalesce(entities.unplaced_count, 0) as unplaced_count,
    coalesce(entities.judged_count, 0) as judged_count,
    coalesce(entities.reached_count, 0) as reached_count,
    rate(entities.reached_count, entities.judged_count) as station_coverage_rate,
    coalesce(entities.small_judged_count, 0) as small_judged_count,
    coalesce(entities.small_reached_count, 0) as small_reached_count,
    rate(entities.small_reached_count, entities.small_judged_count) as small_station_coverage_rate,
from subdistricts
left join open_here on subdistricts.subdistrict_name = open_here.subdistrict_name
left join given on subdistricts.subdistrict_name = given.subdistrict_name
left join entities on subdistricts.subdistrict_name = entities.subdistrict_name
order by subdistricts.subdistrict_code
