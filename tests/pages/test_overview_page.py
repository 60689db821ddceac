"""总览: three bands that say what is wrong now, each with a way to its pages, and every street beside the others."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from fuqi import look
from fuqi.ui import downloads
from fuqi.ui.bands import beside
from tests.kpi_cards import shown_cards
from tests.ledger import appeal, publish_ledger, subdistricts
from tests.pages.conftest import OpenPage
from tests.pages.plain_figures import Asked, PlainFigures
from tests.pages.test_pages import cards, chart_specs, flat_maps

ALARMS = ("超期未办结", "无人挂点", "未覆盖小个专")


def alarms(opened: AppTest) -> dict[str, str]:
    """What the three alarms say."""
    shown = shown_cards(opened)
    return {label: shown[label].value for label in ALARMS}


def street_rows(opened: AppTest) -> dict[str, dict[str, Any]]:
    (frame,) = [f.value for f in opened.dataframe if "unheld_count" in f.value.columns]
    return {row["subdistrict_name"]: row for row in frame.to_dict("records")}


def test_each_band_has_one_number_that_is_red_unless_it_is_zero(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page("overview")

    counted = {label: figures.cards("overview", Asked())[label].value for label in ALARMS}
    assert alarms(opened) == counted
    assert counted["超期未办结"] != "0", "nothing would show that a number can be red"
    assert counted["未覆盖小个专"] == "0", "nothing would show that a number can be calm"
    coloured = {label: card.colour for label, card in shown_cards(opened).items() if card.colour}
    assert coloured == {"超期未办结": look.OVERDUE, "无人挂点": look.OVERDUE}


@pytest.mark.parametrize("asked", [{"period": "上月"}, {"period": "本月", "category": "融资"}])
def test_streets_add_up_to_the_alarms_whatever_the_period(open_page: OpenPage, asked) -> None:
    opened = open_page("overview", **asked)
    shown = street_rows(opened).values()
    for column, label in (
        ("overdue_count", "超期未办结"),
        ("unheld_count", "无人挂点"),
        ("uncovered_count", "未覆盖小个专"),
    ):
        assert str(sum(row[column] for row in shown)) == alarms(opened)[label]


def test_each_band_leads_to_its_pages_with_the_filters_kept(open_page: OpenPage) -> None:
    opened = open_page("overview", street="福保街道", from_="2023-03-01", to="2023-05-31")

    links = {link.proto.page: link.proto.query_string for link in opened.get("page_link")}
    assert [*links] == [
        *("resolution", "comparison", "assignments", "common"),
        *("stations", "small_business", "financing"),
    ]
    for query in links.values():
        assert "from=2023-03-01" in query
        assert "to=2023-05-31" in query
        assert "street=" in query


def test_every_street_stands_in_the_table_with_what_its_own_page_says(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    shown = street_rows(open_page("overview"))

    assert len(shown) == 10
    for street in ("福保街道", "华强北街道", "梅林街道"):
        counted = figures.cards("overview", Asked(street=street))
        row = shown[street]
        assert str(row["overdue_count"]) == counted["超期未办结"].value
        assert str(row["unheld_count"]) == counted["无人挂点"].value
        assert str(row["uncovered_count"]) == counted["未覆盖小个专"].value
        for rate, label in (
            ("on_time_rate", "按时办结率"),
            ("visit_coverage_rate", "走访覆盖率"),
            ("station_coverage_rate", "服务站覆盖率"),
            ("work_coverage_rate", "工作覆盖率"),
        ):
            card = counted[label]
            assert row[f"{rate}_with_n"] == f"{card.value}（{card.n.replace(' ', '')}）"


def test_the_map_is_coloured_by_the_rate_the_reader_chooses(open_page: OpenPage) -> None:
    opened = open_page("overview")
    tips = map_tips(opened)
    assert tips["梅林街道"].startswith("按时办结率 ")

    opened.session_state["map_measure"] = "station_coverage_rate"
    opened.run()

    assert map_tips(opened)["梅林街道"].startswith("服务站覆盖率 ")


def map_tips(opened: AppTest) -> dict[str, str]:
    (drawn,) = flat_maps(opened)
    return {name: area["detail"] for name, area in drawn.items()}


def test_a_street_without_cases_has_no_rate(
    open_page: OpenPage, use_warehouse: Any, tmp_path: Path
) -> None:
    received = datetime(2023, 6, 1, 9)
    release = publish_ledger(
        tmp_path,
        {
            "subdistricts": subdistricts("福保街道", "莲花街道"),
            "appeals": [appeal(1, received, subdistrict_name="福保街道", due_at=received)],
        },
    )
    use_warehouse(release.folder.parent.parent)

    shown = street_rows(open_page("overview"))

    assert shown["福保街道"]["overdue_count"] == 1
    assert shown["莲花街道"]["on_time_rate_with_n"] == "不可算（0/0）"


def test_where_the_exports_lack_a_column_no_street_has_the_rate(
    open_page: OpenPage, use_warehouse: Any, tmp_path: Path
) -> None:
    received = datetime(2023, 6, 1, 9)
    use_warehouse(tmp_path)
    publish_ledger(
        tmp_path,
        {
            "subdistricts": subdistricts("福保街道"),
            "appeals": [appeal(1, received, subdistrict_name="福保街道", due_at=received)],
        },
        absent={"appeals": ("closed_at",)},
    )

    opened = open_page("overview")

    assert shown_cards(opened)["按时办结率"].value == "不可算"
    assert street_rows(opened)["福保街道"]["on_time_rate_with_n"].startswith("不可算")
    assert "按时办结率：街道比较" not in [spec["title"]["text"] for spec in chart_specs(opened)]
    assert any("按时办结率不可算" in info.value for info in opened.info)


def test_map_and_table_of_streets_say_what_they_are_about(open_page: OpenPage) -> None:
    opened = open_page("overview", period="上月", category="融资")
    shown = opened.session_state[downloads.ENTRY]
    (street_map,) = [i for i in shown.items.values() if i.title == "各街道按时办结率"]
    (table,) = [i for i in shown.items.values() if i.title == "各街道一览"]
    assert street_map.scope == table.scope == "全区 · 融资 · 2023-05-01 至 2023-05-31"


def test_a_street_that_one_of_the_results_lacks_has_a_gap() -> None:
    counts = pa.table({"subdistrict_name": ["甲", "乙"], "overdue_count": [1, 2]})
    rates = pa.table(
        {"subdistrict_name": ["乙"], "on_time_rate": [0.5], "on_time_count": [1], "due_count": [2]}
    )
    together = beside({"overdue_count": counts}, {"on_time_rate": rates}, "half_up").to_pylist()
    assert together == [
        {"subdistrict_name": "甲", "overdue_count": 1, "on_time_rate_with_n": None},
        {"subdistrict_name": "乙", "overdue_count": 2, "on_time_rate_with_n": "50.00%（1/2）"},
    ]


@pytest.mark.parametrize("street", ["福保街道", "沙头街道"])
def test_the_cards_of_a_street_follow_its_filter(
    street: str, open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page("overview", street=street)
    assert cards(opened) == figures.cards("overview", Asked(street=street))
