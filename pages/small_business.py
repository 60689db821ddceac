"""小个专: do the party's organisations and services reach the last small shop?"""

from fuqi import charts, ui

view = ui.page("小个专", "党组织和服务到了多少家小店？", offers=("period", "street", "community"))

coverage = view.query("coverage_totals")
conversions = view.query("conversion_totals")
cards = ["organisation_coverage_rate", "work_coverage_rate", "visited_business_count"]
ui.kpi_row(
    view,
    [*cards, "converted_count", "green_food_permit_working_days"],
    totals=[coverage, conversions, view.query("permit_totals")],
    previous=view.previous("conversion_totals"),
)
ui.coverage_sentence(view, coverage)
ui.coverage_where(view, coverage)
ui.uncovered_firms(view, coverage)

work, converted, scenes, permits = ui.parts(["党组织与走访", "个转企", "场景与功能", "证照"])
if work.open:
    with work:
        left, right = ui.columns(2)
        with left:
            visits = view.query(
                "small_business_visits_by_month", start_date=view.settings.programme_start
            )
            ui.chart(view, "小个专最近一次走访的月份", charts.visits_by_month, visits)
            streets = view.query("coverage_by_subdistrict")
            ui.chart(view, "各街道走访", charts.visit_state_bars, streets, name="subdistrict_name")
        with right:
            growth = view.query("party_orgs_by_year")
            ui.chart(view, "党组织（不含流动）历年累计", charts.party_org_growth, growth)
            orgs = ["party_org_count", "party_org_member_count", "organised_community_count"]
            mobile = ["mobile_party_org_count", "mobile_member_count"]
            by_street = view.query("party_orgs_by_subdistrict")
            ui.table(view, by_street, ["subdistrict_name", *orgs, *mobile])
if converted.open:
    with converted:
        ui.conversion_sentence(view, conversions)
        left, right = ui.columns(2)
        with left:
            months = view.query("conversions_by_month")
            ui.chart(view, "个转企：今年与去年", charts.conversions_beside_last_year, months)
        with right:
            years = ["this_year_count", "last_year_same_count", "change_count", "last_year_count"]
            by_street = view.query("conversions_by_subdistrict")
            shown = ["subdistrict_name", *years, "converted_count"]
            ui.table(view, by_street, shown, titles={"converted_count": "时段内"})
if scenes.open:
    with scenes:
        left, right = ui.columns(2)
        with left:
            trend = view.query("scene_and_function_trend")
            ui.chart(view, "使用情况", charts.scene_and_function_use, trend, step=view.step)
        with right:
            used = view.query("scene_and_function_use")
            what = ["service_group", "shown_service_name", "service_count", "month_counts"]
            ui.table(view, used, what, titles={"service_count": "使用次数"}, height="content")
if permits.open:
    with permits:
        ui.permits(view)

ui.section("公布数字与看板计算", "左为公开报道，右为由当前版本数据算出；两者并列，互不替代。")
ui.reconciliation(view, view.query("published_reconciliation"))
ui.published_table(
    view,
    view.query("published_vs_computed"),
    ("小个专党委", "小个专党群服务中心", "场景化服务", "个转企", "证照", "核对", "辖区"),
)
