-- Coverage of small businesses (小个专) by the party's organisations and work, per subdistrict.
--
-- Grain:   one row per subdistrict, those without small businesses included.
-- Params:  $as_of        the moment whose day decides what is visited and founded
--          $start_date   first day of the visits of the period, inclusive
--          $end_date     last day of the visits of the period, inclusive
-- Reads:   subdistricts, judged_small_businesses
with judged as (
    select
        subdistrict_name,
        sum(entity_count)::bigint as small_business_count,
        coalesce(sum(entity_count) filter (where has_members), 0)::bigint as with_members_count,
        coalesce(sum(entity_count) filter (where has_members and is_organised), 0)::bigint as organised_count,
        coalesce(sum(entity_count) filter (where not has_members), 0)::bigint as without_members_count,
        coalesce(sum(entity_count) filter (where not has_members and is_worked), 0)::bigint as worked_count,
        coalesce(sum(entity_count) filter (where coverage_gap is not null), 0)::bigint as uncovered_count,
        coalesce(sum(entity_count) filter (where is_visited), 0)::bigint as visited_business_count,
        coalesce(
            sum(entity_count) filter (where is_visited and last_visited_date between $start_date::date and $end_date::date), 0
        )::bigint as period_visited_count,
    from judged_small_businesses($as_of::timestamp)
    group by subdistrict_name
)

select
    subdistricts.subdistrict_code,
    subdistricts.subdistrict_name,
    coalesce(judged.small_business_count, 0) as small_business_count,
    coalesce(judged.with_members_count, 0) as with_members_count,
    coalesce(judged.organised_count, 0) as organised_count,
    rate(judged.organised_count, judged.with_members_count) as organisation_coverage_rate,
    coalesce(judged.without_members_count, 0) as without_members_count,
    coalesce(judged.worked_count, 0) as worked_count,
    rate(judged.worked_count, judged.without_members_count) as work_coverage_rate,
    coalesce(judged.uncovered_count, 0) as uncovered_count,
    coalesce(judged.visited_business_count, 0) as visited_business_count,
    coalesce(judged.period_visited_count, 0) as period_visited_count,
    rate(judged.period_visited_count, judged.small_business_count) as period_visited_rate,
from subdistricts
left join judged on subdistricts.subdistrict_name = judged.subdistrict_name
order by subdistricts.subdistrict_code
