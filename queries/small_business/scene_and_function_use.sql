-- The six functions and the ten scenes (六大功能、十大场景) with how often each was used in a period.
--
-- Grain:   one row per function or scene of the catalogue, unused ones included.
-- Params:  $as_of        services after this moment are not known yet
--          $start_date   first day of services counted, inclusive
--          $end_date     last day of services counted, inclusive
--          $subdistrict  one subdistrict, null for the district
--          $community    one community of the stations, null for all of them
-- Reads:   service_catalog, given_services, stations
-- Caveat:  month_counts has an entry a month of the period, the first and last of which may be cut off by its ends.
with months as (
    select unnest(
        generate_series(date_trunc('month', $start_date::date), $end_date::date, interval 1 month)
    )::date as step_date
),

given as (
    select
        services.service_id,
        date_trunc('month', services.requested_date)::date as step_date,
        count(*) as service_count,
    from given_services($as_of::timestamp) as services
    left join stations on services.station_id = stations.station_id
    where
        services.requested_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or services.subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or stations.community_name = $community::varchar)
    group by all
)

select
    service_catalog.service_group,
    service_catalog.service_id,
    case
        when service_catalog.is_name_published or contains(service_catalog.service_name, '名称未公布')
            then service_catalog.service_name
        else service_catalog.service_name || '（名称未公布）'
    end as shown_service_name,
    coalesce(sum(given.service_count), 0)::bigint as service_count,
    list(coalesce(given.service_count, 0) order by months.step_date) as month_counts,
from service_catalog
cross join months
left join given on service_catalog.service_id = given.service_id and months.step_date = given.step_date
where service_catalog.service_group in ('六大功能', '十大场景')
group by service_catalog.service_group, service_catalog.service_id, shown_service_name
order by service_catalog.service_group, service_count desc, service_catalog.service_id
