"""Charts of the way of cases: stages reached, time used, hours of receipt, and the clocks of a single one."""

from datetime import datetime

import altair as alt
import pyarrow as pa

from fuqi import look
from fuqi.charts.conditions import either
from fuqi.charts.layers import layered
from fuqi.charts.theme import FRAME_HEIGHT

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
LOWEST_SHADE = 0.7
"""A rate of this or less is drawn darkest."""

IN_TIME, LATE = "时限之内", "超过时限"


def stage_funnel(rows: pa.Table) -> alt.LayerChart:
    """Cases that reached each stage; rows of `resolution_funnel`, with a null count where it cannot be told."""
    order = rows.column("stage_name").to_pylist()
    base = alt.Chart(rows).transform_calculate(
        label="datum.reached_count === null ? '不可算：导出没有这一列' : "
        "format(datum.reached_count, ',') + ' 件' + "
        "(datum.reached_share === null ? '' : '，' + format(datum.reached_share, '.1%')) + "
        "(datum.median_hours === null ? '' : '，' + "
        "(datum.median_hours < 1 ? format(datum.median_hours * 60, '.0f') + ' 分钟' : "
        "format(datum.median_hours, '.1f') + ' 小时'))"
    )
    y = alt.Y(
        "stage_name:N",
        sort=order,
        title="环节",
        axis=alt.Axis(title=None, domain=False, ticks=False, labelFontSize=13, labelColor=look.INK),
    )
    x = alt.X("reached_count:Q", title="件数", scale=alt.Scale(zero=True, nice=False), axis=None)
    # Room at the right for what is written behind the longest bar.
    room = (
        base.transform_calculate(room="1.85 * max(datum.received_count, 1)")
        .mark_point(opacity=0, aria=False)
        .encode(y=y, x=alt.X("room:Q", title="件数"))
    )
    bars = base.mark_bar(color=look.RECEIVED, height={"band": 0.62}).encode(
        y=y,
        x=x,
        tooltip=[
            alt.Tooltip("stage_name:N", title="环节"),
            alt.Tooltip("reached_count:Q", title="已到该环节", format=","),
            alt.Tooltip("received_count:Q", title="受理量", format=","),
            alt.Tooltip("reached_share:Q", title="比例", format=".2%"),
            alt.Tooltip("median_hours:Q", title="自受理的中位小时", format=".2f"),
        ],
    )
    text = base.mark_text(align="left", dx=6, aria=False).encode(
        y=y, x=alt.X("shown:Q", title="件数"), text=alt.Text("label:N")
    )
    text = text.transform_calculate(shown="datum.reached_count === null ? 0 : datum.reached_count")
    return layered(bars, text, room, height=30 * rows.num_rows + FRAME_HEIGHT)


def limit_use(rows: pa.Table) -> alt.LayerChart:
    """Closed cases by the share of their time allowed that they took; rows of `limit_use_distribution`.

    The limit is the line at 100%; each case is measured against its own.
    """
    base = alt.Chart(rows).transform_calculate(
        share_from="datum.tenth / 10",
        share_to="(datum.tenth + 1) / 10",
        state=f"datum.is_late ? '{LATE}' : '{IN_TIME}'",
        shown="datum.is_rest ? '200%以上' : "
        "format(datum.tenth / 10, '.0%') + '–' + format((datum.tenth + 1) / 10, '.0%')",
    )
    x = alt.X(
        "share_from:Q",
        bin="binned",
        title="用时占时限的比例（自然时间，最右为200%以上）",
        scale=alt.Scale(domain=[0, 2.1], nice=False),
        axis=alt.Axis(
            format=".0%",
            values=[0, 0.5, 1, 1.5, 2],
            grid=False,
        ),
    )
    bars = base.mark_bar(binSpacing=1).encode(
        x=x,
        x2=alt.X2("share_to:Q"),
        y=alt.Y(
            "closed_count:Q", title="办结诉求（件）", axis=alt.Axis(tickMinStep=1, tickCount=5)
        ),
        color=alt.Color(
            "state:N",
            title="状态",
            legend=alt.Legend(title=None),
            scale=alt.Scale(domain=[IN_TIME, LATE], range=[look.CLOSED, look.OVERDUE]),
        ),
        tooltip=[
            alt.Tooltip("shown:N", title="用时占时限"),
            alt.Tooltip("closed_count:Q", title="办结", format=","),
        ],
    )
    line = base.transform_filter("datum.tenth == 0").encode(x=alt.XDatum(1))
    rule = line.mark_rule(color=look.INK, strokeDash=[4, 4], aria=False)
    label = line.mark_text(align="left", baseline="top", dx=5, fontWeight=600, aria=False).encode(
        y=alt.YValue(0), text=alt.TextValue("时限")
    )
    return layered(bars, rule, label, height=190 + FRAME_HEIGHT)


def response_by_hour(rows: pa.Table, min_n: int) -> alt.LayerChart:
    """Same-day response by weekday and hour of receipt; rows of `same_day_by_hour`.

    The number in a cell is its n; with fewer than `min_n` cases to answer it is the paler, for its rate says the less.
    """
    base = alt.Chart(rows).transform_calculate(
        weekday=f"{list(WEEKDAYS)}[datum.weekday_number - 1]",
        share="datum.same_day_response_count + '/' + datum.response_due_count",
    )
    x = alt.X(
        "received_hour:O",
        title="受理时刻（时）",
        scale=alt.Scale(domain=list(range(24))),
        axis=alt.Axis(labelAngle=0, labelOverlap=True, grid=False),
    )
    y = alt.Y(
        "weekday:N",
        sort=list(WEEKDAYS),
        title="星期",
        scale=alt.Scale(domain=list(WEEKDAYS)),
        axis=alt.Axis(title=None, domain=False, ticks=False, labelColor=look.INK),
    )
    tooltip = [
        alt.Tooltip("weekday:N", title="受理于"),
        alt.Tooltip("received_hour:O", title="时"),
        alt.Tooltip("same_day_response_rate:Q", title="当日响应率", format=".2%"),
        alt.Tooltip("share:N", title="当日响应/应响应"),
        alt.Tooltip("received_count:Q", title="受理量", format=","),
    ]
    cells = base.mark_rect().encode(
        x=x,
        y=y,
        color=alt.Color(
            "same_day_response_rate:Q",
            title="当日响应率",
            scale=alt.Scale(
                domain=[LOWEST_SHADE, 1], range=[look.WORSE, look.SEQUENCE[1]], clamp=True
            ),
            legend=alt.Legend(
                title="当日响应率（颜色越浅，件数越少）",
                titleLimit=300,
                format=".0%",
                orient="top",
                gradientLength=180,
            ),
        ),
        opacity=alt.Opacity(
            "response_due_count:Q",
            title="应响应",
            scale=alt.Scale(domain=[0, min_n], range=[0.08, 1], clamp=True),
            legend=None,
        ),
        tooltip=tooltip,
    )
    text = base.mark_text(fontSize=10, aria=False).encode(
        x=x,
        y=y,
        text=alt.Text("response_due_count:Q"),
        color=either(
            alt.ColorValue,
            f"datum.response_due_count >= {min_n / 2} && datum.same_day_response_rate < 0.9",
            look.PAPER,
            look.INK,
        ),
    )
    return layered(cells, text, height=190 + FRAME_HEIGHT)


def case_clocks(rows: pa.Table, as_of: datetime) -> alt.LayerChart:
    """What happened to one case and when, its deadline among it; rows of `case_timeline`.

    A dashed line stands at `as_of`, the moment of the data: where an open case has come to.
    """
    base = alt.Chart(rows).encode(
        x=alt.X(
            "happened_at:T",
            title="时间",
            scale=alt.Scale(padding=30),
            axis=alt.Axis(title=None, format="%-m月%-d日", tickCount=5, labelOverlap=True),
        ),
    )
    colour = either(alt.ColorValue, "datum.is_deadline", look.DUE_SOON, look.CLOSED)
    points = base.mark_point(size=110, filled=True, opacity=1).encode(
        y=alt.Y(
            "event_label:N",
            sort=rows.column("event_label").to_pylist(),
            title="环节",
            axis=alt.Axis(
                title=None, domain=False, ticks=False, labelFontSize=13, labelColor=look.INK
            ),
        ),
        color=colour,
        tooltip=[
            alt.Tooltip("event_name:N", title="环节"),
            alt.Tooltip("happened_at:T", title="时间", format="%Y-%m-%d %H:%M"),
            alt.Tooltip("hours_since_receipt:Q", title="受理后（自然小时）", format=".1f"),
        ],
    )
    moment = alt.DateTime(
        year=as_of.year,
        month=as_of.month,
        date=as_of.day,
        hours=as_of.hour,
        minutes=as_of.minute,
    )
    now = (
        base.transform_filter("datum.event_order == 1")
        .mark_rule(color=look.MUTED, strokeDash=[4, 4], aria=False)
        .encode(x=alt.XDatum(moment, type="temporal"))
    )
    return layered(now, points, height=30 * rows.num_rows + FRAME_HEIGHT)
