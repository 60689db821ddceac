"""The map as a way in: a click on it goes to a place, the address and the numbers follow, and there is a way back."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuqi import maps
from fuqi.maps import layers
from fuqi.ui.street import MAP_WIDTH
from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen, link
from tests.pages.plain_figures import Asked, plain_figures

BOUNDARIES = maps.Boundaries.load()
FLAT = "[class*=st-key-map_] [data-testid=stVegaLiteChart]"
MAP = f"[data-testid=stDeckGlJsonChart], {FLAT}"
DRAWINGS = "[data-testid=stDeckGlJsonChart] canvas, [data-testid=stVegaLiteChart] :is(canvas, svg)"
SHATOU = BOUNDARIES.streets.label_points["沙头街道"]


@pytest.fixture
def overview(demo_server: str, open_screen: OpenScreen) -> Iterator[Screen]:
    opened = open_screen(link(demo_server, "overview"))
    yield opened
    opened.close()


def click_on_map(screen: Screen, position: tuple[float, float], frame: maps.Frame) -> None:
    """Click at a position (longitude, latitude) of the first map, which shows what `frame` says, and go there."""
    at = point_at(screen, position, frame)
    before = screen.page.url
    screen.page.mouse.click(*at)
    screen.page.wait_for_url(lambda url: url != before)  # a busy machine sends the click late
    screen.settle()


def tip_at(screen: Screen, position: tuple[float, float], frame: maps.Frame) -> str:
    """What a flat map says at a position."""
    point_at(screen, position, frame)
    tip = screen.page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    return tip.inner_text()


def point_at(
    screen: Screen, position: tuple[float, float], frame: maps.Frame
) -> tuple[float, float]:
    """Move the pointer to a position of the first map; where on the screen that is."""
    view = layers.deck([], BOUNDARIES, frame).initial_view_state
    place = screen.page.locator(MAP).first
    place.scroll_into_view_if_needed()
    screen.page.wait_for_load_state("networkidle")  # the ground to click on is fetched
    screen.page.wait_for_timeout(1500)  # a map paints a while after its page stands still
    box = place.bounding_box()
    assert box is not None
    (x, y), (x0, y0) = mercator(*position), mercator(view.longitude, view.latitude)
    is_flat = place.and_(screen.page.locator(FLAT)).count()
    enlarged = min(box["width"] / frame.width, box["height"] / frame.height) if is_flat else 1
    pixels = 512 * 2**view.zoom * enlarged
    at_x = box["x"] + box["width"] / 2 + (x - x0) * pixels
    at_y = box["y"] + box["height"] / 2 + (y - y0) * pixels
    screen.page.mouse.move(at_x - 1, at_y)
    screen.page.mouse.move(at_x, at_y)
    screen.page.wait_for_timeout(300)
    return at_x, at_y


def mercator(longitude: float, latitude: float) -> tuple[float, float]:
    """Web mercator, the world being a square of side 1."""
    down = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return (longitude + 180) / 360, down


def way_back(screen: Screen) -> list[str]:
    text = screen.page.locator(".st-key-way_back").inner_text()
    return [step.strip() for step in text.split("›")]


def test_a_click_on_a_street_filters_the_page_and_its_address(
    overview: Screen, demo_warehouse: Path
) -> None:
    figures = plain_figures(demo_warehouse)
    assert overview.cards == figures.cards("overview", Asked())

    click_on_map(overview, SHATOU, maps.Frame())

    assert overview.asked == {"street": "沙头街道"}
    assert overview.chosen["street"] == "沙头街道"
    assert overview.cards == figures.cards("overview", Asked(street="沙头街道"))
    assert way_back(overview) == ["全区", "沙头街道"]


def test_the_way_back_leads_to_the_whole_district(overview: Screen, demo_warehouse: Path) -> None:
    click_on_map(overview, SHATOU, maps.Frame())

    overview.page.locator(".st-key-back_to_district button").click()
    overview.page.wait_for_timeout(500)
    overview.settle()

    assert overview.asked == {}
    assert overview.chosen["street"] == "全区"
    assert overview.cards == plain_figures(demo_warehouse).cards("overview", Asked())


def test_one_step_back_in_the_browser_is_the_place_before(
    overview: Screen, demo_warehouse: Path
) -> None:
    figures = plain_figures(demo_warehouse)
    click_on_map(overview, SHATOU, maps.Frame())
    click_on_map(overview, BOUNDARIES.streets.label_points["莲花街道"], maps.Frame())
    assert overview.asked == {"street": "莲花街道"}

    overview.go_back("总览")
    assert overview.asked == {"street": "沙头街道"}
    assert overview.cards == figures.cards("overview", Asked(street="沙头街道"))

    overview.go_back("总览")
    assert overview.asked == {}
    assert overview.cards == figures.cards("overview", Asked())


def test_a_community_below_the_lines_of_streets_can_be_pointed_at_and_clicked(
    demo_server: str, open_screen: OpenScreen
) -> None:
    (name, position), *_ = sorted(BOUNDARIES.communities.of("沙头街道").label_points.items())
    screen = open_screen(link(demo_server, "small_business"))

    click_on_map(screen, position, maps.Frame())

    assert screen.asked == {"street": "沙头街道", "community": name}
    assert way_back(screen) == ["全区", "沙头街道", name]
    box = screen.page.locator(FLAT).bounding_box()
    assert box is not None
    screen.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tip = screen.page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert name in tip.inner_text()
    screen.close()


def test_a_street_and_a_station_narrow_the_table_beside_the_map(
    demo_server: str, open_screen: OpenScreen, demo_warehouse: Path
) -> None:
    figures = plain_figures(demo_warehouse)
    stations = [row for row in figures.rows("stations") if row["subdistrict_name"] == "沙头街道"]
    screen = open_screen(link(demo_server, "stations"))
    everywhere = rows_told(screen)

    click_on_map(screen, SHATOU_WITHOUT_STATION, maps.Frame())
    assert screen.asked == {"street": "沙头街道"}
    assert max(rows_told(screen)) < max(everywhere)

    first = max(stations, key=lambda row: abs(row["longitude"] - SHATOU[0]))
    click_on_map(
        screen, (first["longitude"], first["latitude"]), maps.Frame(subdistrict="沙头街道")
    )
    assert screen.asked.get("station") == first["station_id"]
    assert way_back(screen)[:2] == ["全区", "沙头街道"]
    assert way_back(screen)[-1] == first["station_name"]
    screen.close()


def test_another_place_moves_the_map_that_is_there(
    demo_server: str, open_screen: OpenScreen, demo_warehouse: Path
) -> None:
    listed = plain_figures(demo_warehouse).rows("stations")
    here = [row for row in listed if row["subdistrict_name"] == "沙头街道"]
    station = max(here, key=lambda row: abs(row["longitude"] - SHATOU[0]))
    screen = open_screen(link(demo_server, "stations"))
    mark_drawings(screen)

    screen.choose("street", "沙头街道")
    assert drawn_anew(screen) == []

    position = station["longitude"], station["latitude"]
    click_on_map(screen, position, maps.Frame(subdistrict="沙头街道"))
    assert screen.asked.get("station") == station["station_id"]
    assert "stDeckGlJsonChart" not in drawn_anew(screen)
    screen.close()


def test_a_list_that_becomes_empty_leaves_the_map_of_a_street_where_it_is(
    demo_server: str, open_screen: OpenScreen
) -> None:
    screen = open_screen(link(demo_server, "street", street="沙头街道"))
    urgent = screen.page.get_by_text("没有超期的诉求")
    assert not urgent.count()
    mark_drawings(screen)
    screen.choose("street", "园岭街道")
    assert urgent.count()
    assert drawn_anew(screen) == []
    screen.close()


def test_on_the_map_of_a_street_its_communities_and_its_neighbours_can_be_clicked(
    demo_server: str, open_screen: OpenScreen, demo_warehouse: Path
) -> None:
    frame = maps.Frame(width=MAP_WIDTH, subdistrict="福保街道")
    (community,) = [
        row
        for row in plain_figures(demo_warehouse).rows("communities")
        if row["community_name"] == "石厦社区"
    ]
    screen = open_screen(link(demo_server, "street", street="福保街道"))
    assert not screen.page.locator("[data-testid=stDeckGlJsonChart]").count()
    mark_drawings(screen)

    at = community["longitude"], community["latitude"]
    assert "石厦社区" in tip_at(screen, at, frame)
    click_on_map(screen, at, frame)
    assert screen.asked == {"street": "福保街道", "community": "石厦社区"}
    assert "挂点" in tip_at(screen, at, frame)

    click_on_map(screen, (114.0395, 22.523), frame)  # west of the border
    assert screen.asked == {"street": "沙头街道"}
    assert drawn_anew(screen) == []
    screen.close()


def test_the_same_street_can_be_clicked_again(overview: Screen) -> None:
    mark_drawings(overview)
    for _ in range(2):
        click_on_map(overview, SHATOU, maps.Frame())
        assert overview.asked == {"street": "沙头街道"}
        overview.page.locator(".st-key-back_to_district button").click()
        overview.page.wait_for_timeout(500)
        overview.settle()
        assert overview.asked == {}
    assert drawn_anew(overview) == []


SHATOU_WITHOUT_STATION = SHATOU


def mark_drawings(screen: Screen) -> None:
    """Remember the maps and charts that the page has now."""
    screen.page.locator(MAP).locator("canvas, svg").first.wait_for()
    screen.page.wait_for_timeout(1500)
    screen.page.evaluate(f"window.stood = new Set(document.querySelectorAll('{DRAWINGS}'))")


def drawn_anew(screen: Screen) -> list[str]:
    """The kinds of drawings that were not there when they were marked."""
    screen.page.wait_for_timeout(1000)
    return screen.page.evaluate(
        f"""[...document.querySelectorAll('{DRAWINGS}')].filter(drawing => !window.stood.has(drawing))
            .map(drawing => drawing.closest('[data-testid]').dataset.testid)"""
    )


def rows_told(screen: Screen) -> list[int]:
    """The numbers of rows that the tables of the page say they have."""
    return [int(n.replace(",", "")) for n in re.findall(r"共 ([\d,]+) 行", screen.text)]
