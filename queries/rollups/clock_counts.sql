-- How many clocks of appeals stopped in which bucket of hours: histograms that add up, of whole months.
--
-- Grain:   one row per month of receipt, subdistrict, category and `clock_bucket` (see `clock_values`).
-- Params:  $as_of  the moment everything is judged at
-- Reads:   clock_values
select
    date_trunc('month', received_date)::date as received_month,
    subdistrict_name,
    category,
    clock_bucket,
    count(*) as stopped_count,
from clock_values($as_of::timestamp)
group by date_trunc('month', received_date)::date, subdistrict_name, category, clock_bucket
order by clock_bucket, received_month, subdistrict_name, category
