"""福企服务站: where the stations are, what they do, whom they reach and where one more would help."""

from fuqi import charts, maps, ui

view = ui.page(
    "福企服务站",
    "站点忙不忙？哪些市场主体还够不着？再开一站开在哪里？",
    offers=("period", "street", "community", "station"),
)

reached = view.query("reach_totals")
trend = view.query("station_services_trend")
ui.kpi_row(
    view,
    [
        "station_count",
        "service_count",
        "consultation_count",
        "idle_station_count",
        "quick_test_minutes",
        "station_coverage_rate",
        "small_station_coverage_rate",
    ],
    totals=[view.query("station_totals"), reached],
    previous=view.previous("station_totals"),
    trend=trend,
)
ui.station_block(view)

part = ui.tabs(("站点与服务", "够得着吗", "再开一站", "快检与公布数字"))
if part == "站点与服务":
    listed = view.query("station_list")
    left, right = ui.columns(2)
    with left:
        chosen = view.filters.station_id
        heading = "站点位置（圆越大，服务人次越多）"
        ui.district_map(view, heading, maps.stations, listed, chosen=chosen)
    with right:
        ui.chart(view, "服务人次", charts.service_trend, trend, step=view.step)
        by_service = view.query("station_services_by_kind", service_group="站点服务")
        ui.chart(
            view,
            "各项服务",
            charts.counts_by_name,
            by_service,
            name="service_name",
            count="service_count",
            axis="服务人次",
        )
    ui.stations_and_streets(view, listed)
    ui.section("各类站点")
    kinds = view.query("stations_by_kind")
    shown = ["station_kind", "station_count", "service_count", "idle_station_count"]
    ui.table(view, kinds, shown, empty="当前筛选下没有启用的站点。")
elif part == "够得着吗":
    ui.section("够得着吗", "企业到最近启用站点的直线距离（不是步行距离），数据截至时的站点。")
    ui.reach_sentence(view, reached)
    ui.least_reached(view)
elif part == "再开一站":
    ui.section(
        "再开一站，开在哪里", "格子越深，里面的市场主体越多；黑点为拟设站点，点它看所在社区。"
    )
    ui.new_sites(view, view.query("station_list"))
else:
    left, right = ui.columns(2)
    with left:
        ui.section("快检用时")
        tests = view.query("quick_tests_by_month")
        ui.chart(view, "产品快检用时中位数，按月", charts.quick_test_times, tests)
    with right:
        ui.section(
            "公布数字与看板计算", "左为公开报道，右为由当前版本数据算出；两者并列，互不替代。"
        )
        ui.published_table(view, view.query("published_vs_computed"), ("福企服务站",))
