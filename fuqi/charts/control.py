"""The control chart (funnel plot): each unit's rate against its number of cases, with the limits of chance.

Spiegelhalter, Funnel plots for comparing institutional performance, Statistics in Medicine 24 (2005) 1185-1202.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from fuqi import look
from fuqi.charts.layers import layered
from fuqi.charts.ranking import tooltip, verdict_colour
from fuqi.charts.theme import FRAME_HEIGHT
from fuqi.store import kpis

LEVELS = {"95%控制限": 0.95, "99.8%控制限": 0.998}
STEPS = 120
HEIGHT = 300
WIDTHS = (240, 330, 480, 640, 900, 1200)
"""Plots from a phone's to a wall's: labels have to keep apart on all of them."""

CHARACTER = 12.5
LINE = 16
MARK = 6


def score_limits(n: float, rate: float, level: float) -> tuple[float, float]:
    """Between which a share of `n` cases falls with probability `level` when `rate` is the true one.

    Limits of the score test, rate ± z·√(rate(1 - rate)/n), cut at 0 and 1. A unit lies outside those of 95% exactly
    when its Wilson interval leaves out the rate: both charts of a comparison say the same of every unit.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    half = z * math.sqrt(rate * (1 - rate) / n)
    return max(0.0, rate - half), min(1.0, rate + half)


def control_chart(
    rows: pa.Table,
    *,
    measure: str = "on_time_rate",
    counts: str = "按时办结/应办结",
    names: str = "街道",
) -> alt.Chart:
    """Rate against denominator with the district's rate and its limits; takes the rows of `units_compared`.

    Ranked units outside the 95% limits carry their names as far as there is room; the others tell theirs when
    pointed at. The height fits the ranked units: one too small to be ranked is left out where it would fall outside.
    `measure`, `counts` and `names` are those of `ranking_with_interval`.
    """
    label = kpis()[measure].label
    rows = rows.filter(pc.field("denominator_count") > 0)
    most = max([*rows.column("denominator_count").to_pylist(), 1])
    bottom, top = _height_range(rows)
    rows = rows.filter((pc.field("measured_rate") >= bottom) & (pc.field("measured_rate") <= top))
    rows = _with_labels(rows, most * 1.1, (bottom, top))
    x = {
        "title": f"分母：{counts.partition('/')[2]}（件）",
        # Small units crowd together on a linear scale.
        "scale": alt.Scale(type="sqrt", domain=[0, most * 1.1], nice=False),
        "axis": alt.Axis(tickCount=6, grid=False, format=",d"),
    }
    y = {
        "title": label,
        "scale": alt.Scale(domain=[bottom, top], nice=False),
        "axis": alt.Axis(format=".0%", tickCount=5),
    }
    lines = (
        alt.Chart(_limits(rows, most * 1.1))
        .mark_line(color=look.MUTED, strokeWidth=1.3, clip=True, aria=False)
        .encode(
            x=alt.X("denominator_count:Q", **x),
            y=alt.Y("limit:Q", **y),
            detail=alt.Detail("side:N"),
            strokeDash=alt.StrokeDash(
                "line:N",
                title="控制限",
                legend=alt.Legend(title=None, orient="bottom"),
                scale=alt.Scale(
                    domain=[_district_line(rows), *LEVELS], range=[[1, 0], [6, 3], [2, 3]]
                ),
            ),
        )
    )
    units = (
        alt.Chart(rows)
        .transform_calculate(share="datum.numerator_count + '/' + datum.denominator_count")
        .encode(x=alt.X("denominator_count:Q", **x), y=alt.Y("measured_rate:Q", **y))
    )
    points = units.mark_point(size=80, filled=True, opacity=1, stroke=look.PAPER).encode(
        color=verdict_colour(rows, measure), tooltip=tooltip(label, counts, names)
    )
    texts = (
        units.transform_filter("datum.label_text != null")
        .mark_text(
            aria=False,
            align="center",
            baseline="middle",
            dx=alt.ExprRef("datum.label_dx"),
            dy=alt.ExprRef("datum.label_dy"),
        )
        .encode(text=alt.Text("label_text:N"))
    )
    return layered(lines, points, texts, height=HEIGHT + FRAME_HEIGHT)


def _district_line(rows: pa.Table) -> str:
    return f"{rows.column('district_name')[0]}" if rows.num_rows else "全区"


def _height_range(rows: pa.Table) -> tuple[float, float]:
    """The part of 0 to 1 that holds the ranked units and the limits of the smallest of them, with a margin."""
    ranked = rows.filter(pc.field("is_ranked"))
    rows = ranked if ranked.num_rows else rows
    if not rows.num_rows:
        return 0.0, 1.0
    rates = rows.column("measured_rate").to_pylist()
    smallest = min(rows.column("denominator_count").to_pylist())
    district = rows.column("district_rate")[0].as_py()
    if district is not None:
        rates += score_limits(smallest, district, 0.95)
    margin = max(0.02, 0.1 * (max(rates) - min(rates)))
    return max(0.0, min(rates) - margin), min(1.0, max(rates) + margin)


def _limits(rows: pa.Table, most: float) -> pa.Table:
    """The lines of the chart point by point: dense where they bend, at few cases."""
    points = []
    rate = rows.column("district_rate")[0].as_py() if rows.num_rows else None
    if rate is not None:
        for n in (max(1.0, most * (step / STEPS) ** 2) for step in range(1, STEPS + 1)):
            points.append((n, _district_line(rows), "", rate))
            for line, level in LEVELS.items():
                low, high = score_limits(n, rate, level)
                points += [(n, line, "low", low), (n, line, "high", high)]
    columns = zip(*points, strict=True) if points else ((), (), (), ())
    kinds = (pa.float64(), pa.string(), pa.string(), pa.float64())
    arrays = [pa.array(c, k) for c, k in zip(columns, kinds, strict=True)]
    return pa.table(arrays, names=["denominator_count", "line", "side", "limit"])


# ---------------------------------------------------------------- names beside the points


@dataclass(frozen=True)
class Spot:
    """A point of the chart: its place as shares of the plot's width and height, from the lower left."""

    across: float
    up: float


def _with_labels(rows: pa.Table, most: float, span: tuple[float, float]) -> pa.Table:
    """The rows with the name to write and its offset in pixels; nulls where none is written."""
    found = rows.to_pylist()
    spots = [
        Spot(
            math.sqrt(row["denominator_count"] / most),
            (row["measured_rate"] - span[0]) / (span[1] - span[0]),
        )
        for row in found
    ]
    texts = [row["compared_name"] if row["is_ranked"] and _is_outside(row) else "" for row in found]
    places = placed_labels(spots, texts)
    written = [text if place else None for text, place in zip(texts, places, strict=True)]
    return (
        rows.append_column("label_text", pa.array(written, pa.string()))
        .append_column("label_dx", pa.array([p and p[0] for p in places], pa.float64()))
        .append_column("label_dy", pa.array([p and p[1] for p in places], pa.float64()))
    )


def _is_outside(row: dict) -> bool:
    return row["rate_verdict"].startswith(("高于", "低于"))


def placed_labels(spots: Sequence[Spot], texts: Sequence[str]) -> list[tuple[float, float] | None]:
    """For each text the offset of its middle from its spot, in pixels, x to the right and y down.

    No two labels overlap and none covers a spot, on plots of all WIDTHS; None for empty texts and for those there
    is no room for. Those far from the middle height choose first.
    """
    places: list[tuple[float, float] | None] = [None] * len(spots)
    order = sorted(range(len(spots)), key=lambda i: -abs(spots[i].up - 0.5))
    for i in order:
        if not texts[i]:
            continue
        for offset in _offsets(texts[i]):
            if all(_is_free(i, offset, width, spots, texts, places) for width in WIDTHS):
                places[i] = offset
                break
    return places


def _offsets(text: str) -> Iterator[tuple[float, float]]:
    half = _length(text) / 2
    for shift in (0, 1, -1, 2, -2):
        for side in (half + MARK + 3, -half - MARK - 3, 0):
            if side or shift:
                yield side, shift * LINE


def _is_free(
    i: int,
    offset: tuple[float, float],
    width: int,
    spots: Sequence[Spot],
    texts: Sequence[str],
    places: Sequence[tuple[float, float] | None],
) -> bool:
    box = _box(spots[i], offset, texts[i], width)
    left, upper, right, lower = box
    if left < 0 or right > width or upper < 0 or lower > HEIGHT:
        return False
    marks = (_box(spot, (0, 0), "", width) for spot in spots)
    labels = (_box(spots[j], place, texts[j], width) for j, place in enumerate(places) if place)
    return not any(_overlap(box, other) for other in (*marks, *labels))


def _box(
    spot: Spot, offset: tuple[float, float], text: str, width: int
) -> tuple[float, float, float, float]:
    """Left, upper, right and lower edge in pixels of a label, or of a mark where there is no text."""
    x, y = spot.across * width + offset[0], (1 - spot.up) * HEIGHT + offset[1]
    half_width, half_height = (_length(text) / 2, LINE / 2) if text else (MARK, MARK)
    return x - half_width, y - half_height, x + half_width, y + half_height


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _length(text: str) -> float:
    return sum(CHARACTER if ord(c) > 0x2E80 else CHARACTER * 0.6 for c in text)
