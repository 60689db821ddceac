"""What stands on a page, to be taken away: each chart, map and table as a file, and the page as one workbook.

While a page is drawn it only notes down what it shows; a file is made when somebody asks for it: by a button
(`delivered`), or by following one of the links that stand at each chart and table (`follow`). Before it is handed
over, the account is read anew and the log says who takes what, with how many rows and, for lists of single cases, why.
Where that cannot be written down nothing is handed over.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import altair as alt
import pyarrow as pa
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fuqi import export
from fuqi.access import OPEN_ACCOUNT, Account
from fuqi.audit import AuditError
from fuqi.export import Facts, Sheet
from fuqi.store.releases import LOCAL_ZONE
from fuqi.ui import file_links, identity
from fuqi.ui.handed_out import FILES

ENTRY = "shown_on_page"
"""The session's entry with what the page on the screen shows."""
LINKS = "links_to_files"
"""The session's entry with the pages that its links lead to."""
REFUSED = "refused_downloads"
"""The session's entry with sentences on files that were not handed over, to be said on the screen."""
ASKING = "pages_that_ask_for_a_reason"
"""The session's entry with the pages that had lists of single cases."""
CASE_NUMBER = "appeal_id"
"""Rows with this column are single cases: who takes them away says what for."""
SHORTEST_REASON, LONGEST_REASON = 2, 200

CARDS = "指标"
WHOLE_PAGE, WHOLE_BUTTON = "本页", "导出本页"
MIME = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "md": "text/markdown",
}
log = logging.getLogger("fuqi.access")

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


class NotDelivered(RuntimeError):  # noqa: N818 - it is an answer, not a fault
    """A file was not handed over; the message says why, in Chinese."""


@dataclass(frozen=True)
class Item:
    """A chart, map or table on the screen; `draw` and `sheet` make what a file holds."""

    title: str
    scope: str
    n: int
    sheet: Callable[[Facts], Sheet]
    draw: Callable[[], alt.TopLevelMixin] | None = None
    notes: tuple[str, ...] = ()
    of_cases: bool = False
    """Whether its rows are single cases."""


@dataclass
class Shown:
    """What the page shows, in the order it was drawn. The page says what it is and its filters, an item its own."""

    page: str
    data_as_of: datetime
    release_id: str
    label: str = ""
    owner: Account = OPEN_ACCOUNT
    """Whoever it was drawn for."""
    filters: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)
    """The filters as the address has them."""
    part: str = ""
    """Which part of the page it is, where a page shows one of several."""
    heading: str = ""
    """The section that is being drawn: a table is called by it."""
    items: dict[str, Item] = field(default_factory=dict)
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    """By the key of an item of cases: what its reader says it is taken away for."""
    told: list[str] = field(default_factory=list)
    """The session's sentences on what was not handed over."""
    whole: Any = None
    """Where the button stands that takes the whole page away, while another may still take its place."""
    asks: bool = False
    """Whether that button asks for a reason."""

    @property
    def has_cases(self) -> bool:
        return any(item.of_cases for item in self.items.values())

    @property
    def about(self) -> str:
        """What all of it is about, in words."""
        return " · ".join(words for words in (self.part, self.filters) if words)

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
            self.owner.name,
            item.notes,
        )

    def workbook(self) -> bytes:
        """Everything the page shows: KPI cards first, then a sheet a table, and the rows of charts and maps."""
        items = list(self.items.values())
        if self.cards:
            rows = list(self.cards.values())
            items.insert(0, Item(CARDS, self.about, len(rows), _texts(rows)))
        about = self.facts(Item(self.page, self.about, sum(i.n for i in items), _texts([])))
        sheets = [item.sheet(self.facts(item)) for item in items]
        return export.as_workbook(sheets, about, self.definitions)

    def file_name(self, title: str, kind: str) -> str:
        """Such as `总览_各街道一览_20230628.xlsx`, without what file systems object to."""
        named = title if title == self.page else f"{self.page}_{title}"
        plain = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "", named).strip(". ")[:80]
        return f"{plain}_{self.data_as_of:%Y%m%d}.{kind}"


def begin(page: str, data_as_of: datetime, release_id: str, label: str, owner: Account) -> Shown:
    """A page starts being drawn: nothing is shown yet. Draws the button that takes the whole page away."""
    shown = Shown(page, data_as_of, release_id, label, owner, told=_told())
    st.session_state[ENTRY] = shown
    _links().begin(shown)
    if page in st.session_state.setdefault(ASKING, set()):
        _ask_for_the_page(shown)
        return shown
    shown.whole = st.empty()
    with shown.whole:
        _whole_page(shown, WHOLE_BUTTON, "", "export_page")
    return shown


def finish() -> None:
    """The page was drawn to its end: links lead to what it shows, and no longer to what stood there before."""
    _links().finish()


def no_workbook() -> None:
    """The page has a file of its own, and nothing besides to put into a workbook."""
    if (shown := current()) is not None and shown.whole is not None:
        shown.whole.empty()


def _whole_page(shown: Shown, label: str, reason: str | None, key: str) -> None:
    st.download_button(
        label,
        _Delivery(
            WHOLE_PAGE,
            "xlsx",
            shown.workbook,
            lambda: _Held(
                sum(item.n for item in shown.items.values()), shown.has_cases, shown.about
            ),
            reason or "",
        ).hand_over,
        file_name=shown.file_name(shown.page, "xlsx"),
        mime=MIME["xlsx"],
        key=key,
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        disabled=reason is None,
        help="现在显示的指标、表格和图表数据，一个 XLSX 文件。" if label == WHOLE_BUTTON else None,
    )


def _ask_for_the_page(shown: Shown) -> None:
    """Where a list of cases is on the page, its workbook, too, is taken away for a reason.

    The session remembers it, and the next run begins with this button: were its place emptied or taken by another
    for a moment, a field that is open would close.
    """
    st.session_state[ASKING].add(shown.page)
    shown.asks = True
    with (
        shown.whole or nullcontext(),
        st.popover(
            WHOLE_BUTTON, type="tertiary", icon=":material/download:", key="export_page_asking"
        ),
    ):
        _whole_page(shown, "XLSX", _reason(shown.owner, "page"), "export_page_for_a_reason")


def current() -> Shown | None:
    """What the page on the screen shows so far; None outside of a page with data."""
    return st.session_state.get(ENTRY)


def section(heading: str) -> None:
    if (shown := current()) is not None:
        shown.heading = heading


def part(name: str) -> None:
    """Which of its parts the page shows."""
    if (shown := current()) is not None:
        shown.part = name


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
    *,
    of_cases: bool = False,
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

    item = Item(title, scope, rows.num_rows, sheet, draw, notes, of_cases)
    _menu(shown, *shown.add(item, f"picture_{file_links.mark(title)}"))


def table(
    title: str,
    scope: str,
    rows: pa.Table,
    headings: Mapping[str, str],
    definitions: Mapping[str, str],
    *,
    of_cases: bool = False,
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
        of_cases=of_cases,
    )
    _menu(shown, *shown.add(item, f"table_{file_links.mark(title, *headings)}"))


def written(title: str, scope: str, rows: list[dict[str, Any]], *, of_cases: bool = False) -> None:
    """The way to take rows away that are written out already."""
    if (shown := current()) is None:
        return
    named = title or shown.heading or shown.page
    item = Item(named, scope, len(rows), _texts(rows), of_cases=of_cases)
    names = rows[0] if rows else ()
    _menu(shown, *shown.add(item, f"table_{file_links.mark(title, *names)}"))


def _texts(rows: list[dict[str, Any]]) -> Callable[[Facts], Sheet]:
    return lambda facts: export.sheet_of_texts(rows, facts)


def _menu(shown: Shown, key: str, item: Item) -> None:
    """A word that opens the file formats; nothing is made before one of them is chosen."""
    links = file_links.Links(_links().number, key, item.title, item.scope, _kinds(item))
    if not item.of_cases or shown.owner == OPEN_ACCOUNT:
        st.html(links.menu(), width="content")
        return
    with st.popover(":gray[下载]", type="tertiary", key=f"take_{key}"):
        reason = _reason(shown.owner, key)
        shown.reasons[key] = reason or ""
        if reason is not None:
            st.html(links.line())
    context = get_script_run_ctx()
    # A part drawn again by itself may not draw outside of itself; its page has asked already.
    is_part = context is not None and context.fragment_ids_this_run
    if not shown.asks and shown.whole is not None and not is_part:
        _ask_for_the_page(shown)


def _kinds(item: Item) -> tuple[str, ...]:
    return ("png", "svg", "pdf") if item.draw else ("xlsx", "csv")


def _file(shown: Shown, item: Item, kind: str) -> Callable[[], bytes]:
    def make() -> bytes:
        facts = shown.facts(item)
        if item.draw is not None:
            return export.PICTURES[kind](item.draw(), facts)
        sheet = item.sheet(facts)
        return export.as_csv(sheet) if kind == "csv" else export.as_workbook([sheet])

    return make


# ---------------------------------------------------------------- handed over, and written down


@dataclass(frozen=True)
class Handed:
    """A file on its way out."""

    content: bytes
    name: str
    mime: str


def follow(
    session: str,
    key: str,
    about: str,
    kind: str,
    read_again: Callable[[], Account | identity.Absent],
) -> Handed | None:
    """What a link on a page leads to, for whom `read_again` says; None where that page shows it no longer, or not so.

    Raises NotDelivered as what `delivered` gives does.
    """
    found = file_links.session_of(session)
    for shown in found.pages if found else ():
        item = shown.items.get(key)
        if item is None or kind not in _kinds(item) or about != file_links.mark(item.scope):
            continue
        delivery = _Delivery(
            item.title,
            kind,
            _file(shown, item, kind),
            lambda item=item: _Held(item.n, item.of_cases, item.scope),
            shown.reasons.get(key, ""),
            shown=shown,
            owner=shown.owner,
            read_again=read_again,
            told=shown.told,
        )
        return Handed(delivery.hand_over(), shown.file_name(item.title, kind), MIME[kind])
    return None


def button(
    label: str,
    title: str,
    kind: str,
    make: Callable[[], bytes],
    *,
    n: int | None,
    file_name: str,
    key: str,
    scope: str = "",
    of_cases: bool = False,
    filters: Mapping[str, str] | None = None,
    **looks: Any,
) -> None:
    """A button for a file that a page makes itself; `title`, `n` (rows, if it has any) and `scope` go to the log.

    With `of_cases` it asks for a reason first, where accounts are asked for. `filters` are written down besides the
    page's own; `looks` are those of `st.download_button`.
    """
    owner = _owner()
    reason = _reason(owner, key) if of_cases else ""
    st.download_button(
        label,
        delivered(
            title,
            kind,
            make,
            n=n,
            scope=scope,
            of_cases=of_cases,
            reason=reason or "",
            filters=filters,
        ),
        file_name=file_name,
        mime=MIME[kind],
        key=key,
        on_click="ignore",
        disabled=reason is None,
        **looks,
    )


def delivered(
    title: str,
    kind: str,
    make: Callable[[], bytes],
    *,
    n: int | None,
    scope: str = "",
    of_cases: bool = False,
    reason: str = "",
    filters: Mapping[str, str] | None = None,
) -> Callable[[], bytes]:
    """`make` as a download button takes it: for the account of this run alone, and written down before.

    What it gives raises NotDelivered when the login has ended, when there is no reason where one is needed, and when
    the log cannot be written; the page says so then.
    """
    holds = _Held(n, of_cases, scope)
    return _Delivery(title, kind, make, lambda: holds, reason, filters or {}).hand_over


@dataclass(frozen=True)
class _Held:
    """What a file has in it: rows, whether they are single cases, and what they are about."""

    n: int | None
    of_cases: bool
    scope: str


@dataclass(frozen=True)
class _Delivery:
    """A file to be made and handed over; `holds` says what is in it by then."""

    title: str
    kind: str
    make: Callable[[], bytes]
    holds: Callable[[], _Held]
    reason: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    shown: Shown | None = field(default_factory=lambda: current())
    owner: Account = field(default_factory=lambda: _owner())
    read_again: Callable[[], Account | identity.Absent] = field(
        default_factory=lambda: identity.reader()
    )
    told: list[str] = field(default_factory=lambda: _told())

    def hand_over(self) -> bytes:
        try:
            self._account()  # nothing is worked out for nobody
            content = self.make()
            account = self._account()
            self._write_down(account)
        except (NotDelivered, AuditError) as error:
            self.told.append(f"没有导出“{self.title}”：{str(error).rstrip('。')}。")
            log.error("%s was not handed over: %s", self.kind, error)
            raise NotDelivered(str(error)) from error
        FILES.add(content, account.name)
        return content

    def _account(self) -> Account:
        """Whoever asks now; raises NotDelivered unless it is who the page was drawn for, with a reason if need be."""
        account = self.read_again()
        if not isinstance(account, Account):
            raise NotDelivered(account.reason)
        drawn_for = (self.owner.name, self.owner.roles, self.owner.streets)
        if (account.name, account.roles, account.streets) != drawn_for:
            raise NotDelivered("账号或权限已经改变，请刷新页面")
        if self.holds().of_cases and account != OPEN_ACCOUNT and len(self.reason) < SHORTEST_REASON:
            raise NotDelivered("含逐条诉求，请先填写导出事由")
        return account

    def _write_down(self, account: Account) -> None:
        held = self.holds()
        asked = {**(self.shown.asked if self.shown else {}), "about": held.scope}
        identity.record(
            account,
            "export",
            self.shown.page if self.shown else "",
            {**asked, **self.filters, "item": self.title, "format": self.kind},
            held.n,
            self.reason,
            self.shown.release_id if self.shown else "",
        )


def refusals() -> list[str]:
    """What was not handed over since the last time, and why: said once."""
    told = _told()
    said, told[:] = list(told), []
    return said


def as_reason(typed: str) -> str:
    """What somebody typed as one line: nothing in it breaks lines, hides or turns the text around."""
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in typed)
    return " ".join(plain.split())[:LONGEST_REASON]


def reason_for(key: str) -> str | None:
    """Where a file of cases is offered in several forms: one field for all, None until there is a reason."""
    return _reason(_owner(), key)


def _reason(owner: Account, key: str) -> str | None:
    """The field that asks what a list of cases is taken away for; None until something was typed."""
    if owner == OPEN_ACCOUNT:
        return ""
    typed = st.text_input(
        "导出事由（必填）",
        key=f"reason_{key}",
        max_chars=LONGEST_REASON,
        placeholder="如：本周例会附件",
        help="含逐条诉求。事由与账号、时间、筛选一起记入审计日志。",
        width=260,
    )
    reason = as_reason(typed or "")
    if len(reason) >= SHORTEST_REASON:
        return reason
    st.caption("填好事由按回车，即可下载。")
    return None


def _owner() -> Account:
    shown = current()
    if shown is not None:
        return shown.owner
    account = identity.read()
    if not isinstance(account, Account):
        raise NotDelivered(account.reason)
    return account


def _told() -> list[str]:
    return st.session_state.setdefault(REFUSED, [])


def _links() -> file_links.Session[Shown]:
    if LINKS not in st.session_state:
        context = get_script_run_ctx()
        st.session_state[LINKS] = file_links.new_session(context.session_id if context else "")
    return st.session_state[LINKS]
