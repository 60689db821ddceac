"""Streets or communities coloured by a KPI."""

from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa

from fuqi import look, wording
from fuqi.maps import layers
from fuqi.maps.boundaries import Boundaries
from fuqi.maps.layers import COMMUNITIES, STREETS, DistrictMap, Frame, LegendEntry

NAMES = {STREETS: "subdistrict_name", COMMUNITIES: "community_name"}
WORDS = {1: ("",), 2: ("低", "高"), 3: ("低", "中", "高"), 4: ("低", "较低", "较高", "高")} | {
    5: ("低", "较低", "中", "较高", "高")
}
"""What the steps are called, by their number."""


def measure_by_area(
    rows: pa.Table,
    boundaries: Boundaries,
    frame: Frame,
    *,
    measure: str,
    label: str,
    level: str = STREETS,
    counts: tuple[str, str] | None = None,
    min_n: int = 0,
    shown: Callable[[float], str] = wording.percent,
) -> DistrictMap:
    """Areas coloured by `measure` in up to five steps between the lowest and the highest with `min_n` cases.

    `rows` has `subdistrict_name` or, at the level of communities, `community_name`, the measure and, where
    `counts` names them, its numerator and denominator; an area with fewer than `min_n` in the denominator is
    grey. `shown` writes a value. At the level of streets the whole district stays in view; the chosen area is
    outlined, and a click leads to an area.
    """
    by_name = {row[NAMES[level]]: row for row in rows.to_pylist()}

    def is_enough(row: dict) -> bool:
        return row[measure] is not None and (counts is None or row[counts[1]] >= min_n)

    known = [row[measure] for row in by_name.values() if is_enough(row)]
    steps = _steps(known)
    fills, tips = {}, {}
    for name, row in by_name.items():
        fills[name] = look.SEQUENCE[_step_of(row[measure], steps)] if is_enough(row) else look.GRID
        of = f"（{row[counts[0]]:,}/{row[counts[1]]:,}）" if counts else ""
        value = shown(row[measure]) if row[measure] is not None else wording.NOT_COMPUTABLE
        tips[name] = f"{label} {value}{of}" + ("" if is_enough(row) else " 样本不足")
    brief = (lambda value: wording.percent(value, 1)) if shown is wording.percent else shown
    legend = [
        LegendEntry(colour, f"{word} {brief(low)}–{brief(high)}" if low != high else brief(low))
        for colour, word, (low, high) in zip(
            look.SEQUENCE, WORDS.get(len(steps), ()), steps, strict=False
        )
    ]
    if len(known) < len(by_name):
        legend.append(LegendEntry(look.GRID, f"样本不足（少于{min_n}）" if min_n else "无数据"))
    seen = frame if level == COMMUNITIES else replace(frame, subdistrict=None, community=None)
    deck = layers.deck(
        [
            *layers.areas(boundaries, frame, level=level, fills=fills, tips=tips),
            layers.names(boundaries, frame, level=level),
        ],
        boundaries,
        seen,
    )
    known_areas = boundaries.streets if level == STREETS else boundaries.communities
    return DistrictMap(
        deck,
        tuple(legend),
        f"福田区各{'街道' if level == STREETS else '社区'}{label}分级图，数值见旁表",
        unbounded_count=len(by_name.keys() - known_areas.label_points.keys()),
    )


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
