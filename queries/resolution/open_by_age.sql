-- Open appeals by the days since they were received.
--
-- Grain:   one row per age band, empty bands included.
-- Params:  $as_of        the moment open cases are judged at
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
-- Reads:   open_cases
with bands (band_order, band, from_days, below_days) as (
    values
    (1, '1天内', 0, 1),
    (2, '1–3天', 1, 3),
    (3, '3–7天', 3, 7),
    (4, '7–14天', 7, 14),
    (5, '14–30天', 14, 30),
    (6, '30天以上', 30, 1000000)
),

aged as (
    select
        is_overdue,
        epoch($as_of::timestamp - received_at) / 86400 as age_days,
    from open_cases($as_of::timestamp)
    where
        ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($category::varchar is null or category = $category::varchar)
)

select
    bands.band_order,
    bands.band,
    count(aged.age_days) as open_count,
    count(aged.age_days) filter (where aged.is_overdue) as overdue_count,
from bands
left join aged on bands.from_days <= aged.age_days and bands.below_days > aged.age_days
group by all
order by bands.band_order
