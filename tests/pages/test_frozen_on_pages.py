"""封存值 beside 今日值 on the page 诉求办理."""

from datetime import datetime
from pathlib import Path

import pytest

from fuqi import frozen
from fuqi.settings import Settings
from fuqi.store import Warehouse
from tests.kpi_cards import shown_cards
from tests.pages.conftest import OpenPage

MAY = {"from_": "2023-05-01", "to": "2023-05-31"}
EARLIER = datetime(2023, 6, 1)


@pytest.fixture(scope="module", autouse=True)
def frozen_may(demo_warehouse: Path):
    file = frozen.freeze(Warehouse(demo_warehouse), "2023-05", Settings(), as_of=EARLIER)
    yield file
    file.unlink()


def compared(opened) -> dict[str, dict[str, str]] | None:
    for table in opened.dataframe:
        if "封存值" in table.value.columns:
            return table.value.set_index("指标").to_dict("index")
    return None


def test_frozen_stands_beside_today_with_the_reason(open_page: OpenPage, frozen_may: Path) -> None:
    opened = open_page("resolution", **MAY)
    assert not opened.exception
    rows = compared(opened)
    one = frozen.read(frozen_may)
    then = one.rows["resolution_totals"][0]
    assert rows["受理量"]["封存值"] == f"{then['received_count']:,}"
    assert rows["受理量"]["差异"] == ""
    assert rows["按时办结率"]["今日值"] == shown_cards(opened)["按时办结率"].value
    assert rows["办结率"]["差异"].startswith("+"), "cases were closed since"
    assert any("判定时点不同：封存按 2023-06-01 00:00" in c.value for c in opened.caption)


def test_street_is_compared_with_its_own_row(open_page: OpenPage, frozen_may: Path) -> None:
    rows = compared(open_page("resolution", street="福保街道", **MAY))
    assert "超期未办结" not in rows, (
        "of a street those of the period were frozen, its card counts all"
    )
    (then,) = [
        r
        for r in frozen.read(frozen_may).rows["resolution_by_subdistrict"]
        if r["subdistrict_name"] == "福保街道"
    ]
    assert rows["受理量"]["封存值"] == str(then["received_count"])


@pytest.mark.parametrize("link", [{"from_": "2023-05-01", "to": "2023-05-30"}, {}])
def test_other_days_have_nothing_frozen(open_page: OpenPage, link: dict[str, str]) -> None:
    assert compared(open_page("resolution", **link)) is None


def test_category_alone_is_not_compared(open_page: OpenPage) -> None:
    category = open_page("resolution").selectbox(key="category").options[1]
    assert compared(open_page("resolution", category=category, **MAY)) is None


def test_unreadable_file_is_told_and_the_page_stands(open_page: OpenPage, frozen_may: Path) -> None:
    kept = frozen_may.read_text(encoding="utf-8")
    frozen_may.write_text("{", encoding="utf-8")
    opened = open_page("resolution", **MAY)
    frozen_may.write_text(kept, encoding="utf-8")
    assert not opened.exception
    assert any("2023-05.json" in w.value for w in opened.warning)
