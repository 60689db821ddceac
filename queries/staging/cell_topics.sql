-- Which places and topics the appeals of a cell count for: once for each place and each level of their category.
--
-- Grain:   one row per cell of topic_days, place (the district, its street, community, park, and the area the park is part
--          of) and level (1 the category, 2 its subcategory; without a subcategory `topic` is null).
-- Params:  $as_of  the moment everything is judged at
-- Reads:   topic_days, parks
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

listed as (
    select
        cells.cell_id,
        cells.subdistrict_name,
        cells.category,
        [
            struct_pack(kind := '全区', id := '全区', name := '全区'),
            struct_pack(
                kind := '片区',
                id := parks.area_name,
                name := regexp_replace(parks.area_name, '(片区)?$', '片区')
            ),
            struct_pack(kind := '园区商圈', id := cells.park_id, name := coalesce(parks.park_name, cells.park_id)),
            struct_pack(kind := '社区', id := cells.community_name, name := cells.community_name),
            struct_pack(kind := '街道', id := cells.subdistrict_name, name := cells.subdistrict_name)
        ] as places,
        [
            struct_pack(level := 1, name := cells.category),
            struct_pack(level := 2, name := cells.category || ' / ' || cells.subcategory)
        ] as topics,
    from cells
    left join parks on cells.park_id = parks.park_id
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
    levelled.cell_id,
    levelled.subdistrict_name,
    levelled.category,
    levelled.place.kind as place_kind,
    levelled.place.id as place_id,
    levelled.place.name as place_name,
    levelled.topic.level as topic_level,
    levelled.topic.name as topic,
from levelled
where levelled.place.id is not null
