-- One appeal with where it came from and what its clocks say.
--
-- Grain:   one row, none when no such appeal counts at the moment.
-- Params:  $as_of    the moment it is judged at
--          $case_id  the appeal's number
-- Reads:   numbered_case, stations, visits, cadres
select
    judged.appeal_id,
    judged.title,
    judged.content,
    judged.category_path,
    judged.category,
    judged.source,
    judged.enterprise_name,
    judged.subdistrict_name,
    judged.community_name,
    judged.park_name,
    judged.unit_name,
    stations.station_name,
    visits.visited_at,
    visits.note as visit_note,
    visitors.cadre_name as visitor_name,
    visitors.unit_name as visitor_unit,
    judged.received_at,
    judged.due_at,
    judged.is_due_worked_out,
    judged.extension_count,
    judged.returned_count,
    judged.redone_count,
    judged.is_closed,
    judged.is_overdue,
    judged.is_on_time,
    judged.is_same_day_response,
    judged.is_response_due,
    judged.first_response_hours,
    judged.first_response_working_hours,
    judged.resolution_hours,
    judged.resolution_working_hours,
    epoch($as_of::timestamp - judged.received_at) / 3600 as age_hours,
    judged.outcome,
    judged.rating,
from numbered_case($as_of::timestamp, $case_id::varchar) as judged
left join stations on judged.station_id = stations.station_id
left join visits on judged.visit_id = visits.visit_id
left join cadres as visitors on visits.cadre_id = visitors.cadre_id
