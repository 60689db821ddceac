-- Enterprises by how far the nearest station is that was open when the release was made, straight as the crow flies.
--
-- Grain:   one row per enterprise.
-- Params:  $station_radius_metres  how near is near enough
-- Reads:   enterprise_reach
select
    *,
    longitude is not null as is_placed,
    nearest_station_metres is not null as is_judged,
    coalesce(nearest_station_metres <= $station_radius_metres, false) as is_reached,
    coalesce(is_small_business, false) as is_small,
from enterprise_reach
