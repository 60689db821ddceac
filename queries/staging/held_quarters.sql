-- How often parks, circles and communities were visited in each calendar quarter that a period touches.
--
-- Grain:   one row per calendar quarter that the period touches and object that somebody held on at least one day of
--          the quarter within the period.
-- Params:  $as_of       what happened after this moment is not known yet
--          $start_date  first day of the period, inclusive
--          $end_date    last day of the period, inclusive
-- Reads:   held_terms, object_visits
-- Caveat:  visits count from the quarter's first day, though the period may begin later, up to the quarter's or the
--          period's last day: a quarter that is not over is judged by what was done so far.
with quarters as (
    select
        first_day::date as quarter_date,
        greatest(first_day::date, $start_date::date) as asked_from,
        least((first_day + interval 3 month)::date - 1, $end_date::date, $as_of::date) as asked_to,
    from generate_series(
        date_trunc('quarter', $start_date::date)::timestamp,
        least($end_date::date, $as_of::date)::timestamp,
        interval 3 month
    ) as every_quarter (first_day)
),

held as (
    select distinct
        terms.object_kind,
        terms.object_id,
        quarters.quarter_date,
        quarters.asked_to,
    from quarters
    inner join held_terms as terms
        on
            quarters.asked_to >= terms.first_date
            and quarters.asked_from <= coalesce(terms.last_date, quarters.asked_from)
)

select
    held.object_kind,
    held.object_id,
    held.quarter_date,
    count(visits.visit_id) as visit_count,
from held
left join object_visits($as_of) as visits
    on
        held.object_kind = visits.object_kind
        and held.object_id = visits.object_id
        and visits.visited_date between held.quarter_date and held.asked_to
group by held.object_kind, held.object_id, held.quarter_date
