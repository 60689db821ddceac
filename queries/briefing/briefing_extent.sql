-- The days of which the release holds appeals.
--
-- Grain:   one row; null days where there is no appeal.
-- Params:  $as_of        the moment the data are from
--          $subdistrict  one subdistrict, null for the district
-- Reads:   category_totals
select
    min(first_received_date) as first_received_date,
    max(last_received_date) as last_received_date,
from category_totals($as_of::timestamp)
where ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
