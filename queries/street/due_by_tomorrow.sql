-- What to take up first: open cases that are overdue, fall due today or by the end of the next working day.
--
-- Grain:   one row per open case past its deadline or due by then, up to $most_rows.
-- Params:  $as_of        the moment open cases are judged at
--          $due_soon_at  a moment of the next working day
--          $subdistrict  one subdistrict, null for all that are seen
--          $community    one community, null for all
--          $most_rows    no more than these, the most urgent ones
-- Reads:   open_cases
select
    appeal_id,
    case
        when is_overdue then '已超期'
        when due_at::date <= $as_of::date then '今日到期'
        else '明日到期'
    end as urgency,
    title,
    category,
    enterprise_name,
    subdistrict_name,
    community_name,
    unit_name,
    received_at,
    due_at,
    extension_count,
from open_cases($as_of::timestamp)
where
    due_at::date <= $due_soon_at::date
    and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    and ($community::varchar is null or community_name = $community::varchar)
order by due_at, appeal_id
limit $most_rows::bigint
