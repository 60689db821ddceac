"""The word 下载 at a chart or table unfolds its files; one is fetched, and the page stays as it is."""

import pytest

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen, link

SIZES = ((1366, 768), (390, 844))
MENUS = "details[name=files]"


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def resolution(
    request: pytest.FixtureRequest, changing_server: str, open_screen: OpenScreen
) -> Screen:
    address = link(changing_server, "resolution", street="福保街道", tab="环节与用时")
    return open_screen(address, *request.param)


def unfolded(screen: Screen) -> int:
    return screen.page.locator(f"{MENUS}[open]").count()


@pytest.mark.parametrize(
    "title, kind, begins",
    [
        ("办结用时分布", "PNG", b"\x89PNG"),
        ("办结用时分布", "SVG", b"<svg"),
        ("全部指标", "CSV", b"\xef\xbb\xbf"),
    ],
)
def test_a_file_is_fetched_from_its_menu(
    resolution: Screen, title: str, kind: str, begins: bytes
) -> None:
    page = resolution.page
    if title == "全部指标":
        page.get_by_text(title, exact=True).click()
        page.get_by_role("heading", name=title).wait_for()
        resolution.settle()
    address = page.url
    word = page.get_by_label(f"下载：{title}", exact=True)
    word.scroll_into_view_if_needed()
    word.click()
    assert unfolded(resolution) == 1
    for other in page.locator(f"{MENUS}[open] a").all():
        box, width = other.bounding_box(), page.viewport_size["width"]
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width

    with page.expect_download() as downloaded:
        page.get_by_label(f"{title}，{kind}", exact=True).click()
    file = downloaded.value
    assert file.suggested_filename == f"诉求办理_{title}_20230628.{kind.lower()}"
    assert file.path().read_bytes().startswith(begins)
    assert unfolded(resolution) == 0
    assert page.url == address


def test_a_menu_folds_up_when_something_else_is_meant(resolution: Screen) -> None:
    page = resolution.page
    words = page.locator(f"{MENUS} summary")
    words.nth(0).click()
    words.nth(1).click()
    assert unfolded(resolution) == 1
    page.keyboard.press("Escape")
    assert unfolded(resolution) == 0
    words.nth(1).focus()
    page.keyboard.press("Enter")
    assert unfolded(resolution) == 1
    page.get_by_role("heading", name="诉求办理").click()
    assert unfolded(resolution) == 0


def test_a_chart_has_no_other_way_to_its_rows_and_picture(resolution: Screen) -> None:
    page = resolution.page
    charts = page.locator("[data-testid=stFullScreenFrame]:has([data-testid=stVegaLiteChart])")
    charts.first.locator("[data-testid=stElementToolbarButton]").nth(2).wait_for(state="attached")
    # Streamlit says later that a chart can be made a picture of: not before it is drawn.
    charts.last.locator("svg.marks").wait_for(state="attached")
    for chart in charts.all():
        buttons = chart.locator("[data-testid=stElementToolbarButton]")
        offered = buttons.evaluate_all(
            "all => all.filter(one => one.checkVisibility())"
            ".map(one => one.querySelector('button').getAttribute('aria-label'))"
        )
        assert len(offered) == 1
        assert offered[0].startswith("全屏：")
