-- Enterprises with a position that no open station reaches.
--
-- Grain:   one row per such enterprise.
-- Params:  $station_radius_metres  how near is near enough
-- Reads:   judged_reach
select
    subdistrict_name,
    community_name,
    longitude,
    latitude,
    cell_column,
    cell_row,
from judged_reach($station_radius_metres)
where is_placed and not is_reached
