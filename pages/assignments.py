"""挂点服务: who is responsible for each park, circle and community; what nobody holds comes first."""

from fuqi import maps, ui

view = ui.page(
    "挂点服务", "每个园区、商圈、社区有没有人挂点？最近去过没有？", offers=("period", "street")
)

held = view.query("held_object_list")
ui.kpi_row(
    view,
    ["unheld_count", "visit_coverage_rate", "one_plus_one_rate"],
    totals=[view.query("assignment_totals")],
    previous=view.previous("assignment_totals"),
)
if not held.num_rows:
    ui.nothing_here("当前筛选下没有园区、商圈或社区。")

left, right = ui.columns(2)
with left:
    lines = view.query("assignment_lines")
    ui.district_map(view, "挂点地图", maps.held_objects, held, lines)
with right:
    ui.section("无人挂点", "先把这些补上。")
    ui.table(
        view,
        ui.only(held, is_held=False),
        ["object_name", "object_type", "subdistrict_name", "last_visited_date", "open_count"],
        empty="每个园区、商圈和社区都有人挂点。",
    )
    ui.section("各街道挂点与走访")
    ui.table(
        view,
        view.query("assignments_by_subdistrict"),
        [
            "subdistrict_name",
            "object_count",
            "held_count",
            "unheld_count",
            "held_in_period_count",
            "visited_count",
            "visit_coverage_rate",
        ],
        height=250,
    )

ui.section("挂点清单", "无人挂点的排在最前；干部姓名只显示姓。")
ui.table(
    view,
    held,
    [
        "held_state",
        "object_name",
        "object_type",
        "subdistrict_name",
        "holder_units",
        "holder_names",
        "held_since",
        "last_visited_date",
        "visit_count",
        "open_count",
    ],
    height=420,
)
