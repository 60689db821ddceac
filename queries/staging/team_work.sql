-- The enterprises that each service team (专项服务小组) has served by a moment, with plan and outcome.
--
-- Grain:   one row per team and enterprise; a team formed by then that served nobody has one row without enterprise.
-- Params:  $as_of  teams formed and services begun after this moment's day are not known yet
-- Reads:   teams, assignments
-- Caveat:  plan and outcome have no date: they are as the export says now.
with served as (
    select
        team_id,
        enterprise_id,
        min(start_date) as served_since,
        nullif(string_agg(distinct nullif(trim(plan), ''), '；'), '') as plan,
        nullif(string_agg(distinct nullif(trim(outcome), ''), '；'), '') as outcome,
    from assignments
    where
        holder_kind = '小组'
        and object_kind = '企业'
        and start_date <= $as_of::date
    group by team_id, enterprise_id
)

select
    teams.team_id,
    teams.team_name,
    teams.team_number,
    teams.topic,
    teams.subdistrict_name,
    served.enterprise_id,
    served.served_since,
    served.plan,
    served.outcome,
    served.plan is not null as has_plan,
    served.outcome is not null as has_outcome,
from teams
left join served on teams.team_id = served.team_id
where coalesce(teams.formed_date, $as_of::date) <= $as_of::date
