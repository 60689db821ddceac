-- Appeals that count, judged at a moment: what had happened by then, and what each clock says.
--
-- Grain:   one row per appeal received by $as_of that is not void.
-- Params:  $as_of  the moment everything is judged at; what happened later is not known yet
-- Reads:   appeals, parks
-- Caveat:  a case without a deadline is neither on time nor late.
with known as (
    select
        appeals.appeal_id,
        appeals.title,
        trim(split_part(appeals.category_path, '->', 1)) as category,
        nullif(trim(split_part(appeals.category_path, '->', 2)), '') as subcategory,
        appeals.source,
        appeals.enterprise_name,
        appeals.subdistrict_name,
        appeals.community_name,
        appeals.park_id,
        parks.park_name,
        parks.area_name,
        appeals.station_id,
        appeals.unit_name,
        appeals.received_at,
        appeals.received_at::date as received_date,
        case
            when appeals.first_response_at <= $as_of then appeals.first_response_at
        end as first_response_at,
        case when appeals.closed_at <= $as_of then appeals.closed_at end as closed_at,
        appeals.due_at,
        coalesce(appeals.extension_count, 0) as extension_count,
        case when appeals.closed_at <= $as_of then appeals.outcome end as outcome,
        case when appeals.closed_at <= $as_of then appeals.rating end as rating,
    from appeals
    left join parks on appeals.park_id = parks.park_id
    where
        not coalesce(appeals.is_void, false)
        and appeals.received_at <= $as_of
)

select
    *,
    closed_at is not null as is_closed,
    due_at is not null and (closed_at is not null or due_at <= $as_of) as is_due,
    coalesce(closed_at <= due_at, false) as is_on_time,
    closed_at is null and coalesce(due_at < $as_of, false) as is_overdue,
    first_response_at is not null or received_date < $as_of::date as is_response_due,
    coalesce(first_response_at::date = received_date, false) as is_same_day_response,
    epoch(first_response_at - received_at) / 3600 as first_response_hours,
    epoch(closed_at - received_at) / 3600 as resolution_hours,
from known
