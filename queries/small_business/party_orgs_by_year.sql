-- Party organisations of the small businesses (小个专) by the year they were founded in.
--
-- Grain:   one row per year from the first founding to that of $as_of, those without foundings included.
-- Params:  $as_of        organisations founded after the day of this moment are not known yet
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all of them
-- Reads:   standing_party_orgs
-- Caveat:  Organisations without a date of founding are in no year; party_org_totals counts them.
with founded as (
    select
        year(founded_date) as founded_year,
        count(*) filter (where not is_mobile) as founded_count,
        count(*) filter (where is_mobile) as mobile_founded_count,
    from standing_party_orgs($as_of::timestamp)
    where
        founded_date is not null
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
    group by all
),

years as (
    select unnest(generate_series(min(founded_year), year($as_of::date))) as founded_year
    from founded
)

select
    years.founded_year,
    coalesce(founded.founded_count, 0) as founded_count,
    coalesce(founded.mobile_founded_count, 0) as mobile_founded_count,
    sum(coalesce(founded.founded_count, 0)) over (order by years.founded_year)::bigint as standing_count,
    sum(coalesce(founded.mobile_founded_count, 0)) over (order by years.founded_year)::bigint as mobile_standing_count,
from years
left join founded on years.founded_year = founded.founded_year
order by years.founded_year
