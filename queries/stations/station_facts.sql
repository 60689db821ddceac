-- One station: what it is, and how many enterprises are near it.
--
-- Grain:   one row per station of that number, open or not.
-- Params:  $as_of                  the moment that decides whether it is open
--          $station_id             the station
--          $station_radius_metres  how near is near
-- Reads:   stations, enterprise_reach
with chosen as (
    select *
    from stations
    where station_id = $station_id::varchar
),

around as (
    select
        count(*) as near_count,
        count(*) filter (where entities.is_small_business) as near_small_count,
        count(*) filter (where entities.nearest_station_id = chosen.station_id) as nearest_to_this_count,
    from enterprise_reach as entities
    cross join chosen
    where
        -- A box of twice the radius first: most enterprises are out of it, and the formula is slow.
        abs(entities.latitude - chosen.latitude) <= $station_radius_metres / 50000.0
        and abs(entities.longitude - chosen.longitude) <= $station_radius_metres / 50000.0
        and great_circle_metres(
            chosen.longitude, chosen.latitude, entities.longitude, entities.latitude
        ) <= $station_radius_metres
)

select
    chosen.station_id,
    chosen.station_name,
    chosen.station_kind,
    chosen.subdistrict_name,
    chosen.community_name,
    chosen.address,
    chosen.services,
    chosen.opened_date,
    chosen.closed_date,
    coalesce(chosen.opened_date, $as_of::date) <= $as_of::date
    and coalesce(chosen.closed_date, $as_of::date + 1) > $as_of::date as is_open,
    chosen.longitude is not null as is_placed,
    around.near_count,
    around.near_small_count,
    around.nearest_to_this_count,
from chosen
cross join around
