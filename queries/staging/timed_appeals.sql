-- Appeals that count, with their deadlines and working hours; what does not depend on the moment they are judged at.
--
-- Grain:   one row per appeal that is not void.
-- Params:  none
-- Reads:   appeals, parks, work_rules
-- Caveat:  where upstream left the deadline empty it is worked out by the category's limit and marked so, but not for an
--          extended case, whose new deadline nobody told. Outside the calendar working hours are null and no deadline is
--          worked out but by a limit of hours.
with received as (
    select
        appeals.*,
        trim(split_part(appeals.category_path, '->', 1)) as category,
        working_seconds(appeals.received_at, work_rules.working_days_before) as received_seconds,
        is_working(appeals.received_at, work_rules.working_days_before) as received_on_working_day,
        struct_pack(
            working_days_before := work_rules.working_days_before,
            working_days := work_rules.working_days,
            limits := work_rules.limits
        ) as work_rules,
    from appeals
    cross join work_rules
    where not coalesce(appeals.is_void, false)
),

limited as (
    select
        received.*,
        case
            when received.due_at is null and coalesce(received.extension_count, 0) = 0
                then coalesce(
                    received.work_rules.limits[received.category], received.work_rules.limits['*']
                )
        end as time_limit,
    from received
),

counted as (
    select
        limited.*,
        limited.received_seconds + limited.time_limit.amount * 3600 as due_seconds,
        limited.work_rules.working_days_before[calendar_place(limited.received_at)]
        + limited.received_on_working_day
        + limited.time_limit.amount
        - case
            when limited.time_limit.counts_receipt_day then limited.received_on_working_day else 0
        end as due_day_number,
    from limited
),

timed as (
    select
        counted.*,
        case counted.time_limit.unit
            when 'hours'
                then counted.received_at + to_microseconds((counted.time_limit.amount * 3600000000)::bigint)
            when 'working_days'
                then
                    counted.work_rules.working_days[counted.due_day_number::bigint]::timestamp
                    + interval 1 day - interval 1 microsecond
            when 'working_hours'
                then
                    counted.work_rules.working_days[office_days(counted.due_seconds)]::timestamp
                    + to_microseconds((office_moment(office_rest(counted.due_seconds)) * 1000000)::bigint)
        end as worked_out_due_at,
    from counted
)

select
    timed.appeal_id,
    timed.title,
    timed.category,
    nullif(trim(split_part(timed.category_path, '->', 2)), '') as subcategory,
    timed.source,
    timed.enterprise_id,
    timed.enterprise_name,
    timed.subdistrict_name,
    timed.community_name,
    timed.park_id,
    parks.park_name,
    parks.area_name,
    timed.station_id,
    timed.visit_id,
    timed.unit_name,
    timed.received_at,
    timed.received_at::date as received_date,
    timed.assigned_at,
    timed.accepted_at,
    timed.first_response_at,
    timed.closed_at,
    coalesce(timed.due_at, timed.worked_out_due_at) as due_at,
    timed.due_at is null and timed.worked_out_due_at is not null as is_due_worked_out,
    coalesce(timed.extension_count, 0) as extension_count,
    coalesce(timed.returned_count, 0) as returned_count,
    coalesce(timed.redone_count, 0) as redone_count,
    timed.outcome,
    timed.rating,
    epoch(timed.first_response_at - timed.received_at) / 3600 as first_response_hours,
    epoch(timed.closed_at - timed.received_at) / 3600 as resolution_hours,
    (
        working_seconds(timed.first_response_at, timed.work_rules.working_days_before) - timed.received_seconds
    ) / 3600 as first_response_working_hours,
    (
        working_seconds(timed.closed_at, timed.work_rules.working_days_before) - timed.received_seconds
    ) / 3600 as resolution_working_hours,
from timed
left join parks on timed.park_id = parks.park_id
