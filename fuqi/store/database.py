"""A release opened for reading: its tables as views, and the queries that run on them."""

import re
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from fuqi.access import WHOLE, Scope
from fuqi.contract import Contract
from fuqi.contract import load as load_contract
from fuqi.periods import presets as offered_periods
from fuqi.settings import Settings
from fuqi.store import calls, kept_periods, names, reach, rollups, worktime_sql
from fuqi.store.masking import masked_columns
from fuqi.store.narrowing import Narrowing, literals
from fuqi.store.parameters import standing
from fuqi.store.queries import BUILDING, Kpi, Query, QueryError, dollars
from fuqi.store.queries import load as load_queries
from fuqi.store.releases import Release

# A page's rows are few: a copy of them costs less than planning the query twice, as the relation it names would.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result makes an extra copy")

MACROS = Path(__file__).with_name("macros.sql")
SEARCH = Path(__file__).with_name("search.sql")
"""Macros that decide which cases a list shows, and no figure that is kept or frozen."""
MOST_ROWS_IN_MEMORY = 500_000
"""Rows of something kept that are held in memory; of more, a query reads from the file what it needs."""
MOST_ROWS_HELD = 100_000
"""Rows of a table that is copied into memory, masked, when the release is opened."""
LOOKED_UP = "kept_"
"""Before the name of a staging query: what is asked in its place about a kept period."""
KEPT, OFFERED, ENDS = "kept", "offered", "ends"
"""Periods that are known beforehand: those with medians kept, those offered by name, and the last days of these."""
SAID_BY = {KEPT: calls.PERIOD, OFFERED: calls.PERIOD, ENDS: calls.END}
"""The parameters by which a query asks for one of them."""
TELL_CHANGES = frozenset({"served_objects"})
"""Staging queries whose rows are held for the period before an offered one as well, since pages tell a change."""
CHOSEN_BY_NAME = calls.PERIOD | {"least_streets"}
"""Parameters beside the standing ones of which few values are asked for, so that all answers can be held."""
DATA_DESK = "data"
"""The folder of queries about the load itself."""
MEMORY_TO_WORK_OUT = "25%"
"""What sorting and counting may take of the machine when a release is made; what is more goes to its folder.

A server with readers runs on the same machine.
"""
LEAST_OTHERS = 2
"""Streets beside the viewer's own that a number over the whole district has to hold: of one it would be that one's."""


@dataclass(frozen=True)
class Making:
    """That roll-ups are being made: where what does not fit into memory goes, and which folders are read beside."""

    overflow: Path
    readable: tuple[Path, ...] = ()


class Database:
    """An in-memory DuckDB with one view a table of the release, personal columns masked.

    Beside them stand `calendar` and `work_rules`, made of the working calendar and of the settings (`worktime_sql`),
    and `absent_columns`: what no file of a table had. A KPI that needs such a column is null in every result.
    The files are never changed, so one Database serves every thread: each call opens a cursor of its own.
    The connection can read the release's folder and nothing else of the machine.

    Opened for a `scope` of some streets, it holds the rows of that scope and nothing else: they are copied when it is
    opened, everything made of them is made of them alone, and no file can be read afterwards. What a query says
    of the whole district (`Scope:` in its header) is then asked of the database that `district` gives.

    What the release keeps worked out (`rollups`) is read instead of being worked out again; `kept` says which files
    count where the caller knows better. Whoever makes them says so by `making`, and gets nothing worked out beforehand.
    """

    def __init__(
        self,
        release: Release,
        settings: Settings | None = None,
        *,
        contract: Contract | None = None,
        queries: Mapping[str, Query] | None = None,
        scope: Scope = WHOLE,
        district: "Callable[[], Database] | None" = None,
        kept: Mapping[str, Path] | None = None,
        making: Making | None = None,
    ) -> None:
        self.release = release
        self.scope = scope
        self._district = district
        self.queries = load_queries() if queries is None else queries
        config: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            **_shares(settings or Settings()),
        }
        readable = [release.folder]
        if making is not None:
            config |= {
                "memory_limit": MEMORY_TO_WORK_OUT,
                "temp_directory": str(making.overflow),
            }
            readable += making.readable
        self._connection = duckdb.connect(config=config)
        if scope.streets is None:
            folders = literals(str(folder) for folder in readable)
            self._connection.execute(f"set allowed_directories = [{folders}]")
            self._connection.execute("set enable_external_access = false")
            # Reading the footer of a large ledger takes as long as a query; DuckDB notices a file that is replaced.
            self._connection.execute("set global parquet_metadata_cache = true")
        for macros in (MACROS, SEARCH):
            self._connection.execute(macros.read_text(encoding="utf-8"))
        if scope.streets is not None:
            self._connection.execute(_own_streets(scope))
        worktime_sql.create(
            self._connection, release.manifest, Settings() if settings is None else settings
        )
        self._contract = contract or load_contract()
        _know_names(self._connection, release)
        self._lock = threading.Lock()
        self._statements: dict[tuple[str, frozenset[str]], duckdb.Statement] = {}
        self._tables: set[str] = set()
        self._beside: dict[str, dict[str, str]] = {kind: {} for kind in SAID_BY}
        list_absent_columns(self._connection, release, self._contract)
        self._settings = settings or Settings()
        self._making = making
        self._standing = standing(self._moment, self._settings)
        self._answered_for: dict[str, frozenset[str]] = {}
        if kept is None and making is None:
            kept = rollups.kept(release, self._settings, self.queries)
        if scope.streets is not None:
            # It names parks; a street's cases are told from the parks that the street sees.
            kept = {name: file for name, file in (kept or {}).items() if name != rollups.LEDGER}
        self.kept: Mapping[str, Path] = kept or {}
        """The files it reads worked-out rows from, by the name of the query."""
        self._list_kept_periods()
        self._open_tables(self._contract)
        self._connection.execute("set enable_external_access = false")
        self._connection.execute("set lock_configuration = true")
        self._answers: dict[str, dict[tuple[Any, ...], pa.Table]] = {}

    def run(
        self,
        name: str,
        params: Mapping[str, Any],
        stoppable: Callable[[Callable[[], None]], None] = lambda _: None,
    ) -> pa.Table:
        """The rows of the query of that name.

        `params` holds exactly what the query's header declares; QueryError says what is too much or missing.
        `stoppable` is handed what interrupts the query, from any thread, before it begins: the call then ends with
        `duckdb.InterruptException`.
        """
        query = self.query(name)
        if missing := set(query.params) - set(params):
            raise QueryError(f"{name}: {dollars(missing)} declared in its header, not given")
        if unknown := set(params) - set(query.params):
            raise QueryError(f"{name}: {dollars(unknown)} given, not declared in its header")
        if name in self._answers:
            held = self._answers[name].get(tuple(params[each] for each in query.params))
            if held is not None:
                return held
        return self._worked_out(query, params, stoppable)

    def _worked_out(
        self,
        query: Query,
        params: Mapping[str, Any],
        stoppable: Callable[[Callable[[], None]], None] = lambda _: None,
    ) -> pa.Table:
        if (whole := self._asked_instead(query, params)) is not None:
            if "least_streets" in query.params:
                own = len(self.scope.streets or ())
                params = {**params, "least_streets": own + LEAST_OTHERS}
            return _own_rows(whole.run(query.name, params, stoppable), query, self.scope)
        if self._asks_otherwise(query, params):
            return self._at_other_moments.run(query.name, params, stoppable)
        with self._lock:
            cursor = self._connection.cursor()
        try:
            stoppable(lambda: _interrupt(cursor))
            statement = self._parsed(query, self._known_of(params))
            asked = {name: params[name] for name in statement.named_parameters}
            rows = cursor.execute(statement, asked).to_arrow_table()
        finally:
            cursor.close()
        for place, name in enumerate(rows.column_names):
            if name in self._not_computable:
                nothing = pa.nulls(rows.num_rows, rows.schema.field(name).type)
                rows = rows.set_column(place, name, nothing)
        return rows

    def _parsed(self, query: Query, known: frozenset[str]) -> duckdb.Statement:
        """The statement of a query; reading a long text takes as long as looking up its answer."""
        if (query.name, known) not in self._statements:
            (statement,) = duckdb.extract_statements(self._text(query, known))
            self._statements[query.name, known] = statement
        return self._statements[query.name, known]

    def _text(self, query: Query, known: Iterable[str] = ()) -> str:
        """The SQL of a query with what is known beforehand in place of the calls that would work it out.

        `known` says what is known of the period that it is asked for, as `_known_of` does.
        """
        if not self._keeps_rollups:
            return query.sql
        sql = calls.without_comments(query.sql)
        for kind in sorted(known):
            sql = calls.asked_of(sql, self._beside[kind], SAID_BY[kind])
        return calls.answered_by_tables(sql, frozenset(self._tables))

    def _known_of(self, params: Mapping[str, Any]) -> frozenset[str]:
        """Whether the period asked for is a kept one, one that is offered by name, or ends with such a one."""
        last = params.get("end_date")
        period = (params.get("start_date"), last)
        kinds = {KEPT: self._kept_periods, OFFERED: self._offered_periods}
        known = {kind for kind, periods in kinds.items() if period in periods}
        return frozenset(known | {ENDS} if last in self._ends else known)

    def absent(self, kpi: Kpi) -> tuple[str, ...]:
        """Chinese titles of the columns the KPI needs and no file of the release had."""
        return tuple(
            self._contract[table].column(column).title
            for table, _, column in (need.partition(".") for need in kpi.needs)
            if table in self.release.manifest.tables
            and self.release.manifest.tables[table].absent(column)
        )

    def answer_ahead(self) -> None:
        """Have ready what pages ask of which readers choose nothing, or nothing but a period offered by name.

        Of the whole district with roll-ups alone: a street is one choice of many. Such answers are a few rows each,
        and planning is what they cost. The lists of the data desk may be long, and few ask for them.
        """
        if not self._keeps_rollups or self.scope.streets is not None:
            return
        known = CHOSEN_BY_NAME | set(self._standing)
        for query in self.queries.values():
            if query.folder in (*BUILDING, DATA_DESK) or not set(query.params) <= known:
                continue
            answers: dict[tuple[Any, ...], pa.Table] = {}
            for first, last in self._offered_periods:
                chosen = {"start_date": first, "end_date": last, "least_streets": 0}
                given = {**self._standing, **chosen}
                asked = {name: given[name] for name in query.params}
                if tuple(asked.values()) not in answers:
                    answers[tuple(asked.values())] = self._worked_out(query, asked)
            self._answers[query.name] = answers

    @property
    def _moment(self) -> datetime:
        return self.release.manifest.data_as_of

    @property
    def _keeps_rollups(self) -> bool:
        return any(name != rollups.LEDGER for name in self.kept)

    def _asks_otherwise(self, query: Query, params: Mapping[str, Any]) -> bool:
        """Whether a query asks for another moment, or by other settings, than what is worked out beforehand."""
        if not self._keeps_rollups:
            return False
        if params.get("as_of", self._moment) != self._moment:
            return True
        fixed = self._answered_for_in(query)
        return any(params.get(name, self._standing[name]) != self._standing[name] for name in fixed)

    def _answered_for_in(self, query: Query) -> frozenset[str]:
        """The parameters of which a query finds one value worked out, in what it reads."""
        if query.name not in self._answered_for:
            read = (self.queries[name] for name in query.reads if name in self.queries)
            fixed = [self._answered_for_in(each) for each in read]
            self._answered_for[query.name] = frozenset().union(*fixed)
        return self._answered_for[query.name]

    @cached_property
    def _at_other_moments(self) -> "Database":
        """The same without roll-ups, which know one moment alone; hardly anybody asks for another."""
        return Database(
            self.release,
            self._settings,
            contract=self._contract,
            queries=self.queries,
            scope=self.scope,
            kept={name: file for name, file in self.kept.items() if name == rollups.LEDGER},
        )

    @cached_property
    def _not_computable(self) -> frozenset[str]:
        defined = [kpi for query in self.queries.values() for kpi in query.kpis]
        return frozenset(kpi.column for kpi in defined if self.absent(kpi))

    def _asked_instead(self, query: Query, params: Mapping[str, Any]) -> "Database | None":
        """The database of the whole district, for a query that says something of it to a part of it."""
        streets = self.scope.streets
        if self._district is None or not streets or query.district is None:
            return None
        if not query.district.applies(params, streets):
            return None
        whole = self._district()
        others = set(whole.streets) - set(streets)
        return whole if len(others) >= LEAST_OTHERS else None

    @cached_property
    def streets(self) -> tuple[str, ...]:
        """The streets of the register, as far as they are seen."""
        if "subdistricts" not in self.table_names:
            return ()
        with self._lock:
            cursor = self._connection.cursor()
        try:
            rows = cursor.execute("select distinct subdistrict_name from subdistricts").fetchall()
        finally:
            cursor.close()
        return tuple(sorted(name for (name,) in rows if name))

    def query(self, name: str) -> Query:
        try:
            return self.queries[name]
        except KeyError:
            raise QueryError(f"there is no query {name!r} in queries/") from None

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement of whoever makes the roll-ups; pages ask by `run` alone."""
        return self._connection.execute(sql, dict(params or {})).fetchall()

    def read_from(self, name: str, file: Path) -> None:
        """Answer a query from now on with the rows of a file that were worked out just now."""
        self.kept = {**self.kept, name: file}
        self._open_kept(self.query(name))

    def row_count(self, table: str) -> int:
        """Rows of a table as stored."""
        with self._lock:
            cursor = self._connection.cursor()
        try:
            row = cursor.execute(f'select count(*) from "{table}"').fetchone()
        finally:
            cursor.close()
        return 0 if row is None else int(row[0])

    def close(self) -> None:
        self._connection.close()

    @cached_property
    def table_names(self) -> tuple[str, ...]:
        return self.release.table_names

    def _list_kept_periods(self) -> None:
        """Which periods have their medians kept: a part of the district has to work out its own."""
        today = self._moment.date()
        kept = kept_periods.make(self._connection, today, self._settings)
        looks_up = self._keeps_rollups and self.scope.streets is None
        offered = offered_periods(today, self._settings).values() if looks_up else ()
        self._kept_periods = frozenset((p.first, p.last) for p in kept if looks_up)
        self._offered_periods = frozenset((p.first, p.last) for p in offered)
        self._ends = frozenset(p.last for p in offered)

    def _open_tables(self, contract: Contract) -> None:
        narrowing = None
        if not self.scope.is_whole:
            narrowing = Narrowing(self._connection, contract, self.release, self.scope)
        for table in self.release.table_names:
            if (
                table in worktime_sql.TABLES
            ):  # a release of an earlier version brings its own calendar
                continue
            is_held = (
                self._making is None
                and not (table == "appeals" and rollups.LEDGER in self.kept)
                and self._fits_into_memory(table)
            )
            _open_table(self._connection, contract, self.release, table, narrowing, is_held)
        if reach.TABLE not in self.release.table_names:
            # A release of an earlier version: what is counted over the table is 不可算, and pages still open.
            columns = ", ".join(f"{name} {kind}" for name, kind in reach.COLUMNS.items())
            self._connection.execute(f"create table {reach.TABLE} ({columns})")
        counts_firms = not self._keeps_rollups and "appeals" in self.release.table_names
        ledger = '"appeals"' if counts_firms else None
        kept_periods.make_spans(self._connection, ledger, self._moment, self._settings)
        at_other_moments = rollups.asked_at_other_moments(self.queries)
        for query in _building_in_order(self.queries):
            if query.name == rollups.LEDGER and self._making is not None:
                self._connection.execute(f'create view "{query.name}" as ({query.sql}\n)')
            elif query.name in self.kept:
                self._open_kept(query)
            elif not query.params:
                self._connection.execute(_as_table(query))
            elif not self._is_known_beforehand(query, at_other_moments):
                self._connection.execute(_as_macro(query, self._text(query)))
            if self._kept_periods and calls.PERIOD & set(query.params):
                self._open_for_kept_periods(query)

    def _is_known_beforehand(self, query: Query, at_other_moments: frozenset[str]) -> bool:
        """Work out a staging query beforehand if that can be done."""
        return (
            self._keeps_rollups
            and set(query.params) <= set(self._standing)
            and query.name not in at_other_moments
            and self._is_small(query)
            and self._answer_beforehand(query)
        )

    def _open_for_kept_periods(self, query: Query) -> None:
        """Have a shorter way to what a staging query says of one of the kept periods, or of the end of an offered one.

        Where `kept_<name>` stands beside it, that is asked. Where all but the period is known beforehand and a page
        asks for it, its rows are held.
        """
        is_of_ends = calls.PERIOD & set(query.params) == calls.END
        beside = f"{LOOKED_UP}{query.name}"
        if beside in self.queries:
            self._beside[ENDS if is_of_ends else KEPT][query.name] = beside
        elif (
            query.name in self._asked_by_pages
            and set(query.params) <= {*self._standing, *calls.PERIOD}
            and self._is_small(query, looked_up=True)
        ):
            kind = ENDS if is_of_ends else KEPT if query.name in TELL_CHANGES else OFFERED
            self._answer_periods_beforehand(query, kind)
            self._beside[kind][query.name] = beside
            self._answered_for[query.name] = frozenset(query.params) - calls.PERIOD

    def _answer_periods_beforehand(self, query: Query, kind: str) -> None:
        if kind == ENDS:
            asked = [{"end_date": last} for last in sorted(self._ends)]
        else:
            periods = self._kept_periods if kind == KEPT else self._offered_periods
            asked = [{"start_date": one, "end_date": last} for one, last in sorted(periods)]
        held, said_by = f"{query.name}_held", sorted(SAID_BY[kind])
        days = ", ".join(f"${name}::date as of_{name}" for name in said_by)
        known = (ENDS,) if kind == ENDS else (KEPT,)
        rows = f"select {days}, * from ({self._text(query, known)}\n)"
        made = f'create table "{held}" as'
        for period in asked:
            given = {**self._standing, **period}
            given = {name: given[name] for name in calls.parameters_in(rows)}
            self._connection.execute(f"{made} {rows}", given)
            made = f'insert into "{held}"'
        columns = ", ".join(f"of_{name}" for name in said_by)
        condition = " and ".join(f"of_{name} = {name}" for name in said_by)
        self._connection.execute(
            f'create macro "{LOOKED_UP}{query.name}"({", ".join(query.params)}) as table '
            f'(select * exclude ({columns}) from "{held}" where {condition})'
        )

    @cached_property
    def _asked_by_pages(self) -> frozenset[str]:
        """What queries of pages read."""
        pages = (query for query in self.queries.values() if query.folder not in BUILDING)
        return frozenset(name for query in pages for name in query.reads)

    def _fits_into_memory(self, table: str) -> bool:
        source = f"read_parquet('{_quoted(self.release.table_path(table))}')"
        ((count,),) = self.execute(f"select count(*) from {source}")
        return int(count) <= MOST_ROWS_HELD

    def _is_small(self, query: Query, *, looked_up: bool = False) -> bool:
        """Whether a staging query has nothing to do with the ledger, neither itself nor through what is not kept.

        `looked_up` is about a kept period, of which more is kept.
        """
        if query.name in self.kept:
            return query.name != rollups.LEDGER
        if query.name == rollups.LEDGER:
            return False
        read = (self.queries[name] for name in query.reads if name in self.queries)
        return all(
            (looked_up and f"{LOOKED_UP}{each.name}" in self.queries)
            or self._is_small(each, looked_up=looked_up)
            for each in read
        )

    def _answer_beforehand(self, query: Query) -> bool:
        """Hold the rows that a staging query has at the moment and by the settings that this database is asked about.

        Queries read them as before; but DuckDB, which puts a macro's text in place wherever it is called, has less to
        plan, and with so few rows planning is most of what a query costs. Of more rows nothing is held.
        """
        sql = self._text(query)
        given = {name: self._standing[name] for name in calls.parameters_in(sql)}
        if "group by" not in sql:
            # Counting rows that are read as they lie costs nothing; grouped ones are few, and dear to count twice.
            ((count,),) = self.execute(f"select count(*) from ({sql}\n)", given)
            if count > MOST_ROWS_IN_MEMORY:
                return False
        self.execute(f'create table "{query.name}" as ({sql}\n)', given)
        self._call_table(query)
        self._answered_for[query.name] = frozenset(query.params)
        return True

    def _call_table(self, query: Query) -> None:
        """Have a table answer under the name of the query whose rows it holds, whatever it is given."""
        arguments = ", ".join(query.params)
        self._connection.execute(
            f'create or replace macro "{query.name}"({arguments}) as table '
            f'(select * from "{query.name}")'
        )
        if self._making is None:
            self._tables.add(query.name)

    def _open_kept(self, query: Query) -> None:
        """The rows that the release keeps of a query: few of them in memory, many where they lie.

        A roll-up answers under its own name as it does where none is kept; its parameter is the one moment it knows.
        """
        name = query.name
        source = f"read_parquet('{_quoted(self.kept[name])}')"
        count = self._connection.execute(f"select count(*) from {source}").fetchall()[0][0]
        if self.scope.streets is not None:
            held, condition = "table", "is_own_street(subdistrict_name)"
        else:
            is_small = count <= MOST_ROWS_IN_MEMORY and self._making is None
            held, condition = "table" if is_small else "view", "true"
        made = "create or replace view" if held == "view" else "create table"
        self._connection.execute(f'{made} "{name}" as select * from {source} where {condition}')
        if query.params:
            self._call_table(query)


def _shares(settings: Settings) -> dict[str, Any]:
    """What one database may take of the machine; without these, DuckDB takes all processors and most of the memory."""
    shares: dict[str, Any] = {}
    if settings.query_threads:
        shares["threads"] = settings.query_threads
    if settings.query_memory_mb:
        shares["memory_limit"] = f"{settings.query_memory_mb}MB"
    return shares


def _interrupt(cursor: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.ConnectionException):  # it is over already
        cursor.interrupt()


def problems_of(folder: Path, query: Query) -> pa.Table:
    """The rows of a query that reads `intake_problems` alone, over the folder of any load.

    The folder of a refused load holds nothing else, and a candidate need not be opened whole for its problems.
    """
    with duckdb.connect() as connection:
        connection.execute(f"set allowed_directories = ['{_quoted(folder)}']")
        connection.execute("set enable_external_access = false")
        connection.execute(MACROS.read_text(encoding="utf-8"))
        _know_names(connection, Release(folder))
        _open_table(connection, load_contract(), Release(folder), "intake_problems")
        return connection.sql(query.sql).to_arrow_table()


def list_absent_columns(
    connection: duckdb.DuckDBPyConnection, release: Release, contract: Contract
) -> None:
    """Make the table `absent_columns`: what no file of a table had."""
    connection.execute(
        "create table absent_columns (table_name varchar, column_name varchar, column_title varchar)"
    )
    absent = [
        [name, column, contract[name].column(column).title]
        for name, entry in release.manifest.tables.items()
        if name in contract.names
        for column in entry.absent(*(c.name for c in contract[name].columns))
    ]
    if absent:
        connection.executemany("insert into absent_columns values (?, ?, ?)", absent)


def _know_names(connection: duckdb.DuckDBPyConnection, release: Release) -> None:
    """Have free texts lose the names of all cadres, whoever sees them: those of other streets as well."""
    names.teach(connection, known_names(connection, release))


def known_names(connection: duckdb.DuckDBPyConnection, release: Release) -> names.Register:
    """The names of the cadres of a release; nobody's where it has no register."""
    path = release.table_path(names.REGISTER)
    if not path.is_file():
        return names.NOBODY
    columns = "cadre_id, cadre_name"
    source = f"read_parquet('{_quoted(path)}')"
    return names.Register.of(connection.execute(f"select {columns} from {source}").fetchall())


def _open_table(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    release: Release,
    table: str,
    narrowing: Narrowing | None = None,
    is_held: bool = False,
) -> None:
    """A view of the table, a copy of it where it is to be held, or one of the rows that a narrower scope sees."""
    named = "true" if narrowing is None else narrowing.named(table)
    shown = masked_columns(contract, table, named)
    source = f"select {shown} from read_parquet('{_quoted(release.table_path(table))}')"
    if narrowing is None:
        # A view on a file has the file opened, and the masks planned, by every query that reads it.
        kind = "table" if is_held else "view"
        connection.execute(f'create {kind} "{table}" as {source}')
    else:
        held = "view" if narrowing.sees_every_street else "table"
        condition = narrowing.condition(table)
        connection.execute(f'create {held} "{table}" as {source} where {condition}')


def _own_streets(scope: Scope) -> str:
    """The macros that tell a narrower database from the whole one."""
    own = f"street in ({literals(scope.streets)})" if scope.streets else "false"
    return (
        f"create or replace macro is_own_street(street) as {own};"
        "create or replace macro sees_whole_district() as false;"
    )


def _own_rows(rows: pa.Table, query: Query, scope: Scope) -> pa.Table:
    """Of rows about the whole district those of the own streets, and those of no street where the query has such."""
    column = query.district.own_rows if query.district else None
    if column is None:
        return rows
    names = rows.column(column)
    own = pc.is_in(names, pa.array(scope.streets or (), pa.string()))
    if query.district.keeps_totals:
        own = pc.or_(own, pc.is_null(names))
    return rows.filter(pc.fill_null(own, False))


def _building_in_order(queries: Mapping[str, Query]) -> list[Query]:
    """The staging queries and roll-ups, each after those it reads; CycleError when two read each other."""
    staging = {query.name: query for query in queries.values() if query.folder in BUILDING}
    graph = {
        name: [r for each in query.reads for r in (each, f"{LOOKED_UP}{each}") if r in staging]
        for name, query in staging.items()
    }
    return [staging[name] for name in TopologicalSorter(graph).static_order()]


def _as_macro(query: Query, sql: str, name: str | None = None) -> str:
    """A staging query as a table function: its parameters become arguments."""
    arguments = ", ".join(query.params)
    return f'create macro "{name or query.name}"({arguments}) as table ({_with_arguments(sql)}\n)'


def _with_arguments(sql: str) -> str:
    """The SQL with the names of its parameters in their place, as a macro has them."""
    return re.sub(r"\$([a-z_]+)", r"\1", sql)


def _as_table(query: Query) -> str:
    """A staging query that depends on nothing but the release: worked out once, when it is opened."""
    return f'create table "{query.name}" as ({query.sql}\n)'


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
