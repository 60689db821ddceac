"""What cadres hold, over streets coloured by how well it is looked after."""

from dataclasses import replace

import pyarrow as pa

from fuqi import look
from fuqi.maps import layers
from fuqi.maps.areas import measure_by_area
from fuqi.maps.boundaries import Boundaries
from fuqi.maps.layers import DistrictMap, Frame, LegendEntry
from fuqi.maps.points import held_objects


def held_over_streets(
    rows: pa.Table,
    lines: pa.Table,
    streets: pa.Table,
    boundaries: Boundaries,
    frame: Frame,
    *,
    colouring: str | None = None,
    label: str = "",
    counts: tuple[str, str] | None = None,
    chosen: str | None = None,
) -> DistrictMap:
    """The map of `held_objects`, its streets coloured by the column `colouring` of `assignments_by_subdistrict`.

    A rate comes with the columns of its `counts`; any other column is a number of objects, and a street with none
    stays plain. Without `colouring` no street is coloured. A chosen community stays in view with its whole street.
    """
    frame = replace(frame, community=None)
    objects = held_objects(rows, lines, boundaries, frame, chosen)
    if colouring is None:
        return objects
    if counts is not None:
        below = measure_by_area(
            streets, boundaries, frame, measure=colouring, label=label, counts=counts
        )
        filled, legend, unbounded = (
            [layer for layer in below.deck.layers if layer.id == "areas"],
            below.legend,
            below.unbounded_count,
        )
    else:
        filled, legend, unbounded = _counted(streets, boundaries, frame, colouring, label)
    above = [layer for layer in objects.deck.layers if layer.id in ("lines", "objects", "names")]
    return DistrictMap(
        layers.deck([*filled, *above], boundaries, frame),
        (*legend, *objects.legend),
        f"{objects.description}；街道按{label}着色，数值见旁表",
        objects.unplaced_count,
        unbounded,
    )


def _counted(
    streets: pa.Table, boundaries: Boundaries, frame: Frame, column: str, label: str
) -> tuple[list, tuple[LegendEntry, ...], int]:
    """Streets by a small number, a colour for each that occurs; the largest share the darkest."""
    counts = {row["subdistrict_name"]: row[column] for row in streets.to_pylist()}
    present = sorted({count for count in counts.values() if count})
    step = {count: min(n, len(look.SEQUENCE) - 2) + 1 for n, count in enumerate(present)}
    fills = {s: look.SEQUENCE[step[n]] if n else look.SHADE for s, n in counts.items()}
    tips = {street: f"{label} {count} 处" for street, count in counts.items()}
    legend = []
    for number in sorted(set(step.values())):
        meant = [count for count in present if step[count] == number]
        words = f"{meant[0]}" if len(meant) == 1 else f"{meant[0]}–{meant[-1]}"
        legend.append(LegendEntry(look.SEQUENCE[number], f"{label} {words} 处"))
    return (
        layers.areas(boundaries, frame, fills=fills, tips=tips),
        tuple(legend),
        len(counts.keys() - boundaries.streets.label_points.keys()),
    )
