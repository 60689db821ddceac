"""挂点服务 as Streamlit runs it: its parts, one object by its link, the past, and the proposal that stays one."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ledger import publish_ledger, subdistricts
from tests.pages.conftest import OpenPage
from tests.pages.plain_figures import PlainFigures

PARTS = ("现状", "走访", "历史", "小组", "补位建议")


def words(opened: AppTest) -> str:
    """Everything said outside tables and charts."""
    kinds = ("markdown", "caption", "subheader", "info", "warning", "success")
    return "\n".join(element.value for kind in kinds for element in opened.get(kind))


def table_with(opened: AppTest, *columns: str) -> Any:
    (found,) = [t.value for t in opened.dataframe if {*columns} <= {*t.value.columns}]
    return found


@pytest.mark.parametrize("part", PARTS)
def test_a_link_opens_its_part_and_nothing_breaks(part: str, open_page: OpenPage) -> None:
    opened = open_page("assignments", tab=part)

    assert not opened.exception
    assert opened.session_state["tab"] == part
    assert opened.dataframe


def test_a_link_to_a_part_that_is_not_there_opens_the_first(open_page: OpenPage) -> None:
    opened = open_page("assignments", tab="没有")

    assert not opened.exception
    assert opened.session_state["tab"] == "现状"
    assert "tab" not in opened.query_params


def test_the_first_part_names_what_nobody_holds(open_page: OpenPage, figures: PlainFigures) -> None:
    opened = open_page("assignments")

    listed = table_with(opened, "held_state")
    missing = listed[listed["held_state"] == "无人挂点"]["object_name"].tolist()
    assert len(missing) == 6
    (sentence,) = [m.value for m in opened.markdown if "处无人挂点" in m.value]
    assert all(name in sentence for name in missing)
    assert listed["held_state"].tolist()[: len(missing)] == ["无人挂点"] * len(missing)
    assert len(listed) == len(figures.rows("parks")) + len(figures.rows("communities"))


def test_only_the_part_on_the_screen_is_worked_out(open_page: OpenPage) -> None:
    visits = open_page("assignments", tab="走访")

    assert not visits.get("deck_gl_json_chart")
    assert not [t for t in visits.dataframe if "proposal_kind" in t.value.columns]


def test_a_park_shows_who_held_it_its_visits_and_its_appeals(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page("assignments", park="P055")

    terms = [a for a in figures.rows("assignments") if a["park_id"] == "P055"]
    seen = [
        v
        for v in figures.rows("visits")
        if v["object_kind"] == "园区商圈"
        and v["park_id"] == "P055"
        and v["visited_at"] >= datetime(2023, 4, 1)
    ]
    history = table_with(opened, "term_state")
    assert len(history) == len(terms) == 1
    assert history["held_until"][0] == terms[0]["end_date"] == date(2023, 5, 31)
    assert len(table_with(opened, "visitor_name")) == len(seen)
    firms = sum(e["park_id"] == "P055" for e in figures.rows("enterprises"))
    assert f"企业与个体工商户 {firms:,} 户" in words(opened)
    assert "无人挂点" in words(opened)


def test_the_past_says_that_it_is_the_past(open_page: OpenPage) -> None:
    opened = open_page("assignments", tab="历史")
    assert "您在看过去" not in words(opened)
    assert "6 处无人挂点" in words(opened)

    opened.slider[0].set_value((date(2023, 4, 1), date(2023, 5, 31))).run()

    assert not opened.exception
    assert "您在看过去：以下是 2023-05-31 当天的挂点情况，不是现在。" in words(opened)
    assert "4 处无人挂点" in words(opened), "two were lost after that day"
    assert "变为无人挂点" not in words(opened)


def test_a_proposal_names_itself_one_and_fills_every_gap_once(open_page: OpenPage) -> None:
    opened = open_page("assignments", tab="补位建议")

    assert "仅为建议" in words(opened)
    proposed = table_with(opened, "proposal_kind")
    assert sorted(proposed["proposal_kind"]) == ["补缺"] * 3 + ["转挂"] * 3
    assert proposed["object_name"].is_unique
    assert proposed["reason"].str.len().min() > 10


def test_without_assignments_everything_is_unheld_and_no_part_breaks(
    tmp_path: Path, use_warehouse: Any, open_page: OpenPage
) -> None:
    park = {"park_id": "P1", "park_name": "园区", "park_kind": "产业园"}
    tables = {
        "subdistricts": subdistricts("福保街道"),
        "parks": [{**park, "subdistrict_name": "福保街道"}],
    }
    publish_ledger(tmp_path, tables)
    use_warehouse(tmp_path)
    opened = {part: open_page("assignments", tab=part) for part in PARTS}
    assert not [part for part in PARTS if opened[part].exception]
    assert "1 处无人挂点" in words(opened["现状"])
    assert table_with(opened["补位建议"], "proposal_kind")["proposal_kind"].tolist() == ["无人可补"]
