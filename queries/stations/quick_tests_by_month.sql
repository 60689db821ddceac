-- Quick tests of products: how long they took when sent to a laboratory, and how long at the station, by month.
--
-- Grain:   one row per month in which a test was asked for, from the first one on.
-- Params:  $as_of        tests asked for after this moment are not known yet
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all
--          $station_id   one station, null for all
-- Reads:   station_services, stations
with tests as (
    select
        date_trunc('month', station_services.requested_at)::date as month_date,
        coalesce(station_services.process, '站内办理') = '外送办理' as is_sent_out,
        case
            when station_services.completed_at <= $as_of::timestamp
                then epoch(station_services.completed_at - station_services.requested_at)
        end as seconds_taken,
    from station_services
    left join stations on station_services.station_id = stations.station_id
    where
        station_services.service_id = 'S02'
        and station_services.requested_at <= $as_of::timestamp
        and ($subdistrict::varchar is null or station_services.subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or stations.community_name = $community::varchar)
        and ($station_id::varchar is null or station_services.station_id = $station_id::varchar)
)

select
    month_date,
    quantile_cont(seconds_taken, 0.5) filter (where is_sent_out) / 86400 as sent_out_test_days,
    count(seconds_taken) filter (where is_sent_out) as sent_out_test_count,
    quantile_cont(seconds_taken, 0.5) filter (where not is_sent_out) / 60 as on_site_test_minutes,
    count(seconds_taken) filter (where not is_sent_out) as on_site_test_count,
    count(*) - count(seconds_taken) as unfinished_test_count,
from tests
group by month_date
order by month_date
