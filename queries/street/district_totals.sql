-- The same counts of the whole district, for a street to stand beside: one row of totals, of no street by itself.
--
-- Grain:   one row.
-- Params:  $as_of               the moment everything is judged at
--          $due_soon_at         a moment of the next working day
--          $start_date          first day received or served, inclusive
--          $end_date            last day received or served, inclusive
--          $quarter_date        first day of the calendar quarter of $as_of
--          $visits_per_quarter  visits that each calendar quarter asks for
--          $common_min_count    cases of one subcategory in one community that make them repeated ones
--          $common_min_firms    named firms that file them at least
--          $basically_satisfied_counts  whether 基本满意 counts as satisfied
--          $least_streets       0, or the streets that have to be in a number for somebody who sees some of them
-- Reads:   place_work, subdistricts
-- Scope:   district, totals only
-- Caveat:  where the viewer's own streets are all but one of the register, or all of it, these are the totals of the own
--          streets, and street_count says how many those are. Counts are left out where what they are counted of lies in
--          fewer streets than asked for: they could be one street's.
with per_street as (
    select
        subdistrict_name,
        coalesce(sum(open_count), 0)::bigint as open_count,
        coalesce(sum(overdue_count), 0)::bigint as overdue_count,
        coalesce(sum(due_today_count), 0)::bigint as due_today_count,
        coalesce(sum(due_tomorrow_count), 0)::bigint as due_tomorrow_count,
        coalesce(sum(received_count), 0)::bigint as received_count,
        coalesce(sum(due_count), 0)::bigint as due_count,
        coalesce(sum(on_time_count), 0)::bigint as on_time_count,
        coalesce(sum(repeated_count), 0)::bigint as repeated_count,
        coalesce(sum(object_count), 0)::bigint as object_count,
        coalesce(sum(unheld_count), 0)::bigint as unheld_count,
        coalesce(sum(held_in_quarter_count), 0)::bigint as held_in_quarter_count,
        coalesce(sum(visits_owed_count), 0)::bigint as visits_owed_count,
        coalesce(sum(station_count), 0)::bigint as station_count,
        coalesce(sum(idle_station_count), 0)::bigint as idle_station_count,
    from
        place_work(
            $as_of::timestamp,
            $due_soon_at::timestamp,
            $start_date::date,
            $end_date::date,
            $quarter_date::date,
            $visits_per_quarter::bigint,
            $common_min_count::bigint,
            $common_min_firms::bigint,
            $basically_satisfied_counts::boolean
        )
    group by subdistrict_name
),

summed as (
    select
        case
            when count(*) filter (where open_count > 0) >= $least_streets::bigint
                then coalesce(sum(open_count), 0)::bigint
        end as open_count,
        case
            when count(*) filter (where open_count > 0) >= $least_streets::bigint
                then coalesce(sum(overdue_count), 0)::bigint
        end as overdue_count,
        case
            when count(*) filter (where open_count > 0) >= $least_streets::bigint
                then coalesce(sum(due_today_count), 0)::bigint
        end as due_today_count,
        case
            when count(*) filter (where open_count > 0) >= $least_streets::bigint
                then coalesce(sum(due_tomorrow_count), 0)::bigint
        end as due_tomorrow_count,
        case
            when count(*) filter (where received_count > 0) >= $least_streets::bigint
                then coalesce(sum(received_count), 0)::bigint
        end as received_count,
        case
            when count(*) filter (where received_count > 0) >= $least_streets::bigint
                then coalesce(sum(repeated_count), 0)::bigint
        end as repeated_count,
        case
            when count(*) filter (where due_count > 0) >= $least_streets::bigint
                then coalesce(sum(due_count), 0)::bigint
        end as due_count,
        case
            when count(*) filter (where due_count > 0) >= $least_streets::bigint
                then coalesce(sum(on_time_count), 0)::bigint
        end as on_time_count,
        case
            when count(*) filter (where object_count > 0) >= $least_streets::bigint
                then coalesce(sum(object_count), 0)::bigint
        end as object_count,
        case
            when count(*) filter (where object_count > 0) >= $least_streets::bigint
                then coalesce(sum(unheld_count), 0)::bigint
        end as unheld_count,
        case
            when count(*) filter (where held_in_quarter_count > 0) >= $least_streets::bigint
                then coalesce(sum(held_in_quarter_count), 0)::bigint
        end as held_in_quarter_count,
        case
            when count(*) filter (where held_in_quarter_count > 0) >= $least_streets::bigint
                then coalesce(sum(visits_owed_count), 0)::bigint
        end as visits_owed_count,
        case
            when count(*) filter (where station_count > 0) >= $least_streets::bigint
                then coalesce(sum(station_count), 0)::bigint
        end as station_count,
        case
            when count(*) filter (where station_count > 0) >= $least_streets::bigint
                then coalesce(sum(idle_station_count), 0)::bigint
        end as idle_station_count,
    from per_street
)

select
    *,
    (select count(*) from subdistricts) as street_count,
    rate(overdue_count, open_count) as overdue_share,
    rate(due_today_count, open_count) as due_today_share,
    rate(due_tomorrow_count, open_count) as due_tomorrow_share,
    rate(unheld_count, object_count) as unheld_share,
    rate(visits_owed_count, held_in_quarter_count) as visits_owed_share,
    rate(repeated_count, received_count) as repeated_share,
    rate(idle_station_count, station_count) as idle_station_share,
    rate(on_time_count, due_count) as on_time_rate,
from summed
