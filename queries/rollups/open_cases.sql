-- Appeals that are open at a moment, with what a list of them shows.
--
-- Grain:   one row per open appeal.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases
select
    appeal_id,
    title,
    category,
    subdistrict_name,
    community_name,
    park_id,
    enterprise_name,
    unit_name,
    received_at,
    first_response_at,
    due_at,
    is_overdue,
    extension_count,
from judged_cases($as_of::timestamp)
where not is_closed
order by due_at, appeal_id
