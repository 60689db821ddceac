-- The firms that share one topic in one place.
--
-- Grain:   one row per firm; all appeals whose firm is not known are one row at the end.
-- Params:  $as_of        the moment open cases are judged at
--          $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $place_kind   全区, 片区, 园区商圈, 社区 or 街道
--          $place_id     which of them
--          $topic_level  1 for a category, 2 for a subcategory
--          $topic        which of them
-- Reads:   judged_cases
with concerned as (
    select
        *,
        coalesce(enterprise_id, enterprise_name) as firm,
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
)

select
    coalesce(max(enterprise_name), firm, '未写明企业') as enterprise_name,
    count(*) as received_count,
    count(*) filter (where not is_closed) as open_count,
    count(*) filter (where is_overdue) as overdue_count,
    max(received_date) as last_received_date,
from concerned
group by firm
order by firm is null, open_count desc, received_count desc, last_received_date desc, enterprise_name
