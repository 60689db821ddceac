"""The roll-ups of a release, worked out by Spark and laid down as DuckDB lays them down."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from fuqi import contract
from fuqi.intake.rollups import BY_DAY, being_replaced, order_of
from fuqi.settings import Settings
from fuqi.spark import session
from fuqi.spark.translate import Translator
from fuqi.store import Release, kept_periods, rollups, worktime_sql
from fuqi.store.database import MACROS, known_names, list_absent_columns
from fuqi.store.masking import masked_columns
from fuqi.store.queries import BUILDING, Query
from fuqi.store.queries import load as load_queries

PARTS = "parts"
SMALL_TABLES = (
    *worktime_sql.TABLES,
    "absent_columns",
    *kept_periods.LISTED,
)

MOST_AT_ONCE = 2_000_000
AT_ONCE = "spark.fuqi.appealsAtOnce"
"""A setting of the session, instead of MOST_AT_ONCE: of more appeals, medians are worked out a grouping at a time.

They hold their values in memory, those of all groupings together many times as much as those of one; but each takes a
job of its own, which is most of the time that few appeals take.
"""


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
            parts = tables.work_out(name, unfinished / PARTS / name)
            counts[name] = _joined(
                connection,
                parts,
                rollups.file(unfinished, name),
                order_of(asked[name]) if tables.is_one_by_one(name) else None,
            )
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
        self._worked_out: dict[str, Path] = {}
        self._is_large = release.manifest.tables["appeals"].rows > _most_at_once(spark)
        worktime_sql.create(connection, release.manifest, settings)
        list_absent_columns(connection, release, self._contract)
        kept_periods.make(connection, release.manifest.data_as_of.date(), settings)
        appeals = str(release.table_path("appeals")).replace("'", "''")
        kept_periods.make_spans(
            connection, f"read_parquet('{appeals}')", release.manifest.data_as_of, settings
        )
        session.teach_names(spark, known_names(connection, release))
        self._translator = Translator(
            [MACROS.read_text(encoding="utf-8"), *worktime_sql.macros(settings.office_hours)],
            as_of=release.manifest.data_as_of,
            maps=self._maps(),
        )

    def is_one_by_one(self, name: str) -> bool:
        """Whether a roll-up is worked out for one row of what is kept after the other, its parts in no order then."""
        return self._is_large and not kept_periods.LISTED.isdisjoint(self._queries[name].reads)

    def work_out(self, name: str, folder: Path) -> Path:
        """Have Spark write the rows of a query as parquet files, and read them there from now on.

        Gives the folder of the files, whose names are in the order of the rows.
        """
        query = self._translator.query(self._queries[name].sql)
        self._know(query.reads)
        if name == rollups.LEDGER:
            # Sorting looks at its rows twice: they are not to be worked out twice, and masked twice, for that.
            unsorted = folder.with_name(f"{name}_unsorted")
            self._spark.sql(query.sql).write.parquet(_address(unsorted))
            rows = self._spark.read.parquet(_address(unsorted))
            keys = rollups.LEDGER_ORDER.split(", ")
            rows = rows.orderBy(*(session.functions.col(key).asc_nulls_last() for key in keys))
            rows.write.parquet(_address(folder))
        elif self.is_one_by_one(name):
            (listed,) = kept_periods.LISTED & set(query.reads)
            for number in self._one_after_the_other(listed, {rollups.LEDGER, *query.reads}):
                self._spark.sql(query.sql).write.parquet(_address(folder / f"{number:04}"))
        else:
            self._spark.sql(query.sql).write.parquet(_address(folder))
        self._worked_out[name] = folder
        self._read(name).createOrReplaceTempView(name)
        self._known.add(name)
        return folder

    def _one_after_the_other(self, listed: str, reads: set[str]) -> Iterator[int]:
        """The table of what is kept holds one of its rows at a time, and what is read shows the days of that alone."""
        every = self._connection.execute(f'from "{listed}" order by all').to_arrow_table()
        for number, row in enumerate(every.to_pylist()):
            self._make_known(listed, every.slice(number, 1))
            with ExitStack() as shown:
                for name in reads & set(self._worked_out):
                    shown.enter_context(self._between(name, row["first_date"], row["last_date"]))
                yield number
        self._make_known(listed, every)

    def _make_known(self, table: str, rows: pa.Table) -> None:
        self._spark.createDataFrame(rows).createOrReplaceTempView(table)

    @contextmanager
    def _between(self, name: str, first: date, last: date) -> Iterator[None]:
        """What was worked out shows for a while only the rows of some days."""
        rows = self._read(name)
        rows.where(rows[BY_DAY].between(first, last)).createOrReplaceTempView(name)
        yield
        rows.createOrReplaceTempView(name)

    def _read(self, name: str) -> session.DataFrame:
        folder = _address(self._worked_out[name])
        return self._spark.read.option("recursiveFileLookup", "true").parquet(folder)

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
            self._make_known(name, self._connection.execute(f'from "{name}"').to_arrow_table())
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


def _joined(
    connection: duckdb.DuckDBPyConnection, parts: Path, file: Path, order_by: str | None
) -> int:
    """One file of the parts in their order, or in that of some columns; gives its rows."""
    names = sorted(str(part) for part in parts.rglob("*.parquet"))
    ordered = f" order by {order_by}" if order_by else ""
    written = connection.execute(
        f"copy (from read_parquet($parts){ordered}) to '{str(file).replace(chr(39), chr(39) * 2)}' "
        "(format parquet, compression zstd)",
        {"parts": names},
    ).fetchall()
    return int(written[0][0])


def _address(path: Path) -> str:
    """The path as Spark takes it for a file of a disk, whatever file system its cluster is set to."""
    return f"file://{path.resolve()}"


def _most_at_once(spark: session.SparkSession) -> int:
    """The appeals whose medians are worked out all at once; SparkError for a setting that is no number."""
    given = spark.conf.get(AT_ONCE, str(MOST_AT_ONCE))
    if not given.isdecimal():
        raise session.SparkError(f"{AT_ONCE}={given} 不是整数：请写诉求件数，如 2000000")
    return int(given)
