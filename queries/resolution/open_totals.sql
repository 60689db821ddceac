-- Open appeals at a moment, whenever they were received.
--
-- Grain:   one row.
-- Params:  $as_of        the moment open cases are judged at
--          $due_soon_at  open cases due by then are due soon
--          $subdistrict  one subdistrict, null for the district
--          $category     one category, null for all
-- Reads:   open_cases
-- KPI:     open_count      未办结 = 截至数据时点尚未办结的诉求，不论何时受理 {appeals.closed_at}
--          overdue_count   超期未办结 = 尚未办结且已过办结时限（低者为好） [overdue_count/open_count] {appeals.due_at, appeals.closed_at}
--          due_soon_count  即将超期 = 尚未办结且办结时限在1个工作日内（低者为好） [due_soon_count/open_count] {appeals.due_at, appeals.closed_at}
select
    count(*) as open_count,
    count(*) filter (where is_overdue) as overdue_count,
    count(*) filter (where not is_overdue and due_at <= $due_soon_at::timestamp) as due_soon_count,
    count(*) filter (where first_response_at is null) as unanswered_count,
from open_cases($as_of::timestamp)
where
    ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
    and ($category::varchar is null or category = $category::varchar)
