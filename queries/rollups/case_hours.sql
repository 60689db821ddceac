-- What the clocks of appeals say, in as few columns as medians need.
--
-- Grain:   one row per appeal that somebody has taken up.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases
select
    received_date,
    subdistrict_name,
    category,
    epoch(assigned_at - received_at) / 3600 as assigned_hours,
    epoch(accepted_at - received_at) / 3600 as accepted_hours,
    first_response_hours,
    first_response_working_hours,
    resolution_hours,
    resolution_working_hours,
from judged_cases($as_of::timestamp)
where coalesce(assigned_at, accepted_at, first_response_at, closed_at) is not null
order by received_date, subdistrict_name, category
