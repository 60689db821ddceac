"""Targets in a chart: a line with its value written on it."""

import altair as alt
import pyarrow as pa

from fuqi import look


def target_line(value: float, along: alt.X | alt.Y) -> list[alt.Chart]:
    """The layers of a full, labelled line at a target share; `along` is the axis of the measure, over `target`."""
    name = "x" if isinstance(along, alt.X) else "y"
    label = f"目标 {round(value * 100, 2):g}%"
    base = (
        alt.Chart(pa.table({"place": [1]}))
        .transform_calculate(target=repr(value), label=f"'{label}'")
        .encode(**{name: along})
    )
    rule = base.mark_rule(color=look.INK, strokeWidth=2, aria=False).encode(
        tooltip=[alt.Tooltip("label:N", title="此线")]
    )
    text = base.mark_text(
        text=label, color=look.INK, fontWeight=600, align="left", dx=4, dy=-7, aria=False
    )
    # The text stands at the line's upper or left end.
    return [rule, text.encode(y=alt.YValue(0)) if name == "x" else text.encode(x=alt.XValue(0))]
