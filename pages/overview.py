"""总览: the three promises 快·准·达 at a glance: what is wrong now, which street lags, is the data fresh?"""

from fuqi import charts, ui

view = ui.page("总览", "现在哪里不对？哪个街道落后？数据新不新？")

totals = view.query("resolution_totals")
open_now, held = view.query("open_totals"), view.query("assignment_totals")
covered, reached = view.query("coverage_totals"), view.query("reach_totals")
compared = view.query("units_compared")
on_time_by_street = ui.of_streets(view, compared, "on_time_rate")
held_by_street = view.query("assignments_by_subdistrict")
covered_by_street = view.query("coverage_by_subdistrict")
rates = {
    "on_time_rate": on_time_by_street,
    "visit_coverage_rate": held_by_street,
    "station_coverage_rate": view.query("stations_by_subdistrict"),
    "work_coverage_rate": covered_by_street,
}

fast, precise, reaching = ui.columns(3)
with fast:
    ui.band(
        view,
        "快",
        "事不过夜、马上就办",
        alarm="overdue_count",
        calm=["on_time_rate", "same_day_response_rate", "satisfied_rate"],
        totals=[totals, open_now],
        previous=[view.previous("resolution_totals")],
        pages=["resolution", "comparison"],
    )
with precise:
    ui.band(
        view,
        "准",
        "每个园区、社区都有人挂点",
        alarm="unheld_count",
        calm=["visit_coverage_rate", "frequency_rate", "one_plus_one_rate"],
        totals=[held],
        previous=[view.previous("assignment_totals")],
        pages=["assignments", "common"],
    )
with reaching:
    ui.band(
        view,
        "达",
        "政策和服务到最后一家小店",
        alarm="uncovered_count",
        calm=["work_coverage_rate", "station_coverage_rate", "service_count"],
        totals=[covered, reached, view.query("station_totals")],
        pages=["stations", "small_business", "financing"],
    )

ui.change_note(view)
ui.briefing(view)

left, right = ui.columns(2)
with left:
    ui.street_map(view, rates)
with right:
    if ui.is_computable(view, "on_time_rate"):
        streets = on_time_by_street["subdistrict_name"].to_pylist()
        ui.chart(
            view,
            "按时办结率：街道比较",
            charts.ranking_with_interval,
            compared,
            chosen=view.filters.subdistrict,
            **view.target_lines("on_time_rate", streets),
        )
    flow = view.query("resolution_trend")
    ui.chart(view, "受理与办结", charts.flow_trend, flow, step=view.step)

ui.section("各街道一览", "点选一行进入该街道。")
alarms = {"overdue_count": view.query("open_by_subdistrict"), "unheld_count": held_by_street}
ui.street_table(view, {**alarms, "uncovered_count": covered_by_street}, rates)

ui.section("公布数字与看板计算", "左为公开报道，右为由当前版本数据算出；两者并列，互不替代。")
ui.published_table(view, view.query("published_vs_computed"))
