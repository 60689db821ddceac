-- Stations open at a moment with the services they gave in a period and since the programme's second year.
--
-- Grain:   one row per station open on the day of $as_of.
-- Params:  $as_of              the moment whose day decides which stations are open
--          $start_date         first day of services counted, inclusive
--          $end_date           last day of services counted, inclusive
--          $assignments_start  first day of the consultations counted apart, up to $as_of
--          $subdistrict        one subdistrict, null for the district
--          $community          one community, null for all
-- Reads:   open_stations, given_services, subdistricts
with known as (
    select
        *,
        requested_date between $start_date::date and $end_date::date as is_in_period,
    from given_services($as_of::timestamp)
),

given as (
    select
        station_id,
        count(*) filter (where is_in_period) as service_count,
        count(*) filter (where is_in_period and service_id = 'S01') as consultation_count,
        max(requested_date) filter (where is_in_period) as last_service_date,
        count(*) filter (
            where requested_date >= $assignments_start::date and service_id = 'S01'
        ) as consultations_since_count,
    from known
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
    coalesce(given.consultations_since_count, 0) as consultations_since_count,
    given.last_service_date,
    stations.longitude,
    stations.latitude,
from open_stations($as_of::timestamp) as stations
left join given on stations.station_id = given.station_id
left join subdistricts on stations.subdistrict_name = subdistricts.subdistrict_name
where
    ($subdistrict::varchar is null or stations.subdistrict_name = $subdistrict::varchar)
    and ($community::varchar is null or stations.community_name = $community::varchar)
order by service_count desc, subdistricts.subdistrict_code, stations.station_id
