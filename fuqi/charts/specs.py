"""A finished chart as the browser gets it: a Vega-Lite description, and its rows as Arrow beside it."""

import hashlib
import json
import threading
from typing import Any

import altair as alt
import pyarrow as pa

_collecting = threading.local()
ABOUT = "_about"
"""A column beside the rows: its first value is what the chart says below its title."""
SAID = f"length(data('rows_1')) ? split(data('rows_1')[0].{ABOUT}, '\\n') : ''"


def spec_of(chart: alt.TopLevelMixin, about: str | None = None) -> dict[str, Any]:
    """The chart's Vega-Lite description; each table it draws stands under `datasets` as an Arrow IPC stream.

    What differs from one choice of filters to another stands in the tables, as far as it can: the browser then only
    exchanges the rows of a chart it has drawn, where another description makes it begin anew. So tables are named by
    their place, and `about`, the lines below the title, travel with the rows.
    It is not checked against Vega-Lite's schema, which takes as long as all the rest: the tests do that. Several
    threads may do this at once.
    """
    _collecting.tables, _collecting.names, _collecting.about = {}, {}, about
    try:
        spec = chart.to_dict(validate=False)
        # Altair's own theme: the size of a chart that nobody gave one.
        for size in ("continuousWidth", "continuousHeight"):
            spec["config"]["view"].pop(size, None)
        if about is not None:
            # Where there are no rows, nothing travels with them.
            is_said = _collecting.about is None
            spec["title"]["subtitle"] = {"expr": SAID} if is_said else about.split("\n")
        return {**spec, "datasets": _collecting.tables}
    finally:
        del _collecting.tables, _collecting.names, _collecting.about


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
    name = _collecting.names.get(key := _content(data))
    if name is None:
        name = _collecting.names[key] = f"rows_{len(_collecting.names) + 1}"
        if name == "rows_1" and data.num_rows and _collecting.about is not None:
            said = [_collecting.about, *[None] * (data.num_rows - 1)]
            data, _collecting.about = data.append_column(ABOUT, pa.array(said, pa.string())), None
        tables[name] = _written(data)
    return {"name": name}


def _content(table: pa.Table) -> str:
    return hashlib.blake2b(_written(table), digest_size=12).hexdigest()


def _written(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


alt.data_transformers.register("fuqi", _table_beside)
alt.data_transformers.enable("fuqi")
