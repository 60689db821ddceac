-- Every category met, for the filter.
--
-- Grain:   one row per category.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   case_counts
select
    category,
    total(received_count) as received_count,
from case_counts($as_of::timestamp)
where grain = 'street'
group by category
order by received_count desc, category
