-- Resolution of the appeals received in a period, per subdistrict, ranked by the share closed on time.
--
-- Grain:   one row per subdistrict, those without appeals included.
-- Params:  $start_date  first day received, inclusive
--          $end_date    last day received, inclusive
--          $as_of       the moment open cases are judged at
--          $category    one category, null for all
--          $min_n       fewer cases due than this take no rank
--          $least_streets  0, or the streets that have to be in a number for somebody who sees some of them
--          $partial_counts_as_resolved  whether 部分解决 counts in resolved_rate
--          $basically_satisfied_counts  whether 基本满意 counts in satisfied_rate
-- Reads:   case_counts, hours_quantiles, subdistricts
-- Scope:   district, own rows by subdistrict_name
-- KPI:     on_time_rank    按时办结名次 = 按时办结率由高到低，并列同名次；应办结少于最低样本数的不排名
--          on_time_verdict 与全区比较 = 按95%置信区间（Wilson）与全区按时办结率比较，区间含全区值即无显著差异
-- Caveat:  近几日的比率会随未办结诉求陆续办结而变化。
with counted as (
    select
        subdistrict_name,
        total(received_count) as received_count,
        total(closed_count) as closed_count,
        total(overdue_count) as overdue_count,
        total(due_count) as due_count,
        total(on_time_count) as on_time_count,
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
        total(responded_count) as responded_count,
    from case_counts($as_of::timestamp)
    where
        grain = 'street'
        and received_date between $start_date::date and $end_date::date
        and ($category::varchar is null or category = $category::varchar)
    group by subdistrict_name
),

hours as (
    select
        group_name as subdistrict_name,
        median_first_response_hours,
        median_resolution_hours,
        median_resolution_working_hours,
    from
        hours_quantiles(
            $as_of::timestamp, $start_date::date, $end_date::date, null, $category::varchar, 'subdistrict'
        )
),

per_subdistrict as (
    select
        counted.*,
        hours.median_first_response_hours,
        hours.median_resolution_hours,
        hours.median_resolution_working_hours,
    from counted
    left join hours on counted.subdistrict_name = hours.subdistrict_name
),

compared as (
    select
        subdistricts.subdistrict_code,
        subdistricts.subdistrict_name,
        coalesce(per_subdistrict.received_count, 0) as received_count,
        coalesce(per_subdistrict.closed_count, 0) as closed_count,
        coalesce(per_subdistrict.overdue_count, 0) as overdue_count,
        coalesce(per_subdistrict.due_count, 0) as due_count,
        coalesce(per_subdistrict.on_time_count, 0) as on_time_count,
        coalesce(per_subdistrict.response_due_count, 0) as response_due_count,
        coalesce(per_subdistrict.same_day_response_count, 0) as same_day_response_count,
        coalesce(per_subdistrict.response_24h_due_count, 0) as response_24h_due_count,
        coalesce(per_subdistrict.response_24h_count, 0) as response_24h_count,
        coalesce(per_subdistrict.outcome_count, 0) as outcome_count,
        coalesce(per_subdistrict.resolved_count, 0) as resolved_count,
        coalesce(per_subdistrict.rated_count, 0) as rated_count,
        coalesce(per_subdistrict.satisfied_count, 0) as satisfied_count,
        coalesce(per_subdistrict.responded_count, 0) as responded_count,
        per_subdistrict.median_first_response_hours,
        per_subdistrict.median_resolution_hours,
        per_subdistrict.median_resolution_working_hours,
        rate(per_subdistrict.closed_count, per_subdistrict.received_count) as closed_rate,
        rate(per_subdistrict.on_time_count, per_subdistrict.due_count) as on_time_rate,
        rate(
            per_subdistrict.same_day_response_count, per_subdistrict.response_due_count
        ) as same_day_response_rate,
        rate(
            per_subdistrict.response_24h_count, per_subdistrict.response_24h_due_count
        ) as response_24h_rate,
        rate(per_subdistrict.resolved_count, per_subdistrict.outcome_count) as resolved_rate,
        rate(per_subdistrict.satisfied_count, per_subdistrict.rated_count) as satisfied_rate,
        rate(per_subdistrict.rated_count, per_subdistrict.closed_count) as rated_rate,
        wilson_low(per_subdistrict.on_time_count, per_subdistrict.due_count) as on_time_low,
        wilson_high(per_subdistrict.on_time_count, per_subdistrict.due_count) as on_time_high,
        -- Of few cases or streets it could be the rate of one case of one street.
        case
            when
                $least_streets::bigint = 0
                or (
                    count(*) filter (where per_subdistrict.due_count > 0) over () >= $least_streets::bigint
                    and sum(per_subdistrict.due_count) over () >= $min_n::bigint
                )
                then rate(
                    (sum(per_subdistrict.on_time_count) over ())::bigint,
                    (sum(per_subdistrict.due_count) over ())::bigint
                )
        end as district_on_time_rate,
    from subdistricts
    left join per_subdistrict on subdistricts.subdistrict_name = per_subdistrict.subdistrict_name
)

select
    *,
    case
        when due_count >= $min_n::bigint
            then rank() over (partition by due_count >= $min_n::bigint order by on_time_rate desc)
    end as on_time_rank,
    case
        when due_count = 0 then '无应办结'
        when due_count < $min_n::bigint or district_on_time_rate is null then '样本不足'
        when on_time_low > district_on_time_rate then '高于全区'
        when on_time_high < district_on_time_rate then '低于全区'
        else '与全区无显著差异'
    end as on_time_verdict,
from compared
order by on_time_rank nulls last, due_count desc, subdistrict_code
