"""Charts of problems that many firms share, and of those that are newly rising."""

import altair as alt
import pyarrow as pa

from fuqi import look
from fuqi.charts.conditions import either
from fuqi.charts.layers import layered
from fuqi.charts.theme import FRAME_HEIGHT, STEP_FORMATS

MOST_DOTS = 12
MOST_LINES = 4
ROW_HEIGHT = 46
LEADING = {True: "代表项", False: "与更强的一项大半相同"}


def shared_problem_dots(rows: pa.Table) -> alt.LayerChart:
    """How many times as frequent as elsewhere, on a log scale; draws at most `MOST_DOTS` rows of `shared_problems`.

    A topic that nobody elsewhere has stands at the right edge, hollow and without a number.
    """
    shown = rows.slice(0, MOST_DOTS)
    known = [q for q in shown.column("location_quotient").to_pylist() if q is not None]
    edge = 1.3 * max(known, default=2.0)
    scale = alt.Scale(type="log", domain=[1, 2.2 * edge], nice=False)
    axis = alt.Axis(
        title="占比是其他地方的几倍（对数刻度）",
        values=[1, 2, 3, 5, 10, 20, 50, 100],
        format="~r",
    )
    y = alt.Y("problem:N", sort=shown.column("problem").to_pylist(), title="地方与诉求", axis=None)
    base = (
        alt.Chart(shown)
        .transform_calculate(
            one="1",
            at=f"isValid(datum.location_quotient) ? datum.location_quotient : {edge}",
            kind=f"datum.is_leading ? '{LEADING[True]}' : '{LEADING[False]}'",
            here="datum.received_count + '/' + datum.place_count",
            elsewhere="datum.elsewhere_count + '/' + datum.elsewhere_total_count",
        )
        .transform_calculate(
            times="isValid(datum.location_quotient)"
            " ? format(datum.location_quotient, '.1f') + '倍　' + datum.here"
            " : '其他地方没有　' + datum.here",
        )
        .encode(y=y)
    )
    present = [
        LEADING[kind] for kind in (True, False) if kind in set(shown["is_leading"].to_pylist())
    ]
    colours = {LEADING[True]: look.RECEIVED, LEADING[False]: look.NEUTRAL}
    colour = alt.Color(
        "kind:N",
        title="类别",
        legend=alt.Legend(title=None, symbolType="circle"),
        scale=alt.Scale(domain=present, range=[colours[kind] for kind in present]),
    )
    x = alt.X("at:Q", title="区位商", scale=scale, axis=axis)
    stems = base.mark_rule(strokeWidth=2, opacity=0.5, aria=False, yOffset=9).encode(
        x=alt.X("one:Q", title="区位商", scale=scale, axis=axis), x2=alt.X2("at:Q"), color=colour
    )
    dots = base.mark_point(size=110, strokeWidth=2, opacity=1, yOffset=9).encode(
        x=x,
        color=colour,
        fill=either(alt.FillValue, "isValid(datum.location_quotient)", colour, look.PAPER),
        tooltip=[
            alt.Tooltip("problem:N", title="地方与诉求"),
            alt.Tooltip("location_quotient:Q", title="区位商", format=".2f"),
            alt.Tooltip("here:N", title="该类/该处诉求"),
            alt.Tooltip("elsewhere:N", title="该类/其他地方诉求"),
            alt.Tooltip("firm_count:Q", title="企业数", format=","),
            alt.Tooltip("certainty:N", title="偶然性"),
        ],
    )
    names = base.mark_text(
        align="left", dy=-9, fontSize=13, limit={"expr": "width"}, aria=False
    ).encode(x=alt.XValue(0), text=alt.Text("problem:N"))
    times = base.mark_text(align="left", dx=11, dy=9, color=look.MUTED, aria=False).encode(
        x=x, text=alt.Text("times:N")
    )
    return layered(stems, dots, names, times, height=ROW_HEIGHT * shown.num_rows + FRAME_HEIGHT)


def rising_weeks(rows: pa.Table) -> alt.LayerChart:
    """Appeals a week, the recent weeks shaded; draws at most `MOST_LINES` rows of `rising_problems`."""
    names = rows.column("problem").to_pylist()[:MOST_LINES]
    weeks = _by_week(rows.slice(0, MOST_LINES))
    dates = sorted(set(weeks.column("week_dates").to_pylist()))
    ticks = [alt.DateTime(year=d.year, month=d.month, date=d.day) for d in dates[::3]]
    axis = alt.Axis(title=None, format=STEP_FORMATS["week"], values=ticks, grid=False)
    recent = (
        alt.Chart(rows.select(["recent_date", "last_date"]))
        .mark_rect(color=look.SHADE, aria=False)
        .encode(
            x=alt.X("min(recent_date):T", title="这一周起", axis=axis),
            x2=alt.X2("max(last_date):T"),
        )
    )
    lines = (
        alt.Chart(weeks)
        .mark_line(strokeWidth=2.2, point={"size": 45, "filled": True})
        .encode(
            x=alt.X("week_dates:T", title="这一周起", axis=axis),
            y=alt.Y(
                "week_counts:Q", title="诉求（件/周）", axis=alt.Axis(tickMinStep=1, tickCount=4)
            ),
            color=alt.Color(
                "problem:N",
                title="地方与诉求",
                legend=alt.Legend(title=None, columns=1, labelLimit=330),
                scale=alt.Scale(
                    domain=names, range=[look.RECEIVED, *look.CATEGORIES[1:]][: len(names)]
                ),
            ),
            tooltip=[
                alt.Tooltip("problem:N", title="地方与诉求"),
                alt.Tooltip("week_dates:T", title="这一周起", format=STEP_FORMATS["week"]),
                alt.Tooltip("week_counts:Q", title="件数", format=","),
            ],
        )
    )
    return layered(recent, lines, height=170 + 20 * len(names) + FRAME_HEIGHT)


def _by_week(rows: pa.Table) -> pa.Table:
    """A row per problem and week, out of the lists of `rising_problems`."""
    lists = rows.select(["problem", "week_dates", "week_counts"]).to_pylist()
    return pa.table(
        {
            "problem": pa.array(
                [row["problem"] for row in lists for _ in row["week_dates"]], pa.string()
            ),
            "week_dates": pa.array([d for row in lists for d in row["week_dates"]], pa.date32()),
            "week_counts": pa.array([n for row in lists for n in row["week_counts"]], pa.int64()),
        }
    )
