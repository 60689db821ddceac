-- How many named firms filed appeals on a topic in a place, in the spans that shared and rising problems are told from.
--
-- Grain:   one row per kept span, place (the district, its street, community, park, and the area the park is part of),
--          level (1 the category, 2 its subcategory) and topic with appeals of named firms; without a subcategory `topic`
--          is null. `subdistrict_name` is that of a street alone.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases, kept_spans
with firms as (
    select
        spans.first_date,
        spans.last_date,
        cases.subdistrict_name,
        cases.community_name,
        cases.park_id,
        cases.area_name,
        cases.category,
        cases.subcategory,
        coalesce(cases.enterprise_id, cases.enterprise_name) as firm,
    from kept_spans as spans
    inner join judged_cases($as_of::timestamp) as cases
        on cases.received_date between spans.first_date and spans.last_date
    where coalesce(cases.enterprise_id, cases.enterprise_name) is not null
    group by
        spans.first_date,
        spans.last_date,
        cases.subdistrict_name,
        cases.community_name,
        cases.park_id,
        cases.area_name,
        cases.category,
        cases.subcategory,
        coalesce(cases.enterprise_id, cases.enterprise_name)
),

placed as (
    select
        first_date,
        last_date,
        '全区' as place_kind,
        '全区' as place_id,
        category,
        subcategory,
        firm,
    from firms
    union all
    select
        first_date,
        last_date,
        '片区' as place_kind,
        area_name as place_id,
        category,
        subcategory,
        firm,
    from firms
    where area_name is not null
    union all
    select
        first_date,
        last_date,
        '园区商圈' as place_kind,
        park_id as place_id,
        category,
        subcategory,
        firm,
    from firms
    where park_id is not null
    union all
    select
        first_date,
        last_date,
        '社区' as place_kind,
        community_name as place_id,
        category,
        subcategory,
        firm,
    from firms
    where community_name is not null
    union all
    select
        first_date,
        last_date,
        '街道' as place_kind,
        subdistrict_name as place_id,
        category,
        subcategory,
        firm,
    from firms
    where subdistrict_name is not null
),

levelled as (
    select
        first_date,
        last_date,
        place_kind,
        place_id,
        1 as topic_level,
        category as topic,
        firm,
    from placed
    union all
    select
        first_date,
        last_date,
        place_kind,
        place_id,
        2 as topic_level,
        category || ' / ' || subcategory as topic,
        firm,
    from placed
)

select
    first_date,
    last_date,
    place_kind,
    place_id,
    topic_level,
    topic,
    case when place_kind = '街道' then place_id end as subdistrict_name,
    count(distinct firm) as firm_count,
from levelled
group by first_date, last_date, place_kind, place_id, topic_level, topic
order by first_date, last_date, place_kind, place_id, topic_level, topic
