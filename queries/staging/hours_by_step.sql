-- Exact medians of how long closing took, step by step through a period.
--
-- Grain:   one row per step with closed appeals.
-- Params:  $as_of           the moment everything is judged at
--          $start_date      first day received, inclusive
--          $end_date        last day received, inclusive
--          $of_subdistrict  one subdistrict, null for the district
--          $of_category     one category, null for all
--          $of_step         day, week or month
-- Reads:   case_hours
-- Caveat:  of a period whose medians the release keeps, kept_hours_by_step is asked in its place.
select
    date_trunc($of_step::varchar, received_date)::date as step_date,
    median_hours(resolution_hours) as median_resolution_hours,
from case_hours($as_of::timestamp)
where
    resolution_hours is not null
    and received_date between $start_date::date and $end_date::date
    and ($of_subdistrict::varchar is null or subdistrict_name = $of_subdistrict::varchar)
    and ($of_category::varchar is null or category = $of_category::varchar)
group by 1
