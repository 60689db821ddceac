-- How far the appeals received in a period have come: 受理, 派单, 签收, 响应, 办结, 评价.
--
-- Grain:   one row per stage, in their order.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $as_of        the moment everything is judged at
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
-- Reads:   case_counts, hours_quantiles, absent_columns
-- KPI:     reached_share  到达比例 = 已到该环节的诉求 / 受理量；各环节分别计数，未登记派单或签收的诉求也可能已办结
-- Caveat:  导出没有该列的环节为不可算；近几日受理的诉求多数还在路上。
with counted as (
    select
        total(received_count) as received_count,
        total(assigned_count) as assigned_count,
        total(accepted_count) as accepted_count,
        total(responded_count) as responded_count,
        total(closed_count) as closed_count,
        total(rated_count) as rated_count,
    from case_counts($as_of::timestamp)
    where
        grain = 'street'
        and received_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
),

hours as (
    select
        any_value(median_assigned_hours) as median_assigned_hours,
        any_value(median_accepted_hours) as median_accepted_hours,
        any_value(median_first_response_hours) as median_first_response_hours,
        any_value(median_resolution_hours) as median_resolution_hours,
    from
        hours_quantiles(
            $as_of::timestamp, $start_date::date, $end_date::date, $subdistrict::varchar, $category::varchar, ''
        )
),

stages as (
    select
        1 as stage_order,
        '受理' as stage_name,
        'received_at' as needed_column,
        counted.received_count as reached_count,
        null::double as median_hours,
    from counted
    union all by name
    select
        2 as stage_order,
        '派单' as stage_name,
        'assigned_at' as needed_column,
        counted.assigned_count as reached_count,
        hours.median_assigned_hours as median_hours,
    from counted
    cross join hours
    union all by name
    select
        3 as stage_order,
        '签收' as stage_name,
        'accepted_at' as needed_column,
        counted.accepted_count as reached_count,
        hours.median_accepted_hours as median_hours,
    from counted
    cross join hours
    union all by name
    select
        4 as stage_order,
        '响应' as stage_name,
        'first_response_at' as needed_column,
        counted.responded_count as reached_count,
        hours.median_first_response_hours as median_hours,
    from counted
    cross join hours
    union all by name
    select
        5 as stage_order,
        '办结' as stage_name,
        'closed_at' as needed_column,
        counted.closed_count as reached_count,
        hours.median_resolution_hours as median_hours,
    from counted
    cross join hours
    union all by name
    select
        6 as stage_order,
        '评价' as stage_name,
        'rating' as needed_column,
        counted.rated_count as reached_count,
        null::double as median_hours,
    from counted
)

select
    stages.stage_order,
    stages.stage_name,
    case when absent_columns.column_title is null then stages.reached_count end as reached_count,
    stages.median_hours,
    received.received_count,
    case
        when absent_columns.column_title is null then rate(stages.reached_count, received.received_count)
    end as reached_share,
    absent_columns.column_title as absent_column,
from stages
cross join counted as received
left join absent_columns
    on absent_columns.table_name = 'appeals' and stages.needed_column = absent_columns.column_name
order by stages.stage_order
