-- Small businesses (小个专) by the month of their last visit, and how many were visited by its end.
--
-- Grain:   one row per month from that of $start_date to that of $end_date, those without visits included.
-- Params:  $as_of        visits after the day of this moment are not known yet
--          $start_date   the first month is the one of this day, whole; earlier visits count only in visited_by_then_count
--          $end_date     last day of visits, inclusive
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all of them
-- Reads:   judged_small_businesses
-- Caveat:  导出只有每户最近一次走访的日期，走访过多次的只算在最后一次的月份。
with months as (
    select unnest(
        generate_series(
            date_trunc('month', $start_date::date), date_trunc('month', $end_date::date), interval 1 month
        )
    )::date as step_date
),

visited as (
    select
        date_trunc('month', last_visited_date)::date as step_date,
        sum(entity_count)::bigint as visited_count,
    from judged_small_businesses($as_of::timestamp)
    where
        is_visited
        and last_visited_date <= $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
    group by all
)

select
    months.step_date,
    months.step_date + interval 1 month <= $end_date::date + interval 1 day as is_whole,
    coalesce(visited.visited_count, 0) as visited_count,
    (
        coalesce(
            (select sum(earlier.visited_count) from visited as earlier where earlier.step_date < date_trunc('month', $start_date::date)),
            0
        )
        + sum(coalesce(visited.visited_count, 0)) over (order by months.step_date)
    )::bigint as visited_by_then_count,
from months
left join visited on months.step_date = visited.step_date
order by months.step_date
