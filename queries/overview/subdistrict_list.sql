-- The subdistricts in the order of their codes, for the filter and the map.
--
-- Grain:   one row per subdistrict.
-- Params:  none
-- Reads:   subdistricts
select
    subdistrict_code,
    subdistrict_name,
    short_name,
    office_longitude,
    office_latitude,
from subdistricts
order by subdistrict_code
