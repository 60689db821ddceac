-- Exact medians and 90th percentiles of how long appeals took, without sorting all of them.
--
-- Grain:   one row per group and clock that stopped at least once: 1 派单, 2 签收, 3 响应, 4 响应工时, 5 办结, 6 办结工时.
-- Params:  $as_of        the moment everything is judged at
--          $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $of_subdistrict  one subdistrict, null for the district
--          $of_category     one category, null for all
--          $grouped_by   subdistrict, category, or nothing: then `group_name` is empty
-- Reads:   clock_counts, clock_values
-- Caveat:  counts say in which bucket the value of a rank lies and how many lie below; only those buckets are read.
--          Between two ranks the value is interpolated, as quantile_cont does.
with span as (
    select
        $start_date::date as first_date,
        $end_date::date as last_date,
        -- Whole months lie from the first that begins in the period to the last that ends in it.
        (date_trunc('month', $start_date::date - 1) + interval 1 month)::date as months_from,
        date_trunc('month', $end_date::date + 1)::date as months_until,
),

counted as (
    select
        counts.clock_bucket,
        case $grouped_by::varchar
            when 'subdistrict' then counts.subdistrict_name when 'category' then counts.category else ''
        end as group_name,
        counts.stopped_count,
    from clock_counts($as_of::timestamp) as counts
    cross join span
    where
        counts.received_month >= span.months_from
        and counts.received_month < span.months_until
        and ($of_subdistrict::varchar is null or counts.subdistrict_name = $of_subdistrict::varchar)
        and ($of_category::varchar is null or counts.category = $of_category::varchar)
    union all
    select
        days.clock_bucket,
        case $grouped_by::varchar
            when 'subdistrict' then days.subdistrict_name when 'category' then days.category else ''
        end as group_name,
        days.stopped_count,
    from clock_counts_by_day($as_of::timestamp) as days
    cross join span
    where
        days.received_date between span.first_date and span.last_date
        and (days.received_date < span.months_from or days.received_date >= span.months_until)
        and ($of_subdistrict::varchar is null or days.subdistrict_name = $of_subdistrict::varchar)
        and ($of_category::varchar is null or days.category = $of_category::varchar)
),

buckets as (
    select
        clock_bucket // 1000 as clock,
        group_name,
        clock_bucket,
        sum(stopped_count)::bigint as stopped_count,
    from counted
    group by clock_bucket, group_name
),

running as (
    select
        *,
        (sum(stopped_count) over (
            partition by clock, group_name
            order by clock_bucket
        ))::bigint - stopped_count as below_count,
        (sum(stopped_count) over (partition by clock, group_name))::bigint as clock_count,
    from buckets
),

-- The ranks that the median and the 90th percentile lie between, from 0.
ranked as (
    select
        *,
        floor(0.5 * (clock_count - 1))::bigint as median_rank,
        floor(0.9 * (clock_count - 1))::bigint as p90_rank,
    from running
),

needed as (
    select *
    from ranked
    where
        (below_count <= median_rank + 1 and median_rank < below_count + stopped_count)
        or (below_count <= p90_rank + 1 and p90_rank < below_count + stopped_count)
),

valued as (
    select
        needed.clock,
        needed.group_name,
        needed.clock_count,
        needed.median_rank,
        needed.p90_rank,
        stopped.hours,
        needed.below_count - 1 + row_number() over (
            partition by needed.clock_bucket, needed.group_name
            order by stopped.hours
        ) as value_rank,
    from needed
    inner join clock_values($as_of::timestamp) as stopped
        on
            needed.clock_bucket = stopped.clock_bucket
            and needed.group_name = case $grouped_by::varchar
                when 'subdistrict' then stopped.subdistrict_name when 'category' then stopped.category else ''
            end
    where
        stopped.received_date between $start_date::date and $end_date::date
        and ($of_subdistrict::varchar is null or stopped.subdistrict_name = $of_subdistrict::varchar)
        and ($of_category::varchar is null or stopped.category = $of_category::varchar)
),

found as (
    select
        clock,
        group_name,
        clock_count,
        max(case when value_rank = median_rank then hours end) as median_low,
        max(case when value_rank = median_rank + 1 then hours end) as median_high,
        max(case when value_rank = p90_rank then hours end) as p90_low,
        max(case when value_rank = p90_rank + 1 then hours end) as p90_high,
        0.5 * (clock_count - 1) - median_rank as median_between,
        0.9 * (clock_count - 1) - p90_rank as p90_between,
    from valued
    group by clock, group_name, clock_count, median_rank, p90_rank
)

select
    clock,
    group_name,
    clock_count,
    median_low + (coalesce(median_high, median_low) - median_low) * median_between as median_hours,
    p90_low + (coalesce(p90_high, p90_low) - p90_low) * p90_between as p90_hours,
from found
