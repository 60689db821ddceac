-- Enterprises counted on a grid, and those of them that no open station reaches.
--
-- Grain:   one row per cell that holds an enterprise with a position.
-- Params:  $cells_a_side           how many cells of about 50 m make up a side: 1, 2 or 4
--          $station_radius_metres  how near is near enough
--          $subdistrict            one subdistrict, null for the district
--          $community              one community, null for all
-- Reads:   reach_counts
select
    coarser(cell_column, $cells_a_side::integer) as grid_column,
    coarser(cell_row, $cells_a_side::integer) as grid_row,
    cell_longitude(grid_column, $cells_a_side::integer) as longitude,
    cell_latitude(grid_row, $cells_a_side::integer) as latitude,
    sum(entity_count)::bigint as entity_count,
    sum(entity_count - reached_count)::bigint as unreached_count,
from reach_counts($station_radius_metres)
where
    cell_column is not null
    and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    and ($community::varchar is null or community_name = $community::varchar)
group by grid_column, grid_row
order by grid_row, grid_column
