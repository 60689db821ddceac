-- Service teams per subdistrict: enterprises served, plans, outcomes, deals.
--
-- Grain:   one row per subdistrict.
-- Params:  $as_of  the moment whose day decides what is known
-- Reads:   subdistricts, team_work, financing
-- Caveat:  街道按小组所在街道；融资只计写明小组编号、已到账的。
with per_enterprise as (
    select
        subdistrict_name,
        enterprise_id,
        bool_or(has_plan) as has_plan,
        bool_or(has_plan and has_outcome) as has_outcome,
    from team_work($as_of::timestamp)
    where enterprise_id is not null
    group by subdistrict_name, enterprise_id
),

served as (
    select
        subdistrict_name,
        count(*) as team_served_count,
        count(*) filter (where has_plan) as plan_count,
        count(*) filter (where has_outcome) as outcome_filled_count,
    from per_enterprise
    group by subdistrict_name
),

formed as (
    select distinct
        team_id,
        subdistrict_name,
    from team_work($as_of::timestamp)
),

teams_formed as (
    select
        subdistrict_name,
        count(*) as team_count,
    from formed
    group by subdistrict_name
),

deals as (
    select
        formed.subdistrict_name,
        count(*) as deal_count,
        sum(financing.amount_yuan) as deal_yuan,
    from financing
    inner join formed on financing.team_id = formed.team_id
    where financing.funded_date <= $as_of::date
    group by formed.subdistrict_name
)

select
    subdistricts.subdistrict_code,
    subdistricts.subdistrict_name,
    coalesce(teams_formed.team_count, 0) as team_count,
    coalesce(served.team_served_count, 0) as team_served_count,
    coalesce(served.plan_count, 0) as plan_count,
    coalesce(served.outcome_filled_count, 0) as outcome_filled_count,
    rate(served.plan_count, served.team_served_count) as plan_rate,
    rate(served.outcome_filled_count, served.plan_count) as outcome_filled_rate,
    coalesce(deals.deal_count, 0) as deal_count,
    deals.deal_yuan,
from subdistricts
left join teams_formed on subdistricts.subdistrict_name = teams_formed.subdistrict_name
left join served on subdistricts.subdistrict_name = served.subdistrict_name
left join deals on subdistricts.subdistrict_name = deals.subdistrict_name
order by subdistricts.subdistrict_code
