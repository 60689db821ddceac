-- The activities of a period per kind: how many, who came, what was sold, what financing followed.
--
-- Grain:   one row per kind of activity met in the period.
-- Params:  $as_of        activities and fundings after this moment are not known yet
--          $start_date   first day of activities, inclusive
--          $end_date     last day of activities, inclusive
--          $subdistrict  activities in one subdistrict, null for the district
-- Reads:   linked_activities
select
    activity_kind,
    count(*) as activity_count,
    coalesce(sum(participant_count), 0)::bigint as attendance_count,
    quantile_disc(participant_count, 0.5) as median_participants,
    sum(sales_yuan) as sales_yuan,
    count(*) filter (where linked_deal_count > 0) as activity_with_deal_count,
    sum(linked_deal_count)::bigint as linked_deal_count,
    sum(linked_firm_count)::bigint as linked_firm_count,
    sum(linked_yuan) as linked_yuan,
    max(held_date) as last_held_date,
from linked_activities($as_of::timestamp)
where
    held_date between $start_date::date and $end_date::date
    and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
group by activity_kind
order by activity_count desc, activity_kind
