"""The look that screen, charts and maps share: one typeface stack, and colours with one meaning each."""

from collections.abc import Sequence

FONT = (
    "PingFang SC, Microsoft YaHei, Noto Sans SC, Noto Sans CJK SC, Source Han Sans SC, sans-serif"
)

INK = "#1f2a37"
MUTED = "#5b6775"
GRID = "#e6eaf0"
BORDER = "#dde3ea"
PAPER = "#ffffff"
SHADE = "#f4f6f9"
"""Behind controls, and land on a map that has no value."""

SHORE = "#b9c4d1"
"""Outlines of land without a value."""

RECEIVED = "#1f5fa8"
"""What comes in, and the leading series of a chart."""

CLOSED = "#2a8c82"
"""What was done: closed, held, visited, served."""

OVERDUE = "#c62828"
"""Past its deadline. Nothing else is red."""

DUE_SOON = "#a86400"
"""Due within one working day."""

UNHELD = "#7a3fb0"
"""Nobody is responsible."""

NEUTRAL = "#94a1b0"
"""No statement: too few cases, no difference, no data."""

WORSE = "#22303d"
"""Significantly worse than the district: below it where high is good, above it where low is."""

BETTER = "#5b7f2b"
"""Significantly better than the district."""

SEQUENCE = ("#e8f0f8", "#c3d8ec", "#93b8db", "#5d92c4", "#2a67a6")
"""Light to dark for small to large, on maps."""

CATEGORIES = ("#4c78a8", "#72a098", "#9c755f", "#b279a2")
"""For kinds of things that have no order; duller than the colours above, which they must not be taken for."""


def rgba(colour: str, alpha: int = 255) -> list[int]:
    """A `#rrggbb` colour as deck.gl takes it: four numbers from 0 to 255."""
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)] + [alpha]


def css(colour: Sequence[int]) -> str:
    """A colour of deck.gl, three or four numbers to 255, as style sheets and Vega take it."""
    red, green, blue, alpha = [*colour, 255][:4]
    return f"rgba({red},{green},{blue},{round(alpha / 255, 3)})"
