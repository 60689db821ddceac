-- Appeals of the same category in the same street as one appeal, the newest first, those of its park before others.
--
-- Grain:   one row per similar appeal, up to $most_rows.
-- Params:  $as_of      the moment everything is judged at
--          $case_id    the appeal's number; it is not among its own similar ones
--          $most_rows  no more than these
-- Reads:   judged_cases, numbered_case
with this as (
    select
        category,
        subcategory,
        subdistrict_name,
        park_id,
    from numbered_case($as_of::timestamp, $case_id::varchar)
)

select
    judged.appeal_id,
    judged.title,
    judged.subcategory,
    judged.enterprise_name,
    judged.park_name,
    judged.received_at,
    judged.closed_at,
    judged.due_at,
    case
        when judged.is_overdue then '已超期'
        when not judged.is_closed then '办理中'
        else coalesce(judged.outcome, '已办结')
    end as case_state,
    judged.rating,
from judged_cases($as_of::timestamp) as judged
inner join this
    on
        judged.category = this.category
        and judged.subdistrict_name = this.subdistrict_name
where judged.appeal_id <> $case_id::varchar
order by
    judged.park_id is not distinct from this.park_id and this.park_id is not null desc,
    judged.subcategory is not distinct from this.subcategory desc,
    judged.received_at desc,
    judged.appeal_id
limit $most_rows::bigint
