"""Bar charts of counts."""

import altair as alt
import pyarrow as pa

from fuqi import look
from fuqi.charts.layers import layered
from fuqi.charts.theme import FRAME_HEIGHT


def category_pareto(rows: pa.Table) -> alt.Chart:
    """Appeals per category, most frequent first, with the cumulative share; rows of `appeals_by_category`."""
    base = alt.Chart(rows).transform_calculate(
        label="format(datum.received_count, ',') + ' 件，累计 ' + format(datum.cumulative_share, '.0%')"
    )
    y = _names("category", "诉求类型")
    bars = base.mark_bar(color=look.RECEIVED, height={"band": 0.62}).encode(
        y=y,
        x=alt.X(
            "received_count:Q",
            title="受理量（件）",
            scale=alt.Scale(padding=10, domainMin=0),
            axis=alt.Axis(tickMinStep=1, tickCount=4, format=",d"),
        ),
        tooltip=[
            alt.Tooltip("category:N", title="诉求类型"),
            alt.Tooltip("received_count:Q", title="受理量", format=","),
            alt.Tooltip("received_share:Q", title="占比", format=".2%"),
            alt.Tooltip("on_time_rate:Q", title="按时办结率", format=".2%"),
            alt.Tooltip("due_count:Q", title="应办结", format=","),
        ],
    )
    text = base.mark_text(align="left", dx=6, aria=False).encode(
        y=y, x=alt.X("received_count:Q"), text=alt.Text("label:N")
    )
    # Room at the right for what is written behind the longest bar.
    room = (
        base.transform_calculate(room="1.5 * datum.received_count")
        .mark_point(opacity=0, aria=False)
        .encode(y=y, x=alt.X("room:Q", title="受理量（件）"))
    )
    return layered(bars, text, room, height=28 * rows.num_rows + FRAME_HEIGHT)


def time_distribution(rows: pa.Table) -> alt.Chart:
    """Closed appeals by days taken, those closed late on top; rows of `resolution_time_distribution`."""
    names = {"on_time": "按时或无时限", "late_count": "超过时限"}
    return (
        alt.Chart(rows)
        .transform_calculate(
            on_time="datum.closed_count - datum.late_count",
            days="datum.is_rest ? datum.days_taken + '天以上' : datum.days_taken + '–' + (datum.days_taken + 1)",
        )
        .transform_fold(list(names), as_=["state", "count"])
        .transform_calculate(state=f"{names}[datum.state]")
        .mark_bar()
        .encode(
            x=alt.X(
                "days:N",
                sort=alt.SortField("days_taken"),
                title="受理至办结（自然天）",
                axis=alt.Axis(labelAngle=0, labelOverlap=True, grid=False),
            ),
            y=alt.Y("count:Q", title="办结诉求（件）", axis=alt.Axis(tickMinStep=1, tickCount=5)),
            color=alt.Color(
                "state:N",
                title="状态",
                legend=alt.Legend(title=None),
                scale=alt.Scale(domain=list(names.values()), range=[look.CLOSED, look.OVERDUE]),
            ),
            order=alt.Order("state:N", title="状态", sort="ascending"),
            tooltip=[
                alt.Tooltip("days:N", title="用时（天）"),
                alt.Tooltip("closed_count:Q", title="办结", format=","),
                alt.Tooltip("late_count:Q", title="其中超过时限", format=","),
            ],
        )
        .properties(height=190 + FRAME_HEIGHT)
    )


def open_by_age(rows: pa.Table) -> alt.Chart:
    """Open appeals per age band, the overdue ones in red; rows of `open_by_age`."""
    names = {"in_time": "未到时限", "overdue_count": "已超期"}
    return (
        alt.Chart(rows)
        .transform_calculate(in_time="datum.open_count - datum.overdue_count")
        .transform_fold(list(names), as_=["state", "count"])
        .transform_calculate(state=f"{names}[datum.state]")
        .mark_bar(height={"band": 0.62})
        .encode(
            y=_names("band", "受理至今"),
            x=alt.X(
                "count:Q",
                title="未办结诉求（件）",
                scale=alt.Scale(padding=10, domainMin=0),
                axis=alt.Axis(tickMinStep=1, tickCount=5, format=",d"),
            ),
            color=alt.Color(
                "state:N",
                title="状态",
                legend=alt.Legend(title=None),
                scale=alt.Scale(domain=list(names.values()), range=[look.RECEIVED, look.OVERDUE]),
            ),
            tooltip=[
                alt.Tooltip("band:N", title="受理至今"),
                alt.Tooltip("open_count:Q", title="未办结", format=","),
                alt.Tooltip("overdue_count:Q", title="其中已超期", format=","),
            ],
        )
        .properties(height=170 + FRAME_HEIGHT)
    )


def counts_by_name(
    rows: pa.Table, name: str, count: str, axis: str, colour: str = look.CLOSED
) -> alt.Chart:
    """One horizontal bar a row, in the rows' order, the count written at its end."""
    y = _names(name, "名称")
    # The same for both layers: an axis that is put together of two has ticks at half cases.
    x = alt.X(
        f"{count}:Q",
        title=axis,
        scale=alt.Scale(padding=10, domainMin=0),
        axis=alt.Axis(tickMinStep=1, tickCount=4, format=",d"),
    )
    base = alt.Chart(rows)
    bars = base.mark_bar(color=colour, height={"band": 0.62}).encode(
        y=y,
        x=x,
        tooltip=[
            alt.Tooltip(f"{name}:N", title="名称"),
            alt.Tooltip(f"{count}:Q", title=axis, format=","),
        ],
    )
    text = base.mark_text(align="left", dx=6, aria=False).encode(
        y=y, x=x, text=alt.Text(f"{count}:Q", format=",")
    )
    return layered(bars, text, height=28 * rows.num_rows + FRAME_HEIGHT)


def _names(column: str, title: str) -> alt.Y:
    """The names down the side, in the rows' order."""
    return alt.Y(
        f"{column}:N",
        sort=None,
        title=title,
        axis=alt.Axis(title=None, domain=False, ticks=False, labelFontSize=13, labelColor=look.INK),
    )
