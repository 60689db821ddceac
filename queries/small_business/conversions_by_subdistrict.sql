-- Self-employed traders who became companies (个转企), per subdistrict: in the period, this year and the last.
--
-- Grain:   one row per subdistrict, those without conversions included.
-- Params:  $as_of       conversions after the day of this moment are not known yet; its year is 今年
--          $start_date  first day of the period, inclusive
--          $end_date    last day of the period, inclusive
-- Reads:   subdistricts, enterprises
with converted as (
    select
        subdistrict_name,
        count(*) filter (where converted_date between $start_date::date and $end_date::date) as converted_count,
        count(*) filter (where year(converted_date) = year($as_of::date)) as this_year_count,
        count(*) filter (
            where
            year(converted_date) = year($as_of::date) - 1
            and converted_date <= $as_of::date - interval 1 year
        ) as last_year_same_count,
        count(*) filter (where year(converted_date) = year($as_of::date) - 1) as last_year_count,
    from enterprises
    where converted_date <= $as_of::date
    group by subdistrict_name
)

select
    subdistricts.subdistrict_code,
    subdistricts.subdistrict_name,
    coalesce(converted.converted_count, 0) as converted_count,
    coalesce(converted.this_year_count, 0) as this_year_count,
    coalesce(converted.last_year_same_count, 0) as last_year_same_count,
    coalesce(converted.this_year_count, 0) - coalesce(converted.last_year_same_count, 0) as change_count,
    coalesce(converted.last_year_count, 0) as last_year_count,
from subdistricts
left join converted on subdistricts.subdistrict_name = converted.subdistrict_name
order by last_year_count desc, subdistricts.subdistrict_code
