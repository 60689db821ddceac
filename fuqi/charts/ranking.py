"""Units compared honestly: a rate with its interval, the district's rate, and n."""

from collections.abc import Mapping

import altair as alt
import pyarrow as pa

from fuqi import look
from fuqi.charts.targets import target_line
from fuqi.charts.theme import FRAME_HEIGHT

VERDICTS = {
    "高于全区": look.HIGH,
    "与全区无显著差异": look.NEUTRAL,
    "低于全区": look.LOW,
    "样本不足": look.BORDER,
    "无应办结": look.BORDER,
}


def ranking_with_interval(
    rows: pa.Table,
    subdistrict: str | None = None,
    target: float | None = None,
    own_targets: Mapping[str, float] | None = None,
) -> alt.LayerChart:
    """On-time rate per subdistrict with its 95% interval; takes the rows of `resolution_by_subdistrict`.

    The order is the query's: ranked units first, then those without enough cases. The name of
    `subdistrict` is set in bold. `target` is drawn as a line through all of them, `own_targets` by name as a tick
    in the row of each.
    """
    order = rows.column("subdistrict_name").to_pylist()
    if own_targets:
        own = pa.array([own_targets.get(name) for name in order], pa.float64())
        rows = rows.append_column("own_target", own)
    base = (
        alt.Chart(rows)
        .transform_calculate(
            share="datum.on_time_count + '/' + datum.due_count",
        )
        .encode(
            y=alt.Y(
                "subdistrict_name:N",
                sort=order,
                title="街道",
                axis=alt.Axis(
                    title=None,
                    domain=False,
                    ticks=False,
                    labelFontSize=13,
                    labelColor=look.INK,
                    labelFontWeight=alt.condition(
                        alt.datum.value == (subdistrict or ""), alt.value(700), alt.value(400)
                    ),
                ),
            )
        )
    )
    x = {
        "title": "按时办结率",
        "scale": alt.Scale(zero=False, nice=True, padding=8),
        "axis": alt.Axis(
            title="按时办结率（横线为95%置信区间，右侧为按时办结/应办结）",
            format=".0%",
            tickCount=5,
        ),
    }
    interval = base.mark_rule(strokeWidth=3, opacity=0.55, aria=False).encode(
        x=alt.X("on_time_low:Q", **x),
        x2="on_time_high:Q",
        color=_verdict_colour(rows),
    )
    point = base.mark_point(size=110, filled=True, opacity=1).encode(
        x=alt.X("on_time_rate:Q", **x),
        color=_verdict_colour(rows),
        tooltip=[
            alt.Tooltip("subdistrict_name:N", title="街道"),
            alt.Tooltip("on_time_rank:Q", title="名次"),
            alt.Tooltip("on_time_rate:Q", title="按时办结率", format=".2%"),
            alt.Tooltip("share:N", title="按时办结/应办结"),
            alt.Tooltip("on_time_verdict:N", title="与全区比较"),
        ],
    )
    counts = base.mark_text(align="left", color=look.MUTED, aria=False).encode(
        x=alt.XValue("width"), text="share:N"
    )
    district = (
        alt.Chart(rows)
        .mark_rule(strokeDash=[4, 4], color=look.INK, opacity=0.6, aria=False)
        .encode(x=alt.X("max(district_on_time_rate):Q", **x))
    )
    layers = district + interval + point + counts
    if target is not None:
        layers += target_line(target, alt.X(**{"shorthand": "target:Q", **x}))
    if own_targets:
        layers += base.mark_tick(color=look.INK, thickness=3, size=20).encode(
            x=alt.X("own_target:Q", **x),
            tooltip=[
                alt.Tooltip("subdistrict_name:N", title="街道"),
                alt.Tooltip("own_target:Q", title="该街道自己的目标", format=".2%"),
            ],
        )
    return layers.properties(height=28 * rows.num_rows + FRAME_HEIGHT)


def _verdict_colour(rows: pa.Table) -> alt.Color:
    present = set(rows.column("on_time_verdict").to_pylist())
    shown = {verdict: colour for verdict, colour in VERDICTS.items() if verdict in present}
    return alt.Color(
        "on_time_verdict:N",
        title="与全区比较",
        legend=alt.Legend(title=None),
        scale=alt.Scale(domain=list(shown), range=list(shown.values())),
    )
