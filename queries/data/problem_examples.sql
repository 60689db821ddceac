-- What the intake refused, flagged, superseded or ignored, by file and reason, with the first places to look.
--
-- Grain:   one row per kind of treatment, file, sheet, table and reason.
-- Params:  none
-- Reads:   intake_problems
-- Caveat:  three examples at most; the file intake_problems.csv holds every row.
with numbered as (
    select
        *,
        row_number() over (
            partition by severity, file, sheet, table_name, reason order by row, column_title
        ) as place,
    from intake_problems
),

described as (
    select
        *,
        case
            when row is null then column_title
            else concat('第', row, '行', ' ' || column_title, '：' || value)
        end as example,
    from numbered
)

select
    case severity
        when 'refused' then '拒收'
        when 'flagged' then '标记'
        when 'superseded' then '被新状态取代'
        else '忽略'
    end as severity_name,
    file,
    coalesce(sheet, '') as sheet,
    coalesce(table_name, '') as table_name,
    reason,
    count(*) as problem_count,
    coalesce(string_agg(example, '；' order by place) filter (where place <= 3), '') as examples,
from described
group by severity, file, sheet, table_name, reason
order by
    case severity when 'refused' then 1 when 'flagged' then 2 when 'superseded' then 3 else 4 end,
    problem_count desc, file, sheet, table_name, reason
