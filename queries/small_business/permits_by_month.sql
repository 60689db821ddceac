-- Working days that permits of one kind took, by the month of issue and by channel.
--
-- Grain:   one row per month of the period and channel, those without permits included.
-- Params:  $as_of        what is issued after the day of this moment is not known yet
--          $start_date   first day of issue, inclusive
--          $end_date     last day of issue, inclusive
--          $subdistrict  one subdistrict, null for the district
--          $permit_kind  食品经营许可, 营业执照 or 公共场所卫生许可
-- Reads:   judged_permits
with steps as (
    select
        channels.channel,
        unnest(
            generate_series(date_trunc('month', $start_date::date), $end_date::date, interval 1 month)
        )::date as step_date,
    from (values ('普通办理'), ('绿色通道')) as channels (channel)
),

issued as (
    select
        channel,
        date_trunc('month', known_issued_date)::date as step_date,
        count(*) as permit_issued_count,
        quantile_cont(working_days, 0.5)::double as median_permit_working_days,
        quantile_cont(working_days, 0.9)::double as p90_permit_working_days,
        count(*) filter (where working_days <= promised_working_days) as within_promise_count,
        count(*) filter (where working_days is not null and promised_working_days is not null) as promised_count,
    from judged_permits($as_of::timestamp)
    where
        is_issued
        and permit_kind = $permit_kind::varchar
        and known_issued_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    group by all
)

select
    steps.step_date,
    steps.channel,
    steps.step_date >= $start_date::date
    and steps.step_date + interval 1 month <= $end_date::date + interval 1 day as is_whole,
    coalesce(issued.permit_issued_count, 0) as permit_issued_count,
    issued.median_permit_working_days,
    issued.p90_permit_working_days,
    coalesce(issued.within_promise_count, 0) as within_promise_count,
    coalesce(issued.promised_count, 0) as promised_count,
from steps
left join issued on steps.channel = issued.channel and steps.step_date = issued.step_date
order by steps.channel, steps.step_date
