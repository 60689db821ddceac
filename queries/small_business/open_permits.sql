-- Applications for permits that are open, those over or nearest to their promised time first.
--
-- Grain:   one row per application received and not issued by the day of $as_of.
-- Params:  $as_of        the moment whose day waiting is counted to
--          $subdistrict  one subdistrict, null for the district
-- Reads:   judged_permits
select
    case
        when working_days > promised_working_days then '已超承诺'
        when working_days = promised_working_days then '今日到承诺时限'
        when promised_working_days is null then '无承诺时限'
        else '承诺时限内'
    end as permit_state,
    permit_id,
    permit_kind,
    channel,
    enterprise_name,
    subdistrict_name,
    applied_date,
    working_days as waited_working_days,
    promised_working_days,
    promised_working_days - working_days as left_working_days,
    statutory_working_days,
from judged_permits($as_of::timestamp)
where
    not is_issued
    and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
order by left_working_days nulls last, applied_date, permit_id
