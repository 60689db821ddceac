"""共性诉求 in words: the sentence that stands first, the choice of one problem, and a block for other pages."""

from typing import Any

import pyarrow as pa
import streamlit as st

from fuqi import wording
from fuqi.periods import presets
from fuqi.ui.escaping import cut, plain
from fuqi.ui.view import View

Row = dict[str, Any]

ENTRY = "problem"
"""The session's entry that names the problem on the screen; a table of `shared_problems` may choose it."""

RISING = "近期增多："
MOST_LINES = 3
"""Problems that a block names; the page has them all."""


def shared_sentence(view: View, shared: pa.Table, totals: pa.Table) -> None:
    """What many firms of one place share, the strongest first; when nothing stands out, what was looked at.

    Takes the rows of `shared_problems` and `shared_problem_totals`.
    """
    found, tested = _leading(shared), totals.to_pylist()[0]
    if found:
        count = f"{_where(view)}有 **{len(found)}** 项共性诉求"
        most = "，最突出的是" if len(found) > 1 else "："
        st.markdown(f"#### {count}{most}{shared_problem_in_words(view, found[0])}")
        _others([shared_problem_in_words(view, row) for row in found[1:]])
        return
    st.info(_nothing(view, tested), icon=":material/check_circle:")


def rise_sentence(view: View, rising: pa.Table, totals: pa.Table) -> None:
    """What is newly rising, the strongest first; when nothing is, what was looked at."""
    found, tested = _leading(rising), totals.to_pylist()[0]
    weeks = view.settings.common_recent_weeks
    if found:
        count = f"近 {weeks} 周有 **{len(found)}** 项诉求明显增多"
        most = "，最突出的是" if len(found) > 1 else "："
        st.markdown(f"{count}{most}{rise_in_words(found[0])}")
        _others([rise_in_words(row) for row in found[1:]])
    elif tested["earlier_weeks"]:
        span = wording.period(tested["recent_date"], tested["last_date"])
        st.info(
            f"近 {weeks} 周（{span}）没有发现超出偶然的增多。与此前 {tested['earlier_weeks']} 周相比，"
            f"检验了 {tested['tested_rise_count']:,} 对地方与诉求。",
            icon=":material/check_circle:",
        )
    else:
        st.info(
            f"{view.filters.period.last:%Y-%m-%d} 之前的数据不足以比较最近 {weeks} 周与此前各周。",
            icon=":material/search_off:",
        )


def shared_problem_in_words(view: View, row: Row) -> str:
    """One row of `shared_problems` as a reader says it, with every count behind its shares."""
    share = wording.percent(row["place_share"], 1, view.settings.rounding)
    here = f"{row['received_count']:,}/{row['place_count']:,}"
    elsewhere = f"{row['elsewhere_count']:,}/{row['elsewhere_total_count']:,}"
    quotient = row["location_quotient"]
    times = (
        f"其他地方没有（{elsewhere}）"
        if quotient is None
        else f"是其他地方的 {wording.number(quotient, 1)} 倍（{elsewhere}）"
    )
    return (
        f"**{plain(row['problem'])}**，占该处诉求 {share}（{here}），{times}，涉及{_firms(row)}"
        f"{_unfinished(row)}，{row['certainty']}。"
    )


def rise_in_words(row: Row) -> str:
    """One row of `rising_problems` as a reader says it."""
    ratio = row["rise_ratio"]
    times = "此前没有" if ratio is None else f"周均是此前的 {wording.number(ratio, 1)} 倍"
    return (
        f"**{plain(row['problem'])}**，{row['recent_count']:,} 件，此前 {row['earlier_weeks']} 周 "
        f"{row['earlier_count']:,} 件，{times}，涉及{_firms(row)}{_unfinished(row)}，"
        f"{row['certainty']}。"
    )


def chosen_problem(view: View, shared: pa.Table, rising: pa.Table) -> Row | None:
    """The problem the reader chose, as parameters of `shared_problem_cases` and `shared_problem_firms`.

    None when nothing was found. A rising one is asked for over its recent weeks, a shared one over the period.
    """
    period = view.filters.period
    offered: dict[str, Row] = {}
    labels: dict[str, str] = {}
    for row in shared.to_pylist():
        name = row["problem"]
        labels[name] = f"{cut(name)}（{row['received_count']:,} 件）"
        offered[name] = _named(row, period.first, period.last)
    for row in rising.to_pylist():
        name = f"{RISING}{row['problem']}"
        labels[name] = f"{cut(name)}（{row['recent_count']:,} 件）"
        offered[name] = _named(row, row["recent_date"], row["last_date"])
    if not offered:
        return None
    if (
        st.session_state.get(ENTRY) not in offered
    ):  # one of another period, or a row no longer chosen
        st.session_state[ENTRY] = next(iter(offered))
    chosen = st.selectbox(
        "看哪一项", list(offered), key=ENTRY, format_func=labels.get, filter_mode=None, width=560
    )
    return offered[chosen]


def shared_problem_block(view: View) -> None:
    """A few lines for a page about something else: what is shared and what is rising, and the way to the page."""
    totals = view.query("shared_problem_totals")
    shared, rising = view.query("shared_problems"), view.query("rising_problems")
    lines = [shared_problem_in_words(view, row) for row in _leading(shared)[:MOST_LINES]]
    lines += [f"{RISING}{rise_in_words(row)}" for row in _leading(rising)[:MOST_LINES]]
    with st.container(border=True, key="shared_problem_block"):
        if lines:
            st.markdown(f"{_where(view)}的共性诉求\n\n" + "\n".join(f"* {line}" for line in lines))
        else:
            st.caption(_nothing(view, totals.to_pylist()[0]))


def _others(sentences: list[str]) -> None:
    """What stands behind the first problem; the list on the page has those left out."""
    if sentences:
        st.markdown("\n".join(f"* 其次：{sentence}" for sentence in sentences[: MOST_LINES - 1]))


def _nothing(view: View, tested: Row) -> str:
    minimum = (
        f"至少 {view.settings.common_min_count} 件、{view.settings.common_min_firms} 家写明的企业、"
        f"占比为其他地方的 {view.settings.common_min_ratio:g} 倍，"
        f"误判比例不超过 {wording.percent(view.settings.common_fdr, 0)}"
    )
    if not tested["tested_count"]:
        return (
            f"{_where(view)}没有可以检验的共性诉求：受理 {tested['received_count']:,} 件，"
            f"没有地方和诉求类型同时达到 {view.settings.common_min_count} 件。"
        )
    unnamed = ""
    if tested["unnamed_count"] == tested["received_count"]:
        unnamed = "导出文件没有写明企业，无法判断涉及几家，因此不下结论。"
    return (
        f"{_where(view)}没有发现超出偶然的共性诉求。检验了 {tested['tested_place_count']:,} 个地方、"
        f"{tested['tested_topic_count']:,} 类诉求的 {tested['tested_count']:,} 对（{minimum}）。{unnamed}"
    )


def _leading(rows: pa.Table) -> list[Row]:
    listed = rows.to_pylist()
    return [row for row in listed if row["is_leading"]] or listed[:1]


def _where(view: View) -> str:
    """When and where: `本季度福保街道`, or the dates where the period has no name."""
    period = view.filters.period
    named = presets(view.as_of.date(), view.settings)
    when = next((name for name, preset in named.items() if preset == period), None)
    what = "" if view.filters.category is None else f"“{plain(view.filters.category)}”类"
    return (when or wording.period(period.first, period.last) + " ") + (
        plain(view.filters.subdistrict or "") + what
    )


def _firms(row: Row) -> str:
    least = "至少 " if row["unnamed_count"] else " "
    return f"{least}{row['firm_count']:,} 家企业"


def _unfinished(row: Row) -> str:
    if not row["open_count"]:
        return "，已全部办结"
    late = f"，其中 :red[{row['overdue_count']:,} 件已超期]" if row["overdue_count"] else ""
    return f"，{row['open_count']:,} 件未办结{late}"


def _named(row: Row, first: Any, last: Any) -> Row:
    named = {name: row[name] for name in ("place_kind", "place_id", "topic_level", "topic")}
    return {**named, "start_date": first, "end_date": last}
