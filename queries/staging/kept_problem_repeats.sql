-- What problem_repeats says of a period that the release keeps them for, looked up.
--
-- Grain:   one row per subdistrict, community, category and subcategory with appeals in the period; those that name no
--          community or no subcategory are left out.
-- Params:  $as_of       the moment everything is judged at
--          $start_date  first day received, inclusive
--          $end_date    last day received, inclusive
-- Reads:   period_repeats
select
    subdistrict_name,
    community_name,
    category,
    subcategory,
    received_count,
    firm_count,
from period_repeats($as_of::timestamp)
where
    first_date = $start_date::date
    and last_date = $end_date::date
