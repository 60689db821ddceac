"""The report of a load: every row that was refused, flagged or superseded, and every column ignored.

While tables are loaded, a problem names a row by its sheet and number. At the end `write` adds the header, the
value as it was and the whole row as JSON, so that a data keeper can mend the file and nothing is lost.
"""

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb

from fuqi import inert
from fuqi.store.releases import Release

REPORT = "intake_problems"
REPORT_CSV = f"{REPORT}.csv"
REFUSED, FLAGGED, SUPERSEDED, IGNORED = "refused", "flagged", "superseded", "ignored"
SEVERITY_TITLES = {REFUSED: "拒收", FLAGGED: "存疑", SUPERSEDED: "被取代", IGNORED: "未载入"}

COLUMN_TITLES = {
    "severity": "程度",
    "table_name": "表",
    "file": "文件",
    "sheet": "工作表",
    "row": "行号",
    "column_title": "列",
    "value": "值",
    "reason": "原因",
    "record": "原始行",
}


class Problems:
    """Problems of one load, gathered in the connection's tables `problem` and `intake_problems`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute(
            """
            create table problem (
                source integer, row bigint, severity varchar, columns varchar[], reason varchar,
                is_unreadable boolean
            );
            create table intake_problems (
                severity varchar, table_name varchar, file varchar, sheet varchar, row bigint,
                column_title varchar, value varchar, reason varchar, record varchar
            )
            """
        )

    def add_rows(
        self,
        rows: str,
        severity: str,
        columns: tuple[str, ...],
        reason: str,
        *,
        is_unreadable: bool = False,
    ) -> None:
        """Report every row of the query `rows`, which gives `source, row`, for one reason."""
        self._connection.execute(
            f"insert into problem select source, row, $severity, $columns, $reason, $unreadable from ({rows})",
            {
                "severity": severity,
                "columns": list(columns),
                "reason": reason,
                "unreadable": is_unreadable,
            },
        )

    def add(
        self,
        severity: str,
        reason: str,
        *,
        file: str,
        sheet: str = "",
        table: str | None = None,
        column_title: str | None = None,
        row: int | None = None,
    ) -> None:
        """Report something that concerns a whole file, sheet or column, or a row that is no record."""
        self._connection.execute(
            "insert into intake_problems values ($1, $2, $3, $4, $7, $5, null, $6, null)",
            [severity, table, file, sheet, column_title, reason, row],
        )

    def add_values(
        self,
        values: str,
        severity: str,
        reason: str,
        *,
        table: str,
        file: str,
        column_title: str,
    ) -> None:
        """Report every value of the one-column query `values`: something that a sheet should have a row for."""
        self._connection.execute(
            "insert into intake_problems "
            f"select $1, $2, $3, '', null, $4, cast(missed as varchar), $5, null from ({values}) as v (missed)",
            [severity, table, file, column_title, reason],
        )

    def count_rows(self, source: int) -> tuple[int, int, int]:
        """Rows of one sheet that were refused, superseded, and kept with a flag."""
        return self._connection.execute(
            """
            with worst as (
                select bool_or(severity = 'refused') as refused, bool_or(severity = 'superseded') as superseded
                from problem where source = $1 group by row
            )

            select
                count(*) filter (where refused),
                count(*) filter (where superseded and not refused),
                count(*) filter (where not refused and not superseded)
            from worst
            """,
            [source],
        ).fetchall()[0]

    def by_reason(self) -> dict[str, int]:
        """How often each reason occurs, the most frequent first."""
        rows = self._connection.execute(
            """
            select reason, count(*) from (
                select reason from problem union all
                select reason from intake_problems where row is null or severity = 'ignored'
            ) group by reason order by count(*) desc, reason
            """
        ).fetchall()
        return dict(rows)

    def complete(
        self,
        source: int,
        *,
        table: str,
        file: str,
        sheet: str,
        headers: Mapping[str, tuple[str, str]],
        record: str,
    ) -> None:
        """Describe the problems of one sheet in `intake_problems`, from its raw rows in `raw_<source>`.

        `headers` maps a column of the contract to its raw column and header; `record` is an SQL
        expression over the raw row.
        """
        kinds = self._connection.execute(
            "select distinct columns from problem where source = $1 order by columns", [source]
        ).fetchall()
        for (columns,) in kinds:
            known = [headers[name] for name in columns if name in headers]
            title = "、".join(header for _, header in known)
            values = ", ".join(f"cast(raw.{raw} as varchar)" for raw, _ in known)
            value = f"nullif(concat_ws('、', {values}), '')" if known else "null"
            self._connection.execute(
                f"""
                insert into intake_problems
                select p.severity, $table, $file, $sheet, p.row, $title, {value}, p.reason, {record}
                from problem as p
                inner join raw_{source} as raw on raw._row = p.row
                where p.source = $source and p.columns = $columns
                """,
                {
                    "table": table,
                    "file": file,
                    "sheet": sheet,
                    "title": title,
                    "source": source,
                    "columns": columns,
                },
            )

    def carry_over(self, previous: Release, tables: tuple[str, ...]) -> None:
        """Keep what an earlier load said of tables that come unchanged into this release."""
        report = previous.table_path(REPORT)
        if report.is_file():
            self._connection.execute(
                "insert into intake_problems by name select * from read_parquet($1) "
                "where list_contains($2, table_name)",
                [str(report), list(tables)],
            )

    def write(self, folder: Path, table_titles: Mapping[str, str]) -> None:
        """Write `intake_problems.parquet`, and the same for a spreadsheet with Chinese headers as CSV."""
        target = str(folder / f"{REPORT}.parquet").replace("'", "''")
        self._connection.execute(
            f"""
            copy (
                select * from intake_problems
                order by list_position(['refused', 'flagged', 'superseded', 'ignored'], severity),
                    file, sheet, row nulls first, column_title
            ) to '{target}' (format parquet, compression zstd)
            """
        )
        rows = self._connection.execute(f"from read_parquet('{target}')")
        with (folder / REPORT_CSV).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMN_TITLES.values())
            while batch := rows.fetchmany(10_000):
                for severity, table, *rest in batch:
                    writer.writerow(
                        [SEVERITY_TITLES[severity], table_titles.get(table, ""), *map(_inert, rest)]
                    )


def copy_report(folder: Path | None, target: Path | None) -> None:
    """Copy the report for spreadsheets from the folder of a load to another; without either nothing is done."""
    if folder is not None and target is not None:
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / REPORT_CSV, target / REPORT_CSV)


def _inert(cell: object) -> object:
    """A cell that a spreadsheet shows and does not compute, with what nobody sees made visible."""
    return inert.for_csv(cell) if isinstance(cell, str) else cell
