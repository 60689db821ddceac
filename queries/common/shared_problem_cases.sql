-- The appeals of one topic in one place, open ones first.
--
-- Grain:   one row per appeal.
-- Params:  $as_of        the moment open cases are judged at
--          $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $place_kind   全区, 片区, 园区商圈, 社区 or 街道
--          $place_id     which of them
--          $topic_level  1 for a category, 2 for a subcategory
--          $topic        which of them
-- Reads:   judged_cases
select
    appeal_id,
    case
        when is_overdue then '已超期'
        when not is_closed then '未办结'
        else '已办结'
    end as case_state,
    title,
    enterprise_name,
    park_name,
    community_name,
    subdistrict_name,
    unit_name,
    received_at,
    due_at,
    closed_at,
    outcome,
    rating,
from judged_cases($as_of::timestamp)
where
    received_date between $start_date::date and $end_date::date
    and case $place_kind::varchar
        when '全区' then '全区'
        when '片区' then area_name
        when '园区商圈' then park_id
        when '社区' then community_name
        when '街道' then subdistrict_name
    end = $place_id::varchar
    and case $topic_level::bigint
        when 1 then category
        when 2 then category || ' / ' || subcategory
    end = $topic::varchar
order by is_closed, is_overdue desc, received_at desc, appeal_id
