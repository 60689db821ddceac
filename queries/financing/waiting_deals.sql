-- Deals that were asked for and have not reached the firm, those that have waited longest first.
--
-- Grain:   one row per deal still on its way.
-- Params:  $as_of        the moment that decides what has arrived and how long the rest has waited
--          $subdistrict  firms of one subdistrict, null for the district
-- Reads:   known_deals, teams
with deals as (
    select
        *,
        quantile_cont(funding_days, 0.9) over (partition by programme) as usual_days,
    from known_deals($as_of::timestamp)
    where ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
)

select
    deals.deal_id,
    deals.programme,
    deals.enterprise_name,
    deals.subdistrict_name,
    coalesce(teams.team_name, deals.team_id) as team_title,
    deals.amount_yuan,
    deals.applied_date,
    deals.waiting_days,
    deals.usual_days as p90_funding_days,
    case
        when deals.waiting_days is null then '提出日期不详'
        when deals.waiting_days > deals.usual_days then '等待偏久'
        else '等待中'
    end as waiting_state,
from deals
left join teams on deals.team_id = teams.team_id
where not deals.is_funded
order by deals.waiting_days desc nulls last, deals.deal_id
