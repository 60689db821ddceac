-- Same-day response by weekday and hour of receipt.
--
-- Grain:   one row per weekday and hour at which an appeal of the period was received.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $as_of        the moment everything is judged at
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
-- Reads:   hour_counts
-- Caveat:  件数少的格子，比率跳动大。
select
    isodow(received_date)::bigint as weekday_number,
    received_hour,
    total(received_count) as received_count,
    total(response_due_count) as response_due_count,
    total(same_day_response_count) as same_day_response_count,
    rate(total(same_day_response_count), total(response_due_count)) as same_day_response_rate,
from hour_counts($as_of::timestamp)
where
    received_date between $start_date::date and $end_date::date
    and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    and ($category::varchar is null or category = $category::varchar)
group by isodow(received_date)::bigint, received_hour
order by weekday_number, received_hour
