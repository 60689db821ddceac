-- The communities of a street: what is open and late in each, what nobody holds or visited, and how its cases went.
--
-- Grain:   one row per community of the register, and per street and community that cases, parks or stations name;
--          what names no community stands last under （未填社区）.
-- Params:  $as_of               the moment everything is judged at
--          $due_soon_at         a moment of the next working day
--          $start_date          first day received or served, inclusive
--          $end_date            last day received or served, inclusive
--          $quarter_date        first day of the calendar quarter of $as_of
--          $visits_per_quarter  visits that each calendar quarter asks for
--          $common_min_count    cases of one subcategory in one community that make them repeated ones
--          $common_min_firms    named firms that file them at least
--          $basically_satisfied_counts  whether 基本满意 counts in satisfied_rate
--          $subdistrict         one subdistrict, null for all that are seen
-- Reads:   place_work
select
    subdistrict_name,
    community_name,
    coalesce(community_name, '（未填社区）') as community_label,
    open_count,
    overdue_count,
    due_today_count,
    due_tomorrow_count,
    due_today_count + due_tomorrow_count as due_by_tomorrow_count,
    object_count,
    unheld_count,
    held_in_quarter_count,
    visits_owed_count,
    station_count,
    received_count,
    repeated_count,
    on_time_count,
    due_count,
    rate(on_time_count, due_count) as on_time_rate,
    satisfied_count,
    rated_count,
    rate(satisfied_count, rated_count) as satisfied_rate,
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
where $subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar
order by
    community_name is null,
    overdue_count desc,
    due_by_tomorrow_count desc,
    open_count desc,
    subdistrict_name,
    community_name
