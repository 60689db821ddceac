-- Financing appeals of a street before and after the bank-firm meetings held there, and elsewhere in the same days.
--
-- Grain:   one row per subdistrict with a meeting in the period, and first one for all of them.
-- Params:  $as_of         appeals and meetings after this moment are not known yet
--          $start_date    first day of meetings, inclusive
--          $end_date      last day of meetings, inclusive
--          $subdistrict   meetings in one subdistrict, null for the district
--          $weeks_around  weeks before and after each meeting, its own day belongs to neither
--          $min_n         with fewer appeals before and after together nothing is concluded
-- Reads:   linked_activities, case_counts
-- Scope:   district, totals only where $subdistrict is own
-- KPI:     weekly_change_ratio  对接会后诉求变化 = 对接会后每周融资诉求 / 对接会前每周融资诉求
--          [after_count/before_count]
--          meeting_change_verdict  对接会前后差异 = 前后件数之比的95%区间（Wilson，按两边的天数折算）含不变即“变化可能只是偶然”
-- Caveat:  前后对比，不等于因果：受理量还受季节、节假日和宣传影响；同期其他街道的件数列在旁边。
with meetings as (
    select
        activity_id,
        subdistrict_name,
        held_date,
    from linked_activities($as_of::timestamp)
    where
        activity_kind = '银企对接会'
        and held_date between $start_date::date and $end_date::date
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
),

received as (
    select
        received_date,
        subdistrict_name,
        category,
        received_count,
    from case_counts($as_of::timestamp)
    where grain = 'street'
),

known_since as (
    select min(received_date) as first_date
    from received
),

-- Days that nothing is known of count on neither side: those before the first appeal, those after $as_of.
windows as (
    select
        meetings.activity_id,
        meetings.subdistrict_name,
        meetings.held_date,
        greatest(meetings.held_date - 7 * $weeks_around::integer, known_since.first_date) as first_date,
        least(meetings.held_date + 7 * $weeks_around::integer, $as_of::date) as last_date,
    from meetings
    cross join known_since
),

counted as (
    select
        windows.activity_id,
        windows.subdistrict_name,
        greatest(windows.held_date - windows.first_date, 0) as before_days,
        windows.last_date - windows.held_date as after_days,
        total(
            case
                when received.subdistrict_name = windows.subdistrict_name and received.received_date < windows.held_date
                    then received.received_count
            end
        ) as before_count,
        total(
            case
                when received.subdistrict_name = windows.subdistrict_name and received.received_date > windows.held_date
                    then received.received_count
            end
        ) as after_count,
        total(
            case
                when received.subdistrict_name <> windows.subdistrict_name and received.received_date < windows.held_date
                    then received.received_count
            end
        ) as elsewhere_before_count,
        total(
            case
                when received.subdistrict_name <> windows.subdistrict_name and received.received_date > windows.held_date
                    then received.received_count
            end
        ) as elsewhere_after_count,
    from windows
    left join received
        on
            received.category = '融资'
            and received.received_date between windows.first_date and windows.last_date
    group by all
),

summed as (
    select
        subdistrict_name,
        count(*) as meeting_count,
        sum(before_days)::bigint as before_days,
        sum(after_days)::bigint as after_days,
        sum(before_count)::bigint as before_count,
        sum(after_count)::bigint as after_count,
        sum(elsewhere_before_count)::bigint as elsewhere_before_count,
        sum(elsewhere_after_count)::bigint as elsewhere_after_count,
    from counted
    group by grouping sets ((subdistrict_name), ())
    having count(*) > 0
),

compared as (
    select
        *,
        before_count + after_count as around_count,
        rate(after_days, before_days + after_days) as unchanged_share,
        wilson_low(after_count, before_count + after_count) as share_low,
        wilson_high(after_count, before_count + after_count) as share_high,
    from summed
)

select
    coalesce(subdistrict_name, '合计') as meeting_street,
    subdistrict_name is null as is_total,
    meeting_count,
    around_count,
    before_count,
    after_count,
    before_days,
    after_days,
    rate(7 * before_count, before_days) as before_weekly,
    rate(7 * after_count, after_days) as after_weekly,
    rate(after_count * before_days, before_count * after_days) as weekly_change_ratio,
    rate(share_low * before_days, (1 - share_low) * after_days) as least_change_ratio,
    rate(share_high * before_days, (1 - share_high) * after_days) as most_change_ratio,
    case when sees_whole_district() then elsewhere_before_count end as elsewhere_before_count,
    case when sees_whole_district() then elsewhere_after_count end as elsewhere_after_count,
    case
        when sees_whole_district()
            then rate(elsewhere_after_count * before_days, elsewhere_before_count * after_days)
    end as elsewhere_change_ratio,
    case
        when around_count = 0 then '前后都没有诉求'
        when before_days = 0 or after_days = 0 then '一边没有数据'
        when around_count < $min_n::bigint then '样本不足'
        when share_low > unchanged_share then '之后更多'
        when share_high < unchanged_share then '之后更少'
        else '变化可能只是偶然'
    end as meeting_change_verdict,
from compared
order by is_total desc, meeting_street
