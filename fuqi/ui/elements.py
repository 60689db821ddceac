"""Pieces of a screen: KPI rows, charts, maps, tables. Each takes rows and leaves no number without its n."""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from fuqi import charts, export, look, maps, targets, wording
from fuqi.maps import DistrictMap, Frame
from fuqi.store import Kpi, kpis, load_queries
from fuqi.ui import cards, downloads, drawn, places
from fuqi.ui.cards import Card
from fuqi.ui.escaping import cut, plain
from fuqi.ui.labels import table_title, title
from fuqi.ui.view import View, are_cases, scope_of

TIMES = ("_quotient", "_ratio")
"""Endings of columns that say how many times as much."""

ALARMS = {
    "overdue_count": look.OVERDUE,
    "due_soon_count": look.DUE_SOON,
    "due_today_count": look.DUE_SOON,
    "due_tomorrow_count": look.DUE_SOON,
    "unheld_count": look.UNHELD,
}
"""KPIs that take a colour when they are not zero; each colour keeps its one meaning."""

LONGEST_NOTE = 200
"""Characters of one of the notes below a heading, a table or a map."""


def columns(spec: int | Sequence[float]) -> list[Any]:
    """Side by side on a desk, one below the other on a phone."""
    return st.columns(spec, gap="medium")


def section(heading: str, note: str = "") -> None:
    downloads.section(heading)
    st.subheader(plain(heading), anchor=False)
    if note:
        st.caption(note)


def small_print(*notes: str) -> str:
    """Markdown of the notes that say something, one after the other; a long one does not hide the next."""
    return " · ".join(plain(note, LONGEST_NOTE) for note in notes if note)


def tabs(names: Sequence[str], entry: str = "tab") -> str:
    """Which of the parts of a page is on the screen; only that one need be worked out. Kept in the URL as `?tab=`."""
    if st.session_state.get(entry) not in names:
        asked = st.query_params.get(entry)
        st.session_state[entry] = asked if asked in names else names[0]
    chosen = st.segmented_control(
        "内容", list(names), key=entry, required=True, label_visibility="collapsed"
    )
    if chosen in (None, names[0]):
        st.query_params.pop(entry, None)
    elif st.query_params.get(entry) != chosen:
        st.query_params[entry] = chosen
    downloads.part(chosen or names[0])
    return chosen or names[0]


STEPS = {"day": "按日", "week": "按周", "month": "按月"}


def step_choice(view: View) -> str:
    """The step a trend is drawn in: as the period's length suggests, unless the reader chooses another."""
    chosen = st.segmented_control(
        "趋势的步长",
        list(STEPS),
        default=view.step,
        format_func=STEPS.get,
        label_visibility="collapsed",
        required=True,
        key=f"step_for_{view.step}",
        persist_state="session",
    )
    return chosen or view.step


def nothing_here(hint: str) -> None:
    """An empty result is a hint to the reader, not an error; what follows on the page is not drawn."""
    st.info(hint, icon=":material/search_off:")
    st.stop()


def kpi_row(
    view: View,
    shown: Sequence[str],
    totals: Sequence[pa.Table],
    previous: pa.Table | None = None,
    trend: pa.Table | None = None,
    notes: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """One card a KPI: value, n/N, change against the period before, and its course where `trend` has the column.

    `totals` are one-row results that hold the columns `shown` and the counts of each rate; `notes` are lines of
    small print for some of the cards, by column.
    """
    values = first_row(*totals)
    before = first_row(*() if previous is None else (previous,))
    said = notes or {}
    row = [
        kpi_card(
            view,
            column,
            values,
            before,
            course=_course(column, trend),
            colour=ALARMS.get(column, ""),
            notes=said.get(column, ()),
        )
        for column in shown
    ]
    st.html(cards.boxed(row))
    if before:
        change_note(view)


def is_computable(view: View, measure: str) -> bool:
    """Whether the exports have what a KPI needs; the page says which columns they lack."""
    kpi = kpis()[measure]
    if absent := view.absent(kpi):
        lacking = "、".join(absent)
        st.info(f"{kpi.label}不可算：载入的导出里没有“{lacking}”。", icon=":material/block:")
    return not absent


def change_note(view: View) -> None:
    """What the changes on cards are against."""
    earlier = view.filters.period.previous
    st.caption(f"升降为较上期（{wording.period(earlier.first, earlier.last)}）的变化。")


def kpi_card(
    view: View,
    column: str,
    values: Mapping[str, Any],
    before: Mapping[str, Any],
    *,
    course: Sequence[float] | None = None,
    colour: str = "",
    notes: Sequence[str] = (),
) -> Card:
    """A KPI with its n/N, its change against `before`, its course and its target; in `colour` unless it is zero.

    `notes` stand below the n/N in small print. The page's export holds it from now on.
    """
    kpi, value = kpis()[column], values[column]
    n, definition = _n_in_words(view, kpi, values), _definition(kpi)
    downloads.card(_kpi_row(view, kpi, values, before, n), definition)
    small = [f"导出{n}" if view.absent(kpi) else n, *notes, _aim(view, kpi, values)]
    return Card(
        column,
        kpi.label,
        formatted(column, value, view.settings.rounding),
        definition,
        colour=colour if value else "",
        change=change(column, value, before.get(column)) or "",
        course=charts.sparkline(course, _said_of(course, column, view)) if course else "",
        notes=[note for note in small if note],
    )


def _aim(view: View, kpi: Kpi, values: Mapping[str, Any]) -> str:
    """The target of a KPI and how its value stands to it; empty without one."""
    target = view.target(kpi.column)
    if target is None:
        return ""
    n = values[kpi.counts[1]] if kpi.counts else None
    verdict = targets.judged(kpi, target, values[kpi.column], n, view.settings.min_n)
    bound = "≤" if kpi.is_low_good else "≥"
    return f"目标 {bound}{targets.shown(target)} · {verdict or wording.NOT_COMPUTABLE}"


def all_kpis(view: View, name: str) -> None:
    """Every KPI of the one-row query `name`, a row each: value, n, the period before, definition."""
    totals = view.query(name)
    values, before = first_row(totals), first_row(view.previous(name))
    shown = []
    for kpi in load_queries()[name].kpis:
        n = _n_in_words(view, kpi, values)
        row = _kpi_row(view, kpi, values, before, n)
        shown.append({**row, "口径": _definition(kpi)})
    if not any(row["目标"] for row in shown):
        shown = [{name: cell for name, cell in row.items() if name != "目标"} for row in shown]
    written_table(
        view,
        shown,
        scope_of(totals),
        column_config={"口径": st.column_config.TextColumn("口径", width="large")},
    )


def written_table(
    view: View,
    rows: list[dict[str, Any]],
    scope: str = "",
    *,
    heading: str = "",
    height: int | str = "content",
    note: str = "",
    column_config: Mapping[str, Any] | None = None,
    of_cases: bool = False,
) -> None:
    """Rows that are texts already, under their own names; exported under `heading`, else under the section's.

    `of_cases` says that they are single cases, or about one: they are taken away for a reason.
    """
    st.dataframe(
        [{name: _as_text(cell) for name, cell in row.items()} for row in rows],
        hide_index=True,
        width="stretch",
        height=height,
        column_config=column_config,
    )
    with _caption_row(scope, view.provenance, note):
        downloads.written(heading, scope, rows, of_cases=of_cases)


def _kpi_row(
    view: View, kpi: Kpi, values: Mapping[str, Any], before: Mapping[str, Any], n: str
) -> dict[str, Any]:
    """A KPI as a row of a table."""
    column, value, earlier = kpi.column, values[kpi.column], before.get(kpi.column)
    return {
        "指标": kpi.label,
        "本期": _number_as_shown(column, value, view.settings.rounding),
        "n": n,
        # A count at a moment has no period before.
        "上期": _number_as_shown(column, earlier, view.settings.rounding)
        if column in before
        else "",
        "变化": change(column, value, earlier) or "",
        "目标": _aim(view, kpi, values),
    }


def _number_as_shown(column: str, value: Any, rounding: str) -> export.Typed:
    """What `formatted` writes; a workbook holds percentages and counts as numbers."""
    text = formatted(column, value, rounding)
    if value is not None and column.endswith("_rate"):
        return export.Typed(wording.rounded_percent(value, rounding), export.PERCENT, text)
    if isinstance(value, int) and column.endswith("_count"):
        return export.Typed(value, export.WHOLE, text)
    return export.Typed(text, export.TEXT, text)


def _as_text(cell: Any) -> Any:
    return cell.text if isinstance(cell, export.Typed) else cell


def _n_in_words(view: View, kpi: Kpi, values: Mapping[str, Any]) -> str:
    if absent := view.absent(kpi):
        return f"缺少列：{'、'.join(absent)}"
    return _count_of(kpi, values) if kpi.counts else ""


def _caption_row(*notes: str) -> Any:
    """What stands below a table: where it comes from, and room at the end of the line."""
    row = st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small")
    row.caption(small_print(*notes), width="stretch")
    return row


def _course(column: str, trend: pa.Table | None) -> list[float] | None:
    """The KPI's value in each whole step of the period; None when there is no line to draw."""
    if trend is None or column not in trend.column_names:
        return None
    steps = zip(*(trend.column(name).to_pylist() for name in (column, "is_whole")), strict=True)
    course = [value for value, is_whole in steps if is_whole and value is not None]
    return course if len(course) > 1 else None


def _said_of(course: Sequence[float], column: str, view: View) -> str:
    """A course in words: its first and last value, and between what it went."""
    first, last, least, most = (
        formatted(column, value, view.settings.rounding)
        for value in (course[0], course[-1], min(course), max(course))
    )
    return (
        f"走势（{STEPS[view.step]}，{len(course)} 点）：{first} → {last}，最低 {least}，最高 {most}"
    )


def _count_of(kpi: Kpi, values: Mapping[str, Any]) -> str:
    counted, n = kpi.counts or ("", "")
    if kpi.column.endswith("_rate"):
        return f"{values[counted]:,} / {values[n]:,}"
    return f"{title(n)} {values[n]:,}"


def chart(
    view: View,
    heading: str,
    draw: Callable[..., alt.TopLevelMixin],
    rows: pa.Table,
    **options: Any,
) -> None:
    """What `draw` (of fuqi.charts) makes of the rows, under its heading and what the rows are about."""
    provenance = f"{cut(scope_of(rows))}\n{view.provenance}"
    spec = drawn.chart_spec(draw, rows, options, heading, provenance)

    def chart_alone() -> alt.TopLevelMixin:
        return draw(charts.drawable(rows), **options)

    with st.container(gap=None, horizontal_alignment="right"):
        # An alternative text with the filters in it would make the browser draw the chart anew at every change.
        st.vega_lite_chart(spec=spec, width="stretch", theme=None, alt=heading)
        downloads.picture(
            heading,
            scope_of(rows),
            rows,
            chart_alone,
            lambda: {**_headings(rows), **export.words_of(chart_alone())},
            lambda kept: _as_shown(kept, view.settings.rounding),
            of_cases=are_cases(rows),
        )


def district_map(
    view: View,
    heading: str,
    draw: Callable[..., DistrictMap],
    *rows: pa.Table,
    narrow: int | None = None,
    **options: Any,
) -> None:
    """What `draw` (of fuqi.maps) makes of the rows, its legend in words above, the disclaimer below.

    A click on something that stands for a place goes there, as far as the page has a filter for it. `narrow` is
    the least width in pixels of a map that has less than half of the screen: the whole street fits into that, and
    it stands still where it may.
    """
    frame = view.map_frame
    if narrow is not None:
        frame = replace(frame, width=min(frame.width, narrow), community=None)
    shown = drawn.district_map(draw, rows, view.boundaries, frame, options)
    notes = [
        view.settings.boundary_note,
        view.settings.map_approval_number,
        f"{shown.unplaced_count} 个没有可用坐标，未画出" if shown.unplaced_count else "",
        f"{shown.unbounded_count} 个街道没有边界，未画出" if shown.unbounded_count else "",
    ]
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(heading)}**", width="stretch")
        downloads.picture(
            heading,
            scope_of(rows[0]),
            rows[0],
            lambda: export.map_chart(shown, frame),
            lambda: _headings(rows[0]),
            lambda kept: _as_shown(kept, view.settings.rounding),
            notes=(" · ".join(note for note in notes if note),),
            of_cases=are_cases(rows[0]),
        )
    st.html(_legend(shown))
    key = f"map_{draw.__name__}"
    if maps.is_flat(shown) or (narrow is not None and maps.can_be_flat(shown)):
        _flat_map(view, shown, frame, key)
    else:
        _deck_map(view, shown, frame, key)
    notes += [
        view.settings.tile_attribution if view.settings.tile_url else "",
        scope_of(rows[0]),
        view.provenance,
    ]
    st.caption(small_print(*notes))


def _deck_map(view: View, shown: DistrictMap, frame: Frame, key: str) -> None:
    """A map to move about in."""
    is_renamed = f"{key}_is_renamed"

    def go() -> None:
        for objects in st.session_state[key].selection.objects.values():
            st.session_state[is_renamed] = not st.session_state.get(is_renamed, False)
            for clicked in objects:
                _go(view, clicked.get("goes_to", {}))

    # What was clicked would stay selected, and the next click on it would undo that instead of going there.
    deck = shown.deck.renamed() if st.session_state.get(is_renamed) else shown.deck
    # The same element at every place and for every measure: a deck made anew takes seconds without a graphics card.
    st.pydeck_chart(deck, height=frame.height, alt=shown.description, on_select=go, key=key)


def _flat_map(view: View, shown: DistrictMap, frame: Frame, key: str) -> None:
    """A map that stands still, as a chart."""
    places_of = maps.goes_to(shown)
    turn = f"{key}_turn"

    def go() -> None:
        for clicked in st.session_state[key].selection[maps.PLACE]:
            st.session_state[turn] = 1 - st.session_state.get(turn, 0)
            _go(view, places_of.get(clicked["name"], {}))

    spec = drawn.flat_map_spec(shown, view.boundaries, frame, st.session_state.get(turn, 0))
    st.vega_lite_chart(
        spec=spec,
        width="stretch",
        theme=None,
        alt=shown.description,
        on_select=go,
        selection_mode=maps.PLACE,
        key=key,
    )


def _clicks_on(name: str) -> tuple[str, Callable[[], None]]:
    """The key of a table to click on, and what a click has to call: it is another table from then on.

    What was clicked would stay selected, and the next click on it would undo that instead of going there.
    """
    count = f"{name}_clicks"

    def clicked() -> None:
        st.session_state[count] = st.session_state.get(count, 0) + 1

    return f"{name}_{st.session_state.get(count, 0)}", clicked


def _go(view: View, meant: Mapping[str, str | None]) -> None:
    """Stand at the narrowest of the places meant that the page has a filter for."""
    for level in reversed(places.LEVELS):
        if meant.get(level) and level in view.offers:
            places.go_to(view.places, **{level: meant[level]})
            return


def only(rows: pa.Table, **wanted: Any) -> pa.Table:
    """The rows whose columns have the wanted values."""
    for name, value in wanted.items():
        rows = rows.filter(pc.equal(rows.column(name), value))
    return rows


def table(
    view: View,
    rows: pa.Table,
    shown: Sequence[str],
    *,
    height: int | str = "auto",
    empty: str = "没有符合条件的记录。",
    titles: Mapping[str, str] | None = None,
    chooses: tuple[str, str] | None = None,
    leads_to: Mapping[str, str] | None = None,
    list_name: str = "",
    counted: str = "",
) -> None:
    """The columns `shown` of the rows under Chinese headings, some of them given in `titles`.

    `chooses` names a column and an entry of the session: choosing a row puts the row's value there, and `list_name`,
    which tells several such tables of a page apart, into the entry `<entry>_chosen_in`. `leads_to` names a column for
    each level of place a row may stand for, `{"community": "community_name"}`: choosing a row goes to the narrowest
    one, as a click on the map does. `counted` says how many rows there are where not all of them are shown.
    """
    # With rows or without, a table is one thing on its page: what follows stays where it is, and is not drawn anew.
    with st.container():
        if rows.num_rows:
            _table_of_rows(view, rows, shown, height, titles, chooses, leads_to, list_name, counted)
        else:
            st.info(empty, icon=":material/check_circle:")


def _table_of_rows(
    view: View,
    rows: pa.Table,
    shown: Sequence[str],
    height: int | str,
    titles: Mapping[str, str] | None,
    chooses: tuple[str, str] | None,
    leads_to: Mapping[str, str] | None,
    list_name: str,
    counted: str,
) -> None:
    """What `table` shows where there are rows; the arguments are its."""
    choosing: dict[str, Any] = {}
    if chooses is not None:
        column, entry = chooses
        key = f"{entry}_of_rows{list_name}"
        values = rows.column(column).to_pylist()

        def choose() -> None:
            picked = st.session_state[key]["selection"]["rows"]
            st.session_state[entry] = values[picked[0]] if picked else ""
            st.session_state[f"{entry}_chosen_in"] = list_name

        choosing = {"on_select": choose, "selection_mode": "single-row", "key": key}
    elif leads_to is not None:
        key, clicked = _clicks_on(f"rows_{'_'.join(shown)}")
        columns_of = {level: rows.column(name).to_pylist() for level, name in leads_to.items()}

        def go() -> None:
            clicked()
            for number in st.session_state[key]["selection"]["rows"]:
                _go(view, {level: values[number] for level, values in columns_of.items()})

        choosing = {"on_select": go, "selection_mode": "single-row", "key": key}
    rounding = view.settings.rounding
    grid(rows, shown, height=height, rounding=rounding, titles=titles, **choosing)
    with _caption_row(counted or f"共 {rows.num_rows:,} 行", scope_of(rows), view.provenance):
        downloads.table(
            "",
            scope_of(rows),
            _as_shown(rows.select(list(shown)), rounding),
            {name: (titles or {}).get(name) or title(name) for name in shown},
            {
                (titles or {}).get(name) or title(name): _definition(kpis()[name])
                for name in shown
                if name in kpis()
            },
            of_cases=are_cases(rows),
        )


def grid(
    rows: pa.Table,
    shown: Sequence[str],
    *,
    height: int | str = "auto",
    rounding: str = "half_up",
    titles: Mapping[str, str] | None = None,
    **choosing: Any,
) -> None:
    """A table without a line on where it comes from, for what belongs to no release in use."""
    st.dataframe(
        _as_shown(rows.select(list(shown)), rounding),
        hide_index=True,
        height=height,
        width="stretch",
        column_config={
            name: _column_config(name, rows.schema.field(name).type, (titles or {}).get(name))
            for name in shown
        },
        placeholder="",
        **choosing,
    )


def published_table(view: View, rows: pa.Table, programmes: Sequence[str] = ()) -> None:
    """Published beside computed, of all programmes or those named: never one in place of the other."""
    shown = [
        {
            "项目": row["programme"],
            "指标": row["label"],
            "公布": wording.published(row["qualifier"], row["published_value"], row["unit"]),
            "看板计算": wording.figure(row["computed_value"], row["unit"]),
            "差额": wording.difference(row["difference"], row["unit"]),
            "公布日期": row["as_of_date"],
            "出处": row["source"],
        }
        for row in rows.to_pylist()
        if not programmes or row["programme"] in programmes
    ]
    if not shown:
        st.info("没有载入已公布数字。")
        return
    written_table(
        view,
        shown,
        height="content" if programmes else 430,
        note="公布数带“约、近、余、超”等限定词，差额不等于误差。",
    )


def _definition(kpi: Kpi) -> str:
    direction = {True: "低者为好。", False: "高者为好。", None: ""}[kpi.is_low_good]
    return f"{kpi.label} = {kpi.definition}。{direction}"


def formatted(column: str, value: float | None, rounding: str) -> str:
    """A KPI's value in words, by the unit its column's name ends with; 不可算 for none."""
    if column.endswith("_rate"):
        return wording.percent(value, rounding=rounding)
    if column.endswith("_working_hours"):
        return wording.working_hours(value)
    if column.endswith("_hours"):
        return wording.hours(value)
    if column.endswith("_score"):
        return wording.number(value, 2)
    if column.endswith("_yuan"):
        return wording.yuan(value)
    if column.endswith("_days"):
        return wording.days(value, _day_unit(column))
    if column.endswith("_minutes"):
        return wording.NOT_COMPUTABLE if value is None else f"{wording.number(value)}分钟"
    return wording.number(value)


def change(column: str, value: float | None, before: float | None) -> str | None:
    """How far a KPI has moved, signed and in its unit; None when it did not, or one of the two is missing."""
    if value is None or before is None:
        return None
    change = value - before
    if column.endswith("_rate"):
        return f"{change * 100:+.2f}百分点" if abs(change) >= 0.00005 else None
    if column.endswith("_hours"):
        unit = "工时" if column.endswith("_working_hours") else "小时"
        return f"{change:+.1f}{unit}" if abs(change) >= 0.05 else None
    if column.endswith("_score"):
        return f"{change:+.2f}分" if abs(change) >= 0.005 else None
    if column.endswith("_yuan"):
        return (
            f"{'+' if change > 0 else ''}{wording.yuan(change)}" if abs(change) >= 0.005 else None
        )
    if column.endswith("_days"):
        unit = _day_unit(column)
        return (
            f"{'+' if change > 0 else ''}{wording.days(change, unit)}"
            if abs(change) >= 0.05
            else None
        )
    return f"{change:+,.0f}" if change else None


def _day_unit(column: str) -> str:
    return "个工作日" if column.endswith("_working_days") else "天"


def first_row(*tables: pa.Table) -> dict[str, Any]:
    """The columns of one-row results together; nothing of a result without rows."""
    return {
        name: rows.column(name)[0].as_py()
        for rows in tables
        if rows.num_rows
        for name in rows.column_names
    }


def _column_config(name: str, kind: pa.DataType, given: str | None = None) -> Any:
    heading = given or title(name)
    if name.endswith(wording.SHARES):
        return st.column_config.NumberColumn(heading, format="%.2f%%")
    if name.endswith("_points"):
        return st.column_config.NumberColumn(heading, format="%+.2f")
    if name.endswith("_yuan"):
        return st.column_config.NumberColumn(f"{heading}（万元）", format="localized")
    if name.endswith("_days") and not pa.types.is_list(kind):
        return st.column_config.NumberColumn(heading, format=f"%g {_day_unit(name)}")
    if name.endswith(TIMES):
        return st.column_config.NumberColumn(heading, format="%.2f 倍")
    if pa.types.is_list(kind):
        return st.column_config.LineChartColumn(heading, y_min=0)
    if pa.types.is_timestamp(kind):
        return st.column_config.DatetimeColumn(heading, format="YYYY-MM-DD HH:mm")
    if pa.types.is_date(kind):
        return st.column_config.DateColumn(heading, format="YYYY-MM-DD")
    if pa.types.is_floating(kind):
        return st.column_config.NumberColumn(heading, format="localized", step=1)
    if pa.types.is_integer(kind):
        return st.column_config.NumberColumn(heading, format="localized")
    return st.column_config.TextColumn(heading)


def _headings(rows: pa.Table) -> dict[str, str]:
    return {name: title(name) for name in rows.column_names if title(name) != name}


def _as_shown(rows: pa.Table, rounding: str) -> pa.Table:
    """The values as the screen shows them: shares in percent, amounts in 万元, tables and KPIs by their titles."""
    return _with_titles(_in_shown_units(rows, rounding))


def _in_shown_units(rows: pa.Table, rounding: str) -> pa.Table:
    """Shares as percentages of two decimals, rounded as the setting says; amounts in 万元, days to a tenth."""
    for i, name in enumerate(rows.column_names):
        values = rows.column(name).to_pylist()
        if name.endswith(wording.SHARES):
            shown = [wording.rounded_percent(v, rounding) for v in values]
        elif name.endswith("_yuan"):
            shown = [None if v is None else round(v / 10_000, 2) for v in values]
        elif name.endswith("_days") and pa.types.is_floating(rows.schema.field(name).type):
            shown = [None if v is None else round(v, 1) for v in values]
        else:
            continue
        rows = rows.set_column(i, name, pa.array(shown, pa.float64()))
    return rows


def _with_titles(rows: pa.Table) -> pa.Table:
    """Tables of the contract and KPIs by their Chinese titles."""
    for column, named in (("table_name", table_title), ("measure", title)):
        if column in rows.column_names:
            titles = [named(name) for name in rows.column(column).to_pylist()]
            rows = rows.set_column(rows.column_names.index(column), column, pa.array(titles))
    return rows


def _legend(shown: DistrictMap) -> str:
    def swatch(colour: str, is_line: bool) -> str:
        size = "width:18px;height:3px" if is_line else "width:12px;height:12px;border-radius:3px"
        return f'<span style="display:inline-block;{size};background:{colour};margin-right:5px"></span>'

    entries = "".join(
        '<span style="margin-right:14px;white-space:nowrap;display:inline-flex;align-items:center">'
        f"{swatch(e.colour, e.is_line)}{html.escape(e.meaning)}</span>"
        for e in shown.legend
    )
    return f'<div style="font-size:13px;display:flex;flex-wrap:wrap;row-gap:4px">{entries}</div>'
