-- Self-employed traders who became companies (个转企), each month of this year beside the same month of the last.
--
-- Grain:   one row per month of the year, January first.
-- Params:  $as_of        conversions after the day of this moment are not known yet; its year is 今年
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all of them
-- Reads:   enterprises
-- Caveat:  this_year_count is null in months that have not begun. The running month ends with the day of $as_of in both
--          years, and is_whole says that it does.
with converted as (
    select
        month(converted_date) as month_number,
        count(*) filter (where year(converted_date) = year($as_of::date)) as this_year_count,
        count(*) filter (where year(converted_date) = year($as_of::date) - 1) as last_year_count,
        count(*) filter (
            where
            year(converted_date) = year($as_of::date) - 1
            and converted_date <= $as_of::date - interval 1 year
        ) as last_year_same_count,
    from enterprises
    where
        converted_date <= $as_of::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
    group by all
),

months as (
    select unnest(generate_series(1, 12)) as month_number
)

select
    months.month_number,
    case
        when months.month_number <= month($as_of::date) then coalesce(converted.this_year_count, 0)
    end as this_year_month_count,
    case
        when months.month_number <= month($as_of::date) then coalesce(converted.last_year_same_count, 0)
    end as last_year_same_month_count,
    coalesce(converted.last_year_count, 0) as last_year_month_count,
    months.month_number < month($as_of::date)
    or (months.month_number = month($as_of::date) and last_day($as_of::date) = $as_of::date) as is_whole,
from months
left join converted on months.month_number = converted.month_number
order by months.month_number
