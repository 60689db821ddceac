-- Money that was asked for and reached firms, per subdistrict of the firm.
--
-- Grain:   one row per subdistrict.
-- Params:  $as_of       the moment that decides what has arrived
--          $start_date  first day asked or funded, inclusive
--          $end_date    last day asked or funded, inclusive
-- Reads:   subdistricts, known_deals
with deals as (
    select
        *,
        coalesce(funded_date between $start_date::date and $end_date::date, false) as is_funded_here,
        coalesce(applied_date between $start_date::date and $end_date::date, false) as is_asked_here,
    from known_deals($as_of::timestamp)
)

select
    subdistricts.subdistrict_code,
    subdistricts.subdistrict_name,
    count(*) filter (where deals.is_asked_here) as asked_count,
    coalesce(sum(deals.amount_yuan) filter (where deals.is_asked_here), 0) as asked_yuan,
    count(*) filter (where deals.is_funded_here) as funded_count,
    count(distinct deals.firm) filter (where deals.is_funded_here) as funded_firm_count,
    coalesce(sum(deals.amount_yuan) filter (where deals.is_funded_here), 0) as funded_yuan,
    count(deals.funding_days) filter (where deals.is_funded_here) as timed_deal_count,
    quantile_cont(deals.funding_days, 0.5) filter (where deals.is_funded_here) as median_funding_days,
    count(*) filter (where not deals.is_funded) as waiting_deal_count,
    coalesce(sum(deals.amount_yuan) filter (where not deals.is_funded), 0) as waiting_yuan,
from subdistricts
left join deals on subdistricts.subdistrict_name = deals.subdistrict_name
group by subdistricts.subdistrict_code, subdistricts.subdistrict_name
order by subdistricts.subdistrict_code
