"""The days a briefing is about."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

WEEK = re.compile(r"(\d{4})-W(\d{2})")
INSTANT = timedelta(seconds=1)
"""Data from 23:59:59 of a day hold the whole day."""


class BriefingError(ValueError):
    """A briefing that cannot be made: what was asked for and what there is, in Chinese."""


@dataclass(frozen=True)
class Period:
    """Both days are included. `week` is year and number of an ISO week; None for any other days."""

    first: date
    last: date
    week: tuple[int, int] | None = None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def name(self) -> str:
        """`2023-W25`, or the two days."""
        return week_name(self.first) if self.week else f"{self.first}_{self.last}"

    @property
    def this(self) -> str:
        return "本周" if self.week else "本期"

    def before(self, as_of: datetime) -> str:
        """What the days are called that it is compared with."""
        name = "上周" if self.week else "上期"
        return name if self.is_over(as_of) else f"{name}同期"

    def is_over(self, as_of: datetime) -> bool:
        return datetime.combine(self.last + timedelta(days=1), datetime.min.time()) <= (
            as_of + INSTANT
        )

    def known(self, as_of: datetime) -> "Period":
        """As much of it as there are data of."""
        return Period(self.first, min(self.last, as_of.date()), self.week)


def week(text: str) -> Period:
    """The ISO week written `2023-W25`; BriefingError for anything else, and for a week that its year does not have."""
    match = WEEK.fullmatch(text)
    if match is None:
        raise BriefingError(f"周次 {text!r} 读不懂；应写成 2023-W25（年份和当年第几周）")
    year, number = int(match[1]), int(match[2])
    try:
        return week_of(date.fromisocalendar(year, number, 1))
    except (ValueError, OverflowError):
        if not 1 < year < 9999:
            raise BriefingError(f"周次 {text!r} 读不懂；没有这一年") from None
        last = date(year, 12, 28).isocalendar().week
        raise BriefingError(f"没有 {text} 这一周：{year} 年有第 01 至 {last} 周") from None


def week_of(day: date) -> Period:
    """The ISO week that the day lies in."""
    monday = day - timedelta(days=day.weekday())
    year, number, _ = monday.isocalendar()
    return Period(monday, monday + timedelta(days=6), (year, number))


def week_name(day: date) -> str:
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02d}"


def last_whole_week(as_of: datetime) -> Period:
    """The latest week that was over at that moment."""
    return week_of((as_of + INSTANT).date() - timedelta(days=7))


def between(first: date, last: date) -> Period:
    """Any days; BriefingError when they are in the wrong order."""
    if first > last:
        raise BriefingError(f"起始日期 {first} 晚于截止日期 {last}；请对调")
    return Period(first, last)
