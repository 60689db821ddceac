"""A link with filters opened as the very first visit of a server just started."""

from datetime import date
from pathlib import Path

import pytest

from tests.browser.conftest import OpenScreen, served
from tests.browser.screen import TITLES, foreign, link, real_complaints
from tests.pages.plain_figures import Asked, plain_figures

SPRING = {"street": "福保街道", "from": "2023-03-01", "to": "2023-05-31"}


@pytest.mark.parametrize("page", TITLES)
def test_a_link_opened_first_shows_its_page_with_navigation_filters_and_numbers(
    page: str, demo_warehouse: Path, open_screen: OpenScreen, tmp_path: Path
) -> None:
    asked = Asked(date(2023, 3, 1), date(2023, 5, 31), "福保街道")
    with served(demo_warehouse, tmp_path) as address:
        screen = open_screen(link(address, page, **SPRING))

        assert screen.title == TITLES[page]
        links = {title: f"/{'' if name == 'overview' else name}" for name, title in TITLES.items()}
        assert screen.links.items() >= links.items()
        assert screen.chosen.items() >= {"period": "自选日期", **SPRING}.items()
        assert screen.asked.items() >= SPRING.items()
        assert screen.cards == plain_figures(demo_warehouse).cards(page, asked)
        assert foreign(screen.addresses, address) == []
        assert real_complaints(screen) == []
        screen.close()
