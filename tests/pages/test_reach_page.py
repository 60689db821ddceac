"""福企服务站 as a reader uses it: how many more stations, the file to take along, one station by itself."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from fuqi.ui import reach
from tests.kpi_cards import shown_cards
from tests.ledger import publish_ledger, subdistricts
from tests.pages.conftest import PARTS, OpenPage
from tests.pages.plain_figures import AS_OF, PlainFigures
from tests.pages.test_pages import flat_maps
from tests.plain.great_circle import metres_between

STREET = "沙头街道"
FIRST = "站点与服务"
REACH, SITES, TESTS = (part for name, part in PARTS.items() if name.startswith("stations."))


def proposed(opened: AppTest) -> list[dict]:
    """The rows of the table of sites."""
    (table,) = [t.value for t in opened.dataframe if "newly_reached_count" in t.value.columns]
    return table.to_dict("records")


def texts(opened: AppTest) -> str:
    return "\n".join(e.value for kind in ("markdown", "caption", "info") for e in opened.get(kind))


def test_the_slider_says_how_many_and_each_adds_to_the_share_reached(open_page: OpenPage) -> None:
    opened = open_page("stations", tab=SITES)
    three = proposed(opened)
    ten = proposed(opened.slider(key="new_sites").set_value(10).run())

    assert [row["site_rank"] for row in ten] == [*range(1, 11)]
    assert ten[:3] == three
    reached = [row["reached_count"] for row in ten]
    assert reached == sorted(reached)
    assert {row["placed_count"] for row in ten} == {552_000}
    for before, row in zip(reached, ten[1:], strict=False):
        assert row["reached_count"] - before == row["newly_reached_count"] > 0
        assert row["reached_with_sites_rate"] == pytest.approx(
            row["reached_count"] / 5520, abs=0.005
        )


def test_what_the_page_says_of_distance_stands_on_it(open_page: OpenPage) -> None:
    said = texts(open_page("stations", street=STREET, tab=SITES))

    assert "直线距离，不是步行距离；选址还要看场地" in said
    assert "约 50 米" in said
    reach = texts(open_page("stations", street=STREET, tab=REACH))
    assert "没有坐标、未计入的市场主体 0 家" in reach


def test_sites_of_a_street_lie_in_it_and_count_its_enterprises_alone(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    rows = proposed(open_page("stations", street=STREET, tab=SITES))

    assert {row["subdistrict_name"] for row in rows} == {STREET}
    own = [reached for street, _, reached in figures._reached() if street == STREET]
    assert {row["placed_count"] for row in rows} == {len(own)}
    assert rows[0]["reached_count"] - rows[0]["newly_reached_count"] == sum(own)


def test_the_file_of_sites_opens_in_a_spreadsheet_and_says_where_it_is_from(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {}
    button = reach.downloads.button

    def noted(label, title, kind, make, **said):
        made[said["key"]] = make
        button(label, title, kind, make, **said)

    monkeypatch.setattr(reach.downloads, "button", noted)
    rows = proposed(open_page("stations", street=STREET, tab=SITES))

    text = made["sites_download"]().decode()
    assert text.startswith("\ufeff先后,街道,社区,新增覆盖,累计覆盖率,已覆盖,市场主体,经度,纬度\n")
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [line[:4] for line in read[1:4]] == [
        [str(r["site_rank"]), STREET, r["community_name"], str(r["newly_reached_count"])]
        for r in rows
    ]
    below = "\n".join(line[0] for line in read[4:])
    for said in ("半径 500 米", "直线距离", STREET, "数据截至 2023-06-28 18:00", "演示数据"):
        assert said in below


def test_a_station_shows_its_own_block_counted_in_plain_python(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page("stations", station="132", period="启动以来")
    (station,) = [s for s in figures.rows("stations") if s["station_id"] == "132"]
    place = (station["longitude"], station["latitude"])
    folder = figures.warehouse / "releases" / figures.release_id()
    columns = ["longitude", "latitude", "is_small_business"]
    near = [
        is_small
        for x, y, is_small in zip(
            *(
                c.to_pylist()
                for c in pq.read_table(folder / "enterprises.parquet", columns=columns).columns
            ),
            strict=True,
        )
        if abs(y - place[1]) < 0.006
        and abs(x - place[0]) < 0.006
        and metres_between(place, (x, y)) <= 500
    ]
    cases = [
        a
        for a in figures.rows("appeals")
        if a["station_id"] == "132" and not a["is_void"] and a["received_at"] <= AS_OF
    ]

    said = texts(opened)
    assert f"500 米内市场主体 {len(near):,} 家" in said
    assert f"其中小个专 {sum(near):,} 家" in said
    assert station["address"] in said
    tables = [t.value for t in opened.dataframe if "case_state" in t.value.columns]
    assert sorted(tables[0]["appeal_id"]) == sorted(a["appeal_id"] for a in cases)
    assert len(cases) > 1


@pytest.mark.parametrize("part", [FIRST, REACH, SITES, TESTS])
def test_a_link_opens_its_part_and_only_that_is_worked_out(part: str, open_page: OpenPage) -> None:
    opened = open_page("stations", tab=part, street=STREET)

    assert opened.session_state["tab"] == part
    assert opened.dataframe
    layers = [
        {layer["id"] for layer in json.loads(m.proto.json)["layers"]}
        for m in opened.get("deck_gl_json_chart")
    ]
    own = {FIRST: "stations", SITES: "sites"}
    assert len(layers) == (part in own)
    assert len(flat_maps(opened)) == (part == REACH)
    assert all(own[part] in each for each in layers)


@pytest.mark.parametrize("part", [FIRST, REACH, SITES, TESTS])
def test_a_station_chosen_is_shown_in_every_part(part: str, open_page: OpenPage) -> None:
    assert "米内市场主体" in texts(open_page("stations", tab=part, station="132"))


def test_without_a_station_chosen_there_is_no_block(open_page: OpenPage) -> None:
    opened = open_page("stations")

    assert "米内市场主体" not in texts(opened)
    assert not [t for t in opened.dataframe if "case_state" in t.value.columns]


def test_maps_of_reach_lead_to_communities(open_page: OpenPage) -> None:
    decks = [
        json.loads(m.proto.json)
        for part in (FIRST, REACH, SITES, TESTS)
        for m in open_page("stations", tab=part).get("deck_gl_json_chart")
    ]

    led_to = {
        layer["id"]: {key for row in layer["data"] for key in row["goes_to"]}
        for deck in decks
        for layer in deck["layers"]
        if layer["id"] in ("sites", "stations")
    }
    assert led_to == {"sites": {"community"}, "stations": {"station"}}


def test_a_release_without_positions_says_so_and_draws_the_rest(open_page, use_warehouse, tmp_path):
    publish_ledger(
        tmp_path / "warehouse",
        {
            "subdistricts": subdistricts("福保街道"),
            "stations": [
                {
                    "station_id": "1",
                    "station_name": "站",
                    "station_kind": "专业市场",
                    "subdistrict_name": "福保街道",
                }
            ],
            "enterprises": [
                {"enterprise_id": "E1", "subdistrict_name": "福保街道", "community_name": "甲社区"}
            ],
        },
    )
    use_warehouse(tmp_path / "warehouse")
    for part in (FIRST, REACH, SITES, TESTS):
        assert not open_page("stations", tab=part).exception
    shown = open_page("stations", tab=REACH)

    assert "其中没有坐标 1 家" in texts(shown)
    assert shown_cards(shown)["服务站覆盖率"].value == "不可算"


def test_all_enterprises_can_be_shown_as_cells_within_300_kilobytes(open_page: OpenPage) -> None:
    opened = open_page("stations", tab=SITES)
    uncovered = cells_of(opened)

    opened.session_state["cells_counted"] = "entity_count"
    opened.run()

    everyone = cells_of(opened)
    assert len(everyone) > len(uncovered) > 0
    (sent,) = [m.proto.json for m in opened.get("deck_gl_json_chart") if "cells_a" in m.proto.json]
    assert len(sent.encode()) < 300_000


def cells_of(opened: AppTest) -> list[list[float]]:
    decks = [json.loads(m.proto.json) for m in opened.get("deck_gl_json_chart")]
    return [
        row["position"]
        for deck in decks
        for layer in deck["layers"]
        if layer["id"].startswith("cells_")
        for row in layer["data"]
    ]
