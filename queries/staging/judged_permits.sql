-- Permit applications with the working days they took, or have waited, at a moment.
--
-- Grain:   one row per application received by the day of $as_of.
-- Params:  $as_of  what is issued after the day of this moment is still open
-- Reads:   permits, calendar
-- Caveat:  The day of receipt does not count, the day of issue does; issued on the day of receipt is 0 working days.
--          An application received on a day off starts with the next working day. Before 2004 there is no calendar.
select
    permits.permit_id,
    permits.permit_kind,
    permits.is_green_channel,
    permits.enterprise_name,
    permits.subdistrict_name,
    permits.applied_date,
    permits.statutory_days as statutory_working_days,
    permits.promised_days as promised_working_days,
    case when permits.issued_date <= $as_of::date then permits.issued_date end as known_issued_date,
    coalesce(permits.issued_date <= $as_of::date, false) as is_issued,
    ended.working_day_number - applied.working_day_number as working_days,
    case when permits.is_green_channel then '绿色通道' else '普通办理' end as channel,
from permits
left join calendar as applied on permits.applied_date = applied.day
left join calendar as ended
    on case when permits.issued_date <= $as_of::date then permits.issued_date else $as_of::date end = ended.day
where permits.applied_date <= $as_of::date
