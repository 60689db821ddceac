-- Problems that many firms of one place share (共性诉求): its appeals name them more often than chance would have it.
--
-- Grain:   one row per place and topic found.
-- Params:  $as_of             the moment open cases are judged at
--          $start_date        first day received, inclusive
--          $end_date          last day received, inclusive
--          $common_min_count  appeals of the topic that a place has at least
--          $common_min_firms  named firms that file them at least
--          $common_min_ratio  location quotient at least
--          $common_fdr        false discoveries allowed among the findings, a share
--          $subdistrict       only what appeals of this subdistrict belong to, null for the district
--          $category          only topics of this category, null for all
-- Reads:   topic_tests, topic_days, cell_topics
-- KPI:     location_quotient  区位商 = 该类占该处诉求的比重 / 该类占全区其他地方诉求的比重
--          false_discovery    校正显著性 = 单侧精确检验（超几何分布）的概率，按时段内全部检验对数以
--          Benjamini-Hochberg法校正；检验时同一企业同一类诉求只算一次，未写明企业的每件算一家
-- Caveat:  the test is always against the whole district and all categories; the filters only choose rows. A row that
--          shares more than half of its appeals, or of the other's, with a stronger finding is not leading; `seen_in`
--          names the strongest such finding.
with found as (
    select
        *,
        row_number() over (
            order by probability, location_quotient desc nulls first, topic_level, received_count desc, place_kind, place_id, topic
        ) as place_in_order,
        place_name || ' · ' || topic as problem,
    from
        topic_tests(
            $as_of::timestamp,
            $start_date::date,
            $end_date::date,
            $common_min_count::bigint,
            $common_min_firms::bigint,
            $common_min_ratio::double,
            $common_fdr::double
        )
    where is_found
),

counted as (
    select
        cell_id,
        sum(received_count) as cell_count,
    from topic_days($as_of::timestamp)
    where received_date between $start_date::date and $end_date::date
    group by cell_id
),

-- Of the appeals of a cell all or none belong to a finding.
members as (
    select
        found.place_in_order,
        found.received_count,
        counted.cell_id,
        counted.cell_count,
    from found
    inner join cell_topics($as_of::timestamp) as topics
        on
            found.place_kind = topics.place_kind
            and found.place_id = topics.place_id
            and found.topic_level = topics.topic_level
            and found.topic = topics.topic
    inner join counted on topics.cell_id = counted.cell_id
),

covered as (
    select
        members.place_in_order,
        stronger.place_in_order as stronger_place,
    from members
    inner join members as stronger
        on
            members.cell_id = stronger.cell_id
            and members.place_in_order > stronger.place_in_order
    group by
        members.place_in_order, members.received_count, stronger.place_in_order, stronger.received_count
    having 2 * sum(members.cell_count) > least(members.received_count, stronger.received_count)
),

seen as (
    select
        place_in_order,
        min(stronger_place) as stronger_place,
    from covered
    group by place_in_order
)

select
    found.problem,
    found.place_kind,
    found.place_id,
    found.place_name,
    found.topic_level,
    found.topic,
    found.category,
    found.received_count,
    found.place_count,
    found.place_share,
    found.elsewhere_count,
    found.elsewhere_total_count,
    found.elsewhere_share,
    found.location_quotient,
    found.probability,
    found.false_discovery,
    certainty(found.false_discovery) as certainty,
    found.firm_count,
    found.unnamed_count,
    found.open_count,
    found.overdue_count,
    seen.place_in_order is null as is_leading,
    stronger.problem as seen_in,
from found
left join seen on found.place_in_order = seen.place_in_order
left join found as stronger on seen.stronger_place = stronger.place_in_order
where
    ($subdistrict::varchar is null or list_contains(found.subdistrict_names, $subdistrict::varchar))
    and ($category::varchar is null or found.category = $category::varchar)
order by found.place_in_order
