-- Each service team with the enterprises it served, their plans and outcomes, and the deals it brought about.
--
-- Grain:   one row per team formed by the day of $as_of.
-- Params:  $as_of        the moment whose day decides what is known
--          $subdistrict  teams of one subdistrict, null for the district
-- Reads:   team_work, financing, subdistricts
-- Caveat:  融资只计写明小组编号、已到账的；方案和成效没有日期，按导出时的内容计。
with deals as (
    select
        team_id,
        count(*) as deal_count,
        sum(amount_yuan) as deal_yuan,
    from financing
    where funded_date <= $as_of::date and team_id is not null
    group by team_id
),

per_team as (
    select
        team_id,
        any_value(team_name) as team_name,
        any_value(team_number) as team_number,
        any_value(topic) as topic,
        any_value(subdistrict_name) as subdistrict_name,
        count(enterprise_id) as team_served_count,
        count(*) filter (where has_plan) as plan_count,
        count(*) filter (where has_plan and has_outcome) as outcome_filled_count,
    from team_work($as_of::timestamp)
    where $subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar
    group by team_id
)

select
    per_team.team_id,
    per_team.team_name,
    per_team.subdistrict_name,
    per_team.topic,
    per_team.team_served_count,
    per_team.plan_count,
    per_team.outcome_filled_count,
    coalesce(deals.deal_count, 0) as deal_count,
    deals.deal_yuan,
from per_team
left join deals on per_team.team_id = deals.team_id
left join subdistricts on per_team.subdistrict_name = subdistricts.subdistrict_name
order by subdistricts.subdistrict_code, per_team.team_number, per_team.team_id
