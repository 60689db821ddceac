"""Working days by the State Council's calendar."""

import os
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from fuqi import paths, worktime
from fuqi.worktime import (
    Limit,
    OfficeHours,
    Overrides,
    WorktimeError,
    add_working_days,
    calendar,
    is_working_day,
    overrides,
)
from tests.plain import working_time

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


def test_the_calendar_is_the_one_of_the_notices():
    days = calendar(date(2022, 1, 1), date(2023, 12, 31))
    told = {d.day: d.is_working_day for d in days}
    assert told == {day: working_time.is_working_day(day) for day in told}


def test_numbered_days_answer_how_many_and_which():
    before, working = worktime.numbered_days(date(2023, 12, 31))
    place = (date(2023, 6, 21) - worktime.FIRST_DAY).days
    assert before[place + 1] == before[place] + 1
    assert before[place + 4] == before[place + 1]
    assert working[before[place]] == date(2023, 6, 21)
    assert working[before[place + 1]] == date(2023, 6, 25)
    assert (before[0], before[-1]) == (0, len(working))


# ---------------------------------------------------------------- days an office states itself


def calendar_file(folder: Path, text: str) -> Path:
    file = folder / "calendar.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_stated_days_and_years_are_read(tmp_path):
    file = calendar_file(
        tmp_path, 'known_years = [2031]\n[days]\n2031-01-01 = "休"\n2031-01-04 = "班"\n'
    )
    assert overrides(file) == Overrides(
        {date(2031, 1, 1): False, date(2031, 1, 4): True}, frozenset({2031})
    )


def test_without_a_file_nothing_is_stated(tmp_path):
    assert overrides(tmp_path / "none.toml") == Overrides()


def test_the_file_that_is_delivered_states_nothing():
    assert overrides(paths.PROJECT / "data" / "calendar.toml") == Overrides()


def test_a_stated_day_wins_over_the_announced_calendar(monkeypatch):
    stated = Overrides({date(2023, 6, 22): True, date(2023, 6, 28): False}, frozenset({2031}))
    monkeypatch.setattr(worktime, "overrides", lambda: stated)
    assert is_working_day(date(2023, 6, 22))
    assert not is_working_day(date(2023, 6, 28))
    assert not is_working_day(date(2023, 6, 23))
    assert [worktime.is_known(year) for year in (2023, 2031, 2032)] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("days = ", "calendar.toml"),
        ("[day]\n2031-01-01 = '休'", "day"),
        ("[days]\ntomorrow = '休'", "tomorrow"),
        ("[days]\n2031-01-01 = '假'", "2031-01-01.*假"),
        ("known_years = 2031", "known_years"),
        ("known_years = ['2031']", "known_years"),
        ("known_years = [true]", "known_years"),
    ],
)
def test_a_fault_of_the_file_names_the_entry(tmp_path, text, named):
    with pytest.raises(WorktimeError, match=named):
        overrides(calendar_file(tmp_path, text))


def test_the_file_may_stand_elsewhere(tmp_path):
    file = calendar_file(tmp_path, 'known_years = [2031]\n[days]\n2031-01-01 = "休"\n')
    asked = (
        "from fuqi import worktime; from datetime import date; "
        "print(worktime.is_working_day(date(2031, 1, 1)), worktime.is_known(2031))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=paths.PROJECT,
        env={**os.environ, "FUQI_CALENDAR": str(file)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.split() == ["False", "True"]


# ---------------------------------------------------------------- office hours and limits


def test_office_hours_are_read_as_they_are_written():
    hours = OfficeHours.parse(["09:00-12:00", "14:00 - 18:00"])
    assert hours == OfficeHours()
    assert hours.seconds_a_day == 7 * 3600
    assert OfficeHours.parse(["09:00-12:00", "12:00-13:00"]).seconds_a_day == 4 * 3600


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["9-12"],
        ["09:00"],
        ["12:00-09:00"],
        ["09:00-09:00"],
        ["09:00-12:00", "11:59-13:00"],
        [9],
    ],
)
def test_office_hours_that_cannot_be_meant_are_refused(texts):
    with pytest.raises(WorktimeError, match="办公时间"):
        OfficeHours.parse(texts)


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [
        (time(8, 59, 59), 0),
        (time(9), 0),
        (time(9, 0, 0, 500_000), 0.5),
        (time(12), 3 * 3600),
        (time(13), 3 * 3600),
        (time(14, 0, 1), 3 * 3600 + 1),
        (time(18), 7 * 3600),
        (time(23, 59, 59), 7 * 3600),
    ],
)
def test_what_a_day_has_passed_by_a_time_of_day(clock, seconds):
    assert OfficeHours().seconds_by(clock) == seconds


def test_a_time_of_day_is_found_by_what_has_passed():
    hours = OfficeHours()
    assert hours.moment_after(3 * 3600) == timedelta(hours=12)
    assert hours.moment_after(3 * 3600 + 1) == timedelta(hours=14, seconds=1)
    assert hours.moment_after(7 * 3600) == timedelta(hours=18)
    with pytest.raises(ValueError, match="more than a day"):
        hours.moment_after(7 * 3600 + 1)


@pytest.mark.parametrize(
    ("amount", "unit"), [(0, "hours"), (-1, "working_hours"), (1.5, "working_days"), (1, "days")]
)
def test_a_limit_that_cannot_be_meant_is_refused(amount, unit):
    with pytest.raises(WorktimeError, match="融资"):
        Limit("融资", amount, unit)
