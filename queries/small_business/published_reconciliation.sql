-- Whether the published figures on small businesses (小个专) agree with the data and with one another.
--
-- Grain:   one row per pair of numbers that should agree, each with its source.
-- Params:  $as_of  visits after the day of this moment are not known yet
-- Reads:   published_roundings, small_business_counts, judged_small_businesses
-- Scope:   district, totals only
-- Caveat:  公布数字按末位半个单位的取整范围判断，乘积带上两个因数的范围；计算数字之间不留余地。
--          商事主体（55万）与市场主体（55.2万）是两个口径，前者不参与核对。
with stated as (
    select
        max(value) filter (where figure_id = 'market_entities') as stated_entities,
        max(half_unit) filter (where figure_id = 'market_entities') as entities_half_unit,
        max(value) filter (where figure_id = 'small_business_share') as stated_share,
        max(half_unit) filter (where figure_id = 'small_business_share') as share_half_unit,
        max(value) filter (where figure_id = 'small_business_visited') as stated_visited,
        max(half_unit) filter (where figure_id = 'small_business_visited') as visited_half_unit,
    from published_roundings
),

entities as (
    select sum(entity_count)::double / 10000 as counted_entities
    from small_business_counts
),

small as (
    select
        sum(entity_count)::double / 10000 as counted_small,
        coalesce(sum(entity_count) filter (where is_visited), 0)::double / 10000 as counted_visited,
    from judged_small_businesses($as_of::timestamp)
),

known as (
    select
        stated.*,
        entities.*,
        small.*,
        stated.stated_entities * stated.stated_share / 100 as stated_small,
        (
            stated.stated_entities * stated.share_half_unit
            + stated.stated_share * stated.entities_half_unit
            + stated.entities_half_unit * stated.share_half_unit
        ) / 100 as small_half_unit,
    from stated
    cross join entities
    cross join small
),

pairs (step_number, left_figure_id, left_label, left_value, right_figure_id, right_label, right_value, unit, leeway) as (
    select
        1, 'market_entities', '公布：市场主体', stated_entities,
        null, '计算：市场主体', counted_entities, '万户', entities_half_unit
    from known
    union all
    select
        2, 'small_business_share', '公布：小个专占市场主体', stated_share,
        null, '计算：小个专占市场主体', 100 * rate(counted_small, counted_entities), '%', share_half_unit
    from known
    union all
    select
        3, 'small_business_visited', '公布：走访小个专', stated_visited,
        null, '计算：走访小个专', counted_visited, '万户', visited_half_unit
    from known
    union all
    select
        4, null, '公布：市场主体×小个专占比', stated_small,
        'small_business_visited', '公布：走访小个专', stated_visited, '万户', small_half_unit + visited_half_unit
    from known
    union all
    select
        5, null, '计算：小个专', counted_small,
        null, '计算：走访小个专', counted_visited, '万户', 0
    from known
)

select
    pairs.step_number,
    pairs.left_label,
    lefts.qualifier as left_qualifier,
    pairs.left_value,
    pairs.right_label,
    rights.qualifier as right_qualifier,
    pairs.right_value,
    pairs.unit,
    pairs.right_value - pairs.left_value as difference,
    pairs.leeway,
    -- Binary fractions must not decide an edge.
    case
        when abs(pairs.right_value - pairs.left_value) <= pairs.leeway + 1e-9 then '一致'
        when abs(pairs.right_value - pairs.left_value) > pairs.leeway + 1e-9 then '不一致'
        else '不可比'
    end as agreement,
    coalesce(lefts.source, rights.source) as published_source,
from pairs
left join published_roundings as lefts on pairs.left_figure_id = lefts.figure_id
left join published_roundings as rights on pairs.right_figure_id = rights.figure_id
order by pairs.step_number
