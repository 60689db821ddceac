-- Counts of appeals that were declared void, which nothing else counts.
--
-- Grain:   one row per day of receipt, subdistrict and category.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   appeals
select
    received_at::date as received_date,
    subdistrict_name,
    trim(split_part(category_path, '->', 1)) as category,
    count(*) as void_count,
from appeals
where is_void and received_at <= $as_of::timestamp
group by received_at::date, subdistrict_name, trim(split_part(category_path, '->', 1))
order by received_date, subdistrict_name, category
