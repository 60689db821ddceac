"""What every number means, on the screen and as a file: the definitions of the query headers."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import streamlit as st

from fuqi import definitions as defined
from fuqi import inert, targets, wording
from fuqi.definitions import Definition, Need
from fuqi.store import kpis
from fuqi.ui import downloads, terms
from fuqi.ui.elements import LONGEST_NOTE, section
from fuqi.ui.escaping import cut, plain
from fuqi.ui.labels import PAGES, title
from fuqi.ui.terms import Line, Missing, Term
from fuqi.ui.view import View

ENTRY = "definition"
SHORT = 12
"""Characters of a setting's value that a line has room for."""


def definitions(view: View) -> None:
    """Every KPI by page and query: definition, columns, settings, file; searchable, and to be taken away."""
    everything = sorted(defined.definitions(view.release.manifest), key=_place)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        words = st.text_input(
            "查找指标",
            key=ENTRY,
            placeholder="输入指标、列名或设置，如 按时 时限",
            label_visibility="collapsed",
            width=320,
        )
        found = [d for d in everything if d.holds(words)]
        _downloads(view, found)
    st.caption(
        f"共 {len(everything)} 项指标"
        + (f"，其中 {len(found)} 项符合“{plain(words.strip())}”" if words.strip() else "")
        + " · 定义取自各查询文件的文件头，与卡片上的帮助是同一段文字"
    )
    if not found:
        st.info("没有符合的指标，请换个词。", icon=":material/search_off:")
    for folder, on_page in groupby(found, key=lambda d: d.page):
        section(PAGES[folder])
        by_query = [list(rows) for _, rows in groupby(on_page, key=lambda d: d.query)]
        st.html(
            "".join(
                terms.of_file(rows[0].file, rows[0].caveat)
                + terms.listed(_term(view, definition) for definition in rows)
                for rows in by_query
            )
        )
    _targets(view)
    _settings(view, everything)


def _place(definition: Definition) -> tuple[int, int, str]:
    """By page, and there the query first that defines most."""
    query = definition.query
    return [*PAGES].index(definition.page), -len(query.kpis), query.name


def _term(view: View, definition: Definition) -> Term:
    notes = [] if definition.kpi.is_low_good is None else [definition.direction]
    if not definition.is_computable:
        notes.append(Missing(wording.NOT_COMPUTABLE))
    meaning = [definition.numerator]
    if definition.denominator:
        meaning = [f"分子　{definition.numerator}", f"分母　{definition.denominator}"]
    return Term(definition.kpi.label, meaning, notes, _grounds(view, definition))


def _grounds(view: View, definition: Definition) -> list[Line]:
    lines: list[Line] = []
    if definition.kpi.counts and not definition.denominator:
        lines.append(f"一同显示　{title(definition.kpi.counts[1])}")
    if definition.needs:
        lines.append(["需要的列　", *_columns(definition.needs)])
    if definition.settings:
        lines.append("取决于　" + "；".join(_in_short(view, name) for name in definition.settings))
    return lines


def _columns(needs: Sequence[Need]) -> Iterator[str]:
    """The columns by table, in parts of a line."""
    by_table: dict[str, list[Need]] = {}
    for need in needs:
        by_table.setdefault(need.table, []).append(need)
    for table, of_table in by_table.items():
        yield f"{'；' if table != needs[0].table else ''}{table}："
        for need in of_table:
            yield f"{'、' if need is not of_table[0] else ''}{need.column}"
            if not need.is_present:
                yield Missing("（本次数据没有）")


def _in_short(view: View, name: str) -> str:
    """A setting with its value, where that is short; long ones stand at the end of the page."""
    value = defined.stated(name, view.settings)
    return f"{defined.SETTING_TITLES[name]}（{value if len(value) <= SHORT else '见页末'}）"


def _targets(view: View) -> None:
    """The targets in the file, and which of them name a street that the data do not have."""
    section("目标", "在 `data/targets.toml` 里设；时段最后一天有效的目标用于卡片和图。")
    if not view.targets.entries:
        st.markdown("没有设目标。")
        return
    streets = view.query("subdistrict_list").column("subdistrict_name").to_pylist()
    for target in view.targets.entries:
        place = plain(target.street) if target.street else "全区及没有自己目标的街道"
        if target.street and target.street not in streets:
            place += "（:orange[数据里没有这个街道，不起作用]）"
        bound = "≤" if kpis()[target.measure].is_low_good else "≥"
        st.markdown(
            f"**{title(target.measure)}** {bound}{targets.shown(target)}　"
            f"{wording.period(target.first, target.last)}　{place}"
        )


def _settings(view: View, everything: Sequence[Definition]) -> None:
    section(
        "这些由本单位决定",
        "在 `data/settings.toml` 和 `data/calendar.toml` 里改；下面是现在的取值。",
    )
    shown = []
    for name, named in defined.SETTING_TITLES.items():
        value = cut(inert.one_line(defined.stated(name, view.settings)), LONGEST_NOTE)
        touched = dict.fromkeys(d.kpi.label for d in everything if name in d.settings)
        grounds = [f"影响　{'、'.join(touched)}"] if touched else []
        shown.append(Term(named, [value], grounds=grounds))
    st.html(terms.listed(shown))


def _downloads(view: View, found: Sequence[Definition]) -> None:
    rows = defined.as_rows(found, view.settings, PAGES)
    for name, write in (("csv", defined.as_csv), ("md", defined.as_markdown)):
        downloads.button(
            {"csv": "下载表格", "md": "下载文档"}[name],
            "指标口径",
            name,
            lambda write=write: write(rows, view.provenance).encode(),
            n=len(rows),
            file_name=f"指标口径_{view.as_of:%Y%m%d}.{name}",
            key=f"definitions_{name}",
            icon=":material/download:",
        )
