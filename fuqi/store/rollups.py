"""Roll-ups: what a load works out beforehand, so that a page need not go through the ledger.

`queries/rollups/*.sql` say what they hold; each asks for `$as_of` alone and has a column `subdistrict_name`.
A release keeps their rows in its folder `rollups/`, judged at the moment of its data. A query reads a roll-up as
it reads a staging query, `case_counts($as_of)`: at the moment of the data it gets the rows kept, at any other
moment the same SQL runs over the ledger. So a roll-up is only ever a shorter way to the same numbers, and a
release without any still opens.

A staging query `kept_<name>` is the shorter way to what `<name>` says of a kept period: `Database` asks it there.

They are kept together with what else decided them (`fingerprint`): after a change of office hours, limits, the
working calendar, the periods offered, what is masked or a query they are made of they no longer count, until a load
or `python -m fuqi build` works them out again.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from fuqi import contract, periods, worktime
from fuqi.settings import Settings
from fuqi.store import calls, kept_periods, worktime_sql
from fuqi.store import names as names_in_text
from fuqi.store.masking import masked_columns
from fuqi.store.queries import ROLLUPS, Query
from fuqi.store.releases import Release

FOLDER = "rollups"
MADE_OF = "made_of.json"
LEDGER = "timed_appeals"
"""The staging query kept beside the roll-ups: what all of them, and every list of cases, are made of."""
LEDGER_ORDER = "subdistrict_name, received_at, appeal_id"
"""Lists of cases are asked about a street: it finds its own rows side by side, and passes over all others."""
DECIDING_CODE = (
    Path(__file__).with_name("macros.sql"),
    Path(worktime_sql.__file__),
    Path(names_in_text.__file__),
    Path(periods.__file__),
    Path(kept_periods.__file__),
)
"""Code that the rows depend on: the macros, working hours, names in titles, and which periods are kept.

What other code comes to is told from what it makes: `decisions`.
"""
DECIDING_SETTINGS = (
    "office_hours",
    "deadline_limits",
    "programme_start",
    "report_month_day",
    "common_recent_weeks",
    "common_earlier_weeks",
)
"""Settings that the rows of a roll-up depend on; a query takes all others as parameters."""


def kept(release: Release, settings: Settings, queries: Mapping[str, Query]) -> Mapping[str, Path]:
    """The roll-ups that the release keeps and that still count, by name; none where one thing differs."""
    return _files(release, queries, fingerprint(release.manifest.data_as_of, settings, queries))


def kept_but_for_the_moment(
    release: Release, as_of: datetime, settings: Settings, queries: Mapping[str, Query]
) -> Mapping[str, Path]:
    """Those that would count if the release had been judged at `as_of`: what a later one may go on from."""
    decided = decisions(as_of, settings, queries)
    at_its_own = fingerprint(release.manifest.data_as_of, settings, queries)
    if decided != decisions(release.manifest.data_as_of, settings, queries):
        return {}
    return _files(release, queries, at_its_own)


def _files(release: Release, queries: Mapping[str, Query], made_of: str) -> Mapping[str, Path]:
    folder = release.folder / FOLDER
    try:
        stands = json.loads((folder / MADE_OF).read_text(encoding="utf-8")) == made_of
    except (OSError, ValueError):
        return {}
    files = {name: file(folder, name) for name in (LEDGER, *names(queries)) if name in queries}
    return files if stands and all(path.is_file() for path in files.values()) else {}


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
        and any(
            not re.match(r"\s*\$as_of\b", arguments)
            for arguments in calls.arguments_of(calls.without_comments(query.sql), name)
        )
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
    return _short({"as_of": as_of, "decisions": decisions(as_of, settings, queries)})


def decisions(as_of: datetime, settings: Settings, queries: Mapping[str, Query]) -> str:
    """The same but for the moment, of which the year counts: the calendar ends with it."""
    last = date(as_of.year + worktime_sql.YEARS_AHEAD, 12, 31)
    read, known = sorted(deciding(queries)), contract.load()
    stored = sorted({table for name in read for table in queries[name].reads} & {*known.names})
    return _short(
        {
            "settings": {name: repr(getattr(settings, name)) for name in DECIDING_SETTINGS},
            "calendar": worktime.numbered_days(last),
            "code": {part.name: part.read_text(encoding="utf-8") for part in DECIDING_CODE},
            "office hours": worktime_sql.macros(settings.office_hours),
            "queries": {name: queries[name].sql for name in read},
            "shown": {table: masked_columns(known, table, "true") for table in stored},
        }
    )


def deciding(queries: Mapping[str, Query]) -> frozenset[str]:
    """The names of the roll-ups, of the ledger, and of every query that these read.

    Queries that read roll-ups are not among them: what they say is worked out by their SQL as it is now.
    """
    waiting, found = [LEDGER, *names(queries)], set[str]()
    while waiting:
        name = waiting.pop()
        if name in queries and name not in found:
            found.add(name)
            waiting += queries[name].reads
    return frozenset(found)


def _short(decided_by: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(decided_by, default=str).encode()).hexdigest()
