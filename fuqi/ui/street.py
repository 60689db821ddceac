"""Blocks of the page 街道: the cards of a place beside the district's rates, today's list, all its cases."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zlib import crc32

import pyarrow as pa
import streamlit as st

from fuqi import maps, wording
from fuqi.store import kpis
from fuqi.ui.case import ENTRY, case
from fuqi.ui.elements import columns, district_map, first_row, kpi_row, section, table
from fuqi.ui.view import SCOPE, View, scope_of

CARDS = {
    "overdue_count": "overdue_share",
    "due_today_count": "due_today_share",
    "due_tomorrow_count": "due_tomorrow_share",
    "unheld_count": "unheld_share",
    "visits_owed_count": "visits_owed_share",
    "repeated_count": "repeated_share",
    "station_count": "idle_station_share",
    "on_time_rate": "on_time_rate",
}
"""The cards of `street_totals`, each with the share that compares it with the district."""

IDLE = ("idle_station_count", "station_count")
"""A number of stations has no share of its own: what is compared is how many of them gave no service."""

TODAY, LIST = "today", "list"
"""The lists of the page that a case may be chosen in; the case stands below the one it was chosen in."""

MOST_URGENT = 100
"""Rows of today's list; the list of all cases has the others."""

MAP_WIDTH = 380
"""Pixels that a third of an office screen leaves for the map."""

PAGE = 50
"""Rows of the list of all cases that are read and sent at a time."""

MOST_AT_ONCE = 2000
"""Up to so many rows may be asked for with one click."""

STATES = {
    "全部": "all",
    "未办结": "open",
    "已超期": "overdue",
    "今日到期": "due_today",
    "已办结": "closed",
}
ORDERS = {
    "按办结时限，未办结在前": "deadline",
    "按受理时间，新的在前": "received",
    "按历时，长的在前": "longest",
}
LISTED = (
    *("case_state", "appeal_id", "title", "enterprise_name", "community_name"),
    *("unit_name", "received_at", "due_at", "taken_days", "rating"),
)
WEEKDAYS = "一二三四五六日"


def street_cards(view: View) -> None:
    """What is late, falls due, is held by nobody, wants a visit and repeats; a street's beside the district's."""
    totals = view.query("street_totals")
    values, district = first_row(totals), _district(view)
    notes = {column: _notes(view, column, values, district) for column in CARDS}
    for column, day in (
        ("due_today_count", view.as_of.date()),
        ("due_tomorrow_count", _next_working_day(view)),
    ):
        notes[column].insert(0, _day(day))
    kpi_row(view, [*CARDS], totals=[totals], notes=notes)


def street_choice(view: View) -> None:
    """For whom no street is chosen: a row each street that is seen, choosing one goes there."""
    rows = view.query("streets_side_by_side")
    section(
        "请选择一个街道",
        "点选一行进入该街道，或在上方选择。在办、挂点、走访为截至数据时点，走访看本自然季度；工时与满意率看所选时段。",
    )
    counts = ["overdue_count", "due_today_count", "due_tomorrow_count", "open_count"]
    held = ["unheld_count", "object_count", "visits_owed_count", "held_in_quarter_count"]
    taken = ["median_resolution_working_hours", "closed_count"]
    table(
        view,
        _with_n(view, rows, ["satisfied_rate"]),
        ["subdistrict_name", *counts, *held, *taken, "satisfied_rate_with_n"],
        height="content",
        titles={
            "satisfied_rate_with_n": "满意率（n/N）",
            "median_resolution_working_hours": "办结工时中位数（小时）",
        },
        leads_to={"street": "subdistrict_name"},
        empty="没有街道登记表。",
    )


def today_list(view: View) -> None:
    """Open cases that are late, fall due today or tomorrow, by their deadline; below it the one chosen here."""
    rows = view.query("due_by_tomorrow", most_rows=MOST_URGENT)
    day = _day(_next_working_day(view))
    more = (
        f"只列最急的 {MOST_URGENT} 件，其余见下面的诉求清单。"
        if rows.num_rows == MOST_URGENT
        else ""
    )
    section(
        "先办这些",
        f"已超期、今日到期、明日（下一个工作日，{day}）到期，按办结时限从早到晚。点选一行看这一件。{more}",
    )
    about = ["urgency", "due_at", "appeal_id", "title", "enterprise_name"]
    table(
        view,
        rows,
        [*about, "community_name", "unit_name", "received_at", "extension_count"],
        height="content" if rows.num_rows < 6 else 240,
        empty=f"没有超期的诉求，到{day}为止也没有到期的诉求。",
        chooses=("appeal_id", ENTRY),
        list_name=TODAY,
    )
    with st.container():
        if _case_stands_in() == TODAY:
            case(view)


def communities_and_map(view: View) -> None:
    """The communities of the street, a row each, and beside them the map of what is held or of the stations."""
    left, right = columns([2, 1])
    with left:
        section("各社区", "有超期的在前，点选一行进入该社区。")
        table(
            view,
            _with_n(view, view.query("community_work"), ["on_time_rate", "satisfied_rate"]),
            [
                *("community_label", "open_count", "overdue_count", "due_by_tomorrow_count"),
                *("unheld_count", "visits_owed_count", "station_count", "received_count"),
                *("on_time_rate_with_n", "satisfied_rate_with_n"),
            ],
            height="content",
            titles={
                "on_time_rate_with_n": "按时办结率",
                "satisfied_rate_with_n": "满意率",
                "overdue_count": "超期",
                "station_count": "服务站",
            },
            leads_to={"community": "community_name"},
            empty="这个街道没有社区名录。",
        )
    with right:
        kind = st.segmented_control(
            "地图",
            ["挂点", "服务站"],
            default="挂点",
            required=True,
            key="street_map",
            label_visibility="collapsed",
        )
        whole_street = {"community": None}
        if kind == "服务站":
            stations = view.query("station_list", **whole_street)
            district_map(view, "服务站地图", maps.stations, stations, narrow=MAP_WIDTH)
        else:
            district_map(
                view,
                "挂点地图（点击社区可进入）",
                maps.held_over_streets,
                view.query("held_object_list", **whole_street),
                view.query("assignment_lines", **whole_street),
                view.query("assignments_by_subdistrict"),
                chosen=view.filters.community,
                narrow=MAP_WIDTH,
            )


def all_cases(view: View) -> None:
    """Every case of the place, searched, sorted and read a page at a time; below it the one chosen here."""
    _case_list(view, _chosen_case())
    if _case_stands_in() == LIST:
        case(view)


@st.fragment
def _case_list(view: View, shown_case: tuple[str, str]) -> None:
    # The case stands outside of what is drawn again here.
    if _chosen_case() != shown_case:
        st.rerun(scope="app")
    section("全部诉求")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        search = st.text_input(
            "查找",
            key="case_search",
            placeholder="查找：编号、标题、企业、承办单位",
            label_visibility="collapsed",
            icon=":material/search:",
            persist_state="session",
            width=300,
        ).strip()
        state = st.segmented_control(
            "状态",
            [*STATES],
            default="全部",
            required=True,
            key="case_state",
            label_visibility="collapsed",
            persist_state="session",
        )
        order = st.selectbox(
            "排序",
            [*ORDERS],
            key="case_order",
            label_visibility="collapsed",
            persist_state="session",
            filter_mode=None,
            width=230,
        )
    asked = {"search": search, "case_state": STATES[state or "全部"]}
    found = first_row(view.query("case_count", **asked))
    total = found["case_count"]
    mark = f"{crc32(repr((view.release.release_id, view.params, asked, order)).encode()):08x}"
    pages = _pages(mark)
    rows = pa.concat_tables(
        [
            view.query(
                "case_list",
                **_narrowed(asked, ORDERS[order], PAGE * (number + 1), found),
                case_order=ORDERS[order],
                most_rows=PAGE,
                offset_rows=PAGE * number,
            )
            for number in range(max(1, min(pages, -(-total // PAGE))))
        ]
    )
    words = [
        scope_of(rows),
        *([state] if state != "全部" else []),
        *([f"查找“{search}”"] if search else []),
    ]
    about = " · ".join(word for word in [*words, order] if word)
    table(
        view,
        rows.replace_schema_metadata({SCOPE: about}),
        LISTED,
        height=420 if rows.num_rows > 10 else "content",
        empty="没有这样的诉求；查找按字面匹配编号、标题、企业和承办单位。",
        chooses=("appeal_id", ENTRY),
        list_name=f"{LIST}_{mark}_{rows.num_rows}",
        counted=f"共 {total:,} 件，显示前 {rows.num_rows:,} 件；下载的就是显示出来的 {rows.num_rows:,} 件",
    )
    _more(mark, total, rows.num_rows)


def _narrowed(
    asked: Mapping[str, str], order: str, last_row: int, found: Mapping[str, int]
) -> dict[str, str]:
    """What is asked for a page whose last row is that one: of all cases the open ones alone where it has no others.

    By deadline they stand on top; reading rows of closed cases out of a large ledger takes longer than all the rest.
    """
    has_open_alone = found["open_count"] == found["case_count"] or (
        order == "deadline" and last_row <= found["open_count"]
    )
    if asked["case_state"] == "all" and has_open_alone:
        return {**asked, "case_state": "open"}
    return dict(asked)


def _pages(mark: str) -> int:
    """Pages of the list that were asked for; another search, order or place begins with the first again."""
    known, pages = st.session_state.get("case_pages", ("", 1))
    return pages if known == mark else 1


def _more(mark: str, total: int, shown: int) -> None:
    """Buttons that read on, while there is more."""
    if shown >= total:
        return

    def read(rows: int) -> None:
        st.session_state["case_pages"] = (mark, -(-rows // PAGE))

    with st.container(horizontal=True, gap="small"):
        st.button(
            f"加载更多（再 {min(PAGE, total - shown)} 件）",
            key="more_cases",
            icon=":material/expand_more:",
            on_click=read,
            args=(shown + PAGE,),
        )
        at_once = min(total, MOST_AT_ONCE)
        if shown + PAGE < at_once:
            whole = "全部" if at_once == total else "前"
            st.button(
                f"显示{whole} {at_once:,} 件",
                key="all_cases",
                type="tertiary",
                on_click=read,
                args=(at_once,),
            )


def _chosen_case() -> tuple[str, str]:
    return st.session_state.get(ENTRY) or "", _case_stands_in()


def _case_stands_in() -> str:
    """The list below which the case is drawn: where it was chosen; one that a link names stands on top."""
    chosen_in = st.session_state.get(f"{ENTRY}_chosen_in")
    if chosen_in is None:
        return TODAY if st.session_state.get(ENTRY) or st.query_params.get(ENTRY) else LIST
    return TODAY if chosen_in == TODAY else LIST


def _district(view: View) -> dict[str, Any]:
    """The district's totals to stand beside a street's; empty where they would be those of the viewer's streets."""
    if view.filters.subdistrict is None:
        return {}
    totals = first_row(view.query("district_totals"))
    own = view.account.scope.streets or (view.filters.subdistrict,)
    return totals if totals["street_count"] > len(own) else {}


def _notes(
    view: View, column: str, values: Mapping[str, Any], district: Mapping[str, Any]
) -> list[str]:
    """The small print of a card: its share, and the same of the district, each with its n/N."""
    share = CARDS[column]
    hits, n = IDLE if column == "station_count" else kpis()[column].counts or IDLE
    if values[column] is None:
        return []
    told = []
    if column == "station_count":
        told.append(f"时段内无服务 {values[hits]:,} / {values[n]:,}")
    elif share != column and values[hits]:
        told.append(f"占 {_percent(view, values[share])}")
    if district and district[share] is not None:
        told += [f"全区 {_percent(view, district[share])}", f"{district[hits]:,} / {district[n]:,}"]
    return told


def _percent(view: View, share: float | None) -> str:
    return wording.percent(share, rounding=view.settings.rounding)


def _with_n(view: View, rows: pa.Table, rates: Sequence[str]) -> pa.Table:
    """The rows with a further column `<rate>_with_n` for each rate: a text that holds numerator and denominator."""
    for rate in rates:
        hits, n = kpis()[rate].counts or ("", "")
        texts = [
            f"{_percent(view, row[rate])}（{row[hits]:,}/{row[n]:,}）" if row[n] else "—"
            for row in rows.to_pylist()
        ]
        rows = rows.append_column(f"{rate}_with_n", pa.array(texts, pa.string()))
    return rows


def _next_working_day(view: View) -> date:
    return view.params["due_soon_at"].date()


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日周{WEEKDAYS[day.weekday()]}"
