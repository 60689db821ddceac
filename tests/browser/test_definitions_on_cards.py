"""What a KPI on a card means is told beside its question mark."""

import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen, link


@pytest.fixture(params=[(1366, 768), (390, 844)], ids=["desk", "phone"])
def screen(request: pytest.FixtureRequest, demo_server: str, open_screen: OpenScreen) -> Screen:
    width, height = request.param
    return open_screen(link(demo_server, "resolution"), width=width, height=height)


def mark_of(screen: Screen, column: str) -> Locator:
    return screen.page.locator(f"[data-kpi={column}] .fuqi-help")


def test_definition_is_shown_within_the_window_while_its_mark_is_pointed_at(screen: Screen) -> None:
    shown = screen.page.locator(".fuqi-help-text")
    for column, said in (
        ("overdue_count", "超期未办结 = "),
        ("median_resolution_working_hours", "办结工时中位数 = "),
    ):
        mark = mark_of(screen, column)
        mark.hover()
        assert shown.inner_text().startswith(said)
        box, window = shown.bounding_box(), screen.page.viewport_size
        assert box and window
        assert box["x"] >= 0 and box["x"] + box["width"] <= window["width"]
        assert box["y"] >= 0 and box["y"] + box["height"] <= window["height"]
        place = mark.bounding_box()
        assert place and (
            box["y"] + box["height"] <= place["y"] or box["y"] >= place["y"] + place["height"]
        ), "it hides what it explains"
    screen.page.mouse.move(5, 5)
    assert shown.count() == 0


def test_definition_is_shown_to_whoever_comes_by_the_keyboard(screen: Screen) -> None:
    shown = screen.page.locator(".fuqi-help-text")
    screen.page.mouse.move(5, 5)
    mark_of(screen, "median_resolution_working_hours").focus()
    screen.page.wait_for_timeout(300)  # on a phone the page scrolls to it
    assert shown.inner_text().startswith("办结工时中位数 = ")
    screen.page.keyboard.press("Escape")
    assert shown.count() == 0
