"""Enterprises as cells and proposed sites: the map of the demo, and what its sites reach when counted one by one."""

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fuqi import look, maps, siting
from fuqi.maps.reach import steps
from fuqi.settings import Settings
from fuqi.store import Warehouse, reach
from tests.plain.great_circle import metres_between
from tests.questions import Run, asking

BOUNDARIES = maps.Boundaries.load()
FUTIAN = {"全区": {}, "街道": {"subdistrict": "沙头街道"}}
FUTIAN["社区"] = {**FUTIAN["街道"], "community": "新沙社区"}
EACH_VIEW = pytest.mark.parametrize("where", FUTIAN.values(), ids=FUTIAN)
RADIUS = Settings.station_radius_metres


@pytest.fixture(scope="module")
def ask(demo_warehouse):
    with asking(Warehouse(demo_warehouse).current(), Settings()) as run:
        yield run


def drawn(ask: Run, where: dict[str, str], counted: str, **options: Any) -> maps.DistrictMap:
    frame = maps.Frame(**where)
    side = maps.cells_a_side(frame)
    cells = pa.Table.from_pylist(ask("reach_cells", cells_a_side=side, **where))
    stations = pa.Table.from_pylist(ask("station_list", **where))
    return maps.enterprise_cells(
        cells, stations, BOUNDARIES, frame, side=side, counted=counted, **options
    )


def proposed(
    ask: Run, where: dict[str, str], side: int, most: int
) -> tuple[list[siting.Site], list]:
    cells = ask("reach_cells", cells_a_side=side, **where)
    found = siting.sites(
        *([cell[name] for cell in cells] for name in ("longitude", "latitude", "unreached_count")),
        RADIUS,
        most,
    )
    sites = ask(
        "reach_of_sites",
        cells_a_side=side,
        site_longitudes=tuple(cells[s.cell]["longitude"] for s in found),
        site_latitudes=tuple(cells[s.cell]["latitude"] for s in found),
        **where,
    )
    return found, sites


def layers_of(shown: maps.DistrictMap) -> dict[str, dict[str, Any]]:
    return {layer["id"]: layer for layer in json.loads(shown.deck.to_json())["layers"]}


@EACH_VIEW
def test_all_enterprises_as_cells_send_less_than_300_kilobytes(ask, where):
    layers = layers_of(drawn(ask, where, "entity_count"))
    cells = [
        cell for name, layer in layers.items() if name.startswith("cells") for cell in layer["data"]
    ]
    assert 100 < len(cells) < 4000
    assert sum(len(json.dumps(layer)) for layer in layers.values()) < 300_000


def test_every_cell_lies_over_the_enterprises_it_counts(ask, demo_warehouse):
    where = FUTIAN["社区"]
    shown = layers_of(drawn(ask, where, "entity_count"))
    corners = {
        tuple(cell["position"])
        for name, layer in shown.items()
        if name.startswith("cells")
        for cell in layer["data"]
    }
    path = Warehouse(demo_warehouse).current().table_path("enterprises")
    own = pq.read_table(path, filters=[("community_name", "=", where["community"])]).to_pylist()
    assert len(own) > 1000
    seen = set()
    for row in own:
        holding = [
            (x, y)
            for x, y in corners
            if -0.00001 <= row["longitude"] - x <= reach.CELL_LONGITUDE + 0.00001
            and -0.00001 <= row["latitude"] - y <= reach.CELL_LATITUDE + 0.00001
        ]
        assert holding, row["enterprise_id"]
        seen.update(holding)
    assert seen == corners, "a cell without enterprises"


def test_only_cells_with_somebody_left_are_drawn_where_the_unreached_are_asked_for(ask):
    where = FUTIAN["街道"]
    cells = ask("reach_cells", cells_a_side=2, **where)
    layers = layers_of(drawn(ask, where, "unreached_count"))
    shown = [c for name, layer in layers.items() if name.startswith("cells") for c in layer["data"]]
    assert 0 < len(shown) == sum(c["unreached_count"] > 0 for c in cells) < len(cells)


@EACH_VIEW
def test_the_best_site_of_the_demo_is_counted_right_and_cells_are_near_the_truth(
    ask, where, demo_warehouse
):
    side = 1 if where else 2
    found, sites = proposed(ask, where, side, 3)
    path = Warehouse(demo_warehouse).current().table_path(reach.TABLE)
    left = [
        (row["longitude"], row["latitude"])
        for row in pq.read_table(path).to_pylist()
        if row["nearest_station_metres"] > RADIUS
        and where.get("subdistrict") in (None, row["subdistrict_name"])
        and where.get("community") in (None, row["community_name"])
    ]
    for site, row in zip(found, sites, strict=True):
        place = (row["longitude"], row["latitude"])
        still = [p for p in left if metres_between(place, p) > RADIUS]
        assert row["newly_reached_count"] == len(left) - len(still)
        # Cells of 100 m and less: what half a cell at the circle's edge may add or take.
        assert site.newly_reached == pytest.approx(row["newly_reached_count"], rel=0.10)
        left = still


def test_sites_lead_to_their_community_and_stations_to_themselves(ask):
    _, sites = proposed(ask, {}, 2, 2)
    layers = layers_of(drawn(ask, {}, "unreached_count", sites=pa.Table.from_pylist(sites)))
    assert [s["goes_to"] for s in layers["sites"]["data"]] == [
        {"community": row["community_name"]} for row in reversed(sites)
    ]
    assert [s["text"] for s in layers["site_ranks"]["data"]] == ["1", "2"]
    assert {tuple(s["goes_to"]) for s in layers["stations"]["data"]} == {("station",)}


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([], []),
        ([5], []),
        ([1, 1, 1, 1], []),
        ([1] * 9 + [90], [1]),
        ([*range(1, 101)], [40, 70, 90]),
    ],
)
def test_steps_end_at_round_counts_below_the_largest(values, ends):
    assert steps(values) == ends


def test_the_legend_says_what_every_shade_counts(ask):
    shown = drawn(ask, {}, "entity_count")
    shades = [entry for entry in shown.legend if entry.colour in look.SEQUENCE]
    filled = [layer for name, layer in layers_of(shown).items() if name.startswith("cells")]
    assert len(shades) == len(filled) == 4
    assert shades[-1].meaning.endswith("家及以上")
    for entry, layer in zip(shades, filled, strict=True):
        assert layer["getFillColor"][:3] == look.rgba(entry.colour)[:3]
