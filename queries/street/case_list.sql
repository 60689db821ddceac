-- One page of the cases of a place, those a search finds, in an order without ties.
--
-- Grain:   one row per case, up to $most_rows of them, beginning behind the first $offset_rows.
-- Params:  $as_of        the moment everything is judged at
--          $due_soon_at  a moment of the next working day
--          $subdistrict  one subdistrict, null for all that are seen
--          $community    one community, null for all
--          $search       a part of number, title, enterprise or unit, taken literally, in any case; empty for all
--          $case_state   all, open, overdue, due_today or closed
--          $case_order   deadline: open ones first, the earliest deadline on top, then closed ones, the latest on top;
--                        received: the newest on top; longest: what took longest, or is open longest, on top
--          $most_rows    rows of a page
--          $offset_rows  rows of the pages before
-- Reads:   judged_cases
-- Caveat:  case_state of a closed case is its outcome; taken_days runs to $as_of for an open one.
select
    appeal_id,
    case
        when is_overdue then '已超期'
        when is_closed then coalesce(outcome, '已办结')
        when due_at::date <= $as_of::date then '今日到期'
        when due_at::date <= $due_soon_at::date then '明日到期'
        else '办理中'
    end as case_state,
    title,
    category,
    enterprise_name,
    subdistrict_name,
    community_name,
    unit_name,
    received_at,
    due_at,
    closed_at,
    epoch(coalesce(closed_at, $as_of::timestamp) - received_at) / 86400 as taken_days,
    rating,
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
    and (
        $search::varchar = ''
        or contains(lower(appeal_id), lower($search::varchar))
        or contains(lower(coalesce(title, '')), lower($search::varchar))
        or contains(lower(coalesce(enterprise_name, '')), lower($search::varchar))
        or contains(lower(coalesce(unit_name, '')), lower($search::varchar))
    )
order by
    case $case_order::varchar
        when 'deadline' then is_closed
        when 'received' then false
        when 'longest' then false
        else error('case_order is none of deadline, received, longest')
    end,
    case when $case_order::varchar = 'deadline' and not is_closed then due_at end nulls last,
    case when $case_order::varchar = 'deadline' and is_closed then due_at end desc nulls last,
    case when $case_order::varchar = 'longest' then taken_days end desc nulls last,
    case when $case_order::varchar = 'received' then received_at end desc nulls last,
    appeal_id
limit $most_rows::bigint offset $offset_rows::bigint
