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
-- Reads:   found_open_cases, judged_cases
-- Caveat:  case_state of a closed case is its outcome; taken_days runs to $as_of for an open one. Closed cases are what takes
--          long in a large ledger: who knows that open ones fill a page by deadline asks for those alone.
with open_ones as (
    select
        appeal_id,
        title,
        category,
        enterprise_name,
        subdistrict_name,
        community_name,
        unit_name,
        received_at,
        due_at,
        null::timestamp as closed_at,
        null::varchar as rating,
        case
            when is_overdue then '已超期'
            when due_at::date <= $as_of::date then '今日到期'
            when due_at::date <= $due_soon_at::date then '明日到期'
            else '办理中'
        end as case_state,
    from
        found_open_cases(
            $as_of::timestamp, $subdistrict::varchar, $community::varchar, $search::varchar, $case_state::varchar
        )
),

closed_ones as (
    select
        cases.appeal_id,
        cases.title,
        cases.category,
        cases.enterprise_name,
        cases.subdistrict_name,
        cases.community_name,
        cases.unit_name,
        cases.received_at,
        cases.due_at,
        cases.closed_at,
        cases.rating,
        coalesce(cases.outcome, '已办结') as case_state,
    from judged_cases($as_of::timestamp) as cases
    where
        cases.is_closed
        and $case_state::varchar in ('all', 'closed')
        and ($subdistrict::varchar is null or cases.subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or cases.community_name = $community::varchar)
        and is_found($search::varchar, cases.appeal_id, cases.title, cases.enterprise_name, cases.unit_name)
),

found as (
    select * from open_ones
    union all
    select * from closed_ones
)

select
    appeal_id,
    case_state,
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
from found
order by
    case $case_order::varchar
        when 'deadline' then closed_at is not null
        when 'received' then false
        when 'longest' then false
        else error('case_order is none of deadline, received, longest')
    end,
    case when $case_order::varchar = 'deadline' and closed_at is null then due_at end nulls last,
    case when $case_order::varchar = 'deadline' and closed_at is not null then due_at end desc nulls last,
    case when $case_order::varchar = 'longest' then taken_days end desc nulls last,
    case when $case_order::varchar = 'received' then received_at end desc nulls last,
    appeal_id
limit $most_rows::bigint offset $offset_rows::bigint
