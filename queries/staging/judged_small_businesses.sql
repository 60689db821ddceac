-- Small businesses (小个专) with how far the party's organisations and work reach them at a moment.
--
-- Grain:   one row per row of small_business_counts that is about small businesses.
-- Params:  $as_of  what is visited or founded after the day of this moment is not known yet
-- Reads:   small_business_counts, party_orgs
-- Caveat:  An organisation counts from the day it was founded, one without a date as founded long ago, and one that
--          the register does not have does not count, but where one street is seen it stands in another; where no
--          register was loaded the entity's own entry decides.
--          Only the last visit of an entity is known: one visited after the moment counts as not visited by then.
with judged as (
    select
        counts.*,
        coalesce(counts.party_member_count, 0) > 0 as has_members,
        counts.party_org_id is not null
        and case
            when party_orgs.party_org_id is null
                then
                    not sees_whole_district()
                    or not exists (select registered.party_org_id from party_orgs as registered)
            else coalesce(party_orgs.founded_date, $as_of::date) <= $as_of::date
        end as is_organised,
        coalesce(counts.last_visited_date <= $as_of::date, false) as is_visited,
        coalesce(counts.has_party_instructor, false) as is_instructed,
    from small_business_counts as counts
    left join party_orgs on counts.party_org_id = party_orgs.party_org_id
    where counts.is_small_business
)

select
    *,
    is_visited or is_instructed as is_worked,
    case
        when has_members and not is_organised then '有党员无党组织'
        when not has_members and not (is_visited or is_instructed) then '无党员未走访指导'
    end as coverage_gap,
from judged
