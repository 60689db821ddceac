-- How many cases of a place a search finds: those that case_list lists page by page.
--
-- Grain:   one row.
-- Params:  $as_of        the moment everything is judged at
--          $subdistrict  one subdistrict, null for all that are seen
--          $community    one community, null for all
--          $search       a part of number, title, enterprise or unit, taken literally, in any case; empty for all
--          $case_state   all, open, overdue, due_today or closed
-- Reads:   judged_cases
select count(*) as case_count
from judged_cases($as_of::timestamp)
where
    ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    and ($community::varchar is null or community_name = $community::varchar)
    and case $case_state::varchar
        when 'all' then true
        when 'open' then not is_closed
        when 'overdue' then is_overdue
        when 'due_today' then not is_closed and not is_overdue and due_at::date <= $as_of::date
        when 'closed' then is_closed
        else error('case_state is none of all, open, overdue, due_today, closed')
    end
    and is_found($search::varchar, appeal_id, title, enterprise_name, unit_name)
