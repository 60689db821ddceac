"""Charts of money and of the events that bring it: what arrived, what was sold, when it happened."""

from typing import Any

import altair as alt
import pyarrow as pa

from fuqi import contract, look
from fuqi.charts.layers import layered
from fuqi.charts.theme import FRAME_HEIGHT, STEP_FORMATS

YUAN_TICKS = (
    "datum.value >= 1e8 ? format(datum.value / 1e8, ',.2~f') + '亿'"
    " : datum.value >= 1e4 ? format(datum.value / 1e4, ',.1~f') + '万' : format(datum.value, ',')"
)
"""Amounts on an axis as they are said: 5000万, 1.5亿."""
STEP_TITLES = {"day": "日期", "week": "周一", "month": "月份"}


def funded_by_step(rows: pa.Table, step: str) -> alt.Chart:
    """Money arrived per day, week or month, one colour a programme; rows of `financing_trend`."""
    colour = _colour("financing", "programme", rows, "融资项目")
    return _bars(rows, step, _yuan("funded_yuan", "到账金额"), colour, "funded_yuan").encode(
        tooltip=[
            *_step_tooltip(step),
            alt.Tooltip("programme:N", title="融资项目"),
            alt.Tooltip("money:N", title="到账金额"),
            alt.Tooltip("funded_count:Q", title="到账笔数", format=","),
        ]
    )


def funded_so_far(rows: pa.Table, step: str) -> alt.Chart:
    """What arrived since the first deal, per programme; takes the rows of `financing_trend`.

    The last point is the newest state, so a step cut off by the period's end is not marked.
    """
    return (
        alt.Chart(rows)
        .transform_calculate(money=_in_words("total_funded_yuan"))
        .mark_line(interpolate="step-after", strokeWidth=2.2, point={"size": 40, "filled": True})
        .encode(
            x=_steps(step),
            y=_yuan("total_funded_yuan", "累计到账金额"),
            color=_colour("financing", "programme", rows, "融资项目"),
            tooltip=[
                *_step_tooltip(step),
                alt.Tooltip("programme:N", title="融资项目"),
                alt.Tooltip("money:N", title="累计到账金额"),
                alt.Tooltip("total_funded_count:Q", title="累计到账笔数", format=","),
            ],
        )
        .properties(height=190 + FRAME_HEIGHT)
    )


def activities_by_step(rows: pa.Table, step: str) -> alt.Chart:
    """Activities per day, week or month, one colour a kind; takes the rows of `activities_trend`."""
    count = alt.Y("activity_count:Q", title="活动（场）", axis=alt.Axis(tickMinStep=1, tickCount=5))
    colour = _colour("activities", "activity_kind", rows, "活动类型")
    return _bars(rows, step, count, colour, "sales_yuan").encode(
        tooltip=[
            *_step_tooltip(step),
            alt.Tooltip("activity_kind:N", title="活动类型"),
            alt.Tooltip("activity_count:Q", title="活动场次", format=","),
            alt.Tooltip("attendance_count:Q", title="参加企业家次", format=","),
            alt.Tooltip("money:N", title="销售额"),
        ]
    )


def activity_timeline(rows: pa.Table) -> alt.Chart:
    """When each activity was held, a line a kind, larger where more firms came; rows of `activity_list`."""
    return (
        alt.Chart(rows)
        .transform_calculate(
            sold=_in_words("sales_yuan"),
            brought=f"datum.linked_deal_count + ' 笔 ' + ({_in_words('linked_yuan')})",
        )
        .mark_circle(opacity=0.65, stroke=look.PAPER)
        .encode(
            x=alt.X(
                "started_at:T",
                title="开始时间",
                scale=alt.Scale(padding=16),
                axis=alt.Axis(title=None, format="%-m月%-d日", labelOverlap=True),
            ),
            y=alt.Y(
                "activity_kind:N",
                title="活动类型",
                axis=alt.Axis(
                    title=None, domain=False, ticks=False, labelFontSize=13, labelColor=look.INK
                ),
            ),
            size=alt.Size(
                "participant_count:Q",
                title="参加企业数",
                scale=alt.Scale(range=[30, 500], domainMin=0),
                legend=None,
            ),
            color=_colour("activities", "activity_kind", rows, "活动类型", legend=None),
            tooltip=[
                alt.Tooltip("activity_name:N", title="活动"),
                alt.Tooltip("started_at:T", title="开始时间", format="%Y-%m-%d %H:%M"),
                alt.Tooltip("subdistrict_name:N", title="街道"),
                alt.Tooltip("participant_count:Q", title="参加企业数", format=","),
                alt.Tooltip("sold:N", title="销售额"),
                alt.Tooltip("brought:N", title="引出融资"),
            ],
        )
        .properties(height=160 + FRAME_HEIGHT)
    )


def live_sales(rows: pa.Table) -> alt.LayerChart:
    """Sales of live events adding up, by days since the first, with the published figure as a line.

    Takes the rows of `live_sales_course`; without a published figure there is no line.
    """
    base = (
        alt.Chart(rows)
        .transform_calculate(
            total=_in_words("cumulative_sales_yuan"),
            sold=_in_words("sales_yuan"),
        )
        .encode(
            x=alt.X(
                "day_number:Q",
                title="首场起第几天",
                scale=alt.Scale(domainMin=1, padding=8),
                axis=alt.Axis(tickMinStep=1, tickCount=8, grid=False, format="d"),
            ),
            y=_yuan("cumulative_sales_yuan", "累计销售额"),
        )
    )
    course = base.mark_line(
        interpolate="step-after", strokeWidth=2.2, color=look.CLOSED, aria=False
    )
    points = base.mark_circle(size=55, opacity=1, color=look.CLOSED).encode(
        tooltip=[
            alt.Tooltip("activity_name:N", title="活动"),
            alt.Tooltip("started_at:T", title="开始时间", format="%Y-%m-%d %H:%M"),
            alt.Tooltip("sold:N", title="本场销售额"),
            alt.Tooltip("total:N", title="累计销售额"),
            alt.Tooltip("day_number:Q", title="第几天"),
        ]
    )
    published = alt.Chart(rows).transform_filter("datum.published_yuan != null")
    line = published.mark_rule(color=look.INK, strokeDash=[4, 4], opacity=0.6, aria=False).encode(
        y=_yuan("max(published_yuan)", "累计销售额")
    )
    words = (
        published.transform_aggregate(published="max(published_yuan)")
        .transform_calculate(text=f"'公布数 ' + ({_in_words('published')})")
        .mark_text(align="left", dx=6, dy=-8, color=look.MUTED, aria=False)
        .encode(x=alt.XValue(0), y=_yuan("published", "累计销售额"), text=alt.Text("text:N"))
    )
    return layered(line, words, course, points, height=190 + FRAME_HEIGHT)


def _bars(rows: pa.Table, step: str, y: alt.Y, colour: alt.Color, amount: str) -> alt.Chart:
    return (
        alt.Chart(rows)
        .transform_calculate(money=_in_words(amount))
        .mark_bar()
        .encode(x=_steps(step), y=y, color=colour)
        .properties(height=190 + FRAME_HEIGHT)
    )


def _steps(step: str) -> alt.X:
    return alt.X(
        "yearmonthdate(step_date):O",
        title=STEP_TITLES[step],
        axis=alt.Axis(
            title=None, format=STEP_FORMATS[step], labelAngle=0, labelOverlap=True, grid=False
        ),
    )


def _step_tooltip(step: str) -> list[alt.Tooltip]:
    return [alt.Tooltip("step_date:T", title=STEP_TITLES[step], format=STEP_FORMATS[step])]


def _yuan(column: str, title: str) -> alt.Y:
    return alt.Y(
        f"{column}:Q",
        title=title,
        scale=alt.Scale(domainMin=0, nice=True),
        axis=alt.Axis(title=title, tickCount=5, labelExpr=YUAN_TICKS),
    )


def _in_words(column: str) -> str:
    """A Vega expression: the amount as people say it, as `wording.yuan` does."""
    amount = f"datum.{column}"
    return (
        f"{amount} == null ? '—' : {amount} >= 99999950 ? format({amount} / 1e8, ',.2~f') + '亿元'"
        f" : {amount} >= 9999.995 ? format({amount} / 1e4, ',.2~f') + '万元'"
        f" : format({amount}, ',.2~f') + '元'"
    )


def _colour(table: str, column: str, rows: pa.Table, title: str, **legend: Any) -> alt.Color:
    """A colour stays with its name: by the place among those the contract allows, whichever the period has."""
    allowed = contract.load()[table].column(column).allowed
    met = set(rows.column(column).to_pylist())
    names = [name for name in allowed if name in met]
    colours = [look.CATEGORIES[allowed.index(name)] for name in names]
    return alt.Color(
        f"{column}:N",
        title=title,
        legend=legend.get("legend", alt.Legend(title=None)),
        scale=alt.Scale(domain=names, range=colours),
    )
