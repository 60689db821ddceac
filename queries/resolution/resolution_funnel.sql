-- How far the appeals received in a period have come: 受理, 派单, 签收, 响应, 办结, 评价.
--
-- Grain:   one row per stage, in their order.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $as_of        the moment everything is judged at
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
-- Reads:   judged_cases, absent_columns
-- KPI:     reached_share  到达比例 = 已到该环节的诉求 / 受理量；各环节分别计数，未登记派单或签收的诉求也可能已办结
-- Caveat:  导出没有该列的环节为不可算；近几日受理的诉求多数还在路上。
with cases as (
    select
        received_at,
        assigned_at,
        accepted_at,
        first_response_at,
        closed_at,
        rating,
    from judged_cases($as_of::timestamp)
    where
        received_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
),

stages as (
    select
        1 as stage_order,
        '受理' as stage_name,
        'received_at' as needed_column,
        count(*) as reached_count,
        null::double as median_hours,
    from cases
    union all by name
    select
        2 as stage_order,
        '派单' as stage_name,
        'assigned_at' as needed_column,
        count(assigned_at) as reached_count,
        quantile_cont(epoch(assigned_at - received_at) / 3600, 0.5) as median_hours,
    from cases
    union all by name
    select
        3 as stage_order,
        '签收' as stage_name,
        'accepted_at' as needed_column,
        count(accepted_at) as reached_count,
        quantile_cont(epoch(accepted_at - received_at) / 3600, 0.5) as median_hours,
    from cases
    union all by name
    select
        4 as stage_order,
        '响应' as stage_name,
        'first_response_at' as needed_column,
        count(first_response_at) as reached_count,
        quantile_cont(epoch(first_response_at - received_at) / 3600, 0.5) as median_hours,
    from cases
    union all by name
    select
        5 as stage_order,
        '办结' as stage_name,
        'closed_at' as needed_column,
        count(closed_at) as reached_count,
        quantile_cont(epoch(closed_at - received_at) / 3600, 0.5) as median_hours,
    from cases
    union all by name
    select
        6 as stage_order,
        '评价' as stage_name,
        'rating' as needed_column,
        count(rating) as reached_count,
        null::double as median_hours,
    from cases
),

received as (
    select count(*) as received_count
    from cases
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
cross join received
left join absent_columns
    on absent_columns.table_name = 'appeals' and stages.needed_column = absent_columns.column_name
order by stages.stage_order
