-- Stations open at a moment by what they are housed in, with the services they gave in a period.
--
-- Grain:   one row per kind of station.
-- Params:  $as_of        the moment whose day decides which stations are open
--          $start_date   first day of services counted, inclusive
--          $end_date     last day of services counted, inclusive
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all
-- Reads:   open_stations, given_services
with given as (
    select
        station_id,
        count(*) as service_count,
    from given_services($as_of::timestamp)
    where requested_date between $start_date::date and $end_date::date
    group by station_id
)

select
    stations.station_kind,
    count(*) as station_count,
    count(*) - count(given.service_count) as idle_station_count,
    coalesce(sum(given.service_count), 0)::bigint as service_count,
from open_stations($as_of::timestamp) as stations
left join given on stations.station_id = given.station_id
where
    ($subdistrict::varchar is null or stations.subdistrict_name = $subdistrict::varchar)
    and ($community::varchar is null or stations.community_name = $community::varchar)
group by stations.station_kind
order by station_count desc, stations.station_kind
