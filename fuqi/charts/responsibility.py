"""Charts of visits to what cadres hold, and of a case of a service team."""

import altair as alt
import pyarrow as pa

from fuqi import look
from fuqi.charts.conditions import either
from fuqi.charts.layers import layered
from fuqi.charts.theme import FRAME_HEIGHT

ROW_HEIGHT = 30


def coverage_by_month(rows: pa.Table) -> alt.LayerChart:
    """Of what was held in each month, the share visited in it, with n/N above; rows of `coverage_by_month`.

    A month that is not over is drawn hollow.
    """
    base = alt.Chart(rows).transform_calculate(
        month="timeFormat(datum.step_date, '%Y年%-m月') + (datum.is_whole ? '' : '（未满）')",
        label="format(datum.visit_coverage_rate, '.1%') + '　' + datum.visited_count"
        " + '/' + datum.held_in_period_count",
    )
    x = alt.X(
        "month:N",
        sort=alt.SortField("step_date"),
        title="月份",
        axis=alt.Axis(title=None, labelAngle=0, grid=False),
    )
    y = alt.Y(
        "visit_coverage_rate:Q",
        title="走访覆盖率",
        scale=alt.Scale(domain=[0, 1.12], nice=False),
        axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    bars = base.mark_bar(stroke=look.CLOSED, strokeWidth=2, width={"band": 0.5}).encode(
        x=x,
        y=y,
        fill=either(alt.FillValue, "datum.is_whole", look.CLOSED, look.PAPER),
        tooltip=[
            alt.Tooltip("month:N", title="月份"),
            alt.Tooltip("visit_coverage_rate:Q", title="走访覆盖率", format=".2%"),
            alt.Tooltip("visited_count:Q", title="已走访", format=","),
            alt.Tooltip("held_in_period_count:Q", title="当月有人挂点", format=","),
        ],
    )
    text = base.mark_text(dy=-9, aria=False).encode(x=x, y=y, text=alt.Text("label:N"))
    return layered(bars, text, height=170 + FRAME_HEIGHT)


def deal_spans(rows: pa.Table) -> alt.LayerChart:
    """From application to money, a bar a firm with its amount; rows of `n1_deals`."""
    base = alt.Chart(rows).transform_calculate(
        until="datum.funded_date === null ? datum.applied_date : datum.funded_date",
        label="format(datum.amount_yuan / 10000, ',.0f') + ' 万元'"
        " + (datum.funded_date === null ? '，未到账' : '')",
    )
    y = alt.Y(
        "enterprise_name:N",
        sort=rows.column("enterprise_name").to_pylist(),
        title="企业",
        axis=alt.Axis(title=None, domain=False, ticks=False, labelColor=look.INK, labelLimit=200),
    )
    axis = alt.Axis(title=None, format="%Y年%-m月", tickCount={"interval": "month", "step": 3})
    x = alt.X("applied_date:T", title="提出", axis=axis)
    bars = base.mark_bar(height=9, cornerRadius=3, color=look.RECEIVED, opacity=0.75).encode(
        y=y,
        x=x,
        x2=alt.X2("funded_date:T"),
        tooltip=[
            alt.Tooltip("enterprise_name:N", title="企业"),
            alt.Tooltip("team_name:N", title="小组"),
            alt.Tooltip("applied_date:T", title="提出", format="%Y-%m-%d"),
            alt.Tooltip("funded_date:T", title="到账", format="%Y-%m-%d"),
            alt.Tooltip("taken_days:Q", title="历时（天）", format=","),
            alt.Tooltip("amount_yuan:Q", title="金额（元）", format=","),
        ],
    )
    text = base.mark_text(align="left", dx=6, aria=False).encode(
        y=y, x=alt.X("until:T", title="到账"), text=alt.Text("label:N")
    )
    return layered(bars, text, height=ROW_HEIGHT * max(rows.num_rows, 1) + FRAME_HEIGHT)
