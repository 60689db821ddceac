-- Stations, their services and the market entities they are there for, per subdistrict.
--
-- Grain:   one row per subdistrict.
-- Params:  $as_of       the moment whose day decides which stations are open
--          $start_date  first day of services counted, inclusive
--          $end_date    last day of services counted, inclusive
-- Reads:   subdistricts, stations, given_services, enterprises
with open_stations as (
    select
        subdistrict_name,
        count(*) as station_count,
    from stations
    where
        coalesce(opened_date, $as_of::date) <= $as_of::date
        and coalesce(closed_date, $as_of::date + 1) > $as_of::date
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
        count(*) as entity_count,
    from enterprises
    group by subdistrict_name
)

select
    subdistricts.subdistrict_code,
    subdistricts.subdistrict_name,
    coalesce(open_stations.station_count, 0) as station_count,
    coalesce(given.service_count, 0) as service_count,
    coalesce(entities.entity_count, 0) as entity_count,
    rate(entities.entity_count, open_stations.station_count) as entities_per_station,
from subdistricts
left join open_stations on subdistricts.subdistrict_name = open_stations.subdistrict_name
left join given on subdistricts.subdistrict_name = given.subdistrict_name
left join entities on subdistricts.subdistrict_name = entities.subdistrict_name
order by subdistricts.subdistrict_code
