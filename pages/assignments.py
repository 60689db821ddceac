"""挂点服务: who is responsible for each park, circle and community; what nobody holds comes first."""

from fuqi import charts, ui

view = ui.page(
    "挂点服务",
    "每个园区、商圈、社区有没有人挂点？最近去过没有？",
    offers=("period", "street", "community", "park"),
)

held = view.query("held_object_list")
if not held.num_rows:
    ui.nothing_here("当前筛选下没有园区、商圈或社区。")

what = ["object_name", "object_type", "subdistrict_name"]
who = ["holder_units", "holder_names", "held_since"]
visits = ["last_visited_date", "visit_count", "frequency_state", "open_count"]
one_plus_one = ["cadre_count", "one_plus_one_count", "one_plus_one_rate"]
gap = ["without_park_count", "without_community_count", "with_more_count"]

part = ui.tabs(("现状", "走访", "历史", "小组", "补位建议"))
if part in ("现状", "走访"):
    ui.kpi_row(
        view,
        ["unheld_count", "visit_coverage_rate", "frequency_rate", "one_plus_one_rate"],
        totals=[view.query("assignment_totals")],
        previous=view.previous("assignment_totals"),
    )
if part == "现状" and not ui.object_block(view):
    ui.missing_sentence(view, held)
    left, right = ui.columns(2)
    with left:
        ui.held_map(view)
    with right:
        ui.section(
            "没有达到1+1的干部", "每人应恰好挂一个园区或商圈、包一个社区；按单位排列，不作排名。"
        )
        ui.table(view, view.query("service_by_unit_kind"), ["unit_kind", *one_plus_one, *gap])
        cadre = ["unit_name", "holder_name", "one_plus_one_gap", "park_names", "community_names"]
        gaps = view.query("one_plus_one_gaps")
        ui.table(view, gaps, cadre, titles={"unit_name": "单位"}, empty="干部都达到1+1。")
    ui.section("挂点清单", "无人挂点的在最前，其次是走访未达标的；点选一行进入。干部姓名只显示姓。")
    ui.table(view, held, ["held_state", *what, *who, *visits], height=420, leads_to=ui.LEADS_TO)
elif part == "现状":
    left, right = ui.columns(2)
    with left:
        ui.held_map(view)
    with right:
        ui.section("同社区的园区、商圈", "点选一行进入。")
        near = ["held_state", "object_name", "object_type", "last_visited_date", "open_count"]
        beside = view.query("held_object_list", park_id=None)
        ui.table(view, beside, near, leads_to=ui.LEADS_TO)
elif part == "走访":
    left, right = ui.columns(2)
    with left:
        ui.chart(view, "各月走访覆盖率", charts.coverage_by_month, view.query("coverage_by_month"))
    with right:
        ui.section("各类单位", "一处由几类单位挂点，在每一类各计一次；只算本类单位干部的走访。")
        own = ["unit_kind", "held_in_period_count", "own_visited_count", "own_visited_rate"]
        ui.table(view, view.query("service_by_unit_kind"), own)
    ui.section("各街道", "点选一行进入该街道。")
    counts = ["object_count", "unheld_count", "held_in_period_count"]
    rates = ["visited_count", "visit_coverage_rate", "frequent_count", "frequency_rate"]
    shown, by_street = (
        ["subdistrict_name", *counts, *rates],
        view.query("assignments_by_subdistrict"),
    )
    ui.table(view, by_street, shown, leads_to={"street": "subdistrict_name"})
    ui.section("走访未达标", "有人挂点而没有走够次数；每季度要求几次，见口径页的设置。")
    late = ui.only(held, is_held_in_period=True, is_frequent=False)
    ui.table(view, late, [*what, *who, *visits], leads_to=ui.LEADS_TO)
elif part == "历史":
    ui.assignment_history(view)
elif part == "小组":
    ui.service_teams(view)
else:
    ui.proposal_block(view)
