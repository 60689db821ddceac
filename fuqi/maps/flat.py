"""A map of nothing but areas as a chart to click on: read off the deck, drawn by Vega, which needs no WebGL.

Where there is no graphics card deck.gl takes seconds to draw its first map, and its scripts are a third of what a
page loads. Areas that carry a number lose nothing by standing still: a click leads into them, and a wheel turned
above them goes on through the page.
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
KINDS = frozenset({"GeoJsonLayer", "TextLayer"})

Object = Mapping[str, Any]


def is_flat(shown: DistrictMap) -> bool:
    """Whether a map holds areas to click on, lines and names, and nothing else."""
    clickable = [layer.data for layer in shown.deck.layers if layer.pickable]
    # A ground at an address, without values, is one to draw points on.
    has_areas = len(clickable) == 1 and isinstance(clickable[0], dict) and clickable[0]["features"]
    return bool(has_areas) and {layer.type for layer in shown.deck.layers} <= KINDS


def flat_chart(
    shown: DistrictMap, boundaries: Boundaries, frame: Frame, *, turn: int = 0
) -> alt.LayerChart:
    """The areas, lines and names of a flat map, as high as `frame` and fitted into the width there is.

    A click selects the `name` of an area, together with `turn`: of another turn, the same area can be clicked again.
    Values, colours, the outlined area and the place that is seen stand in the rows; the shapes are fetched by an
    address. So the browser goes on with what it has drawn until there is one layer more or less.
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
    parts = []
    for layer in described["layers"]:
        if not served.objects_of(layer["data"]):
            continue
        if layer["@@type"] == "TextLayer":
            parts += _names(layer, projection)
        elif layer.get("pickable"):
            parts.append(_areas(layer, boundaries, projection, seen))
        else:
            parts.append(_lines(layer, boundaries, projection))
    no_padding = dict.fromkeys(("left", "top", "right", "bottom"), 0)
    return alt.layer(*parts, height=frame.height, padding=no_padding)


def goes_to(shown: DistrictMap) -> Mapping[str, Mapping[str, str]]:
    """The places that a click leads to, by the name of the area that is clicked."""
    (areas,) = (layer.data for layer in shown.deck.layers if layer.pickable)
    return {unescape(each["name"]): each["goes_to"] for each in areas["features"]}


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
            "fill": look.css(each["fill"]),
            "line": look.css(each["line"]),
            "width": each["width"],
            **seen,
        }
        for each in layer["data"]["features"]
    ]
    names = {row["name"] for row in rows}
    is_streets = names <= set(map(_as_shown, boundaries.streets.boxes))
    drawn = boundaries.streets if is_streets else boundaries.communities
    place = alt.selection_point(
        name=PLACE, fields=["name", "turn"], on="click", toggle=False, clear=False
    )
    return (
        _shapes(rows, drawn, projection, "areas")
        .encode(
            fill=alt.Fill("fill:N", scale=None, legend=None),
            tooltip=[alt.Tooltip("name:N", title="title"), alt.Tooltip("detail:N", title=" ")],
        )
        .add_params(place)
    )


def _lines(layer: Object, boundaries: Boundaries, projection: alt.Projection) -> alt.Chart:
    """The lines of streets: what lies inside them can be clicked."""
    line, width = look.css(layer["getLineColor"]), layer["getLineWidth"]
    features = served.objects_of(layer["data"])
    rows = [{"name": unescape(each["name"]), "line": line, "width": width} for each in features]
    shapes = _shapes(rows, boundaries.streets, projection, layer["id"], tooltip=None)
    # Vega-Lite would fill them with a transparent colour, which takes the clicks.
    return shapes.encode(fill=alt.FillValue(None))


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
