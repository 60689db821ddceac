-- Every category met, for the filter.
--
-- Grain:   one row per category.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases
select
    category,
    count(*) as received_count,
from judged_cases($as_of::timestamp)
group by category
order by received_count desc, category
