-- Same-day response by weekday and hour of receipt.
--
-- Grain:   one row per weekday and hour at which an appeal of the period was received.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $as_of        the moment everything is judged at
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
-- Reads:   judged_cases
-- Caveat:  件数少的格子，比率跳动大。
select
    isodow(received_at)::bigint as weekday_number,
    hour(received_at)::bigint as received_hour,
    count(*) as received_count,
    count(*) filter (where is_response_due) as response_due_count,
    count(*) filter (where is_same_day_response) as same_day_response_count,
    rate(
        count(*) filter (where is_same_day_response), count(*) filter (where is_response_due)
    ) as same_day_response_rate,
from judged_cases($as_of::timestamp)
where
    received_date between $start_date::date and $end_date::date
    and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    and ($category::varchar is null or category = $category::varchar)
group by all
order by weekday_number, received_hour
