-- The activities of a period, the newest first, with what was sold and what financing followed.
--
-- Grain:   one row per activity.
-- Params:  $as_of        activities and fundings after this moment are not known yet
--          $start_date   first day of activities, inclusive
--          $end_date     last day of activities, inclusive
--          $subdistrict  activities in one subdistrict, null for the district
-- Reads:   linked_activities, parks
select
    held.activity_id,
    held.activity_name,
    held.activity_kind,
    held.started_at,
    held.subdistrict_name,
    held.park_id,
    parks.park_name,
    held.participant_count,
    held.sales_yuan,
    held.linked_deal_count,
    held.linked_firm_count,
    held.linked_yuan,
from linked_activities($as_of::timestamp) as held
left join parks on held.park_id = parks.park_id
where
    held.held_date between $start_date::date and $end_date::date
    and ($subdistrict::varchar is null or held.subdistrict_name = $subdistrict::varchar)
order by held.started_at desc, held.activity_id
