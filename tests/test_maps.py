"""What maps are made of: areas, cells, points and tiles, without a browser."""

import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from fuqi import charts, look, maps, paths, wording
from fuqi.maps import layers, tiles
from fuqi.maps import served as served_addresses
from fuqi.maps.boundaries import Areas
from fuqi.settings import Settings, SettingsError
from fuqi.ui import server
from fuqi.ui.server import security_headers

BOUNDARIES = maps.Boundaries.load()
SOURCE = "http://localhost/{z}/{x}/{y}.png"
SHATOU = "沙头街道"
COMMUNITIES = sorted(BOUNDARIES.communities.of(SHATOU).label_points)


def made(layer: Any) -> dict[str, Any]:
    return json.loads(layer.to_json())


def deck_of(shown: maps.DistrictMap) -> dict[str, Any]:
    return json.loads(shown.deck.to_json())


def layer_of(shown: maps.DistrictMap, layer_id: str) -> dict[str, Any]:
    (layer,) = [layer for layer in deck_of(shown)["layers"] if layer["id"] == layer_id]
    return layer


# ---------------------------------------------------------------- boundaries


def test_the_ground_of_a_map_is_fetched_and_not_sent():
    (ground,) = [made(layer) for layer in layers.areas(BOUNDARIES, maps.Frame())]
    assert re.fullmatch(r"fuqi/boundaries/[0-9a-f]{24}\.json", ground["data"])
    features = maps.objects_of(ground["data"])
    assert [f["geometry"] for f in features] == [f["geometry"] for f in BOUNDARIES.streets.features]
    assert [(f["name"], f["detail"], f["goes_to"]) for f in features] == [
        (name, "", {"street": name}) for name in BOUNDARIES.streets.label_points
    ]


def test_the_ground_has_one_address_wherever_the_reader_stands_and_another_for_other_boundaries():
    def addresses(boundaries: maps.Boundaries, **stands: str) -> set[str]:
        drawn = layers.areas(boundaries, maps.Frame(**stands))
        return {found for layer in drawn if isinstance(found := made(layer)["data"], str)}

    (address,) = addresses(BOUNDARIES)
    assert addresses(BOUNDARIES, subdistrict=SHATOU, tile_url=SOURCE) == {address}
    assert addresses(
        maps.Boundaries(BOUNDARIES.streets.only(SHATOU), maps.Boundaries.load().communities)
    ) != {address}


def test_the_chosen_street_is_outlined_on_a_ground_that_is_fetched():
    ground, chosen = layers.areas(BOUNDARIES, maps.Frame(subdistrict=SHATOU))
    (feature,) = made(chosen)["data"]["features"]
    assert feature["geometry"] == BOUNDARIES.streets.only(SHATOU).features[0]["geometry"]
    assert made(chosen)["getLineColor"] == look.rgba(look.INK)
    assert made(chosen)["getLineWidth"] > made(ground)["getLineWidth"]
    assert {key: feature[key] for key in ("name", "detail", "goes_to")} == {
        **{"name": SHATOU, "detail": ""},
        "goes_to": {"street": SHATOU},
    }
    assert len(layers.areas(BOUNDARIES, maps.Frame(subdistrict="没有这个街道"))) == 1


@pytest.mark.parametrize("level", [layers.STREETS, layers.COMMUNITIES])
@pytest.mark.parametrize("is_clickable", [True, False])
def test_a_chosen_street_needs_no_program_that_the_browser_does_not_have_yet(level, is_clickable):
    def kinds(frame: maps.Frame) -> set[tuple[str, bool]]:
        drawn = layers.areas(BOUNDARIES, frame, level=level, is_clickable=is_clickable)
        return {(layer.type, layer.pickable) for layer in drawn}

    assert kinds(maps.Frame(subdistrict=SHATOU)) == kinds(maps.Frame())


def test_values_stay_with_the_areas_they_colour():
    (coloured,) = layers.areas(BOUNDARIES, maps.Frame(), fills={SHATOU: look.CLOSED})
    assert len(made(coloured)["data"]["features"]) == len(BOUNDARIES.streets.features)


def test_a_hostile_name_of_a_boundary_runs_nowhere():
    streets = Areas(
        tuple(
            {**BOUNDARIES.streets.features[0], "properties": {"name": name}}
            for name in ("@@=alert(1)", "<img src=x onerror=alert(1)>{detail}")
        )
    )
    (ground,) = layers.areas(replace(BOUNDARIES, streets=streets), maps.Frame())
    first, second = maps.objects_of(made(ground)["data"])
    assert first["goes_to"] == {}
    assert not {*"@<{"} & {*first["name"], *second["name"]}


@pytest.fixture
def served() -> TestClient:
    return TestClient(Starlette(routes=server.ROUTES))


@pytest.mark.parametrize("taken", ["gzip", "identity"])
def test_boundaries_are_served_for_good_and_compressed_where_that_is_taken(served, taken):
    (ground,) = layers.areas(BOUNDARIES, maps.Frame())
    answer = served.get(made(ground)["data"], headers={"accept-encoding": taken})
    assert answer.status_code == 200
    assert answer.json()["features"] == maps.objects_of(made(ground)["data"])
    assert answer.headers.get("content-encoding", "identity") == taken
    assert answer.headers["vary"] == "accept-encoding"
    assert {"immutable", "public", "max-age=31536000"} == set(
        answer.headers["cache-control"].split(", ")
    )


def test_nothing_else_is_served_as_boundaries(served):
    for name in ("0" * 24, "communities", "..%2f..%2fsettings"):
        assert served.get(f"/fuqi/boundaries/{name}.json").status_code == 404


def test_a_server_serves_what_another_one_of_the_same_address_has_drawn(served, monkeypatch):
    addresses = [
        made(layer)["data"]
        for level in (maps.STREETS, maps.COMMUNITIES)
        for layer in layers.areas(BOUNDARIES, maps.Frame(), level=level)
    ]
    fetched = [address for address in addresses if isinstance(address, str)]
    assert len(fetched) == 2
    monkeypatch.setattr("fuqi.maps.served._contents", {})
    monkeypatch.setattr("fuqi.maps.served._address", served_addresses._address.__wrapped__)
    assert {served.get(address).status_code for address in fetched} == {404}
    maps.serve(BOUNDARIES)
    assert {served.get(address).status_code for address in fetched} == {200}


def test_every_community_lies_in_one_of_the_streets():
    inside = [
        len(BOUNDARIES.communities.of(street).features) for street in BOUNDARIES.streets.boxes
    ]
    assert min(inside) > 0
    assert sum(inside) == len(BOUNDARIES.communities.features) == 92


def test_boundaries_without_communities_are_enough_for_a_map(tmp_path):
    (tmp_path / "subdistricts.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": list(BOUNDARIES.streets.features)}),
        encoding="utf-8",
    )
    alone = maps.Boundaries.load(tmp_path)
    assert alone.narrowed(SHATOU, COMMUNITIES[0]) == alone.narrowed(SHATOU)
    assert alone.narrowed("没有这个街道") == alone.bounds


def test_the_view_narrows_from_district_to_street_to_community():
    def zoom(**stands: str) -> float:
        return layers.deck([], BOUNDARIES, maps.Frame(**stands)).initial_view_state.zoom

    steps = [zoom(), zoom(subdistrict=SHATOU), zoom(subdistrict=SHATOU, community=COMMUNITIES[0])]
    assert steps == sorted(steps)
    assert len(set(steps)) == 3


# ---------------------------------------------------------------- areas


def community_rates(values: list[float | None], n: int = 40) -> pa.Table:
    return pa.table(
        {
            "community_name": COMMUNITIES[: len(values)],
            "rate": pa.array(values, pa.float64()),
            "hits": [0 if v is None else round(v * n) for v in values],
            "n": [0 if v is None else n for v in values],
        }
    )


def shown_rates(rows: pa.Table, **instead: Any) -> maps.DistrictMap:
    wanted = {"measure": "rate", "label": "覆盖率", "counts": ("hits", "n"), "min_n": 30}
    frame = maps.Frame(subdistrict=SHATOU, community=COMMUNITIES[1])
    return maps.measure_by_area(
        rows, BOUNDARIES, frame, level=maps.COMMUNITIES, **{**wanted, **instead}
    )


def test_communities_are_coloured_and_lead_to_themselves():
    shown = shown_rates(community_rates([0.1, 0.9, None]))
    areas = {a["name"]: a for a in layer_of(shown, "areas")["data"]["features"]}
    assert len(areas) == 92
    fills = [f"#{bytes(areas[name]['fill'][:3]).hex()}" for name in COMMUNITIES[:4]]
    assert fills == [look.SEQUENCE[0], look.SEQUENCE[-1], look.GRID, look.SHADE]
    assert areas[COMMUNITIES[0]]["goes_to"] == {"community": COMMUNITIES[0]}
    assert areas[COMMUNITIES[0]]["detail"] == "覆盖率 10.00%（4/40）"
    assert wording.NOT_COMPUTABLE in areas[COMMUNITIES[2]]["detail"]
    assert [n for n, a in areas.items() if a["line"] == look.rgba(look.INK)] == [COMMUNITIES[1]]


def test_the_names_are_those_of_the_communities_of_the_street_chosen():
    shown = shown_rates(community_rates([0.1, 0.9]))
    names = {row["text"] for row in layer_of(shown, "names")["data"]}
    assert names == {name.removesuffix("社区") for name in COMMUNITIES}
    assert layer_of(shown, "streets")["filled"] is False


def test_the_legend_says_low_and_high_in_words_and_in_the_unit_of_the_measure():
    words = [e.meaning for e in shown_rates(community_rates([0.1, 0.9])).legend]
    assert words[0] == "低 10.0%–26.0%"
    assert words[-1] == "高 74.0%–90.0%"
    counts = shown_rates(community_rates([1.0, 11.0]), counts=None, shown=lambda v: f"{v:.0f}个")
    assert [e.meaning for e in counts.legend][:2] == ["低 1个–3个", "较低 3个–5个"]


def test_areas_of_no_boundary_are_counted():
    rows = pa.table({"community_name": ["没有边界的社区", COMMUNITIES[0]], "rate": [0.5, 0.6]})
    assert shown_rates(rows, counts=None).unbounded_count == 1


# ---------------------------------------------------------------- areas alone, as a chart


def street_rates(values: list[float]) -> pa.Table:
    names = sorted(BOUNDARIES.streets.label_points)
    return pa.table({"subdistrict_name": names, "rate": values})


def flat(values: list[float], chosen: str | None = None, turn: int = 0) -> dict[str, Any]:
    """The description that the browser gets, its tables read."""
    frame = maps.Frame(subdistrict=chosen)
    shown = maps.measure_by_area(
        street_rates(values), BOUNDARIES, frame, measure="rate", label="率"
    )
    assert maps.is_flat(shown)
    spec = charts.spec_of(maps.flat_chart(shown, BOUNDARIES, frame, turn=turn))
    tables = spec.pop("datasets")
    rows = {n: pa.ipc.open_stream(t).read_all().to_pylist() for n, t in tables.items()}
    return {"spec": spec, **rows}


RISING = [n / 20 for n in range(10)]


def test_a_flat_map_draws_the_areas_that_the_deck_would():
    shown = maps.measure_by_area(
        street_rates(RISING), BOUNDARIES, maps.Frame(), measure="rate", label="率"
    )
    features = layer_of(shown, "areas")["data"]["features"]
    drawn = {row["name"]: row for row in flat(RISING)["rows_1"]}
    assert len(drawn) == len(features) == 10
    for area in features:
        row = drawn[area["name"]]
        red, green, blue, alpha = area["fill"]
        assert row["fill"] == f"rgba({red},{green},{blue},{alpha / 255:.1f})"
        assert row["detail"] == area["detail"]
    assert len({row["fill"] for row in drawn.values()}) == len(look.SEQUENCE)


def test_the_chosen_area_of_a_flat_map_is_outlined_above_its_neighbours():
    rows = flat(RISING, SHATOU)["rows_1"]
    assert [row["name"] for row in rows if row["width"] > 2] == [SHATOU] == [rows[-1]["name"]]
    assert not [row for row in flat(RISING)["rows_1"] if row["width"] > 2]


def test_another_street_or_number_exchanges_the_rows_of_a_flat_map_and_leaves_its_description():
    one, other = flat(RISING), flat(RISING[::-1], SHATOU, turn=1)
    assert one["rows_1"] != other["rows_1"]
    assert json.dumps(one["spec"]) == json.dumps(other["spec"])


def test_a_flat_map_of_communities_moves_to_another_street_by_its_rows():
    def of_street(street: str) -> tuple[str, list[dict[str, Any]]]:
        frame = maps.Frame(subdistrict=street)
        shown = maps.measure_by_area(
            community_rates([0.1]), BOUNDARIES, frame, measure="rate", label="率", level="community"
        )
        spec = charts.spec_of(maps.flat_chart(shown, BOUNDARIES, frame))
        rows = pa.ipc.open_stream(spec.pop("datasets")["rows_1"]).read_all().to_pylist()
        return json.dumps(spec), rows

    (one, here), (other, there) = of_street(SHATOU), of_street("福保街道")
    assert one == other
    view = layers.deck([], BOUNDARIES, maps.Frame(subdistrict="福保街道")).initial_view_state
    assert (there[0]["longitude"], there[0]["latitude"]) == (view.longitude, view.latitude)
    assert there[0]["scale"] == pytest.approx(512 * 2**view.zoom / (2 * math.pi))
    assert here[0]["longitude"] != there[0]["longitude"]


def test_each_row_of_a_flat_map_finds_its_shape_at_an_address():
    (lookup,) = flat(RISING)["spec"]["layer"][0]["transform"]
    address = lookup["from"]["data"]["url"]
    content = maps.objects_of(address)
    assert lookup["from"]["key"] == "properties.name"
    assert {f["properties"]["name"] for f in content} == {
        row["name"] for row in flat(RISING)["rows_1"]
    }


@pytest.mark.parametrize("kind", ["Polygon", "MultiPolygon"])
def test_outer_rings_of_any_file_run_clockwise_as_vega_wants_them(kind, tmp_path):
    ring = [[114.0, 22.5], [114.1, 22.5], [114.1, 22.6], [114.0, 22.6], [114.0, 22.5]]
    coordinates = [ring] if kind == "Polygon" else [[ring]]
    feature = {
        "type": "Feature",
        "properties": {"name": "甲街道"},
        "geometry": {"type": kind, "coordinates": coordinates},
    }
    file = tmp_path / "subdistricts.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    (loaded,) = Areas.load(file).features
    turned = json.loads(json.dumps(loaded["geometry"]))["coordinates"]
    assert turned == ([ring[::-1]] if kind == "Polygon" else [[ring[::-1]]])
    assert Areas.load(file).boxes == {"甲街道": (114.0, 22.5, 114.1, 22.6)}


def test_a_server_that_has_drawn_no_flat_map_has_its_shapes():
    code = "from fuqi import maps; maps.serve(maps.Boundaries.load()); print(maps.content_of(NAME))"
    url = flat(RISING)["spec"]["layer"][0]["transform"][0]["from"]["data"]["url"]
    name = url.rpartition("/")[2].removesuffix(".json")
    fresh = subprocess.run(
        [sys.executable, "-c", code.replace("NAME", repr(name))],
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "FeatureCollection" in fresh.stdout


def test_a_click_on_a_flat_map_leads_where_one_on_the_deck_would():
    shown = shown_rates(community_rates([0.1, 0.9]))
    assert maps.is_flat(shown)
    led_to = maps.goes_to(shown)
    assert len(led_to) == 92
    assert led_to[COMMUNITIES[0]] == {"community": COMMUNITIES[0]}


def test_the_lines_of_streets_lie_on_a_flat_map_of_communities():
    frame = maps.Frame(subdistrict=SHATOU, community=COMMUNITIES[1])
    chart = maps.flat_chart(shown_rates(community_rates([0.1, 0.9])), BOUNDARIES, frame)
    spec = charts.spec_of(chart)
    lines, chosen = (
        pa.ipc.open_stream(spec["datasets"][layer["data"]["name"]]).read_all().to_pylist()
        for layer in spec["layer"]
        if layer.get("name") in LINES_OF_STREETS
    )
    assert {row["name"] for row in lines} == BOUNDARIES.streets.boxes.keys()
    assert [row["name"] for row in chosen] == [SHATOU]
    assert chosen[0]["width"] > lines[0]["width"]
    fills = [
        layer["encoding"]["fill"]
        for layer in spec["layer"]
        if layer.get("name") in LINES_OF_STREETS
    ]
    assert fills == [{"value": None}] * 2, (
        "Vega-Lite would fill them, and they would take the clicks"
    )


LINES_OF_STREETS = ("streets", "chosen")


def test_points_and_lines_stand_on_a_flat_map_where_the_deck_would_draw_them():
    shown = pointed_map()
    assert maps.can_be_flat(shown) and not maps.is_flat(shown)
    spec = charts.spec_of(maps.flat_chart(shown, BOUNDARIES, maps.Frame(), turn=1))
    streets, chosen, lines, stations = rows_of_layers(spec)[:4]
    assert {row["name"] for row in streets} == BOUNDARIES.streets.boxes.keys()
    assert [row["name"] for row in chosen] == [SHATOU]
    (line,) = lines
    assert (line["longitude"], line["latitude"]) == (114.04, 22.52)
    assert (line["longitude_there"], line["latitude_there"]) == (114.05, 22.53)
    small, large = stations
    assert (small["longitude"], small["latitude"]) == (114.05, 22.53)
    assert (small["size"], large["size"]) == (8**2, 24**2)
    assert (small["title"], small["detail"], large["title"]) == ("甲<站", "三次", "甲<站")
    assert small["line"] != large["line"] and large["width"] > small["width"]
    assert {row["turn"] for row in (*streets, *chosen, line, small, large)} == {1}


def test_a_click_on_a_point_of_a_flat_map_leads_where_one_on_the_deck_would():
    shown = pointed_map()
    led_to = maps.goes_to(shown)
    assert led_to["福保街道"] == {"street": "福保街道"}
    spec = charts.spec_of(maps.flat_chart(shown, BOUNDARIES, maps.Frame()))
    *_, lines, stations, _, _ = rows_of_layers(spec)
    assert [led_to[row["name"]] for row in stations] == [{"station": "001"}, {"station": "002"}]
    assert [led_to[row["name"]] for row in lines] == [{"park": "P1"}]


def test_a_flat_map_that_has_lost_its_points_keeps_its_description():
    with_points, without = (
        charts.spec_of(maps.flat_chart(pointed_map(n), BOUNDARIES, maps.Frame())) for n in (2, 0)
    )
    assert with_points.pop("datasets").keys() == without.pop("datasets").keys()
    assert json.dumps(with_points) == json.dumps(without)


def test_a_map_above_tiles_or_with_cells_cannot_be_flat():
    assert not maps.can_be_flat(pointed_map(tile_url=SOURCE))
    ground = layers.areas(BOUNDARIES, maps.Frame())
    cells = layers.cells("cells", [(114.05, 22.53)], [1], metres=300, steps=[])
    with_cells = layers.deck([*ground, *cells], BOUNDARIES, maps.Frame())
    assert not maps.can_be_flat(maps.DistrictMap(with_cells, (), ""))


def pointed_map(count: int = 2, tile_url: str = "") -> maps.DistrictMap:
    """Two stations of one name and the line to one of them, above the streets."""
    frame = maps.Frame(subdistrict=SHATOU, tile_url=tile_url)
    stations = [
        layers.Point(114.05, 22.53, look.RECEIVED, "甲<站", "三次", 4, goes_to={"station": "001"}),
        layers.Point(
            114.06, 22.54, look.CLOSED, "甲<站", "", 12, 200, True, goes_to={"station": "002"}
        ),
    ]
    line = layers.Line((114.04, 22.52), (114.05, 22.53), "线", goes_to={"park": "P1"})
    shown = [
        *layers.areas(BOUNDARIES, frame),
        layers.lines("lines", [line][:count]),
        layers.points("stations", stations[:count]),
        layers.names(BOUNDARIES, frame),
    ]
    return maps.DistrictMap(layers.deck(shown, BOUNDARIES, frame), (), "")


def rows_of_layers(spec: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The rows of each layer, from below."""
    return [
        pa.ipc.open_stream(spec["datasets"][layer["data"]["name"]]).read_all().to_pylist()
        for layer in spec["layer"]
    ]


def test_a_map_with_points_or_without_areas_is_not_flat():
    without = maps.Boundaries(BOUNDARIES.streets, Areas())
    rows = community_rates([0.1])
    nothing = maps.measure_by_area(
        rows, without, maps.Frame(), measure="rate", label="率", level=maps.COMMUNITIES
    )
    assert not maps.is_flat(nothing)
    point = layers.points("points", [layers.Point(114.05, 22.53, look.RECEIVED, "站")])
    areas = layers.areas(BOUNDARIES, maps.Frame())
    pointed = maps.DistrictMap(layers.deck([*areas, point], BOUNDARIES, maps.Frame()), (), "")
    assert not maps.is_flat(pointed)
    no_street = street_rates(RISING).slice(0, 0)
    ground = maps.measure_by_area(no_street, BOUNDARIES, maps.Frame(), measure="rate", label="率")
    assert not maps.is_flat(ground)
    tiles_below = maps.measure_by_area(
        street_rates(RISING), BOUNDARIES, maps.Frame(tile_url=SOURCE), measure="rate", label="率"
    )
    assert not maps.is_flat(tiles_below)


# ---------------------------------------------------------------- cells


def test_each_cell_is_in_the_layer_of_its_step_and_carries_a_position_alone():
    corners = [(114.0 + n / 1000, 22.5) for n in range(6)]
    made_layers = [
        made(layer)
        for layer in layers.cells(
            "cells", corners, [0, 5, 6, 10, 11, 99], metres=200, steps=(5, 10)
        )
    ]
    assert [[row["position"][0] for row in layer["data"]] for layer in made_layers] == [
        [114.0, 114.001],
        [114.002, 114.003],
        [114.004, 114.005],
    ]
    assert all(set(row) == {"position"} for layer in made_layers for row in layer["data"])
    assert [layer["cellSize"] for layer in made_layers] == [200] * 3
    assert len({tuple(layer["getFillColor"]) for layer in made_layers}) == 3


def test_three_thousand_cells_weigh_less_than_300_kilobytes():
    corners = [(114.0 + n % 60 / 500, 22.5 + n // 60 / 500) for n in range(3000)]
    drawn = layers.cells("cells", corners, [n % 97 for n in range(3000)], metres=200, steps=(9, 50))
    deck = layers.deck([*layers.areas(BOUNDARIES, maps.Frame()), *drawn], BOUNDARIES, maps.Frame())
    assert len(deck.to_json().encode()) < 150_000


# ---------------------------------------------------------------- points


def test_a_point_leads_to_its_place_and_the_chosen_one_has_a_dark_edge():
    plain = layers.Point(114.05, 22.52, look.CLOSED, "甲", goes_to={"park": "P1"})
    chosen = layers.Point(114.06, 22.53, look.CLOSED, "<b>", is_chosen=True)
    rows = made(layers.points("objects", [plain, chosen]))["data"]
    assert [row["goes_to"] for row in rows] == [{"park": "P1"}, {}]
    assert [row["line"] for row in rows] == [[255, 255, 255, 255], look.rgba(look.INK)]
    assert rows[1]["name"] == "&lt;b&gt;"


# ---------------------------------------------------------------- tiles


def drawn_tiles(**stands: str) -> list[dict[str, Any]]:
    frame = maps.Frame(tile_url=SOURCE, **stands)
    drawn = json.loads(layers.deck([], BOUNDARIES, frame).to_json())["layers"]
    return [layer for layer in drawn if layer["@@type"] == "BitmapLayer"]


@pytest.mark.parametrize("stands", [{}, {"subdistrict": SHATOU}])
def test_tiles_cover_the_view_without_gaps(stands):
    drawn = drawn_tiles(**stands)
    west, south, east, north = BOUNDARIES.narrowed(**{"subdistrict": None, **stands})
    bounds = [layer["bounds"] for layer in drawn]
    assert min(b[0] for b in bounds) <= west
    assert max(b[2] for b in bounds) >= east
    assert min(b[1] for b in bounds) <= south
    assert max(b[3] for b in bounds) >= north
    assert 4 <= len(drawn) <= tiles.MOST_TILES
    columns = {round(b[0], 9) for b in bounds}
    rows = {round(b[1], 9) for b in bounds}
    assert len(columns) * len(rows) == len(drawn)


def test_a_tile_lies_where_the_web_mercator_grid_has_it():
    (first, *_) = drawn_tiles()
    level, x, y = (int(part) for part in first["image"].removesuffix(".png").split("/")[-3:])
    west, _south, _east, north = first["bounds"]
    # Written out the long way: the angle whose Gudermannian is the row.
    assert west == pytest.approx(x * 360 / 2**level - 180)
    mercator = math.pi - 2 * math.pi * y / 2**level
    assert north == pytest.approx(
        math.degrees(2 * math.atan(math.exp(mercator)) - math.pi / 2), abs=1e-9
    )


def test_a_narrower_view_takes_finer_tiles():
    def level(drawn: list[dict[str, Any]]) -> int:
        return int(drawn[0]["image"].split("/")[-3])

    assert level(drawn_tiles(subdistrict=SHATOU)) > level(drawn_tiles())


@pytest.mark.parametrize(
    "url",
    ["http://localhost/{z}/{x}.png", "tiles/{z}/{x}/{y}", "http://localhost/{z}/{x}/{y}/{key}"],
)
def test_an_address_that_cannot_be_filled_in_is_refused(url):
    with pytest.raises(SettingsError, match="tile_url"):
        Settings(tile_url=url)


def test_the_policy_allows_the_host_of_the_tiles_and_no_other():
    plain, tiled = security_headers(""), security_headers("http://localhost:81/a/{z}?k=1")
    policy = tiled["content-security-policy"]
    assert "localhost" not in plain["content-security-policy"]
    assert policy.count("http://localhost:81") == 2
    assert policy.replace(" http://localhost:81", "") == plain["content-security-policy"]


# ---------------------------------------------------------------- counts, to be printed


def counted(counts: dict[str, int], level: str = maps.STREETS, **frame: Any) -> maps.DistrictMap:
    rows = pa.table(
        {"area_name": [*counts], "received_count": pa.array(counts.values(), pa.int64())}
    )
    return maps.counts_by_area(
        rows,
        BOUNDARIES,
        maps.Frame(**frame),
        name="area_name",
        count="received_count",
        label="受理",
        level=level,
    )


def texts(shown: maps.DistrictMap) -> list[str]:
    return [label["text"] for label in layer_of(shown, "names")["data"]]


@pytest.mark.parametrize(
    ("counts", "legend"),
    [
        ((0, 0), ["0件"]),
        ((1, 1), ["1件"]),
        ((0, 3), ["0件", "1件", "2件", "3件"]),
        ((14, 1), ["1–4件", "5–8件", "9–12件", "13–14件"]),
        ((9, 0), ["0件", "1–3件", "4–6件", "7–9件"]),
    ],
)
def test_whole_numbers_are_coloured_in_ranges_of_whole_numbers(counts, legend):
    names = sorted(BOUNDARIES.streets.label_points)[: len(counts)]
    shown = counted(dict(zip(names, counts, strict=True)))
    assert [entry.meaning for entry in shown.legend] == legend
    features = layer_of(shown, "areas")["data"]["features"]
    fills = {f["name"]: f["fill"] for f in features}
    for name, count in zip(names, counts, strict=True):
        colour = look.rgba(look.GRID) if not count else look.rgba(shown.legend[-1].colour)
        assert fills[name] == colour or 0 < count < max(counts)
    assert fills[sorted(fills)[-1]] == look.rgba(look.SHADE), "an area without a row has a colour"


def test_the_number_stands_behind_the_name_of_each_street():
    names = [*BOUNDARIES.streets.label_points]
    shown = counted({name: n for n, name in enumerate(names)})
    assert sorted(texts(shown)) == sorted(
        f"{name.removesuffix('街道')} {n}" for n, name in enumerate(names)
    )
    assert shown.unbounded_count == 0
    assert counted({"没有这个街道": 3, "也没有": 0}).unbounded_count == 1


def test_a_streets_communities_are_drawn_alone_and_named_where_there_are_any():
    counts = {name: n for n, name in enumerate(COMMUNITIES)}
    shown = counted(counts, maps.COMMUNITIES, subdistrict=SHATOU)
    drawn = {f["name"] for f in layer_of(shown, "areas")["data"]["features"]}
    assert drawn == set(COMMUNITIES)
    assert sorted(texts(shown)) == sorted(
        f"{name.removesuffix('社区')} {n}" for name, n in counts.items() if n
    )


@pytest.mark.parametrize("street", sorted(BOUNDARIES.streets.label_points))
def test_no_two_names_of_a_printed_map_lie_on_one_another(street):
    communities = BOUNDARIES.communities.of(street).label_points
    shown = counted(
        dict.fromkeys(communities, 3), maps.COMMUNITIES, width=352, height=186, subdistrict=street
    )
    around = 512 * 2 ** deck_of(shown)["initialViewState"]["zoom"]
    boxes = []
    for label in layer_of(shown, "names")["data"]:
        longitude, latitude = label["position"]
        x = around * longitude / 360
        y = around * math.asinh(math.tan(math.radians(latitude))) / (2 * math.pi)
        wide = sum(12 if ord(c) > 255 else 6 for c in label["text"])
        boxes.append((x - wide / 2, x + wide / 2, y - 6, y + 6))
    assert len(boxes) == len(communities) > 1
    for number, (west, east, south, north) in enumerate(boxes):
        for left, right, low, high in boxes[:number]:
            assert west >= right or left >= east or south >= high or low >= north


def test_a_renamed_map_is_the_same_picture_under_other_names():
    shown = counted({SHATOU: 3})
    before, after = deck_of(shown), json.loads(shown.deck.renamed().to_json())
    assert [layer["id"] for layer in before["layers"]] == ["areas", "names"]
    assert [layer["id"] for layer in after["layers"]] == ["areas_again", "names"]
    for layer in after["layers"]:
        layer["id"] = layer["id"].removesuffix("_again")
    assert after == before
    assert deck_of(shown) == before, "the map that all readers share has its old names"
