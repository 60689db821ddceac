"""Charts over time."""

import altair as alt
import pyarrow as pa

from fuqi import look
from fuqi.charts.theme import STEP_FORMATS


def flow_trend(rows: pa.Table, step: str) -> alt.Chart:
    """Received against closed per day, week or month; takes the rows of `resolution_trend`."""
    names = {"received_count": "受理", "closed_count": "办结"}
    return _lines(rows, step, names, "诉求（件）", [look.RECEIVED, look.CLOSED])


def service_trend(rows: pa.Table, step: str) -> alt.Chart:
    """Services and consultations per day, week or month; takes the rows of `station_services_trend`."""
    names = {"service_count": "全部服务", "consultation_count": "政策咨询"}
    return _lines(rows, step, names, "服务（人次）", [look.CLOSED, look.RECEIVED])


def _lines(
    rows: pa.Table, step: str, names: dict[str, str], axis: str, colours: list[str]
) -> alt.Chart:
    x = alt.X(
        "step_date:T",
        title=None,
        axis=alt.Axis(format=STEP_FORMATS[step], tickCount=8, grid=False, labelOverlap=True),
    )
    series = (
        alt.Chart(rows)
        .transform_fold(list(names), as_=["series", "count"])
        .transform_calculate(series=f"{names}[datum.series]")
        .encode(
            x=x,
            y=alt.Y("count:Q", title=axis, axis=alt.Axis(tickMinStep=1, tickCount=5)),
            color=alt.Color(
                "series:N", scale=alt.Scale(domain=list(names.values()), range=colours)
            ),
        )
    )
    tooltip = [
        alt.Tooltip(
            "step_date:T",
            title={"day": "日期", "week": "周一", "month": "月份"}[step],
            format=STEP_FORMATS[step],
        ),
        *(alt.Tooltip(f"{column}:Q", title=name, format=",") for column, name in names.items()),
    ]
    points = series.mark_point(size=45, filled=True, opacity=1).encode(tooltip=tooltip)
    return (series.mark_line(strokeWidth=2.2) + points).properties(height=260)
