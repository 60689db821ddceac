-- How often a problem came up in a community, and from how many firms, in the periods that pages offer by name.
--
-- Grain:   one row per kept period, subdistrict, community, category and subcategory with appeals; those that name no
--          community or no subcategory are left out.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases, kept_periods
select
    kept_periods.first_date,
    kept_periods.last_date,
    cases.subdistrict_name,
    cases.community_name,
    cases.category,
    cases.subcategory,
    count(*) as received_count,
    count(distinct coalesce(cases.enterprise_id, cases.enterprise_name)) as firm_count,
from kept_periods
inner join judged_cases($as_of::timestamp) as cases
    on cases.received_date between kept_periods.first_date and kept_periods.last_date
where cases.community_name is not null and cases.subcategory is not null
group by
    kept_periods.first_date,
    kept_periods.last_date,
    cases.subdistrict_name,
    cases.community_name,
    cases.category,
    cases.subcategory
order by
    kept_periods.first_date,
    kept_periods.last_date,
    cases.subdistrict_name,
    cases.community_name,
    cases.category,
    cases.subcategory
