"""Period against period: each rate's change with its own interval."""

import altair as alt
import pyarrow as pa

from fuqi import look
from fuqi.charts.layers import layered
from fuqi.charts.theme import FRAME_HEIGHT
from fuqi.store import Kpi, kpis

STANDINGS = {
    "显著好转": look.BETTER,
    "无显著变化": look.NEUTRAL,
    "显著变差": look.WORSE,
    "样本不足": look.BORDER,
}


def change_with_interval(rows: pa.Table) -> alt.Chart:
    """The change of each rate in percentage points with its 95% interval; takes the rows of `rates_changed`.

    A rate that one of the periods has no denominator for keeps its line and shows no point.
    """
    defined = [kpis()[measure] for measure in rows.column("measure").to_pylist()]
    verdicts = rows.column("change_verdict").to_pylist()
    standings = [_standing(v, k) for v, k in zip(verdicts, defined, strict=True)]
    titles = [kpi.label for kpi in defined]
    rows = rows.append_column("title", pa.array(titles, pa.string())).append_column(
        "standing", pa.array(standings, pa.string())
    )
    shown = {s: colour for s, colour in STANDINGS.items() if s in standings}
    colour = alt.Color(
        "standing:N",
        title="较上期",
        legend=alt.Legend(title=None),
        scale=alt.Scale(domain=list(shown), range=list(shown.values())),
    )
    base = (
        alt.Chart(rows)
        .transform_calculate(
            now="datum.numerator_count + '/' + datum.denominator_count",
            before="datum.previous_numerator_count + '/' + datum.previous_denominator_count",
        )
        .encode(
            y=alt.Y(
                "title:N",
                sort=titles,
                title="指标",
                axis=alt.Axis(
                    title=None, domain=False, ticks=False, labelFontSize=13, labelColor=look.INK
                ),
            )
        )
    )
    x = {
        "title": "变化",
        "scale": alt.Scale(zero=True, nice=True, padding=8),
        "axis": alt.Axis(
            title="较上期变化（百分点，横线为95%置信区间）", format="+.0f", tickCount=6
        ),
    }
    zero = (
        alt.Chart(rows)
        .transform_calculate(unchanged="0")
        .mark_rule(color=look.INK, strokeDash=[4, 4], opacity=0.6, aria=False)
        .encode(x=alt.X("max(unchanged):Q", **x))
    )
    interval = base.mark_rule(strokeWidth=3, opacity=0.55, aria=False).encode(
        x=alt.X("change_low_points:Q", **x), x2=alt.X2("change_high_points:Q"), color=colour
    )
    point = base.mark_point(size=110, filled=True, opacity=1).encode(
        x=alt.X("change_points:Q", **x),
        color=colour,
        tooltip=[
            alt.Tooltip("title:N", title="指标"),
            alt.Tooltip("measured_rate:Q", title="本期", format=".2%"),
            alt.Tooltip("now:N", title="本期分子/分母"),
            alt.Tooltip("previous_rate:Q", title="上期", format=".2%"),
            alt.Tooltip("before:N", title="上期分子/分母"),
            alt.Tooltip("change_points:Q", title="变化（百分点）", format="+.2f"),
            alt.Tooltip("change_low_points:Q", title="区间下限", format="+.2f"),
            alt.Tooltip("change_high_points:Q", title="区间上限", format="+.2f"),
            alt.Tooltip("change_verdict:N", title="变化是否显著"),
        ],
    )
    return layered(zero, interval, point, height=28 * rows.num_rows + FRAME_HEIGHT)


def _standing(verdict: str, kpi: Kpi) -> str:
    """Whether a change is to the good, which the verdict, 上升 or 下降, does not say by itself."""
    if verdict not in ("上升", "下降"):
        return verdict
    return "显著好转" if (verdict == "下降") == bool(kpi.is_low_good) else "显著变差"
