-- Categories in places against the rest of the district: how much more frequent, and whether by chance.
--
-- Grain:   one row per place and topic tested: both have at least $common_min_count appeals in the period, and there are
--          appeals elsewhere to compare with. Pairs that never met are tested too.
-- Params:  $as_of             the moment open cases are judged at
--          $start_date        first day received, inclusive
--          $end_date          last day received, inclusive
--          $common_min_count  appeals of the topic that a place has at least
--          $common_min_firms  named firms that file them at least
--          $common_min_ratio  location quotient at least
--          $common_fdr        false discoveries allowed among the findings, a share
-- Reads:   topic_days, cell_topics, topic_firms
-- Caveat:  a pair below one of the minimums keeps its place among those tested, with a probability of 1, so that leaving it
--          out makes no finding easier. Places lie in one another and topics too: findings are not independent.
with counted as (
    select
        cell_id,
        sum(received_count) as received_count,
        sum(unnamed_count) as unnamed_count,
        sum(open_count) as open_count,
        sum(overdue_count) as overdue_count,
    from topic_days($as_of::timestamp)
    where received_date between $start_date::date and $end_date::date
    group by cell_id
),

summed as (
    select
        topics.place_kind,
        topics.place_id,
        topics.topic_level,
        topics.topic,
        any_value(topics.place_name) as place_name,
        any_value(topics.category) as category,
        sum(counted.received_count)::bigint as received_count,
        sum(counted.unnamed_count)::bigint as unnamed_count,
        sum(counted.open_count)::bigint as open_count,
        sum(counted.overdue_count)::bigint as overdue_count,
        list_sort(list(distinct topics.subdistrict_name)) as subdistrict_names,
    from counted
    inner join cell_topics($as_of::timestamp) as topics on counted.cell_id = topics.cell_id
    group by topics.place_kind, topics.place_id, topics.topic_level, topics.topic
),

cells as (
    select
        summed.*,
        coalesce(firms.firm_count, 0) as firm_count,
        coalesce(firms.firm_count, 0) + summed.unnamed_count as voice_count,
    from summed
    left join topic_firms($as_of::timestamp, $start_date::date, $end_date::date) as firms
        on
            summed.place_kind = firms.place_kind
            and summed.place_id = firms.place_id
            and summed.topic_level = firms.topic_level
            and summed.topic is not distinct from firms.topic
),

places as (
    select
        place_kind,
        place_id,
        topic_level,
        any_value(place_name) as place_name,
        sum(received_count)::bigint as place_count,
        sum(voice_count)::bigint as place_voice_count,
    from cells
    group by place_kind, place_id, topic_level
),

topics as (
    select
        cells.topic_level,
        cells.topic,
        cells.category,
        cells.received_count as topic_count,
        cells.voice_count as topic_voice_count,
        places.place_count as district_count,
        places.place_voice_count as district_voice_count,
    from cells
    inner join places
        on cells.place_kind = places.place_kind and cells.topic_level = places.topic_level
    where cells.place_kind = '全区' and cells.topic is not null
),

pairs as (
    select
        places.*,
        topics.topic,
        topics.category,
        topics.topic_count,
        topics.topic_voice_count,
        topics.district_count,
        topics.district_voice_count,
        coalesce(cells.received_count, 0) as received_count,
        coalesce(cells.voice_count, 0) as voice_count,
        coalesce(cells.firm_count, 0) as firm_count,
        coalesce(cells.unnamed_count, 0) as unnamed_count,
        coalesce(cells.open_count, 0) as open_count,
        coalesce(cells.overdue_count, 0) as overdue_count,
        cells.subdistrict_names,
        topics.topic_count - coalesce(cells.received_count, 0) as elsewhere_count,
        topics.district_count - places.place_count as elsewhere_total_count,
    from places
    inner join topics on places.topic_level = topics.topic_level
    left join cells
        on
            places.place_kind = cells.place_kind
            and places.place_id = cells.place_id
            and places.topic_level = cells.topic_level
            and topics.topic = cells.topic
    where
        places.place_kind <> '全区'
        and places.place_count >= $common_min_count::bigint
        and topics.topic_count >= $common_min_count::bigint
        and places.place_count < topics.district_count
),

compared as (
    select
        *,
        rate(received_count, place_count) as place_share,
        rate(elsewhere_count, elsewhere_total_count) as elsewhere_share,
        rate(received_count * elsewhere_total_count, place_count * elsewhere_count) as location_quotient,
    from pairs
),

tested as (
    select
        *,
        case
            when
                received_count >= $common_min_count::bigint
                and firm_count >= $common_min_firms::bigint
                and coalesce(location_quotient >= $common_min_ratio::double, true)
                then hypergeometric_tail(
                    voice_count, place_voice_count, topic_voice_count, district_voice_count
                )
            else 1.0
        end as probability,
    from compared
),

ranked as (
    select
        *,
        probability * count(*) over () / count(*) over (order by probability) as discovery,
    from tested
),

corrected as (
    select
        *,
        least(1.0, min(discovery) over (order by probability desc)) as false_discovery,
    from ranked
)

select
    *,
    false_discovery <= $common_fdr::double as is_found,
from corrected
