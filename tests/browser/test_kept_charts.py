"""A change of filters exchanges what a chart or map shows that the browser has drawn; it does not begin it anew."""

import pytest

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen, link

MAP = "[class*=st-key-map_] [data-testid=stVegaLiteChart] svg"
CHARTS = "[data-testid=stVegaLiteChart]"
MARK = f"""() => document.querySelectorAll('{CHARTS} svg').forEach((drawing, place) => {{
    drawing.drawnBefore = place;
}})"""
KEPT = f"() => [...document.querySelectorAll('{CHARTS} svg')].map(drawing => drawing.drawnBefore ?? null)"
DRAWN = f"() => [...document.querySelectorAll('{CHARTS} svg')].map(drawing => drawing.textContent)"


@pytest.fixture
def resolution(demo_server: str, open_screen: OpenScreen) -> Screen:
    return open_screen(link(demo_server, "resolution", tab="环节与用时"))


@pytest.mark.parametrize("key, option", [("street", "莲花街道"), ("category", "政策咨询")])
def test_charts_stand_while_their_rows_change(resolution: Screen, key: str, option: str) -> None:
    page = resolution.page
    page.evaluate(MARK)
    before = page.evaluate(DRAWN)
    assert len(before) == 7

    resolution.choose(key, option)
    page.wait_for_function(f"before => ({DRAWN})()[0] !== before[0]", arg=before)
    assert page.evaluate(KEPT) == [*range(7)]


def test_a_map_stands_where_a_table_above_it_becomes_empty(
    demo_server: str, open_screen: OpenScreen
) -> None:
    screen = open_screen(link(demo_server, "street", street="福保街道"))
    page = screen.page
    page.locator(MAP).wait_for()
    page.evaluate(f"() => {{ document.querySelector('{MAP}').drawnBefore = true; }}")
    assert "没有超期的诉求" not in screen.text

    screen.choose("community", "益田社区")
    page.get_by_text("没有超期的诉求").wait_for()
    assert page.evaluate(f"() => document.querySelector('{MAP}').drawnBefore") is True
