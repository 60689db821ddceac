"""福企服务站: where the stations are and what they do."""

from fuqi import charts, maps, ui

view = ui.page("福企服务站", "站点在哪里？哪些站点忙，哪些没有服务？", offers=("period", "street"))

totals = view.query("station_totals")
listed = view.query("station_list")
trend = view.query("station_services_trend")
ui.kpi_row(
    view,
    [
        "station_count",
        "service_count",
        "consultation_count",
        "idle_station_count",
        "quick_test_minutes",
    ],
    totals=[totals],
    previous=view.previous("station_totals"),
    trend=trend,
)
if not listed.num_rows:
    ui.nothing_here("当前筛选下没有启用的站点。")

left, right = ui.columns(2)
with left:
    ui.district_map(view, "站点位置（圆越大，服务人次越多）", maps.stations, listed)
with right:
    ui.chart(view, "服务人次", charts.service_trend, trend, step=view.step)
    by_kind = view.query("station_services_by_kind", service_group="站点服务")
    ui.chart(
        view,
        "各项服务",
        charts.counts_by_name,
        by_kind,
        name="service_name",
        count="service_count",
        axis="服务人次",
    )

ui.section("站点清单", "按时段内服务人次从多到少。")
ui.table(
    view,
    listed,
    [
        "station_id",
        "station_name",
        "station_kind",
        "subdistrict_name",
        "community_name",
        "service_count",
        "consultation_count",
        "last_service_date",
        "opened_date",
        "services",
    ],
    height=380,
)

ui.section("各街道", "每站市场主体：该街道市场主体数除以启用站点数。")
ui.table(
    view,
    view.query("stations_by_subdistrict"),
    ["subdistrict_name", "station_count", "service_count", "entity_count", "entities_per_station"],
)
