-- Cadres in office at a moment with how many parks or circles and communities each holds.
--
-- Grain:   one row per cadre in office on the day of $as_of, those holding nothing included.
-- Params:  $as_of  the moment whose day decides what is in force
-- Reads:   cadres, held_objects
select
    cadres.cadre_id,
    count(*) filter (where held.object_kind = '园区商圈') as park_count,
    count(*) filter (where held.object_kind = '社区') as community_count,
from cadres
left join held_objects($as_of) as held on cadres.cadre_id = held.cadre_id
where
    cadres.start_date <= $as_of::date
    and coalesce(cadres.end_date, $as_of::date) >= $as_of::date
group by cadres.cadre_id
