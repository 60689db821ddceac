"""The roll-ups of a release, worked out by Spark and laid down as DuckDB lays them down."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb

from fuqi import contract
from fuqi.intake.rollups import being_replaced
from fuqi.settings import Settings
from fuqi.spark import session
from fuqi.spark.translate import Translator
from fuqi.store import Release, rollups, worktime_sql
from fuqi.store.database import (
    MACROS,
    known_names,
    list_absent_columns,
    list_kept_periods,
    list_kept_spans,
    masked_columns,
)
from fuqi.store.queries import BUILDING, Query
from fuqi.store.queries import load as load_queries

PARTS = "parts"
SMALL_TABLES = (
    *worktime_sql.TABLES,
    "absent_columns",
    rollups.PERIODS,
    rollups.GROUPINGS,
    rollups.SPANS,
)


def write(
    release: Release,
    settings: Settings,
    master: str,
    *,
    queries: Mapping[str, Query] | None = None,
    configured: Mapping[str, str] | None = None,
) -> Mapping[str, int]:
    """Work out every roll-up of the release at the moment of its data; gives the rows of each by name.

    `fuqi.intake.rollups.write` on a cluster: the same rows in the same order, whole or not at all. The release's folder
    has to lie where every worker finds it under the same path; they write into it. Raises SparkError, TranslationError
    and OSError.
    """
    asked = load_queries() if queries is None else queries
    with (
        being_replaced(release, settings, asked) as unfinished,
        session.opened(master, configured or {}) as spark,
        duckdb.connect() as connection,
    ):
        tables = _Tables(spark, connection, release, settings, asked)
        counts = {}
        for name in (rollups.LEDGER, *rollups.names(asked)):
            order = rollups.LEDGER_ORDER if name == rollups.LEDGER else None
            parts = tables.work_out(name, unfinished / PARTS / name, order)
            counts[name] = _joined(connection, parts, rollups.file(unfinished, name))
        shutil.rmtree(unfinished / PARTS)
    del counts[rollups.LEDGER]
    return counts


class _Tables:
    """What the queries read, made known to a session by name when the first one asks for it."""

    def __init__(
        self,
        spark: session.SparkSession,
        connection: duckdb.DuckDBPyConnection,
        release: Release,
        settings: Settings,
        queries: Mapping[str, Query],
    ) -> None:
        self._spark = spark
        self._connection = connection
        self._release = release
        self._queries = queries
        self._contract = contract.load()
        self._known: set[str] = set()
        worktime_sql.create(connection, release.manifest, settings)
        list_absent_columns(connection, release, self._contract)
        list_kept_periods(connection, release.manifest.data_as_of.date(), settings)
        appeals = str(release.table_path("appeals")).replace("'", "''")
        list_kept_spans(
            connection, f"read_parquet('{appeals}')", release.manifest.data_as_of, settings
        )
        session.teach_names(spark, known_names(connection, release))
        self._translator = Translator(
            [MACROS.read_text(encoding="utf-8"), *worktime_sql.macros(settings.office_hours)],
            as_of=release.manifest.data_as_of,
            maps=self._maps(),
        )

    def work_out(self, name: str, folder: Path, order_by: str | None) -> Path:
        """Have Spark write the rows of a query as parquet files, and read them there from now on.

        Gives the folder of the files, whose names are in the order of the rows.
        """
        query = self._translator.query(self._queries[name].sql)
        self._know(query.reads)
        rows = self._spark.sql(query.sql)
        if order_by is not None:
            # Sorting looks at its rows twice: they are not to be worked out twice, and masked twice, for that.
            unsorted = folder.with_name(f"{name}_unsorted")
            rows.write.parquet(_address(unsorted))
            rows = self._spark.read.parquet(_address(unsorted))
            rows = rows.orderBy(
                *(session.functions.col(key).asc_nulls_last() for key in order_by.split(", "))
            )
        rows.write.parquet(_address(folder))
        self._spark.read.parquet(_address(folder)).createOrReplaceTempView(name)
        self._known.add(name)
        return folder

    def _know(self, reads: tuple[str, ...]) -> None:
        for name in reads:
            if name not in self._known:
                self._known.add(name)
                self._open(name)

    def _open(self, name: str) -> None:
        query = self._queries.get(name)
        if query is not None and query.folder in BUILDING:
            translated = self._translator.query(query.sql)
            self._know(translated.reads)
            self._view(name, translated.sql)
        elif name in SMALL_TABLES:
            rows = self._connection.sql(f'from "{name}"').to_arrow_table()
            self._spark.createDataFrame(rows).createOrReplaceTempView(name)
        else:
            stored = self._spark.read.parquet(_address(self._release.table_path(name)))
            stored.createOrReplaceTempView(f"{name}_stored")
            shown = masked_columns(self._contract, name, "true")
            columns = {f"{name}_stored": stored.columns}
            sql = self._translator.query(f"select {shown} from {name}_stored", columns).sql
            self._view(name, sql)

    def _view(self, name: str, sql: str) -> None:
        self._spark.sql(f"create or replace temporary view `{name}` as {sql}")

    def _maps(self) -> list[str]:
        """Columns of `work_rules` that are looked up by key."""
        columns = self._connection.execute('describe "work_rules"').fetchall()
        return [name for name, kind, *_ in columns if kind.startswith("MAP")]


def _joined(connection: duckdb.DuckDBPyConnection, parts: Path, file: Path) -> int:
    """One file of the parts in their order; gives its rows."""
    names = sorted(str(part) for part in parts.glob("*.parquet"))
    written = connection.execute(
        f"copy (from read_parquet($parts)) to '{str(file).replace(chr(39), chr(39) * 2)}' "
        "(format parquet, compression zstd)",
        {"parts": names},
    ).fetchall()
    return int(written[0][0])


def _address(path: Path) -> str:
    """The path as Spark takes it for a file of a disk, whatever file system its cluster is set to."""
    return f"file://{path.resolve()}"
