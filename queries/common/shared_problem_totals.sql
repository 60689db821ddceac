-- What the search for shared and for rising problems looked at.
--
-- Grain:   one row.
-- Params:  $as_of                 the moment everything is judged at
--          $start_date            first day received, inclusive
--          $end_date              last day received, inclusive
--          $common_recent_weeks   weeks that are looked at for a rise
--          $common_earlier_weeks  weeks before them that say what to expect
--          $common_min_count      appeals at least
--          $common_min_firms      named firms at least
--          $common_min_ratio      times as frequent as elsewhere or before at least
--          $common_fdr            false discoveries allowed among the findings, a share
-- Reads:   topic_tests, topic_changes, topic_days
with tests as (
    select
        count(*) as tested_count,
        count(distinct concat_ws('/', place_kind, place_id)) as tested_place_count,
        count(distinct concat_ws('/', topic_level, topic)) as tested_topic_count,
    from topic_tests(
        $as_of::timestamp,
        $start_date::date,
        $end_date::date,
        $common_min_count::bigint,
        $common_min_firms::bigint,
        $common_min_ratio::double,
        $common_fdr::double
    )
),

changes as (
    select
        count(*) as tested_rise_count,
        max(earlier_weeks) as earlier_weeks,
        max(recent_date) as recent_date,
        max(last_date) as last_date,
    from topic_changes(
        $as_of::timestamp,
        $end_date::date,
        $common_recent_weeks::bigint,
        $common_earlier_weeks::bigint,
        $common_min_count::bigint,
        $common_min_firms::bigint,
        $common_min_ratio::double,
        $common_fdr::double
    )
),

received as (
    select
        total(received_count) as received_count,
        total(unnamed_count) as unnamed_count,
    from topic_days($as_of::timestamp)
    where received_date between $start_date::date and $end_date::date
)

select
    tests.tested_count,
    tests.tested_place_count,
    tests.tested_topic_count,
    changes.tested_rise_count,
    changes.earlier_weeks,
    changes.recent_date,
    changes.last_date,
    received.received_count,
    received.unnamed_count,
from tests
cross join changes
cross join received
