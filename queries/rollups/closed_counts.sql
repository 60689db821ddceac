-- Counts of appeals by the day they were closed.
--
-- Grain:   one row per day of closing, subdistrict and category.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases
select
    closed_at::date as closed_date,
    subdistrict_name,
    category,
    count(*) as closed_count,
from judged_cases($as_of::timestamp)
where closed_at is not null
group by closed_at::date, subdistrict_name, category
order by closed_date, subdistrict_name, category
