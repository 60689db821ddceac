-- Who is responsible: parks, circles and communities held at a moment, and cadres holding one of each.
--
-- Grain:   one row.
-- Params:  $as_of        the moment whose day decides what is in force
--          $start_date   first day of visits counted, inclusive
--          $end_date     last day of visits counted, inclusive
--          $subdistrict  one subdistrict, null for the district; cadres are not narrowed by it
-- Reads:   held_objects, held_terms, cadre_holdings, object_visits
-- KPI:     unheld_count        无人挂点 = 截至当日没有在任干部挂点的园区、商圈与社区（低者为好） [unheld_count/object_count]
--          visit_coverage_rate 走访覆盖率 = 时段内至少走访一次的挂点对象 / 时段内有人挂点的对象（高者为好） [visited_count/held_in_period_count]
--          one_plus_one_rate   1+1达标率 = 恰好挂点一个园区或商圈并包片一个社区的干部 / 在任干部（高者为好） [one_plus_one_count/cadre_count]
with objects as (
    select
        object_kind,
        object_id,
        bool_or(is_held) as is_held,
    from held_objects($as_of::timestamp)
    where $subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar
    group by object_kind, object_id
),

held_in_period as (
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

per_object as (
    select
        objects.*,
        held_in_period.object_id is not null as is_held_in_period,
        visited.object_id is not null as is_visited,
    from objects
    left join held_in_period
        on objects.object_kind = held_in_period.object_kind and objects.object_id = held_in_period.object_id
    left join visited on objects.object_kind = visited.object_kind and objects.object_id = visited.object_id
),

object_totals as (
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
    from per_object
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
    rate(cadre_totals.one_plus_one_count, cadre_totals.cadre_count) as one_plus_one_rate,
from object_totals
cross join cadre_totals
