-- How many named firms filed appeals on a topic in a place in a period.
--
-- Grain:   one row per place, level and topic (as cell_topics has them) with appeals of named firms in the period.
-- Params:  $as_of       the moment everything is judged at
--          $start_date  first day received, inclusive
--          $end_date    last day received, inclusive
-- Reads:   judged_cases, topic_days, cell_topics
-- Caveat:  of a period that the release keeps them for, kept_topic_firms is asked in its place.
with cells as (
    select distinct
        cell_id,
        subdistrict_name,
        community_name,
        park_id,
        category,
        subcategory,
    from topic_days($as_of::timestamp)
    where received_date between $start_date::date and $end_date::date
),

firms as (
    select distinct
        subdistrict_name,
        community_name,
        park_id,
        category,
        subcategory,
        coalesce(enterprise_id, enterprise_name) as firm,
    from judged_cases($as_of::timestamp)
    where
        received_date between $start_date::date and $end_date::date
        and coalesce(enterprise_id, enterprise_name) is not null
),

numbered as (
    select
        cells.cell_id,
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
    count(distinct numbered.firm) as firm_count,
from numbered
inner join cell_topics($as_of::timestamp) as topics on numbered.cell_id = topics.cell_id
group by topics.place_kind, topics.place_id, topics.topic_level, topics.topic
