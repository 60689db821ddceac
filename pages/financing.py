"""融资与活动: what money reached firms, and what the events brought about."""

from fuqi import charts, ui

view = ui.page("融资与活动", "钱到企业了吗？活动带来了什么？", offers=("period", "street"))

money, events = view.query("financing_totals"), view.query("activity_totals")
cards = ["funded_yuan", "funded_firm_count", "median_funding_days", "waiting_deal_count"]
ui.kpi_row(
    view,
    [*cards, "live_sales_yuan"],
    totals=[money, events],
    previous=view.previous("financing_totals"),
)

asked, funded = ["asked_count", "asked_yuan"], ["funded_count", "funded_firm_count", "funded_yuan"]
to_money = ["timed_deal_count", "median_funding_days", "p90_funding_days"]
waiting = ["waiting_deal_count", "waiting_yuan", "longest_waiting_days"]
total = ["total_funded_count", "total_firm_count", "total_funded_yuan"]

part = ui.tabs(("融资", "活动", "直播", "十条措施"))
if part == "融资":
    trend = view.query("financing_trend")
    left, right = ui.columns(2)
    with left:
        ui.chart(view, "到账金额", charts.funded_by_step, trend, step=view.step)
    with right:
        ui.chart(view, "累计到账金额（含此前）", charts.funded_so_far, trend, step=view.step)
    ui.section(
        "各融资项目", "到账用时为自然天数，只算时段内到账的；还在等的列在右边，累计为首单以来。"
    )
    by_programme = view.query("financing_by_programme")
    ui.table(view, by_programme, ["programme", *asked, *funded, *to_money, *waiting])
    first = ["first_applied_date", "first_funded_date", "first_funding_months"]
    ui.table(view, by_programme, ["programme", *total, *first])
    ui.section("待到账", "已提出、尚未到账的融资，等得最久的在前。")
    ui.waiting_list(view)
    left, right = ui.columns([3, 2])
    with left:
        ui.section("各街道融资", "按企业所在街道，不排名。")
        streets = view.query("financing_by_subdistrict")
        shown = ["subdistrict_name", asked[0], *funded, *to_money[:2], "waiting_deal_count"]
        ui.table(view, streets, shown, height=388)
    with right:
        ui.section("服务小组", "台账写明小组的融资，不排名。")
        teams = view.query("financing_by_team")
        ui.table(view, teams, ["team_title", "funded_yuan", *total[::2]])
elif part == "活动":
    held, by_step = view.query("activity_list"), view.query("activities_trend")
    left, right = ui.columns(2)
    with left:
        ui.chart(view, "活动场次", charts.activities_by_step, by_step, step=view.step)
    with right:
        ui.chart(view, "活动时间线（点越大，参加企业越多）", charts.activity_timeline, held)
    came = ["activity_count", "attendance_count", "median_participants", "sales_yuan"]
    brought = ["activity_with_deal_count", "linked_deal_count", "linked_firm_count", "linked_yuan"]
    kinds = view.query("activities_by_kind")
    ui.table(view, kinds, ["activity_kind", *came, *brought, "last_held_date"])
    ui.section("银企对接会之后", "融资与活动的关联以台账填写的活动编号为准。")
    ui.meetings_sentence(view, events)
    ui.appeals_around_meetings(view)
    ui.section("活动清单")
    ui.activity_rows(view, held)
elif part == "直播":
    ui.live_selling(view, events, view.query("live_sales_course"))
else:
    ui.section("精准助企十条措施", "措施文本未公布，“无数据”是登记的状态，看板不补写。")
    ui.measures(view)

ui.section("公布数字与看板计算", "左为公开报道，右为由当前版本数据算出；两者并列，互不替代。")
ui.published_table(
    view,
    view.query("published_vs_computed"),
    ("跨境“N+1”知识产权证券化", "银企对接会、政企银", "直播华强北", "精准助企十条措施"),
)
