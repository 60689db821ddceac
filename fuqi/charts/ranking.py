"""Units compared honestly: a rate with its interval, the district's rate, and n."""

from collections.abc import Mapping

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from fuqi import look
from fuqi.charts.layers import layered
from fuqi.charts.targets import target_line
from fuqi.charts.theme import FRAME_HEIGHT
from fuqi.store import kpis

MOST_UNRANKED_ROWS = 20
"""In a longer comparison the units that take no rank are left to the table."""


SET_IN_BOLD = " "
"""The mark behind a name that stands out."""


def ranking_with_interval(
    rows: pa.Table,
    *,
    measure: str = "on_time_rate",
    counts: str = "按时办结/应办结",
    names: str = "街道",
    chosen: str | None = None,
    target: float | None = None,
    own_targets: Mapping[str, float] | None = None,
    axis: str | None = None,
) -> alt.LayerChart:
    """A rate per unit with its 95% interval beside the district's rate; takes the rows of `units_compared`.

    `measure` is the rate they were asked for, `counts` says what its numerator and denominator are, `names` what the
    units are; the name of the unit `chosen` is set in bold. The order is the query's: ranked units first, then those
    without enough cases. `target` is drawn as a line through all of them, `own_targets` by name as a tick in the
    row of each. `axis` is written below instead of what explains intervals and counts.
    """
    label = kpis()[measure].label
    if rows.num_rows > MOST_UNRANKED_ROWS:
        rows = rows.filter(pc.field("is_ranked"))
    if own_targets:
        own = [own_targets.get(name) for name in rows.column("compared_name").to_pylist()]
        rows = rows.append_column("own_target", pa.array(own, pa.float64()))
    rows = _with_chosen_marked(rows, chosen)
    base = (
        alt.Chart(rows)
        .transform_calculate(share="datum.numerator_count + '/' + datum.denominator_count")
        .encode(
            y=alt.Y(
                "compared_name:N",
                sort=None,  # as the query has them
                title=names,
                axis=alt.Axis(
                    title=None,
                    domain=False,
                    ticks=False,
                    labelFontSize=13,
                    labelColor=look.INK,
                    labelFontWeight=alt.condition(
                        f"slice(datum.value, -1) === '{SET_IN_BOLD}'",
                        alt.value(700),
                        alt.value(400),
                    ),
                ),
            )
        )
    )
    x = {
        "title": label,
        "scale": alt.Scale(zero=False, nice=True, padding=8),
        "axis": alt.Axis(
            title=axis or f"{label}（横线为95%置信区间，右侧为{counts}）",
            format=".0%",
            tickCount=5,
        ),
    }
    colour = verdict_colour(rows, measure)
    interval = base.mark_rule(strokeWidth=3, opacity=0.55, aria=False).encode(
        x=alt.X("rate_low:Q", **x), x2=alt.X2("rate_high:Q"), color=colour
    )
    point = base.mark_point(size=110, filled=True, opacity=1).encode(
        x=alt.X("measured_rate:Q", **x), color=colour, tooltip=tooltip(label, counts, names)
    )
    texts = base.mark_text(align="left", color=look.MUTED, aria=False).encode(
        x=alt.XValue("width"), text=alt.Text("share:N")
    )
    district = (
        alt.Chart(rows)
        .mark_rule(strokeDash=[4, 4], color=look.INK, opacity=0.6, aria=False)
        .encode(x=alt.X("max(district_rate):Q", **x))
    )
    layers = [district, interval, point, texts]
    if target is not None:
        layers += target_line(target, alt.X(**{"shorthand": "target:Q", **x}))
    if own_targets:
        ticks = base.mark_tick(color=look.INK, thickness=3, size=20).encode(
            x=alt.X("own_target:Q", **x),
            tooltip=[
                alt.Tooltip("compared_name:N", title=names),
                alt.Tooltip("own_target:Q", title=f"该{names}自己的目标", format=".2%"),
            ],
        )
        layers.append(ticks)
    return layered(*layers, height=28 * rows.num_rows + FRAME_HEIGHT)


def _with_chosen_marked(rows: pa.Table, chosen: str | None) -> pa.Table:
    """The name of the chosen unit with a mark behind it: the chart's description is the same whoever is chosen."""
    names = rows.column("compared_name").to_pylist()
    shown = [f"{name}{SET_IN_BOLD}" if name == chosen else name for name in names]
    place = rows.column_names.index("compared_name")
    return rows.set_column(place, "compared_name", pa.array(shown, pa.string()))


def tooltip(label: str, counts: str, names: str) -> list[alt.Tooltip]:
    """What pointing at a unit says; the chart computes `share`."""
    return [
        alt.Tooltip("compared_name:N", title=names),
        alt.Tooltip("rate_rank:Q", title="名次"),
        alt.Tooltip("measured_rate:Q", title=label, format=".2%"),
        alt.Tooltip("share:N", title=counts),
        alt.Tooltip("rate_verdict:N", title="比较结论"),
    ]


def verdict_colour(rows: pa.Table, measure: str) -> alt.Color:
    """Verdicts of `units_compared` in the colours of better, worse and no statement."""
    colours = _colours(bool(kpis()[measure].is_low_good))
    present = sorted(
        set(rows.column("rate_verdict").to_pylist()),
        key=lambda verdict: [*colours].index(_kind(verdict)),
    )
    return alt.Color(
        "rate_verdict:N",
        title="比较结论",
        # Four in a row do not fit on a phone.
        legend=alt.Legend(title=None, columns=2 if len(present) > 3 else 4),
        scale=alt.Scale(domain=present, range=[colours[_kind(v)] for v in present]),
    )


def _colours(is_low_good: bool) -> Mapping[str, str]:
    high, low = (look.WORSE, look.BETTER) if is_low_good else (look.BETTER, look.WORSE)
    return {"高于": high, "与": look.NEUTRAL, "低于": low, "": look.BORDER}


def _kind(verdict: str) -> str:
    """The verdict without the name of the area it compares with: 高于, 低于, 与, or nothing said."""
    return next((kind for kind in ("高于", "低于", "与") if verdict.startswith(kind)), "")
