-- What the cadres of each kind of unit hold, which of it they visited, and how many of them hold one of each.
--
-- Grain:   one row per kind of unit that has cadres in office or that held something in the period.
-- Params:  $as_of       the moment whose day decides what is in force
--          $start_date  first day of visits counted, inclusive
--          $end_date    last day of visits counted, inclusive
-- Reads:   held_in_period, object_holders, object_visits, cadre_holdings
-- Caveat:  一个对象由几类单位共同挂点时，在每一类里各计一次；只有本类单位的干部去过才算本类走访。
with visited as (
    select distinct
        object_kind,
        object_id,
        unit_kind,
    from object_visits($as_of::timestamp)
    where visited_date between $start_date::date and $end_date::date
),

held as (
    select
        in_period.unit_kind,
        count(*) as held_in_period_count,
        count(visited.object_id) as own_visited_count,
    from held_in_period($as_of::timestamp, $start_date, $end_date) as in_period
    -- Whether somebody else went there is not known of what lies in a street that is not seen.
    semi join object_holders($as_of::timestamp) as known
        on in_period.object_kind = known.object_kind and in_period.object_id = known.object_id
    left join visited
        on
            in_period.object_kind = visited.object_kind
            and in_period.object_id = visited.object_id
            and in_period.unit_kind = visited.unit_kind
    group by in_period.unit_kind
),

in_office as (
    select
        unit_kind,
        count(*) as cadre_count,
        count(*) filter (where park_count = 1 and community_count = 1) as one_plus_one_count,
        count(*) filter (where park_count = 0) as without_park_count,
        count(*) filter (where community_count = 0) as without_community_count,
        count(*) filter (where park_count > 1 or community_count > 1) as with_more_count,
    from cadre_holdings($as_of::timestamp)
    group by unit_kind
)

select
    coalesce(in_office.unit_kind, held.unit_kind) as unit_kind,
    coalesce(in_office.cadre_count, 0) as cadre_count,
    coalesce(in_office.one_plus_one_count, 0) as one_plus_one_count,
    rate(in_office.one_plus_one_count, in_office.cadre_count) as one_plus_one_rate,
    coalesce(in_office.without_park_count, 0) as without_park_count,
    coalesce(in_office.without_community_count, 0) as without_community_count,
    coalesce(in_office.with_more_count, 0) as with_more_count,
    coalesce(held.held_in_period_count, 0) as held_in_period_count,
    coalesce(held.own_visited_count, 0) as own_visited_count,
    rate(held.own_visited_count, held.held_in_period_count) as own_visited_rate,
from in_office
full join held on in_office.unit_kind = held.unit_kind
order by list_position(['区委组织部', '区直部门', '街道', '区属国企'], coalesce(in_office.unit_kind, held.unit_kind))
