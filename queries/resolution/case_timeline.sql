-- What happened to one appeal, in order of time, its deadline among the events.
--
-- Grain:   one row per event.
-- Params:  $as_of    the moment it is judged at; only the deadline may lie after it
--          $case_id  the appeal's number
-- Reads:   numbered_case
with judged as (
    select * from numbered_case($as_of::timestamp, $case_id::varchar)
),

events as (
    select 1 as event_order, '受理' as event_name, received_at as happened_at, received_at
    from judged
    union all by name
    select 2 as event_order, '派单' as event_name, assigned_at as happened_at, received_at
    from judged
    union all by name
    select 3 as event_order, '签收' as event_name, accepted_at as happened_at, received_at
    from judged
    union all by name
    select 4 as event_order, '首次联系' as event_name, first_response_at as happened_at, received_at
    from judged
    union all by name
    select 5 as event_order, '办结' as event_name, closed_at as happened_at, received_at
    from judged
    union all by name
    select
        6 as event_order,
        case when is_due_worked_out then '办结时限（推算）' else '办结时限' end as event_name,
        due_at as happened_at,
        received_at,
    from judged
)

select
    event_order,
    event_name,
    event_name || '　' || strftime(happened_at, '%m-%d %H:%M') as event_label,
    happened_at,
    epoch(happened_at - received_at) / 3600 as hours_since_receipt,
    event_order = 6 as is_deadline,
from events
where happened_at is not null
order by happened_at, event_order
