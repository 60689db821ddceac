-- Parks, circles and communities of each community that nobody holds or that want a visit in the quarter of a moment.
--
-- Grain:   one row per subdistrict and community with such objects.
-- Params:  $as_of               the moment everything is judged at
--          $quarter_date        first day of the calendar quarter of $as_of
--          $visits_per_quarter  visits that each calendar quarter asks for
-- Reads:   served_objects
select
    subdistrict_name,
    community_name,
    count(*) as object_count,
    count(*) filter (where not is_held) as unheld_count,
    count(*) filter (where is_held_in_period) as held_in_quarter_count,
    count(*) filter (where is_held_in_period and not is_frequent) as visits_owed_count,
from served_objects($as_of, $quarter_date, $as_of::date, $visits_per_quarter)
group by subdistrict_name, community_name
