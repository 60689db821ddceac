"""融资与活动 in words and lists: what is on its way, what events brought, where the ten measures stand."""

from typing import Any

import pyarrow as pa
import streamlit as st

from fuqi import charts, wording
from fuqi.ui.elements import chart, columns, only, table
from fuqi.ui.view import View

Row = dict[str, Any]

WEEKS_AROUND = 4
"""Weeks before and after a bank-firm meeting that are compared."""
EVERY_KIND = "全部活动"


def waiting_list(view: View) -> None:
    """The deals still on their way; the median of those that arrived says nothing of them."""
    table(
        view,
        view.query("waiting_deals"),
        [
            "waiting_state",
            "waiting_days",
            "p90_funding_days",
            "programme",
            "enterprise_name",
            "subdistrict_name",
            "team_title",
            "amount_yuan",
            "applied_date",
        ],
        empty="已提出的融资都已到账，没有待到账的。",
    )


def activity_rows(view: View, rows: pa.Table) -> None:
    """The rows of `activity_list`, of one kind when the reader asks for one."""
    met = rows.column("activity_kind").to_pylist()
    kinds = {kind: f"{kind}（{met.count(kind)}）" for kind in sorted(set(met))}
    chosen = st.segmented_control(
        "活动类型",
        [EVERY_KIND, *kinds],
        default=EVERY_KIND,
        format_func=lambda kind: kinds.get(kind, kind),
        label_visibility="collapsed",
        required=True,
        key="activity_kind",
    )
    shown = rows if chosen not in kinds else only(rows, activity_kind=chosen)
    table(
        view,
        shown,
        [
            "started_at",
            "activity_name",
            "activity_kind",
            "subdistrict_name",
            "park_name",
            "participant_count",
            "sales_yuan",
            "linked_deal_count",
            "linked_firm_count",
            "linked_yuan",
        ],
        height=320,
        empty="时段内没有活动。",
    )


def live_selling(view: View, totals: pa.Table, course: pa.Table) -> None:
    """How many live events sold how much in how many days, how that added up, and each event.

    Takes the rows of `activity_totals` and `live_sales_course`.
    """
    if not course.num_rows:
        st.info("时段内没有直播。", icon=":material/search_off:")
        return
    st.markdown(live_in_words(totals.to_pylist()[0], course.to_pylist()))
    left, right = columns(2)
    with left:
        chart(view, "直播累计销售额", charts.live_sales, course)
    with right:
        which = ["event_number", "day_number", "started_at", "park_name"]
        table(view, course, [*which, "sales_yuan", "cumulative_sales_yuan"], height=300)


def live_in_words(row: Row, events: list[Row]) -> str:
    """The live events of a period in a sentence, with the day on which the published figure was passed."""
    unreported = row["live_event_count"] - row["live_reported_count"]
    missing = f"，{unreported:,} 场没有登记销售额" if unreported else ""
    text = (
        f"直播 **{row['live_event_count']:,}** 场，{row['live_first_date']:%Y-%m-%d} 首场起 "
        f"{row['live_days']} 天，累计销售 **{wording.yuan(row['live_sales_yuan'])}**{missing}。"
    )
    passed = next((event for event in events if event["is_published_reached"]), None)
    if passed is None:
        return text
    return text + (
        f"第 {passed['day_number']} 天（第 {passed['event_number']} 场）达到公布的 "
        f"{wording.yuan(passed['published_yuan'])}。"
    )


def meetings_sentence(view: View, totals: pa.Table) -> None:
    """How many firms came to the bank-firm meetings and what financing names them; the row of `activity_totals`."""
    row = totals.to_pylist()[0]
    if not row["meeting_count"]:
        st.info("时段内没有银企对接会。", icon=":material/search_off:")
        return
    share = wording.percent(row["meeting_firm_rate"], rounding=view.settings.rounding)
    st.markdown(
        f"银企对接会 **{row['meeting_count']:,}** 场，参加企业 {row['meeting_attendance_count']:,} 家次；"
        f"由此引出并已到账的融资 **{row['meeting_deal_count']:,}** 笔、"
        f"**{wording.yuan(row['meeting_yuan'])}**，企业 {row['meeting_firm_count']:,} 家次，"
        f"占参加家次的 {share}（{row['meeting_firm_count']:,} / {row['meeting_attendance_count']:,}）。"
    )


def appeals_around_meetings(view: View) -> None:
    """Financing appeals before and after the meetings, by street, in a sentence and a table."""
    rows = view.query("appeals_around_meetings", weeks_around=WEEKS_AROUND)
    if not rows.num_rows:
        return
    total = only(rows, is_total=True).to_pylist()[0]
    st.markdown(around_in_words(total, view.settings.min_n))
    table(
        view,
        rows,
        [
            "meeting_street",
            "meeting_count",
            "before_count",
            "after_count",
            "weekly_change_ratio",
            "least_change_ratio",
            "most_change_ratio",
            "meeting_change_verdict",
            "elsewhere_before_count",
            "elsewhere_after_count",
            "elsewhere_change_ratio",
        ],
    )


def around_in_words(row: Row, min_n: int) -> str:
    """The total of `appeals_around_meetings`: the counts, what they allow to say, and that it is no cause."""
    before = f"每周 {wording.number(row['before_weekly'], 2)} 件（{row['before_count']:,} 件）"
    after = f"每周 {wording.number(row['after_weekly'], 2)} 件（{row['after_count']:,} 件）"
    elsewhere = (
        "同期其他街道的件数不在本账号的权限内"
        if row["elsewhere_before_count"] is None
        else f"同期其他街道 {row['elsewhere_before_count']:,} 件、{row['elsewhere_after_count']:,} 件"
    )
    verdict = row["meeting_change_verdict"]
    if verdict == "样本不足":
        verdict = f"前后合计不足 {min_n} 件，变化可能只是偶然"
    return (
        f"{row['meeting_count']:,} 场对接会的举办街道，融资诉求之前 {WEEKS_AROUND} 周{before}，"
        f"之后 {WEEKS_AROUND} 周{after}：**{verdict}**。{elsewhere}。"
        "前后对比，不等于因果。"
    )


def measures(view: View) -> None:
    """The register of the ten measures with how many stand where; nothing is filled in that was not published."""
    register = view.query("measure_register")
    if not register.num_rows:
        st.info("没有载入十条措施。", icon=":material/search_off:")
        return
    counted = [row for row in view.query("measures_by_status").to_pylist() if row["measure_count"]]
    listed = "，".join(f"{row['status']} {row['measure_count']} 条" for row in counted)
    st.markdown(f"登记措施 **{register.num_rows}** 条：{listed}。")
    table(
        view,
        register,
        ["measure_id", "measure_name", "status", "lead_unit", "updated_date"],
        height="content",
    )
