-- What proposed sites would reach beyond the stations there are, counted enterprise by enterprise.
--
-- Grain:   one row per proposed site, in the order given.
-- Params:  $site_longitudes        degrees of the sites, in the order they would be opened
--          $site_latitudes         as many
--          $cells_a_side           how many cells of about 50 m make up a side of those the sites are centres of
--          $station_radius_metres  how near is near enough
--          $subdistrict            one subdistrict, null for the district
--          $community              one community, null for all
-- Reads:   unreached_enterprises, reach_counts
with sites as (
    select
        unnest(range(1, len($site_longitudes::double[]) + 1)) as site_rank,
        unnest($site_longitudes::double[]) as longitude,
        unnest($site_latitudes::double[]) as latitude,
),

counts as (
    select *
    from reach_counts($station_radius_metres)
    where
        cell_column is not null
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
),

-- Cells with an enterprise that nobody reaches yet and a site might: the rest need not be looked at one by one.
near as (
    select
        counts.cell_column,
        counts.cell_row,
    from counts
    semi join sites
        on
            abs(sites.latitude - cell_latitude(counts.cell_row, 1)) <= $station_radius_metres / 50000.0 + 0.00045
            and abs(sites.longitude - cell_longitude(counts.cell_column, 1))
            <= $station_radius_metres / 50000.0 + 0.00049
    where counts.entity_count > counts.reached_count
),

unreached as (
    select
        entities.longitude,
        entities.latitude,
    from unreached_enterprises($station_radius_metres) as entities
    semi join near on entities.cell_column = near.cell_column and entities.cell_row = near.cell_row
    where
        ($subdistrict::varchar is null or entities.subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or entities.community_name = $community::varchar)
),

-- The first of the sites that reaches an enterprise is the one that newly reaches it.
first_sites as (
    select
        list_min(list_transform(
            -- A box of twice the radius first: most sites are out of it, and the formula is slow.
            list_filter(
                list_zip(
                    $site_longitudes::double[],
                    $site_latitudes::double[],
                    range(1, len($site_longitudes::double[]) + 1)
                ),
                lambda site: abs(site[2] - latitude) <= $station_radius_metres / 50000.0
                and abs(site[1] - longitude) <= $station_radius_metres / 50000.0
            ),
            lambda site: case
                when great_circle_metres(site[1], site[2], longitude, latitude) <= $station_radius_metres
                    then site[3]
            end
        )) as site_rank,
    from unreached
),

gained as (
    select
        site_rank,
        count(*) as newly_reached_count,
    from first_sites
    group by site_rank
),

-- A site is named after where most enterprises of its cell are.
around as (
    select
        sites.site_rank,
        counts.subdistrict_name,
        counts.community_name,
        sum(counts.entity_count)::bigint as entity_count,
    from counts
    inner join sites
        on
            coarser(counts.cell_column, $cells_a_side::integer)
            = cell_column_at(sites.longitude, $cells_a_side)
            and coarser(counts.cell_row, $cells_a_side::integer)
            = cell_row_at(sites.latitude, $cells_a_side)
    group by
        grouping sets (
            (sites.site_rank, counts.subdistrict_name),
            (sites.site_rank, counts.community_name)
        )
),

named as (
    select
        site_rank,
        arg_max(subdistrict_name, entity_count) as subdistrict_name,
        arg_max(community_name, entity_count) as community_name,
    from around
    group by site_rank
),

before as (
    select
        total(entity_count) as placed_count,
        total(reached_count) as reached_count,
    from counts
)

select
    sites.site_rank,
    named.subdistrict_name,
    named.community_name,
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
left join named on sites.site_rank = named.site_rank
order by sites.site_rank
