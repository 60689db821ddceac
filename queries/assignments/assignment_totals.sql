-- Who is responsible: parks, circles and communities held at a moment, and cadres holding one of each.
--
-- Grain:   one row.
-- Params:  $as_of               the moment whose day decides what is in force
--          $start_date          first day of visits counted, inclusive
--          $end_date            last day of visits counted, inclusive
--          $visits_per_quarter  visits that each calendar quarter asks for
--          $subdistrict         one subdistrict, null for the district; cadres are not narrowed by it
--          $community           one community and the parks in it, null for all; cadres are not narrowed by it
--          $park_id             one park or circle, null for all objects; cadres are not narrowed by it
-- Reads:   served_objects, cadre_holdings
-- KPI:     unheld_count        无人挂点 = 截至当日没有在任干部挂点的园区、商圈与社区（低者为好） [unheld_count/object_count]
--          visit_coverage_rate 走访覆盖率 = 时段内至少走访一次的挂点对象 / 时段内有人挂点的对象（高者为好） [visited_count/held_in_period_count]
--          frequency_rate      频次达标率 = 时段触及且有人挂点的每个自然季度都走访够设定次数的对象，走访从该季度首日数到时段末 / 时段内有人挂点的对象（高者为好） [frequent_count/held_in_period_count]
--          one_plus_one_rate   1+1达标率 = 恰好挂点一个园区或商圈并包片一个社区的干部 / 全区在任干部（高者为好） [one_plus_one_count/cadre_count]
with object_totals as (
    select
        count(*) as object_count,
        count(*) filter (where object_kind = '园区商圈') as park_count,
        count(*) filter (where object_kind = '社区') as community_count,
        count(*) filter (where is_held) as held_count,
        count(*) filter (where not is_held) as unheld_count,
        count(*) filter (where not is_held and object_kind = '园区商圈') as unheld_park_count,
        count(*) filter (where not is_held and object_kind = '社区') as unheld_community_count,
        count(*) filter (where is_held_in_period) as held_in_period_count,
        count(*) filter (where is_held_in_period and is_visited) as visited_count,
        count(*) filter (where is_frequent) as frequent_count,
    from served_objects($as_of::timestamp, $start_date, $end_date, $visits_per_quarter)
    where
        ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
        and ($park_id::varchar is null or (object_kind = '园区商圈' and object_id = $park_id::varchar))
),

cadre_totals as (
    select
        count(*) as cadre_count,
        count(*) filter (where park_count = 1 and community_count = 1) as one_plus_one_count,
    from cadre_holdings($as_of::timestamp)
)

select
    object_totals.*,
    cadre_totals.*,
    rate(object_totals.visited_count, object_totals.held_in_period_count) as visit_coverage_rate,
    rate(object_totals.frequent_count, object_totals.held_in_period_count) as frequency_rate,
    rate(cadre_totals.one_plus_one_count, cadre_totals.cadre_count) as one_plus_one_rate,
from object_totals
cross join cadre_totals
