"""小个专: what is not covered yet and where, this year beside the last, and whether the published numbers agree."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from fuqi import charts, maps, wording
from fuqi.store import kpis
from fuqi.ui.elements import (
    LONGEST_NOTE,
    chart,
    columns,
    district_map,
    only,
    section,
    table,
    written_table,
)
from fuqi.ui.escaping import plain
from fuqi.ui.labels import WHOLE_DISTRICT
from fuqi.ui.view import View

MOST_FIRMS = 200
"""Firms listed at once; the line below the table says how many more there are."""
MOST_NAMED = 3
FOOD = "食品经营许可"
"""The permit whose working days were published."""
LEVELS = {"按社区": maps.COMMUNITIES, "按街道": maps.STREETS}
MEASURES = ("work_coverage_rate", "organisation_coverage_rate", "period_visited_rate")
COVERAGE = ("organisation_coverage_rate", "work_coverage_rate")


def parts(names: Sequence[str]) -> Sequence[Any]:
    """Tabs of which only the one on the screen is worked out: `if tab.open: with tab: …`."""
    return st.tabs(list(names), key="parts", on_change="rerun")


def coverage_sentence(view: View, totals: pa.Table) -> None:
    """How many small businesses are not reached yet, where most of them are, and that none is where none is."""
    row = totals.to_pylist()[0]
    if absent := _absent(view):
        st.info(f"覆盖情况不可算：导出里没有“{'、'.join(absent)}”。", icon=":material/block:")
        return
    where = plain(view.filters.community or view.filters.subdistrict or WHOLE_DISTRICT)
    if not row["small_business_count"]:
        st.info(f"{where}没有小个专。", icon=":material/search_off:")
        return
    visited = (
        f"最近一次走访在时段内的 {row['period_visited_count']:,} 户"
        f"（{_percent(view, row['period_visited_rate'])}）。"
    )
    if not row["uncovered_count"]:
        st.markdown(
            f"**{where}没有覆盖缺口**：有党员的 {row['with_members_count']:,} 户都有党组织，"
            f"没有党员的 {row['without_members_count']:,} 户都走访过或有党建指导员。{visited}"
        )
        return
    worst = [
        f"{plain(r['community_name'])}（{r['uncovered_count']:,} 户）"
        for r in _communities(view).to_pylist()[:MOST_NAMED]
        if r["uncovered_count"]
    ]
    st.markdown(
        f"**{where}还有 {row['uncovered_count']:,} 户小个专没有覆盖**："
        f"有党员而无党组织 {row['unorganised_count']:,} 户，"
        f"无党员而未走访指导 {row['unworked_count']:,} 户；"
        f"最多的是{'、'.join(worst)}。{visited}"
    )


def coverage_where(view: View, totals: pa.Table) -> None:
    """Map and table of the coverage by community or street, the most uncovered first; a click goes there."""
    has_gaps = bool(totals.column("uncovered_count")[0].as_py())
    labels = {measure: kpis()[measure].label for measure in MEASURES}
    with st.container(horizontal=True, gap="small"):
        level = LEVELS[_choice("看到哪一级", list(LEVELS), "coverage_level")]
        measure = _choice(
            "地图上看什么",
            list(MEASURES),
            "coverage_measure",
            default=MEASURES[0 if has_gaps else -1],
            names=labels,
        )
    if level == maps.COMMUNITIES:
        rows = _communities(view)
        names, leads_to = ["community_name", "subdistrict_name"], {"community": "community_name"}
    else:
        rows = view.query("coverage_by_subdistrict")
        names, leads_to = ["subdistrict_name"], {"street": "subdistrict_name"}
    counts = {each: kpis()[each].counts or ("", "") for each in MEASURES}
    shown = [
        column
        for each in sorted(MEASURES, key=lambda each: each != measure)
        for column in (each, *counts[each])
    ]
    left, right = columns(2)
    with left:
        district_map(
            view,
            f"{labels[measure]}（点选进入）",
            maps.measure_by_area,
            rows,
            measure=measure,
            label=labels[measure],
            level=level,
            counts=counts[measure],
            min_n=view.settings.min_n,
        )
    with right:
        section(
            "缺口在哪里",
            "未覆盖多的排在前面，其次是时段走访率低的；点选一行进入。"
            "组织覆盖只看有党员的，工作覆盖只看没有党员的。",
        )
        table(
            view,
            rows,
            [*names, "uncovered_count", *shown],
            height=400,
            leads_to=leads_to,
        )


def uncovered_firms(view: View, totals: pa.Table) -> None:
    """The firms that are not covered, community by community, and how many more there are than are listed."""
    count = totals.column("uncovered_count")[0].as_py()
    if not count or _absent(view):
        return
    firms = view.query("uncovered_small_businesses", most_rows=MOST_FIRMS)
    more = count - firms.num_rows
    listed = (
        f"前 {firms.num_rows:,} 户，另有 {more:,} 户未列出，请选街道或社区"
        if more
        else f"全部 {count:,} 户"
    )
    section("未覆盖的小个专", f"按街道、社区列出{listed}。")
    table(
        view,
        firms,
        [
            "community_name",
            "coverage_gap",
            "enterprise_name",
            "entity_kind",
            "party_member_count",
            "party_org_id",
            "last_visited_date",
            "enterprise_id",
            "subdistrict_name",
        ],
        height=300,
    )


def conversion_sentence(view: View, totals: pa.Table) -> None:
    """The year to date beside the same days of the last one, and the last one as a whole."""
    row = totals.to_pylist()[0]
    if absent := view.absent(kpis()["this_year_count"]):
        st.info(f"个转企不可算：导出里没有“{'、'.join(absent)}”。", icon=":material/block:")
        return
    year = view.as_of.year
    now, before = row["this_year_count"], row["last_year_same_count"]
    change = now - before
    same = f"多 {change:,} 户" if change > 0 else f"少 {-change:,} 户" if change else "相同"
    st.markdown(
        f"{year} 年截至 {view.as_of:%-m月%-d日} 个转企 **{now:,}** 户，去年同期 {before:,} 户，{same}；"
        f"{year - 1} 年全年 {row['last_year_count']:,} 户。"
    )


def permits(view: View) -> None:
    """Statutory, promised and actual working days by kind, their course by month, and open applications."""
    by_kind = view.query("permits_by_kind")
    kinds = list(dict.fromkeys(by_kind.column("permit_kind").to_pylist()))
    if not kinds:
        st.info("没有载入证照办理记录。", icon=":material/search_off:")
        return
    table(
        view,
        by_kind,
        [
            "permit_kind",
            "channel",
            "statutory_working_days",
            "promised_working_days",
            "median_permit_working_days",
            "p90_permit_working_days",
            "permit_issued_count",
            "within_promise_rate",
            "within_promise_count",
            "promised_count",
            "permit_open_count",
            "permit_late_count",
            "longest_open_working_days",
        ],
    )
    st.caption(
        "用时为时段内发证的办件，受理当日不计、发证当日计入，节假日和调休按工作日历；图中细线到90%的办件以内。"
    )
    kind = _choice("证照类型", kinds, "permit_kind", default=FOOD if FOOD in kinds else kinds[0])
    first = min(view.settings.programme_start, view.filters.period.first)
    left, right = columns(2)
    with left:
        by_month = view.query("permits_by_month", permit_kind=kind, start_date=first)
        heading = f"{kind}：各月用时"
        chart(view, heading, charts.permit_days_by_month, by_month)
    with right:
        taken = view.query("permit_days_distribution", permit_kind=kind)
        for channel in dict.fromkeys(taken.column("channel").to_pylist()):
            shown = only(taken, channel=channel).replace_schema_metadata(taken.schema.metadata)
            chart(view, f"{kind}：{channel}用时分布", charts.permit_days, shown)
        if not taken.num_rows:
            st.info(f"这段时间没有发出{kind}。", icon=":material/search_off:")
    section("在办证照", "截至数据截止日已受理未发证的，不论时段；已超承诺的在前。")
    table(
        view,
        view.query("open_permits"),
        [
            "permit_state",
            "permit_id",
            "permit_kind",
            "channel",
            "enterprise_name",
            "subdistrict_name",
            "applied_date",
            "waited_working_days",
            "promised_working_days",
            "left_working_days",
            "statutory_working_days",
        ],
        height=280,
        empty="没有在办的证照。",
        titles={"applied_date": "受理日期"},
    )


def reconciliation(view: View, rows: pa.Table) -> None:
    """Each pair of numbers that should agree with sources and verdict, and the check in one sentence."""
    found = rows.to_pylist()
    st.markdown("  \n".join(_verdict(row) for row in found if row["step_number"] in (4, 5)))
    written_table(
        view,
        [
            {
                "甲": row["left_label"],
                "甲的数值": _figure(row["left_qualifier"], row["left_value"], row["unit"]),
                "乙": row["right_label"],
                "乙的数值": _figure(row["right_qualifier"], row["right_value"], row["unit"]),
                "相差（乙减甲）": wording.difference(row["difference"], row["unit"]),
                "取整容许": f"±{wording.figure(row['leeway'], row['unit'])}"
                if row["leeway"]
                else "不容许"
                if row["leeway"] == 0
                else "—",
                "判断": row["agreement"],
                "公布数字出处": row["published_source"] or "—",
            }
            for row in found
        ],
        note="全区口径，不随筛选变化。取整容许：公布数字末位的半个单位，乘积带上两个因数的。"
        "商事主体（55万）是另一个口径，不参与核对。",
    )


def _verdict(row: dict[str, Any]) -> str:
    left = _figure(row["left_qualifier"], row["left_value"], row["unit"])
    right = _figure(row["right_qualifier"], row["right_value"], row["unit"])
    said = plain(f"{row['left_label']} {left}，{row['right_label']} {right}", LONGEST_NOTE)
    if row["agreement"] == "不可比":
        return f"**不可比**：{said}，缺一项。"
    apart = plain(wording.figure(abs(row["difference"]), row["unit"]))
    if row["agreement"] == "不一致":
        return f"**不一致**：{said}，相差 {apart}，超出取整的范围。"
    within = "在公布数字取整的范围内" if row["leeway"] else "完全相同"
    return f"**一致**：{said}，{f'相差 {apart}，' if row['leeway'] else ''}{within}。"


def _figure(qualifier: str | None, value: float | None, unit: str) -> str:
    if value is None:
        return wording.NOT_COMPUTABLE
    return wording.published(qualifier, value, unit)


def _communities(view: View) -> pa.Table:
    """All communities of the street, so that a chosen one stands among its neighbours."""
    return view.query("coverage_by_community", community=None)


def _absent(view: View) -> list[str]:
    found = [title for measure in COVERAGE for title in view.absent(kpis()[measure])]
    return list(dict.fromkeys(found))


def _percent(view: View, share: float | None) -> str:
    return wording.percent(share, rounding=view.settings.rounding)


def _choice(
    label: str,
    options: list[str],
    key: str,
    default: str | None = None,
    names: dict[str, str] | None = None,
) -> str:
    if st.session_state.get(key) not in options:
        st.session_state[key] = default or options[0]
    chosen = st.segmented_control(
        label,
        options,
        format_func=(names or {}).get if names else str,
        label_visibility="collapsed",
        required=True,
        key=key,
    )
    return chosen or options[0]
