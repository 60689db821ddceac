-- Services given at stations over time.
--
-- Grain:   one row per day, week or month of the period, those without services included.
-- Params:  $as_of        services after this moment are not known yet
--          $start_date   first day, inclusive
--          $end_date     last day, inclusive
--          $step         day, week or month
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all
--          $station_id   one station, null for all
-- Reads:   given_services
with steps as (
    select distinct date_trunc($step::varchar, listed.listed_day)::date as step_date
    from generate_series($start_date::timestamp, $end_date::timestamp, interval 1 day) as listed (listed_day)
),

given as (
    select
        date_trunc($step::varchar, requested_date)::date as step_date,
        count(*) as service_count,
        count(*) filter (where service_id = 'S01') as consultation_count,
    from given_services($as_of::timestamp)
    where
        requested_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
        and ($station_id::varchar is null or station_id = $station_id::varchar)
    group by all
)

select
    steps.step_date,
    steps.step_date >= $start_date::date
    and steps.step_date + ('1 ' || $step::varchar)::interval <= $end_date::date + interval 1 day as is_whole,
    coalesce(given.service_count, 0) as service_count,
    coalesce(given.consultation_count, 0) as consultation_count,
from steps
left join given on steps.step_date = given.step_date
order by steps.step_date
