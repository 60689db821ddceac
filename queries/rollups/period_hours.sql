-- Exact medians and 90th percentiles of how long appeals took, for the periods that pages offer by name.
--
-- Grain:   one row per kept period with appeals and subdistrict and category of them; where `is_every_subdistrict`
--          holds one for all of them together, where `is_every_category` one for all categories.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   case_hours, kept_groupings
select
    groupings.first_date,
    groupings.last_date,
    groupings.is_every_subdistrict,
    groupings.is_every_category,
    case when not groupings.is_every_subdistrict then hours.subdistrict_name end as subdistrict_name,
    case when not groupings.is_every_category then hours.category end as category,
    median_hours(hours.assigned_hours) as median_assigned_hours,
    median_hours(hours.accepted_hours) as median_accepted_hours,
    median_hours(hours.first_response_hours) as median_first_response_hours,
    p90_hours(hours.first_response_hours) as p90_first_response_hours,
    median_hours(hours.first_response_working_hours) as median_first_response_working_hours,
    p90_hours(hours.first_response_working_hours) as p90_first_response_working_hours,
    median_hours(hours.resolution_hours) as median_resolution_hours,
    p90_hours(hours.resolution_hours) as p90_resolution_hours,
    median_hours(hours.resolution_working_hours) as median_resolution_working_hours,
    p90_hours(hours.resolution_working_hours) as p90_resolution_working_hours,
from kept_groupings as groupings
inner join case_hours($as_of::timestamp) as hours
    on hours.received_date between groupings.first_date and groupings.last_date
group by
    groupings.first_date,
    groupings.last_date,
    groupings.is_every_subdistrict,
    groupings.is_every_category,
    case when not groupings.is_every_subdistrict then hours.subdistrict_name end,
    case when not groupings.is_every_category then hours.category end
order by
    groupings.first_date,
    groupings.last_date,
    groupings.is_every_subdistrict,
    groupings.is_every_category,
    subdistrict_name,
    category
