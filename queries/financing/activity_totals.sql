-- The activities of a period: how many, who came, what was sold, what financing followed from them.
--
-- Grain:   one row.
-- Params:  $as_of        activities and fundings after this moment are not known yet
--          $start_date   first day of activities, inclusive
--          $end_date     last day of activities, inclusive
--          $subdistrict  activities in one subdistrict, null for the district
-- Reads:   linked_activities
-- KPI:     activity_count           活动场次 = 时段内已开始的活动
--          attendance_count         参加企业家次 = 时段内各场活动的参加企业数之和，一家参加几场计几次
--          [attendance_count/activity_count] {activities.participant_count}
--          live_sales_yuan          直播销售额 = 时段内直播登记的销售额之和；有直播而都没有登记时不可算（高者为好）
--          [live_sales_yuan/live_event_count] {activities.sales_yuan}
--          meeting_firm_rate        对接后融资占比 = 由银企对接会引出且已到账的融资企业家次 / 登记了参加企业数的银企对接会的参加企业家次（高者为好）
--          [meeting_firm_count/meeting_attendance_count] {financing.activity_id, activities.participant_count}
-- Caveat:  融资与活动的关联以台账填写的活动编号为准；近期对接会引出的融资可能尚未到账。
with held as (
    select *
    from linked_activities($as_of::timestamp)
    where
        held_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
),

counted as (
    select
        count(*) as activity_count,
        coalesce(sum(participant_count), 0)::bigint as attendance_count,
        count(*) filter (where activity_kind = '直播') as live_event_count,
        count(sales_yuan) filter (where activity_kind = '直播') as live_reported_count,
        sum(sales_yuan) filter (where activity_kind = '直播') as sales_yuan,
        min(held_date) filter (where activity_kind = '直播') as live_first_date,
        max(held_date) filter (where activity_kind = '直播') as live_last_date,
        count(*) filter (where activity_kind = '银企对接会') as meeting_count,
        coalesce(sum(participant_count) filter (where activity_kind = '银企对接会'), 0)::bigint as meeting_attendance_count,
        coalesce(sum(linked_firm_count) filter (
            where activity_kind = '银企对接会' and participant_count is not null
        ), 0)::bigint as meeting_firm_count,
        coalesce(sum(linked_deal_count) filter (where activity_kind = '银企对接会'), 0)::bigint as meeting_deal_count,
        coalesce(sum(linked_yuan) filter (where activity_kind = '银企对接会'), 0) as meeting_yuan,
    from held
)

select
    * exclude (sales_yuan),
    case when live_event_count = 0 then 0 else sales_yuan end as live_sales_yuan,
    live_last_date - live_first_date + 1 as live_days,
    rate(meeting_firm_count, meeting_attendance_count) as meeting_firm_rate,
from counted
