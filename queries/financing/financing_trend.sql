-- Money that reached firms over time, per programme, and what it adds up to since the first deal.
--
-- Grain:   one row per day, week or month of the period and programme that a known deal belongs to.
-- Params:  $as_of        later fundings are not known yet
--          $start_date   first day funded, inclusive
--          $end_date     last day funded, inclusive
--          $step         day, week or month
--          $subdistrict  firms of one subdistrict, null for the district
-- Reads:   known_deals
with deals as (
    select *
    from known_deals($as_of::timestamp)
    where
        ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and (funded_date <= $end_date::date or funded_date is null)
),

steps as (
    select distinct date_trunc($step::varchar, listed.listed_day)::date as step_date
    from generate_series($start_date::timestamp, $end_date::timestamp, interval 1 day) as listed (listed_day)
),

programmes as (
    select
        programme,
        count(*) filter (where funded_date < $start_date::date) as earlier_count,
        coalesce(sum(amount_yuan) filter (where funded_date < $start_date::date), 0) as earlier_yuan,
    from deals
    group by programme
),

funded as (
    select
        date_trunc($step::varchar, funded_date)::date as step_date,
        programme,
        count(*) as funded_count,
        sum(amount_yuan) as funded_yuan,
    from deals
    where funded_date >= $start_date::date
    group by all
),

filled as (
    select
        steps.step_date,
        programmes.programme,
        programmes.earlier_count,
        programmes.earlier_yuan,
        coalesce(funded.funded_count, 0) as funded_count,
        coalesce(funded.funded_yuan, 0) as funded_yuan,
    from steps
    cross join programmes
    left join funded on steps.step_date = funded.step_date and programmes.programme = funded.programme
)

select
    step_date,
    programme,
    step_date >= $start_date::date
    and step_date + ('1 ' || $step::varchar)::interval <= $end_date::date + interval 1 day as is_whole,
    funded_count,
    funded_yuan,
    (earlier_count + sum(funded_count) over so_far)::bigint as total_funded_count,
    earlier_yuan + sum(funded_yuan) over so_far as total_funded_yuan,
from filled
window so_far as (partition by programme order by step_date)
order by step_date, programme
