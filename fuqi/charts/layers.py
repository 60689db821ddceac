"""Charts one upon the other, put together once."""

from typing import Any

import altair as alt
from altair.vegalite.v6.schema import core


class Layers(alt.LayerChart):
    """A layered chart as Altair has it, made without copying each layer several times over.

    Altair looks for parameters and sizes to move from the layers to the whole, and copies everything in depth for
    that, at every step from `+` to `to_dict`: most of the time that drawing took. Layers here have neither.
    """

    def __init__(self, data: Any = alt.Undefined, layer: Any = (), **properties: Any) -> None:
        core.TopLevelLayerSpec.__init__(self, data=data, layer=list(layer), **properties)


def layered(*charts: alt.Chart | alt.LayerChart, height: float) -> alt.LayerChart:
    """The charts one upon the other, the first at the bottom; `height` in pixels.

    Layers of one table of rows share it. Raises ValueError for a chart that has a parameter or a size of its own.
    """
    units: list[alt.Chart] = []
    for chart in charts:
        units += _units(chart)
    for unit in units:
        for name in ("params", "width", "height"):
            if unit[name] is not alt.Undefined:
                raise ValueError(f"a layer has no {name} of its own - found {unit[name]}")
    rows = units[0].data
    if any(unit.data is not rows for unit in units):
        return Layers(layer=units, height=height)
    return Layers(data=rows, layer=[_without_rows(unit) for unit in units], height=height)


def _units(chart: alt.Chart | alt.LayerChart) -> list[alt.Chart]:
    """The chart, or its layers one by one with the rows that they share."""
    if isinstance(chart, alt.Chart):
        return [chart]
    if chart.data is alt.Undefined:
        return [*chart.layer]
    return [_with(layer, data=chart.data) for layer in chart.layer]


def _without_rows(unit: alt.Chart) -> alt.Chart:
    return _with(unit, data=alt.Undefined)


def _with(chart: alt.Chart, **changed: Any) -> alt.Chart:
    """The chart with something of it set; nothing in it is copied."""
    fresh = chart.copy(deep=False)
    for name, value in changed.items():
        fresh[name] = value
    return fresh
