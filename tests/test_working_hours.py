"""Working time and deadlines, in Python and in SQL, against a count of open minutes by a calendar typed by hand."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuqi import worktime
from fuqi.settings import Settings
from fuqi.worktime import Limit, OfficeHours
from tests.drawn_ledgers import SMALL
from tests.ledger import AS_OF, appeal
from tests.plain import working_time
from tests.plain.working_time import USUAL, PlainLimit, Span
from tests.questions import WITHOUT_LIMITS, Row, at, open_totals, opened, totals

# Each example holds some twenty moments.
FEW = settings(SMALL, max_examples=6)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
DAYS, WORKING_HOURS, HOURS = "working_days", "working_hours", "hours"


def limited(*limits: Limit, spans: tuple[Span, ...] = USUAL) -> Settings:
    return Settings(deadline_limits=limits, office_hours=OfficeHours(spans))


def timed(*appeals: Row, current: Settings = WITHOUT_LIMITS, as_of: datetime = AS_OF) -> list[Row]:
    """The rows of `timed_appeals`, in the order of the appeals."""
    with opened(current, as_of=as_of, appeals=list(appeals)) as run:
        return run("timed_appeals")


def deadline(
    received: datetime,
    amount: float,
    unit: str,
    *,
    counts_receipt_day: bool = False,
    as_of: datetime = AS_OF,
) -> datetime:
    """The deadline that is worked out, the same in Python and in SQL."""
    limit = Limit("*", amount, unit, counts_receipt_day)
    (row,) = timed(appeal(1, received), current=limited(limit), as_of=as_of)
    assert row["is_due_worked_out"]
    assert row["due_at"] == worktime.due_at(received, limit, OfficeHours())
    return row["due_at"]


def hours(received: datetime, closed: datetime, as_of: datetime = AS_OF) -> float:
    """Working hours from receipt to closing, the same in Python and in SQL."""
    (row,) = timed(appeal(1, received, closed_at=closed), as_of=as_of)
    spent = worktime.working_seconds(received, closed, OfficeHours()) / 3600
    assert row["resolution_working_hours"] == pytest.approx(spent)
    return spent


def end_of(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 23, 59, 59, 999999)


# ---------------------------------------------------------------- counted minute by minute

ABOUT = st.sampled_from(
    [
        datetime(2022, 12, 29),
        datetime(2023, 1, 19),
        datetime(2023, 1, 26),
        datetime(2023, 4, 3),
        datetime(2023, 4, 21),
        datetime(2023, 4, 28),
        datetime(2023, 6, 20),
        datetime(2023, 6, 29),
        datetime(2023, 9, 27),
        datetime(2023, 10, 5),
    ]
)
"""Days before holidays, make-up days, weekends and the ends of months."""


def moments(within: timedelta, step: timedelta) -> st.SearchStrategy[datetime]:
    """Moments whole steps after one of ABOUT, half of them at an edge of the usual hours."""
    edges = st.sampled_from(
        [timedelta(hours=h) + step * n for h in (0, 9, 12, 14, 18) for n in (-1, 0, 1)]
    )
    anywhere = st.integers(0, within // step).map(lambda n: step * n)
    days = st.integers(0, within.days).map(lambda n: timedelta(days=n))
    offsets = st.one_of(anywhere, st.builds(lambda d, e: d + e, days, edges))
    return st.builds(lambda about, offset: about + offset, ABOUT, offsets)


@st.composite
def office_hours(draw: st.DrawFn) -> tuple[Span, ...]:
    """One to three spans of a day, to the minute; some end as the day does, but for its last minute."""
    clocks = draw(
        st.lists(st.integers(0, 1439), min_size=2, max_size=6, unique=True).filter(
            lambda found: len(found) % 2 == 0
        )
    )
    times = [time(n // 60, n % 60) for n in sorted(clocks)]
    return tuple(zip(times[::2], times[1::2], strict=True))


HOURS_OF_OFFICES = st.one_of(st.just(USUAL), office_hours())


@FEW
@given(
    pairs=st.lists(
        st.tuples(moments(timedelta(days=5), MINUTE), st.integers(0, 5 * 1440)),
        min_size=25,
        max_size=25,
    ),
    spans=HOURS_OF_OFFICES,
)
def test_working_time_is_the_count_of_open_minutes(pairs, spans):
    appeals = [
        appeal(n, start, first_response_at=start + MINUTE * (m // 3), closed_at=start + MINUTE * m)
        for n, (start, m) in enumerate(pairs)
    ]
    rows = timed(*appeals, current=limited(spans=spans))
    for row in rows:
        start = row["received_at"]
        for end, found in (
            (row["first_response_at"], row["first_response_working_hours"]),
            (row["closed_at"], row["resolution_working_hours"]),
        ):
            counted = working_time.counted_seconds(start, end, MINUTE, spans)
            assert found * 3600 == pytest.approx(counted, abs=1e-6)
            assert worktime.working_seconds(start, end, OfficeHours(spans)) == counted
            assert working_time.working_seconds(start, end, spans) == counted


@FEW
@given(
    starts=st.lists(
        st.tuples(moments(timedelta(days=1), SECOND), st.integers(0, 1800)),
        min_size=15,
        max_size=15,
    )
)
def test_working_time_is_the_count_of_open_seconds(starts):
    appeals = [
        appeal(n, start, closed_at=start + SECOND * length)
        for n, (start, length) in enumerate(starts)
    ]
    for row in timed(*appeals):
        start, end = row["received_at"], row["closed_at"]
        counted = working_time.counted_seconds(start, end, SECOND)
        assert row["resolution_working_hours"] * 3600 == pytest.approx(counted, abs=1e-6)
        assert worktime.working_seconds(start, end, OfficeHours()) == counted
        assert worktime.working_seconds(end, start, OfficeHours()) == -counted


@FEW
@given(
    starts=st.lists(moments(timedelta(days=5), MINUTE), min_size=20, max_size=20),
    minutes=st.sampled_from([1, 30, 180, 181, 240, 419, 420, 421, 840, 1260]),
    spans=HOURS_OF_OFFICES,
)
def test_a_limit_of_working_hours_ends_when_so_many_open_minutes_have_passed(
    starts, minutes, spans
):
    limit = Limit("*", minutes / 60, WORKING_HOURS)
    amount = minutes / 60
    # Narrow hours stretch a limit over months, which is slow to count and shows nothing more.
    if minutes > 12 * sum(_minutes(b) - _minutes(a) for a, b in spans):
        return
    appeals = [appeal(n, start) for n, start in enumerate(starts)]
    for row in timed(*appeals, current=limited(limit, spans=spans)):
        start = row["received_at"]
        counted = working_time.counted_deadline(start, minutes * 60, MINUTE, spans)
        assert abs(row["due_at"] - counted) <= timedelta(microseconds=1)
        due_at = worktime.due_at(start, limit, OfficeHours(spans))
        assert abs(due_at - counted) <= timedelta(microseconds=1)
        plain = PlainLimit(amount, WORKING_HOURS).deadline(start, spans)
        assert abs(plain - counted) <= timedelta(microseconds=1)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


@FEW
@given(
    starts=st.lists(moments(timedelta(days=6), MINUTE), min_size=25, max_size=25),
    days=st.integers(1, 8),
    counts=st.booleans(),
)
def test_a_limit_of_working_days_ends_with_the_last_of_them(starts, days, counts):
    limit = Limit("*", days, DAYS, counts)
    appeals = [appeal(n, start) for n, start in enumerate(starts)]
    for row in timed(*appeals, current=limited(limit)):
        first = row["received_at"].date() + timedelta(days=0 if counts else 1)
        last = row["due_at"].date()
        span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        assert sum(map(working_time.is_working_day, span)) == days
        assert working_time.is_working_day(last)
        assert row["due_at"].time() == time(23, 59, 59, 999999)
        assert row["due_at"] == worktime.due_at(row["received_at"], limit, OfficeHours())


@FEW
@given(
    starts=st.lists(moments(timedelta(days=6), MINUTE), min_size=10, max_size=10),
    amount=st.sampled_from([0.5, 1, 24, 36, 72, 1000]),
)
def test_a_limit_of_hours_knows_no_holiday(starts, amount):
    limit = Limit("*", amount, HOURS)
    appeals = [appeal(n, start) for n, start in enumerate(starts)]
    for row in timed(*appeals, current=limited(limit)):
        expected = row["received_at"] + timedelta(minutes=amount * 60)
        assert row["due_at"] == expected
        assert worktime.due_at(row["received_at"], limit, OfficeHours()) == expected


@SMALL
@given(start=moments(timedelta(days=6), MINUTE))
def test_due_within_a_working_day_means_the_same_time_of_the_next_one(start):
    assert worktime.add_working_days(start, 1) == working_time.next_working_day(start)


# ---------------------------------------------------------------- one moment each


def test_midnight_begins_the_new_day():
    late, early = timed(appeal(1, at(5, 23, 59, 59)), appeal(2, at(6, 0)))
    assert [late["received_date"], early["received_date"]] == [date(2023, 6, 5), date(2023, 6, 6)]
    row = totals(
        appeal(1, at(5, 23, 59, 59), first_response_at=at(6, 0)),
        appeal(2, at(6, 0), first_response_at=at(6, 0)),
    )
    assert (row["same_day_response_count"], row["response_24h_count"]) == (1, 2)
    assert deadline(at(5, 23, 59, 59), 1, DAYS) == end_of(2023, 6, 6)
    assert deadline(at(6, 0), 1, DAYS) == end_of(2023, 6, 7)
    assert hours(at(5, 18), at(6, 0)) == 0


def test_a_months_end_ends_no_working_time():
    received, closed = datetime(2023, 5, 31, 17, 30), datetime(2023, 6, 1, 9, 30)
    assert hours(received, closed) == 1
    assert deadline(received, 3, DAYS) == end_of(2023, 6, 5)
    may = {"start_date": date(2023, 5, 1), "end_date": date(2023, 5, 31)}
    row = totals(appeal(1, received, closed_at=closed), **may)
    assert (row["received_count"], row["closed_count"]) == (1, 1)


def test_a_make_up_saturday_is_worked():
    friday_before_the_festival = datetime(2023, 1, 20, 17)
    assert hours(friday_before_the_festival, datetime(2023, 1, 28, 10)) == 2
    assert deadline(friday_before_the_festival, 1, DAYS) == end_of(2023, 1, 28)
    assert deadline(datetime(2023, 1, 28, 16), 3, WORKING_HOURS) == datetime(2023, 1, 29, 10)


def test_a_make_up_sunday_is_worked():
    assert hours(at(21, 17), at(25, 10)) == 2
    assert deadline(at(21, 17), 1, DAYS) == end_of(2023, 6, 25)


def test_the_spring_festival_of_2023_stops_the_clock():
    eve = datetime(2023, 1, 20, 16)
    assert hours(eve, datetime(2023, 1, 27, 23, 59)) == 2
    assert deadline(eve, 3, DAYS) == end_of(2023, 1, 30)
    assert deadline(eve, 9, WORKING_HOURS) == datetime(2023, 1, 28, 18)
    assert deadline(eve, 24, HOURS) == datetime(2023, 1, 21, 16)


def test_a_receipt_at_2359_has_its_whole_time_before_it():
    received = at(5, 23, 59)
    assert deadline(received, 1, DAYS) == end_of(2023, 6, 6)
    assert deadline(received, 1, DAYS, counts_receipt_day=True) == end_of(2023, 6, 5)
    assert deadline(received, 1, WORKING_HOURS) == at(6, 10)
    assert hours(received, at(6, 9, 30)) == 0.5


def test_closed_one_second_late_is_late():
    limit = limited(Limit("*", 3, DAYS))
    in_time = totals(appeal(1, at(5), closed_at=at(8, 23, 59, 59)), current=limit)
    late = totals(appeal(1, at(5), closed_at=at(9, 0)), current=limit)
    assert (in_time["on_time_rate"], late["on_time_rate"]) == (1, 0)
    hours_left = limited(Limit("*", 7, WORKING_HOURS))
    assert totals(appeal(1, at(5), closed_at=at(5, 18)), current=hours_left)["on_time_rate"] == 1
    late = totals(appeal(1, at(5), closed_at=at(5, 18, 0, 1)), current=hours_left)
    assert (late["on_time_rate"], late["worked_out_deadline_count"]) == (0, 1)


def test_a_reopened_case_is_open_again_and_was_redone():
    reopened = appeal(1, at(5), due_at=at(8), redone_count=1, outcome="解决", rating="满意")
    closed = appeal(2, at(5), closed_at=at(6), due_at=at(8), redone_count=0)
    row = totals(reopened, closed)
    assert (row["open_count"], row["closed_count"]) == (1, 1)
    assert (row["redone_case_count"], row["redone_rate"]) == (1, 0.5)
    assert (row["outcome_count"], row["rated_count"]) == (0, 0)
    assert (row["on_time_count"], row["due_count"]) == (1, 2)
    assert open_totals(reopened, closed)["overdue_count"] == 1


def test_a_case_redone_twice_is_one_redone_case():
    assert totals(appeal(1, at(5), redone_count=2))["redone_case_count"] == 1


def test_an_extended_case_keeps_the_deadline_it_was_given():
    current = limited(Limit("*", 1, DAYS))
    extended = appeal(1, at(5), closed_at=at(9), due_at=at(9), extension_count=1)
    row = totals(extended, current=current)
    assert (row["on_time_rate"], row["worked_out_deadline_count"]) == (1, 0)
    assert (row["extended_case_count"], row["extended_rate"]) == (1, 1)


def test_an_extended_case_without_a_deadline_is_given_none():
    current = limited(Limit("*", 1, DAYS))
    extended = appeal(1, at(5), closed_at=at(9), extension_count=1)
    row = totals(extended, current=current)
    assert (row["due_count"], row["on_time_rate"]) == (0, None)
    assert (row["without_deadline_count"], row["worked_out_deadline_count"]) == (1, 0)
    not_extended = totals(appeal(1, at(5), closed_at=at(9), extension_count=0), current=current)
    assert (not_extended["due_count"], not_extended["on_time_rate"]) == (1, 0)


def test_void_cases_are_counted_apart():
    void = {"is_void": True, "redone_count": 1, "returned_count": 1, "extension_count": 1}
    row = totals(appeal(1, at(5), **void), appeal(2, at(5)), current=limited(Limit("*", 1, DAYS)))
    assert (row["void_count"], row["received_count"]) == (1, 1)
    assert (row["redone_rate"], row["returned_rate"], row["extended_rate"]) == (0, 0, 0)
    assert row["worked_out_deadline_count"] == 1


def test_void_cases_are_counted_where_and_when_they_were_received():
    june = {"start_date": date(2023, 6, 5), "end_date": date(2023, 6, 28)}
    void = [
        appeal(1, at(5, 0), is_void=True),
        appeal(2, at(4, 23, 59), is_void=True),
        appeal(3, at(5), is_void=True, category_path="用工 -> 招聘"),
        appeal(4, at(5), is_void=True, subdistrict_name="莲花街道"),
        appeal(5, AS_OF, is_void=True),
        appeal(6, AS_OF + SECOND, is_void=True),
    ]
    assert totals(*void, **june)["void_count"] == 4
    assert totals(*void, **june, category="用工")["void_count"] == 1
    assert totals(*void, **june, subdistrict="福保街道")["void_count"] == 3
    assert totals(*void, **{**june, "end_date": date(2023, 6, 27)})["void_count"] == 3


def test_an_unrated_case_is_neither_satisfied_nor_not():
    row = totals(
        appeal(1, at(5), closed_at=at(6)), appeal(2, at(5), closed_at=at(6), rating="满意")
    )
    assert (row["satisfied_rate"], row["rated_rate"]) == (1, 0.5)
    alone = totals(appeal(1, at(5), closed_at=at(6), first_response_at=at(5), outcome="解决"))
    assert (alone["satisfied_rate"], alone["composite_score"]) == (None, None)


def test_a_receipt_on_a_holiday_waits_for_the_first_working_day():
    holiday = at(22, 10)
    assert deadline(holiday, 1, DAYS) == end_of(2023, 6, 25)
    assert deadline(holiday, 1, DAYS, counts_receipt_day=True) == end_of(2023, 6, 25)
    assert deadline(holiday, 1, WORKING_HOURS) == at(25, 10)
    assert hours(holiday, at(24, 20)) == 0


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        pytest.param(at(5, 7), at(5, 10), id="before opening"),
        pytest.param(at(5, 11, 30), at(5, 14, 30), id="before lunch"),
        pytest.param(at(5, 12, 40), at(5, 15), id="at lunch"),
        pytest.param(at(5, 17, 30), at(6, 9, 30), id="before closing"),
        pytest.param(at(5, 20), at(6, 10), id="after closing"),
        pytest.param(at(9, 18), at(12, 10), id="at closing before a weekend"),
    ],
)
def test_a_working_hour_is_counted_while_the_office_is_open(received, expected):
    assert deadline(received, 1, WORKING_HOURS) == expected
    assert hours(received, expected) == 1


def test_a_deadline_at_closing_time_stays_on_that_day():
    assert deadline(at(5, 9), 7, WORKING_HOURS) == at(5, 18)
    assert deadline(at(5, 18), 7, WORKING_HOURS) == at(6, 18)
    assert deadline(at(5, 9), 3, WORKING_HOURS) == at(5, 12)
    assert deadline(at(9, 14), 4, WORKING_HOURS) == at(9, 18)


def test_the_last_day_counts_in_full():
    assert deadline(at(5, 9), 3, DAYS) == end_of(2023, 6, 8)
    row = totals(
        appeal(1, at(5), closed_at=end_of(2023, 6, 8)), current=limited(Limit("*", 3, DAYS))
    )
    assert row["on_time_rate"] == 1


def test_a_category_has_its_own_limit_and_the_others_share_one():
    current = limited(Limit("融资", 2, DAYS), Limit("*", 5, HOURS))
    own, shared = timed(
        appeal(1, at(5), category_path="融资 -> 抵押"),
        appeal(2, at(5), category_path="用工"),
        current=current,
    )
    assert (own["due_at"], shared["due_at"]) == (end_of(2023, 6, 7), at(5, 14))


def test_a_category_without_a_limit_has_no_deadline():
    (row,) = timed(appeal(1, at(5), category_path="用工"), current=limited(Limit("融资", 2, DAYS)))
    assert (row["due_at"], row["is_due_worked_out"]) == (None, False)


def test_a_year_that_was_never_announced_counts_monday_to_friday_and_says_so():
    year = worktime.ANNOUNCED_YEARS.stop
    assert not worktime.is_known(year)
    first_friday = next(
        datetime(year, 3, day, 17) for day in range(1, 8) if date(year, 3, day).isoweekday() == 5
    )
    as_of = datetime(year, 3, 28, 18)
    monday = first_friday + timedelta(days=3)
    assert hours(first_friday, monday.replace(hour=10), as_of) == 2
    assert deadline(first_friday, 1, DAYS, as_of=as_of) == datetime.combine(
        monday.date(), worktime.LAST_MOMENT
    )


FIRST_MOMENT = datetime.combine(worktime.FIRST_DAY, time())


@pytest.mark.parametrize("days", [1, 2, 3, 4, 5, 6, 7, 200, 400])
def test_before_the_calendar_begins_nothing_is_worked_out(days):
    early = FIRST_MOMENT - timedelta(days=days) + timedelta(hours=10)
    for limit in (Limit("*", 1, DAYS), Limit("*", 1, WORKING_HOURS)):
        rows = timed(
            appeal(1, early, closed_at=FIRST_MOMENT + timedelta(days=40), first_response_at=early),
            current=limited(limit),
        )
        assert _worked_out(rows) == (None, None, None, False)


def test_after_the_calendar_ends_nothing_is_worked_out():
    late = datetime(AS_OF.year + 3, 1, 5, 10)
    for limit in (Limit("*", 1, DAYS), Limit("*", 1, WORKING_HOURS)):
        rows = timed(
            appeal(1, late, closed_at=late + timedelta(hours=2), first_response_at=late),
            current=limited(limit),
        )
        assert _worked_out(rows) == (None, None, None, False)


def test_a_limit_of_hours_needs_no_calendar():
    early = FIRST_MOMENT - timedelta(days=200)
    (row,) = timed(appeal(1, early), current=limited(Limit("*", 24, HOURS)))
    assert (row["due_at"], row["is_due_worked_out"]) == (early + timedelta(days=1), True)


def test_the_calendar_reaches_from_its_first_day_to_the_end_of_the_second_year_after_the_data():
    first, last = FIRST_MOMENT, datetime(AS_OF.year + 2, 12, 31)
    rows = timed(
        appeal(1, first, closed_at=first + timedelta(days=9)),
        appeal(2, last, closed_at=last + timedelta(hours=23)),
    )
    assert all(row["resolution_working_hours"] > 0 for row in rows)


def _worked_out(rows: list[Row]) -> tuple[Any, ...]:
    (row,) = rows
    columns = ("resolution_working_hours", "first_response_working_hours", "due_at")
    return (*(row[c] for c in columns), row["is_due_worked_out"])


def test_other_office_hours_make_other_working_hours():
    long_day = ((time(8, 30), time(12)), (time(13), time(17, 30)))
    case = appeal(1, at(5, 8), closed_at=at(6, 8, 45))
    (usual,), (longer,) = timed(case), timed(case, current=limited(spans=long_day))
    assert (usual["resolution_working_hours"], longer["resolution_working_hours"]) == (7, 8.25)
