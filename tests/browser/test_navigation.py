"""Moving between pages and choosing filters by hand: what was chosen stays chosen, also in the address."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen, link
from tests.pages.plain_figures import Asked, plain_figures

FUBAO = Asked(street="福保街道")


@pytest.fixture
def screen(demo_server: str, open_screen: OpenScreen) -> Iterator[Screen]:
    opened = open_screen(link(demo_server, "overview"))
    yield opened
    opened.close()


def test_a_chosen_street_goes_along_to_the_next_page(screen: Screen, demo_warehouse: Path) -> None:
    figures = plain_figures(demo_warehouse)

    screen.choose("street", "福保街道")
    assert screen.asked == {"street": "福保街道"}
    assert screen.cards == figures.cards("overview", FUBAO)

    for page, title in {"resolution": "诉求办理", "stations": "福企服务站"}.items():
        screen.visit(title)
        assert screen.asked == {"street": "福保街道"}
        assert screen.chosen["street"] == "福保街道"
        assert screen.cards == figures.cards(page, FUBAO)


@pytest.mark.parametrize("first", ["诉求办理", "口径"])
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"street": "福保街道", "period": "上月"},
        {"street": "福保街道", "from": "2023-05-01", "to": "2023-05-31"},
    ],
)
def test_what_a_link_asks_for_goes_along_with_the_first_click(
    asked: dict[str, str], first: str, demo_server: str, open_screen: OpenScreen
) -> None:
    opened = open_screen(link(demo_server, "overview", **asked))
    before = opened.chosen

    opened.visit(first)  # of which 口径 has no filters
    if first == "口径":
        opened.visit("诉求办理")

    assert opened.asked == asked
    assert opened.chosen == before
    opened.close()


def test_the_case_of_a_link_goes_along_with_the_first_click(
    demo_server: str, open_screen: OpenScreen
) -> None:
    case = "SQ20230628006"
    opened = open_screen(link(demo_server, "resolution", case=case))

    opened.visit("共性诉求")

    assert opened.asked["case"] == case
    opened.close()


def test_going_back_shows_the_page_before_with_its_street(
    screen: Screen, demo_warehouse: Path
) -> None:
    screen.choose("street", "福保街道")
    screen.visit("诉求办理")
    screen.visit("挂点服务")

    screen.go_back("诉求办理")

    assert screen.asked == {"street": "福保街道"}
    assert screen.chosen["street"] == "福保街道"
    assert screen.cards == plain_figures(demo_warehouse).cards("resolution", FUBAO)


def test_ones_own_dates_appear_as_two_fields_and_in_the_address(screen: Screen) -> None:
    before = screen.cards

    screen.choose("period", "自选日期")

    assert screen.chosen.items() >= {"from": "2023-04-01", "to": "2023-06-28"}.items()
    assert screen.cards == before
    assert screen.asked.items() >= {"from": "2023-04-01", "to": "2023-06-28"}.items()


def test_ones_own_dates_go_along_to_the_next_page(screen: Screen, demo_warehouse: Path) -> None:
    screen.choose("period", "自选日期")
    screen.type_day("from", "20230501")
    screen.type_day("to", "20230531")
    assert screen.asked.items() >= {"from": "2023-05-01", "to": "2023-05-31"}.items()

    screen.visit("福企服务站")

    may = Asked(date(2023, 5, 1), date(2023, 5, 31))
    assert screen.asked.items() >= {"from": "2023-05-01", "to": "2023-05-31"}.items()
    assert screen.chosen.items() >= {"from": "2023-05-01", "to": "2023-05-31"}.items()
    assert screen.cards == plain_figures(demo_warehouse).cards("stations", may)


def test_untouched_dates_of_ones_own_go_along_to_the_next_page(screen: Screen) -> None:
    screen.choose("period", "自选日期")

    screen.visit("福企服务站")

    assert screen.chosen.items() >= {"from": "2023-04-01", "to": "2023-06-28"}.items()


def test_a_street_that_does_not_exist_is_told_to_the_reader(
    screen: Screen, demo_server: str
) -> None:
    # Read at once: the message goes away by itself.
    screen.page.goto(link(demo_server, "stations", street="没有这个街道"), wait_until="commit")
    message = screen.page.locator("[data-testid=stToast]").inner_text()
    screen.settle()

    assert "没有这个街道" in message
    assert "全区" in message
    assert screen.chosen["street"] == "全区"
