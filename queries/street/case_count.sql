-- How many cases of a place a search finds, and how many of them are open: those that case_list lists page by page.
--
-- Grain:   one row.
-- Params:  $as_of        the moment everything is judged at
--          $subdistrict  one subdistrict, null for all that are seen
--          $community    one community, null for all
--          $search       a part of number, title, enterprise or unit, taken literally, in any case; empty for all
--          $case_state   all, open, overdue, due_today or closed
-- Reads:   found_open_cases, case_counts, judged_cases
-- Caveat:  the ledger is read for a search alone, and then for as much as the state needs.
with open_ones as (
    select count(*) as open_count
    from
        found_open_cases(
            $as_of::timestamp, $subdistrict::varchar, $community::varchar, $search::varchar, $case_state::varchar
        )
),

counted as (
    select
        total(received_count) as received_count,
        total(closed_count) as closed_count,
    from case_counts($as_of::timestamp)
    where
        $search::varchar = ''
        and grain = case when $community::varchar is null then 'street' else 'community' end
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
),

searched as (
    select
        count(*) as received_count,
        count(closed_at) as closed_count,
    from judged_cases($as_of::timestamp)
    where
        $search::varchar <> ''
        and case $case_state::varchar
            when 'all' then true
            when 'closed' then is_closed
            else false
        end
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
        and is_found($search::varchar, appeal_id, title, enterprise_name, unit_name)
)

select
    case $case_state::varchar
        when 'all' then counted.received_count + searched.received_count
        when 'closed' then counted.closed_count + searched.closed_count
        else open_ones.open_count
    end as case_count,
    open_ones.open_count,
from open_ones
cross join counted
cross join searched
