-- The appeals of one park, circle or community: what is open, then what was received in the period.
--
-- Grain:   one row per appeal.
-- Params:  $as_of        the moment open cases are judged at
--          $start_date   first day received, inclusive; open cases are listed whenever they came
--          $end_date     last day received, inclusive
--          $object_kind  园区商圈 or 社区
--          $object_id    the park's number or the community's name
-- Reads:   open_cases, judged_cases
-- Caveat:  open and closed ones are read apart: of a large ledger the period is a small part, which is found by its days.
with listed as (
    select
        case when is_overdue then '超期未办结' else '办理中' end as case_state,
        appeal_id,
        title,
        category,
        enterprise_name,
        received_at,
        due_at,
        null::timestamp as closed_at,
        null::varchar as outcome,
        park_id,
        community_name,
        is_overdue,
    from open_cases($as_of::timestamp)
    union all
    select
        '已办结' as case_state,
        appeal_id,
        title,
        category,
        enterprise_name,
        received_at,
        due_at,
        closed_at,
        outcome,
        park_id,
        community_name,
        false as is_overdue,
    from judged_cases($as_of::timestamp)
    where is_closed and received_date between $start_date::date and $end_date::date
)

select
    case_state,
    appeal_id,
    title,
    category,
    enterprise_name,
    received_at,
    due_at,
    closed_at,
    outcome,
    closed_at is not null as is_closed,
from listed
where
    ($object_kind::varchar = '园区商圈' and park_id = $object_id::varchar)
    or ($object_kind::varchar = '社区' and community_name = $object_id::varchar)
order by is_closed, is_overdue desc, due_at nulls last, received_at desc, appeal_id
