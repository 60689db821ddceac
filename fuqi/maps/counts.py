"""Areas coloured by how many there are of something, the number behind each name: a map to be printed."""

import math
from dataclasses import replace

import pyarrow as pa

from fuqi import look
from fuqi.maps import layers
from fuqi.maps.boundaries import Boundaries
from fuqi.maps.layers import COMMUNITIES, STREETS, DistrictMap, Frame, LegendEntry


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
    """Areas in up to five steps of whole numbers; none of it is pale.

    `rows` has the column `name` with streets or, at the level of communities, those of the frame's street, and the
    whole numbers `count`. An area without a row has no colour and no number. `label` says what is counted.
    """
    counts = {row[name]: row[count] for row in rows.to_pylist()}
    steps = _steps(max(counts.values(), default=0))
    colours = look.SEQUENCE[-len(steps) :] if steps else ()
    fills, tips = {}, {}
    for area, held in counts.items():
        place = next((n for n, (_, high) in enumerate(steps) if held <= high), 0)
        fills[area] = colours[place] if held else look.SHADE
        tips[area] = f"{label} {held:,} 件"
    legend = [LegendEntry(look.SHADE, "0件")] if 0 in counts.values() else []
    legend += [
        LegendEntry(colour, f"{low:,}–{high:,}件" if low != high else f"{low:,}件")
        for colour, (low, high) in zip(colours, steps, strict=True)
    ]
    drawn = boundaries.streets if level == STREETS else boundaries.communities
    seen = frame if level == COMMUNITIES else replace(frame, subdistrict=None, community=None)
    numbers = {area: f" {held:,}" for area, held in counts.items()}
    deck = layers.deck(
        [
            *layers.areas(boundaries, frame, level=level, fills=fills, tips=tips),
            layers.names(boundaries, frame, level=level, behind=numbers),
        ],
        boundaries,
        seen,
    )
    return DistrictMap(
        deck,
        tuple(legend),
        f"各{'街道' if level == STREETS else '社区'}{label}分级图，数值写在名称后面",
        unbounded_count=sum(
            1 for area, held in counts.items() if held and area not in drawn.label_points
        ),
    )


def _steps(most: int) -> list[tuple[int, int]]:
    """Up to five ranges of whole numbers from 1 to `most`."""
    if most < 1:
        return []
    wide = math.ceil(most / len(look.SEQUENCE))
    return [(low, min(low + wide - 1, most)) for low in range(1, most + 1, wide)]
