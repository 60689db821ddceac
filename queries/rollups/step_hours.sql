-- Exact medians of how long closing took, step by step through the periods that pages offer by name.
--
-- Grain:   one row per kept period, kind of step (`step`: 'day', 'week' from Monday, 'month'), first day of the step, and
--          subdistrict and category of appeals received in both; where `is_every_subdistrict` holds one for all of
--          them together, where `is_every_category` one for all categories.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   case_hours, kept_groupings
-- Caveat:  the first and the last step of a period may be cut: then the median is over the days inside it.
with steps as (
    select
        first_date,
        last_date,
        is_every_subdistrict,
        is_every_category,
        unnest(['day', 'week', 'month']) as step,
    from kept_groupings
),

timed as (
    select
        steps.first_date,
        steps.last_date,
        steps.step,
        -- A step that is told from a column is cut off row by row, which takes longer than the medians.
        case steps.step
            when 'day' then hours.received_date
            when 'week' then date_trunc('week', hours.received_date)::date
            when 'month' then date_trunc('month', hours.received_date)::date
        end as step_date,
        steps.is_every_subdistrict,
        steps.is_every_category,
        case when not steps.is_every_subdistrict then hours.subdistrict_name end as subdistrict_name,
        case when not steps.is_every_category then hours.category end as category,
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
    is_every_subdistrict,
    is_every_category,
    subdistrict_name,
    category,
    median_hours(resolution_hours) as median_resolution_hours,
from timed
group by
    first_date, last_date, step, step_date, is_every_subdistrict, is_every_category, subdistrict_name, category
order by
    first_date, last_date, step, step_date, is_every_subdistrict, is_every_category, subdistrict_name, category
