-- Parks, circles and communities held and visited, per subdistrict.
--
-- Grain:   one row per subdistrict.
-- Params:  $as_of               the moment whose day decides what is in force
--          $start_date          first day of visits counted, inclusive
--          $end_date            last day of visits counted, inclusive
--          $visits_per_quarter  visits that each calendar quarter asks for
-- Reads:   subdistricts, served_objects
with per_subdistrict as (
    select
        subdistrict_name,
        count(*) as object_count,
        count(*) filter (where is_held) as held_count,
        count(*) filter (where not is_held) as unheld_count,
        count(*) filter (where is_held_in_period) as held_in_period_count,
        count(*) filter (where is_held_in_period and is_visited) as visited_count,
        count(*) filter (where is_frequent) as frequent_count,
    from served_objects($as_of::timestamp, $start_date, $end_date, $visits_per_quarter)
    group by subdistrict_name
)

select
    subdistricts.subdistrict_code,
    subdistricts.subdistrict_name,
    coalesce(per_subdistrict.object_count, 0) as object_count,
    coalesce(per_subdistrict.held_count, 0) as held_count,
    coalesce(per_subdistrict.unheld_count, 0) as unheld_count,
    coalesce(per_subdistrict.held_in_period_count, 0) as held_in_period_count,
    coalesce(per_subdistrict.visited_count, 0) as visited_count,
    coalesce(per_subdistrict.frequent_count, 0) as frequent_count,
    rate(per_subdistrict.visited_count, per_subdistrict.held_in_period_count) as visit_coverage_rate,
    rate(per_subdistrict.frequent_count, per_subdistrict.held_in_period_count) as frequency_rate,
from subdistricts
left join per_subdistrict on subdistricts.subdistrict_name = per_subdistrict.subdistrict_name
order by subdistricts.subdistrict_code
