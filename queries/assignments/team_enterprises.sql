-- The enterprises that service teams serve, with plan and outcome; those without an outcome first.
--
-- Grain:   one row per team and enterprise.
-- Params:  $as_of        the moment whose day decides what is known
--          $subdistrict  teams of one subdistrict, null for the district
-- Reads:   team_work, enterprises, subdistricts
-- Caveat:  方案和成效没有日期，按导出时的内容显示。
select
    served.team_name,
    served.topic,
    coalesce(enterprises.enterprise_name, served.enterprise_id) as enterprise_name,
    served.served_since,
    served.plan,
    served.outcome,
    served.enterprise_id,
    served.team_id,
from team_work($as_of::timestamp) as served
left join enterprises on served.enterprise_id = enterprises.enterprise_id
left join subdistricts on served.subdistrict_name = subdistricts.subdistrict_name
where
    served.enterprise_id is not null
    and ($subdistrict::varchar is null or served.subdistrict_name = $subdistrict::varchar)
order by
    served.has_outcome,
    served.has_plan,
    subdistricts.subdistrict_code,
    served.team_number,
    served.team_id,
    served.enterprise_id
