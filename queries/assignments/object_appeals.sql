-- The appeals of one park, circle or community: what is open, then what was received in the period.
--
-- Grain:   one row per appeal.
-- Params:  $as_of        the moment open cases are judged at
--          $start_date   first day received, inclusive; open cases are listed whenever they came
--          $end_date     last day received, inclusive
--          $object_kind  园区商圈 or 社区
--          $object_id    the park's number or the community's name
-- Reads:   judged_cases
select
    case
        when is_overdue then '超期未办结'
        when not is_closed then '办理中'
        else '已办结'
    end as case_state,
    appeal_id,
    title,
    category,
    subcategory,
    enterprise_name,
    received_at,
    due_at,
    closed_at,
    outcome,
    is_closed,
from judged_cases($as_of::timestamp)
where
    (
        ($object_kind::varchar = '园区商圈' and park_id = $object_id::varchar)
        or ($object_kind::varchar = '社区' and community_name = $object_id::varchar)
    )
    and (not is_closed or received_date between $start_date::date and $end_date::date)
order by is_closed, is_overdue desc, due_at nulls last, received_at desc, appeal_id
