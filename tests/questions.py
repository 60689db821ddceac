"""Queries asked of a release that a test states row by row."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from fuqi.settings import Settings
from fuqi.store import Database, Release, parameters
from fuqi.store.queries import STAGING
from tests.ledger import AS_OF, publish_ledger, subdistricts

Row = dict[str, Any]
Run = Callable[..., list[Row]]

STREETS = ("园岭街道", "南园街道", "福田街道", "福保街道", "莲花街道")
"""The last one never has an appeal, a station or a park in the drawn ledgers."""
DUE_SOON_AT = AS_OF + timedelta(days=1)
WITHOUT_LIMITS = Settings(deadline_limits=())
"""A case without a deadline has none: only the tests of limits let one be worked out."""
QUARTER = (date(2023, 4, 1), date(2023, 6, 28))


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
        with asking(release, current) as run:
            yield run


@contextmanager
def asking(release: Release, current: Settings) -> Iterator[Run]:
    """The same on a release that stands already."""
    as_of = release.manifest.data_as_of
    given = {"longest_days": 14, "most_rows": 20, "weeks_around": 4}
    given |= {"search": "", "case_state": "all", "case_order": "deadline", "offset_rows": 0}
    defaults = {**parameters(as_of, *QUARTER, current), **given}
    database = Database(release, current)

    def run(name: str, **instead: Any) -> list[Row]:
        query = database.query(name)
        known = {**defaults, **instead}
        rows = database.run(name, {p: known[p] for p in query.params}).to_pylist()
        if query.folder == STAGING and rows and "appeal_id" in rows[0]:
            rows.sort(key=lambda row: row["appeal_id"])  # a staging query has no order of its own
        return rows

    try:
        yield run
    finally:
        database.close()


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
