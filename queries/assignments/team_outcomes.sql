-- What the service teams wrote down as outcomes, the most frequent first.
--
-- Grain:   one row per outcome as written; enterprises with a plan and no outcome stand together as 未填写成效.
-- Params:  $as_of        the moment whose day decides what is known
--          $subdistrict  teams of one subdistrict, null for the district
-- Reads:   team_work
-- Caveat:  成效没有日期，按导出时的内容计。
select
    coalesce(outcome, '未填写成效') as outcome_name,
    count(*) as team_served_count,
from team_work($as_of::timestamp)
where
    has_plan
    and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
group by outcome
order by outcome is null, team_served_count desc, outcome
