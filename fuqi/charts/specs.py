"""A finished chart as the browser gets it: a Vega-Lite description, and its rows as Arrow beside it."""

import hashlib
import json
import threading
from typing import Any

import altair as alt
import pyarrow as pa

_collecting = threading.local()


def spec_of(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """The chart's Vega-Lite description; each table it draws stands under `datasets` as an Arrow IPC stream.

    It is not checked against Vega-Lite's schema, which takes as long as all the rest: the tests do that. Several
    threads may do this at once.
    """
    _collecting.tables = {}
    try:
        spec = chart.to_dict(validate=False)
        # Altair's own theme: the size of a chart that nobody gave one.
        for size in ("continuousWidth", "continuousHeight"):
            spec["config"]["view"].pop(size, None)
        return {**spec, "datasets": _collecting.tables}
    finally:
        del _collecting.tables


def weight(spec: dict[str, Any]) -> int:
    """About how many bytes the description and its tables take."""
    tables = spec["datasets"].values()
    described = {name: value for name, value in spec.items() if name != "datasets"}
    return sum(map(len, tables)) + len(json.dumps(described, ensure_ascii=False))


def _table_beside(data: Any = None, **options: Any) -> Any:
    """Altair's data transformer: a table stays Arrow while a spec is made, and becomes rows of JSON for an export."""
    tables = getattr(_collecting, "tables", None)
    if tables is None or not isinstance(data, pa.Table):
        return alt.default_data_transformer(data, **options)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, data.schema) as stream:
        stream.write_table(data)
    written = sink.getvalue().to_pybytes()
    name = hashlib.blake2b(written, digest_size=12).hexdigest()
    tables[name] = written
    return {"name": name}


alt.data_transformers.register("fuqi", _table_beside)
alt.data_transformers.enable("fuqi")
