"""A map that stands still, as a chart to click on: read off the deck, drawn by Vega, which needs no WebGL.

Where there is no graphics card deck.gl takes seconds to draw its first map, and its scripts are a third of what a
page loads. Areas that carry a number lose nothing by standing still: a click leads into them, and a wheel turned
above them goes on through the page. Nor do the points of one street that the map shows whole.
"""

import json
import math
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

import altair as alt
import pyarrow as pa

from fuqi import look
from fuqi.maps import layers, served
from fuqi.maps.boundaries import Areas, Boundaries
from fuqi.maps.layers import DistrictMap, Frame

PLACE = "place"
"""The selection that a click makes."""
FIRST_ROW = "data('rows_1')[0]"
"""The first area: what is seen of all is said with each."""
OF_AREAS = frozenset({"GeoJsonLayer", "TextLayer"})
OF_POINTS = OF_AREAS | {"ScatterplotLayer", "PathLayer"}

Object = Mapping[str, Any]


def is_flat(shown: DistrictMap) -> bool:
    """Whether a map holds areas to click on, lines and names, and nothing else."""
    clickable = [layer.data for layer in shown.deck.layers if layer.pickable]
    # A ground at an address, without values, is one to draw points on.
    has_areas = len(clickable) == 1 and isinstance(clickable[0], dict) and clickable[0]["features"]
    return bool(has_areas) and {layer.type for layer in shown.deck.layers} <= OF_AREAS


def can_be_flat(shown: DistrictMap) -> bool:
    """Whether `flat_chart` draws all of a map that begins with the areas of streets: points, lines and names above."""
    first, *above = shown.deck.layers
    return first.type == "GeoJsonLayer" and {layer.type for layer in above} <= OF_POINTS


def flat_chart(
    shown: DistrictMap, boundaries: Boundaries, frame: Frame, *, turn: int = 0
) -> alt.LayerChart:
    """The areas, points, lines and names of a flat map, as high as `frame` and fitted into the width there is.

    A click selects an object by its `name`, of which `goes_to` says where it leads, together with `turn`: of another
    turn, the same object can be clicked again. Values, colours, the outlined area and the place that is seen stand in
    the rows; the shapes of areas are fetched by an address. So the browser goes on with what it has drawn until there
    is one layer more or less.
    """
    described = json.loads(shown.deck.to_json())
    view = described["initialViewState"]
    seen = {
        "longitude": view["longitude"],
        "latitude": view["latitude"],
        "scale": layers.TILE * 2 ** view["zoom"] / (2 * math.pi),
        "turn": turn,
    }
    enlarged = f"min(width / {frame.width}, height / {frame.height})"
    projection = alt.Projection(
        type="mercator",
        center=alt.ExprRef(f"[{FIRST_ROW}.longitude, {FIRST_ROW}.latitude]"),
        scale=alt.ExprRef(f"{FIRST_ROW}.scale * {enlarged}"),
        translate=alt.ExprRef("[width / 2, height / 2]"),
    )
    parts: list[alt.Chart] = []
    for layer in described["layers"]:
        kind = layer["@@type"]
        if kind == "TextLayer" and layer["data"]:
            parts += _names(layer, projection)
        elif kind == "ScatterplotLayer":
            parts.append(_points(layer, projection, turn))
        elif kind == "PathLayer":
            parts.append(_paths(layer, projection, turn))
        elif served.objects_of(layer["data"]):
            drawn = _lines if layer.get("filled") is False else _areas
            parts.append(drawn(layer, boundaries, projection, seen))
    no_padding = dict.fromkeys(("left", "top", "right", "bottom"), 0)
    return alt.layer(*parts, height=frame.height, padding=no_padding)


def goes_to(shown: DistrictMap) -> Mapping[str, Mapping[str, str]]:
    """The places that a click leads to, by the name of what is clicked."""
    led_to = {}
    for layer in shown.deck.layers:
        if not layer.pickable:
            continue
        is_area = layer.type == "GeoJsonLayer"
        for each in served.objects_of(layer.data):
            led_to[unescape(each["name"]) if is_area else _named(each)] = each["goes_to"]
    return led_to


def serve(boundaries: Boundaries) -> None:
    """Have an address for all boundaries that maps do not carry themselves, whether or not one is drawn here."""
    layers.serve(boundaries)
    for areas in (boundaries.streets, boundaries.communities):
        _address(areas)


def _areas(
    layer: Object, boundaries: Boundaries, projection: alt.Projection, seen: Object
) -> alt.Chart:
    rows = [
        {
            "name": unescape(each["name"]),
            "detail": unescape(each["detail"]),
            "fill": look.css(served.value_of(layer, each, "getFillColor")),
            "line": look.css(served.value_of(layer, each, "getLineColor")),
            "width": served.value_of(layer, each, "getLineWidth"),
            **seen,
        }
        for each in served.objects_of(layer["data"])
    ]
    names = {row["name"] for row in rows}
    is_streets = names <= set(map(_as_shown, boundaries.streets.boxes))
    drawn = boundaries.streets if is_streets else boundaries.communities
    # Vega-Lite asks any mark that has a tooltip for the fields: points above the areas are clicked by it as well.
    place = alt.selection_point(
        name=PLACE, fields=["name", "turn"], on="click", toggle=False, clear=False
    )
    tips = [alt.Tooltip("name:N", title="title")]
    if any(row["detail"] for row in rows):
        tips.append(alt.Tooltip("detail:N", title=" "))
    return (
        _shapes(rows, drawn, projection, "areas")
        .encode(fill=alt.Fill("fill:N", scale=None, legend=None), tooltip=tips)
        .add_params(place)
    )


def _lines(
    layer: Object, boundaries: Boundaries, projection: alt.Projection, seen: Object
) -> alt.Chart:
    """The lines of streets: what lies inside them can be clicked."""
    line, width = look.css(layer["getLineColor"]), layer["getLineWidth"]
    features = served.objects_of(layer["data"])
    rows = [
        {"name": unescape(each["name"]), "line": line, "width": width, "turn": seen["turn"]}
        for each in features
    ]
    shapes = _shapes(rows, boundaries.streets, projection, layer["id"], tooltip=None)
    # Vega-Lite would fill them with a transparent colour, which takes the clicks.
    return shapes.encode(fill=alt.FillValue(None))


def _points(layer: Object, projection: alt.Projection, turn: int) -> alt.Chart:
    rows = [
        {
            **_pointed_at(each, turn),
            "longitude": each["position"][0],
            "latitude": each["position"][1],
            "size": (2 * each["radius"]) ** 2,  # of the square around it
            "fill": look.css(each["colour"]),
            "line": look.css(each["line"]),
            "width": each["edge"],
        }
        for each in layer["data"]
    ]
    schema = _POINTED_AT | {
        "longitude": pa.float64(),
        "latitude": pa.float64(),
        "size": pa.float64(),
        "fill": pa.string(),
        "line": pa.string(),
        "width": pa.float64(),
    }
    return (
        alt.Chart(_table(rows, schema), name=layer["id"], projection=projection)
        .mark_point(shape="circle", clip=True, opacity=1, aria=False)
        .encode(
            longitude=alt.Longitude("longitude:Q"),
            latitude=alt.Latitude("latitude:Q"),
            size=alt.Size("size:Q", scale=None, legend=None),
            fill=alt.Fill("fill:N", scale=None, legend=None),
            stroke=alt.Stroke("line:N", scale=None, legend=None),
            strokeWidth=alt.StrokeWidth("width:Q", scale=None, legend=None),
            tooltip=_tips(),
        )
    )


def _paths(layer: Object, projection: alt.Projection, turn: int) -> alt.Chart:
    """Lines from one position to another."""
    rows = [
        {
            **_pointed_at(each, turn),
            "longitude": each["path"][0][0],
            "latitude": each["path"][0][1],
            "longitude_there": each["path"][-1][0],
            "latitude_there": each["path"][-1][1],
            "width": each["width"],
        }
        for each in layer["data"]
    ]
    ends = ("longitude", "latitude", "longitude_there", "latitude_there", "width")
    schema = _POINTED_AT | dict.fromkeys(ends, pa.float64())
    return (
        alt.Chart(_table(rows, schema), name=layer["id"], projection=projection)
        .mark_rule(clip=True, aria=False, color=look.css(layer["getColor"]))
        .encode(
            longitude=alt.Longitude("longitude:Q"),
            latitude=alt.Latitude("latitude:Q"),
            longitude2=alt.Longitude2("longitude_there"),
            latitude2=alt.Latitude2("latitude_there"),
            strokeWidth=alt.StrokeWidth("width:Q", scale=None, legend=None),
            tooltip=_tips(),
        )
    )


_POINTED_AT = {"name": pa.string(), "title": pa.string(), "detail": pa.string(), "turn": pa.int64()}


def _pointed_at(each: Object, turn: int) -> dict[str, Any]:
    """What a pointer finds at a point or a line."""
    return {
        "name": _named(each),
        "title": unescape(each["name"]),
        "detail": unescape(each["detail"]),
        "turn": turn,
    }


def _named(each: Object) -> str:
    """A point or line by where it leads: parks may be called like communities, and a click may come late."""
    return json.dumps(each["goes_to"], ensure_ascii=False, sort_keys=True)


def _tips() -> list[alt.Tooltip]:
    return [alt.Tooltip("title:N", title="title"), alt.Tooltip("detail:N", title=" ")]


def _table(rows: list[dict[str, Any]], schema: Mapping[str, pa.DataType]) -> pa.Table:
    """Rows whose columns are the same where there are none of them: the browser goes on with the layer then."""
    return pa.Table.from_pylist(rows, schema=pa.schema(list(schema.items())))


def _shapes(
    rows: Sequence[Object], known: Areas, projection: alt.Projection, name: str, **mark: Any
) -> alt.Chart:
    """The areas that the rows name, each with its `line` and its `width`, later ones above earlier ones."""
    shapes = alt.UrlData(url=_address(known), format={"type": "json", "property": "features"})
    return (
        # Altair would name it by what is in it.
        alt.Chart(pa.Table.from_pylist(list(rows)), name=name, projection=projection)
        .transform_lookup(
            "name", from_=alt.LookupData(data=shapes, key="properties.name"), as_="shape"
        )
        .mark_geoshape(strokeJoin="round", clip=True, aria=False, **mark)
        .encode(
            shape=alt.Shape(field="shape", type="geojson"),
            stroke=alt.Stroke("line:N", scale=None, legend=None),
            strokeWidth=alt.StrokeWidth("width:Q", scale=None, legend=None),
        )
    )


def _names(layer: Object, projection: alt.Projection) -> list[alt.Chart]:
    rows = pa.Table.from_pylist(
        [
            {
                "longitude": each["position"][0],
                "latitude": each["position"][1],
                "text": each["text"],
                "colour": look.css(each["colour"]),
            }
            for each in layer["data"]
        ]
    )
    # Channels by their classes: Altair compares a short form with all of its schema to find out what it is.
    words = alt.Chart(rows, projection=projection).encode(
        longitude=alt.Longitude("longitude:Q"),
        latitude=alt.Latitude("latitude:Q"),
        text=alt.Text("text:N"),
    )
    mark = {
        "fontSize": layer["getSize"],
        "fontWeight": layer["fontWeight"],
        "clip": True,
        "aria": False,
        "tooltip": None,
    }
    plate = words.mark_text(
        **mark,
        color=look.PAPER,
        stroke=look.PAPER,
        strokeWidth=5,
        strokeOpacity=0.9,
        strokeJoin="round",
    )
    written = words.mark_text(**mark).encode(color=alt.Color("colour:N", scale=None, legend=None))
    return [plate, written]


def _address(areas: Areas) -> str:
    return served.address(
        [
            {
                "type": "Feature",
                "properties": {"name": _as_shown(feature["properties"]["name"])},
                "geometry": feature["geometry"],
            }
            for feature in areas.features
        ]
    )


def _as_shown(name: str) -> str:
    """A name as maps write it."""
    return unescape(layers.text(name))
