-- The whole weeks that tell a rise: the last ones of a period, and those before them.
--
-- Grain:   one row.
-- Params:  $as_of                  the moment everything is judged at
--          $end_date               last day of the period, inclusive
--          $common_recent_weeks    weeks that are looked at
--          $common_earlier_weeks   weeks before them that say what to expect
-- Reads:   topic_days
-- Caveat:  fuqi/periods.py has the same rule, for the spans whose firms are counted when a release is made.
with known as (
    select min(received_date) as first_known_date
    from topic_days($as_of::timestamp)
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
)

select
    last_date,
    recent_date,
    least($common_earlier_weeks::integer, (recent_date - first_known_date)::integer // 7) as earlier_weeks,
    recent_date
    - 7 * least($common_earlier_weeks::integer, (recent_date - first_known_date)::integer // 7) as earlier_date,
from recent
