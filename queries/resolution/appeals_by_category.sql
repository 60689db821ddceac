-- Appeals received in a period, per category.
--
-- Grain:   one row per category met in the period.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $as_of        the moment open cases are judged at
--          $subdistrict  one subdistrict, null for the district
-- Reads:   case_counts, hours_quantiles
-- KPI:     cumulative_share  累计占比 = 该类及更多的各类受理量之和 / 全部受理量
with counted as (
    select
        category,
        total(received_count) as received_count,
        total(overdue_count) as overdue_count,
        total(due_count) as due_count,
        total(on_time_count) as on_time_count,
    from case_counts($as_of::timestamp)
    where
        grain = 'street'
        and received_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    group by category
),

hours as (
    select
        group_name as category,
        median_resolution_hours,
    from
        hours_quantiles(
            $as_of::timestamp, $start_date::date, $end_date::date, $subdistrict::varchar, null, 'category'
        )
),

per_category as (
    select
        counted.*,
        hours.median_resolution_hours,
    from counted
    left join hours on counted.category = hours.category
)

select
    *,
    rate(on_time_count, due_count) as on_time_rate,
    rate(received_count, (sum(received_count) over ())::bigint) as received_share,
    rate(
        (sum(received_count) over (order by received_count desc, category))::bigint,
        (sum(received_count) over ())::bigint
    ) as cumulative_share,
from per_category
order by received_count desc, category
