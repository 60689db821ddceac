-- Party organisations that stand at a moment.
--
-- Grain:   one row per organisation founded by the day of $as_of, those without a date included.
-- Params:  $as_of  organisations founded after the day of this moment are not known yet
-- Reads:   party_orgs
select *
from party_orgs
where coalesce(founded_date, $as_of::date) <= $as_of::date
