-- Every place a reader can stand at: communities, parks and circles, stations, each with where it lies.
--
-- Grain:   one row per community, park or circle, and station.
-- Params:  none
-- Reads:   communities, parks, stations
select
    'community' as place_kind,
    community_name as place_id,
    community_name as place_name,
    subdistrict_name,
    community_name,
from communities
union all
select
    'park' as place_kind,
    park_id as place_id,
    park_name as place_name,
    subdistrict_name,
    community_name,
from parks
union all
select
    'station' as place_kind,
    station_id as place_id,
    station_name as place_name,
    subdistrict_name,
    community_name,
from stations
order by place_kind, place_id
