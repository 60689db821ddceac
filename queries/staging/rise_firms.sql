-- How many named firms filed appeals on a topic in a place in the weeks that tell a rise, and in those before them.
--
-- Grain:   one row per place, level and topic (as cell_topics has them) with appeals of named firms in either span.
-- Params:  $as_of                  the moment everything is judged at
--          $end_date               last day of the period, inclusive
--          $common_recent_weeks    weeks that are looked at
--          $common_earlier_weeks   weeks before them that say what to expect
-- Reads:   judged_cases, topic_days, cell_topics, rise_spans
-- Caveat:  of an end that the release keeps them for, kept_rise_firms is asked in its place.
with cells as (
    select distinct
        cell_id,
        subdistrict_name,
        community_name,
        park_id,
        category,
        subcategory,
    from topic_days($as_of::timestamp)
),

firms as (
    select distinct
        cases.received_date >= spans.recent_date as is_recent,
        cases.subdistrict_name,
        cases.community_name,
        cases.park_id,
        cases.category,
        cases.subcategory,
        coalesce(cases.enterprise_id, cases.enterprise_name) as firm,
    from judged_cases($as_of::timestamp) as cases
    inner join
        rise_spans(
            $as_of::timestamp, $end_date::date, $common_recent_weeks::bigint, $common_earlier_weeks::bigint
        ) as spans
        on cases.received_date between spans.earlier_date and spans.last_date
    where coalesce(cases.enterprise_id, cases.enterprise_name) is not null
),

numbered as (
    select
        cells.cell_id,
        firms.is_recent,
        firms.firm,
    from firms
    inner join cells
        on
            firms.subdistrict_name is not distinct from cells.subdistrict_name
            and firms.community_name is not distinct from cells.community_name
            and firms.park_id is not distinct from cells.park_id
            and firms.category is not distinct from cells.category
            and firms.subcategory is not distinct from cells.subcategory
)

select
    topics.place_kind,
    topics.place_id,
    topics.topic_level,
    topics.topic,
    count(distinct numbered.firm) filter (where numbered.is_recent) as firm_count,
    count(distinct numbered.firm) filter (where not numbered.is_recent) as earlier_firm_count,
from numbered
inner join cell_topics($as_of::timestamp) as topics on numbered.cell_id = topics.cell_id
group by topics.place_kind, topics.place_id, topics.topic_level, topics.topic
