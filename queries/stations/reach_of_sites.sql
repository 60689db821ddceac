-- What proposed sites would reach beyond the stations there are, counted enterprise by enterprise.
--
-- Grain:   one row per proposed site, in the order given.
-- Params:  $site_longitudes        degrees of the sites, in the order they would be opened
--          $site_latitudes         as many
--          $station_radius_metres  how near is near enough
--          $subdistrict            one subdistrict, null for the district
--          $community              one community, null for all
-- Reads:   judged_reach
with sites as (
    select
        unnest(range(1, len($site_longitudes::double[]) + 1)) as site_rank,
        unnest($site_longitudes::double[]) as longitude,
        unnest($site_latitudes::double[]) as latitude,
),

entities as (
    select *
    from judged_reach($station_radius_metres)
    where
        is_placed
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
),

-- The first of the sites that reaches an enterprise is the one that newly reaches it.
first_sites as (
    select
        entities.enterprise_id,
        min(sites.site_rank) as site_rank,
    from entities
    inner join sites
        on
            -- A box of twice the radius first: most enterprises are out of it, and the formula is slow.
            abs(entities.latitude - sites.latitude) <= $station_radius_metres / 50000.0
            and great_circle_metres(
                sites.longitude, sites.latitude, entities.longitude, entities.latitude
            ) <= $station_radius_metres
    where not entities.is_reached
    group by entities.enterprise_id
),

gained as (
    select
        site_rank,
        count(*) as newly_reached_count,
    from first_sites
    group by site_rank
),

before as (
    select
        count(*) as placed_count,
        count(*) filter (where is_reached) as reached_count,
    from entities
)

select
    sites.site_rank,
    sites.longitude,
    sites.latitude,
    coalesce(gained.newly_reached_count, 0) as newly_reached_count,
    before.reached_count + (
        sum(coalesce(gained.newly_reached_count, 0)) over (order by sites.site_rank)
    )::bigint as reached_count,
    before.placed_count,
    rate(
        before.reached_count + sum(coalesce(gained.newly_reached_count, 0)) over (order by sites.site_rank),
        before.placed_count
    ) as reached_with_sites_rate,
from sites
cross join before
left join gained on sites.site_rank = gained.site_rank
order by sites.site_rank
