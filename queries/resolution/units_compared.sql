-- Streets, units, categories or communities compared on one rate of the appeals received in a period.
--
-- Grain:   one row per unit compared: every street or community, each unit or category met in the period; appeals that
--          name no unit or no community are a row of their own, which is not ranked.
-- Params:  $start_date   first day received, inclusive
--          $end_date     last day received, inclusive
--          $as_of        the moment open cases are judged at
--          $compared_by  what is compared: street, unit, category or community
--          $measure      the rate, by its column in resolution_totals
--          $low_is_good  the measures of which a low value is good
--          $subdistrict  one subdistrict, null for the district; not applied where streets are compared
--          $category     one category, null for all; not applied where categories are compared
--          $min_n        units with a smaller denominator take no rank
--          $least_streets  0, or the streets that have to be in a number for somebody who sees some of them
--          $partial_counts_as_resolved  whether 部分解决 counts in resolved_rate
--          $basically_satisfied_counts  whether 基本满意 counts in satisfied_rate
-- Reads:   case_counts, subdistricts, communities
-- Scope:   district, own rows by compared_name where $compared_by is street
-- KPI:     rate_rank     名次 = 好者在前，并列同名次；分母少于最低样本数的不排名
--          rate_verdict  与全区比较 = 95%置信区间（Wilson）含全区的比率即无显著差异；选定街道时与该街道的比率比较
-- Caveat:  近几日的比率会随未办结诉求陆续办结而变化；比较的单位多时，约二十分之一会仅因偶然落在区间之外。
with cases as (
    select
        case $compared_by::varchar
            when 'street' then subdistrict_name
            when 'unit' then unit_name
            when 'category' then category
            when 'community' then community_name
            else error('compared_by is none of street, unit, category, community')
        end as compared_name,
        case $measure::varchar
            when 'on_time_rate' then due_count
            when 'same_day_response_rate' then response_due_count
            when 'response_24h_rate' then response_24h_due_count
            when 'resolved_rate' then outcome_count
            when 'satisfied_rate' then rated_count
            when 'closed_rate' then received_count
            when 'returned_rate' then received_count
            when 'redone_rate' then received_count
            when 'extended_rate' then received_count
            else error('measure is no rate that units can be compared on')
        end as denominator_count,
        case $measure::varchar
            when 'on_time_rate' then on_time_count
            when 'same_day_response_rate' then same_day_response_count
            when 'response_24h_rate' then response_24h_count
            when 'resolved_rate'
                then fully_resolved_count + case when $partial_counts_as_resolved::boolean then partly_resolved_count else 0 end
            when 'satisfied_rate'
                then
                    fully_satisfied_count
                    + case when $basically_satisfied_counts::boolean then basically_satisfied_count else 0 end
            when 'closed_rate' then closed_count
            when 'returned_rate' then returned_case_count
            when 'redone_rate' then redone_case_count
            when 'extended_rate' then extended_case_count
        end as numerator_count,
    from case_counts($as_of::timestamp)
    where
        grain = case when $compared_by::varchar in ('unit', 'community') then $compared_by::varchar else 'street' end
        and received_date between $start_date::date and $end_date::date
        and (
            $compared_by::varchar = 'street'
            or $subdistrict::varchar is null
            or subdistrict_name = $subdistrict::varchar
        )
        and (
            $compared_by::varchar = 'category'
            or $category::varchar is null
            or category = $category::varchar
        )
),

listed as (
    select subdistrict_name as compared_name
    from subdistricts
    where $compared_by::varchar = 'street'
    union
    select community_name
    from communities
    where
        $compared_by::varchar = 'community'
        and ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    union
    select compared_name
    from cases
),

counted as (
    select
        compared_name,
        total(denominator_count) as denominator_count,
        total(numerator_count) as numerator_count,
    from cases
    group by compared_name
),

rated as (
    select
        listed.compared_name,
        coalesce(counted.numerator_count, 0) as numerator_count,
        coalesce(counted.denominator_count, 0) as denominator_count,
        rate(counted.numerator_count, counted.denominator_count) as measured_rate,
        wilson_low(counted.numerator_count, counted.denominator_count) as rate_low,
        wilson_high(counted.numerator_count, counted.denominator_count) as rate_high,
        -- Of few cases or streets it could be the rate of one case of one street.
        case
            when
                $least_streets::bigint = 0
                or (
                    count(*) filter (where counted.denominator_count > 0) over () >= $least_streets::bigint
                    and sum(counted.denominator_count) over () >= $min_n::bigint
                )
                then rate(
                    (sum(counted.numerator_count) over ())::bigint,
                    (sum(counted.denominator_count) over ())::bigint
                )
        end as district_rate,
        listed.compared_name is not null
        and coalesce(counted.denominator_count, 0) >= $min_n::bigint as is_ranked,
        case
            when $compared_by::varchar = 'street' or $subdistrict::varchar is null then '全区'
            else $subdistrict::varchar
        end as district_name,
    from listed
    left join counted on listed.compared_name is not distinct from counted.compared_name
)

select
    coalesce(compared_name, '（未填）') as compared_name,
    numerator_count,
    denominator_count,
    measured_rate,
    rate_low,
    rate_high,
    district_name,
    district_rate,
    is_ranked,
    case
        when is_ranked
            then rank() over (
                partition by is_ranked
                order by
                    case
                        when list_contains(cast($low_is_good as varchar[]), $measure::varchar) then measured_rate
                        else -measured_rate
                    end
            )
    end as rate_rank,
    case
        when compared_name is null then '不参加比较'
        when denominator_count > 0 and district_rate is null then '样本不足'
        else replace(
            verdict(denominator_count, $min_n::bigint, rate_low, rate_high, district_rate), '全区', district_name
        )
    end as rate_verdict,
from rated
order by rate_rank nulls last, compared_name is null, denominator_count desc, compared_name
