-- What the service teams (专项服务小组) did for their enterprises by a moment.
--
-- Grain:   one row.
-- Params:  $as_of        the moment whose day decides what is known
--          $subdistrict  teams of one subdistrict, null for the district
-- Reads:   team_work
-- KPI:     team_count    专项服务小组 = 截至当日已成立的小组
--          team_served_count  小组服务企业 = 截至当日由小组服务过的企业，一家由几个小组服务只计一次 [team_served_count/team_count]
--          plan_rate     一企一案率 = 写有一企一案的企业 / 小组服务企业（高者为好） [plan_count/team_served_count]
--              {assignments.plan}
--          outcome_filled_rate  成效填报率 = 填有服务成效的企业 / 写有一企一案的企业（高者为好） [outcome_filled_count/plan_count]
--              {assignments.plan, assignments.outcome}
-- Caveat:  方案和成效没有日期，按导出时的内容计；“填有成效”不等于已有结果，例如“方案执行中”也在内。
with work as (
    select *
    from team_work($as_of::timestamp)
    where $subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar
),

per_enterprise as (
    select
        enterprise_id,
        bool_or(has_plan) as has_plan,
        bool_or(has_plan and has_outcome) as has_outcome,
    from work
    where enterprise_id is not null
    group by enterprise_id
),

served as (
    select
        count(*) as team_served_count,
        count(*) filter (where has_plan) as plan_count,
        count(*) filter (where has_outcome) as outcome_filled_count,
    from per_enterprise
),

teams_formed as (
    select count(distinct team_id) as team_count
    from work
)

select
    teams_formed.team_count,
    served.*,
    rate(served.plan_count, served.team_served_count) as plan_rate,
    rate(served.outcome_filled_count, served.plan_count) as outcome_filled_rate,
from teams_formed
cross join served
