-- Market entities counted by everything that decides whether the party's organisations and work reach them.
--
-- Grain:   one row per subdistrict, community and combination of the other columns that occurs.
-- Params:  none
-- Reads:   enterprises
-- Caveat:  Made once when a release is opened: half a million entities come to some ten thousand rows, and judging
--          these takes 5 ms instead of 80.
select
    subdistrict_name,
    community_name,
    is_small_business,
    party_member_count,
    party_org_id,
    has_party_instructor,
    last_visited_date,
    count(*) as entity_count,
from enterprises
group by all
