-- Stations open at a moment with the services they gave in a period.
--
-- Grain:   one row per station open on the day of $as_of.
-- Params:  $as_of        the moment whose day decides which stations are open
--          $start_date   first day of services counted, inclusive
--          $end_date     last day of services counted, inclusive
--          $subdistrict  one subdistrict, null for the district
-- Reads:   stations, given_services, subdistricts
with given as (
    select
        station_id,
        count(*) as service_count,
        count(*) filter (where service_id = 'S01') as consultation_count,
        max(requested_date) as last_service_date,
    from given_services($as_of::timestamp)
    where requested_date between $start_date::date and $end_date::date
    group by station_id
)

select
    stations.station_id,
    stations.station_name,
    stations.station_kind,
    stations.subdistrict_name,
    stations.community_name,
    stations.address,
    stations.services,
    stations.opened_date,
    coalesce(given.service_count, 0) as service_count,
    coalesce(given.consultation_count, 0) as consultation_count,
    given.last_service_date,
    stations.longitude,
    stations.latitude,
from stations
left join given on stations.station_id = given.station_id
left join subdistricts on stations.subdistrict_name = subdistricts.subdistrict_name
where
    coalesce(stations.opened_date, $as_of::date) <= $as_of::date
    and coalesce(stations.closed_date, $as_of::date + 1) > $as_of::date
    and ($subdistrict::varchar is null or stations.subdistrict_name = $subdistrict::varchar)
order by service_count desc, subdistricts.subdistrict_code, stations.station_id
