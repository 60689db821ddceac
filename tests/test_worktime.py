"""Working days by the State Council's calendar."""

from datetime import date, datetime, timedelta

import pytest

from fuqi import worktime
from fuqi.worktime import add_working_days, calendar, is_working_day

UNANNOUNCED = worktime.ANNOUNCED_YEARS.stop


@pytest.mark.parametrize(
    "day",
    [
        date(2023, 1, 28),
        date(2023, 1, 29),
        date(2025, 1, 26),
        date(2023, 6, 25),
    ],
)
def test_make_up_days_at_a_weekend_are_working_days(day):
    assert is_working_day(day)


@pytest.mark.parametrize(
    "day",
    [date(2023, 1, 23), date(2023, 6, 22), date(2023, 6, 23), date(2023, 6, 24), date(2023, 5, 1)],
)
def test_holidays_are_no_working_days(day):
    assert not is_working_day(day)


def test_a_year_has_the_working_days_that_were_announced():
    days = list(calendar(date(2023, 1, 1), date(2023, 12, 31)))
    assert len(days) == 365
    assert days[-1].working_day_number == sum(d.is_working_day for d in days) == 249


def test_both_ends_of_a_calendar_are_included_and_numbered_from_the_first():
    days = list(calendar(date(2023, 6, 21), date(2023, 6, 26)))
    assert [d.day.day for d in days] == [21, 22, 23, 24, 25, 26]
    assert [d.working_day_number for d in days] == [1, 1, 1, 1, 2, 3]
    assert list(calendar(date(2023, 6, 2), date(2023, 6, 1))) == []


def test_a_year_that_was_not_announced_counts_monday_to_friday_and_says_so():
    week = list(calendar(date(UNANNOUNCED, 1, 1), date(UNANNOUNCED, 1, 7)))
    assert {d.is_known for d in week} == {False}
    assert [d.is_working_day for d in week] == [d.day.isoweekday() <= 5 for d in week]
    assert next(calendar(date(2023, 1, 1), date(2023, 1, 1))).is_known


@pytest.mark.parametrize(
    ("moment", "count", "expected"),
    [
        (datetime(2023, 6, 28, 18), 1, datetime(2023, 6, 29, 18)),
        (datetime(2023, 6, 21, 9, 30), 1, datetime(2023, 6, 25, 9, 30)),
        (datetime(2023, 6, 21, 9, 30), 3, datetime(2023, 6, 27, 9, 30)),
        (datetime(2023, 6, 22, 9), 1, datetime(2023, 6, 25, 9)),
        (datetime(2023, 6, 30, 17), 1, datetime(2023, 7, 3, 17)),
        (datetime(2023, 6, 28, 18), 0, datetime(2023, 6, 28, 18)),
    ],
)
def test_working_days_are_added_from_the_day_after(moment, count, expected):
    assert add_working_days(moment, count) == expected


def test_added_days_agree_with_the_calendar():
    first = date(2023, 1, 1)
    numbers = {d.day: d.working_day_number for d in calendar(first, date(2023, 12, 31))}
    for offset in range(300):
        day = first + timedelta(days=offset)
        later = add_working_days(datetime.combine(day, datetime.min.time()), 5).date()
        assert numbers[later] - numbers[day] == 5
        assert is_working_day(later)
