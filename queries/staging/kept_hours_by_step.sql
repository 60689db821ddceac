-- What hours_by_step says of a period whose medians the release keeps, looked up.
--
-- Grain:   one row per step with closed appeals.
-- Params:  $as_of           the moment everything is judged at
--          $start_date      first day received, inclusive
--          $end_date        last day received, inclusive
--          $of_subdistrict  one subdistrict, null for the district
--          $of_category     one category, null for all
--          $of_step         day, week or month
-- Reads:   step_hours
select
    step_date,
    median_resolution_hours,
from step_hours($as_of::timestamp)
where
    first_date = $start_date::date
    and last_date = $end_date::date
    and step = $of_step::varchar
    and is_every_subdistrict = ($of_subdistrict::varchar is null)
    and is_every_category = ($of_category::varchar is null)
    and ($of_subdistrict::varchar is null or subdistrict_name = $of_subdistrict::varchar)
    and ($of_category::varchar is null or category = $of_category::varchar)
