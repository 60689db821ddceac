-- Permits by kind and channel: what the law allows, what was promised, and the working days it took.
--
-- Grain:   one row per permit kind and channel that has an application.
-- Params:  $as_of        what is issued after the day of this moment is still open
--          $start_date   first day of issue, inclusive
--          $end_date     last day of issue, inclusive
--          $subdistrict  one subdistrict, null for the district
-- Reads:   judged_permits
-- Caveat:  承诺和法定时限取该类办件中的最高值；在办的等候天数算到数据截止日。
with judged as (
    select
        *,
        is_issued and known_issued_date between $start_date::date and $end_date::date as is_issued_in_period,
    from judged_permits($as_of::timestamp)
    where $subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar
)

select
    permit_kind,
    channel,
    max(statutory_working_days) as statutory_working_days,
    max(promised_working_days) as promised_working_days,
    count(*) filter (where is_issued_in_period) as permit_issued_count,
    quantile_cont(working_days, 0.5) filter (where is_issued_in_period)::double as median_permit_working_days,
    quantile_cont(working_days, 0.9) filter (where is_issued_in_period)::double as p90_permit_working_days,
    count(*) filter (where is_issued_in_period and working_days <= promised_working_days) as within_promise_count,
    count(*) filter (
        where is_issued_in_period and working_days is not null and promised_working_days is not null
    ) as promised_count,
    rate(within_promise_count, promised_count) as within_promise_rate,
    count(*) filter (where not is_issued) as permit_open_count,
    max(working_days) filter (where not is_issued) as longest_open_working_days,
    count(*) filter (where not is_issued and working_days > promised_working_days) as permit_late_count,
from judged
group by permit_kind, channel
order by permit_kind, channel
