-- Resolution of the appeals received in a period, as one row of totals.
--
-- Grain:   one row.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $as_of        the moment open cases are judged at
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
--          $partial_counts_as_resolved          whether 部分解决 counts in resolved_rate
--          $basically_satisfied_counts          whether 基本满意 counts in satisfied_rate
-- Reads:   judged_cases
-- KPI:     received_count          受理量 = 时段内受理的诉求，作废件不计
--          closed_rate             办结率 = 已办结 / 受理量（高者为好） [closed_count/received_count]
--          on_time_rate            按时办结率 = 办结时间不晚于办结时限 / 应办结（已办结或时限已到，无时限的不计）（高者为好） [on_time_count/due_count]
--          same_day_response_rate  当日响应率 = 受理当天24时前首次联系企业 / 受理量（当天受理且尚未联系的不计）（高者为好） [same_day_response_count/response_due_count]
--          resolved_rate           解决率 = 办理结果为“解决” / 已办结且有办理结果（高者为好） [resolved_count/outcome_count]
--          satisfied_rate          满意率 = 评价为满意（含基本满意，可设置） / 已评价，未评价不计（高者为好） [satisfied_count/rated_count]
--          rated_rate              评价率 = 已评价 / 已办结（高者为好） [rated_count/closed_count]
--          median_resolution_hours 办结时长中位数 = 受理至办结的自然小时，未办结的不在内（低者为好） [median_resolution_hours/closed_count]
--          p90_resolution_hours    办结时长九成位 = 九成诉求在此自然小时内办结，未办结的不在内（低者为好） [p90_resolution_hours/closed_count]
--          median_first_response_hours 首响时长中位数 = 受理至首次联系企业的自然小时（低者为好） [median_first_response_hours/responded_count]
-- Caveat:  近几日的比率会随未办结诉求陆续办结而变化。
with cases as (
    select *
    from judged_cases($as_of::timestamp)
    where
        received_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
),

counted as (
    select
        count(*) as received_count,
        count(*) filter (where is_closed) as closed_count,
        count(*) filter (where not is_closed) as open_count,
        count(*) filter (where is_due) as due_count,
        count(*) filter (where is_on_time) as on_time_count,
        count(*) filter (where due_at is null) as without_deadline_count,
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
        count(first_response_at) as responded_count,
        quantile_cont(resolution_hours, 0.5) as median_resolution_hours,
        quantile_cont(resolution_hours, 0.9) as p90_resolution_hours,
        quantile_cont(first_response_hours, 0.5) as median_first_response_hours,
    from cases
)

select
    *,
    rate(closed_count, received_count) as closed_rate,
    rate(on_time_count, due_count) as on_time_rate,
    rate(same_day_response_count, response_due_count) as same_day_response_rate,
    rate(resolved_count, outcome_count) as resolved_rate,
    rate(satisfied_count, rated_count) as satisfied_rate,
    rate(rated_count, closed_count) as rated_rate,
from counted
