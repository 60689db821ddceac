"""挂点服务: who is responsible for each park, circle and community; what nobody holds comes first."""

from fuqi import charts, ui

view = ui.page(
    "挂点服务",
    "每个园区、商圈、社区有没有人挂点？最近去过没有？",
    offers=("period", "street", "community", "park"),
)

held = view.query("held_object_list")
ui.kpi_row(
    view,
    ["unheld_count", "visit_coverage_rate", "frequency_rate", "one_plus_one_rate"],
    totals=[view.query("assignment_totals")],
    previous=view.previous("assignment_totals"),
)
if not held.num_rows:
    ui.nothing_here("当前筛选下没有园区、商圈或社区。")

by_street = view.query("assignments_by_subdistrict")
about = ["object_name", "object_type", "subdistrict_name"]
counts = ["held_in_period_count", "visited_count", "visit_coverage_rate"]
more = ["frequent_count", "frequency_rate"]

part = ui.tabs(("现状", "走访", "历史", "小组", "补位建议"))
if part == "现状":
    ui.missing_sentence(view, held)
    ui.object_block(view)
    left, right = ui.columns(2)
    with left:
        ui.held_map(view, held, by_street)
    with right:
        ui.section(
            "挂点清单", "无人挂点的在最前，其次是走访未达标的；点选一行进入。干部姓名只显示姓。"
        )
        last = ["last_visited_date", "visit_count", "frequency_state", "open_count"]
        who = ["held_state", "holder_units", "holder_names", "held_since"]
        ui.table(view, held, [*about, *who, *last], height=480, leads_to=ui.LEADS_TO)
    ui.section(
        "没有达到1+1的干部", "每名干部应恰好挂一个园区或商圈、包一个社区；按单位排列，不作排名。"
    )
    left, right = ui.columns([3, 2])
    with left:
        cadre = ["unit_kind", "unit_name", "holder_name", "one_plus_one_gap"]
        gaps = view.query("one_plus_one_gaps")
        ui.table(view, gaps, [*cadre, "park_names", "community_names"], empty="干部都达到1+1。")
    with right:
        met = ["cadre_count", "one_plus_one_count", "one_plus_one_rate"]
        gap = ["without_park_count", "without_community_count", "with_more_count"]
        ui.table(view, view.query("service_by_unit_kind"), ["unit_kind", *met, *gap])
elif part == "走访":
    left, right = ui.columns(2)
    with left:
        ui.chart(view, "各月走访覆盖率", charts.coverage_by_month, view.query("coverage_by_month"))
        ui.section("各类单位", "一处由几类单位挂点，在每一类各计一次；只算本类单位干部的走访。")
        own = ["unit_kind", "held_in_period_count", "own_visited_count", "own_visited_rate"]
        ui.table(view, view.query("service_by_unit_kind"), own)
    with right:
        ui.section("各街道", "点选一行进入该街道。")
        shown = ["subdistrict_name", "object_count", "unheld_count", *counts, *more]
        ui.table(view, by_street, shown, leads_to={"street": "subdistrict_name"})
    ui.section("走访未达标", "有人挂点而没有走够次数的；每季度要求几次见口径页的设置。")
    late = ui.only(held, is_held_in_period=True, is_frequent=False)
    seen = ["holder_units", "holder_names", "last_visited_date", "visit_count", "frequency_state"]
    ui.table(view, late, [*about, *seen, "open_count"], leads_to=ui.LEADS_TO)
elif part == "历史":
    ui.assignment_history(view)
elif part == "小组":
    ui.service_teams(view)
else:
    ui.proposal_block(view)
