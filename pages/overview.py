"""总览: is anything overdue now, which street lags, is the data fresh?"""

from fuqi import charts, maps, ui

view = ui.page("总览", "现在有没有超期？哪个街道落后？数据新不新？")

totals = view.query("resolution_totals")
trend = view.query("resolution_trend")
by_subdistrict = view.query("resolution_by_subdistrict")

ui.kpi_row(
    view,
    [
        "overdue_count",
        "due_soon_count",
        "unheld_count",
        "received_count",
        "on_time_rate",
        "same_day_response_rate",
        "satisfied_rate",
        "service_count",
    ],
    totals=[
        totals,
        view.query("open_totals"),
        view.query("assignment_totals"),
        view.query("station_totals"),
    ],
    previous=view.previous("resolution_totals"),
    trend=trend,
)

left, right = ui.columns(2)
with left:
    ui.district_map(
        view,
        "各街道按时办结率",
        maps.measure_by_area,
        by_subdistrict,
        measure="on_time_rate",
        counts=("on_time_count", "due_count"),
        label="按时办结率",
        min_n=view.settings.min_n,
    )
    ui.chart(
        view,
        "按时办结率走势",
        charts.rate_trend,
        trend,
        step=view.step,
        rate="on_time_rate",
        denominator="due_count",
        label="按时办结率",
        target=view.target_value("on_time_rate"),
    )
with right:
    ui.chart(
        view,
        "按时办结率：街道比较",
        charts.ranking_with_interval,
        view.query("units_compared"),
        chosen=view.filters.subdistrict,
        **view.target_lines("on_time_rate", by_subdistrict["subdistrict_name"].to_pylist()),
    )
    ui.chart(view, "受理与办结", charts.flow_trend, trend, step=view.step)

ui.section("公布数字与看板计算", "左为公开报道，右为由当前版本数据算出；两者并列，互不替代。")
ui.published_table(view, view.query("published_vs_computed"))
