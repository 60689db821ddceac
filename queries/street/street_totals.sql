-- A street on one screen: what is late, falls due, is held by nobody, wants a visit and keeps coming back.
--
-- Grain:   one row.
-- Params:  $as_of               the moment everything is judged at
--          $due_soon_at         a moment of the next working day
--          $start_date          first day received or served, inclusive
--          $end_date            last day received or served, inclusive
--          $quarter_date        first day of the calendar quarter of $as_of
--          $visits_per_quarter  visits that each calendar quarter asks for
--          $common_min_count    cases of one subcategory in one community that make them repeated ones
--          $common_min_firms    named firms that file them at least
--          $basically_satisfied_counts  whether 基本满意 counts in satisfied_rate
--          $subdistrict         one subdistrict, null for all that are seen
--          $community           one community, null for all
-- Reads:   place_work
-- KPI:     due_today_count     今日到期 = 尚未办结、办结时限还没过且就在今日的诉求，不论何时受理（低者为好）
--              [due_today_count/open_count] {appeals.due_at, appeals.closed_at}
--          due_tomorrow_count  明日到期 = 尚未办结、办结时限在今日之后、下一个工作日24时之前的诉求，中间的休息日一并算入（低者为好）
--              [due_tomorrow_count/open_count] {appeals.due_at, appeals.closed_at}
--          visits_owed_count   欠走访 = 本自然季度内有人挂点、至今走访少于设定次数的园区、商圈与社区；即挂点服务页本季度的走访未达标，不随时段变化（低者为好）
--              [visits_owed_count/held_in_quarter_count]
--          repeated_count      重复诉求 = 时段内受理、同一社区同一小类在时段内达到共性诉求的最低件数
--          且来自其最低家数企业的诉求；未填社区或小类的不计，是否超出偶然见共性诉求页（低者为好）
--              [repeated_count/received_count]
-- Caveat:  在办各项不随时段变化；近几日的比率会随未办结诉求陆续办结而变化。
with here as (
    select *
    from
        place_work(
            $as_of::timestamp,
            $due_soon_at::timestamp,
            $start_date::date,
            $end_date::date,
            $quarter_date::date,
            $visits_per_quarter::bigint,
            $common_min_count::bigint,
            $common_min_firms::bigint,
            $basically_satisfied_counts::boolean
        )
    where
        ($subdistrict::varchar is null or subdistrict_name = $subdistrict::varchar)
        and ($community::varchar is null or community_name = $community::varchar)
),

summed as (
    select
        coalesce(sum(open_count), 0)::bigint as open_count,
        coalesce(sum(overdue_count), 0)::bigint as overdue_count,
        coalesce(sum(due_today_count), 0)::bigint as due_today_count,
        coalesce(sum(due_tomorrow_count), 0)::bigint as due_tomorrow_count,
        coalesce(sum(received_count), 0)::bigint as received_count,
        coalesce(sum(due_count), 0)::bigint as due_count,
        coalesce(sum(on_time_count), 0)::bigint as on_time_count,
        coalesce(sum(repeated_count), 0)::bigint as repeated_count,
        coalesce(sum(object_count), 0)::bigint as object_count,
        coalesce(sum(unheld_count), 0)::bigint as unheld_count,
        coalesce(sum(held_in_quarter_count), 0)::bigint as held_in_quarter_count,
        coalesce(sum(visits_owed_count), 0)::bigint as visits_owed_count,
        coalesce(sum(station_count), 0)::bigint as station_count,
        coalesce(sum(idle_station_count), 0)::bigint as idle_station_count,
    from here
)

select
    *,
    rate(overdue_count, open_count) as overdue_share,
    rate(due_today_count, open_count) as due_today_share,
    rate(due_tomorrow_count, open_count) as due_tomorrow_share,
    rate(unheld_count, object_count) as unheld_share,
    rate(visits_owed_count, held_in_quarter_count) as visits_owed_share,
    rate(repeated_count, received_count) as repeated_share,
    rate(idle_station_count, station_count) as idle_station_share,
    rate(on_time_count, due_count) as on_time_rate,
from summed
