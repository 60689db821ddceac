-- Enterprises counted by place and by how far help is, for what counts them without looking at each.
--
-- Grain:   one row per subdistrict, community and cell of the grid that enterprises are in; those without a position
--          have no cell.
-- Params:  $station_radius_metres  how near is near enough
-- Reads:   judged_reach
select
    subdistrict_name,
    community_name,
    cell_column,
    cell_row,
    count(*) as entity_count,
    count(*) filter (where not is_placed) as unplaced_count,
    count(*) filter (where is_judged) as judged_count,
    count(*) filter (where is_reached) as reached_count,
    count(*) filter (where is_small and is_judged) as small_judged_count,
    count(*) filter (where is_small and is_reached) as small_reached_count,
from judged_reach($station_radius_metres)
group by subdistrict_name, community_name, cell_column, cell_row
