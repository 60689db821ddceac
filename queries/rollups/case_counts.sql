-- Counts of appeals that add up, by the day of receipt and what they can be narrowed or compared by.
--
-- Grain:   one row per day of receipt, subdistrict and category for `grain` 'street'; the same per community for
--          'community' and per unit for 'unit'. The three hold the same appeals: a query reads one of them.
-- Params:  $as_of  the moment everything is judged at
-- Reads:   judged_cases
select
    case
        when grouping(community_name) = 0 then 'community'
        when grouping(unit_name) = 0 then 'unit'
        else 'street'
    end as grain,
    received_date,
    subdistrict_name,
    category,
    community_name,
    unit_name,
    count(*) as received_count,
    count(closed_at) as closed_count,
    sum(case when is_overdue then 1 else 0 end)::bigint as overdue_count,
    sum(case when is_due then 1 else 0 end)::bigint as due_count,
    sum(case when is_on_time then 1 else 0 end)::bigint as on_time_count,
    sum(case when due_at is null then 1 else 0 end)::bigint as without_deadline_count,
    sum(case when is_due_worked_out then 1 else 0 end)::bigint as worked_out_deadline_count,
    sum(case when is_response_due then 1 else 0 end)::bigint as response_due_count,
    sum(case when is_same_day_response then 1 else 0 end)::bigint as same_day_response_count,
    sum(case when is_response_24h_due then 1 else 0 end)::bigint as response_24h_due_count,
    sum(case when is_response_24h then 1 else 0 end)::bigint as response_24h_count,
    count(assigned_at) as assigned_count,
    count(accepted_at) as accepted_count,
    count(first_response_at) as responded_count,
    count(outcome) as outcome_count,
    sum(case when outcome = '解决' then 1 else 0 end)::bigint as fully_resolved_count,
    sum(case when outcome = '部分解决' then 1 else 0 end)::bigint as partly_resolved_count,
    count(rating) as rated_count,
    sum(case when rating = '满意' then 1 else 0 end)::bigint as fully_satisfied_count,
    sum(case when rating = '基本满意' then 1 else 0 end)::bigint as basically_satisfied_count,
    sum(case when returned_count >= 1 then 1 else 0 end)::bigint as returned_case_count,
    sum(case when redone_count >= 1 then 1 else 0 end)::bigint as redone_case_count,
    sum(case when extension_count >= 1 then 1 else 0 end)::bigint as extended_case_count,
from judged_cases($as_of::timestamp)
group by
    grouping sets (
        (received_date, subdistrict_name, category),
        (received_date, subdistrict_name, category, community_name),
        (received_date, subdistrict_name, category, unit_name)
    )
order by grain, received_date, subdistrict_name, category, community_name, unit_name
