"""Decks drawn from query rows. Tooltips hold plain text only: deck.gl shows it unescaped as HTML."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pydeck as pdk

from fuqi import look, wording
from fuqi.maps.boundaries import Boundaries


@dataclass(frozen=True)
class Frame:
    """Pixels the map's opening view is fitted to, and the subdistrict it shows (None: the district)."""

    width: int = 560
    height: int = 460
    subdistrict: str | None = None


STATION_COLOURS = dict(
    zip(("专业市场", "社区党群服务中心", "产业园区", "商圈楼宇"), look.CATEGORIES, strict=False)
)


@dataclass(frozen=True)
class LegendEntry:
    colour: str
    meaning: str
    is_line: bool = False


@dataclass(frozen=True)
class DistrictMap:
    deck: pdk.Deck
    legend: tuple[LegendEntry, ...]
    description: str
    """What the map shows, in a sentence, for those who cannot see it."""
    unplaced_count: int = 0
    """Rows left out because they have no usable position."""
    unbounded_count: int = 0
    """Subdistricts left out because the boundary file has none of that name."""


def rate_by_subdistrict(
    rows: pa.Table,
    boundaries: Boundaries,
    *,
    rate: str,
    numerator: str,
    denominator: str,
    label: str,
    min_n: int,
    frame: Frame,
) -> DistrictMap:
    """Subdistricts coloured by a rate in five steps between the lowest and highest of those with min_n cases.

    `rows` has `subdistrict_name` and the three named columns; a subdistrict with fewer than `min_n` in the
    denominator is grey. The whole district stays in view, a chosen subdistrict is outlined.
    """
    by_name = {row["subdistrict_name"]: row for row in rows.to_pylist()}
    shown = [r[rate] for r in by_name.values() if r[rate] is not None and r[denominator] >= min_n]
    steps = _steps(shown)
    fills, tips = {}, {}
    for name, row in by_name.items():
        enough = row[rate] is not None and row[denominator] >= min_n
        colour = look.SEQUENCE[_step_of(row[rate], steps)] if enough else look.GRID
        fills[name] = colour
        tips[name] = (
            f"{label} {wording.percent(row[rate])}（{row[numerator]}/{row[denominator]}）"
            + ("" if enough else " 样本不足")
        )
    legend = [
        LegendEntry(colour, f"{wording.percent(low, 1)}–{wording.percent(high, 1)}")
        for colour, (low, high) in zip(look.SEQUENCE, steps, strict=False)
    ]
    if len(shown) < len(by_name):
        legend.append(LegendEntry(look.GRID, f"样本不足（少于{min_n}件）"))
    chosen = frame.subdistrict
    deck = _deck(
        [_areas(boundaries, fills, tips, outlined=chosen), *_names(boundaries, chosen)],
        boundaries,
        replace(frame, subdistrict=None),
    )
    return DistrictMap(
        deck,
        tuple(legend),
        f"福田区各街道{label}分级图，数值见旁表",
        unbounded_count=len(by_name.keys() - boundaries.label_points.keys()),
    )


def stations(rows: pa.Table, boundaries: Boundaries, frame: Frame) -> DistrictMap:
    """Stations as points: colour by kind, area by services given; takes the rows of `station_list`."""
    placed = [row for row in rows.to_pylist() if row["longitude"] is not None]
    most = max((row["service_count"] for row in placed), default=0)
    points = [
        {
            "position": [row["longitude"], row["latitude"]],
            "colour": look.rgba(STATION_COLOURS.get(row["station_kind"], look.NEUTRAL), 210),
            "radius": 4 + 14 * math.sqrt(row["service_count"] / most) if most else 5,
            "name": _text(row["station_name"]),
            "detail": _text(f"{row['station_kind']}，服务 {row['service_count']:,} 人次"),
        }
        for row in placed
    ]
    layer = pdk.Layer(
        "ScatterplotLayer",
        points,
        id="stations",
        get_position="position",
        get_fill_color="colour",
        get_line_color=[255, 255, 255],
        get_radius="radius",
        radius_units=pdk.types.String("pixels"),
        line_width_min_pixels=1,
        stroked=True,
        pickable=True,
        auto_highlight=True,
    )
    present = {row["station_kind"] for row in placed}
    legend = [LegendEntry(c, kind) for kind, c in STATION_COLOURS.items() if kind in present]
    deck = _deck(
        [_areas(boundaries, {}, {}, pickable=False), layer, *_names(boundaries, frame.subdistrict)],
        boundaries,
        frame,
    )
    description = f"{len(points)} 个福企服务站的位置，清单见下表"
    return DistrictMap(deck, tuple(legend), description, rows.num_rows - len(points))


def held_objects(
    rows: pa.Table, lines: pa.Table, boundaries: Boundaries, frame: Frame
) -> DistrictMap:
    """Parks, circles and communities, those nobody holds large and in their own colour; lines from street offices.

    Takes the rows of `held_object_list` and of `assignment_lines`.
    """
    objects = [
        {
            "position": [row["longitude"], row["latitude"]],
            "colour": look.rgba(
                _object_colour(row), 230 if row["object_kind"] == "园区商圈" else 170
            ),
            "radius": 11 if not row["is_held"] else (7 if row["object_kind"] == "园区商圈" else 4),
            "name": _text(row["object_name"]),
            "detail": _text(
                f"{row['object_type']}，{row['held_state']}"
                + (f"：{row['holder_units']}" if row["is_held"] else "")
            ),
        }
        for row in reversed(rows.to_pylist())  # what nobody holds is drawn last, on top
        if row["longitude"] is not None
    ]
    arcs = [
        {
            "path": [
                [row["office_longitude"], row["office_latitude"]],
                [row["longitude"], row["latitude"]],
            ],
            "width": 1 + min(row["holder_count"], 6) * 0.4,
            "name": _text(row["park_name"]),
            "detail": _text(
                f"由{row['office_subdistrict_name']}干部挂点，{row['holder_count']} 人"
            ),
        }
        for row in lines.to_pylist()
    ]
    layers = [
        _areas(boundaries, {}, {}, pickable=False),
        pdk.Layer(
            "PathLayer",
            arcs,
            id="lines",
            get_path="path",
            get_color=look.rgba(look.RECEIVED, 120),
            get_width="width",
            width_units=pdk.types.String("pixels"),
            pickable=True,
        ),
        pdk.Layer(
            "ScatterplotLayer",
            objects,
            id="objects",
            get_position="position",
            get_fill_color="colour",
            get_line_color=[255, 255, 255],
            get_radius="radius",
            radius_units=pdk.types.String("pixels"),
            line_width_min_pixels=1,
            stroked=True,
            pickable=True,
            auto_highlight=True,
        ),
        *_names(boundaries, frame.subdistrict),
    ]
    legend = (
        LegendEntry(look.UNHELD, "无人挂点"),
        LegendEntry(look.CLOSED, "园区、商圈（有人挂点）"),
        LegendEntry(look.NEUTRAL, "社区（有人挂点）"),
        LegendEntry(look.RECEIVED, "街道办至其干部挂点的园区商圈", is_line=True),
    )
    deck = _deck(layers, boundaries, frame)
    description = "园区、商圈、社区的挂点情况，清单见下表"
    return DistrictMap(deck, legend, description, rows.num_rows - len(objects))


def _object_colour(row: dict[str, Any]) -> str:
    if not row["is_held"]:
        return look.UNHELD
    return look.CLOSED if row["object_kind"] == "园区商圈" else look.NEUTRAL


def _areas(
    boundaries: Boundaries,
    fills: dict[str, str],
    tips: dict[str, str],
    *,
    pickable: bool = True,
    outlined: str | None = None,
) -> pdk.Layer:
    plain_line = [255, 255, 255, 255] if fills else look.rgba(look.SHORE)
    features = [
        {
            "type": "Feature",
            "geometry": feature["geometry"],
            "fill": look.rgba(fills.get(feature["properties"]["name"], look.SHADE)),
            "name": _text(feature["properties"]["name"]),
            "detail": _text(tips.get(feature["properties"]["name"], "")),
            "line": look.rgba(look.INK)
            if feature["properties"]["name"] == outlined
            else plain_line,
            "width": 4 if feature["properties"]["name"] == outlined else 1.5,
        }
        # The outlined one is drawn last, or its neighbours would cover its line.
        for feature in sorted(
            boundaries.features, key=lambda feature: feature["properties"]["name"] == outlined
        )
    ]
    return pdk.Layer(
        "GeoJsonLayer",
        {"type": "FeatureCollection", "features": features},
        id="areas",
        get_fill_color="fill",
        get_line_color="line",
        get_line_width="width",
        line_width_units=pdk.types.String("pixels"),
        pickable=pickable,
        auto_highlight=pickable,
    )


def _names(boundaries: Boundaries, subdistrict: str | None) -> list[pdk.Layer]:
    labels = [
        {
            "position": list(point),
            "text": name.removesuffix("街道"),
            "name": _text(name),
            "detail": "",
            "colour": look.rgba(look.INK, 255 if subdistrict in (None, name) else 110),
        }
        for name, point in boundaries.label_points.items()
    ]
    return [
        pdk.Layer(
            "TextLayer",
            labels,
            id="names",
            get_position="position",
            get_text="text",
            get_color="colour",
            get_size=13,
            font_family=pdk.types.String(look.FONT),
            font_weight=600,
            character_set=pdk.types.String("auto"),
            background=True,
            get_background_color=[255, 255, 255, 190],
            background_padding=[4, 2],
        )
    ]


def _deck(layers: Sequence[pdk.Layer], boundaries: Boundaries, frame: Frame) -> pdk.Deck:
    west, south, east, north = boundaries.narrowed(frame.subdistrict)
    return pdk.Deck(
        layers=list(layers),
        map_provider=None,
        initial_view_state=pdk.ViewState(
            longitude=(west + east) / 2,
            latitude=(south + north) / 2,
            zoom=_zoom(frame, west, south, east, north),
            min_zoom=9,
            max_zoom=17,
        ),
        tooltip={
            "html": "<b>{name}</b><br/>{detail}",
            "style": {
                "backgroundColor": look.PAPER,
                "color": look.INK,
                "border": f"1px solid {look.BORDER}",
                "fontSize": "13px",
                "fontFamily": look.FONT,
            },
        },
    )


def _zoom(frame: Frame, west: float, south: float, east: float, north: float) -> float:
    """The web-mercator zoom at which the box fills 90% of the map (512-pixel tiles)."""
    across = math.log2(frame.width * 0.9 * 360 / 512 / (east - west))
    cosine = math.cos(math.radians((south + north) / 2))
    up = math.log2(frame.height * 0.9 * 360 / 512 * cosine / (north - south))
    return min(across, up)


def _steps(values: list[float]) -> list[tuple[float, float]]:
    """Five equal ranges from the lowest to the highest value; one range when all are the same."""
    if not values:
        return []
    low, high = min(values), max(values)
    if high - low < 0.001:
        return [(low, high)]
    width = (high - low) / len(look.SEQUENCE)
    return [(low + i * width, low + (i + 1) * width) for i in range(len(look.SEQUENCE))]


def _step_of(value: float, steps: list[tuple[float, float]]) -> int:
    low, width = steps[0][0], steps[0][1] - steps[0][0]
    if width == 0 or len(steps) == 1:
        return 0
    return min(int((value - low) / width), len(steps) - 1)


def _text(value: str) -> str:
    return html.escape(value)
