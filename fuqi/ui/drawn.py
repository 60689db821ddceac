"""Charts and maps as the browser gets them, drawn once for all readers of the same rows."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import pyarrow as pa

from fuqi import charts, maps
from fuqi.maps import Boundaries, DistrictMap, Frame
from fuqi.ui.answers import Answers

MOST_BYTES = 32 * 1024 * 1024
"""What the charts kept may weigh, and so may the maps."""

SPECS: Answers[dict[str, Any]] = Answers(MOST_BYTES, charts.weight)
MAPS: Answers[DistrictMap] = Answers(MOST_BYTES, lambda drawn: len(drawn.deck.to_json()))


def chart_spec(
    draw: Callable[..., alt.TopLevelMixin],
    rows: pa.Table,
    options: Mapping[str, Any],
    heading: str,
    provenance: str,
) -> dict[str, Any]:
    """What `draw` makes of the rows, titled; for reading only, as others get the same object.

    Drawing takes Altair far longer than a query takes, and what it makes depends on nothing but its arguments.
    """

    def drawn(_: Any) -> dict[str, Any]:
        chart = draw(charts.drawable(rows), **options)
        return charts.spec_of(charts.titled(chart, heading, ""), about=provenance)

    return SPECS.ask((*fingerprint((draw, rows, dict(options))), heading, provenance), drawn)


def district_map(
    draw: Callable[..., DistrictMap],
    rows: Sequence[pa.Table],
    boundaries: Boundaries,
    frame: Frame,
    options: Mapping[str, Any],
) -> DistrictMap:
    """What `draw` makes of the rows; for reading only, as others get the same object.

    The boundaries are those of the process, which reads them once.
    """

    def drawn(_: Any) -> DistrictMap:
        return draw(*rows, boundaries=boundaries, frame=frame, **options)

    return MAPS.ask(fingerprint((draw, rows, frame, dict(options))), drawn)


def flat_map_spec(
    shown: DistrictMap, boundaries: Boundaries, frame: Frame, turn: int
) -> dict[str, Any]:
    """The description of a map that is drawn as a chart; for reading only, as others get the same object."""

    def drawn(_: Any) -> dict[str, Any]:
        return charts.spec_of(maps.flat_chart(shown, boundaries, frame, turn=turn))

    described = hashlib.blake2b(shown.deck.to_json().encode(), digest_size=16).digest()
    return SPECS.ask(("flat map", described, frame.width, frame.height, turn), drawn)


def fingerprint(value: Any) -> tuple:
    """The value as a key: equal for equal values, tables by their content; raises TypeError for what has none."""
    if isinstance(value, pa.Table):
        digest = hashlib.blake2b(digest_size=16)
        for batch in value.to_batches():
            digest.update(batch.serialize())
        return (
            "table",
            tuple(zip(value.column_names, value.schema.types, strict=True)),
            digest.digest(),
        )
    if isinstance(value, Mapping):
        return ("mapping", *((key, fingerprint(each)) for key, each in value.items()))
    if isinstance(value, list | tuple):
        return (type(value).__name__, *map(fingerprint, value))
    hash(value)
    return (type(value), value)
