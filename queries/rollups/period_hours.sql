-- Exact medians and 90th percentiles of how long appeals took, for the periods that pages offer by name.
--
-- Grain:   one row per kept period with appeals and subdistrict and category of them; where `is_every_subdistrict`
--          holds one for all of them together, where `is_every_category` one for all categories.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   case_hours, kept_periods
select
    kept_periods.first_date,
    kept_periods.last_date,
    grouping(hours.subdistrict_name) = 1 as is_every_subdistrict,
    grouping(hours.category) = 1 as is_every_category,
    hours.subdistrict_name,
    hours.category,
    quantile_hours(hours.assigned_hours, 0.5) as median_assigned_hours,
    quantile_hours(hours.accepted_hours, 0.5) as median_accepted_hours,
    quantile_hours(hours.first_response_hours, 0.5) as median_first_response_hours,
    quantile_hours(hours.first_response_hours, 0.9) as p90_first_response_hours,
    quantile_hours(hours.first_response_working_hours, 0.5) as median_first_response_working_hours,
    quantile_hours(hours.first_response_working_hours, 0.9) as p90_first_response_working_hours,
    quantile_hours(hours.resolution_hours, 0.5) as median_resolution_hours,
    quantile_hours(hours.resolution_hours, 0.9) as p90_resolution_hours,
    quantile_hours(hours.resolution_working_hours, 0.5) as median_resolution_working_hours,
    quantile_hours(hours.resolution_working_hours, 0.9) as p90_resolution_working_hours,
from kept_periods
inner join case_hours($as_of::timestamp) as hours
    on hours.received_date between kept_periods.first_date and kept_periods.last_date
group by
    grouping sets (
        (kept_periods.first_date, kept_periods.last_date),
        (kept_periods.first_date, kept_periods.last_date, hours.subdistrict_name),
        (kept_periods.first_date, kept_periods.last_date, hours.category),
        (kept_periods.first_date, kept_periods.last_date, hours.subdistrict_name, hours.category)
    )
order by
    kept_periods.first_date, kept_periods.last_date, is_every_subdistrict, is_every_category,
    hours.subdistrict_name, hours.category
