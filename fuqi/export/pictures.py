"""Charts as PNG, SVG and PDF, with the same Chinese glyphs on every machine: the font comes with the package."""

import math
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import altair as alt
import pyarrow as pa
import pylopdf_fonts_zh_cn
import vl_convert

from fuqi import inert, look
from fuqi.charts import titled
from fuqi.charts.theme import FRAME_HEIGHT, NUMBER_LOCALE, TIME_LOCALE
from fuqi.export.facts import Facts

FONT = "Noto Sans SC"
"""The family that is registered below; no font of the machine is asked for, so pictures are alike everywhere."""

WIDTH = 720
"""Pixels of the plot; axis labels and legends are added around it."""
PNG_DOTS_PER_INCH = 144
"""Twice the pixels of the screen, and so printed at the same size."""
TITLE_SIZE = 16
NOTE_SIZE = 11
MARGIN = 16
LATIN_SHARE, CAPITAL_SHARE, WIDEST = 0.6, 0.77, "mwMW%@—…"
"""How wide Latin letters and digits are beside a Chinese character, at most but for the widest."""

Spec = dict[str, Any]


@cache
def register_fonts() -> None:
    """Have the converter know the font of the package, once a process."""
    vl_convert.register_font_directory(str(pylopdf_fonts_zh_cn.sans_path().parent))


def as_png(chart: alt.TopLevelMixin, facts: Facts) -> bytes:
    """The chart at twice the pixels of the screen."""
    register_fonts()
    return vl_convert.vegalite_to_png(picture(chart, facts), ppi=PNG_DOTS_PER_INCH, **_LOCALES)


def as_svg(chart: alt.TopLevelMixin, facts: Facts) -> bytes:
    """The chart as drawing with text in it; a viewer without the font falls back to another one."""
    register_fonts()
    return vl_convert.vegalite_to_svg(picture(chart, facts), **_LOCALES).encode()


def as_pdf(chart: alt.TopLevelMixin, facts: Facts) -> bytes:
    """The chart on a page of its own size, its text selectable, the font embedded."""
    register_fonts()
    return vl_convert.vegalite_to_pdf(picture(chart, facts), **_LOCALES)


def as_figure(chart: alt.TopLevelMixin, width: int, height: int, *, is_map: bool = False) -> bytes:
    """The chart as PNG without a heading, for a document that says itself what it shows.

    It has `width` by `height` pixels of the screen with axes and legend, and twice as many in the file; a map keeps the
    size it was made with.
    """
    register_fonts()
    spec = _described(chart)
    del spec["title"]
    spec |= {"background": look.PAPER, "padding": 4}
    if not is_map:
        spec |= {"width": width, "height": height}
        spec["autosize"] = {"type": "fit", "contains": "padding"}
    spec["config"] = {**spec["config"], "font": FONT}
    return vl_convert.vegalite_to_png(spec, ppi=PNG_DOTS_PER_INCH, **_LOCALES)


PICTURES = {"png": as_png, "svg": as_svg, "pdf": as_pdf}
"""How each kind of picture is made, by the ending of its file."""

_BEYOND = re.compile("[\U00010000-\U0010ffff]")
"""Characters that Vega cuts through the middle where a text is too long, on which the converter fails."""
_LOCALES = {
    "format_locale": NUMBER_LOCALE,
    "time_format_locale": TIME_LOCALE,
    "allowed_base_urls": [],
}


def picture(chart: alt.TopLevelMixin, facts: Facts) -> Spec:
    """The chart as a specification with the facts above it; `chart` itself stays as it was.

    The chart is one for the screen, not yet titled, or a map of `drawn_maps` with a width of its own.
    """
    spec = _described(chart)
    _lay_out(spec)
    spec["title"] = _readable(_heading(facts, spec["width"]))
    spec["config"] = {**spec["config"], "font": FONT}
    return spec


def words_of(chart: alt.TopLevelMixin) -> dict[str, str]:
    """What a pointer reads of the chart calls the columns of its rows."""
    found: dict[str, str] = {}
    for encoded in _encodings(_described(chart)):
        tooltips = encoded.get("tooltip")
        for shown in tooltips if isinstance(tooltips, list) else []:
            if "field" in shown and "title" in shown:
                found.setdefault(shown["field"], shown["title"])
    return found


def _encodings(part: Any) -> Iterator[Spec]:
    """Every encoding of a specification and of its layers."""
    if "encoding" in part:
        yield part["encoding"]
    for layer in part.get("layer", []):
        yield from _encodings(layer)


def _described(chart: alt.TopLevelMixin) -> Spec:
    # Only a copy is changed. Rows are put in as they are: Altair's own way there is a switch that all sessions of
    # the server share, and that has a limit of rows.
    copied = chart.copy(deep=True)
    _put_rows_in(copied)
    return _readable(titled(copied, "", "").to_dict())


def _readable(part: Any) -> Any:
    """The specification without characters that XML does not have: on those the converter ends the whole process."""
    if isinstance(part, str):
        return _BEYOND.sub("〓", inert.readable(part))
    if isinstance(part, list):
        return [_readable(inner) for inner in part]
    if isinstance(part, dict):
        return {name: _readable(inner) for name, inner in part.items()}
    return part


def _put_rows_in(chart: Any) -> None:
    data = getattr(chart, "data", alt.Undefined)
    if isinstance(data, pa.Table):
        values = [{name: _plain(v) for name, v in row.items()} for row in data.to_pylist()]
        chart.data = alt.InlineData(values=values)
    for layer in getattr(chart, "layer", None) or []:
        _put_rows_in(layer)


def _plain(value: Any) -> Any:
    """A value as JSON has it; days as midnight here, not in Greenwich as Vega would have them."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return [_plain(v) for v in value] if isinstance(value, list) else value


def _lay_out(spec: Spec) -> None:
    """The plot gets its own size; what stands around it is added to that, so that nothing is cut off."""
    if isinstance(spec.get("height"), int | float) and "width" not in spec:
        spec["height"] = max(spec["height"] - FRAME_HEIGHT, 60)
    spec.setdefault("width", WIDTH)
    spec["autosize"] = {"type": "pad"}
    spec["padding"] = MARGIN
    spec["background"] = look.PAPER


def _heading(facts: Facts, width: int) -> Spec:
    return {
        "text": wrapped(facts.title, width, TITLE_SIZE),
        "subtitle": [line for said in facts.lines() for line in wrapped(said, width, NOTE_SIZE)],
        "anchor": "start",
        "fontSize": TITLE_SIZE,
        "fontWeight": 600,
        "color": look.INK,
        "lineHeight": TITLE_SIZE + 6,
        "subtitleFontSize": NOTE_SIZE,
        "subtitleLineHeight": NOTE_SIZE + 4,
        "subtitleColor": look.MUTED,
        "subtitlePadding": 6,
        "offset": 14,
    }


def wrapped(text: str, width: float, size: float) -> list[str]:
    """The text in lines of at most `width` pixels at that font size; Chinese may break anywhere, Latin at a space."""
    lines = [""]
    for word in _words(inert.one_line(text)):
        if lines[-1] and length(lines[-1] + word, size) > width:
            lines.append("")
        if length(word, size) <= width:
            lines[-1] += word if lines[-1] else word.lstrip()
            continue
        for c in word:  # one word wider than the picture
            if length(lines[-1] + c, size) > width:
                lines.append("")
            lines[-1] += c
    return [line.rstrip() for line in lines]


def length(text: str, size: float) -> float:
    """About how many pixels a line of text takes at that font size, rather too many than too few."""
    shares = (
        1 if inert.width(c) == 2 or c in WIDEST else CAPITAL_SHARE if c.isupper() else LATIN_SHARE
        for c in text
    )
    return size * sum(shares)


def _words(text: str) -> list[str]:
    """Pieces that stay together: a Chinese character, or a Latin word with the space before it."""
    pieces: list[str] = []
    for c in text:
        is_latin = inert.width(c) == 1
        if is_latin and not c.isspace() and pieces and inert.width(pieces[-1][-1]) == 1:
            pieces[-1] += c
        else:
            pieces.append(c)
    return pieces
