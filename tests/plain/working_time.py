"""Working time counted in plain Python from a calendar typed by hand: nothing of `fuqi` is used here.

The days are those of the State Council's notices of holidays for 2022 and 2023 (国办发明电〔2021〕11号, 〔2022〕16号).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

Span = tuple[time, time]

USUAL: tuple[Span, ...] = ((time(9), time(12)), (time(14), time(18)))
"""The office hours of the delivered settings."""
ONE_MICROSECOND = timedelta(microseconds=1)
YEARS = (2022, 2023)


def _days(first: tuple[int, int, int], last: tuple[int, int, int]) -> Iterator[date]:
    day, end = date(*first), date(*last)
    while day <= end:
        yield day
        day += timedelta(days=1)


HOLIDAYS = {
    *_days((2022, 1, 1), (2022, 1, 3)),  # New Year
    *_days((2022, 1, 31), (2022, 2, 6)),  # Spring Festival
    *_days((2022, 4, 3), (2022, 4, 5)),  # Qingming
    *_days((2022, 4, 30), (2022, 5, 4)),  # Labour Day
    *_days((2022, 6, 3), (2022, 6, 5)),  # Dragon Boat
    *_days((2022, 9, 10), (2022, 9, 12)),  # Mid-Autumn
    *_days((2022, 10, 1), (2022, 10, 7)),  # National Day
    *_days((2022, 12, 31), (2023, 1, 2)),  # New Year
    *_days((2023, 1, 21), (2023, 1, 27)),  # Spring Festival
    *_days((2023, 4, 5), (2023, 4, 5)),  # Qingming
    *_days((2023, 4, 29), (2023, 5, 3)),  # Labour Day
    *_days((2023, 6, 22), (2023, 6, 24)),  # Dragon Boat
    *_days((2023, 9, 29), (2023, 10, 6)),  # Mid-Autumn and National Day
}
MAKE_UP_DAYS = {
    date(2022, 1, 29),
    date(2022, 1, 30),
    date(2022, 4, 2),
    date(2022, 4, 24),
    date(2022, 5, 7),
    date(2022, 10, 8),
    date(2022, 10, 9),
    date(2023, 1, 28),
    date(2023, 1, 29),
    date(2023, 4, 23),
    date(2023, 5, 6),
    date(2023, 6, 25),
    date(2023, 10, 7),
    date(2023, 10, 8),
}


def is_working_day(day: date) -> bool:
    """KeyError for a year that was not typed here: nothing is guessed."""
    if day.year not in YEARS:
        raise KeyError(day.year)
    if day in MAKE_UP_DAYS:
        return True
    return day.isoweekday() <= 5 and day not in HOLIDAYS


def is_office_time(moment: datetime, spans: tuple[Span, ...] = USUAL) -> bool:
    """Whether the office is open at that moment; at opening time it is, at closing time it no longer is."""
    clock = moment.time()
    return is_working_day(moment.date()) and any(a <= clock < b for a, b in spans)


def counted_seconds(
    start: datetime, end: datetime, step: timedelta, spans: tuple[Span, ...] = USUAL
) -> float:
    """Working time counted step by step, such as a minute; all moments and spans are whole steps apart."""
    seconds = 0.0
    while start < end:
        seconds += step.total_seconds() * is_office_time(start, spans)
        start += step
    return seconds


def counted_deadline(
    start: datetime, seconds: float, step: timedelta, spans: tuple[Span, ...] = USUAL
) -> datetime:
    """The first moment by which so many working seconds have passed, counted step by step."""
    while seconds > 0:
        seconds -= step.total_seconds() * is_office_time(start, spans)
        start += step
    return start


def office_spans(day: date, spans: tuple[Span, ...]) -> list[tuple[datetime, datetime]]:
    if not is_working_day(day):
        return []
    return [(datetime.combine(day, a), datetime.combine(day, b)) for a, b in spans]


def working_seconds(start: datetime, end: datetime, spans: tuple[Span, ...] = USUAL) -> float:
    """What the office was open for between the moments, in seconds: the overlap with each day's spans."""
    overlaps = [
        (min(end, closing) - max(start, opening)).total_seconds()
        for day in _days(start.date().timetuple()[:3], end.date().timetuple()[:3])
        for opening, closing in office_spans(day, spans)
    ]
    return sum(overlap for overlap in overlaps if overlap > 0)


def next_working_day(moment: datetime) -> datetime:
    """The same time of day on the next working day."""
    moment += timedelta(days=1)
    while not is_working_day(moment.date()):
        moment += timedelta(days=1)
    return moment


@dataclass(frozen=True)
class PlainLimit:
    """So many hours, working_hours or working_days; see kpis: the last day counts in full (含本数)."""

    amount: float
    unit: str
    counts_receipt_day: bool = False

    def deadline(self, received: datetime, spans: tuple[Span, ...] = USUAL) -> datetime:
        """The last moment at which a case received then is closed on time."""
        return {
            "hours": self._hours,
            "working_hours": self._working_hours,
            "working_days": self._working_days,
        }[self.unit](received, spans)

    def _hours(self, received: datetime, _: tuple[Span, ...]) -> datetime:
        return received + timedelta(hours=self.amount)

    def _working_hours(self, received: datetime, spans: tuple[Span, ...]) -> datetime:
        left = timedelta(hours=self.amount)
        day = received.date()
        while True:
            for opening, closing in office_spans(day, spans):
                begin = max(received, opening)
                if begin < closing:
                    if left <= closing - begin:
                        return begin + left
                    left -= closing - begin
            day += timedelta(days=1)

    def _working_days(self, received: datetime, _: tuple[Span, ...]) -> datetime:
        day = received.date()
        counted = int(self.counts_receipt_day and is_working_day(day))
        while counted < self.amount:
            day += timedelta(days=1)
            counted += is_working_day(day)
        return datetime.combine(day, time()) + timedelta(days=1) - ONE_MICROSECOND
