-- Parks, circles and communities with who holds them, and whether they were visited as often as asked in a period.
--
-- Grain:   one row per park, circle or community.
-- Params:  $as_of               the moment whose day decides what is in force
--          $start_date          first day of the period, inclusive
--          $end_date            last day of the period, inclusive
--          $visits_per_quarter  visits that each calendar quarter asks for
-- Reads:   object_holders, held_in_period, held_quarters, object_visits
with in_period as (
    select distinct
        object_kind,
        object_id,
    from held_in_period($as_of, $start_date, $end_date)
),

visited as (
    select
        object_kind,
        object_id,
        max(visited_date) as last_visited_date,
        count(*) filter (
            where visited_date between $start_date::date and $end_date::date
        ) as visit_count,
    from object_visits($as_of)
    group by object_kind, object_id
),

quarters as (
    select
        object_kind,
        object_id,
        count(*) as quarter_count,
        count(*) filter (where visit_count >= $visits_per_quarter) as met_quarter_count,
    from held_quarters($as_of, $start_date, $end_date)
    group by object_kind, object_id
)

select
    holders.*,
    in_period.object_id is not null as is_held_in_period,
    visited.last_visited_date,
    coalesce(visited.visit_count, 0) as visit_count,
    coalesce(visited.visit_count, 0) > 0 as is_visited,
    coalesce(quarters.quarter_count, 0) as quarter_count,
    coalesce(quarters.met_quarter_count, 0) as met_quarter_count,
    coalesce(quarters.met_quarter_count = quarters.quarter_count, false) as is_frequent,
from object_holders($as_of) as holders
left join in_period
    on holders.object_kind = in_period.object_kind and holders.object_id = in_period.object_id
left join visited on holders.object_kind = visited.object_kind and holders.object_id = visited.object_id
left join quarters on holders.object_kind = quarters.object_kind and holders.object_id = quarters.object_id
