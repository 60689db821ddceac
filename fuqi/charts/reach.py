"""Charts of how the stations reach: which communities least, and how long a quick test took."""

import altair as alt
import pyarrow as pa

from fuqi import look, wording
from fuqi.charts.layers import layered
from fuqi.charts.theme import FRAME_HEIGHT, STEP_FORMATS

MOST_BARS = 12
MINUTES_A_DAY = 1440
PROCESSES = {
    "外送办理": ("sent_out_test_days", "sent_out_test_count", MINUTES_A_DAY),
    "站内办理": ("on_site_test_minutes", "on_site_test_count", 1),
}


def least_reached(rows: pa.Table) -> alt.LayerChart:
    """The ranked communities that stations reach least, a bar each with n/N; rows of `reach_by_community`."""
    shown = rows.filter(rows.column("worst_rank").is_valid()).slice(0, MOST_BARS)
    order = shown.column("community_name").to_pylist()
    base = alt.Chart(shown).transform_calculate(
        label="format(datum.station_coverage_rate, '.1%') + '（' + format(datum.reached_count, ',') + '/'"
        " + format(datum.judged_count, ',') + '）'"
    )
    y = alt.Y(
        "community_name:N", sort=order, title="社区", axis=alt.Axis(title=None, labelLimit=140)
    )
    x = alt.X(
        "station_coverage_rate:Q",
        title="服务站覆盖率",
        scale=alt.Scale(domain=[0, 1.35], nice=False),
        axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    bars = base.mark_bar(color=look.CLOSED, height={"band": 0.62}).encode(
        y=y,
        x=x,
        tooltip=[
            alt.Tooltip("worst_rank:Q", title="名次（最低者为1）"),
            alt.Tooltip("subdistrict_name:N", title="街道"),
            alt.Tooltip("community_name:N", title="社区"),
            alt.Tooltip("station_coverage_rate:Q", title="服务站覆盖率", format=".2%"),
            alt.Tooltip("reached_count:Q", title="已覆盖", format=","),
            alt.Tooltip("judged_count:Q", title="有坐标市场主体", format=","),
            alt.Tooltip("unreached_count:Q", title="未覆盖", format=","),
        ],
    )
    text = base.mark_text(align="left", dx=6, aria=False).encode(y=y, x=x, text=alt.Text("label:N"))
    return layered(bars, text, height=26 * len(order) + FRAME_HEIGHT)


def quick_test_times(rows: pa.Table) -> alt.LayerChart:
    """Median time of a quick test by month, sent to a laboratory or done at the station, each with its n.

    Takes the rows of `quick_tests_by_month`. The axis is logarithmic, or minutes would vanish beside days.
    """
    base = alt.Chart(_by_process(rows)).encode(
        x=alt.X(
            "month_date:T",
            title="月份",
            scale=alt.Scale(padding=18),  # room for the words at the last point
            axis=alt.Axis(
                title=None,
                format=STEP_FORMATS["month"],
                tickCount={"interval": "month", "step": 1},
                grid=False,
                labelOverlap=True,
            ),
        ),
        y=alt.Y(
            "minutes_taken:Q",
            title="快检用时中位数",
            scale=alt.Scale(type="log", domain=[1, 4 * MINUTES_A_DAY], nice=False),
            axis=alt.Axis(
                values=[1, 5, 30, 180, MINUTES_A_DAY],
                labelExpr="datum.value >= 1440 ? datum.value / 1440 + '天' : datum.value >= 60 "
                "? datum.value / 60 + '小时' : datum.value + '分钟'",
            ),
        ),
        color=alt.Color(
            "process:N",
            title="办理方式",
            legend=alt.Legend(title=None),
            scale=alt.Scale(domain=list(PROCESSES), range=[look.NEUTRAL, look.CLOSED]),
        ),
    )
    points = base.mark_line(strokeWidth=2.2, point={"size": 55, "filled": True}).encode(
        tooltip=[
            alt.Tooltip("month_date:T", title="月份", format=STEP_FORMATS["month"]),
            alt.Tooltip("process:N", title="办理方式"),
            alt.Tooltip("time_taken:N", title="用时中位数"),
            alt.Tooltip("test_count:Q", title="快检次数", format=","),
        ]
    )
    text = base.mark_text(dy=-13, aria=False).encode(text=alt.Text("label:N"))
    return layered(points, text, height=200 + FRAME_HEIGHT)


def _by_process(rows: pa.Table) -> pa.Table:
    """A row per month and way of testing that has a finished test."""
    long = []
    for row in rows.to_pylist():
        for process, (taken, count, minutes) in PROCESSES.items():
            if not row[count]:
                continue
            value = row[taken]
            number = wording.number(value, 1).removesuffix(".0")
            words = f"{number}{'天' if minutes > 1 else '分钟'}"
            long.append(
                {
                    "month_date": row["month_date"],
                    "process": process,
                    # A test done within the minute its request was written down has no place on the axis.
                    "minutes_taken": max(value * minutes, 1.0),
                    "time_taken": words,
                    "test_count": row[count],
                    "label": f"n={row[count]:,}",
                }
            )
    return pa.Table.from_pylist(
        long,
        pa.schema(
            [
                ("month_date", pa.date32()),
                ("process", pa.string()),
                ("minutes_taken", pa.float64()),
                ("time_taken", pa.string()),
                ("test_count", pa.int64()),
                ("label", pa.string()),
            ]
        ),
    )
