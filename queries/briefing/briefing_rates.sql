-- The rates of the appeals received in a reported period against those of the same days some days before.
--
-- Grain:   one row per measure.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $days_before  how many days earlier the days compared with are: 7 for a week, never fewer than the period has
--          $as_of        the moment open cases of both periods are judged at
--          $subdistrict  one subdistrict, null for the district
--          $min_n        a smaller denominator in either period gives no verdict
--          $partial_counts_as_resolved  whether 部分解决 counts in resolved_rate
--          $basically_satisfied_counts  whether 基本满意 counts in satisfied_rate
-- Reads:   judged_cases
-- Caveat:  the verdict is that of rates_changed, whose period before ends the day before; a week that is not over is compared
--          with the same days of the week before.
with cases as (
    select
        *,
        received_date between $start_date::date and $end_date::date as is_current,
    from judged_cases($as_of::timestamp)
    where
        (
            received_date between $start_date::date and $end_date::date
            or received_date + $days_before::integer between $start_date::date and $end_date::date
        )
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
),

judged as (
    select
        is_current,
        unnest([
            struct_pack(place := 1, measure := 'closed_rate', is_counted := true, is_hit := is_closed),
            struct_pack(place := 2, measure := 'on_time_rate', is_counted := is_due, is_hit := is_on_time),
            struct_pack(
                place := 3,
                measure := 'same_day_response_rate',
                is_counted := is_response_due,
                is_hit := is_same_day_response
            ),
            struct_pack(
                place := 4,
                measure := 'resolved_rate',
                is_counted := outcome is not null,
                is_hit := is_resolved(outcome, $partial_counts_as_resolved::boolean)
            ),
            struct_pack(
                place := 5,
                measure := 'satisfied_rate',
                is_counted := rating is not null,
                is_hit := is_satisfied(rating, $basically_satisfied_counts::boolean)
            )
        ]) as of_case,
    from cases
),

measures (place, measure) as (
    values
    (1, 'closed_rate'),
    (2, 'on_time_rate'),
    (3, 'same_day_response_rate'),
    (4, 'resolved_rate'),
    (5, 'satisfied_rate')
),

counted as (
    select
        measures.place,
        measures.measure,
        count(*) filter (where judged.is_current and judged.of_case.is_counted and judged.of_case.is_hit) as hits,
        count(*) filter (where judged.is_current and judged.of_case.is_counted) as n,
        count(*) filter (where not judged.is_current and judged.of_case.is_counted and judged.of_case.is_hit) as hits_before,
        count(*) filter (where not judged.is_current and judged.of_case.is_counted) as n_before,
    from measures
    left join judged on measures.measure = judged.of_case.measure
    group by measures.place, measures.measure
),

compared as (
    select
        *,
        rate(hits, n) as measured_rate,
        rate(hits_before, n_before) as previous_rate,
        case when n > 0 and n_before > 0 then newcombe_low(hits, n, hits_before, n_before) end as change_low,
        case when n > 0 and n_before > 0 then newcombe_high(hits, n, hits_before, n_before) end as change_high,
    from counted
)

select
    measure,
    hits as numerator_count,
    n as denominator_count,
    measured_rate,
    hits_before as previous_numerator_count,
    n_before as previous_denominator_count,
    previous_rate,
    100 * (measured_rate - previous_rate) as change_points,
    case
        when n < $min_n::bigint or n_before < $min_n::bigint then '样本不足'
        when change_low > 0 then '上升'
        when change_high < 0 then '下降'
        else '无显著变化'
    end as change_verdict,
from compared
order by place
