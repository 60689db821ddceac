-- Counts of appeals by day, each place and category in them numbered.
--
-- Grain:   one row per day of receipt and cell: subdistrict, community, park or circle, category and subcategory.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   topic_counts
select
    *,
    dense_rank() over (order by subdistrict_name, community_name, park_id, category, subcategory) as cell_id,
from topic_counts($as_of::timestamp)
