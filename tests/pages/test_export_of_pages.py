"""What a page shows, taken away: the same rows, the same numbers, Chinese headings."""

import csv
import io
import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import openpyxl
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from fuqi import export, paths, settings
from fuqi.access import OPEN_ACCOUNT
from fuqi.ui import downloads
from fuqi.ui.downloads import Shown
from fuqi.ui.file_links import FOLDER
from tests.kpi_cards import shown_cards
from tests.pages.conftest import PARTS, OpenPage
from tests.pages.plain_figures import PlainFigures

PAGES = sorted(page.stem for page in paths.PAGES.glob("*.py") if OPEN_ACCOUNT.may_open(page.stem))
"""Those that are opened where nobody logs in; the page of auditors is in `tests/test_protection.py`."""
EACH_PAGE = pytest.mark.parametrize("page", [*PAGES, *PARTS])
HEADER = 3


def shown_on(opened: AppTest) -> Shown:
    assert not opened.exception
    return opened.session_state[downloads.ENTRY]


def book_of(shown: Shown) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(shown.workbook()))


def rows_of(page: Any) -> list[dict[str, Any]]:
    header, *rows = page.iter_rows(min_row=HEADER, values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def pages() -> dict[str, AppTest]:
    return {}


@pytest.fixture
def opened(page: str, pages: dict[str, AppTest], open_page: OpenPage) -> AppTest:
    if page not in pages:
        pages[page] = open_page(page)
    return pages[page]


@EACH_PAGE
def test_the_workbook_of_a_page_says_what_the_page_is(page: str, opened: AppTest) -> None:
    shown = shown_on(opened)
    book = book_of(shown)
    said = {row[0]: row[1] for row in book["说明"].iter_rows(values_only=True)}
    assert said["页面"] == shown.page == opened.title[0].value
    assert said["数据截至"] == "2023-06-28 18:00"
    assert said["性质"] == "演示数据"
    assert said["账号"] == "未登录"
    assert said["版本"] == shown.release_id
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", said["导出时间"])


@EACH_PAGE
def test_every_heading_of_the_workbook_is_chinese(page: str, opened: AppTest) -> None:
    headings = [
        cell.value
        for sheet in book_of(shown_on(opened)).worksheets[1:]
        for cell in sheet[HEADER]
        if cell.value is not None
    ]
    assert [h for h in headings if h != "n" and not re.search("[一-鿿]", h)] == []


@EACH_PAGE
def test_every_sheet_has_a_column_and_a_row_for_each_row_shown(page: str, opened: AppTest) -> None:
    shown = shown_on(opened)
    sheets = book_of(shown).worksheets[1:]
    assert len(sheets) == len(shown.items) + bool(shown.cards)
    for sheet, item in zip(sheets[bool(shown.cards) :], shown.items.values(), strict=True):
        assert sheet.max_row - HEADER == item.n
        assert len([c for c in sheet[HEADER] if c.value]) >= (2 if item.n else 0), sheet.title


@EACH_PAGE
def test_each_table_of_the_page_can_be_taken_away_as_it_stands(page: str, opened: AppTest) -> None:
    shown = shown_on(opened)
    exported = [
        (item, rows_of(sheet))
        for item, sheet in zip(
            shown.items.values(),
            book_of(shown).worksheets[1 + bool(shown.cards) :],
            strict=True,
        )
        if item.draw is None
    ]
    on_screen = [table for table in opened.dataframe if is_of_the_release(table)]
    assert len(exported) == len(on_screen)
    for (item, rows), table in zip(exported, on_screen, strict=True):
        frame = table.value
        assert len(rows) == len(frame), item.title
        for row, (_, seen) in zip(rows, frame.iterrows(), strict=True):
            assert len(row) == len(seen), item.title
            for (heading, cell), name in zip(row.items(), frame.columns, strict=True):
                assert same(cell, seen[name]), (item.title, heading, cell, seen[name])


def is_of_the_release(table: Any) -> bool:
    """Not one of the data desk, which shows files and versions instead of data."""
    return not {"mapping_name", "release", "read_count", "版本"} & set(table.value.columns)


def same(cell: Any, seen: Any) -> bool:
    """Whether a cell of the workbook is what the screen shows, written apart from the code that is tested."""
    if isinstance(seen, list) or type(seen).__name__ == "ndarray":
        return cell == "、".join(f"{n:,}" for n in seen) or (cell is None and not len(seen))
    if pd.isna(seen):
        return cell is None
    if isinstance(seen, bool):
        return cell == ("是" if seen else "否")
    if isinstance(seen, str):
        if isinstance(cell, int | float) and seen.endswith("%"):
            return f"{cell * 100:.2f}%" == seen
        if isinstance(cell, int):
            return f"{cell:,}" == seen
        return (cell or "") == seen
    if isinstance(seen, date | datetime | pd.Timestamp):
        return pd.Timestamp(cell) == pd.Timestamp(seen).floor("s")
    # A percentage is a share in the workbook; whole numbers are rounded, as the screen does.
    return abs(cell - seen) <= 0.5 or abs(cell * 100 - seen) < 1e-6


def test_rates_follow_the_setting_for_rounding(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_setting = {}
    for rounding in ("half_up", "truncate"):
        monkeypatch.setattr(settings, "load", partial(settings.Settings, rounding=rounding))
        rows = rows_of(book_of(shown_on(open_page("comparison")))["各街道一览"])
        by_setting[rounding] = [row["按时办结率"] for row in rows]
        counts = [(row["按时办结"], row["应办结"]) for row in rows]
    for up, cut, (done, due) in zip(*by_setting.values(), counts, strict=True):
        assert cut == done * 10_000 // due / 10_000
        assert up == (done * 20_000 + due) // (2 * due) / 10_000
    assert by_setting["half_up"] != by_setting["truncate"]


def test_kpi_cards_are_on_a_sheet_of_their_own_with_their_definitions(open_page: OpenPage) -> None:
    opened = open_page("resolution")
    book = book_of(shown_on(opened))
    cards = {row["指标"]: row for row in rows_of(book["指标"])}
    shown = shown_cards(opened)
    assert set(cards) == set(shown)
    assert f"{cards['按时办结率']['本期']:.2%}" == shown["按时办结率"].value
    assert f"{cards['受理量']['本期']:,}" == shown["受理量"].value
    assert cards["按时办结率"]["n"] in shown["按时办结率"].notes
    said = dict(row[:2] for row in book["说明"].iter_rows(values_only=True))
    assert "办结时限" in said["按时办结率"]


def test_what_is_chosen_on_the_page_stands_in_its_files(open_page: OpenPage) -> None:
    shown = shown_on(open_page("resolution.steps", street="沙头街道", period="上月"))
    assert shown.filters == "沙头街道 · 2023-05-01 至 2023-05-31"
    (trend,) = [i for i in shown.items.values() if i.title == "受理与办结（虚线为上期受理）"]
    assert trend.scope == shown.filters
    shown = shown_on(open_page("resolution", street="沙头街道", period="上月"))
    (urgent,) = [i for i in shown.items.values() if i.title == "已超期与一个工作日内到期"]
    table = export.as_csv(urgent.sheet(shown.facts(urgent))).decode("utf-8-sig")
    below = dict(row for row in csv.reader(io.StringIO(table)) if len(row) == 2)
    assert below["筛选"] == "沙头街道"
    assert below["行数"] == str(urgent.n)


def test_where_one_stands_is_said_in_the_files(open_page: OpenPage, figures: PlainFigures) -> None:
    assert shown_on(open_page("resolution")).filters == "全区 · 2023-04-01 至 2023-06-28"
    park = figures.rows("parks")[0]
    opened = open_page("assignments", park=park["park_id"])
    assert park["park_name"] in shown_on(opened).filters.split(" · ")


def test_the_workbook_of_a_part_says_which(open_page: OpenPage) -> None:
    book = book_of(shown_on(open_page("stations.sites")))

    told = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row]
    assert [text for text in told if text.startswith("再开一站 · 全区")]
    assert "市场主体与拟设站点" in " ".join(told)


def test_each_chart_map_and_table_has_its_files_and_no_two_share_a_key(open_page: OpenPage) -> None:
    opened = open_page("stations")
    shown = shown_on(opened)
    bodies = "".join(html.proto.body for html in opened.get("html"))
    links = re.findall(rf'href="{FOLDER}[^/]+/(\w+)-\w{{8}}\.(\w+)"', bodies)
    assert len(links) == len(set(links))
    offered = Counter(kind for _, kind in links)
    drawn = sum(item.draw is not None for item in shown.items.values())
    for kind in ("png", "svg", "pdf"):
        assert offered[kind] == drawn > 2
    assert offered["xlsx"] == offered["csv"] == len(shown.items) - drawn > 2
    assert {key for key, _ in links} == set(shown.items)
    buttons = [button.proto.label for button in opened.get("download_button")]
    assert buttons.count("导出本页") == 1
    maps = [item for item in shown.items.values() if item.notes]
    assert len(maps) == 1
    assert all("示意边界" in item.notes[0] for item in maps)


def test_a_part_drawn_again_by_itself_keeps_its_place_and_its_name(open_page: OpenPage) -> None:
    opened = open_page("stations", tab="再开一站")
    before = dict(shown_on(opened).items)
    opened.slider(key="new_sites").set_value(5).run()
    # AppTest draws the whole page again; a browser draws the part alone.
    again = Shown("福企服务站", datetime(2023, 6, 28), "1", heading="各街道")
    again.items.update(before)
    again.items["later"] = replace(next(iter(before.values())), title="各街道", n=10)
    (key,) = [k for k, item in before.items() if item.title == "再开一站，开在哪里"]
    part = SimpleNamespace(fragment_ids_this_run=["part"])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(downloads, "get_script_run_ctx", lambda: part)
        kept_key, kept = again.add(replace(before[key], title="各街道", n=5), key)
    assert (kept_key, kept.title, kept.n) == (key, "再开一站，开在哪里", 5)
    assert [*again.items] == [*before, "later"]
    assert [i.n for i in again.items.values() if i.title == "各街道"] == [10]


def test_another_page_starts_with_nothing_of_the_one_before(open_page: OpenPage) -> None:
    opened = open_page("resolution")
    before = {item.title for item in shown_on(opened).items.values()}
    opened.switch_page("../../pages/assignments.py").run()
    shown = shown_on(opened)
    assert shown.page == "挂点服务"
    assert not before & {item.title for item in shown.items.values()}


def test_names_of_files_have_nothing_that_a_file_system_objects_to() -> None:
    shown = Shown("总览", datetime(2023, 6, 28), "1")
    assert shown.file_name('A/B\\C:D*?"<>|\n', "csv") == "总览_ABCD_20230628.csv"
    assert shown.file_name("总览", "xlsx") == "总览_20230628.xlsx"
    assert len(shown.file_name("长" * 300, "png")) < 120
