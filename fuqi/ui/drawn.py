"""Charts and maps as the browser gets them, drawn once for all readers of the same rows."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import altair as alt
import pyarrow as pa

from fuqi import charts
from fuqi.ui.answers import Answers

MOST_BYTES = 32 * 1024 * 1024

SPECS: Answers[dict[str, Any]] = Answers(MOST_BYTES, charts.weight)


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
        return charts.spec_of(charts.titled(chart, heading, provenance))

    return SPECS.ask((*fingerprint((draw, rows, dict(options))), heading, provenance), drawn)


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
