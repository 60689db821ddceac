-- Parks, circles and communities that somebody held on at least one day of a period, by kind of the holder's unit.
--
-- Grain:   one row per object and kind of unit (区委组织部, 区直部门, 街道, 区属国企) that held it.
-- Params:  $as_of       terms that begin after this moment's day are not known yet
--          $start_date  first day of the period, inclusive
--          $end_date    last day of the period, inclusive
-- Reads:   held_terms
select distinct
    object_kind,
    object_id,
    unit_kind,
from held_terms
where
    first_date <= least($end_date::date, $as_of::date)
    and coalesce(last_date, $start_date::date) >= $start_date::date
