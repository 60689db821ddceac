-- How much of the time allowed closed appeals took, each against its own deadline.
--
-- Grain:   one row per tenth of the time allowed, up to twice that; the last row takes the rest.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $as_of        the moment everything is judged at
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
-- Reads:   duration_counts
-- Caveat:  自然时间；未办结和没有时限的诉求不在图中。
with used as (
    select
        tenth,
        total(closed_count) as closed_count,
    from duration_counts($as_of::timestamp)
    where
        tenth is not null
        and received_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
    group by tenth
)

select
    tenths.tenth,
    coalesce(used.closed_count, 0) as closed_count,
    tenths.tenth >= 10 as is_late,
    tenths.tenth = 20 as is_rest,
from range(21) as tenths (tenth)
left join used on tenths.tenth = used.tenth
order by tenths.tenth
