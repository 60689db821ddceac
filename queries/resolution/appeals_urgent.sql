-- Open appeals that are overdue or due soon, the most urgent first.
--
-- Grain:   one row per open appeal past its deadline or due by $due_soon_at.
-- Params:  $as_of        the moment open cases are judged at
--          $due_soon_at  open cases due by then are due soon
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
-- Reads:   open_cases
select
    appeal_id,
    case when is_overdue then '已超期' else '即将超期' end as urgency,
    title,
    category,
    subdistrict_name,
    enterprise_name,
    unit_name,
    received_at,
    due_at,
    epoch($as_of::timestamp - due_at) / 3600 as overdue_hours,
    extension_count,
from open_cases($as_of::timestamp)
where
    due_at <= $due_soon_at::timestamp
    and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    and ($category::varchar is null or category = $category::varchar)
order by due_at, appeal_id
