-- Party organisations of the small businesses (小个专), and those whose date of founding is not known.
--
-- Grain:   one row.
-- Params:  $as_of        organisations founded after the day of this moment are not known yet
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all of them
-- Reads:   standing_party_orgs
-- KPI:     party_org_count  小个专党组织 = 截至当日已成立的党组织，流动党组织不计 [party_org_count/party_org_member_count]
--          mobile_party_org_count  流动党组织 = 截至当日已成立的流动党组织 [mobile_party_org_count/mobile_member_count]
select
    count(*) filter (where not is_mobile) as party_org_count,
    coalesce(sum(member_count) filter (where not is_mobile), 0)::bigint as party_org_member_count,
    count(*) filter (where is_mobile) as mobile_party_org_count,
    coalesce(sum(member_count) filter (where is_mobile), 0)::bigint as mobile_member_count,
    count(*) filter (where founded_date is null) as undated_count,
from standing_party_orgs($as_of::timestamp)
where
    ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    and ($community::varchar is null or community_name = $community::varchar)
