-- Open cases of a place that a search finds, in the state that is asked for.
--
-- Grain:   one row per open case that is found; none of the state closed.
-- Params:  $as_of        the moment everything is judged at
--          $subdistrict  one subdistrict, null for all that are seen
--          $community    one community, null for all
--          $search       a part of number, title, enterprise or unit, taken literally, in any case; empty for all
--          $case_state   all, open, overdue, due_today or closed
-- Reads:   open_cases
select *
from open_cases($as_of::timestamp)
where
    ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    and ($community::varchar is null or community_name = $community::varchar)
    and case $case_state::varchar
        when 'all' then true
        when 'open' then true
        when 'overdue' then is_overdue
        when 'due_today' then not is_overdue and due_at::date <= $as_of::date
        when 'closed' then false
        else error('case_state is none of all, open, overdue, due_today, closed')
    end
    and is_found($search::varchar, appeal_id, title, enterprise_name, unit_name)
