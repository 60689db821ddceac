"""A map of the screen as a chart that stands still: the layers of its deck, drawn by Vega instead of by deck.gl."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt

from fuqi import look
from fuqi.export.pictures import length
from fuqi.maps import DistrictMap, Frame, LegendEntry, objects_of, value_of
from fuqi.maps.layers import TILE

WIDTH = 720
EARTH = 40_075_016.686
"""Metres around the equator."""
LEGEND_SIZE = 13
LEGEND_LINE = 22
SWATCH = 22
"""Pixels of a legend entry before its words."""
BETWEEN = 18

Object = Mapping[str, Any]
Draw = Callable[["_Layer"], list[alt.Chart]]


class UnknownLayerError(ValueError):
    """A map has a layer that no still picture is known of."""


def map_chart(shown: DistrictMap, frame: Frame, width: int = WIDTH) -> alt.LayerChart:
    """The same areas, cells, lines, points and names as on the screen in `frame`, with the legend in words below.

    It is read off the same deck as what the browser gets, so the two cannot differ. Tiles below the areas are not part
    of it. `width` is in pixels; words have the size of the screen whatever it is. Raises UnknownLayerError for a kind
    of layer that is not drawn here.
    """
    described = json.loads(shown.deck.to_json())
    view = described["initialViewState"]
    enlarged = width / frame.width
    height = round(frame.height * enlarged)
    # The world is TILE * 2^zoom pixels around.
    around = TILE * 2 ** view["zoom"] * enlarged
    drawn = []
    for layer in described["layers"]:
        kind = layer["@@type"]
        if kind in BELOW:
            continue
        if kind not in DRAWN:
            raise UnknownLayerError(
                f"layer {layer.get('id')}: no still picture of a {kind} - add it to fuqi/export/maps.py"
            )
        if layer["data"] and layer["data"] != {"type": "FeatureCollection", "features": []}:
            drawn += DRAWN[kind](_Layer(layer, around / 360))
    projection = alt.Projection(
        type="mercator",
        center=[view["longitude"], view["latitude"]],
        scale=around / (2 * math.pi),
        translate=[width / 2, height / 2],
    )
    legend, rows = _legend(shown.legend, height, width)
    return alt.layer(
        *(part.properties(projection=projection) for part in drawn), *legend
    ).properties(width=width, height=height + 12 + rows * LEGEND_LINE)


class _Layer:
    """A layer of deck.gl's description: its objects, and what each has where an accessor names a property."""

    def __init__(self, described: Object, pixels_a_degree: float) -> None:
        self.described = described
        self.pixels_a_degree = pixels_a_degree
        self.objects: Sequence[Object] = objects_of(described["data"])

    def of(self, each: Object, name: str, otherwise: Any = None) -> Any:
        """The value of an accessor for one object: a constant, or the property that it names."""
        value = value_of(self.described, each, name)
        return otherwise if value is None else value


def _geojson(layer: _Layer) -> list[alt.Chart]:
    filled = layer.described.get("filled", True)
    features = [
        {
            "type": "Feature",
            "geometry": each["geometry"],
            "fill": look.css(layer.of(each, "getFillColor")) if filled else "transparent",
            "stroke": look.css(layer.of(each, "getLineColor")),
            "width": layer.of(each, "getLineWidth", 1),
        }
        for each in layer.objects
    ]
    return [_shapes(features)]


def _grid(layer: _Layer) -> list[alt.Chart]:
    """Cells as squares of so many pixels: thousands of shapes would take Vega a quarter of a minute."""
    degrees = layer.described["cellSize"] / EARTH * 360
    rows = []
    for each in layer.objects:
        west, south = layer.of(each, "getPosition")
        across = degrees / math.cos(math.radians(south))
        rows.append(
            {
                "longitude": west + across / 2,
                "latitude": south + degrees / 2,
                "area": (across * layer.pixels_a_degree) ** 2,
                "fill": look.css(layer.of(each, "getFillColor")),
                "stroke": "transparent",
                "width": 0,
            }
        )
    return [_marks(rows, "square")]


def _paths(layer: _Layer) -> list[alt.Chart]:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": layer.of(each, "getPath")},
            "fill": "transparent",
            "stroke": look.css(layer.of(each, "getColor")),
            "width": layer.of(each, "getWidth", 1),
        }
        for each in layer.objects
    ]
    return [_shapes(features)]


def _points(layer: _Layer) -> list[alt.Chart]:
    rows = []
    for each in layer.objects:
        longitude, latitude = layer.of(each, "getPosition")
        radius = layer.of(each, "getRadius", 1)
        rows.append(
            {
                "longitude": longitude,
                "latitude": latitude,
                "area": (2 * radius) ** 2,  # Vega takes that of the square around a circle
                "fill": look.css(layer.of(each, "getFillColor")),
                "stroke": look.css(layer.of(each, "getLineColor", [0, 0, 0, 0])),
                "width": layer.of(each, "getLineWidth", 1) if layer.described.get("stroked") else 0,
            }
        )
    return [_marks(rows, "circle")]


def _texts(layer: _Layer) -> list[alt.Chart]:
    rows = []
    for each in layer.objects:
        longitude, latitude = layer.of(each, "getPosition")
        rows.append(
            {
                "longitude": longitude,
                "latitude": latitude,
                "text": layer.of(each, "getText"),
                "fill": look.css(layer.of(each, "getColor", [0, 0, 0, 255])),
            }
        )
    size = layer.described.get("getSize", 12)
    data = alt.Chart(alt.InlineData(values=rows)).encode(
        longitude="longitude:Q", latitude="latitude:Q", text="text:N"
    )
    words = data.mark_text(fontSize=size, clip=True, aria=False).encode(
        color=alt.Color("fill:N", scale=None, legend=None)
    )
    if not layer.described.get("background"):
        return [words]
    plate = data.mark_text(
        fontSize=size, stroke=look.PAPER, strokeWidth=4, strokeOpacity=0.75, clip=True, aria=False
    ).encode(color=alt.value(look.PAPER))
    return [plate, words]


DRAWN: Mapping[str, Draw] = {
    "GeoJsonLayer": _geojson,
    "GridCellLayer": _grid,
    "PathLayer": _paths,
    "ScatterplotLayer": _points,
    "TextLayer": _texts,
}
BELOW = ("TileLayer", "BitmapLayer")
"""What lies below our own layers and is fetched by the browser alone."""


def _shapes(features: list[Object]) -> alt.Chart:
    chart = alt.Chart(alt.InlineData(values=features)).mark_geoshape(
        strokeJoin="round", clip=True, filled=True, aria=False
    )
    return chart.encode(**_paint())


def _marks(rows: list[Object], form: str) -> alt.Chart:
    chart = alt.Chart(alt.InlineData(values=rows)).mark_point(
        shape=form, filled=True, opacity=1, clip=True, aria=False
    )
    return chart.encode(
        longitude="longitude:Q",
        latitude="latitude:Q",
        size=alt.Size("area:Q", scale=None, legend=None),
        **_paint(),
    )


def _paint() -> dict[str, Any]:
    """Colours and widths as they stand in the rows."""
    return {
        "fill": alt.Fill("fill:N", scale=None, legend=None),
        "stroke": alt.Stroke("stroke:N", scale=None, legend=None),
        "strokeWidth": alt.StrokeWidth("width:Q", scale=None, legend=None),
    }


def _legend(entries: Sequence[LegendEntry], top: float, width: int) -> tuple[list[alt.Chart], int]:
    """Swatches and words below the map, in as many rows as they need."""
    x, row, placed = 0.0, 0, []
    for entry in entries:
        wide = SWATCH + length(entry.meaning, LEGEND_SIZE)
        if x and x + wide > width:
            x, row = 0.0, row + 1
        y = top + 12 + (row + 0.5) * LEGEND_LINE
        placed.append(
            {
                "x": x,
                "y": y,
                "colour": entry.colour,
                "meaning": entry.meaning,
                "is_line": entry.is_line,
            }
        )
        x += wide + BETWEEN
    if not placed:
        return [], 0

    def at(field: str) -> Any:
        kind = alt.X if field == "x" else alt.Y
        return kind(f"{field}:Q", scale=None, axis=None)

    charts = []
    for is_line in (False, True):
        rows = [{**p, "x": p["x"] + 8} for p in placed if p["is_line"] == is_line]
        if rows:
            mark = alt.Chart(alt.InlineData(values=rows)).mark_point(
                shape="M-1,-0.15L1,-0.15L1,0.15L-1,0.15Z" if is_line else "square",
                size=250 if is_line else 130,
                filled=True,
                opacity=1,
            )
            charts.append(
                mark.encode(
                    x=at("x"), y=at("y"), color=alt.Color("colour:N", scale=None, legend=None)
                )
            )
    words = [{**p, "x": p["x"] + SWATCH} for p in placed]
    text = alt.Chart(alt.InlineData(values=words)).mark_text(
        align="left", baseline="middle", fontSize=LEGEND_SIZE
    )
    charts.append(text.encode(x=at("x"), y=at("y"), text="meaning:N"))
    return charts, row + 1
