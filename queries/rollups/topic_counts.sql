-- Counts of appeals that add up, by what a problem can be shared in: the place and the category.
--
-- Grain:   one row per day of receipt, subdistrict, community, park or circle, category and subcategory.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases
select
    received_date,
    subdistrict_name,
    community_name,
    park_id,
    category,
    subcategory,
    count(*) as received_count,
    sum(case when coalesce(enterprise_id, enterprise_name) is null then 1 else 0 end)::bigint as unnamed_count,
    sum(case when is_closed then 0 else 1 end)::bigint as open_count,
    sum(case when is_overdue then 1 else 0 end)::bigint as overdue_count,
from judged_cases($as_of::timestamp)
group by received_date, subdistrict_name, community_name, park_id, category, subcategory
order by received_date, subdistrict_name, community_name, park_id, category, subcategory
