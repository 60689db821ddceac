-- Appeals that count, once for each place they belong to and each level of their category.
--
-- Grain:   one row per appeal, place (the district, its street, community, park, and the area the park is part of) and
--          level (1 the category, 2 its subcategory; without a subcategory `topic` is null).
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases
-- Caveat:  `firm` is null where neither number nor name of the enterprise is known.
with listed as (
    select
        appeal_id,
        received_date,
        subdistrict_name,
        category,
        is_closed,
        is_overdue,
        coalesce(enterprise_id, enterprise_name) as firm,
        [
            struct_pack(kind := '全区', id := '全区', name := '全区'),
            struct_pack(kind := '片区', id := area_name, name := regexp_replace(area_name, '(片区)?$', '片区')),
            struct_pack(kind := '园区商圈', id := park_id, name := coalesce(park_name, park_id)),
            struct_pack(kind := '社区', id := community_name, name := community_name),
            struct_pack(kind := '街道', id := subdistrict_name, name := subdistrict_name)
        ] as places,
        [
            struct_pack(level := 1, name := category),
            struct_pack(level := 2, name := category || ' / ' || subcategory)
        ] as topics,
    from judged_cases($as_of::timestamp)
),

placed as (
    select
        * exclude (places),
        unnest(places) as place,
    from listed
),

levelled as (
    select
        * exclude (topics),
        unnest(topics) as topic,
    from placed
)

select
    levelled.appeal_id,
    levelled.received_date,
    levelled.subdistrict_name,
    levelled.category,
    levelled.is_closed,
    levelled.is_overdue,
    levelled.firm,
    levelled.place.kind as place_kind,
    levelled.place.id as place_id,
    levelled.place.name as place_name,
    levelled.topic.level as topic_level,
    levelled.topic.name as topic,
from levelled
where levelled.place.id is not null
