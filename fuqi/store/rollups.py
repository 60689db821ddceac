"""Roll-ups: what a load works out beforehand, so that a page need not go through the ledger.

`queries/rollups/*.sql` say what they hold; each asks for `$as_of` alone and has a column `subdistrict_name`.
A release keeps their rows in its folder `rollups/`, judged at the moment of its data. A query reads a roll-up as
it reads a staging query, `case_counts($as_of)`: at the moment of the data it gets the rows kept, at any other
moment the same SQL runs over the ledger. So a roll-up is only ever a shorter way to the same numbers, and a
release without any still opens.

They are kept together with what else decided them (`fingerprint`): after a change of office hours, limits, the
working calendar or a query they no longer count, until a load or `python -m fuqi build` works them out again.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from graphlib import TopologicalSorter
from pathlib import Path

from fuqi import worktime
from fuqi.settings import Settings
from fuqi.store import names as names_in_text
from fuqi.store import worktime_sql
from fuqi.store.queries import ROLLUPS, STAGING, Query
from fuqi.store.releases import Release

FOLDER = "rollups"
MADE_OF = "made_of.json"
LEDGER = "timed_appeals"
"""The staging query kept beside the roll-ups: what all of them, and every list of cases, are made of."""
LEDGER_ORDER = "received_at, appeal_id"
PERIODS = "kept_periods"
"""A table of the periods that medians are kept for, by their first and last day."""
DECIDING_CODE = (
    Path(__file__).with_name("macros.sql"),
    Path(worktime_sql.__file__),
    Path(names_in_text.__file__),
)
"""Code that the rows depend on: the macros, working hours, and what is masked in titles."""
DECIDING_SETTINGS = (
    "office_hours",
    "deadline_limits",
    "programme_start",
    "report_month_day",
)
"""Settings that the rows of a roll-up depend on; a query takes all others as parameters."""


def kept(release: Release, settings: Settings, queries: Mapping[str, Query]) -> Mapping[str, Path]:
    """The roll-ups that the release keeps and that still count, by name; none where one thing differs."""
    folder = release.folder / FOLDER
    try:
        made_of = json.loads((folder / MADE_OF).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if made_of != fingerprint(release.manifest.data_as_of, settings, queries):
        return {}
    files = {name: file(folder, name) for name in (LEDGER, *names(queries)) if name in queries}
    return files if all(path.is_file() for path in files.values()) else {}


def file(folder: Path, name: str) -> Path:
    """Where the rows of a roll-up lie in the folder of roll-ups."""
    return folder / f"{name}.parquet"


def names(queries: Mapping[str, Query]) -> tuple[str, ...]:
    """The roll-ups, each after those it reads."""
    rolled_up = {q.name: q.reads for q in queries.values() if q.folder == ROLLUPS}
    return tuple(name for name in TopologicalSorter(rolled_up).static_order() if name in rolled_up)


def asked_at_other_moments(queries: Mapping[str, Query]) -> frozenset[str]:
    """Names of what some query asks for at another moment than its own `$as_of`, and of all that those read.

    Of these, rows of one moment must not be held in place of the SQL.
    """
    waiting = [
        name
        for query in queries.values()
        for name in query.reads
        if name in queries
        and queries[name].params[:1] == ("as_of",)
        and re.search(rf"\b{name}\s*\(\s*+(?!\$as_of\b)", _without_comments(query.sql))
    ]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [read for read in queries[name].reads if read in queries]
    return frozenset(found)


def fingerprint(as_of: datetime, settings: Settings, queries: Mapping[str, Query]) -> str:
    """What decides the rows of the roll-ups beside the tables of the release, as a short text to compare."""
    last = date(as_of.year + worktime_sql.YEARS_AHEAD, 12, 31)
    decided_by = {
        "as_of": as_of,
        "settings": {name: repr(getattr(settings, name)) for name in DECIDING_SETTINGS},
        "calendar": worktime.numbered_days(last),
        "code": {part.name: part.read_text(encoding="utf-8") for part in DECIDING_CODE},
        "queries": {
            name: query.sql
            for name, query in sorted(queries.items())
            if query.folder in (STAGING, ROLLUPS)
        },
    }
    return hashlib.sha256(json.dumps(decided_by, default=str).encode()).hexdigest()


def _without_comments(sql: str) -> str:
    return re.sub(r"--.*", "", sql)
