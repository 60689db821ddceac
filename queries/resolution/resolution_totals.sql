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
--          $response_weight   what same_day_response_rate weighs in composite_score
--          $resolved_weight   what resolved_rate weighs in it
--          $satisfied_weight  what satisfied_rate weighs in it
-- Reads:   case_counts, hours_quantiles, void_counts
-- KPI:     received_count          受理量 = 时段内受理的诉求，作废件不计
--          closed_rate             办结率 = 已办结 / 受理量，与快慢无关（高者为好）
--              [closed_count/received_count] {appeals.closed_at}
--          on_time_rate            按时办结率 = 办结时间不晚于办结时限（延期后的） / 应办结（已办结或时限已到，无时限的不计）（高者为好）
--              [on_time_count/due_count] {appeals.due_at, appeals.closed_at}
--          same_day_response_rate  当日响应率 = 受理当天24时前首次联系企业 / 受理量（当天受理且尚未联系的不计）（高者为好）
--              [same_day_response_count/response_due_count] {appeals.first_response_at}
--          response_24h_rate       24小时响应率 = 受理后24小时内首次联系企业 / 受理满24小时或已联系（高者为好）
--              [response_24h_count/response_24h_due_count] {appeals.first_response_at}
--          resolved_rate           解决率 = 办理结果为“解决”（部分解决是否计入由设置决定） / 已办结且有办理结果（高者为好）
--              [resolved_count/outcome_count] {appeals.outcome}
--          satisfied_rate          满意率 = 评价为满意（含基本满意，可设置） / 已评价，未评价不计（高者为好）
--              [satisfied_count/rated_count] {appeals.rating}
--          rated_rate              评价率 = 已评价 / 已办结（高者为好）
--              [rated_count/closed_count] {appeals.rating, appeals.closed_at}
--          returned_rate           退单率 = 至少退单一次的诉求 / 受理量（低者为好）
--              [returned_case_count/received_count] {appeals.returned_count}
--          redone_rate             重办率 = 至少重办一次的诉求 / 受理量（低者为好）
--              [redone_case_count/received_count] {appeals.redone_count}
--          extended_rate           延期率 = 至少延期一次的诉求 / 受理量（低者为好）
--              [extended_case_count/received_count] {appeals.extension_count}
--          composite_score         综合得分 = 当日响应率、解决率、满意率按设置的权重（默认30/35/35）加权，满分100；本看板口径，不是官方得分，任一项无分母则不给分（高者为好）
--              [composite_score/received_count] {appeals.first_response_at, appeals.outcome, appeals.rating}
--          median_first_response_hours         首响时长中位数 = 受理至首次联系企业的自然小时，未联系的不在内（低者为好）
--              [median_first_response_hours/responded_count] {appeals.first_response_at}
--          p90_first_response_hours            首响时长九成位 = 九成诉求在此自然小时内首次联系，未联系的不在内（低者为好）
--              [p90_first_response_hours/responded_count] {appeals.first_response_at}
--          median_first_response_working_hours 首响工时中位数 = 受理至首次联系企业的工作小时，按工作日历和办公时间（低者为好）
--              [median_first_response_working_hours/responded_count] {appeals.first_response_at}
--          p90_first_response_working_hours    首响工时九成位 = 九成诉求在此工作小时内首次联系（低者为好）
--              [p90_first_response_working_hours/responded_count] {appeals.first_response_at}
--          median_resolution_hours             办结时长中位数 = 受理至办结的自然小时，未办结的不在内（低者为好）
--              [median_resolution_hours/closed_count] {appeals.closed_at}
--          p90_resolution_hours                办结时长九成位 = 九成诉求在此自然小时内办结，未办结的不在内（低者为好）
--              [p90_resolution_hours/closed_count] {appeals.closed_at}
--          median_resolution_working_hours     办结工时中位数 = 受理至办结的工作小时，按工作日历和办公时间，未办结的不在内（低者为好）
--              [median_resolution_working_hours/closed_count] {appeals.closed_at}
--          p90_resolution_working_hours        办结工时九成位 = 九成诉求在此工作小时内办结，未办结的不在内（低者为好）
--              [p90_resolution_working_hours/closed_count] {appeals.closed_at}
--          void_count              作废件 = 时段内受理、后作废的诉求，单列，不进入其他任何指标 {appeals.is_void}
-- Caveat:  近几日的比率会随未办结诉求陆续办结而变化；时长只含已办结（已联系）的诉求，未办结件数另列。
with counted as (
    select
        total(received_count) as received_count,
        total(closed_count) as closed_count,
        total(received_count - closed_count) as open_count,
        total(due_count) as due_count,
        total(on_time_count) as on_time_count,
        total(without_deadline_count) as without_deadline_count,
        total(worked_out_deadline_count) as worked_out_deadline_count,
        total(response_due_count) as response_due_count,
        total(same_day_response_count) as same_day_response_count,
        total(response_24h_due_count) as response_24h_due_count,
        total(response_24h_count) as response_24h_count,
        total(outcome_count) as outcome_count,
        resolved_total(
            fully_resolved_count, partly_resolved_count, $partial_counts_as_resolved::boolean
        ) as resolved_count,
        total(rated_count) as rated_count,
        satisfied_total(
            fully_satisfied_count, basically_satisfied_count, $basically_satisfied_counts::boolean
        ) as satisfied_count,
        total(returned_case_count) as returned_case_count,
        total(redone_case_count) as redone_case_count,
        total(extended_case_count) as extended_case_count,
        total(responded_count) as responded_count,
    from case_counts($as_of::timestamp)
    where
        grain = 'street'
        and received_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
),

hours as (
    select
        any_value(median_first_response_hours) as median_first_response_hours,
        any_value(p90_first_response_hours) as p90_first_response_hours,
        any_value(median_first_response_working_hours) as median_first_response_working_hours,
        any_value(p90_first_response_working_hours) as p90_first_response_working_hours,
        any_value(median_resolution_hours) as median_resolution_hours,
        any_value(p90_resolution_hours) as p90_resolution_hours,
        any_value(median_resolution_working_hours) as median_resolution_working_hours,
        any_value(p90_resolution_working_hours) as p90_resolution_working_hours,
    from
        hours_quantiles(
            $as_of::timestamp, $start_date::date, $end_date::date, $subdistrict::varchar, $category::varchar, ''
        )
),

voided as (
    select total(void_count) as void_count
    from void_counts($as_of::timestamp)
    where
        received_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
),

totals as (
    select
        counted.*,
        hours.*,
        voided.void_count,
    from counted
    cross join hours
    cross join voided
)

select
    *,
    rate(closed_count, received_count) as closed_rate,
    rate(on_time_count, due_count) as on_time_rate,
    rate(same_day_response_count, response_due_count) as same_day_response_rate,
    rate(response_24h_count, response_24h_due_count) as response_24h_rate,
    rate(resolved_count, outcome_count) as resolved_rate,
    rate(satisfied_count, rated_count) as satisfied_rate,
    rate(rated_count, closed_count) as rated_rate,
    rate(returned_case_count, received_count) as returned_rate,
    rate(redone_case_count, received_count) as redone_rate,
    rate(extended_case_count, received_count) as extended_rate,
    composite_score(
        same_day_response_rate, resolved_rate, satisfied_rate,
        $response_weight::double, $resolved_weight::double, $satisfied_weight::double
    ) as composite_score,
from totals
