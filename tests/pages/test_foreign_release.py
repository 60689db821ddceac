"""A trial load of another city's export on every page: no registers, no boundaries, and it says so."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fuqi import intake, paths
from fuqi.access import OPEN_ACCOUNT
from fuqi.intake.foreign import LABEL
from fuqi.store import Warehouse
from tests.kpi_cards import shown_cards
from tests.pages.conftest import PARTS, OpenPage

PAGES = [
    *sorted(path.stem for path in paths.PAGES.glob("*.py") if OPEN_ACCOUNT.may_open(path.stem)),
    *PARTS,
]
CASES = ("nyc311", "zh_gov_messages")
EXAMPLES = paths.MAPPINGS / "examples"


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The shipped examples of foreign shapes, each loaded alone by its mapping."""
    folder = tmp_path_factory.mktemp("foreign")
    for name in CASES:
        intake.run(EXAMPLES / f"{name}.csv", Warehouse(folder / name))
    return {name: folder / name for name in CASES}


def words(opened: AppTest) -> str:
    return " ".join(e.value for kind in (opened.caption, opened.markdown) for e in kind)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("page", PAGES)
def test_page_stands_on_a_foreign_release_and_names_it(
    open_page: OpenPage, use_warehouse, warehouses, page, name
) -> None:
    use_warehouse(warehouses[name])
    opened = open_page(page)
    assert not opened.exception
    assert not opened.error
    assert LABEL in words(opened)


@pytest.mark.parametrize("page", PAGES)
def test_page_is_narrowed_to_a_street_of_another_city(
    open_page: OpenPage, use_warehouse, warehouses, page
) -> None:
    use_warehouse(warehouses["nyc311"])
    opened = open_page(page, street="NORTH")
    assert not opened.exception
    if page == "resolution":
        assert shown_cards(opened)["受理量"].value == "1"


def test_map_says_how_many_streets_it_has_no_boundary_for(
    open_page: OpenPage, use_warehouse, warehouses
) -> None:
    use_warehouse(warehouses["nyc311"])
    assert "2 个街道没有边界，未画出" in words(open_page("overview"))


def test_map_of_the_district_itself_leaves_no_street_out(open_page: OpenPage) -> None:
    assert "没有边界" not in words(open_page("overview"))
