"""Areas coloured by how many there are of something, the number behind each name: a map to be printed."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from fuqi import look
from fuqi.maps import layers
from fuqi.maps.boundaries import Boundaries
from fuqi.maps.layers import COMMUNITIES, STREETS, DistrictMap, Frame, LegendEntry

Point = tuple[float, float]


def counts_by_area(
    rows: pa.Table,
    boundaries: Boundaries,
    frame: Frame,
    *,
    name: str,
    count: str,
    label: str,
    level: str = STREETS,
) -> DistrictMap:
    """Areas in up to four steps of whole numbers; where there is nothing they are grey.

    `rows` has the column `name` with streets or, at the level of communities, those of the frame's street, and the
    whole numbers `count`; `label` says what is counted. Of communities nothing but that street is drawn, and those
    without any are not named: there are too many names for a small picture.
    """
    if level == COMMUNITIES and frame.subdistrict:
        street = frame.subdistrict
        boundaries = Boundaries(boundaries.streets.only(street), boundaries.communities.of(street))
    counts = {row[name]: row[count] for row in rows.to_pylist()}
    steps = _steps(max(counts.values(), default=0))
    colours = look.SEQUENCE[-len(steps) :] if steps else ()
    fills, tips = {}, {}
    for area, held in counts.items():
        place = next((n for n, (_, high) in enumerate(steps) if held <= high), 0)
        fills[area] = colours[place] if held else look.GRID
        tips[area] = f"{label} {held:,} 件"
    legend = [LegendEntry(look.GRID, "0件")] if 0 in counts.values() else []
    legend += [
        LegendEntry(colour, f"{low:,}–{high:,}件" if low != high else f"{low:,}件")
        for colour, (low, high) in zip(colours, steps, strict=True)
    ]
    seen = frame if level == COMMUNITIES else replace(frame, subdistrict=None, community=None)
    is_named = level == STREETS
    numbers = {area: f" {held:,}" for area, held in counts.items() if held or is_named}
    areas = layers.areas(boundaries, frame, level=level, fills=fills, tips=tips)
    drawn = boundaries.streets if level == STREETS else boundaries.communities
    moved = _apart(
        {area: drawn.label_points[area] for area in numbers if area in drawn.label_points},
        {area: f"{area.removesuffix(SUFFIXES[level])}{n}" for area, n in numbers.items()},
        layers.TILE * 2 ** layers.deck([], boundaries, seen).initial_view_state.zoom / 360,
    )
    names = layers.names(boundaries, frame, level=level, behind=numbers, moved=moved)
    deck = layers.deck([*areas, names], boundaries, seen)
    return DistrictMap(
        deck,
        tuple(legend),
        f"各{'街道' if level == STREETS else '社区'}{label}分级图，数值写在名称后面",
        unbounded_count=sum(
            1 for area, held in counts.items() if held and area not in drawn.label_points
        ),
    )


SUFFIXES = {STREETS: "街道", COMMUNITIES: "社区"}
LETTER = 13
"""Pixels of a Chinese character of a name."""
LINE = 15
"""Pixels between two names, one above the other."""


def _apart(
    points: Mapping[str, Point], texts: Mapping[str, str], pixels_a_degree: float
) -> dict[str, Point]:
    """The points in degrees, moved down as far as the texts need that are centred at them, north before south."""
    placed: dict[str, Point] = {}
    for name, (x, y) in sorted(points.items(), key=lambda entry: (-entry[1][1], entry[0])):
        for other, (beside, above) in sorted(placed.items(), key=lambda entry: -entry[1][1]):
            wide = (_width(texts[name]) + _width(texts[other])) / 2
            if abs(x - beside) * pixels_a_degree < wide:
                stretched = pixels_a_degree / math.cos(math.radians(y))
                y = min(y, above - LINE / stretched) if y < above + LINE / stretched else y
        placed[name] = (x, y)
    return placed


def _width(text: str) -> float:
    """About how many pixels a name takes: Chinese is twice as wide as digits."""
    return sum(LETTER if ord(c) > MOST_LATIN else LETTER * 0.6 for c in text)


MOST_LATIN = 0x2E80
MOST_STEPS = 4
"""The palest colour is left out: printed, it looks like none."""


def _steps(most: int) -> list[tuple[int, int]]:
    """Up to four ranges of whole numbers from 1 to `most`."""
    if most < 1:
        return []
    wide = math.ceil(most / MOST_STEPS)
    return [(low, min(low + wide - 1, most)) for low in range(1, most + 1, wide)]
