"""The roll-ups of a release: worked out when its tables stand, and kept beside them.

A release that follows another goes on from its roll-ups: appeals that are the same in both keep their times, and days
of which no appeal has changed, nor can be judged otherwise at the later moment, keep their counts. What comes of it
is what working out everything gives, and costs what has changed.
"""

import filecmp
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from fuqi.settings import Settings
from fuqi.store import Database, Making, Release, kept_periods, rollups
from fuqi.store.queries import Query
from fuqi.store.queries import load as load_queries

JOINED = ("parks", "cadres")
"""Tables that the times of an appeal depend on beside its own row: the names of parks, and those masked in titles."""
OVERFLOW = "overflow"
BY_DAY = "received_date"
UNSETTLED = """
    received_at > $as_of
    or assigned_at > $as_of
    or accepted_at > $as_of
    or first_response_at > $as_of
    or closed_at > $as_of
    or (closed_at is null and due_at >= $as_of)
    or (
        first_response_at is null
        and (received_date >= $as_of::date or received_at + interval 24 hour > $as_of)
    )
"""
"""Whether `judged_cases` may say something else of a timed appeal after `$as_of` though nothing happens to it."""


def write(
    release: Release,
    settings: Settings,
    *,
    queries: Mapping[str, Query] | None = None,
    previous: Release | None = None,
) -> Mapping[str, int]:
    """Work out every roll-up of the release at the moment of its data; gives the rows of each by name.

    `previous` is the release it follows, if any. Raises OSError or duckdb.Error, and then there is no folder of them,
    or the one from before.
    """
    asked = load_queries() if queries is None else queries
    with being_replaced(release, settings, asked) as unfinished:
        before = {} if previous is None else _before(previous, release, settings, asked)
        making = Making(unfinished / OVERFLOW, (previous.folder,) if previous and before else ())
        database = Database(release, settings, queries=asked, making=making)
        try:
            return _Counting(database, unfinished, previous, before).everything()
        finally:
            database.close()


@contextmanager
def being_replaced(
    release: Release, settings: Settings, queries: Mapping[str, Query]
) -> Iterator[Path]:
    """A folder to write the roll-ups of a release into; it takes the place of theirs when it is left without an error.

    It appears whole or not at all: whoever opens the release meanwhile finds the one from before or goes through the
    ledger.
    """
    folder = release.folder / rollups.FOLDER
    unfinished = folder.with_name(f".{rollups.FOLDER}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        yield unfinished
        shutil.rmtree(unfinished / OVERFLOW, ignore_errors=True)
        made_of = rollups.fingerprint(release.manifest.data_as_of, settings, queries)
        (unfinished / rollups.MADE_OF).write_text(json.dumps(made_of), encoding="utf-8")
        # A query that runs meanwhile misses its file for the moment between two renames, and no longer.
        before = folder.with_name(f".{rollups.FOLDER}-before")
        shutil.rmtree(before, ignore_errors=True)
        if folder.exists():
            folder.rename(before)
        unfinished.rename(folder)
        shutil.rmtree(before, ignore_errors=True)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _before(
    previous: Release, release: Release, settings: Settings, queries: Mapping[str, Query]
) -> Mapping[str, Path]:
    """The roll-ups of the release before that this one can go on from, by name; none where something else differs."""
    as_of = release.manifest.data_as_of
    files = rollups.kept_but_for_the_moment(previous, as_of, settings, queries)
    same = (
        bool(files)
        and previous.manifest.data_as_of <= as_of
        and _judged_alike(previous, release)
        and all(_is_same(previous.table_path(t), release.table_path(t)) for t in JOINED)
        and _schema(previous) == _schema(release)
    )
    return files if same else {}


def _judged_alike(previous: Release, release: Release) -> bool:
    """Whether both have the same columns of appeals, and are both of the own city or not."""
    one, other = (r.manifest.tables.get("appeals") for r in (previous, release))
    if one is None or other is None:
        return False
    columns = pq.read_schema(release.table_path("appeals")).names
    return one.is_foreign == other.is_foreign and one.absent(*columns) == other.absent(*columns)


def _is_same(one: Path, other: Path) -> bool:
    if not one.is_file() or not other.is_file():
        return one.is_file() == other.is_file()
    return filecmp.cmp(one, other, shallow=False)


def _schema(release: Release) -> object:
    return pq.read_schema(release.table_path("appeals"))


class _Counting:
    """The roll-ups of one release in the making."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        previous: Release | None,
        before: Mapping[str, Path],
    ) -> None:
        self._database = database
        self._folder = folder
        self._previous = previous
        self._before = before
        self._moment = {"as_of": database.release.manifest.data_as_of}

    def everything(self) -> Mapping[str, int]:
        """Write a file each; gives the rows of each roll-up by name."""
        if self._before:
            self._find_what_changed()
        ledger = self._database.query(rollups.LEDGER)
        if self._before:
            with self._restricted("appeals", "appeal_id in (select appeal_id from changes)"):
                rows = (
                    f"select * from {_file(self._before[ledger.name])} "
                    "where appeal_id not in (select appeal_id from changes) "
                    f"union all by name (from ({ledger.sql}\n))"
                )
                self._write(ledger.name, f"select * from ({rows}) order by {rollups.LEDGER_ORDER}")
        else:
            rows = f"select * from ({ledger.sql}\n) order by {rollups.LEDGER_ORDER}"
            self._write(ledger.name, rows)
        queries = self._database.queries
        return {name: self._roll_up(queries[name]) for name in rollups.names(queries)}

    def _roll_up(self, query: Query) -> int:
        for listed in kept_periods.LISTED & set(query.reads):
            return self._write(query.name, self._one_by_one(query, listed))
        if not self._before or not self._is_by_day(query):
            return self._write(query.name, query.sql, self._moment)
        untouched = (
            f"select * from {_file(self._before[query.name])} where {BY_DAY} not in (from touched)"
        )
        with (
            self._restricted("appeals", "received_at::date in (from touched)"),
            self._restricted(rollups.LEDGER, f"{BY_DAY} in (from touched)"),
        ):
            rows = f"{untouched} union all by name (from ({query.sql}\n))"
            ordered = f"select * from ({rows}) order by {order_of(query)}"
            return self._write(query.name, ordered, self._moment)

    def _is_by_day(self, query: Query) -> bool:
        """Whether each row of a roll-up comes of the appeals of one day alone."""
        columns = pq.read_schema(self._before[query.name]).names
        return BY_DAY in columns and set(query.reads) <= {"judged_cases", "appeals"}

    def _find_what_changed(self) -> None:
        """Make the tables `changes`, of appeals not the same in both releases, and `touched`, of days to count anew."""
        execute, previous = self._database.execute, self._previous
        old, new = (r.table_path("appeals") for r in (previous, self._database.release))
        told = (
            "select appeal_id, received_at::date as day, hash(stored) as row_hash from {} as stored"
        )
        execute(
            "create table changes as select coalesce(old.appeal_id, new.appeal_id) as appeal_id, "
            "old.day as old_day, new.day as new_day "
            f"from ({told.format(_file(old))}) as old full join ({told.format(_file(new))}) as new "
            "on old.appeal_id = new.appeal_id where old.row_hash is distinct from new.row_hash"
        )
        execute(
            "create table touched as "
            "select old_day as day from changes where old_day is not null "
            "union select new_day from changes where new_day is not null "
            f"union select received_at::date from {_file(old)} where received_at > $as_of "
            f"union select {BY_DAY} from {_file(self._before[rollups.LEDGER])} where {UNSETTLED}",
            {"as_of": previous.manifest.data_as_of},
        )

    @contextmanager
    def _restricted(self, view: str, condition: str) -> Iterator[None]:
        """A view shows for a while only the rows that meet a condition."""
        execute = self._database.execute
        execute(f"alter view {view} rename to every_{view}")
        execute(f"create view {view} as select * from every_{view} where {condition}")
        try:
            yield
        finally:
            execute(f"drop view {view}")
            execute(f"alter view every_{view} rename to {view}")

    def _one_by_one(self, query: Query, listed: str) -> str:
        """Collect the rows of a query over the periods, or what else a table lists; gives SQL for all in their order.

        One row of the table at a time: medians hold their values in memory. What the query reads shows the days of the
        period alone, for a join with a table has every day read.
        """
        execute = self._database.execute
        collected, every = f"{query.name}_collected", f"every_{listed}"
        execute(f"create table {every} as from {listed} order by all")
        execute(f"create table {collected} as ({query.sql}\n) limit 0", self._moment)
        for place, first, last in execute(f"select rowid, first_date, last_date from {every}"):
            execute(f"delete from {listed}")
            execute(f"insert into {listed} from {every} where rowid = $place", {"place": place})
            with ExitStack() as shown:
                for view in {rollups.LEDGER, *query.reads} & set(self._database.kept):
                    days = f"{BY_DAY} between '{first}' and '{last}'"
                    shown.enter_context(self._restricted(view, days))
                execute(f"insert into {collected} ({query.sql}\n)", self._moment)
        execute(f"delete from {listed}")
        execute(f"insert into {listed} from {every}")
        execute(f"drop table {every}")
        return f"from {collected} order by {order_of(query)}"

    def _write(self, name: str, rows: str, params: Mapping[str, object] | None = None) -> int:
        """Write rows to the file of a query, and have the database read them there; gives their number."""
        file = rollups.file(self._folder, name)
        target = str(file).replace("'", "''")
        ((count,),) = self._database.execute(
            f"copy ({rows}\n) to '{target}' (format parquet, compression zstd)", params
        )
        self._database.read_from(name, file)
        return int(count)


def _file(path: Path) -> str:
    return "read_parquet('" + str(path).replace("'", "''") + "')"


def order_of(query: Query) -> str:
    """The keys that the rows of a roll-up stand in order of, by the names of its own columns."""
    keys = re.split(r"\border by\b", query.sql)[-1].strip()
    return re.sub(r"\b\w+\.", "", keys)
