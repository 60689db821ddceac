-- How much of the time allowed closed appeals took, each against its own deadline.
--
-- Grain:   one row per tenth of the time allowed, up to twice that; the last row takes the rest.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $as_of        the moment everything is judged at
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
-- Reads:   judged_cases
-- Caveat:  自然时间；未办结和没有时限的诉求不在图中。
with used as (
    select
        case
            -- At the deadline itself an appeal is on time: it belongs to the tenth that ends there.
            when closed_at <= due_at
                then least(floor(10 * epoch(closed_at - received_at) / epoch(due_at - received_at)), 9)
            else least(10 + floor(10 * epoch(closed_at - due_at) / epoch(due_at - received_at)), 20)
        end::bigint as tenth,
        count(*) as closed_count,
    from judged_cases($as_of::timestamp)
    where
        is_closed
        and due_at > received_at
        and received_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
    group by all
)

select
    tenths.tenth,
    coalesce(used.closed_count, 0) as closed_count,
    tenths.tenth >= 10 as is_late,
    tenths.tenth = 20 as is_rest,
from range(21) as tenths (tenth)
left join used on tenths.tenth = used.tenth
order by tenths.tenth
