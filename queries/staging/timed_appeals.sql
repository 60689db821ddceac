-- Appeals that count, with their deadlines and working hours; what does not depend on the moment they are judged at.
--
-- Grain:   one row per appeal that is not void.
-- Params:  none
-- Reads:   appeals, parks, work_rules
-- Caveat:  where upstream left the deadline empty it is worked out by the category's limit and marked so, but not for an
--          extended case, whose new deadline nobody told. Working hours are null outside the calendar.
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

timed as (
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
    case
        when timed.due_at is not null then timed.due_at
        when timed.time_limit.unit = 'hours'
            then timed.received_at + to_microseconds((timed.time_limit.amount * 3600000000)::bigint)
        when timed.time_limit.unit = 'working_days'
            then
                timed.work_rules.working_days[timed.due_day_number::bigint]::timestamp
                + interval 1 day - interval 1 microsecond
        when timed.time_limit.unit = 'working_hours'
            then
                timed.work_rules.working_days[office_days(timed.due_seconds)]::timestamp
                + to_microseconds((office_moment(office_rest(timed.due_seconds)) * 1000000)::bigint)
    end as due_at,
    timed.time_limit is not null as is_due_worked_out,
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
