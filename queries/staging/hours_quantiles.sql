-- Exact medians and 90th percentiles of how long appeals of a period took: looked up where the release keeps them.
--
-- Grain:   one row; with $grouped_by 'subdistrict' or 'category' one row per group with appeals (`group_name`).
-- Params:  $as_of           the moment everything is judged at
--          $start_date      first day received, inclusive
--          $end_date        last day received, inclusive
--          $of_subdistrict  one subdistrict, null for the district
--          $of_category     one category, null for all
--          $grouped_by      subdistrict, category, or nothing: then `group_name` is empty
-- Reads:   case_hours, period_hours
-- Caveat:  which of the two parts answers is known before any of them is read. Without appeals there may be no row.
select
    case
    $grouped_by::varchar when 'subdistrict' then subdistrict_name when 'category' then category else ''
    end as group_name,
    median_assigned_hours,
    median_accepted_hours,
    median_first_response_hours,
    p90_first_response_hours,
    median_first_response_working_hours,
    p90_first_response_working_hours,
    median_resolution_hours,
    p90_resolution_hours,
    median_resolution_working_hours,
    p90_resolution_working_hours,
from period_hours($as_of::timestamp)
where
    is_kept_period($start_date::date, $end_date::date)
    and first_date = $start_date::date
    and last_date = $end_date::date
    and is_every_subdistrict = ($of_subdistrict::varchar is null and $grouped_by::varchar <> 'subdistrict')
    and is_every_category = ($of_category::varchar is null and $grouped_by::varchar <> 'category')
    and ($of_subdistrict::varchar is null or subdistrict_name = $of_subdistrict::varchar)
    and ($of_category::varchar is null or category = $of_category::varchar)
union all
select
    case
    $grouped_by::varchar when 'subdistrict' then subdistrict_name when 'category' then category else ''
    end as group_name,
    quantile_hours(assigned_hours, 0.5) as median_assigned_hours,
    quantile_hours(accepted_hours, 0.5) as median_accepted_hours,
    quantile_hours(first_response_hours, 0.5) as median_first_response_hours,
    quantile_hours(first_response_hours, 0.9) as p90_first_response_hours,
    quantile_hours(first_response_working_hours, 0.5) as median_first_response_working_hours,
    quantile_hours(first_response_working_hours, 0.9) as p90_first_response_working_hours,
    quantile_hours(resolution_hours, 0.5) as median_resolution_hours,
    quantile_hours(resolution_hours, 0.9) as p90_resolution_hours,
    quantile_hours(resolution_working_hours, 0.5) as median_resolution_working_hours,
    quantile_hours(resolution_working_hours, 0.9) as p90_resolution_working_hours,
from case_hours($as_of::timestamp)
where
    not is_kept_period($start_date::date, $end_date::date)
    and received_date between $start_date::date and $end_date::date
    and ($of_subdistrict::varchar is null or subdistrict_name = $of_subdistrict::varchar)
    and ($of_category::varchar is null or category = $of_category::varchar)
group by 1
