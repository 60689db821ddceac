-- Stations open on a day: from the day they open until the day before they close.
--
-- Grain:   one row per station open on the day of $as_of.
-- Params:  $as_of  the moment whose day decides
-- Reads:   stations
select *
from stations
where
    coalesce(opened_date, $as_of::date) <= $as_of::date
    and coalesce(closed_date, $as_of::date + 1) > $as_of::date
