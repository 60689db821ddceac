-- Financing deals known at a moment: what had reached the firm by then, what was still on its way.
--
-- Grain:   one row per deal asked for or funded by the day of $as_of, or without any date.
-- Params:  $as_of  the moment whose day decides; a later funding is not known yet
-- Reads:   financing
-- Caveat:  a deal without applied_date has an amount but no time to money; one without any date waits since nobody knows when.
select
    deal_id,
    programme,
    coalesce(enterprise_id, enterprise_name) as firm,
    enterprise_name,
    subdistrict_name,
    team_id,
    activity_id,
    amount_yuan,
    applied_date,
    case when funded_date <= $as_of::date then funded_date end as funded_date,
    coalesce(funded_date <= $as_of::date, false) as is_funded,
    case when funded_date <= $as_of::date then funded_date - applied_date end as funding_days,
    case
        when not coalesce(funded_date <= $as_of::date, false) then $as_of::date - applied_date
    end as waiting_days,
from financing
where
    coalesce(applied_date <= $as_of::date, true)
    or coalesce(funded_date <= $as_of::date, false)
