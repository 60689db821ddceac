-- What money was asked for and reached firms in a period, and what is still on its way.
--
-- Grain:   one row.
-- Params:  $as_of        the moment that decides what has arrived and how long the rest has waited
--          $start_date   first day asked or funded, inclusive
--          $end_date     last day asked or funded, inclusive
--          $subdistrict  firms of one subdistrict, null for the district
-- Reads:   known_deals
-- KPI:     funded_yuan          到账金额 = 时段内到账的融资金额之和（高者为好） [funded_yuan/funded_count]
--          {financing.funded_date}
--          funded_firm_count    融资企业 = 时段内有融资到账的企业，按主体编号去重，没有编号的按企业名称（高者为好）
--          [funded_firm_count/funded_count] {financing.funded_date}
--          median_funding_days  到账用时中位数 = 时段内到账的融资从提出到到账的自然天数的中位数，没有提出日期的不计（低者为好）
--          [median_funding_days/timed_deal_count] {financing.applied_date, financing.funded_date}
--          p90_funding_days     到账用时九成值 = 九成融资的到账用时不超过的自然天数（低者为好）
--          [p90_funding_days/timed_deal_count] {financing.applied_date, financing.funded_date}
--          waiting_deal_count   待到账 = 截至数据时点已提出、尚未到账的融资，不限时段（低者为好）
--          [waiting_deal_count/known_deal_count] {financing.funded_date}
--          waiting_yuan         待到账金额 = 待到账融资的金额之和 [waiting_yuan/waiting_deal_count] {financing.funded_date}
--          slow_deal_count      等待偏久 = 待到账融资中，已等待天数超过同一项目已到账融资的九成值的（低者为好）
--          [slow_deal_count/waiting_deal_count] {financing.applied_date, financing.funded_date}
--          asked_yuan           提出金额 = 时段内提出的融资金额之和，不论是否已到账 [asked_yuan/asked_count] {financing.applied_date}
-- Caveat:  到账用时只算已到账的；尚未到账的列在待到账，不计入中位数。
with deals as (
    select
        *,
        quantile_cont(funding_days, 0.9) over (partition by programme) as usual_days,
    from known_deals($as_of::timestamp)
    where ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
),

judged as (
    select
        *,
        coalesce(funded_date between $start_date::date and $end_date::date, false) as is_funded_here,
        coalesce(applied_date between $start_date::date and $end_date::date, false) as is_asked_here,
    from deals
)

select
    count(*) as known_deal_count,
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
from judged
