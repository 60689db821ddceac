"""Working days by the State Council's calendar: public holidays and make-up days included.

Source: the `chinesecalendar` package, which holds the announced calendar year by year. A year that has
not been announced yet counts Monday to Friday and says so (`is_known` false), so that a page can warn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import chinese_calendar
from chinese_calendar.constants import holidays

KNOWN_YEARS = range(min(holidays).year, max(holidays).year + 1)


@dataclass(frozen=True)
class CalendarDay:
    day: date
    is_working_day: bool
    is_known: bool
    working_day_number: int
    """Working days from the calendar's first day to this one, both included."""


def is_working_day(day: date) -> bool:
    if day.year in KNOWN_YEARS:
        return chinese_calendar.is_workday(day)
    return day.isoweekday() <= 5


def calendar(first: date, last: date) -> Iterator[CalendarDay]:
    """Every day from `first` to `last`, both included."""
    number = 0
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        working = is_working_day(day)
        number += working
        yield CalendarDay(day, working, day.year in KNOWN_YEARS, number)


def add_working_days(moment: datetime, count: int) -> datetime:
    """The same time of day, `count` working days later; the day of `moment` itself does not count."""
    day = moment
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day.date())
    return day
