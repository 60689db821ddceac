"""共性诉求: which problem many firms of one place share, and which is newly rising."""

from fuqi import charts, ui

view = ui.page("共性诉求", "哪里的企业有同样的难处？什么问题正在多起来？")

totals = view.query("shared_problem_totals")
shared = view.query("shared_problems")
rising = view.query("rising_problems")

ui.shared_sentence(view, shared, totals)
if shared.num_rows:
    left, right = ui.columns(2)
    with left:
        ui.chart(view, "比其他地方多几倍", charts.shared_problem_dots, shared)
    with right:
        ui.section(
            "共性诉求清单",
            "该类诉求占该处的比重与其他地方相比；大半诉求相同的几项是同一个问题，最显著的一项排在前面。点选一行，下面列出企业与诉求。",
        )
        ui.table(
            view,
            shared,
            [
                "problem",
                "received_count",
                "place_count",
                "location_quotient",
                "firm_count",
                "open_count",
                "overdue_count",
                "certainty",
                "elsewhere_count",
                "elsewhere_total_count",
                "seen_in",
            ],
            chooses=("problem", "problem"),
        )

ui.section("正在多起来的诉求", "按截至时段末的整周比较；节假日和整体增多不算增多。")
ui.rise_sentence(view, rising, totals)
if rising.num_rows:
    left, right = ui.columns(2)
    with left:
        ui.chart(view, "每周受理", charts.rising_weeks, rising)
    with right:
        ui.table(
            view,
            rising,
            [
                "problem",
                "recent_count",
                "earlier_count",
                "rise_ratio",
                "certainty",
                "week_counts",
                "firm_count",
                "open_count",
                "overdue_count",
                "seen_in",
            ],
        )

if shared.num_rows or rising.num_rows:
    ui.section("涉及的企业与诉求")
    chosen = ui.chosen_problem(view, shared, rising)
    left, right = ui.columns([2, 3])
    with left:
        firms = view.query("shared_problem_firms", **chosen)
        counts = ["received_count", "open_count", "overdue_count", "last_received_date"]
        ui.table(view, firms, ["enterprise_name", *counts], height=360)
    with right:
        cases = view.query("shared_problem_cases", **chosen)
        about = ["case_state", "appeal_id", "title", "enterprise_name", "park_name"]
        more = ["unit_name", "received_at", "due_at", "outcome", "rating"]
        ui.table(view, cases, [*about, *more], height=360, chooses=("appeal_id", "case"))
    ui.case(view)
