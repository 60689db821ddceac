-- Received and closed appeals over time, with the rates of those received in each step.
--
-- Grain:   one row per day, week or month of the period, those without appeals included.
-- Params:  $start_date   first day, inclusive
--          $end_date     last day, inclusive
--          $as_of        the moment open cases are judged at
--          $step         day, week or month
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
--          $partial_counts_as_resolved  whether 部分解决 counts in resolved_rate
--          $basically_satisfied_counts  whether 基本满意 counts in satisfied_rate
-- Reads:   case_counts, hours_by_step, closed_counts
-- Caveat:  首尾两段可能不足整周或整月；近几日的比率会继续变化。
with steps as (
    select distinct date_trunc($step::varchar, listed.listed_day)::date as step_date
    from generate_series($start_date::timestamp, $end_date::timestamp, interval 1 day) as listed (listed_day)
),

received as (
    select
        date_trunc($step::varchar, received_date)::date as step_date,
        total(received_count) as received_count,
        total(due_count) as due_count,
        total(on_time_count) as on_time_count,
        total(response_due_count) as response_due_count,
        total(same_day_response_count) as same_day_response_count,
        total(outcome_count) as outcome_count,
        resolved_total(
            fully_resolved_count, partly_resolved_count, $partial_counts_as_resolved::boolean
        ) as resolved_count,
        total(rated_count) as rated_count,
        satisfied_total(
            fully_satisfied_count, basically_satisfied_count, $basically_satisfied_counts::boolean
        ) as satisfied_count,
    from case_counts($as_of::timestamp)
    where
        grain = 'street'
        and received_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
    group by all
),

hours as (
    select
        step_date,
        median_resolution_hours,
    from
        hours_by_step(
            $as_of::timestamp, $start_date::date, $end_date::date, $subdistrict::varchar, $category::varchar,
            $step::varchar
        )
),

closed as (
    select
        date_trunc($step::varchar, closed_date)::date as step_date,
        total(closed_count) as closed_count,
    from closed_counts($as_of::timestamp)
    where
        closed_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
    group by all
)

select
    steps.step_date,
    steps.step_date >= $start_date::date
    and steps.step_date + ('1 ' || $step::varchar)::interval <= $end_date::date + interval 1 day as is_whole,
    coalesce(received.received_count, 0) as received_count,
    coalesce(closed.closed_count, 0) as closed_count,
    coalesce(received.due_count, 0) as due_count,
    coalesce(received.response_due_count, 0) as response_due_count,
    rate(received.on_time_count, received.due_count) as on_time_rate,
    rate(received.same_day_response_count, received.response_due_count) as same_day_response_rate,
    rate(received.resolved_count, received.outcome_count) as resolved_rate,
    rate(received.satisfied_count, received.rated_count) as satisfied_rate,
    hours.median_resolution_hours,
from steps
left join received on steps.step_date = received.step_date
left join hours on steps.step_date = hours.step_date
left join closed on steps.step_date = closed.step_date
order by steps.step_date
