-- What the loaded data give for the figures that are published.
--
-- Grain:   one row per figure that can be worked out; computed_value is in the published figure's unit.
-- Params:  $as_of            what happened later is not known yet
--          $programme_start  first day of 万名干部助企行, "累计" counts from here
--          $assignments_start first day of 组工助企行 and of the stations' programme year
-- Reads:   case_counts, cadre_holdings, measures, teams, financing, stations, station_services, standing_party_orgs,
--          judged_small_businesses, small_business_counts, enterprises, service_catalog, activities, judged_permits,
--          subdistricts, communities
with n_plus_1 as (
    select *
    from financing
    where programme = '跨境N+1知识产权证券化' and funded_date <= $as_of::date
),

quick_tests as (
    select
        process,
        epoch(completed_at - requested_at) as seconds_taken,
    from station_services
    where service_id = 'S02' and completed_at <= $as_of::timestamp
),

consultations as (
    select count(*) as consultation_count
    from station_services
    where
        service_id = 'S01'
        and requested_at::date >= $assignments_start::date
        and requested_at <= $as_of::timestamp
    group by station_id
),

small as (
    select
        coalesce(sum(entity_count), 0) as small_count,
        sum(entity_count) filter (where has_members) as with_members_count,
        coalesce(sum(entity_count) filter (where has_members and is_organised), 0) as organised_count,
        sum(entity_count) filter (where not has_members) as without_members_count,
        coalesce(sum(entity_count) filter (where not has_members and is_worked), 0) as worked_count,
        coalesce(sum(entity_count) filter (where is_visited), 0) as visited_count,
    from judged_small_businesses($as_of::timestamp)
),

entities as (
    select coalesce(sum(entity_count), 0) as entity_count
    from small_business_counts
),

live as (
    select *
    from activities
    where
        activity_kind = '直播'
        and subdistrict_name = '华强北街道'
        and started_at <= $as_of::timestamp
),

food_permits as (
    select
        is_green_channel,
        working_days,
    from judged_permits($as_of::timestamp)
    where permit_kind = '食品经营许可' and is_issued
),

computed (figure_id, computed_value) as (
    select 'appeals_resolved', total(fully_resolved_count)::double
    from case_counts($as_of::timestamp)
    where grain = 'street' and received_date >= $programme_start::date
    union all
    select 'parks_per_cadre', median(park_count) from cadre_holdings($as_of::timestamp)
    union all
    select 'communities_per_cadre', median(community_count) from cadre_holdings($as_of::timestamp)
    union all
    select 'measures', count(*) from measures
    union all
    select 'fubao_team_number', max(team_number) from teams where subdistrict_name = '福保街道'
    union all
    select 'n1_firms', count(distinct enterprise_name) from n_plus_1
    union all
    select 'n1_amount', sum(amount_yuan) / 10000 from n_plus_1
    union all
    select 'n1_months', date_diff('month', min(applied_date), min(funded_date)) from n_plus_1
    union all
    select 'n1_first_funded', strftime(min(funded_date), '%Y%m%d')::double from n_plus_1
    union all
    select 'stations', count(*)
    from stations
    where
        coalesce(opened_date, $as_of::date) <= $as_of::date
        and coalesce(closed_date, $as_of::date + 1) > $as_of::date
    union all
    select 'station_consultations', max(consultation_count) from consultations
    union all
    select 'quick_test_before', median(seconds_taken) / 86400
    from quick_tests
    where process = '外送办理'
    union all
    select 'quick_test_after', median(seconds_taken) / 60
    from quick_tests
    where process = '站内办理'
    union all
    select 'party_orgs', count(*) from standing_party_orgs($as_of::timestamp) where not is_mobile
    union all
    select 'mobile_party_orgs', count(*) from standing_party_orgs($as_of::timestamp) where is_mobile
    union all
    select 'org_coverage', 100 * rate(organised_count, with_members_count) from small
    union all
    select 'work_coverage', 100 * rate(worked_count, without_members_count) from small
    union all
    select 'small_business_visited', visited_count / 10000 from small
    union all
    select 'small_business_share', 100 * rate(small.small_count, entities.entity_count)
    from small
    cross join entities
    union all
    select 'market_entities', entity_count / 10000 from entities
    union all
    select 'small_business_check', small_count / 10000 from small
    union all
    select 'functions', count(*) from service_catalog where service_group = '六大功能'
    union all
    select 'scenes', count(*) from service_catalog where service_group = '十大场景'
    union all
    select 'low_interest_financing', sum(amount_yuan) / 100000000
    from financing
    where programme = '银企对接低息融资' and funded_date <= $as_of::date
    union all
    select 'live_events', count(*) from live
    union all
    select 'live_sales', sum(sales_yuan) / 10000 from live
    union all
    select 'live_days', date_diff('day', min(started_at)::date, max(started_at)::date) + 1 from live
    union all
    select 'conversions_2022', count(*)
    from enterprises
    where year(converted_date) = 2022 and converted_date <= $as_of::date
    union all
    select 'conversions_2022_huaqiangbei', count(*)
    from enterprises
    where year(converted_date) = 2022 and converted_date <= $as_of::date and subdistrict_name = '华强北街道'
    union all
    select 'permit_days_before', median(working_days) from food_permits where not is_green_channel
    union all
    select 'permit_days_after', median(working_days) from food_permits where is_green_channel
    union all
    select 'subdistricts', count(*) from subdistricts
    union all
    select 'communities', count(*) from communities
)

select
    figure_id,
    computed_value,
from computed
