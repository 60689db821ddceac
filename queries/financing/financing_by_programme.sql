-- Deals, firms, amounts and the time to money, per programme: in a period, and since the first deal.
--
-- Grain:   one row per programme that a known deal belongs to.
-- Params:  $as_of        the moment that decides what has arrived and how long the rest has waited
--          $start_date   first day asked or funded, inclusive
--          $end_date     last day asked or funded, inclusive
--          $subdistrict  firms of one subdistrict, null for the district
-- Reads:   known_deals
-- KPI:     total_funded_yuan    累计到账金额 = 截至时段末到账的融资金额之和 [total_funded_yuan/total_funded_count]
--          {financing.funded_date}
--          first_funding_months  首单历时月数 = 从最早提出到最早到账的整月数（低者为好） {financing.applied_date, financing.funded_date}
-- Caveat:  到账用时只算时段内到账的；尚未到账的列在旁边。
with deals as (
    select
        *,
        coalesce(funded_date between $start_date::date and $end_date::date, false) as is_funded_here,
        coalesce(applied_date between $start_date::date and $end_date::date, false) as is_asked_here,
        coalesce(funded_date <= $end_date::date, false) as is_funded_so_far,
        quantile_cont(funding_days, 0.9) over (partition by programme) as usual_days,
    from known_deals($as_of::timestamp)
    where ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
)

select
    programme,
    count(*) filter (where is_asked_here) as asked_count,
    coalesce(sum(amount_yuan) filter (where is_asked_here), 0) as asked_yuan,
    count(*) filter (where is_funded_here) as funded_count,
    count(distinct firm) filter (where is_funded_here) as funded_firm_count,
    coalesce(sum(amount_yuan) filter (where is_funded_here), 0) as funded_yuan,
    count(funding_days) filter (where is_funded_here) as timed_deal_count,
    quantile_cont(funding_days, 0.5) filter (where is_funded_here) as median_funding_days,
    quantile_cont(funding_days, 0.9) filter (where is_funded_here) as p90_funding_days,
    count(*) filter (where not is_funded) as waiting_deal_count,
    coalesce(sum(amount_yuan) filter (where not is_funded), 0) as waiting_yuan,
    max(waiting_days) as longest_waiting_days,
    count(*) filter (where waiting_days > usual_days) as slow_deal_count,
    count(*) filter (where is_funded_so_far) as total_funded_count,
    count(distinct firm) filter (where is_funded_so_far) as total_firm_count,
    coalesce(sum(amount_yuan) filter (where is_funded_so_far), 0) as total_funded_yuan,
    min(applied_date) as first_applied_date,
    min(funded_date) filter (where is_funded_so_far) as first_funded_date,
    datesub('month', min(applied_date), min(funded_date) filter (where is_funded_so_far)) as first_funding_months,
from deals
group by programme
order by min(coalesce(applied_date, funded_date)) nulls last, programme
