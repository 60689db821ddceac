-- Permits issued in a period, and applications open now.
--
-- Grain:   one row.
-- Params:  $as_of        what is issued after the day of this moment is still open
--          $start_date   first day of issue, inclusive
--          $end_date     last day of issue, inclusive
--          $subdistrict  one subdistrict, null for the district
-- Reads:   judged_permits
-- KPI:     green_food_permit_working_days  食品许可绿色通道用时 = 时段内经绿色通道发证的食品经营许可，受理至发证的工作日数中位数，受理当日不计（低者为好）
--          [green_food_permit_working_days/green_food_issued_count]
--          ordinary_food_permit_working_days  食品许可普通办理用时 = 同上，普通办理的（低者为好）
--          [ordinary_food_permit_working_days/ordinary_food_issued_count]
--          within_promise_rate  承诺时限内发证率 = 工作日数不超过承诺时限的 / 时段内发证且有承诺时限的（高者为好）
--          [within_promise_count/promised_count] {permits.promised_days}
--          permit_open_count  在办证照 = 截至当日已受理未发证的，不论时段 [permit_open_count/permit_late_count]
--          permit_late_count  在办超承诺 = 在办证照中，等候的工作日数已超过承诺时限的（低者为好）
--          [permit_late_count/permit_open_count] {permits.promised_days}
with judged as (
    select
        *,
        is_issued and known_issued_date between $start_date::date and $end_date::date as is_issued_in_period,
    from judged_permits($as_of::timestamp)
    where $subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar
)

select
    count(*) filter (where is_issued_in_period) as permit_issued_count,
    count(*) filter (
        where is_issued_in_period and permit_kind = '食品经营许可' and is_green_channel
    ) as green_food_issued_count,
    quantile_cont(working_days, 0.5) filter (
        where is_issued_in_period and permit_kind = '食品经营许可' and is_green_channel
    )::double as green_food_permit_working_days,
    count(*) filter (
        where is_issued_in_period and permit_kind = '食品经营许可' and not is_green_channel
    ) as ordinary_food_issued_count,
    quantile_cont(working_days, 0.5) filter (
        where is_issued_in_period and permit_kind = '食品经营许可' and not is_green_channel
    )::double as ordinary_food_permit_working_days,
    count(*) filter (where is_issued_in_period and working_days <= promised_working_days) as within_promise_count,
    count(*) filter (
        where is_issued_in_period and working_days is not null and promised_working_days is not null
    ) as promised_count,
    rate(within_promise_count, promised_count) as within_promise_rate,
    count(*) filter (where not is_issued) as permit_open_count,
    count(*) filter (where not is_issued and working_days > promised_working_days) as permit_late_count,
from judged
