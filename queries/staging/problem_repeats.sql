-- How often a problem came up in a community in a period, and from how many firms.
--
-- Grain:   one row per subdistrict, community, category and subcategory with appeals in the period; those that name no
--          community or no subcategory are left out.
-- Params:  $as_of       the moment everything is judged at
--          $start_date  first day received, inclusive
--          $end_date    last day received, inclusive
-- Reads:   judged_cases
-- Caveat:  of a period that the release keeps them for, kept_problem_repeats is asked in its place.
select
    subdistrict_name,
    community_name,
    category,
    subcategory,
    count(*) as received_count,
    count(distinct coalesce(enterprise_id, enterprise_name)) as firm_count,
from judged_cases($as_of::timestamp)
where
    community_name is not null
    and subcategory is not null
    and received_date between $start_date::date and $end_date::date
group by subdistrict_name, community_name, category, subcategory
