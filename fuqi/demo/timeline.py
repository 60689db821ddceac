"""The days of the demo: nothing is recorded after the moment the exports were written."""

from datetime import date, datetime, timedelta
from functools import cache

import numpy as np

from fuqi import worktime

EXPORTED_AT = datetime(2023, 6, 28, 18, 0)
PROGRAMME_START = date(2022, 6, 1)
"""万名干部助企行 begins."""
CADRES_START = date(2023, 3, 1)
"""组工助企行 begins: assignments and the cadres' visits."""
QUARTER_START = date(2023, 4, 1)
LAST_DAY = EXPORTED_AT.date()


@cache
def days(first: date, last: date = LAST_DAY) -> tuple[date, ...]:
    """Every day from `first` to `last`, both included."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


@cache
def working_days(first: date, last: date = LAST_DAY) -> tuple[date, ...]:
    """The working days from `first` to `last`, both included."""
    return tuple(day for day in days(first, last) if worktime.is_working_day(day))


def moment(day: date, minute: float) -> datetime:
    """`day` at so many minutes after midnight, to the whole minute."""
    return datetime(day.year, day.month, day.day) + timedelta(minutes=int(minute))


def office_minute(rng: np.random.Generator) -> int:
    """A minute of the day in office hours: 9:00-11:40 or 14:00-17:40."""
    return int(
        rng.integers(9 * 60, 11 * 60 + 40)
        if rng.random() < 0.48
        else rng.integers(14 * 60, 17 * 60 + 40)
    )
