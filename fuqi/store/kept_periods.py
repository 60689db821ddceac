"""Tables of what roll-ups are kept for: the periods offered by name, and the spans that rises are told from."""

from datetime import date, datetime

import duckdb

from fuqi import periods
from fuqi.periods import Period
from fuqi.settings import Settings

PERIODS = "kept_periods"
"""A table of the periods that medians are kept for, by their first and last day."""
GROUPINGS = "kept_groupings"
"""A table of the same periods and what their medians are of: each street or all, with each category or all."""
SPANS = "kept_spans"
"""A table of the spans that firms are counted for: the same, and the weeks that rises are told from."""
LISTED = frozenset({PERIODS, GROUPINGS, SPANS})
"""Tables of what is kept: a roll-up reads one of them, and may be worked out for a row of it at a time."""


def make(
    connection: duckdb.DuckDBPyConnection, today: date, settings: Settings
) -> tuple[Period, ...]:
    """Make the tables `kept_periods`, those that have their medians kept, and `kept_groupings`, of what."""
    found = periods.kept(today, settings)
    connection.execute(f"create table {PERIODS} (first_date date, last_date date)")
    connection.executemany(
        f"insert into {PERIODS} values (?, ?)", [[p.first, p.last] for p in found]
    )
    connection.execute(
        f"create table {GROUPINGS} as "
        "select *, unnest([false, false, true, true]) as is_every_subdistrict, "
        f"unnest([false, true, false, true]) as is_every_category from {PERIODS}"
    )
    return found


def make_spans(
    connection: duckdb.DuckDBPyConnection, ledger: str | None, as_of: datetime, settings: Settings
) -> None:
    """Make the table `kept_spans`: those that have their firms counted, by what the rows of `ledger` reach back to."""
    connection.execute(f"create table {SPANS} (first_date date, last_date date)")
    if ledger is None:
        return
    ((first_known,),) = connection.execute(
        f"select min(received_at)::date from {ledger} "
        "where received_at <= $as_of and not coalesce(is_void, false)",
        {"as_of": as_of},
    ).fetchall()
    connection.executemany(
        f"insert into {SPANS} values (?, ?)",
        [[span.first, span.last] for span in periods.spans(as_of, settings, first_known)],
    )
