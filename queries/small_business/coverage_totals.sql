-- How many small businesses (小个专) the party's organisations and work reach.
--
-- Grain:   one row.
-- Params:  $as_of        the moment whose day decides what is visited and founded
--          $start_date   first day of the visits of the period, inclusive
--          $end_date     last day of the visits of the period, inclusive
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all of them
-- Reads:   judged_small_businesses
-- KPI:     organisation_coverage_rate  组织覆盖率 = 截至当日有党组织覆盖的 / 有党员的小个专（高者为好）
--          [organised_count/with_members_count]
--          {enterprises.party_member_count, enterprises.party_org_id}
--          work_coverage_rate  工作覆盖率 = 截至当日走访过或有党建指导员的（不论何时走访） / 没有党员的小个专（高者为好）
--          [worked_count/without_members_count]
--          {enterprises.party_member_count, enterprises.last_visited_date, enterprises.has_party_instructor}
--          uncovered_count  未覆盖小个专 = 有党员而无党组织的，加上无党员而未走访也无指导员的（低者为好）
--          [uncovered_count/small_business_count]
--          {enterprises.party_member_count, enterprises.party_org_id, enterprises.last_visited_date, enterprises.has_party_instructor}
--          visited_business_count  走访小个专 = 截至当日走访过的小个专，不论何时（高者为好）
--          [visited_business_count/small_business_count] {enterprises.last_visited_date}
--          period_visited_rate  时段走访率 = 最近一次走访在时段内的 / 小个专（高者为好）
--          [period_visited_count/small_business_count] {enterprises.last_visited_date}
-- Caveat:  导出只有每户最近一次走访的日期，时段早于数据截止日时，之后又走访过的不计入该时段。
select
    coalesce(sum(entity_count), 0)::bigint as small_business_count,
    coalesce(sum(entity_count) filter (where has_members), 0)::bigint as with_members_count,
    coalesce(sum(entity_count) filter (where has_members and is_organised), 0)::bigint as organised_count,
    rate(organised_count, with_members_count) as organisation_coverage_rate,
    coalesce(sum(entity_count) filter (where not has_members), 0)::bigint as without_members_count,
    coalesce(sum(entity_count) filter (where not has_members and is_worked), 0)::bigint as worked_count,
    rate(worked_count, without_members_count) as work_coverage_rate,
    with_members_count - organised_count as unorganised_count,
    without_members_count - worked_count as unworked_count,
    coalesce(sum(entity_count) filter (where coverage_gap is not null), 0)::bigint as uncovered_count,
    coalesce(sum(entity_count) filter (where is_visited), 0)::bigint as visited_business_count,
    coalesce(
        sum(entity_count) filter (where is_visited and last_visited_date between $start_date::date and $end_date::date), 0
    )::bigint as period_visited_count,
    rate(period_visited_count, small_business_count) as period_visited_rate,
from judged_small_businesses($as_of::timestamp)
where
    ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    and ($community::varchar is null or community_name = $community::varchar)
