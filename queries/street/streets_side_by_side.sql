-- The streets side by side, to choose one: what is late, falls due, is held by nobody and wants a visit.
--
-- Grain:   one row per subdistrict that is seen.
-- Params:  $as_of               the moment everything is judged at
--          $due_soon_at         a moment of the next working day
--          $start_date          first day received or served, inclusive
--          $end_date            last day received or served, inclusive
--          $quarter_date        first day of the calendar quarter of $as_of
--          $visits_per_quarter  visits that each calendar quarter asks for
--          $common_min_count    cases of one subcategory in one community that make them repeated ones
--          $common_min_firms    named firms that file them at least
--          $basically_satisfied_counts  whether 基本满意 counts in satisfied_rate
-- Reads:   place_work, case_counts, hours_quantiles, subdistricts
with per_street as (
    select
        subdistrict_name,
        sum(open_count)::bigint as open_count,
        sum(overdue_count)::bigint as overdue_count,
        sum(due_today_count)::bigint as due_today_count,
        sum(due_tomorrow_count)::bigint as due_tomorrow_count,
        sum(rated_count)::bigint as rated_count,
        sum(satisfied_count)::bigint as satisfied_count,
        sum(object_count)::bigint as object_count,
        sum(unheld_count)::bigint as unheld_count,
        sum(held_in_quarter_count)::bigint as held_in_quarter_count,
        sum(visits_owed_count)::bigint as visits_owed_count,
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

closed as (
    select
        subdistrict_name,
        total(closed_count) as closed_count,
    from case_counts($as_of::timestamp)
    where grain = 'street' and received_date between $start_date::date and $end_date::date
    group by subdistrict_name
),

taken as (
    select
        group_name as subdistrict_name,
        median_resolution_working_hours,
    from hours_quantiles($as_of::timestamp, $start_date::date, $end_date::date, null, null, 'subdistrict')
)

select
    subdistricts.subdistrict_code,
    subdistricts.subdistrict_name,
    coalesce(per_street.open_count, 0) as open_count,
    coalesce(per_street.overdue_count, 0) as overdue_count,
    coalesce(per_street.due_today_count, 0) as due_today_count,
    coalesce(per_street.due_tomorrow_count, 0) as due_tomorrow_count,
    coalesce(per_street.object_count, 0) as object_count,
    coalesce(per_street.unheld_count, 0) as unheld_count,
    coalesce(per_street.held_in_quarter_count, 0) as held_in_quarter_count,
    coalesce(per_street.visits_owed_count, 0) as visits_owed_count,
    taken.median_resolution_working_hours,
    coalesce(closed.closed_count, 0) as closed_count,
    coalesce(per_street.satisfied_count, 0) as satisfied_count,
    coalesce(per_street.rated_count, 0) as rated_count,
    rate(per_street.satisfied_count, per_street.rated_count) as satisfied_rate,
from subdistricts
left join per_street on subdistricts.subdistrict_name = per_street.subdistrict_name
left join closed on subdistricts.subdistrict_name = closed.subdistrict_name
left join taken on subdistricts.subdistrict_name = taken.subdistrict_name
order by subdistricts.subdistrict_code
