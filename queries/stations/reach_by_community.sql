-- How many enterprises have an open station within the radius, by community, the worst served first.
--
-- Grain:   one row per community that has enterprises or is in the register.
-- Params:  $station_radius_metres  how near is near enough
--          $min_n                  fewer enterprises than this take no rank
--          $subdistrict            one subdistrict, null for the district
-- Reads:   reach_counts, communities
with counted as (
    select
        subdistrict_name,
        community_name,
        sum(entity_count)::bigint as entity_count,
        sum(unplaced_count)::bigint as unplaced_count,
        sum(judged_count)::bigint as judged_count,
        sum(reached_count)::bigint as reached_count,
        sum(small_judged_count)::bigint as small_judged_count,
        sum(small_reached_count)::bigint as small_reached_count,
    from reach_counts($station_radius_metres)
    where community_name is not null
    group by subdistrict_name, community_name
),

listed as (
    select
        subdistrict_name,
        community_name,
    from communities
    union
    select
        subdistrict_name,
        community_name,
    from counted
),

rated as (
    select
        listed.subdistrict_name,
        listed.community_name,
        coalesce(counted.entity_count, 0) as entity_count,
        coalesce(counted.unplaced_count, 0) as unplaced_count,
        coalesce(counted.judged_count, 0) as judged_count,
        coalesce(counted.reached_count, 0) as reached_count,
        coalesce(counted.judged_count - counted.reached_count, 0) as unreached_count,
        rate(counted.reached_count, counted.judged_count) as station_coverage_rate,
        coalesce(counted.small_judged_count, 0) as small_judged_count,
        coalesce(counted.small_reached_count, 0) as small_reached_count,
        rate(counted.small_reached_count, counted.small_judged_count) as small_station_coverage_rate,
        coalesce(counted.judged_count, 0) >= $min_n and counted.judged_count > 0 as is_enough,
    from listed
    left join counted
        on
            listed.community_name = counted.community_name
            and listed.subdistrict_name = counted.subdistrict_name
)

select
    *,
    case
        when is_enough then rank() over (partition by is_enough order by station_coverage_rate)
    end as worst_rank,
from rated
where $subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar
order by is_enough desc, station_coverage_rate, unreached_count desc, subdistrict_name, community_name
