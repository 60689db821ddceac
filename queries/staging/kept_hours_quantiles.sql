-- What hours_quantiles says of a period whose medians the release keeps, looked up.
--
-- Grain:   one row; with $grouped_by 'subdistrict' or 'category' one row per group with appeals (`group_name`).
-- Params:  $as_of           the moment everything is judged at
--          $start_date      first day received, inclusive
--          $end_date        last day received, inclusive
--          $of_subdistrict  one subdistrict, null for the district
--          $of_category     one category, null for all
--          $grouped_by      subdistrict, category, or nothing: then `group_name` is empty
-- Reads:   period_hours
-- Caveat:  Without appeals there is no row.
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
    first_date = $start_date::date
    and last_date = $end_date::date
    and is_every_subdistrict = ($of_subdistrict::varchar is null and $grouped_by::varchar <> 'subdistrict')
    and is_every_category = ($of_category::varchar is null and $grouped_by::varchar <> 'category')
    and ($of_subdistrict::varchar is null or subdistrict_name = $of_subdistrict::varchar)
    and ($of_category::varchar is null or category = $of_category::varchar)
