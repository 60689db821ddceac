-- What the intake refused, flagged, superseded or ignored, by reason.
--
-- Grain:   one row per kind of treatment, table and reason.
-- Params:  none
-- Reads:   intake_problems
select
    severity,
    case severity
        when 'refused' then '拒收'
        when 'flagged' then '标记'
        when 'superseded' then '被新状态取代'
        else '忽略'
    end as severity_name,
    coalesce(table_name, '') as table_name,
    reason,
    count(*) as problem_count,
from intake_problems
group by all
order by severity_name desc, table_name, problem_count desc, reason
