"""The charts' own theme: the same on screen and in an exported picture, with Chinese dates and numbers."""

from typing import Any

import altair as alt
import pyarrow as pa

from fuqi import inert, look

TIME_LOCALE: dict[str, Any] = {
    "dateTime": "%Y年%-m月%-d日 %H:%M",
    "date": "%Y/%-m/%-d",
    "time": "%H:%M:%S",
    "periods": ["上午", "下午"],
    "days": ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    "shortDays": ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    "months": [
        "一月",
        "二月",
        "三月",
        "四月",
        "五月",
        "六月",
        "七月",
        "八月",
        "九月",
        "十月",
        "十一月",
        "十二月",
    ],
    "shortMonths": [f"{n}月" for n in range(1, 13)],
}
NUMBER_LOCALE: dict[str, Any] = {
    "decimal": ".",
    "thousands": ",",
    "grouping": [3],
    "currency": ["¥", ""],
}
FRAME_HEIGHT = 110
"""Pixels a chart spends on title, legend and axis: Streamlit fits the whole picture into its height."""

STEP_FORMATS = {"day": "%-m月%-d日", "week": "%-m月%-d日", "month": "%Y年%-m月"}


def drawable(rows: pa.Table) -> pa.Table:
    """The rows with every text on one line and nothing unseen or escaping in it.

    Vega writes texts into expressions without caring for these: a chart would not be drawn, and the maker of
    pictures ends the whole process on a control character.
    """
    for place, field in enumerate(rows.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            texts = [
                None if text is None else inert.one_line(text).replace("\\", "＼")
                for text in rows.column(place).to_pylist()
            ]
            rows = rows.set_column(place, field.name, pa.array(texts, pa.string()))
    return rows


CONFIG = alt.Config(
    font=look.FONT,
    locale=alt.Locale(number=NUMBER_LOCALE, time=TIME_LOCALE),
    axis=alt.AxisConfig(
        labelColor=look.MUTED,
        titleColor=look.MUTED,
        labelFontSize=12,
        titleFontSize=12,
        titleFontWeight="normal",
        gridColor=look.GRID,
        domainColor=look.BORDER,
        tickColor=look.BORDER,
        labelLimit=180,
        labelSeparation=6,
        aria=False,  # Vega describes axes in English; the marks below are described by Chinese titles
    ),
    legend=alt.LegendConfig(
        labelColor=look.INK,
        labelFontSize=12,
        orient="top",
        title=None,
        symbolStrokeWidth=3,
        aria=False,
    ),
    view=alt.ViewConfig(stroke=None),
    text=alt.MarkConfig(color=look.INK, fontSize=12),
)
"""One for all charts: set one by one, each of these would copy the whole chart."""


def titled(chart: alt.TopLevelMixin, title: str, provenance: str) -> alt.TopLevelMixin:
    """The finished chart: `title` above, `provenance` (data-as-of, release, label) in small print below it.

    The provenance is part of the picture, so that a copied chart still says what it rests on.
    """
    heading = alt.TitleParams(
        text=title,
        subtitle=provenance,
        anchor="start",
        fontSize=16,
        fontWeight=600,
        color=look.INK,
        subtitleFontSize=11,
        subtitleColor=look.MUTED,
        subtitlePadding=4,
        offset=12,
    )
    # Set one by one: `properties` checks each against the whole schema, which the tests do.
    whole = chart.copy(deep=False)
    whole.title, whole.background, whole.config = heading, look.PAPER, CONFIG
    return whole
