"""Queries asked of a release that a test states row by row."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from fuqi.settings import Settings
from fuqi.store import Database, Query, Release, parameters
from fuqi.store.queries import BUILDING, STAGING, load
from tests.ledger import AS_OF, publish_ledger, subdistricts

Row = dict[str, Any]
Run = Callable[..., list[Row]]

STREETS = ("园岭街道", "南园街道", "福田街道", "福保街道", "莲花街道")
"""The last one never has an appeal, a station or a park in the drawn ledgers."""
DUE_SOON_AT = AS_OF + timedelta(days=1)
WITHOUT_LIMITS = Settings(deadline_limits=())
"""A case without a deadline has none: only the tests of limits let one be worked out."""
QUARTER = (date(2023, 4, 1), date(2023, 6, 28))


class NarrowDatabase:
    """A Database that has, of the queries others are built on, those alone that the questions asked so far read.

    They are most of what opening costs, and a test reads a few of thirty; that all of them stand together is for
    `tests/test_query_files.py`. A question that reads more opens the release anew, once a test: what the examples
    before have asked for is there from the start.
    """

    _asked_in: ClassVar[defaultdict[str, set[str]]] = defaultdict(set)
    """By test, the names of all those queries that its questions read."""

    def __init__(self, release: Release, settings: Settings) -> None:
        self._release, self._settings = release, settings
        self._has: set[str] = set()
        self._database: Database | None = None

    def query(self, name: str) -> Query:
        return load()[name]

    def run(self, name: str, params: Mapping[str, Any]) -> pa.Table:
        """The rows of the query, as `Database.run` gives them."""
        asked = self._asked_in[os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]]
        asked |= built_on(name)
        if self._database is None or not built_on(name) <= self._has:
            self.close()
            self._has = set(asked)
            queries = load().items()
            self._database = Database(
                self._release,
                self._settings,
                queries={n: q for n, q in queries if q.folder not in BUILDING or n in self._has},
            )
        return self._database.run(name, params)

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
        self._database = None


@cache
def built_on(name: str) -> frozenset[str]:
    """The query itself and, by their headers, all queries that have to stand before it can run."""
    reads = [read for read in load()[name].reads if read in load()]
    return frozenset({name}.union(*map(built_on, reads)))


@contextmanager
def opened(
    current: Settings = WITHOUT_LIMITS,
    *,
    as_of: datetime = AS_OF,
    absent: dict[str, tuple[str, ...]] | None = None,
    is_foreign: bool = False,
    **tables: list[Row],
) -> Iterator[Run]:
    """A function that runs a query on a release of these rows and gives its rows; defaults fill its parameters."""
    with tempfile.TemporaryDirectory() as folder:
        rows = {"subdistricts": subdistricts(*STREETS), **tables}
        release = publish_ledger(Path(folder), rows, as_of, absent=absent, is_foreign=is_foreign)
        database = NarrowDatabase(release, current)
        try:
            yield _run(database, release, current)
        finally:
            database.close()


@contextmanager
def asking(release: Release, current: Settings) -> Iterator[Run]:
    """The same on a release that stands already, opened whole, with the roll-ups it keeps."""
    database = Database(release, current)
    try:
        yield _run(database, release, current)
    finally:
        database.close()


def _run(database: Database | NarrowDatabase, release: Release, current: Settings) -> Run:
    as_of = release.manifest.data_as_of
    given = {"longest_days": 14, "most_rows": 20, "weeks_around": 4}
    given |= {"search": "", "case_state": "all", "case_order": "deadline", "offset_rows": 0}
    defaults = {**parameters(as_of, *QUARTER, current), **given}

    def run(name: str, **instead: Any) -> list[Row]:
        query = database.query(name)
        known = {**defaults, **instead}
        rows = database.run(name, {p: known[p] for p in query.params}).to_pylist()
        if query.folder == STAGING and rows and "appeal_id" in rows[0]:
            rows.sort(key=lambda row: row["appeal_id"])  # a staging query has no order of its own
        return rows

    return run


def totals(*appeals: Row, current: Settings = WITHOUT_LIMITS, **params: Any) -> Row:
    """`resolution_totals` of these appeals."""
    with opened(current, appeals=list(appeals)) as run:
        (row,) = run("resolution_totals", **params)
        return row


def open_totals(*appeals: Row, **params: Any) -> Row:
    """`open_totals` of these appeals."""
    with opened(appeals=list(appeals)) as run:
        (row,) = run("open_totals", **params)
        return row


def at(day: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    """A moment of June 2023; the data are from the 28th, 18:00."""
    return datetime(2023, 6, day, hour, minute, second)
