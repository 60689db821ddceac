-- Categories in places: the last whole weeks of a period against the weeks before, and whether the rise is chance.
--
-- Grain:   one row per place (the district too) and topic with at least $common_min_count appeals in both spans together.
-- Params:  $as_of                  the moment everything is judged at
--          $end_date               last day of the period, inclusive
--          $common_recent_weeks    weeks that are looked at
--          $common_earlier_weeks   weeks before them that say what to expect
--          $common_min_count       appeals of the recent weeks at least
--          $common_min_firms       named firms that file them at least
--          $common_min_ratio       ratio of the weekly averages at least
--          $common_fdr             false discoveries allowed among the findings, a share
-- Reads:   topic_days, cell_topics, rise_spans, rise_firms
-- Caveat:  weeks are seven days up to the last day that is over at $as_of; where the data begin later, only whole earlier
--          weeks count. A rise has to hold by the clock (conditional binomial test of two Poisson rates) and as a share
--          of the place's appeals (hypergeometric test), or every busy month would be one: the larger of the two
--          probabilities is corrected (Benjamini-Hochberg) over all pairs tested. A place with one topic only has no share
--          to rise. One firm counts once a topic and span in both tests; an appeal of an unknown firm counts as one firm.
with spans as (
    select *
    from
        rise_spans(
            $as_of::timestamp, $end_date::date, $common_recent_weeks::bigint, $common_earlier_weeks::bigint
        )
),

counted as (
    select
        by_day.cell_id,
        sum(case when by_day.received_date >= spans.recent_date then by_day.received_count else 0 end) as recent_count,
        sum(case when by_day.received_date < spans.recent_date then by_day.received_count else 0 end) as earlier_count,
        sum(case when by_day.received_date >= spans.recent_date then by_day.unnamed_count else 0 end) as unnamed_count,
        sum(
            case when by_day.received_date < spans.recent_date then by_day.unnamed_count else 0 end
        ) as earlier_unnamed_count,
        sum(case when by_day.received_date >= spans.recent_date then by_day.open_count else 0 end) as open_count,
        sum(case when by_day.received_date >= spans.recent_date then by_day.overdue_count else 0 end) as overdue_count,
    from topic_days($as_of::timestamp) as by_day
    inner join spans on by_day.received_date between spans.earlier_date and spans.last_date
    where spans.earlier_weeks > 0
    group by by_day.cell_id
),

summed as (
    select
        topics.place_kind,
        topics.place_id,
        topics.topic_level,
        topics.topic,
        any_value(topics.place_name) as place_name,
        any_value(topics.category) as category,
        sum(counted.recent_count)::bigint as recent_count,
        sum(counted.earlier_count)::bigint as earlier_count,
        sum(counted.unnamed_count)::bigint as unnamed_count,
        sum(counted.earlier_unnamed_count)::bigint as earlier_unnamed_count,
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
        spans.recent_date,
        spans.last_date,
        spans.earlier_date,
        spans.earlier_weeks,
        coalesce(firms.firm_count, 0) as firm_count,
        coalesce(firms.earlier_firm_count, 0) as earlier_firm_count,
    from summed
    cross join spans
    left join
        rise_firms(
            $as_of::timestamp, $end_date::date, $common_recent_weeks::bigint, $common_earlier_weeks::bigint
        ) as firms
        on
            summed.place_kind = firms.place_kind
            and summed.place_id = firms.place_id
            and summed.topic_level = firms.topic_level
            and summed.topic is not distinct from firms.topic
),

voiced as (
    select
        *,
        firm_count + unnamed_count as recent_voice_count,
        earlier_firm_count + earlier_unnamed_count as earlier_voice_count,
    from cells
),

compared as (
    select
        *,
        (
            sum(recent_voice_count) over (partition by place_kind, place_id, topic_level)
        )::bigint as place_recent_voice_count,
        (
            sum(recent_voice_count + earlier_voice_count) over (partition by place_kind, place_id, topic_level)
        )::bigint as place_voice_count,
        rate(recent_count * earlier_weeks, earlier_count * $common_recent_weeks::bigint) as rise_ratio,
    from voiced
),

tested as (
    select
        *,
        case
            when
                recent_count >= $common_min_count::bigint
                and firm_count >= $common_min_firms::bigint
                and coalesce(rise_ratio >= $common_min_ratio::double, true)
                then greatest(
                    binomial_tail(
                        recent_voice_count,
                        recent_voice_count + earlier_voice_count,
                        rate($common_recent_weeks::bigint, $common_recent_weeks::bigint + earlier_weeks)
                    ),
                    hypergeometric_tail(
                        recent_voice_count,
                        place_recent_voice_count,
                        recent_voice_count + earlier_voice_count,
                        place_voice_count
                    )
                )
            else 1.0
        end as probability,
    from compared
    where topic is not null and recent_count + earlier_count >= $common_min_count::bigint
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
