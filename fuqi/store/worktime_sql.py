"""The working calendar, office hours and limits as SQL: two tables and the macros that work on them.

`calendar` has a row a day. `work_rules` has one row of lists, so that a query that joins it pays for a lookup a moment
and not for a join: `working_days_before` (an entry a day since the calendar's first), `working_days` (the working
days in order) and `limits` (by category, "*" for the others).
"""

from datetime import date, timedelta

import duckdb
import pyarrow as pa

from fuqi import worktime
from fuqi.settings import Settings
from fuqi.store.releases import Manifest

TABLES = ("calendar", "work_rules")
YEARS_AHEAD = 2
"""Deadlines reach into the year after the data; nothing is worked out beyond."""
DAY = 86_400_000_000
"""Microseconds."""


def create(connection: duckdb.DuckDBPyConnection, manifest: Manifest, settings: Settings) -> None:
    """Make the tables and macros, up to the end of the second year after the data.

    Outside the calendar working time is null. Limits are left out where no deadline may be worked out: the export
    has no such column, or is another city's.
    """
    last = date(manifest.data_as_of.year + YEARS_AHEAD, 12, 31)
    _create_calendar(connection, last)
    before, working_days = worktime.numbered_days(last)
    limits = () if _judges_nothing(manifest) else settings.deadline_limits
    connection.execute(
        """
        create table work_rules as select
            $before::int[] as working_days_before,
            $working_days::date[] as working_days,
            map_from_entries($limits::struct(
                k varchar, v struct(amount double, unit varchar, counts_receipt_day boolean)
            )[]) as limits
        """,
        {
            "before": before,
            "working_days": working_days,
            "limits": [
                {
                    "k": limit.category,
                    "v": {
                        "amount": limit.amount,
                        "unit": limit.unit,
                        "counts_receipt_day": limit.counts_receipt_day,
                    },
                }
                for limit in limits
            ],
        },
    )
    for macro in macros(settings.office_hours):
        connection.execute(macro)


def _judges_nothing(manifest: Manifest) -> bool:
    appeals = manifest.tables.get("appeals")
    return appeals is not None and (bool(appeals.absent("due_at")) or appeals.is_foreign)


def _create_calendar(connection: duckdb.DuckDBPyConnection, last: date) -> None:
    days = worktime.all_days(last)
    connection.register(
        "calendar_days",
        pa.table(
            {
                "day": pa.array([d.day for d in days], pa.date32()),
                "is_working_day": pa.array([d.is_working_day for d in days], pa.bool_()),
                "is_known": pa.array([d.is_known for d in days], pa.bool_()),
                "working_day_number": pa.array([d.working_day_number for d in days], pa.int64()),
            }
        ),
    )
    connection.execute("create table calendar as from calendar_days")
    connection.unregister("calendar_days")


def macros(hours: worktime.OfficeHours) -> list[str]:
    """Macros over moments and the row of `work_rules`, whose columns they name as they stand there."""
    first = (worktime.FIRST_DAY - date(1970, 1, 1)).days
    second_of_day = f"(epoch_us(moment) % {DAY}) / 1e6"
    spans = [
        (
            timedelta(hours=opening.hour, minutes=opening.minute, seconds=opening.second),
            timedelta(hours=closing.hour, minutes=closing.minute, seconds=closing.second),
        )
        for opening, closing in hours.spans
    ]
    passed, after, left = [], [], "seconds"
    for opening, closing in spans:
        start, length = opening.seconds, (closing - opening).seconds
        passed.append(f"least(greatest({second_of_day} - {start}, 0), {length})")
        after.append(f"when {left} <= {length} then {left} + {start}")
        left = f"({left} - {length})"
    a_day = hours.seconds_a_day
    return [
        # 1 for the calendar's first day, 0 before it: a list has no entry 0, below it counts from its end.
        "create macro calendar_place(moment) as "
        f"greatest(epoch_us(moment) // {DAY} - {first - 1}, 0)",
        "create macro is_working(moment, working_days_before) as "
        "working_days_before[calendar_place(moment) + 1] - working_days_before[calendar_place(moment)]",
        f"create macro office_seconds(moment) as {' + '.join(passed)}",
        # Office seconds from the calendar's first day to the moment: the difference of two is working time.
        "create macro working_seconds(moment, working_days_before) as "
        f"working_days_before[calendar_place(moment)] * {a_day} "
        "+ is_working(moment, working_days_before) * office_seconds(moment)",
        f"create macro office_moment(seconds) as case {' '.join(after)} end",
        # The full working days, the last one begun included, that so many office seconds take.
        f"create macro office_days(seconds) as ceil(seconds / {a_day})::bigint",
        f"create macro office_rest(seconds) as seconds - (office_days(seconds) - 1) * {a_day}",
    ]
