-- Activities held by a moment, with the financing that names them and has arrived by then.
--
-- Grain:   one row per activity that started by $as_of.
-- Params:  $as_of  later activities and fundings are not known yet
-- Reads:   activities, known_deals
with linked as (
    select
        activity_id,
        count(*) as linked_deal_count,
        count(distinct firm) as linked_firm_count,
        sum(amount_yuan) as linked_yuan,
    from known_deals($as_of)
    where is_funded
    group by activity_id
)

select
    activities.activity_id,
    activities.activity_name,
    activities.activity_kind,
    activities.started_at,
    activities.started_at::date as held_date,
    activities.subdistrict_name,
    activities.park_id,
    activities.participant_count,
    activities.sales_yuan,
    coalesce(linked.linked_deal_count, 0) as linked_deal_count,
    coalesce(linked.linked_firm_count, 0) as linked_firm_count,
    coalesce(linked.linked_yuan, 0) as linked_yuan,
from activities
left join linked on activities.activity_id = linked.activity_id
where activities.started_at <= $as_of
