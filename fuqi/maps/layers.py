"""What maps are made of: areas, points, cells, lines and names, in one look; rows are drawn, no numbers are made.

Tooltips hold plain text only: deck.gl shows it unescaped as HTML, so `name` and `detail` are escaped here. Whatever
text begins with @@ deck.gl would compute, in the data as anywhere else.
An object that a click leads to carries `goes_to`, the places it stands for: `{"park": "P001"}`.
"""

import copy
import html
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pydeck as pdk

from fuqi import look
from fuqi.maps import served, tiles
from fuqi.maps.boundaries import Areas, Boundaries, Box
from fuqi.maps.served import Feature

STREETS = "street"
COMMUNITIES = "community"
LONGEST_TIP = 80
TILE = 512
"""Pixels a side of the world in deck.gl at zoom 0."""
_INERT = {ord(c): f"&#{ord(c)};" for c in "@{}"}
"""An @ might begin an expression, braces the name of a field: the tooltip of deck.gl fills them in."""


@dataclass(frozen=True)
class Frame:
    """Pixels the opening view is fitted to, where the reader stands (None: the district), and tiles to lay below."""

    width: int = 560
    height: int = 460
    subdistrict: str | None = None
    community: str | None = None
    tile_url: str = ""


@dataclass(frozen=True)
class LegendEntry:
    colour: str
    meaning: str
    is_line: bool = False


@dataclass(frozen=True)
class DistrictMap:
    deck: "CompactDeck"
    legend: tuple[LegendEntry, ...]
    description: str
    """What the map shows, in a sentence, for those who cannot see it."""
    unplaced_count: int = 0
    """Rows left out because they have no usable position."""
    unbounded_count: int = 0
    """Areas left out because the boundary files have none of that name."""


@dataclass(frozen=True)
class Point:
    """A circle of `radius` pixels at a position in WGS84 degrees; the chosen one has a dark edge."""

    longitude: float
    latitude: float
    colour: str
    name: str
    detail: str = ""
    radius: float = 6
    alpha: int = 210
    is_chosen: bool = False
    goes_to: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """A line of `width` pixels between two positions (longitude, latitude)."""

    start: tuple[float, float]
    end: tuple[float, float]
    name: str
    detail: str = ""
    width: float = 1
    goes_to: Mapping[str, str] = field(default_factory=dict)


def areas(
    boundaries: Boundaries,
    frame: Frame,
    *,
    level: str = STREETS,
    fills: Mapping[str, str] | None = None,
    tips: Mapping[str, str] | None = None,
    is_clickable: bool = True,
) -> list[pdk.Layer]:
    """The streets, or all communities, filled with `fills` (colour by name) where given; the chosen one is outlined.

    `tips` says what a pointer reads below the name. A click leads to the area unless `is_clickable` is off,
    for maps whose points would be hard to hit. Streets without either are the same at every place and in every
    period, and the browser fetches them once.
    """
    fills, tips = fills or {}, tips or {}
    if level == STREETS and not fills and not tips:
        return _plain_streets(boundaries.streets, frame, is_clickable)
    drawn = boundaries.streets if level == STREETS else boundaries.communities
    chosen = frame.subdistrict if level == STREETS else frame.community
    plain_line = [255, 255, 255, 255] if fills else look.rgba(look.SHORE)
    features = []
    # The outlined one is drawn last, or its neighbours would cover its line.
    for feature in sorted(drawn.features, key=lambda f: f["properties"]["name"] == chosen):
        name = feature["properties"]["name"]
        features.append(
            {
                "type": "Feature",
                "geometry": feature["geometry"],
                "fill": look.rgba(
                    fills.get(name, look.SHADE), 255 if not frame.tile_url else 150 if fills else 0
                ),
                "name": text(name),
                "detail": text(tips.get(name, "")),
                "line": look.rgba(look.INK) if name == chosen else plain_line,
                "width": 4 if name == chosen else 1.5,
                "goes_to": _place({level: name}),
            }
        )
    made = [
        pdk.Layer(
            "GeoJsonLayer",
            {"type": "FeatureCollection", "features": features},
            id="areas",
            get_fill_color="fill",
            get_line_color="line",
            get_line_width="width",
            line_width_units=pdk.types.String("pixels"),
            pickable=is_clickable,
            auto_highlight=is_clickable,
        )
    ]
    if level == COMMUNITIES:
        made += _outlines(boundaries.streets, frame.subdistrict)
    return made


def serve(boundaries: Boundaries) -> None:
    """Have an address for what layers do not carry themselves, whether or not one is drawn here."""
    for level in (STREETS, COMMUNITIES):
        areas(boundaries, Frame(), level=level)


def _plain_streets(drawn: Areas, frame: Frame, is_clickable: bool) -> list[pdk.Layer]:
    """The streets as a ground to draw on, by an address, and the line around the chosen one."""
    features = [_plain_street(feature) for feature in drawn.features]
    ground = pdk.Layer(
        "GeoJsonLayer",
        served.address(features),
        id="areas",
        get_fill_color=look.rgba(look.SHADE, 0 if frame.tile_url else 255),
        get_line_color=look.rgba(look.SHORE),
        get_line_width=1.5,
        line_width_units=pdk.types.String("pixels"),
        pickable=is_clickable,
        auto_highlight=is_clickable,
    )
    # Clickable as the ground is: a browser would make another program for lines that are not, which takes a second
    # without a graphics card, when the first street is chosen.
    outlined = [_plain_street(f) for f in _chosen(drawn, frame.subdistrict)]
    return [ground, *_outline(outlined, look.INK, 4, is_clickable=is_clickable)]


def _plain_street(feature: Feature) -> Feature:
    """The area of a street with what a pointer reads there and where a click leads."""
    name = feature["properties"]["name"]
    return {
        "type": "Feature",
        "geometry": feature["geometry"],
        "name": text(name),
        "detail": "",
        "goes_to": _place({STREETS: name}),
    }


def _outlines(drawn: Areas, chosen: str | None) -> list[pdk.Layer]:
    """The streets' lines over the communities."""
    features = [_named(feature) for feature in drawn.features]
    lines = pdk.Layer(
        "GeoJsonLayer",
        served.address(features),
        id="streets",
        filled=False,
        get_line_color=look.rgba(look.MUTED),
        get_line_width=1.5,
        line_width_units=pdk.types.String("pixels"),
        pickable=False,
    )
    outlined = [_named(feature) for feature in _chosen(drawn, chosen)]
    return [lines, *_outline(outlined, look.MUTED, 3, is_clickable=False)]


def _named(feature: Feature) -> Feature:
    return {
        "type": "Feature",
        "geometry": feature["geometry"],
        "name": text(feature["properties"]["name"]),
    }


def _chosen(drawn: Areas, chosen: str | None) -> Sequence[Feature]:
    return drawn.only(chosen).features if chosen else ()


def _outline(
    features: Sequence[Feature], colour: str, width: float, *, is_clickable: bool
) -> list[pdk.Layer]:
    """The line around the chosen area, if there is one, above its neighbours' lines."""
    if not features:
        return []
    return [
        pdk.Layer(
            "GeoJsonLayer",
            {"type": "FeatureCollection", "features": list(features)},
            id="chosen",
            filled=False,
            get_line_color=look.rgba(colour),
            get_line_width=width,
            line_width_units=pdk.types.String("pixels"),
            pickable=is_clickable,
        )
    ]


def names(
    boundaries: Boundaries,
    frame: Frame,
    *,
    level: str = STREETS,
    behind: Mapping[str, str] | None = None,
    moved: Mapping[str, tuple[float, float]] | None = None,
) -> pdk.Layer:
    """The streets' names; at the level of communities those of the chosen street's communities instead.

    `behind` is written behind the names of areas; where it is given, only the areas in it are named, at the positions
    of `moved` instead of their own.
    """
    if level == COMMUNITIES and frame.subdistrict:
        points = boundaries.communities.of(frame.subdistrict).label_points
        suffix, chosen = "社区", frame.community
    else:
        points, suffix, chosen = boundaries.streets.label_points, "街道", frame.subdistrict
    labels = [
        {
            "position": list((moved or {}).get(name, point)),
            "text": name.removesuffix(suffix).lstrip("@") + (behind or {}).get(name, ""),
            "colour": look.rgba(look.INK, 255 if chosen in (None, name) else 110),
        }
        for name, point in points.items()
        if behind is None or name in behind
    ]
    return pdk.Layer(
        "TextLayer",
        labels,
        id="names",
        get_position="position",
        get_text="text",
        get_color="colour",
        get_size=13 if suffix == "街道" else 12,
        font_family=pdk.types.String(look.FONT),
        font_weight=600,
        character_set=pdk.types.String("auto"),
        background=True,
        get_background_color=[255, 255, 255, 190],
        background_padding=[4, 2],
        pickable=False,
    )


def points(layer_id: str, shown: Iterable[Point]) -> pdk.Layer:
    """Circles, later ones above earlier ones."""
    return pdk.Layer(
        "ScatterplotLayer",
        [
            {
                "position": [point.longitude, point.latitude],
                "colour": look.rgba(point.colour, point.alpha),
                "radius": point.radius,
                "line": look.rgba(look.INK) if point.is_chosen else [255, 255, 255, 255],
                "edge": 3 if point.is_chosen else 1,
                "name": text(point.name),
                "detail": text(point.detail),
                "goes_to": _place(point.goes_to),
            }
            for point in shown
        ],
        id=layer_id,
        get_position="position",
        get_fill_color="colour",
        get_line_color="line",
        get_line_width="edge",
        get_radius="radius",
        radius_units=pdk.types.String("pixels"),
        line_width_units=pdk.types.String("pixels"),
        stroked=True,
        pickable=True,
        auto_highlight=True,
    )


def lines(layer_id: str, shown: Iterable[Line], colour: str = look.RECEIVED) -> pdk.Layer:
    return pdk.Layer(
        "PathLayer",
        [
            {
                "path": [list(line.start), list(line.end)],
                "width": line.width,
                "name": text(line.name),
                "detail": text(line.detail),
                "goes_to": _place(line.goes_to),
            }
            for line in shown
        ],
        id=layer_id,
        get_path="path",
        get_color=look.rgba(colour, 120),
        get_width="width",
        width_units=pdk.types.String("pixels"),
        pickable=True,
    )


def cells(
    layer_id: str,
    corners: Sequence[tuple[float, float]],
    values: Sequence[float],
    *,
    metres: float,
    steps: Sequence[float],
) -> list[pdk.Layer]:
    """Square cells with sides of `metres`, light to dark by value: one layer a step, a cell is a position alone.

    `corners` are the south-western corners (longitude, latitude), `steps` the upper ends of all steps but the
    last. A pointer reads the area below them: three thousand cells with words of their own would weigh four
    times as much.
    """
    palette = look.SEQUENCE[-len(steps) - 1 :]
    made = []
    for number, colour in enumerate(palette):
        low = steps[number - 1] if number else -math.inf
        high = steps[number] if number < len(steps) else math.inf
        inside = [
            {"position": [round(x, 5), round(y, 5)]}
            for (x, y), value in zip(corners, values, strict=True)
            if low < value <= high
        ]
        made.append(
            pdk.Layer(
                "GridCellLayer",
                inside,
                id=f"{layer_id}_{'abcde'[number]}",
                get_position="position",
                get_fill_color=look.rgba(colour, 200),
                cell_size=metres,
                extruded=False,
                pickable=False,
            )
        )
    return made


class CompactDeck(pdk.Deck):
    """A deck written once, without the line breaks and indents that make up two thirds of what pydeck would send."""

    _written: str | None = None

    def to_json(self) -> str:
        if self._written is None:
            described = json.loads(super().to_json())
            self._written = json.dumps(described, ensure_ascii=False, separators=(",", ":"))
        return self._written

    def renamed(self) -> "CompactDeck":
        """The same picture whose layers to click on have another name; everything else is shared.

        A browser drops what it holds as selected when a layer of that name is gone. The deck itself stays.
        """
        written = self.to_json()
        for layer in self.layers:
            if layer.pickable:
                written = written.replace(f'"id":"{layer.id}"', f'"id":"{layer.id}_again"')
        other = copy.copy(self)
        other._written = written
        return other


def deck(shown: Sequence[pdk.Layer], boundaries: Boundaries, frame: Frame) -> CompactDeck:
    """The layers, later ones above, over the tiles if there are any, in a view of where the reader stands."""
    west, south, east, north = box = boundaries.narrowed(frame.subdistrict, frame.community)
    zoom = _zoom(frame, box)
    return CompactDeck(
        layers=[*tiles.layers(frame.tile_url, boundaries.bounds, box, zoom), *shown],
        map_provider=None,
        initial_view_state=pdk.ViewState(
            longitude=(west + east) / 2,
            latitude=(south + north) / 2,
            zoom=zoom,
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


def text(value: str) -> str:
    """Plain text as a tooltip can show it, cut where it would cover the map."""
    short = value if len(value) <= LONGEST_TIP else f"{value[: LONGEST_TIP - 1]}…"
    return html.escape(short).translate(_INERT)


def _place(goes_to: Mapping[str, str]) -> dict[str, str]:
    """What a click leads to; a number that deck.gl would compute leads nowhere."""
    return {level: name for level, name in goes_to.items() if not name.startswith("@@")}


def _zoom(frame: Frame, box: Box) -> float:
    """The web-mercator zoom at which the box fills 90% of the map."""
    west, south, east, north = box
    across = math.log2(frame.width * 0.9 * 360 / TILE / (east - west))
    cosine = math.cos(math.radians((south + north) / 2))
    up = math.log2(frame.height * 0.9 * 360 / TILE * cosine / (north - south))
    return min(across, up)
