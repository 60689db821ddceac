"""Charts of the page 小个专: visits, party organisations, 个转企, use of scenes and functions, permits."""

import altair as alt
import pyarrow as pa

from fuqi import look
from fuqi.charts.conditions import either
from fuqi.charts.layers import layered
from fuqi.charts.theme import FRAME_HEIGHT, STEP_FORMATS

PERIOD, EARLIER, NEVER = "时段内走访", "此前走访", "未走访"
CHANNELS = {"普通办理": look.RECEIVED, "绿色通道": look.CLOSED}
IN_PROMISE, LATE = "承诺时限内或无承诺", "超过时限"


def visit_state_bars(rows: pa.Table, name: str) -> alt.Chart:
    """Small businesses per area: last visited in the period, before it, never; rows of `coverage_by_…`.

    `name` is the column that names the area; areas stand in the rows' order.
    """
    states = {PERIOD: look.CLOSED, EARLIER: look.SEQUENCE[1], NEVER: look.NEUTRAL}
    return (
        alt.Chart(rows)
        .transform_calculate(
            **{
                PERIOD: "datum.period_visited_count",
                EARLIER: "datum.visited_business_count - datum.period_visited_count",
                NEVER: "datum.small_business_count - datum.visited_business_count",
            }
        )
        .transform_fold(list(states), as_=["state", "count"])
        .transform_calculate(place=f"indexof({list(states)}, datum.state)")
        .mark_bar(height={"band": 0.62})
        .encode(
            y=alt.Y(
                f"{name}:N",
                sort=rows.column(name).to_pylist(),
                title="地方",
                axis=alt.Axis(
                    title=None, domain=False, ticks=False, labelFontSize=13, labelColor=look.INK
                ),
            ),
            x=alt.X("count:Q", title="小个专（户）", axis=alt.Axis(tickCount=4, format=",.0f")),
            color=alt.Color(
                "state:N",
                title="走访",
                legend=alt.Legend(title=None),
                scale=alt.Scale(domain=list(states), range=list(states.values())),
            ),
            order=alt.Order("place:Q", title="次序"),
            tooltip=[
                alt.Tooltip(f"{name}:N", title="地方"),
                alt.Tooltip("small_business_count:Q", title="小个专", format=","),
                alt.Tooltip("period_visited_count:Q", title=PERIOD, format=","),
                alt.Tooltip("visited_business_count:Q", title="累计走访过", format=","),
                alt.Tooltip("period_visited_rate:Q", title="时段走访率", format=".2%"),
            ],
        )
        .properties(height=28 * rows.num_rows + FRAME_HEIGHT)
    )


def visits_by_month(rows: pa.Table) -> alt.LayerChart:
    """Small businesses by the month of their last visit; rows of `small_business_visits_by_month`."""
    return _monthly_bars(
        rows,
        "visited_count",
        "最近一次走访在该月（户）",
        [alt.Tooltip("visited_by_then_count:Q", title="截至该月累计走访过", format=",")],
    )


def party_org_growth(rows: pa.Table) -> alt.LayerChart:
    """Party organisations that stand at the end of each year, or so far; rows of `party_orgs_by_year`."""
    most = max(rows.column("standing_count").to_pylist(), default=1)
    base = alt.Chart(rows).encode(
        x=alt.X(
            "founded_year:O",
            title="成立年份",
            axis=alt.Axis(
                labelAngle=0, labelExpr="datum.label + '年'", grid=False, labelOverlap=True
            ),
        ),
        y=alt.Y(
            "standing_count:Q",
            title="党组织（个）",
            scale=alt.Scale(domain=[0, 1.12 * most]),  # room for the number above the last bar
            axis=alt.Axis(tickCount=4),
        ),
    )
    bars = base.mark_bar(color=look.CLOSED, width={"band": 0.62}).encode(
        tooltip=[
            alt.Tooltip("founded_year:O", title="年份"),
            alt.Tooltip("standing_count:Q", title="年末累计", format=","),
            alt.Tooltip("founded_count:Q", title="当年成立", format=","),
            alt.Tooltip("mobile_standing_count:Q", title="流动党组织累计", format=","),
        ]
    )
    text = base.mark_text(dy=-8, aria=False).encode(text=alt.Text("standing_count:Q", format=","))
    return layered(bars, text, height=180 + FRAME_HEIGHT)


def conversions_beside_last_year(rows: pa.Table) -> alt.LayerChart:
    """个转企 each month of this year beside the last; rows of `conversions_by_month`, an unfinished month lighter."""
    names = {"last_year_month_count": "去年", "this_year_month_count": "今年"}
    base = (
        alt.Chart(rows)
        .transform_fold(list(names), as_=["series", "count"])
        .transform_filter("isValid(datum.count)")
        .transform_calculate(
            series=f"{names}[datum.series]",
            label="format(datum.count, ',')",
        )
        .encode(
            x=alt.X(
                "month_number:O",
                title="月份",
                axis=alt.Axis(title=None, labelAngle=0, labelExpr="datum.label + '月'", grid=False),
            ),
            xOffset=alt.XOffset("series:N", title="年", sort=list(names.values())),
            y=alt.Y("count:Q", title="个转企（户）", axis=alt.Axis(tickMinStep=1, tickCount=4)),
        )
    )
    bars = base.mark_bar().encode(
        color=alt.Color(
            "series:N",
            title="年",
            legend=alt.Legend(title=None),
            scale=alt.Scale(domain=list(names.values()), range=[look.NEUTRAL, look.CLOSED]),
        ),
        opacity=either(alt.OpacityValue, "datum.is_whole || datum.series == '去年'", 1, 0.55),
        tooltip=[
            alt.Tooltip("month_number:O", title="月份"),
            alt.Tooltip("this_year_month_count:Q", title="今年", format=","),
            alt.Tooltip("last_year_same_month_count:Q", title="去年同期（到同日）", format=","),
            alt.Tooltip("last_year_month_count:Q", title="去年全月", format=","),
        ],
    )
    text = base.mark_text(dy=-7, fontSize=11, aria=False).encode(text=alt.Text("label:N"))
    return layered(bars, text, height=190 + FRAME_HEIGHT)


def scene_and_function_use(rows: pa.Table, step: str) -> alt.Chart:
    """Use of functions and scenes per day, week or month; rows of `scene_and_function_trend`."""
    names = {"function_use_count": "六大功能", "scene_use_count": "十大场景"}
    return (
        alt.Chart(rows)
        .transform_fold(list(names), as_=["series", "count"])
        .transform_calculate(
            series=f"{names}[datum.series]", whole="datum.is_whole ? '完整' : '不足整段'"
        )
        .mark_bar()
        .encode(
            x=_ordered_steps(step),
            y=alt.Y("count:Q", title="使用（次）", axis=alt.Axis(tickMinStep=1, tickCount=4)),
            color=alt.Color(
                "series:N",
                title="类别",
                legend=alt.Legend(title=None),
                scale=alt.Scale(domain=list(names.values()), range=[look.RECEIVED, look.CLOSED]),
            ),
            opacity=either(alt.OpacityValue, "datum.is_whole", 1, 0.55),
            tooltip=[
                alt.Tooltip("step_date:T", title="日期", format=STEP_FORMATS[step]),
                alt.Tooltip("whole:N", title="是否完整"),
                *(
                    alt.Tooltip(f"{column}:Q", title=name, format=",")
                    for column, name in names.items()
                ),
            ],
        )
        .properties(height=190 + FRAME_HEIGHT)
    )


def permit_days_by_month(rows: pa.Table) -> alt.LayerChart:
    """Median working days by month of issue and channel, n above each point; rows of `permits_by_month`.

    A thin line reaches up to the 90th percentile; a month cut off by the period's ends is hollow.
    """
    present = [
        channel
        for channel in CHANNELS
        if any(row["permit_issued_count"] for row in rows.to_pylist() if row["channel"] == channel)
    ]
    colour = alt.Color(
        "channel:N",
        title="办理方式",
        legend=alt.Legend(title=None, symbolType="circle"),
        scale=alt.Scale(domain=present, range=[CHANNELS[channel] for channel in present]),
    )
    base = (
        alt.Chart(rows)
        .transform_filter("isValid(datum.median_permit_working_days)")
        .transform_calculate(n="'n=' + datum.permit_issued_count")
        .encode(
            x=_ordered_steps("month"),
            y=alt.Y(
                "median_permit_working_days:Q",
                title="受理至发证（工作日，中位数）",
                scale=alt.Scale(zero=True),
                axis=alt.Axis(tickMinStep=1, tickCount=5),
            ),
            color=colour,
        )
    )
    tooltip = [
        alt.Tooltip("step_date:T", title="发证月份", format=STEP_FORMATS["month"]),
        alt.Tooltip("channel:N", title="办理方式"),
        alt.Tooltip("median_permit_working_days:Q", title="中位数（工作日）", format=".1f"),
        alt.Tooltip("p90_permit_working_days:Q", title="90%在此以内（工作日）", format=".1f"),
        alt.Tooltip("permit_issued_count:Q", title="发证", format=","),
        alt.Tooltip("within_promise_count:Q", title="承诺时限内", format=","),
        alt.Tooltip("promised_count:Q", title="有承诺时限", format=","),
    ]
    spans = base.mark_rule(opacity=0.45, aria=False).encode(y2=alt.Y2("p90_permit_working_days:Q"))
    lines = base.mark_line(strokeWidth=2.2, aria=False)
    points = base.mark_point(size=55, strokeWidth=1.8, opacity=1).encode(
        fill=either(alt.FillValue, "datum.is_whole", colour, look.PAPER), tooltip=tooltip
    )
    text = base.mark_text(dy=13, fontSize=10, aria=False).encode(text=alt.Text("n:N"))
    return layered(spans, lines, points, text, height=210 + FRAME_HEIGHT)


def permit_days(rows: pa.Table) -> alt.LayerChart:
    """Permits of one channel by the working days they took, late ones in red; rows of `permit_days_distribution`."""
    names = {"in_promise": IN_PROMISE, "late_count": LATE}
    base = alt.Chart(rows).transform_calculate(
        in_promise="datum.permit_issued_count - datum.late_count",
        label="datum.permit_issued_count ? format(datum.permit_issued_count, ',') : ''",
    )
    x = alt.X(
        "working_days:O",
        title="受理至发证（工作日，受理当日不计）",
        axis=alt.Axis(labelAngle=0, grid=False, labelOverlap=True),
    )
    bars = (
        base.transform_fold(list(names), as_=["state", "count"])
        .transform_calculate(state=f"{names}[datum.state]")
        .mark_bar(width={"band": 0.7})
        .encode(
            x=x,
            y=alt.Y("count:Q", title="发证（件）", axis=alt.Axis(tickMinStep=1, tickCount=4)),
            color=alt.Color(
                "state:N",
                title="承诺时限",
                legend=alt.Legend(title=None),
                scale=alt.Scale(domain=list(names.values()), range=[look.CLOSED, look.OVERDUE]),
            ),
            order=alt.Order("state:N", title="次序", sort="ascending"),
            tooltip=[
                alt.Tooltip("working_days:O", title="工作日"),
                alt.Tooltip("permit_issued_count:Q", title="发证", format=","),
                alt.Tooltip("late_count:Q", title="其中超过时限", format=","),
            ],
        )
    )
    text = base.mark_text(dy=-7, aria=False).encode(
        x=x, y=alt.Y("permit_issued_count:Q"), text=alt.Text("label:N")
    )
    return layered(bars, text, height=150 + FRAME_HEIGHT)


def _monthly_bars(
    rows: pa.Table, column: str, axis: str, tooltip: list[alt.Tooltip]
) -> alt.LayerChart:
    base = (
        alt.Chart(rows)
        .transform_calculate(whole="datum.is_whole ? '完整' : '不足整月'")
        .encode(
            x=_ordered_steps("month"),
            y=alt.Y(f"{column}:Q", title=axis, axis=alt.Axis(tickCount=4, format=",.0f")),
        )
    )
    bars = base.mark_bar(color=look.CLOSED, width={"band": 0.7}).encode(
        opacity=either(alt.OpacityValue, "datum.is_whole", 1, 0.55),
        tooltip=[
            alt.Tooltip("step_date:T", title="月份", format=STEP_FORMATS["month"]),
            alt.Tooltip("whole:N", title="是否完整"),
            alt.Tooltip(f"{column}:Q", title=axis, format=","),
            *tooltip,
        ],
    )
    return layered(bars, height=180 + FRAME_HEIGHT)


def _ordered_steps(step: str) -> alt.X:
    """Every step of the rows side by side, as bars need it."""
    return alt.X(
        "step_date:O",
        timeUnit="yearmonthdate",
        title="日期",
        axis=alt.Axis(
            title=None,
            format="%y年%-m月" if step == "month" else STEP_FORMATS[step],
            labelAngle=0,
            labelOverlap=True,
            grid=False,
        ),
    )
