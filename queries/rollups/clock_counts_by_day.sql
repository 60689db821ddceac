-- How many clocks of appeals stopped in which bucket of hours, day by day: for the ends of a period.
--
-- Grain:   one row per day of receipt, subdistrict, category and `clock_bucket` (see `clock_values`).
-- Params:  $as_of  the moment everything is judged at
-- Reads:   clock_values
select
    received_date,
    subdistrict_name,
    category,
    clock_bucket,
    count(*) as stopped_count,
from clock_values($as_of::timestamp)
group by received_date, subdistrict_name, category, clock_bucket
order by received_date, subdistrict_name, category, clock_bucket
