-- How many appeals there are of each category, and from when to when.
--
-- Grain:   one row per subdistrict and category with appeals.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   case_counts
select
    subdistrict_name,
    category,
    total(received_count) as received_count,
    min(received_date) as first_received_date,
    max(received_date) as last_received_date,
from case_counts($as_of::timestamp)
where grain = 'street'
group by subdistrict_name, category
