"""A release built from Python rows: what a test states is in it, every other table is empty."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fuqi import contract
from fuqi.intake import reach
from fuqi.store import Manifest, Release, TableEntry, Warehouse

AS_OF = datetime(2023, 6, 28, 18)
"""The data are from this Wednesday evening unless a test says otherwise."""

Rows = Sequence[Mapping[str, Any]]

ARROW_TYPES = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
PROBLEMS = pa.schema(
    [
        *((name, pa.string()) for name in ("severity", "table_name", "file", "sheet")),
        ("row", pa.int64()),
        *((name, pa.string()) for name in ("column_title", "value", "reason", "record")),
    ]
)


def publish_ledger(
    folder: Path,
    tables: Mapping[str, Rows] | None = None,
    as_of: datetime = AS_OF,
    *,
    absent: Mapping[str, Sequence[str]] | None = None,
    is_foreign: bool = False,
) -> Release:
    """A published release in the warehouse `folder`: every table of the contract, the nearest stations, the report.

    `tables` gives rows by table, a row names the columns it fills. KeyError for a table or column that the
    contract does not know, so that a test cannot pass on a misspelt one. `absent` names by table the columns that
    no export had; `is_foreign` marks every table as another city's.
    """
    tables = dict(tables or {})
    warehouse = Warehouse(folder)
    with warehouse.stage() as staging:
        entries = {}
        for name, schema in _schemas().items():
            rows = tables.pop(name, ())
            pq.write_table(_table(name, schema, rows), staging.folder / f"{name}.parquet")
            if name in contract.load().names:
                missing = (absent or {}).get(name, ())
                entries[name] = TableEntry(
                    len(rows),
                    0,
                    0,
                    (),
                    "",
                    staging.release_id,
                    columns=tuple(c for c in schema.names if c not in missing),
                    is_foreign=is_foreign,
                )
        if tables:
            raise KeyError(f"the contract has no table {', '.join(tables)}")
        reach.write(staging, as_of)
        return staging.publish(Manifest(staging.release_id, as_of, as_of, entries))


def subdistricts(*names: str) -> list[dict[str, Any]]:
    """Rows of `subdistricts` in the order given, the office of each a little further east."""
    return [
        {
            "subdistrict_code": f"4403040{number:02d}",
            "subdistrict_name": name,
            "short_name": name.removesuffix("街道"),
            "office_longitude": 114.0 + number / 100,
            "office_latitude": 22.54,
        }
        for number, name in enumerate(names, 1)
    ]


def appeal(number: int, received_at: datetime, **columns: Any) -> dict[str, Any]:
    """One row of `appeals`: received, nothing else known, unless `columns` say more."""
    return {
        "appeal_id": f"SQ{number:05d}",
        "category_path": "融资->贷款利率",
        "subdistrict_name": "福保街道",
        "received_at": received_at,
        **columns,
    }


def _table(name: str, schema: pa.Schema, rows: Rows) -> pa.Table:
    if unknown := {column for row in rows for column in row} - set(schema.names):
        raise KeyError(f"table {name} has no column {', '.join(sorted(unknown))}")
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


@cache
def _schemas() -> dict[str, pa.Schema]:
    schemas = {
        table.name: pa.schema([(c.name, ARROW_TYPES[c.sql_type]) for c in table.stored_columns])
        for table in contract.load().tables
    }
    return {**schemas, "intake_problems": PROBLEMS}
