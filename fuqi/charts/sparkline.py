"""The course of one number on its card: a line so small that Vega, which takes 15 ms for each, is not worth it."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from fuqi import look

WIDTH, HEIGHT, MARGIN = 100, 36, 2
"""Units of the drawing; it is stretched to the width of its card, and its line is not."""


def sparkline(values: Sequence[float], said: str) -> str:
    """A picture in HTML of the values from left to right, the least at the bottom and the largest at the top.

    `said` is what a reader hears of it, or sees who points at it. Raises ValueError for fewer than two values, which
    make no line.
    """
    if len(values) < 2:
        raise ValueError(f"a line has two values or more - found {len(values)}")
    least, most = min(values), max(values)
    step = WIDTH / (len(values) - 1)
    room = HEIGHT - 2 * MARGIN
    points = " ".join(
        f"{step * place:.1f},{HEIGHT - MARGIN - room * _share(value, least, most):.1f}"
        for place, value in enumerate(values)
    )
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">'
        f'<polygon points="0,{HEIGHT} {points} {WIDTH},{HEIGHT}" fill="{look.RECEIVED}" fill-opacity="0.12"/>'
        f'<polyline points="{points}" fill="none" stroke="{look.RECEIVED}" stroke-width="1.5" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )
    # As an image: Streamlit takes drawings out of a page's HTML.
    return (
        f'<img src="data:image/svg+xml,{quote(drawing)}" alt="{escape(said)}" title="{escape(said)}" '
        f'style="display:block;width:100%;height:{HEIGHT}px"/>'
    )


def _share(value: float, least: float, most: float) -> float:
    """Where a value lies between the least and the largest, 0 to 1; in the middle where all are equal."""
    return 0.5 if least == most else (value - least) / (most - least)
