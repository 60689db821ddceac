"""A change of filters exchanges the rows of a chart that the browser has drawn; it does not begin the chart anew."""

import pytest

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen, link

CHARTS = "[data-testid=stVegaLiteChart]"
MARK = f"""() => document.querySelectorAll('{CHARTS} svg').forEach((drawing, place) => {{
    drawing.drawnBefore = place;
}})"""
KEPT = f"() => [...document.querySelectorAll('{CHARTS} svg')].map(drawing => drawing.drawnBefore ?? null)"
DRAWN = f"() => [...document.querySelectorAll('{CHARTS} svg')].map(drawing => drawing.textContent)"


@pytest.fixture
def resolution(demo_server: str, open_screen: OpenScreen) -> Screen:
    return open_screen(link(demo_server, "resolution"))


@pytest.mark.parametrize("key, option", [("street", "莲花街道"), ("category", "政策咨询")])
def test_charts_stand_while_their_rows_change(resolution: Screen, key: str, option: str) -> None:
    page = resolution.page
    page.evaluate(MARK)
    before = page.evaluate(DRAWN)
    assert len(before) == 7

    resolution.choose(key, option)
    page.wait_for_function(f"before => ({DRAWN})()[0] !== before[0]", arg=before)
    assert page.evaluate(KEPT) == [*range(7)]


def test_charts_stand_where_a_table_above_them_becomes_empty(
    demo_server: str, open_screen: OpenScreen
) -> None:
    screen = open_screen(link(demo_server, "resolution", street="莲花街道"))
    page = screen.page
    page.evaluate(MARK)
    tables = page.locator("[data-testid=stDataFrame]").count()
    before = page.evaluate(DRAWN)

    screen.choose("category", "政策咨询")
    page.wait_for_function(f"before => ({DRAWN})()[0] !== before[0]", arg=before)
    assert page.locator("[data-testid=stDataFrame]").count() < tables
    assert page.evaluate(KEPT) == [*range(7)]
