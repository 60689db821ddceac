-- Problems that are newly rising in a place or in the district: more of them than the weeks before let expect.
--
-- Grain:   one row per place and topic found.
-- Params:  $as_of                 the moment open cases are judged at
--          $end_date              last day of the period, inclusive
--          $common_recent_weeks   weeks that are looked at
--          $common_earlier_weeks  weeks before them that say what to expect
--          $common_min_count      appeals of the recent weeks at least
--          $common_min_firms      named firms that file them at least
--          $common_min_ratio      ratio of the weekly averages at least
--          $common_fdr            false discoveries allowed among the findings, a share
--          $subdistrict           only what appeals of this subdistrict belong to, null for the district
--          $category              only topics of this category, null for all
-- Reads:   topic_changes, topic_days, cell_topics
-- KPI:     rise_ratio  增幅 = 近几周周均件数 / 此前各周周均件数
-- Caveat:  the filters only choose rows. `week_counts` has the appeals of each week, `week_dates` its first day, the oldest
--          first. A row that shares more than half of its recent appeals, or of the other's, with a stronger finding is
--          not leading; `seen_in` names the strongest such finding.
with found as (
    select
        *,
        row_number() over (
            order by probability, rise_ratio desc nulls first, topic_level, recent_count desc, place_kind, place_id, topic
        ) as place_in_order,
        place_name || ' · ' || topic as problem,
    from
        topic_changes(
            $as_of::timestamp,
            $end_date::date,
            $common_recent_weeks::bigint,
            $common_earlier_weeks::bigint,
            $common_min_count::bigint,
            $common_min_firms::bigint,
            $common_min_ratio::double,
            $common_fdr::double
        )
    where is_found
),

-- Of the appeals of a cell all or none belong to a finding.
members as (
    select
        found.place_in_order,
        found.recent_count,
        found.earlier_date,
        by_day.cell_id,
        by_day.received_date,
        by_day.received_count,
        by_day.received_date >= found.recent_date as is_recent,
    from found
    inner join cell_topics($as_of::timestamp) as topics
        on
            found.place_kind = topics.place_kind
            and found.place_id = topics.place_id
            and found.topic_level = topics.topic_level
            and found.topic = topics.topic
    inner join topic_days($as_of::timestamp) as by_day
        on
            topics.cell_id = by_day.cell_id
            and by_day.received_date between found.earlier_date and found.last_date
),

recent_members as (
    select
        place_in_order,
        recent_count,
        cell_id,
        sum(received_count) as cell_count,
    from members
    where is_recent
    group by place_in_order, recent_count, cell_id
),

covered as (
    select
        members.place_in_order,
        stronger.place_in_order as stronger_place,
    from recent_members as members
    inner join recent_members as stronger
        on
            members.cell_id = stronger.cell_id
            and members.place_in_order > stronger.place_in_order
    group by
        members.place_in_order, members.recent_count, stronger.place_in_order, stronger.recent_count
    having 2 * sum(members.cell_count) > least(members.recent_count, stronger.recent_count)
),

seen as (
    select
        place_in_order,
        min(stronger_place) as stronger_place,
    from covered
    group by place_in_order
),

numbered as (
    select
        place_in_order,
        earlier_date,
        unnest(range(0, earlier_weeks + $common_recent_weeks::bigint)) as week_number,
    from found
),

weeks as (
    select
        numbered.place_in_order,
        numbered.earlier_date + 7 * numbered.week_number::integer as week_date,
        total(members.received_count) as week_count,
    from numbered
    left join members
        on
            numbered.place_in_order = members.place_in_order
            and numbered.week_number = (members.received_date - members.earlier_date)::bigint // 7
    group by numbered.place_in_order, numbered.earlier_date, numbered.week_number
),

weekly as (
    select
        place_in_order,
        list(week_count order by week_date) as week_counts,
        list(week_date order by week_date) as week_dates,
    from weeks
    group by place_in_order
)

select
    found.problem,
    found.place_kind,
    found.place_id,
    found.place_name,
    found.topic_level,
    found.topic,
    found.category,
    found.recent_count,
    found.recent_date,
    found.last_date,
    found.earlier_count,
    found.earlier_weeks,
    found.earlier_date,
    found.rise_ratio,
    found.probability,
    found.false_discovery,
    certainty(found.false_discovery) as certainty,
    found.firm_count,
    found.unnamed_count,
    found.open_count,
    found.overdue_count,
    weekly.week_counts,
    weekly.week_dates,
    seen.place_in_order is null as is_leading,
    stronger.problem as seen_in,
from found
inner join weekly on found.place_in_order = weekly.place_in_order
left join seen on found.place_in_order = seen.place_in_order
left join found as stronger on seen.stronger_place = stronger.place_in_order
where
    ($subdistrict::varchar is null or list_contains(found.subdistrict_names, $subdistrict::varchar))
    and ($category::varchar is null or found.category = $category::varchar)
order by found.place_in_order
