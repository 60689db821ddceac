-- How often a problem came up in a community in a period, and from how many firms: looked up where the release keeps it.
--
-- Grain:   one row per subdistrict, community, category and subcategory with appeals in the period; those that name no
--          community or no subcategory are left out.
-- Params:  $as_of       the moment everything is judged at
--          $start_date  first day received, inclusive
--          $end_date    last day received, inclusive
-- Reads:   judged_cases, period_repeats
-- Caveat:  which of the two parts answers is known before any of them is read.
select
    subdistrict_name,
    community_name,
    category,
    subcategory,
    received_count,
    firm_count,
from period_repeats($as_of::timestamp)
where
    is_kept_period($start_date::date, $end_date::date)
    and first_date = $start_date::date
    and last_date = $end_date::date
union all
select
    subdistrict_name,
    community_name,
    category,
    subcategory,
    count(*) as received_count,
    count(distinct coalesce(enterprise_id, enterprise_name)) as firm_count,
from judged_cases($as_of::timestamp)
where
    not is_kept_period($start_date::date, $end_date::date)
    and community_name is not null
    and subcategory is not null
    and received_date between $start_date::date and $end_date::date
group by subdistrict_name, community_name, category, subcategory
