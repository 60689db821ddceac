-- What the clocks of appeals say, next to like values: where an exact median is looked up.
--
-- Grain:   one row per appeal and clock that has stopped: 1 派单, 2 签收, 3 响应, 4 响应工时, 5 办结, 6 办结工时. Clock and
--          bucket are one number, clock_bucket = 1000 * clock + bucket, which the rows are ordered by.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   case_hours
with stopped as (
    select received_date, subdistrict_name, category, 1 as clock, assigned_hours as hours
    from case_hours($as_of::timestamp)
    where assigned_hours is not null
    union all
    select received_date, subdistrict_name, category, 2 as clock, accepted_hours as hours
    from case_hours($as_of::timestamp)
    where accepted_hours is not null
    union all
    select received_date, subdistrict_name, category, 3 as clock, first_response_hours as hours
    from case_hours($as_of::timestamp)
    where first_response_hours is not null
    union all
    select received_date, subdistrict_name, category, 4 as clock, first_response_working_hours as hours
    from case_hours($as_of::timestamp)
    where first_response_working_hours is not null
    union all
    select received_date, subdistrict_name, category, 5 as clock, resolution_hours as hours
    from case_hours($as_of::timestamp)
    where resolution_hours is not null
    union all
    select received_date, subdistrict_name, category, 6 as clock, resolution_working_hours as hours
    from case_hours($as_of::timestamp)
    where resolution_working_hours is not null
)

select
    1000 * clock + hours_bucket(hours) as clock_bucket,
    received_date,
    subdistrict_name,
    category,
    hours,
from stopped
order by clock_bucket, received_date, subdistrict_name, category, hours
