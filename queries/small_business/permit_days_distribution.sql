-- Permits of one kind issued in a period, by the working days they took.
--
-- Grain:   one row per channel and number of working days from 0 to the most taken, those without permits included.
-- Params:  $as_of        what is issued after the day of this moment is not known yet
--          $start_date   first day of issue, inclusive
--          $end_date     last day of issue, inclusive
--          $subdistrict  one subdistrict, null for the district
--          $permit_kind  食品经营许可, 营业执照 or 公共场所卫生许可
-- Reads:   judged_permits
with issued as (
    select
        channel,
        working_days,
        working_days > promised_working_days as is_late,
    from judged_permits($as_of::timestamp)
    where
        is_issued
        and working_days is not null
        and permit_kind = $permit_kind::varchar
        and known_issued_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
),

channels as (
    select distinct channel
    from issued
),

spans as (
    select unnest(generate_series(0, max(working_days))) as working_days
    from issued
),

lengths as (
    select
        channels.channel,
        spans.working_days,
    from channels
    cross join spans
)

select
    lengths.channel,
    lengths.working_days,
    count(issued.channel) as permit_issued_count,
    count(*) filter (where issued.is_late) as late_count,
from lengths
left join issued on lengths.channel = issued.channel and lengths.working_days = issued.working_days
group by lengths.channel, lengths.working_days
order by lengths.channel, lengths.working_days
