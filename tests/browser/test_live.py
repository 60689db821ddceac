"""A page left open: it follows a new release by itself, and lies still while there is none."""

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from fuqi import paths
from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen, link
from tests.conftest import load_exports

STREET = "福保街道"
LINK = {"street": STREET, "from": "2023-03-01", "to": "2023-05-31"}
NEW_APPEALS = 7
SECONDS_TO_FOLLOW = 40
"""A page asks every eight for a new release, and is drawn beside whatever the other workers do."""
SECONDS_TO_WATCH = 20
HEARTBEAT_BYTES = 10_000
"""What the questions for a new release may bring over the wire in those seconds; a page is 50,000 and more."""

COUNT_CHANGES = """() => {
    window.changes = [];
    const main = document.querySelector('[data-testid=stMain]');
    // A table draws on a canvas and keeps a hidden copy for screen readers inside it, which it renews at leisure.
    new MutationObserver(all => window.changes.push(...all
        .filter(c => !(c.target.nodeType === Node.ELEMENT_NODE ? c.target : c.target.parentElement).closest('canvas'))
        .map(c => `${c.type} in ${c.target.nodeName} ${c.target.className ?? ''}`)
    )).observe(main, {subtree: true, childList: true, characterData: true});
}"""


@pytest.fixture(scope="module")
def screen(changing_server: str, open_screen: OpenScreen) -> Screen:
    opened = open_screen(link(changing_server, "overview", **LINK))
    opened.page.evaluate("() => { window.wasHereBefore = true; }")
    opened.page.wait_for_timeout(2000)
    return opened


@pytest.fixture
def changed_exports(tmp_path: Path) -> Path:
    """A folder with nothing but the appeals, and more of them than before."""
    source = next(paths.EXPORTS.glob("企业诉求台账*.xlsx"))
    (tmp_path / "source.toml").write_text(
        'label = "演示数据"\nexported_at = 2023-06-28T18:00:00\n', encoding="utf-8"
    )
    with_more_rows(source, tmp_path / source.name, more_appeals)
    return tmp_path


def more_appeals(header: list[Any], rows: list[list[Any]]) -> list[list[Any]]:
    """Copies of one closed appeal of the street, under new numbers."""
    at = {title: place for place, title in enumerate(header)}
    pattern = next(
        row
        for row in rows
        if row[at["所属街道"]] == STREET
        and isinstance(row[at["登记时间"]], datetime)
        and date(2023, 3, 1) <= row[at["登记时间"]].date() <= date(2023, 5, 31)
        and row[at["办结时间"]]
        and row[at["办结时限"]]
        and row[at["是否作废"]] == "否"
    )
    added = [list(pattern) for _ in range(NEW_APPEALS)]
    for number, row in enumerate(added, 901):
        row[at["工单编号"]] = f"SQ20230531{number}"
    return added


def with_more_rows(
    source: Path, target: Path, more: Callable[[list[Any], list[list[Any]]], list[list[Any]]]
) -> None:
    """Write the workbook again, cell by cell, with rows added at its end."""
    old = CalamineWorkbook.from_path(source)
    with xlsxwriter.Workbook(target, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as new:
        for name in old.sheet_names:
            rows = old.get_sheet_by_name(name).to_python(skip_empty_area=False)
            heading = next((i for i, row in enumerate(rows) if "工单编号" in row), None)
            if heading is not None:
                rows += more(rows[heading], rows[heading + 1 :])
            sheet = new.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)


def due(screen: Screen) -> int:
    """The cases that the rate on time is taken of."""
    return int(screen.cards["按时办结率"].n.split("/")[1].replace(",", ""))


def shown_release(screen: Screen) -> str:
    found = re.findall(r"版本 (\d{8}-\d{6}[a-z]?)", screen.text)
    assert found
    assert len(set(found)) == 1, f"two releases on one screen: {set(found)}"
    return found[0]


def test_without_a_new_release_nothing_is_drawn_again(screen: Screen) -> None:
    screen.page.evaluate(COUNT_CHANGES)
    before = len(screen.received)

    screen.page.wait_for_timeout(SECONDS_TO_WATCH * 1000)

    heartbeat = screen.received[before:]
    assert heartbeat, "the page did not ask for a new release at all"
    assert sum(heartbeat) < HEARTBEAT_BYTES
    assert screen.page.evaluate("() => window.changes") == []


def test_an_open_page_follows_a_new_release_by_itself(
    screen: Screen, changing_warehouse: Path, changed_exports: Path
) -> None:
    address, chosen = screen.page.url, screen.chosen
    old_count, old_release = due(screen), shown_release(screen)
    assert (changing_warehouse / "CURRENT").read_text(encoding="utf-8").strip() == old_release

    load_exports(changed_exports, changing_warehouse)

    new_release = (changing_warehouse / "CURRENT").read_text(encoding="utf-8").strip()
    assert new_release != old_release
    screen.page.get_by_text(f"版本 {new_release}", exact=True).first.wait_for(
        timeout=SECONDS_TO_FOLLOW * 1000
    )
    screen.settle()
    assert due(screen) == old_count + NEW_APPEALS
    assert shown_release(screen) == new_release
    assert screen.chosen == chosen
    assert screen.page.url == address
    assert screen.page.evaluate("() => window.wasHereBefore === true"), "the page was reloaded"
