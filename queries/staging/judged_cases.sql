-- Appeals that count, judged at a moment: what had happened by then, and what each clock says.
--
-- Grain:   one row per appeal received by $as_of that is not void.
-- Params:  $as_of  the moment everything is judged at; what happened later is not known yet
-- Reads:   timed_appeals
-- Caveat:  a case without a deadline is neither on time nor late.
with known as (
    select
        * exclude (
            assigned_at, accepted_at, first_response_at, closed_at, outcome, rating,
            first_response_hours, first_response_working_hours, resolution_hours, resolution_working_hours
        ),
        case when assigned_at <= $as_of then assigned_at end as assigned_at,
        case when accepted_at <= $as_of then accepted_at end as accepted_at,
        case when first_response_at <= $as_of then first_response_at end as first_response_at,
        case when first_response_at <= $as_of then first_response_hours end as first_response_hours,
        case
            when first_response_at <= $as_of then first_response_working_hours
        end as first_response_working_hours,
        case when closed_at <= $as_of then closed_at end as closed_at,
        case when closed_at <= $as_of then resolution_hours end as resolution_hours,
        case when closed_at <= $as_of then resolution_working_hours end as resolution_working_hours,
        case when closed_at <= $as_of then outcome end as outcome,
        case when closed_at <= $as_of then rating end as rating,
    from timed_appeals
    where received_at <= $as_of
)

select
    *,
    closed_at is not null as is_closed,
    due_at is not null and (closed_at is not null or due_at <= $as_of) as is_due,
    coalesce(closed_at <= due_at, false) as is_on_time,
    closed_at is null and coalesce(due_at < $as_of, false) as is_overdue,
    first_response_at is not null or received_date < $as_of::date as is_response_due,
    coalesce(first_response_at::date = received_date, false) as is_same_day_response,
    first_response_at is not null or received_at <= $as_of - interval 24 hour as is_response_24h_due,
    coalesce(first_response_at <= received_at + interval 24 hour, false) as is_response_24h,
from known
