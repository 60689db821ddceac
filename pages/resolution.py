"""诉求办理: how fast and how well appeals are resolved, and which to take up now."""

from fuqi import charts, ui

FIRST, STEPS, KPIS = "先办这些", "环节与用时", "全部指标"
LONGEST_DAYS = 14

view = ui.page("诉求办理", "办得快不快、好不好？今天先办哪几件？")

totals = view.query("resolution_totals")
ui.kpi_row(
    view,
    [
        "overdue_count",
        "due_soon_count",
        "received_count",
        "on_time_rate",
        "same_day_response_rate",
        "resolved_rate",
        "satisfied_rate",
        "median_resolution_working_hours",
    ],
    totals=[totals, view.query("open_totals")],
    previous=view.previous("resolution_totals"),
    trend=view.query("resolution_trend"),
)
ui.frozen(view)

part = ui.tabs((FIRST, STEPS, KPIS))
if part != FIRST and not totals["received_count"][0].as_py():
    ui.nothing_here("这段时间没有受理诉求，请放宽筛选条件。")
if part == FIRST:
    ui.section("已超期与一个工作日内到期", "不论何时受理，按办结时限从早到晚。点选一行看这一件。")
    ui.table(
        view,
        view.query("appeals_urgent"),
        [
            "urgency",
            "appeal_id",
            "title",
            "category",
            "subdistrict_name",
            "enterprise_name",
            "unit_name",
            "received_at",
            "due_at",
            "extension_count",
        ],
        empty="没有超期的诉求，也没有一个工作日内到期的诉求。",
        chooses=("appeal_id", "case"),
    )
    ui.case(view)
elif part == STEPS:
    ui.section("走到哪一步，用了多久")
    left, right = ui.columns(2)
    with left:
        step = ui.step_choice(view)
        ui.chart(
            view,
            "受理与办结（虚线为上期受理）",
            charts.flow_trend,
            view.query("resolution_trend", step=step),
            step=step,
            previous=view.previous("resolution_trend", step=step),
        )
        ui.chart(view, "用时占时限的比例", charts.limit_use, view.query("limit_use_distribution"))
        ui.chart(view, "诉求类型", charts.category_pareto, view.query("appeals_by_category"))
    with right:
        stages = view.query("resolution_funnel")
        ui.chart(view, "办理环节（件数、占受理量、中位用时）", charts.stage_funnel, stages)
        taken = view.query("resolution_time_distribution", longest_days=LONGEST_DAYS)
        ui.chart(view, "办结用时分布", charts.time_distribution, taken)
        ui.chart(view, "未办结诉求的时长", charts.open_by_age, view.query("open_by_age"))
    by_hour = view.query("same_day_by_hour")
    ui.chart(
        view, "受理时刻与当日响应", charts.response_by_hour, by_hour, min_n=view.settings.min_n
    )
else:
    ui.section("全部指标", "每个比率都带分子和分母；口径即查询文件头里的定义。")
    ui.all_kpis(view, "resolution_totals")
