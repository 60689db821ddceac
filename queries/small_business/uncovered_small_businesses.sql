-- Small businesses (小个专) that neither an organisation nor work of the party reaches yet, community by community.
--
-- Grain:   one row per uncovered small business, the first $most_rows of them.
-- Params:  $as_of        the moment whose day decides what is visited and founded
--          $subdistrict  one subdistrict, null for the district
--          $community    one community, null for all of them
--          $most_rows    at most so many; coverage_totals says how many there are
-- Reads:   judged_small_businesses, enterprises, subdistricts
with gaps as (
    select *
    from judged_small_businesses($as_of::timestamp)
    where
        coverage_gap is not null
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
)

select
    enterprises.subdistrict_name,
    enterprises.community_name,
    gaps.coverage_gap,
    enterprises.enterprise_id,
    enterprises.enterprise_name,
    enterprises.entity_kind,
    enterprises.party_member_count,
    enterprises.party_org_id,
    enterprises.last_visited_date,
from enterprises
inner join gaps
    on
        enterprises.subdistrict_name = gaps.subdistrict_name
        and enterprises.community_name = gaps.community_name
        and enterprises.is_small_business = gaps.is_small_business
        and enterprises.party_member_count is not distinct from gaps.party_member_count
        and enterprises.party_org_id is not distinct from gaps.party_org_id
        and enterprises.has_party_instructor is not distinct from gaps.has_party_instructor
        and enterprises.last_visited_date is not distinct from gaps.last_visited_date
left join subdistricts on enterprises.subdistrict_name = subdistricts.subdistrict_name
order by
    subdistricts.subdistrict_code, enterprises.community_name, gaps.coverage_gap desc, enterprises.enterprise_id
limit $most_rows::bigint
