-- Parks, circles and communities held and visited, per subdistrict.
--
-- Grain:   one row per subdistrict.
-- Params:  $as_of       the moment whose day decides what is in force
--          $start_date  first day of visits counted, inclusive
--          $end_date    last day of visits counted, inclusive
-- Reads:   subdistricts, held_objects, held_terms, object_visits
with held_in_period as (
    select distinct
        object_kind,
        object_id,
    from held_terms
    where
        first_date <= least($end_date::date, $as_of::date)
        and coalesce(last_date, $start_date::date) >= $start_date::date
),

visited as (
    select distinct
        object_kind,
        object_id,
    from object_visits($as_of::timestamp)
    where visited_date between $start_date::date and $end_date::date
),

objects as (
    select
        subdistrict_name,
        object_kind,
        object_id,
        bool_or(is_held) as is_held,
    from held_objects($as_of::timestamp)
    group by all
),

per_subdistrict as (
    select
        objects.subdistrict_name,
        count(*) as object_count,
        count(*) filter (where objects.is_held) as held_count,
        count(*) filter (where not objects.is_held) as unheld_count,
        count(held_in_period.object_id) as held_in_period_count,
        count(*) filter (
            where held_in_period.object_id is not null and visited.object_id is not null
        ) as visited_count,
    from objects
    left join held_in_period
        on objects.object_kind = held_in_period.object_kind and objects.object_id = held_in_period.object_id
    left join visited on objects.object_kind = visited.object_kind and objects.object_id = visited.object_id
    group by objects.subdistrict_name
)

select
    subdistricts.subdistrict_code,
    subdistricts.subdistrict_name,
    coalesce(per_subdistrict.object_count, 0) as object_count,
    coalesce(per_subdistrict.held_count, 0) as held_count,
    coalesce(per_subdistrict.unheld_count, 0) as unheld_count,
    coalesce(per_subdistrict.held_in_period_count, 0) as held_in_period_count,
    coalesce(per_subdistrict.visited_count, 0) as visited_count,
    rate(per_subdistrict.visited_count, per_subdistrict.held_in_period_count) as visit_coverage_rate,
from subdistricts
left join per_subdistrict on subdistricts.subdistrict_name = per_subdistrict.subdistrict_name
order by subdistricts.subdistrict_code
