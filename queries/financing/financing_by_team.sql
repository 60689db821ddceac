-- Money that reached firms, per service team that the deal names; no ranking, and nobody's name.
--
-- Grain:   one row per team that a known deal names, and one for the deals that name none.
-- Params:  $as_of        the moment that decides what has arrived
--          $start_date   first day funded, inclusive
--          $end_date     last day funded, inclusive
--          $subdistrict  firms of one subdistrict, null for the district
-- Reads:   known_deals, teams
select
    coalesce(teams.team_name, deals.team_id, '未登记小组') as team_title,
    teams.topic,
    count(*) filter (where deals.funded_date between $start_date::date and $end_date::date) as funded_count,
    coalesce(
        sum(deals.amount_yuan) filter (where deals.funded_date between $start_date::date and $end_date::date), 0
    ) as funded_yuan,
    count(*) filter (where deals.funded_date <= $end_date::date) as total_funded_count,
    count(distinct deals.firm) filter (where deals.funded_date <= $end_date::date) as total_firm_count,
    coalesce(sum(deals.amount_yuan) filter (where deals.funded_date <= $end_date::date), 0) as total_funded_yuan,
    count(*) filter (where not deals.is_funded) as waiting_deal_count,
from known_deals($as_of::timestamp) as deals
left join teams on deals.team_id = teams.team_id
where ($subdistrict::varchar is null or deals.subdistrict_name = $subdistrict::varchar)
group by deals.team_id, teams.team_name, teams.topic, teams.team_number, teams.subdistrict_name
order by deals.team_id is null, teams.subdistrict_name, teams.team_number, deals.team_id
