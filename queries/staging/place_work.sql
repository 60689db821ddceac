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
-- Reads:   case_counts, open_cases, problem_repeats, owed_visits, open_stations, given_services, communities
-- Caveat:  visits are owed for that quarter, whatever the period; days off before the next working day
--          count as its eve, so that an open case with a deadline until then is in exactly one of overdue, today, tomorrow.
with served as (
    select distinct station_id
    from given_services($as_of)
    where requested_date between $start_date::date and $end_date::date
),

counted as (
    select
        subdistrict_name,
        community_name,
        total(received_count) as received_count,
        total(due_count) as due_count,
        total(on_time_count) as on_time_count,
        total(rated_count) as rated_count,
        total(
            fully_satisfied_count
            + case when $basically_satisfied_counts then basically_satisfied_count else 0 end
        ) as satisfied_count,
    from case_counts($as_of)
    where grain = 'community' and received_date between $start_date and $end_date
    group by subdistrict_name, community_name
    union all by name
    select
        subdistrict_name,
        community_name,
    from case_counts($as_of)
    where grain = 'community'
    group by subdistrict_name, community_name
    union all by name
    select
        subdistrict_name,
        community_name,
        count(*) as open_count,
        count(*) filter (where is_overdue) as overdue_count,
        count(*) filter (where not is_overdue and due_at::date <= $as_of::date) as due_today_count,
        count(*) filter (
            where due_at::date > $as_of::date and due_at::date <= $due_soon_at::date
        ) as due_tomorrow_count,
    from open_cases($as_of)
    group by subdistrict_name, community_name
    union all by name
    select
        subdistrict_name,
        community_name,
        total(received_count) as repeated_count,
    from problem_repeats($as_of, $start_date, $end_date)
    where received_count >= $common_min_count and firm_count >= $common_min_firms
    group by subdistrict_name, community_name
    union all by name
    select
        subdistrict_name,
        community_name,
        object_count,
        unheld_count,
        held_in_quarter_count,
        visits_owed_count,
    from owed_visits($as_of, $quarter_date, $visits_per_quarter)
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
