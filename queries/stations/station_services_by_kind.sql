-- Services given at stations in a period, per service of the catalogue.
--
-- Grain:   one row per service of the group, unused ones included.
-- Params:  $as_of        services after this moment are not known yet
--          $start_date   first day of services counted, inclusive
--          $end_date     last day of services counted, inclusive
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all
--          $station_id   one station, null for all
--          $service_group  站点服务, 六大功能 or 十大场景
-- Reads:   service_catalog, given_services
with given as (
    select
        service_id,
        count(*) as service_count,
        count(distinct station_id) as station_count,
    from given_services($as_of::timestamp)
    where
        requested_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
        and ($station_id::varchar is null or station_id = $station_id::varchar)
    group by service_id
)

select
    service_catalog.service_id,
    service_catalog.service_name,
    service_catalog.service_group,
    coalesce(given.service_count, 0) as service_count,
    coalesce(given.station_count, 0) as station_count,
from service_catalog
left join given on service_catalog.service_id = given.service_id
where service_catalog.service_group = $service_group::varchar
order by service_count desc, service_catalog.service_id
