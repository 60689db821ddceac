-- What came in and what was done in a reported period, beside the same days some days before.
--
-- Grain:   one row.
-- Params:  $start_date   first day, inclusive
--          $end_date     last day, inclusive
--          $days_before  how many days earlier the days compared with are: 7 for a week, never fewer than the period has
--          $as_of        the moment open cases of both periods are judged at
--          $subdistrict  one subdistrict, null for the district
-- Reads:   judged_cases, appeals
-- Caveat:  `closed_in_period_count` has cases closed in the period whenever they were received; all other counts are of the
--          cases received in it.
with cases as (
    select
        *,
        received_date between $start_date::date and $end_date::date as is_received,
        received_date + $days_before::integer between $start_date::date and $end_date::date as was_received,
        closed_at::date between $start_date::date and $end_date::date as is_done,
        closed_at::date + $days_before::integer between $start_date::date and $end_date::date as was_done,
    from judged_cases($as_of::timestamp)
    where ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
),

counted as (
    select
        count(*) filter (where is_received) as received_count,
        count(*) filter (where was_received) as previous_received_count,
        count(*) filter (where is_received and is_closed) as closed_count,
        count(*) filter (where is_received and not is_closed) as open_count,
        count(*) filter (where is_done) as closed_in_period_count,
        count(*) filter (where was_done) as previous_closed_in_period_count,
    from cases
),

voided as (
    select count(*) as void_count
    from appeals
    where
        is_void
        and received_at <= $as_of::timestamp
        and received_at::date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
)

select
    *,
    received_count - previous_received_count as received_change_count,
    closed_in_period_count - previous_closed_in_period_count as closed_change_count,
    (select voided.void_count from voided) as void_count,
from counted
