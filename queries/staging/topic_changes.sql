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
-- Reads:   topic_places
-- Caveat:  weeks are seven days up to the last day that is over at $as_of; where the data begin later, only whole earlier
--          weeks count. A rise has to hold by the clock (conditional binomial test of two Poisson rates) and as a share
--          of the place's appeals (hypergeometric test), or every busy month would be one: the larger of the two
--          probabilities is corrected (Benjamini-Hochberg) over all pairs tested. A place with one topic only has no share
--          to rise. One firm counts once a topic and span in both tests; an appeal of an unknown firm counts as one firm.
with known as (
    select min(received_date) as first_known_date
    from topic_places($as_of::timestamp)
),

ends as (
    select
        least($end_date::date, ($as_of::timestamp + interval 1 second)::date - 1) as last_date,
        first_known_date,
    from known
),

recent as (
    select
        last_date,
        first_known_date,
        last_date - 7 * $common_recent_weeks::integer + 1 as recent_date,
    from ends
),

spans as (
    select
        last_date,
        recent_date,
        least($common_earlier_weeks::integer, (recent_date - first_known_date)::integer // 7) as earlier_weeks,
        recent_date
        - 7 * least($common_earlier_weeks::integer, (recent_date - first_known_date)::integer // 7) as earlier_date,
    from recent
),

cells as (
    select
        cases.place_kind,
        cases.place_id,
        cases.topic_level,
        cases.topic,
        spans.recent_date,
        spans.last_date,
        spans.earlier_date,
        spans.earlier_weeks,
        any_value(cases.place_name) as place_name,
        any_value(cases.category) as category,
        count(*) filter (where cases.received_date >= spans.recent_date) as recent_count,
        count(*) filter (where cases.received_date < spans.recent_date) as earlier_count,
        count(distinct cases.firm) filter (where cases.received_date >= spans.recent_date) as firm_count,
        count(distinct cases.firm) filter (where cases.received_date < spans.recent_date) as earlier_firm_count,
        count(*) filter (where cases.received_date >= spans.recent_date and cases.firm is null) as unnamed_count,
        count(*) filter (where cases.received_date < spans.recent_date and cases.firm is null) as earlier_unnamed_count,
        count(*) filter (where cases.received_date >= spans.recent_date and not cases.is_closed) as open_count,
        count(*) filter (where cases.received_date >= spans.recent_date and cases.is_overdue) as overdue_count,
        list_sort(list(distinct cases.subdistrict_name)) as subdistrict_names,
    from topic_places($as_of::timestamp) as cases
    inner join spans on cases.received_date between spans.earlier_date and spans.last_date
    where spans.earlier_weeks > 0
    group by
        cases.place_kind,
        cases.place_id,
        cases.topic_level,
        cases.topic,
        spans.recent_date,
        spans.last_date,
        spans.earlier_date,
        spans.earlier_weeks
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
