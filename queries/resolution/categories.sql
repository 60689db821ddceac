-- Every category met, for the filter.
--
-- Grain:   one row per category.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   category_totals
select
    category,
    total(received_count) as received_count,
from category_totals($as_of::timestamp)
group by category
order by received_count desc, category
