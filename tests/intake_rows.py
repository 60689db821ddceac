"""What a load published and what it reported, for the tests of the intake."""

from typing import Any

import duckdb
import pyarrow.parquet as pq

from fuqi.intake import Outcome


def published(outcome: Outcome, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """Columns of a table of the new release, ordered by the first."""
    path = outcome.release.table_path(table)
    with duckdb.connect() as connection:
        return connection.execute(f"select {columns} from '{path}' order by 1").fetchall()


def reported(outcome: Outcome, severity: str) -> list[dict[str, Any]]:
    """The problems of one severity."""
    table = pq.read_table(outcome.release.table_path("intake_problems"))
    return [row for row in table.to_pylist() if row["severity"] == severity]
