"""What stands on a page, to be taken away: each chart, map and table as a file, and the page as one workbook.

While a page is drawn it only notes down what it shows; a file is made when somebody asks for it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zlib import crc32

import altair as alt
import pyarrow as pa
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fuqi import export
from fuqi.export import Facts, Sheet
from fuqi.store.releases import LOCAL_ZONE

ENTRY = "shown_on_page"
"""The session's entry with what the page on the screen shows."""

CARDS = "指标"
MIME = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HAS_CHINESE = re.compile(r"[\u4e00-\u9fff]")
OF_CHARTS = {
    "days_taken": "用时满几天",
    "is_rest": "含以上各档",
    "tenth": "满时限的十分之几",
    "is_late": "超过时限",
    "weekday_number": "星期几（1为周一）",
    "is_whole": "完整的一段",
    "is_ranked": "参加排名",
    "is_enough": "样本足够",
    "district_name": "对照",
    "place_name": "地方",
    "sent_out_test_days": "外送检测用时",
    "sent_out_test_count": "外送检测次数",
    "on_site_test_minutes": "站内快检分钟",
    "on_site_test_count": "站内快检次数",
    "unfinished_test_count": "未完成检测",
}
"""Columns that only charts read: what they are called where their rows are listed."""


@dataclass(frozen=True)
class Item:
    """A chart, map or table on the screen; `draw` and `sheet` make what a file holds."""

    title: str
    scope: str
    n: int
    sheet: Callable[[Facts], Sheet]
    draw: Callable[[], alt.TopLevelMixin] | None = None
    notes: tuple[str, ...] = ()


@dataclass
class Shown:
    """What the page shows, in the order it was drawn. The page says what it is and its filters, an item its own."""

    page: str
    data_as_of: datetime
    release_id: str
    label: str = ""
    account: str = ""
    filters: str = ""
    heading: str = ""
    """The section that is being drawn: a table is called by it."""
    items: dict[str, Item] = field(default_factory=dict)
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)

    def add(self, item: Item, named: str) -> tuple[str, Item]:
        """Note an item down; `named` tells it from others. Returns a key for it, and the item as it is kept.

        Part of a page may be drawn again by itself: then the item takes the place it had, and keeps its title,
        for the section drawn last is another one by now.
        """
        key, number = named, 1
        context = get_script_run_ctx()
        if context is not None and context.fragment_ids_this_run:
            if named in self.items:
                item = replace(item, title=self.items[named].title)
        else:
            while key in self.items:
                number += 1
                key = f"{named}_{number}"
        self.items[key] = item
        return key, item

    def facts(self, item: Item) -> Facts:
        """What a file with the item says, at this moment."""
        return Facts(
            item.title,
            self.page,
            self.data_as_of,
            self.release_id,
            datetime.now(LOCAL_ZONE),
            item.scope,
            item.n,
            self.label,
            self.account,
            item.notes,
        )

    def workbook(self) -> bytes:
        """Everything the page shows: KPI cards first, then a sheet a table, and the rows of charts and maps."""
        items = list(self.items.values())
        if self.cards:
            rows = list(self.cards.values())
            items.insert(0, Item(CARDS, self.filters, len(rows), _texts(rows)))
        about = self.facts(Item(self.page, self.filters, sum(i.n for i in items), _texts([])))
        sheets = [item.sheet(self.facts(item)) for item in items]
        return export.as_workbook(sheets, about, self.definitions)

    def file_name(self, title: str, kind: str) -> str:
        """Such as `总览_各街道一览_20230628.xlsx`, without what file systems object to."""
        named = title if title == self.page else f"{self.page}_{title}"
        plain = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "", named).strip(". ")[:80]
        return f"{plain}_{self.data_as_of:%Y%m%d}.{kind}"


def begin(page: str, data_as_of: datetime, release_id: str, label: str, account: str) -> Shown:
    """A page starts being drawn: nothing is shown yet. Draws the button that takes the whole page away."""
    shown = Shown(page, data_as_of, release_id, label, account)
    st.session_state[ENTRY] = shown
    st.download_button(
        "导出本页",
        shown.workbook,
        file_name=shown.file_name(page, "xlsx"),
        mime=MIME["xlsx"],
        key="export_page",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        help="本页的指标、表格和图表数据，一个 XLSX 文件。",
    )
    return shown


def current() -> Shown | None:
    """What the page on the screen shows so far; None outside of a page with data."""
    return st.session_state.get(ENTRY)


def section(heading: str) -> None:
    if (shown := current()) is not None:
        shown.heading = heading


def card(row: Mapping[str, Any], definition: str) -> None:
    """A KPI as its card shows it, under the names of the columns of the workbook."""
    if (shown := current()) is not None:
        shown.cards[row["指标"]] = dict(row)
        shown.definitions[row["指标"]] = definition


def picture(
    title: str,
    scope: str,
    rows: pa.Table,
    draw: Callable[[], alt.TopLevelMixin],
    headings: Callable[[], Mapping[str, str]],
    in_shown_units: Callable[[pa.Table], pa.Table],
    notes: tuple[str, ...] = (),
) -> None:
    """The way to take a chart or map away; `headings` names columns of its rows, those without Chinese are left out."""
    if (shown := current()) is None:
        return

    def sheet(facts: Facts) -> Sheet:
        known = {**OF_CHARTS, **headings()}
        named = {
            name: known[name]
            for name in rows.column_names
            if HAS_CHINESE.search(known.get(name, ""))
        }
        kept = in_shown_units(rows.select(list(named)))
        return export.sheet_of(kept, named, facts, of_floats=export.NUMBER)

    item = Item(title, scope, rows.num_rows, sheet, draw, notes)
    _menu(shown, *shown.add(item, f"picture_{_mark(title)}"))


def table(
    title: str,
    scope: str,
    rows: pa.Table,
    headings: Mapping[str, str],
    definitions: Mapping[str, str],
) -> None:
    """The way to take a table away; `rows` are as they stand on the screen, `definitions` of the KPIs among them."""
    if (shown := current()) is None:
        return
    shown.definitions.update(definitions)
    item = Item(
        title or shown.heading or shown.page,
        scope,
        rows.num_rows,
        lambda facts: export.sheet_of(rows, headings, facts),
    )
    _menu(shown, *shown.add(item, f"table_{_mark(title, *headings)}"))


def written(title: str, scope: str, rows: list[dict[str, Any]]) -> None:
    """The way to take rows away that are written out already."""
    if (shown := current()) is None:
        return
    item = Item(title or shown.heading or shown.page, scope, len(rows), _texts(rows))
    names = rows[0] if rows else ()
    _menu(shown, *shown.add(item, f"table_{_mark(title, *names)}"))


def _mark(*names: str) -> str:
    """A short key for a title or the columns of a table."""
    return f"{crc32('|'.join(names).encode()):08x}"


def _texts(rows: list[dict[str, Any]]) -> Callable[[Facts], Sheet]:
    return lambda facts: export.sheet_of_texts(rows, facts)


def _menu(shown: Shown, key: str, item: Item) -> None:
    """A word that opens the file formats; nothing is made before one of them is chosen."""
    kinds = ("png", "svg", "pdf") if item.draw else ("xlsx", "csv")
    with (
        st.popover(":gray[下载]", type="tertiary", key=f"take_{key}"),
        st.container(horizontal=True, gap="xsmall", width="content"),
    ):
        for kind in kinds:
            st.download_button(
                kind.upper(),
                _file(shown, item, kind),
                file_name=shown.file_name(item.title, kind),
                mime=MIME[kind],
                key=f"take_{key}_{kind}",
                on_click="ignore",
            )


def _file(shown: Shown, item: Item, kind: str) -> Callable[[], bytes]:
    def make() -> bytes:
        facts = shown.facts(item)
        if item.draw is not None:
            return export.PICTURES[kind](item.draw(), facts)
        sheet = item.sheet(facts)
        return export.as_csv(sheet) if kind == "csv" else export.as_workbook([sheet])

    return make
