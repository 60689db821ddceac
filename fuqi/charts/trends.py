"""Charts over time."""

import math

import altair as alt
import pyarrow as pa

from fuqi import look
from fuqi.charts.conditions import either
from fuqi.charts.layers import layered
from fuqi.charts.targets import target_line
from fuqi.charts.theme import FRAME_HEIGHT, STEP_FORMATS

MOST_TICKS = 8
STEP_TITLES = {"day": "日期", "week": "周一", "month": "月份"}


def flow_trend(rows: pa.Table, step: str, previous: pa.Table | None = None) -> alt.LayerChart:
    """Received against closed per day, week or month; takes the rows of `resolution_trend`.

    `previous` are those of the period before, drawn step by step below the present ones.
    """
    names = {"received_count": "受理", "closed_count": "办结"}
    layers = _lines(rows, step, names, "诉求（件）", [look.RECEIVED, look.CLOSED])
    if previous is not None and previous.num_rows:
        layers = [_line_before(rows, previous, step), *layers]
    return layered(*layers, height=190 + FRAME_HEIGHT)


def _line_before(rows: pa.Table, previous: pa.Table, step: str) -> alt.Chart:
    """What was received in the period before, each step at the place of the present one of its number."""
    both = min(rows.num_rows, previous.num_rows)
    before = pa.table(
        {
            "step_date": rows.column("step_date").slice(0, both),
            "date_before": previous.column("step_date").slice(0, both),
            "count_before": previous.column("received_count").slice(0, both),
        }
    )
    return (
        alt.Chart(before)
        .mark_line(strokeDash=[5, 4], strokeWidth=1.6, color=look.NEUTRAL, point={"opacity": 0})
        .encode(
            x=alt.X("step_date:T", title="日期"),
            y=alt.Y("count_before:Q", title="诉求（件）"),
            tooltip=[
                alt.Tooltip("date_before:T", title="上期", format=STEP_FORMATS[step]),
                alt.Tooltip("count_before:Q", title="上期受理", format=","),
            ],
        )
    )


def rate_trend(
    rows: pa.Table,
    step: str,
    rate: str,
    denominator: str,
    label: str,
    target: float | None = None,
) -> alt.LayerChart:
    """One rate per day, week or month with the n it rests on, and its target as a line; rows of `resolution_trend`.

    A step without a denominator has no point and the line has a gap; one cut off by the period's ends is hollow.
    """
    y = {
        "scale": alt.Scale(zero=False, nice=True, padding=8),
        "axis": alt.Axis(format=".0%", tickCount=5, title=label),
    }
    base = alt.Chart(rows).encode(x=_steps(rows, step), y=alt.Y(f"{rate}:Q", title=label, **y))
    points = base.mark_point(size=45, strokeWidth=1.8, opacity=1, color=look.CLOSED).encode(
        fill=either(alt.FillValue, "datum.is_whole", look.CLOSED, look.PAPER),
        tooltip=[
            alt.Tooltip("step_date:T", title=STEP_TITLES[step], format=STEP_FORMATS[step]),
            alt.Tooltip(f"{rate}:Q", title=label, format=".2%"),
            alt.Tooltip(f"{denominator}:Q", title="分母", format=","),
        ],
    )
    layers = [base.mark_line(strokeWidth=2.2, color=look.CLOSED, aria=False), points]
    if target is not None:
        layers += target_line(target, alt.Y("target:Q", title=label, **y))
    return layered(*layers, height=150 + FRAME_HEIGHT)


def service_trend(rows: pa.Table, step: str) -> alt.LayerChart:
    """Services and consultations per day, week or month; takes the rows of `station_services_trend`."""
    names = {"service_count": "全部服务", "consultation_count": "政策咨询"}
    layers = _lines(rows, step, names, "服务（人次）", [look.CLOSED, look.RECEIVED])
    return layered(*layers, height=190 + FRAME_HEIGHT)


def _lines(
    rows: pa.Table, step: str, names: dict[str, str], axis: str, colours: list[str]
) -> list[alt.Chart]:
    series = (
        alt.Chart(rows)
        .transform_fold(list(names), as_=["series", "count"])
        .transform_calculate(
            series=f"{names}[datum.series]", whole="datum.is_whole ? '完整' : '不足整段'"
        )
        .encode(
            x=_steps(rows, step),
            y=alt.Y("count:Q", title=axis, axis=alt.Axis(tickMinStep=1, tickCount=5)),
            color=_colour(names, colours),
        )
    )
    tooltip = [
        alt.Tooltip(
            "step_date:T",
            title=STEP_TITLES[step],
            format=STEP_FORMATS[step],
        ),
        alt.Tooltip("whole:N", title="是否完整"),
        *(alt.Tooltip(f"{column}:Q", title=name, format=",") for column, name in names.items()),
    ]
    # A step cut off by the period's ends is drawn hollow, or it would read as a fall.
    points = series.mark_point(size=45, strokeWidth=1.8, opacity=1).encode(
        fill=either(alt.FillValue, "datum.is_whole", _colour(names, colours), look.PAPER),
        tooltip=tooltip,
    )
    return [series.mark_line(strokeWidth=2.2, aria=False), points]


def _steps(rows: pa.Table, step: str) -> alt.X:
    days = rows.column("step_date").to_pylist()
    # The ticks are the rows' own days: Vega would put a week's tick on a Sunday.
    ticks = [
        alt.DateTime(year=day.year, month=day.month, date=day.day)
        for day in days[:: max(1, math.ceil(len(days) / MOST_TICKS))]
    ]
    return alt.X(
        "step_date:T",
        title=STEP_TITLES[step],
        axis=alt.Axis(
            title=None, format=STEP_FORMATS[step], values=ticks, grid=False, labelOverlap=True
        ),
    )


def _colour(names: dict[str, str], colours: list[str]) -> alt.Color:
    return alt.Color(
        "series:N",
        title="类别",
        legend=alt.Legend(title=None),
        scale=alt.Scale(domain=list(names.values()), range=colours),
    )
