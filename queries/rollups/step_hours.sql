-- Exact medians of how long closing took, step by step through the periods that pages offer by name.
--
-- Grain:   one row per kept period, kind of step (`step`: 'day', 'week' from Monday, 'month'), first day of the step, and
--          subdistrict and category of appeals received in both; where `is_every_subdistrict` holds one for all of
--          them together, where `is_every_category` one for all categories.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   case_hours, kept_periods
-- Caveat:  the first and the last step of a period may be cut: then the median is over the days inside it.
with steps as (
    select
        first_date,
        last_date,
        unnest(['day', 'week', 'month']) as step,
    from kept_periods
),

timed as (
    select
        steps.first_date,
        steps.last_date,
        steps.step,
        date_trunc(steps.step, hours.received_date)::date as step_date,
        hours.subdistrict_name,
        hours.category,
        hours.resolution_hours,
    from steps
    inner join case_hours($as_of::timestamp) as hours
        on hours.received_date between steps.first_date and steps.last_date
    where hours.resolution_hours is not null
)

select
    first_date,
    last_date,
    step,
    step_date,
    grouping(subdistrict_name) = 1 as is_every_subdistrict,
    grouping(category) = 1 as is_every_category,
    subdistrict_name,
    category,
    quantile_hours(resolution_hours, 0.5) as median_resolution_hours,
from timed
group by
    grouping sets (
        (first_date, last_date, step, step_date),
        (first_date, last_date, step, step_date, subdistrict_name),
        (first_date, last_date, step, step_date, category),
        (first_date, last_date, step, step_date, subdistrict_name, category)
    )
order by
    first_date, last_date, step, step_date, is_every_subdistrict, is_every_category, subdistrict_name, category
