-- Appeals received in a period and overdue now, by street or by the communities of one street.
--
-- Grain:   one row per subdistrict or, where $subdistrict is given, per community of it; those without appeals included, what
--          names no area in a row of its own.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $as_of        the moment open cases are judged at
--          $subdistrict  the communities of this one, null for the subdistricts
-- Reads:   judged_cases, subdistricts, communities
with listed as (
    select subdistrict_name as area_name
    from subdistricts
    where $subdistrict::varchar is null
    union
    select community_name
    from communities
    where subdistrict_name = $subdistrict::varchar
),

counted as (
    select
        case when $subdistrict::varchar is null then subdistrict_name else community_name end as area_name,
        count(*) filter (where received_date between $start_date::date and $end_date::date) as received_count,
        count(*) filter (where is_overdue) as overdue_count,
    from judged_cases($as_of::timestamp)
    where ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    group by all
)

select
    coalesce(listed.area_name, counted.area_name, '（未填）') as area_name,
    coalesce(counted.received_count, 0) as received_count,
    coalesce(counted.overdue_count, 0) as overdue_count,
from listed
full outer join counted on listed.area_name = counted.area_name
where listed.area_name is not null or counted.received_count + counted.overdue_count > 0
order by received_count desc, overdue_count desc, area_name
