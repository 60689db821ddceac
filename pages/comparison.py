"""横向比较: which streets, units, categories or communities truly differ, and which differences may be chance."""

from fuqi import charts, ui

view = ui.page(
    "横向比较",
    "谁明显好、谁明显差？哪些差别可能只是偶然？",
    offers=("by", "measure", "period", "street", "category"),
)

compared = view.query("units_compared")
if not compared.num_rows:
    ui.nothing_here("这段时间没有受理诉求，请放宽筛选条件。")
ui.finding(view, compared)

left, right = ui.columns(2)
heading = f"{ui.measure_label(view)}：{ui.compared_names(view)}比较"
words = ui.chart_words(view)
with left:
    chosen = view.filters.subdistrict
    names = compared["compared_name"].to_pylist()
    targets = view.target_lines(words["measure"], names)
    ui.chart(
        view, heading, charts.ranking_with_interval, compared, chosen=chosen, **words, **targets
    )
with right:
    ui.chart(view, f"{heading}（控制图）", charts.control_chart, compared, **words)

ui.section(
    f"{ui.compared_names(view)}名次",
    f"分母少于{view.settings.min_n}件的不排名，同率同名次。比较的对象多时，约二十分之一会仅因偶然越过95%控制限。",
)
ui.comparison_table(view, compared)

ui.changes(view, view.query("rates_changed"))

ui.section("各街道一览", "不论上面比较什么，这里按按时办结率排名。")
ui.table(
    view,
    view.query("resolution_by_subdistrict"),
    [
        "on_time_rank",
        "subdistrict_name",
        "on_time_rate",
        "on_time_count",
        "due_count",
        "on_time_verdict",
        "same_day_response_rate",
        "response_due_count",
        "received_count",
        "closed_count",
        "overdue_count",
    ],
    titles={"overdue_count": "时段内受理的超期"},
)
