-- The deals of 跨境"N+1"知识产权证券化: when each firm applied, when the money came, and which team saw to it.
--
-- Grain:   one row per deal applied for by the day of $as_of.
-- Params:  $as_of        the moment whose day decides what is known
-- Reads:   financing, teams
-- Caveat:  尚未到账的没有到账日期；历时按日历月，从最早提出到首笔到账。
with known as (
    select
        financing.deal_id,
        financing.enterprise_name,
        teams.team_name,
        financing.amount_yuan,
        financing.applied_date,
        case when financing.funded_date <= $as_of::date then financing.funded_date end as funded_date,
    from financing
    left join teams on financing.team_id = teams.team_id
    where
        financing.programme = '跨境N+1知识产权证券化'
        and coalesce(financing.applied_date, financing.funded_date) <= $as_of::date
)

select
    *,
    date_diff('day', applied_date, funded_date) as taken_days,
    count(*) over () as deal_count,
    count(funded_date) over () as funded_count,
    sum(amount_yuan) filter (where funded_date is not null) over () as funded_yuan,
    min(applied_date) over () as first_applied_date,
    min(funded_date) over () as first_funded_date,
    date_diff('month', min(applied_date) over (), min(funded_date) over ()) as case_months,
from known
order by applied_date, deal_id
