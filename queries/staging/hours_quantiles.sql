-- Exact medians and 90th percentiles of how long appeals of a period took.
--
-- Grain:   one row; with $grouped_by 'subdistrict' or 'category' one row per group with appeals (`group_name`).
-- Params:  $as_of           the moment everything is judged at
--          $start_date      first day received, inclusive
--          $end_date        last day received, inclusive
--          $of_subdistrict  one subdistrict, null for the district
--          $of_category     one category, null for all
--          $grouped_by      subdistrict, category, or nothing: then `group_name` is empty
-- Reads:   case_hours
-- Caveat:  of a period whose medians the release keeps, kept_hours_quantiles is asked in its place.
select
    case
    $grouped_by::varchar when 'subdistrict' then subdistrict_name when 'category' then category else ''
    end as group_name,
    median_hours(assigned_hours) as median_assigned_hours,
    median_hours(accepted_hours) as median_accepted_hours,
    median_hours(first_response_hours) as median_first_response_hours,
    p90_hours(first_response_hours) as p90_first_response_hours,
    median_hours(first_response_working_hours) as median_first_response_working_hours,
    p90_hours(first_response_working_hours) as p90_first_response_working_hours,
    median_hours(resolution_hours) as median_resolution_hours,
    p90_hours(resolution_hours) as p90_resolution_hours,
    median_hours(resolution_working_hours) as median_resolution_working_hours,
    p90_hours(resolution_working_hours) as p90_resolution_working_hours,
from case_hours($as_of::timestamp)
where
    received_date between $start_date::date and $end_date::date
    and ($of_subdistrict::varchar is null or subdistrict_name = $of_subdistrict::varchar)
    and ($of_category::varchar is null or category = $of_category::varchar)
group by 1
