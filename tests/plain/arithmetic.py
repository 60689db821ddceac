"""Shares, quantiles and intervals in plain Python, and the comparison of two sets of rows."""

import math
from collections.abc import Iterable
from statistics import NormalDist
from typing import Any

Row = dict[str, Any]


def share(numerator: int, denominator: int) -> float | None:
    return numerator / denominator if denominator else None


def quantile(values: Iterable[float], q: float) -> float | None:
    """Exact, between the two nearest values in proportion (Hyndman and Fan's type 7)."""
    ordered = sorted(values)
    if not ordered:
        return None
    position = (len(ordered) - 1) * q
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def wilson(hits: int, n: int) -> tuple[float, float] | tuple[None, None]:
    """The 95% score interval as Wilson (1927) gives it: centre and half width."""
    if not n:
        return None, None
    z = NormalDist().inv_cdf(0.975)
    p = hits / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # At the ends the formula gives 0 and 1 but for what binary fractions lose.
    return (centre - half if hits else 0.0), (centre + half if hits < n else 1.0)


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, float) and isinstance(found, int | float):
        return math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-6)
    return found == expected


def differences(found: list[Row], expected: list[Row], *, every_column: bool = False) -> list[str]:
    """What the query says and what plain Python says, wherever the two differ.

    With `every_column` a column that plain Python says nothing of is a difference too.
    """
    if len(found) != len(expected):
        return [f"{len(found)} rows, {len(expected)} expected"]
    if every_column and found and (missed := set(found[0]) - set(expected[0])):
        return [f"plain Python says nothing of {', '.join(sorted(missed))}"]
    return [
        f"row {number}, {column}: query {row[column]!r}, plain {value!r}"
        for number, (row, plain) in enumerate(zip(found, expected, strict=True))
        for column, value in plain.items()
        if not same(row[column], value)
    ]
