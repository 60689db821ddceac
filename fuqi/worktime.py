"""Working time by the State Council's calendar: public holidays, make-up days and office hours.

Source: the `chinesecalendar` package, which holds the announced calendar year by year, and above it the days that
`data/calendar.toml` states. A year that nobody has announced counts Monday to Friday and says so (`is_known`), so
that a page can warn.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from chinese_calendar.constants import holidays, workdays

from fuqi import paths

ANNOUNCED_YEARS = range(min(holidays).year, max(holidays).year + 1)
FIRST_DAY = date(ANNOUNCED_YEARS.start, 1, 1)
"""Before this day no working time is known."""
WORKING, RESTING = "班", "休"
LAST_MOMENT = time(23, 59, 59, 999999)
HOURS, WORKING_HOURS, WORKING_DAYS = "hours", "working_hours", "working_days"


class WorktimeError(ValueError):
    """The calendar file, office hours or a limit is not what it should be; in Chinese, for the data keeper."""


@dataclass(frozen=True)
class CalendarDay:
    day: date
    is_working_day: bool
    is_known: bool
    working_day_number: int
    """Working days from the calendar's first day to this one, both included."""


@dataclass(frozen=True)
class Overrides:
    """What an office states beyond the announced calendar: single days, and years that are complete by them."""

    days: Mapping[date, bool] = field(default_factory=dict)
    years: frozenset[int] = frozenset()


@dataclass(frozen=True)
class OfficeHours:
    """The spans of a working day that count, in order, from opening to closing."""

    spans: tuple[tuple[time, time], ...] = ((time(9), time(12)), (time(14), time(18)))

    @classmethod
    def parse(cls, texts: Sequence[str]) -> "OfficeHours":
        """From texts such as `09:00-12:00`; WorktimeError when one cannot be read or they overlap."""
        spans = []
        for text in texts:
            try:
                opening, closing = (time.fromisoformat(part.strip()) for part in text.split("-"))
            except (ValueError, AttributeError):
                raise WorktimeError(
                    f"办公时间 {text!r} 读不懂，应写成 09:00-12:00 这样的时段"
                ) from None
            if opening >= closing or (spans and opening < spans[-1][1]):
                raise WorktimeError(f"办公时间 {text!r} 与前一段重叠，或结束不晚于开始")
            spans.append((opening, closing))
        if not spans:
            raise WorktimeError("没有办公时间；至少写一段，如 09:00-12:00")
        return cls(tuple(spans))

    @property
    def seconds_a_day(self) -> int:
        return sum(_seconds(closing) - _seconds(opening) for opening, closing in self.spans)

    def seconds_by(self, moment: time) -> float:
        """Office seconds that have passed on a working day by that time of day."""
        at = _seconds(moment) + moment.microsecond / 1e6
        return sum(
            min(max(at - _seconds(opening), 0), _seconds(closing) - _seconds(opening))
            for opening, closing in self.spans
        )

    def moment_after(self, seconds: float) -> timedelta:
        """The time of day, since midnight, at which `seconds` of a working day have passed (0 < seconds <= a day's)."""
        for opening, closing in self.spans:
            span = _seconds(closing) - _seconds(opening)
            if seconds <= span:
                return timedelta(seconds=_seconds(opening) + seconds)
            seconds -= span
        raise ValueError("more than a day's office hours")


@dataclass(frozen=True)
class Limit:
    """How long an appeal of a category may take where upstream gives no deadline.

    `unit` is "hours" (natural hours from receipt), "working_hours", or "working_days". Of working days the day of
    receipt counts as the first only with `counts_receipt_day`, and the last one counts in full (含本数).
    `category` is a first-level category, "*" for every other one.
    """

    category: str
    amount: float
    unit: str
    counts_receipt_day: bool = False

    def __post_init__(self) -> None:
        place = f"类型“{self.category}”的办理时限"
        if self.unit not in (HOURS, WORKING_HOURS, WORKING_DAYS):
            raise WorktimeError(
                f"{place}的 unit 是 {self.unit!r}；可用：{HOURS}、{WORKING_HOURS}、{WORKING_DAYS}"
            )
        if self.amount <= 0 or (self.unit == WORKING_DAYS and self.amount != int(self.amount)):
            raise WorktimeError(f"{place}是 {self.amount}；应大于 0，工作日应为整数")


def is_working_day(day: date) -> bool:
    stated = overrides().days.get(day)
    if stated is not None:
        return stated
    # The package's is_workday looks through all its years at every call, which took a second a calendar.
    return day in workdays or (day.isoweekday() <= 5 and day not in holidays)


def is_known(year: int) -> bool:
    """Whether the year's holidays were announced, or stated in `data/calendar.toml`."""
    return year in ANNOUNCED_YEARS or year in overrides().years


def calendar(first: date, last: date) -> Iterator[CalendarDay]:
    """Every day from `first` to `last`, both included."""
    number = 0
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        working = is_working_day(day)
        number += working
        yield CalendarDay(day, working, is_known(day.year), number)


def add_working_days(moment: datetime, count: int) -> datetime:
    """The same time of day, `count` working days later; the day of `moment` itself does not count."""
    day = moment
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day.date())
    return day


def working_seconds(start: datetime, end: datetime, hours: OfficeHours) -> float:
    """Office seconds between two moments; negative when `end` is before `start`."""
    if end < start:
        return -working_seconds(end, start, hours)
    days = [d for d in calendar(start.date(), end.date()) if d.is_working_day]
    seconds = len(days) * float(hours.seconds_a_day)
    if is_working_day(start.date()):
        seconds -= hours.seconds_by(start.time())
    if is_working_day(end.date()):
        seconds -= hours.seconds_a_day - hours.seconds_by(end.time())
    return seconds


def due_at(received: datetime, limit: Limit, hours: OfficeHours) -> datetime:
    """The last moment at which an appeal received then is on time."""
    if limit.unit == HOURS:
        return received + timedelta(hours=limit.amount)
    if limit.unit == WORKING_DAYS:
        is_first = limit.counts_receipt_day and is_working_day(received.date())
        last = add_working_days(received, int(limit.amount) - is_first).date()
        return datetime.combine(last, LAST_MOMENT)
    left = limit.amount * 3600
    day = received.date()
    if is_working_day(day):
        passed = hours.seconds_by(received.time())
        if passed + left <= hours.seconds_a_day:
            return datetime.combine(day, time()) + hours.moment_after(passed + left)
        left -= hours.seconds_a_day - passed
    while True:
        day += timedelta(days=1)
        if is_working_day(day):
            if left <= hours.seconds_a_day:
                return datetime.combine(day, time()) + hours.moment_after(left)
            left -= hours.seconds_a_day


@cache
def overrides(path: Path = paths.CALENDAR) -> Overrides:
    """What `data/calendar.toml` states; nothing when there is no such file.

    Raises WorktimeError naming the entry that is at fault.
    """
    if not path.is_file():
        return Overrides()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise WorktimeError(f"{path.name} 不是有效的 TOML：{error}") from error
    if unknown := set(content) - {"days", "known_years"}:
        raise WorktimeError(f"{path.name} 里有不认识的条目：{'、'.join(sorted(unknown))}")
    days = {}
    for text, kind in content.get("days", {}).items():
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise WorktimeError(f"{path.name} 的日期 {text!r} 读不懂，应为 2027-02-11") from None
        if kind not in (WORKING, RESTING):
            raise WorktimeError(f"{path.name} 的 {text} 是 {kind!r}；应为“{WORKING}”或“{RESTING}”")
        days[day] = kind == WORKING
    years = content.get("known_years", [])
    if not isinstance(years, list) or not all(type(year) is int for year in years):
        raise WorktimeError(f"{path.name} 的 known_years 是 {years!r}；应为年份的列表，如 [2027]")
    return Overrides(days, frozenset(years))


@cache
def all_days(last: date) -> tuple[CalendarDay, ...]:
    """Every day from FIRST_DAY to `last`, both included."""
    return tuple(calendar(FIRST_DAY, last))


def numbered_days(last: date) -> tuple[list[int], list[date]]:
    """The calendar for arithmetic: working days before each day since FIRST_DAY, and the working days in order.

    The first list has an entry for each day up to the one after `last`; entry `n` of the second is the working day
    number `n + 1`. A moment's working time is a lookup in the first, a deadline a lookup in the second.
    """
    days = all_days(last)
    before = [0, *(d.working_day_number for d in days)]
    return before, [d.day for d in days if d.is_working_day]


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second
