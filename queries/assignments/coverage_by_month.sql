-- Of the parks, circles and communities held in each month, how many were visited in it.
--
-- Grain:   one row per month from the start of the assignments to the period's last day.
-- Params:  $as_of              the moment whose day decides what is known
--          $end_date           last day of visits counted, inclusive
--          $assignments_start  first day of the assignments
--          $subdistrict        one subdistrict, null for the district
--          $community          one community and the parks in it, null for all
--          $park_id            one park or circle, null for all objects
-- Reads:   held_objects, held_terms, object_visits
-- Caveat:  一个月不足整月的，按到时段末为止的走访计。
with months as (
    select
        greatest(first_day::date, $assignments_start::date) as first_date,
        least((first_day + interval 1 month)::date - 1, $end_date::date, $as_of::date) as last_date,
        first_day::date as step_date,
        (first_day + interval 1 month)::date - 1 <= least($end_date::date, $as_of::date) as is_whole,
    from generate_series(
        date_trunc('month', $assignments_start::date)::timestamp,
        least($end_date::date, $as_of::date)::timestamp,
        interval 1 month
    ) as every_month (first_day)
),

objects as (
    select distinct
        object_kind,
        object_id,
    from held_objects($as_of::timestamp)
    where
        ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
        and ($park_id::varchar is null or (object_kind = '园区商圈' and object_id = $park_id::varchar))
),

held as (
    select distinct
        months.step_date,
        objects.object_kind,
        objects.object_id,
    from months
    inner join held_terms as terms
        on
            months.last_date >= terms.first_date
            and months.first_date <= coalesce(terms.last_date, months.first_date)
    inner join objects on terms.object_kind = objects.object_kind and terms.object_id = objects.object_id
),

visited as (
    select distinct
        months.step_date,
        visits.object_kind,
        visits.object_id,
    from months
    inner join object_visits($as_of::timestamp) as visits
        on visits.visited_date between months.first_date and months.last_date
)

select
    months.step_date,
    months.is_whole,
    count(held.object_id) as held_in_period_count,
    count(visited.object_id) as visited_count,
    rate(count(visited.object_id), count(held.object_id)) as visit_coverage_rate,
from months
left join held on months.step_date = held.step_date
left join visited
    on
        held.step_date = visited.step_date
        and held.object_kind = visited.object_kind
        and held.object_id = visited.object_id
group by months.step_date, months.is_whole
order by months.step_date
