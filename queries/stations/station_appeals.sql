-- Appeals that came from one station, the newest first.
--
-- Grain:   one row per not-void appeal received at the station in the period.
-- Params:  $as_of       the moment cases are judged at
--          $start_date  first day of receipt, inclusive
--          $end_date    last day of receipt, inclusive
--          $station_id  the station
-- Reads:   judged_cases
select
    appeal_id,
    title,
    category,
    enterprise_name,
    received_at,
    closed_at,
    case
        when is_overdue then '已超期'
        when not is_closed then '办理中'
        else coalesce(outcome, '已办结')
    end as case_state,
from judged_cases($as_of::timestamp)
where
    station_id = $station_id::varchar
    and received_date between $start_date::date and $end_date::date
order by received_at desc, appeal_id
