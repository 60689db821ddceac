-- Open appeals past their deadline, the longest overdue first.
--
-- Grain:   one row per overdue appeal, $most_rows of them at most.
-- Params:  $as_of        the moment open cases are judged at
--          $subdistrict  one subdistrict, null for the district
--          $most_rows    how many are listed
-- Reads:   judged_cases
-- Caveat:  `overdue_days` are natural days; `listed_count` and `further_count` are the same in every row.
with overdue as (
    select
        appeal_id,
        title,
        subdistrict_name,
        unit_name,
        due_at,
        epoch($as_of::timestamp - due_at) / 86400 as overdue_days,
        least((count(*) over ()), $most_rows::bigint) as listed_count,
        greatest((count(*) over ()) - $most_rows::bigint, 0) as further_count,
    from judged_cases($as_of::timestamp)
    where
        is_overdue
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
)

select *
from overdue
order by due_at, appeal_id
limit $most_rows::bigint
