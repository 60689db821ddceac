-- Services given at the stations themselves, known at a moment; tests sent out to a laboratory are not among them.
--
-- Grain:   one row per service requested by $as_of.
-- Params:  $as_of  services after this moment are not known yet
-- Reads:   station_services, stations
select
    station_services.service_record_id,
    station_services.station_id,
    station_services.service_id,
    station_services.subdistrict_name,
    stations.community_name,
    station_services.requested_at::date as requested_date,
    case
        when station_services.completed_at <= $as_of
            then epoch(station_services.completed_at - station_services.requested_at) / 60
    end as minutes_taken,
from station_services
left join stations on station_services.station_id = stations.station_id
where
    station_services.requested_at <= $as_of
    and coalesce(station_services.process, '站内办理') = '站内办理'
