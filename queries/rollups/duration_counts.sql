-- Counts of closed appeals by how long they took, in days and in tenths of the time allowed.
--
-- Grain:   one row per day of receipt, subdistrict, category, full days taken, tenth of the time allowed (null without a
--          deadline after receipt) and whether the appeal was late.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases
with taken as (
    select
        received_date,
        subdistrict_name,
        category,
        floor(resolution_hours / 24)::bigint as days_taken,
        case
            when due_at is null or due_at <= received_at then null
            -- At the deadline itself an appeal is on time: it belongs to the tenth that ends there.
            when closed_at <= due_at
                then least(floor(10 * epoch(closed_at - received_at) / epoch(due_at - received_at)), 9)
            else least(10 + floor(10 * epoch(closed_at - due_at) / epoch(due_at - received_at)), 20)
        end::bigint as tenth,
        is_due and not is_on_time as is_late,
    from judged_cases($as_of::timestamp)
    where is_closed
)

select
    received_date,
    subdistrict_name,
    category,
    days_taken,
    tenth,
    is_late,
    count(*) as closed_count,
from taken
group by received_date, subdistrict_name, category, days_taken, tenth, is_late
order by received_date, subdistrict_name, category, days_taken, tenth, is_late
