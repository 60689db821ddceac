-- Rows the intake refused, flagged, superseded or ignored, each with the place to look and the reason.
--
-- Grain:   one row per problem; a row that breaks two rules stands here twice.
-- Params:  none
-- Reads:   intake_problems
select
    case severity
        when 'refused' then '拒收'
        when 'flagged' then '标记'
        when 'superseded' then '被新状态取代'
        else '忽略'
    end as severity_name,
    coalesce(table_name, '') as table_name,
    file,
    sheet,
    row as row_number,
    column_title,
    value,
    reason,
from intake_problems
order by
    case severity when 'refused' then 1 when 'flagged' then 2 when 'superseded' then 3 else 4 end,
    file, sheet, row, column_title
