-- One park, circle or community: who holds it now, its visits, its enterprises and its open appeals.
--
-- Grain:   one row per object of that kind and number: one, or none when there is no such object.
-- Params:  $as_of               the moment whose day decides what is in force
--          $start_date          first day of visits counted, inclusive
--          $end_date            last day of visits counted, inclusive
--          $visits_per_quarter  visits that each calendar quarter asks for
--          $object_kind         园区商圈 or 社区
--          $object_id           the park's number or the community's name
-- Reads:   served_objects, enterprises, open_cases
with entities as (
    select count(*) as entity_count
    from enterprises
    where
        ($object_kind::varchar = '园区商圈' and park_id = $object_id::varchar)
        or ($object_kind::varchar = '社区' and community_name = $object_id::varchar)
),

cases as (
    select
        count(*) as open_count,
        count(*) filter (where is_overdue) as overdue_count,
    from open_cases($as_of::timestamp)
    where
        ($object_kind::varchar = '园区商圈' and park_id = $object_id::varchar)
        or ($object_kind::varchar = '社区' and community_name = $object_id::varchar)
)

select
    served.object_kind,
    served.object_id,
    served.object_name,
    served.object_type,
    served.subdistrict_name,
    served.community_name,
    served.is_held,
    served.holder_count,
    served.held_since,
    served.last_visited_date,
    served.visit_count,
    served.quarter_count,
    served.met_quarter_count,
    served.is_frequent,
    entities.entity_count,
    cases.open_count,
    cases.overdue_count,
from served_objects($as_of::timestamp, $start_date, $end_date, $visits_per_quarter) as served
cross join entities
cross join cases
where served.object_kind = $object_kind::varchar and served.object_id = $object_id::varchar
