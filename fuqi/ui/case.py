"""A single case: found by its number or chosen in a list, its link kept in the URL as `?case=SQ20230504001`."""

from typing import Any

import streamlit as st

from fuqi import charts, wording
from fuqi.ui.elements import chart, columns, table, written_table
from fuqi.ui.escaping import plain
from fuqi.ui.view import View

ENTRY = "case"
"""The session's entry, and the URL's, that names the case on the screen."""

SIMILAR = 20
LONG = 600
"""A text of more characters scrolls in a frame of its own."""
FRAME = 200


def case(view: View) -> None:
    """A field for the number and, when there is one, the case: facts, clocks, where it came from, similar cases."""
    if ENTRY not in st.session_state:
        st.session_state[ENTRY] = st.query_params.get(ENTRY, "")
    number = st.text_input(
        "查看一件诉求",
        key=ENTRY,
        persist_state="session",
        placeholder="输入工单编号，或点选上表中的一行",
        width=320,
    ).strip()
    if not number:
        st.query_params.pop(ENTRY, None)
        return
    if st.query_params.get(ENTRY) != number:
        st.query_params[ENTRY] = number
    found = view.query("case_detail", case_id=number).to_pylist()
    if not found:
        st.info(
            f"没有工单“{plain(number)}”，或它已作废；请核对编号。", icon=":material/search_off:"
        )
        return
    (facts,) = found
    with st.container(border=True):
        st.markdown(f"**{plain(facts['appeal_id'])}　{plain(facts['title'] or '（没有标题）')}**")
        st.caption(_verdict(facts))
        if facts["content"]:
            with st.container(height=FRAME if len(facts["content"]) > LONG else "content"):
                st.text(facts["content"])
        left, right = columns(2)
        with left:
            written_table(
                view,
                [{"项目": name, "内容": value} for name, value in _facts(facts) if value],
                f"工单 {number}",
                heading=f"工单 {number}",
                of_cases=True,
            )
        with right:
            chart(
                view,
                "办理时间线",
                charts.case_clocks,
                view.query("case_timeline", case_id=number),
                as_of=view.as_of,
            )
        st.markdown("**同街道同类诉求**")
        table(
            view,
            view.query("similar_cases", case_id=number, most_rows=SIMILAR),
            [
                "appeal_id",
                "title",
                "subcategory",
                "enterprise_name",
                "park_name",
                "received_at",
                "case_state",
                "rating",
            ],
            empty="没有同街道同类的其他诉求。",
        )


def _verdict(facts: dict[str, Any]) -> str:
    """What the clocks say, in one line."""
    if facts["is_overdue"]:
        state = f":red[已超期]，受理至今 {wording.hours(facts['age_hours'])}"
    elif not facts["is_closed"]:
        state = f"办理中，受理至今 {wording.hours(facts['age_hours'])}"
    else:
        taken = wording.hours(facts["resolution_hours"])
        working = wording.working_hours(facts["resolution_working_hours"])
        on_time = {True: "按时办结", False: "超过时限办结"}[facts["is_on_time"]]
        state = f"{'已办结，没有时限' if facts['due_at'] is None else on_time}，用时 {taken}（{working}）"
    if facts["first_response_hours"] is None:
        response = "尚未联系企业"
    else:
        same_day = "当日响应" if facts["is_same_day_response"] else "未在当日响应"
        response = f"{same_day}，首响用时 {wording.hours(facts['first_response_hours'])}"
    return f"{state}；{response}"


def _facts(facts: dict[str, Any]) -> list[tuple[str, str]]:
    place = "　".join(
        part
        for part in (facts["subdistrict_name"], facts["community_name"], facts["park_name"])
        if part
    )
    visit = "，".join(
        part
        for part in (
            wording.moment(facts["visited_at"]) if facts["visited_at"] else "",
            facts["visitor_unit"],
            facts["visitor_name"],
            facts["visit_note"],
        )
        if part
    )
    due = ""
    if facts["due_at"] is not None:
        due = wording.moment(facts["due_at"]) + ("（推算）" if facts["is_due_worked_out"] else "")
    counts = [
        f"{name} {facts[column]} 次"
        for name, column in (
            ("延期", "extension_count"),
            ("退单", "returned_count"),
            ("重办", "redone_count"),
        )
        if facts[column]
    ]
    return [
        ("类型", facts["category_path"]),
        ("企业", facts["enterprise_name"]),
        ("地点", place),
        ("来源", facts["source"]),
        ("服务站", facts["station_name"]),
        ("走访", visit),
        ("承办单位", facts["unit_name"]),
        ("办结时限", due),
        ("经过", "，".join(counts)),
        ("办理结果", facts["outcome"]),
        ("评价", facts["rating"] or ("未评价" if facts["is_closed"] else "")),
    ]
