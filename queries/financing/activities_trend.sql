-- Activities over time, per kind.
--
-- Grain:   one row per day, week or month of the period and kind of activity met in the period.
-- Params:  $as_of        later activities are not known yet
--          $start_date   first day, inclusive
--          $end_date     last day, inclusive
--          $step         day, week or month
--          $subdistrict  activities in one subdistrict, null for the district
-- Reads:   linked_activities
with held as (
    select
        *,
        date_trunc($step::varchar, held_date)::date as step_date,
    from linked_activities($as_of::timestamp)
    where
        held_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
),

steps as (
    select distinct date_trunc($step::varchar, listed.listed_day)::date as step_date
    from generate_series($start_date::timestamp, $end_date::timestamp, interval 1 day) as listed (listed_day)
),

kinds as (
    select distinct activity_kind
    from held
)

select
    steps.step_date,
    kinds.activity_kind,
    steps.step_date >= $start_date::date
    and steps.step_date + ('1 ' || $step::varchar)::interval <= $end_date::date + interval 1 day as is_whole,
    count(held.activity_id) as activity_count,
    coalesce(sum(held.participant_count), 0)::bigint as attendance_count,
    sum(held.sales_yuan) as sales_yuan,
from steps
cross join kinds
left join held on steps.step_date = held.step_date and kinds.activity_kind = held.activity_kind
group by steps.step_date, kinds.activity_kind
order by steps.step_date, kinds.activity_kind
