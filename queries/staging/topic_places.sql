-- Appeals that count, once for each place they belong to and each level of their category.
--
-- Grain:   one row per appeal, place (the district, its street, community, park, and the area the park is part of) and
--          level (1 the category, 2 its subcategory; without a subcategory `topic` is null).
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases
-- Caveat:  `firm` is null where neither number nor name of the enterprise is known; `voice` then is the appeal itself.
select
    cases.appeal_id,
    cases.received_date,
    cases.subdistrict_name,
    cases.category,
    cases.is_closed,
    cases.is_overdue,
    coalesce(cases.enterprise_id, cases.enterprise_name) as firm,
    coalesce(cases.enterprise_id, cases.enterprise_name, cases.appeal_id) as voice,
    places.place.kind as place_kind,
    places.place.id as place_id,
    places.place.name as place_name,
    topics.topic.level as topic_level,
    topics.topic.name as topic,
from judged_cases($as_of::timestamp) as cases
cross join
    unnest([
        struct_pack(kind := '全区', id := '全区', name := '全区'),
        struct_pack(kind := '片区', id := cases.area_name, name := regexp_replace(cases.area_name, '(片区)?$', '片区')),
        struct_pack(kind := '园区商圈', id := cases.park_id, name := coalesce(cases.park_name, cases.park_id)),
        struct_pack(kind := '社区', id := cases.community_name, name := cases.community_name),
        struct_pack(kind := '街道', id := cases.subdistrict_name, name := cases.subdistrict_name)
    ]) as places (place)
cross join
    unnest([
        struct_pack(level := 1, name := cases.category),
        struct_pack(level := 2, name := cases.category || ' / ' || cases.subcategory)
    ]) as topics (topic)
where places.place.id is not null
