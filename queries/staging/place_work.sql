-- What there is to do in each community at a moment, and how the cases of a period went: counts that add up.
--
-- Grain:   one row per street and community that a case, a park or a station belongs to or the register names;
--          community_name is null for what names no community.
-- Params:  $as_of               the moment everything is judged at
--          $due_soon_at         a moment of the next working day
--          $start_date          first day received or served, inclusive
--          $end_date            last day received or served, inclusive
--          $quarter_date        first day of the calendar quarter of $as_of
--          $visits_per_quarter  visits that each calendar quarter asks for
--          $common_min_count    cases of one subcategory in one community that make them repeated ones
--          $common_min_firms    named firms that file them at least
--          $basically_satisfied_counts  whether 基本满意 counts as satisfied
-- Reads:   judged_cases, served_objects, open_stations, given_services, communities
-- Caveat:  visits are owed for that quarter, whatever the period; days off before the next working day
--          count as its eve, so that an open case with a deadline until then is in exactly one of overdue, today, tomorrow.
with topics as (
    select
        subdistrict_name,
        community_name,
        category,
        subcategory,
        count(*) filter (where not is_closed) as open_count,
        count(*) filter (where is_overdue) as overdue_count,
        count(*) filter (
            where not is_closed and not is_overdue and due_at::date <= $as_of::date
        ) as due_today_count,
        count(*) filter (
            where not is_closed and due_at::date > $as_of::date and due_at::date <= $due_soon_at::date
        ) as due_tomorrow_count,
        count(*) filter (where received_date between $start_date::date and $end_date::date) as received_count,
        count(*) filter (
            where is_due and received_date between $start_date::date and $end_date::date
        ) as due_count,
        count(*) filter (
            where is_on_time and received_date between $start_date::date and $end_date::date
        ) as on_time_count,
        count(rating) filter (
            where received_date between $start_date::date and $end_date::date
        ) as rated_count,
        count(*) filter (
            where
            is_satisfied(rating, $basically_satisfied_counts)
            and received_date between $start_date::date and $end_date::date
        ) as satisfied_count,
        count(distinct coalesce(enterprise_id, enterprise_name)) filter (
            where received_date between $start_date::date and $end_date::date
        ) as firm_count,
    from judged_cases($as_of)
    group by subdistrict_name, community_name, category, subcategory
),

served as (
    select distinct station_id
    from given_services($as_of)
    where requested_date between $start_date::date and $end_date::date
),

counted as (
    select
        subdistrict_name,
        community_name,
        sum(open_count) as open_count,
        sum(overdue_count) as overdue_count,
        sum(due_today_count) as due_today_count,
        sum(due_tomorrow_count) as due_tomorrow_count,
        sum(received_count) as received_count,
        sum(due_count) as due_count,
        sum(on_time_count) as on_time_count,
        sum(rated_count) as rated_count,
        sum(satisfied_count) as satisfied_count,
        sum(received_count) filter (
            where
            community_name is not null
            and subcategory is not null
            and received_count >= $common_min_count
            and firm_count >= $common_min_firms
        ) as repeated_count,
    from topics
    group by subdistrict_name, community_name
    union all by name
    select
        subdistrict_name,
        community_name,
        count(*) as object_count,
        count(*) filter (where not is_held) as unheld_count,
        count(*) filter (where is_held_in_period) as held_in_quarter_count,
        count(*) filter (where is_held_in_period and not is_frequent) as visits_owed_count,
    from served_objects($as_of, $quarter_date, $as_of::date, $visits_per_quarter)
    group by subdistrict_name, community_name
    union all by name
    select
        stations.subdistrict_name,
        stations.community_name,
        count(*) as station_count,
        count(*) filter (where served.station_id is null) as idle_station_count,
    from open_stations($as_of) as stations
    left join served on stations.station_id = served.station_id
    group by stations.subdistrict_name, stations.community_name
    union all by name
    select
        subdistrict_name,
        community_name,
    from communities
)

select
    subdistrict_name,
    community_name,
    coalesce(sum(open_count), 0)::bigint as open_count,
    coalesce(sum(overdue_count), 0)::bigint as overdue_count,
    coalesce(sum(due_today_count), 0)::bigint as due_today_count,
    coalesce(sum(due_tomorrow_count), 0)::bigint as due_tomorrow_count,
    coalesce(sum(received_count), 0)::bigint as received_count,
    coalesce(sum(due_count), 0)::bigint as due_count,
    coalesce(sum(on_time_count), 0)::bigint as on_time_count,
    coalesce(sum(rated_count), 0)::bigint as rated_count,
    coalesce(sum(satisfied_count), 0)::bigint as satisfied_count,
    coalesce(sum(repeated_count), 0)::bigint as repeated_count,
    coalesce(sum(object_count), 0)::bigint as object_count,
    coalesce(sum(unheld_count), 0)::bigint as unheld_count,
    coalesce(sum(held_in_quarter_count), 0)::bigint as held_in_quarter_count,
    coalesce(sum(visits_owed_count), 0)::bigint as visits_owed_count,
    coalesce(sum(station_count), 0)::bigint as station_count,
    coalesce(sum(idle_station_count), 0)::bigint as idle_station_count,
from counted
group by subdistrict_name, community_name
