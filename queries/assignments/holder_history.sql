-- Who held one park, circle or community, from when to when; those who hold it still come first.
--
-- Grain:   one row per term that began by the day of $as_of.
-- Params:  $as_of        the moment whose day decides what is in force
--          $object_kind  园区商圈 or 社区
--          $object_id    the park's number or the community's name
-- Reads:   held_terms
-- Caveat:  干部姓名只显示姓。
select
    case when coalesce(last_date, $as_of::date) >= $as_of::date then '在任' else '已结束' end as term_state,
    holder_unit,
    unit_kind,
    holder_name,
    first_date as held_since,
    last_date as held_until,
from held_terms
where
    first_date <= $as_of::date
    and object_kind = $object_kind::varchar
    and object_id = $object_id::varchar
order by term_state = '已结束', last_date desc nulls first, first_date desc, cadre_id
