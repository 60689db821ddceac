-- Counts of appeals by the hour they were received in, and how many were answered the same day.
--
-- Grain:   one row per day of receipt, hour, subdistrict and category.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases
select
    received_date,
    hour(received_at)::bigint as received_hour,
    subdistrict_name,
    category,
    count(*) as received_count,
    sum(case when is_response_due then 1 else 0 end)::bigint as response_due_count,
    sum(case when is_same_day_response then 1 else 0 end)::bigint as same_day_response_count,
from judged_cases($as_of::timestamp)
group by received_date, hour(received_at)::bigint, subdistrict_name, category
order by received_date, received_hour, subdistrict_name, category
