-- The nearest stations that the load worked out, worked out again by another formula for a sample.
--
-- Grain:   one row.
-- Params:  $as_of        the moment whose day decides which stations are open
--          $most_rows    how many enterprises with a position are looked at
-- Reads:   enterprises, enterprise_reach, open_stations
with sampled as (
    select
        enterprise_id,
        longitude,
        latitude,
    from enterprises
    where longitude is not null and latitude is not null
    order by hash(enterprise_id), enterprise_id
    limit $most_rows::bigint
),

nearest as (
    select
        sampled.enterprise_id,
        min(
            great_circle_metres(
                stations.longitude, stations.latitude, sampled.longitude, sampled.latitude
            )
        ) as metres,
    from sampled
    left join open_stations($as_of::timestamp) as stations
        on stations.longitude is not null and stations.latitude is not null
    group by sampled.enterprise_id
)

select
    (select count(*) from enterprises) as entity_count,
    (select count(*) from enterprise_reach) as listed_count,
    count(*) as sampled_count,
    count(*) filter (
        where coalesce(abs(nearest.metres - known.nearest_station_metres) > 0.01, true)
        and (nearest.metres is not null or known.nearest_station_metres is not null)
    ) as wrong_count,
from nearest
left join enterprise_reach as known on nearest.enterprise_id = known.enterprise_id
