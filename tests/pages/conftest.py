"""A page run by Streamlit's own test driver, opened by its link as a first visit."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fuqi import paths
from fuqi.ui import asked
from tests.pages.plain_figures import PlainFigures, plain_figures

PORTAL = paths.PROJECT / "fuqi" / "ui" / "portal.py"
SECONDS_TO_RUN = 60
PARTS = {
    "resolution.steps": "环节与用时",
    "resolution.kpis": "全部指标",
    "stations.reach": "够得着吗",
    "stations.sites": "再开一站",
    "stations.tests": "快检与公布数字",
}
"""Parts of pages that show one at a time, beside the part that a page opens with."""

OpenPage = Callable[..., AppTest]


@pytest.fixture
def figures(demo_warehouse: Path) -> PlainFigures:
    """What the demo data come to when counted in plain Python."""
    return plain_figures(demo_warehouse)


@pytest.fixture
def use_warehouse(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Points the pages at a warehouse, with nothing cached from another one, for the length of a test."""

    def use(folder: Path) -> None:
        monkeypatch.setattr(paths, "WAREHOUSE", folder)
        _forget()

    yield use
    _forget()


@pytest.fixture
def open_page(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Opens a page by its link, `open_page("stations", street="福保街道")`, on the demo data unless told otherwise.

    A part of one is opened by its name in PARTS.
    """
    monkeypatch.setattr(paths, "WAREHOUSE", demo_warehouse)

    def open_by_link(page: str, **parameters: str) -> AppTest:
        if page in PARTS:
            parameters["tab"] = PARTS[page]
        opened = AppTest.from_file(str(PORTAL), default_timeout=SECONDS_TO_RUN)
        opened.switch_page(f"../../pages/{page.partition('.')[0]}.py")
        opened.query_params.update({name.rstrip("_"): value for name, value in parameters.items()})
        return opened.run()

    return open_by_link


def _forget() -> None:
    # Ids of releases are times of loading: two warehouses made in one second hold the same id.
    for answers in (asked.DATABASES, asked.ROWS):
        answers.forget(lambda _: True)
