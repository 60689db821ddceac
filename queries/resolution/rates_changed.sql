-- The rates of the appeals received in a period against those of as many days before, with the change's own interval.
--
-- Grain:   one row per measure.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $as_of        the moment open cases of both periods are judged at
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
--          $min_n        a smaller denominator in either period gives no verdict
--          $partial_counts_as_resolved  whether 部分解决 counts in resolved_rate
--          $basically_satisfied_counts  whether 基本满意 counts in satisfied_rate
-- Reads:   case_counts
-- KPI:     change_points   变化 = 本期比率减去上期比率（百分点）；上期为紧接在前、天数相同的时段
--          change_verdict  变化是否显著 = 变化的95%置信区间（Newcombe 1998，由两期的Wilson区间合成）含0即无显著变化
-- Caveat:  两期都按同一时点判断，较近的一期未办结的更多，其解决率、满意率等还会变化。
with periods as (
    select
        'current' as period,
        $start_date::date as first_date,
        $end_date::date as last_date,
    union all
    select
        'previous' as period,
        $start_date::date - ($end_date::date - $start_date::date + 1)::integer,
        $start_date::date - 1
),

-- One pass over the counts, whatever the number of measures.
totals as (
    select
        periods.period,
        total(counts.received_count) as received_count,
        total(counts.due_count) as due_count,
        total(counts.on_time_count) as on_time_count,
        total(counts.response_due_count) as response_due_count,
        total(counts.same_day_response_count) as same_day_response_count,
        total(counts.response_24h_due_count) as response_24h_due_count,
        total(counts.response_24h_count) as response_24h_count,
        total(counts.outcome_count) as outcome_count,
        resolved_total(
            counts.fully_resolved_count,
            counts.partly_resolved_count,
            $partial_counts_as_resolved::boolean
        ) as resolved_count,
        total(counts.rated_count) as rated_count,
        satisfied_total(
            counts.fully_satisfied_count,
            counts.basically_satisfied_count,
            $basically_satisfied_counts::boolean
        ) as satisfied_count,
        total(counts.closed_count) as closed_count,
        total(counts.returned_case_count) as returned_case_count,
        total(counts.redone_case_count) as redone_case_count,
        total(counts.extended_case_count) as extended_case_count,
    from periods
    left join case_counts($as_of::timestamp) as counts
        on
            counts.grain = 'street'
            and periods.first_date <= counts.received_date
            and periods.last_date >= counts.received_date
            and ($subdistrict::varchar is null or counts.subdistrict_name = $subdistrict::varchar)
            and ($category::varchar is null or counts.category = $category::varchar)
    group by periods.period
),

listed as (
    select
        period,
        unnest([
            struct_pack(place := 1, measure := 'on_time_rate', hits := on_time_count, n := due_count),
            struct_pack(place := 2, measure := 'same_day_response_rate', hits := same_day_response_count, n := response_due_count),
            struct_pack(place := 3, measure := 'response_24h_rate', hits := response_24h_count, n := response_24h_due_count),
            struct_pack(place := 4, measure := 'resolved_rate', hits := resolved_count, n := outcome_count),
            struct_pack(place := 5, measure := 'satisfied_rate', hits := satisfied_count, n := rated_count),
            struct_pack(place := 6, measure := 'closed_rate', hits := closed_count, n := received_count),
            struct_pack(place := 7, measure := 'returned_rate', hits := returned_case_count, n := received_count),
            struct_pack(place := 8, measure := 'redone_rate', hits := redone_case_count, n := received_count),
            struct_pack(place := 9, measure := 'extended_rate', hits := extended_case_count, n := received_count)
        ]) as counted,
    from totals
),

unpacked as (
    select
        listed.period,
        listed.counted.place,
        listed.counted.measure,
        listed.counted.hits,
        listed.counted.n,
    from listed
),

rated as (
    select
        *,
        rate(hits, n) as measured_rate,
        wilson_low(hits, n) as low,
        wilson_high(hits, n) as high,
    from unpacked
),

paired as (
    select
        this.place,
        this.measure,
        this.hits as numerator_count,
        this.n as denominator_count,
        this.measured_rate,
        earlier.hits as previous_numerator_count,
        earlier.n as previous_denominator_count,
        earlier.measured_rate as previous_rate,
        least_difference(this.measured_rate, this.low, earlier.measured_rate, earlier.high) as change_low,
        greatest_difference(this.measured_rate, this.high, earlier.measured_rate, earlier.low) as change_high,
    from rated as this
    inner join rated as earlier on this.measure = earlier.measure
    where this.period = 'current' and earlier.period = 'previous'
)

select
    measure,
    numerator_count,
    denominator_count,
    measured_rate,
    previous_numerator_count,
    previous_denominator_count,
    previous_rate,
    100 * (measured_rate - previous_rate) as change_points,
    100 * change_low as change_low_points,
    100 * change_high as change_high_points,
    case
        when denominator_count < $min_n::bigint or previous_denominator_count < $min_n::bigint then '样本不足'
        when change_low > 0 then '上升'
        when change_high < 0 then '下降'
        else '无显著变化'
    end as change_verdict,
from paired
order by place
