-- How long closed appeals took, in days from receipt.
--
-- Grain:   one row per full day taken (0 = less than 24 hours), up to $longest_days which takes the rest.
-- Params:  $start_date    first day received, inclusive
--          $end_date      last day received, inclusive
--          $as_of         the moment open cases are judged at
--          $subdistrict   one subdistrict, null for the district
--          $category      one category, null for all
--          $longest_days  longer ones are counted together
-- Reads:   duration_counts
-- Caveat:  未办结的诉求不在图中。
with lengths as (
    select
        least(days_taken, $longest_days::bigint) as days_taken,
        total(closed_count) as closed_count,
        total(case when is_late then closed_count end) as late_count,
    from duration_counts($as_of::timestamp)
    where
        received_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
    group by all
)

select
    steps.days_taken,
    coalesce(lengths.closed_count, 0) as closed_count,
    coalesce(lengths.late_count, 0) as late_count,
    steps.days_taken = $longest_days::bigint as is_rest,
from range($longest_days::bigint + 1) as steps (days_taken)
left join lengths on steps.days_taken = lengths.days_taken
order by steps.days_taken
