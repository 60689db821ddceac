-- How many of the ten measures stand where.
--
-- Grain:   one row per status, those that no measure has included.
-- Params:  none
-- Reads:   measures
with statuses as (
    select unnest(['无数据', '未启动', '推进中', '已落地']) as status
)

select
    statuses.status,
    count(measures.measure_id) as measure_count,
    max(measures.updated_date) as last_updated_date,
from statuses
left join measures on statuses.status = measures.status
group by statuses.status
order by list_position(['无数据', '未启动', '推进中', '已落地'], statuses.status)
