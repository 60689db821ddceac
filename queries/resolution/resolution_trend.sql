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
-- Reads:   judged_cases
-- Caveat:  首尾两段可能不足整周或整月；近几日的比率会继续变化。
with steps as (
    select distinct date_trunc($step::varchar, listed.listed_day)::date as step_date
    from generate_series($start_date::timestamp, $end_date::timestamp, interval 1 day) as listed (listed_day)
),

cases as (
    select *
    from judged_cases($as_of::timestamp)
    where
        ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
),

received as (
    select
        date_trunc($step::varchar, received_date)::date as step_date,
        count(*) as received_count,
        count(*) filter (where is_due) as due_count,
        count(*) filter (where is_on_time) as on_time_count,
        count(*) filter (where is_response_due) as response_due_count,
        count(*) filter (where is_same_day_response) as same_day_response_count,
        count(outcome) as outcome_count,
        count(*) filter (
            where is_resolved(outcome, $partial_counts_as_resolved::boolean)
        ) as resolved_count,
        count(rating) as rated_count,
        count(*) filter (
            where is_satisfied(rating, $basically_satisfied_counts::boolean)
        ) as satisfied_count,
        quantile_cont(resolution_hours, 0.5) as median_resolution_hours,
    from cases
    where received_date between $start_date::date and $end_date::date
    group by all
),

closed as (
    select
        date_trunc($step::varchar, closed_at)::date as step_date,
        count(*) as closed_count,
    from cases
    where closed_at::date between $start_date::date and $end_date::date
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
    received.median_resolution_hours,
from steps
left join received on steps.step_date = received.step_date
left join closed on steps.step_date = closed.step_date
order by steps.step_date
