-- Live selling of a period: the sales of each event and what they add up to since the first.
--
-- Grain:   one row per live event, the first one first.
-- Params:  $as_of        later events are not known yet
--          $start_date   first day of events, inclusive
--          $end_date     last day of events, inclusive
--          $subdistrict  events in one subdistrict, null for the district
-- Reads:   linked_activities, parks, published_figures
-- Caveat:  没有登记销售额的场次按0累计；“第几天”从时段内首场当天算起。
with published as (
    select max(value) * 10000 as published_yuan
    from published_figures
    where figure_id = 'live_sales' and unit = '万元'
),

live as (
    select
        *,
        row_number() over in_order as event_number,
        held_date - min(held_date) over () + 1 as day_number,
        sum(coalesce(sales_yuan, 0)) over in_order as cumulative_sales_yuan,
    from linked_activities($as_of::timestamp)
    where
        activity_kind = '直播'
        and held_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    window in_order as (order by started_at, activity_id)
)

select
    live.event_number,
    live.activity_id,
    live.activity_name,
    live.started_at,
    live.day_number,
    live.subdistrict_name,
    parks.park_name,
    live.participant_count,
    live.sales_yuan,
    live.cumulative_sales_yuan,
    published.published_yuan,
    coalesce(live.cumulative_sales_yuan >= published.published_yuan, false) as is_published_reached,
from live
cross join published
left join parks on live.park_id = parks.park_id
order by live.event_number
