-- Party organisations of the small businesses (小个专), per subdistrict.
--
-- Grain:   one row per subdistrict, those without organisations included.
-- Params:  $as_of  organisations founded after the day of this moment are not known yet
-- Reads:   subdistricts, standing_party_orgs
-- Caveat:  流动党组织不计入党组织数，单列；党员人数未填的党组织计入个数，不计人数。
with counted as (
    select
        subdistrict_name,
        count(*) filter (where not is_mobile) as party_org_count,
        count(*) filter (where is_mobile) as mobile_party_org_count,
        coalesce(sum(member_count) filter (where not is_mobile), 0)::bigint as party_org_member_count,
        coalesce(sum(member_count) filter (where is_mobile), 0)::bigint as mobile_member_count,
        count(distinct community_name) as organised_community_count,
    from standing_party_orgs($as_of::timestamp)
    group by subdistrict_name
)

select
    subdistricts.subdistrict_code,
    subdistricts.subdistrict_name,
    coalesce(counted.party_org_count, 0) as party_org_count,
    coalesce(counted.mobile_party_org_count, 0) as mobile_party_org_count,
    coalesce(counted.party_org_member_count, 0) as party_org_member_count,
    coalesce(counted.mobile_member_count, 0) as mobile_member_count,
    coalesce(counted.organised_community_count, 0) as organised_community_count,
from subdistricts
left join counted on subdistricts.subdistrict_name = counted.subdistrict_name
order by subdistricts.subdistrict_code
