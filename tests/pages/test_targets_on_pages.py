"""Targets in the KPI row, on the charts and on the page 口径."""

import json
from pathlib import Path

import pytest

from fuqi import paths
from tests.kpi_cards import shown_cards
from tests.pages.conftest import OpenPage

TARGETS = """
[[targets]]
measure = "on_time_rate"
value = 0.5
from = 2023-01-01
to = 2023-06-28
[[targets]]
measure = "on_time_rate"
value = 1.0
from = 2023-01-01
to = 2023-06-28
street = "福保街道"
[[targets]]
measure = "satisfied_rate"
value = 0.1
from = 2023-06-29
to = 2023-12-31
street = "没有的街道"
"""


@pytest.fixture(autouse=True)
def with_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "targets.toml"
    file.write_text(TARGETS, encoding="utf-8")
    monkeypatch.setattr(paths, "TARGETS", file)


def aims(opened) -> list[str]:
    notes = [note for card in shown_cards(opened).values() for note in card.notes]
    return [note for note in notes if note.startswith("目标 ")]


def specs(opened) -> str:
    return "".join(
        json.dumps(json.loads(chart.proto.spec), ensure_ascii=False)
        for chart in opened.get("vega_lite_chart")
    )


def test_card_says_the_target_and_how_it_is_met(open_page: OpenPage) -> None:
    opened = open_page("overview")
    assert not opened.exception
    assert aims(opened) == ["目标 ≥50% · 达标"]
    assert "目标 50%" in specs(opened)


def test_street_is_judged_by_its_own_target(open_page: OpenPage) -> None:
    opened = open_page("resolution", street="福保街道")
    assert aims(opened) == ["目标 ≥100% · 未达标"]


def test_period_that_ends_before_a_target_begins_is_not_judged(open_page: OpenPage) -> None:
    opened = open_page("overview", from_="2022-07-01", to="2022-12-31")
    assert aims(opened) == []
    assert "目标 50%" not in specs(opened)


def test_one_category_alone_has_no_target(open_page: OpenPage) -> None:
    category = open_page("overview").selectbox(key="category").options[1]
    assert aims(open_page("overview", category=category)) == []


def test_page_of_definitions_lists_targets_and_streets_nobody_knows(open_page: OpenPage) -> None:
    opened = open_page("definitions")
    shown = [m.value for m in opened.markdown if "目标" in m.value or "≥" in m.value]
    assert any("**按时办结率** ≥100%" in line and "福保街道" in line for line in shown)
    assert any("没有的街道" in line and "不起作用" in line for line in shown)
