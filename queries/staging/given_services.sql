-- Services given at the stations themselves, known at a moment; tests sent out to a laboratory are not among them.
--
-- Grain:   one row per service requested by $as_of.
-- Params:  $as_of  services after this moment are not known yet
-- Reads:   station_services
select
    service_record_id,
    station_id,
    service_id,
    subdistrict_name,
    requested_at::date as requested_date,
    case
        when completed_at <= $as_of then epoch(completed_at - requested_at) / 60
    end as minutes_taken,
from station_services
where
    requested_at <= $as_of
    and coalesce(process, '站内办理') = '站内办理'
