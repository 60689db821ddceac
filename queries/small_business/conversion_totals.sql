-- Self-employed traders who became companies (个转企): in the period, and this year beside the last.
--
-- Grain:   one row.
-- Params:  $as_of        conversions after the day of this moment are not known yet; its year is 今年
--          $start_date   first day of the period, inclusive
--          $end_date     last day of the period, inclusive
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all of them
-- Reads:   enterprises
-- KPI:     converted_count  个转企 = 时段内由个体工商户转为企业的市场主体（高者为好）
--          [converted_count/this_year_count] {enterprises.converted_date}
--          this_year_count  今年个转企 = 数据截止日所在年份的元旦至截止日（高者为好）
--          [this_year_count/last_year_same_count] {enterprises.converted_date}
--          last_year_same_count  去年同期个转企 = 去年元旦至去年同月同日 {enterprises.converted_date}
--          last_year_count  去年全年个转企 = 去年全年 {enterprises.converted_date}
-- Caveat:  同期比到同月同日；截止日为2月29日的，去年比到2月28日。
with converted as (
    select converted_date
    from enterprises
    where
        converted_date <= $as_of::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
)

select
    count(*) filter (where converted_date between $start_date::date and $end_date::date) as converted_count,
    count(*) filter (where year(converted_date) = year($as_of::date)) as this_year_count,
    count(*) filter (
        where
        year(converted_date) = year($as_of::date) - 1
        and converted_date <= $as_of::date - interval 1 year
    ) as last_year_same_count,
    count(*) filter (where year(converted_date) = year($as_of::date) - 1) as last_year_count,
from converted
