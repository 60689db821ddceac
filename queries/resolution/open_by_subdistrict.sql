-- Open appeals at a moment by street, whenever they were received.
--
-- Grain:   one row per subdistrict, those without open appeals included.
-- Params:  $as_of     the moment open cases are judged at
--          $category  one category, null for all
-- Reads:   open_cases, subdistricts
with counted as (
    select
        subdistrict_name,
        count(*) as open_count,
        count(*) filter (where is_overdue) as overdue_count,
    from open_cases($as_of::timestamp)
    where $category::varchar is null or category = $category::varchar
    group by subdistrict_name
)

select
    subdistricts.subdistrict_code,
    subdistricts.subdistrict_name,
    coalesce(counted.open_count, 0) as open_count,
    coalesce(counted.overdue_count, 0) as overdue_count,
from subdistricts
left join counted on subdistricts.subdistrict_name = counted.subdistrict_name
order by overdue_count desc, open_count desc, subdistricts.subdistrict_code
