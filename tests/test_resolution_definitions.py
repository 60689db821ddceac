"""The definitions of the KPIs of appeals, one sentence each."""

from datetime import date, datetime, timedelta

import pytest

from tests.ledger import AS_OF, appeal
from tests.questions import DUE_SOON_AT, at, open_totals, opened, totals


def test_received_2350_and_answered_2359_is_a_same_day_response():
    row = totals(appeal(1, at(5, 23, 50), first_response_at=at(5, 23, 59)))
    assert (row["same_day_response_count"], row["response_due_count"]) == (1, 1)


def test_received_2350_and_answered_0005_is_not_a_same_day_response():
    row = totals(appeal(1, at(5, 23, 50), first_response_at=at(6, 0, 5)))
    assert (row["same_day_response_count"], row["response_due_count"]) == (0, 1)


def test_received_today_and_unanswered_is_not_in_the_same_day_denominator():
    row = totals(appeal(1, at(28, 8)), appeal(2, at(27, 8)))
    assert (row["received_count"], row["response_due_count"]) == (2, 1)
    assert row["same_day_response_rate"] == 0


def test_received_and_answered_today_is_in_the_same_day_denominator():
    row = totals(appeal(1, at(28, 8), first_response_at=at(28, 9)))
    assert row["same_day_response_rate"] == 1


def test_answered_after_the_moment_of_judgement_is_unanswered():
    row = totals(appeal(1, at(28, 8), first_response_at=at(28, 18, 30)))
    assert (row["responded_count"], row["response_due_count"]) == (0, 0)


def test_closed_exactly_at_the_deadline_is_on_time():
    row = totals(appeal(1, at(5), closed_at=at(7, 18), due_at=at(7, 18)))
    assert row["on_time_rate"] == 1


def test_closed_one_second_after_the_deadline_is_late():
    row = totals(appeal(1, at(5), closed_at=at(7, 18, 0, 1), due_at=at(7, 18)))
    assert (row["on_time_count"], row["due_count"], row["on_time_rate"]) == (0, 1, 0)


def test_closed_early_is_due_before_its_deadline_comes():
    row = totals(appeal(1, at(27), closed_at=at(28, 9), due_at=at(30)))
    assert (row["on_time_count"], row["due_count"]) == (1, 1)


def test_open_before_its_deadline_is_not_due():
    row = totals(appeal(1, at(27), due_at=at(30)))
    assert (row["due_count"], row["on_time_rate"]) == (0, None)


def test_without_a_deadline_a_case_is_neither_on_time_nor_late():
    closed = totals(appeal(1, at(5), closed_at=at(7)), appeal(2, at(5)))
    assert (closed["due_count"], closed["on_time_count"]) == (0, 0)
    assert (closed["without_deadline_count"], closed["on_time_rate"]) == (2, None)
    assert open_totals(appeal(1, at(5)))["overdue_count"] == 0


def test_an_extension_moves_the_deadline():
    row = totals(appeal(1, at(5), closed_at=at(9), due_at=at(10), extension_count=1))
    assert row["on_time_rate"] == 1


def test_first_and_last_day_of_the_period_are_included():
    row = totals(
        appeal(1, at(10, 0, 0)),
        appeal(2, at(12, 23, 59, 59)),
        appeal(3, at(9, 23, 59, 59)),
        appeal(4, at(13, 0, 0)),
        start_date=date(2023, 6, 10),
        end_date=date(2023, 6, 12),
    )
    assert row["received_count"] == 2


def test_a_void_row_enters_nothing():
    void = appeal(
        1,
        at(5),
        closed_at=at(9),
        due_at=at(6),
        first_response_at=at(5),
        outcome="解决",
        rating="满意",
        is_void=True,
    )
    open_void = appeal(2, at(5), due_at=at(6), is_void=True)
    with opened(appeals=[void, open_void]) as run:
        (row,) = run("resolution_totals")
        assert {name: value for name, value in row.items() if value} == {"void_count": 2}
        assert run("open_totals") == [
            {"open_count": 0, "overdue_count": 0, "due_soon_count": 0, "unanswered_count": 0}
        ]
        for name in ("appeals_urgent", "appeals_by_category", "categories"):
            assert run(name) == [], name
        for name in ("resolution_trend", "resolution_by_subdistrict"):
            assert {r["received_count"] for r in run(name)} == {0}, name
        assert {r["open_count"] for r in run("open_by_age")} == {0}
        assert {r["closed_count"] for r in run("resolution_time_distribution")} == {0}


def test_a_row_that_does_not_say_whether_it_is_void_counts():
    assert totals(appeal(1, at(5), is_void=None))["received_count"] == 1


def test_closed_after_the_moment_of_judgement_is_open_then():
    late = appeal(1, at(5), closed_at=at(28, 18, 0, 1), due_at=at(6), outcome="解决", rating="满意")
    row = totals(late)
    assert (row["open_count"], row["closed_count"]) == (1, 0)
    assert (row["outcome_count"], row["rated_count"]) == (0, 0)
    assert open_totals(late)["overdue_count"] == 1


def test_received_after_the_moment_of_judgement_is_not_known_yet():
    assert totals(appeal(1, at(28, 18, 0, 1)))["received_count"] == 0


def test_at_its_deadline_a_case_is_due_soon_and_not_overdue():
    row = open_totals(appeal(1, at(27), due_at=AS_OF))
    assert (row["overdue_count"], row["due_soon_count"]) == (0, 1)
    row = open_totals(appeal(1, at(27), due_at=AS_OF - timedelta(seconds=1)))
    assert (row["overdue_count"], row["due_soon_count"]) == (1, 0)


def test_due_soon_ends_with_the_moment_given():
    on, after = DUE_SOON_AT, DUE_SOON_AT + timedelta(seconds=1)
    row = open_totals(appeal(1, at(27), due_at=on), appeal(2, at(27), due_at=after))
    assert row["due_soon_count"] == 1


def test_open_cases_count_whenever_they_were_received():
    assert open_totals(appeal(1, datetime(2022, 6, 1)))["open_count"] == 1


def test_unrated_never_enters_satisfied():
    row = totals(
        appeal(1, at(5), closed_at=at(6), rating="满意"),
        appeal(2, at(5), closed_at=at(6)),
        appeal(3, at(5), closed_at=at(6), rating="不满意"),
    )
    assert (row["satisfied_count"], row["rated_count"], row["closed_count"]) == (1, 2, 3)
    assert (row["satisfied_rate"], row["rated_rate"]) == (1 / 2, 2 / 3)


@pytest.mark.parametrize("counts", [True, False])
def test_basically_satisfied_counts_by_the_setting(counts: bool):
    case = appeal(1, at(5), closed_at=at(6), rating="基本满意")
    row = totals(case, basically_satisfied_counts=counts)
    assert (row["satisfied_count"], row["rated_count"]) == (int(counts), 1)


@pytest.mark.parametrize("counts", [True, False])
def test_partly_resolved_counts_by_the_setting(counts: bool):
    case = appeal(1, at(5), closed_at=at(6), outcome="部分解决")
    row = totals(case, partial_counts_as_resolved=counts)
    assert (row["resolved_count"], row["outcome_count"]) == (int(counts), 1)


def test_closed_is_not_resolved():
    row = totals(
        appeal(1, at(5), closed_at=at(6), outcome="解释说明"),
        appeal(2, at(5), closed_at=at(6), outcome="解决"),
        appeal(3, at(5), closed_at=at(6)),
    )
    assert (row["closed_rate"], row["resolved_rate"]) == (1, 1 / 2)


def test_empty_denominators_give_null_and_not_zero():
    row = totals()
    rates = {
        name: value for name, value in row.items() if name.endswith(("_rate", "_hours", "_score"))
    }
    assert len(rates) == 19
    assert set(rates.values()) == {None}
    assert {value for name, value in row.items() if name not in rates} == {0}


def test_medians_are_of_the_cases_and_open_ones_are_counted_beside():
    hours = (1, 2, 4, 100)
    cases = [appeal(n, at(1), closed_at=at(1) + timedelta(hours=h)) for n, h in enumerate(hours)]
    row = totals(*cases, appeal(9, at(1)))
    assert row["median_resolution_hours"] == pytest.approx(3)
    assert row["p90_resolution_hours"] == pytest.approx(4 + 0.7 * 96)
    assert row["open_count"] == 1


def test_a_category_is_the_first_level_of_its_path():
    with opened(
        appeals=[
            appeal(1, at(5), category_path="融资->贷款利率"),
            appeal(2, at(5), category_path="融资 -> 抵押"),
            appeal(3, at(5), category_path="产-学-研->场地"),
        ]
    ) as run:
        found = {r["category"]: r["received_count"] for r in run("appeals_by_category")}
        assert found == {"融资": 2, "产-学-研": 1}
        assert run("resolution_totals", category="融资")[0]["received_count"] == 2


def test_a_case_open_for_exactly_a_day_is_in_the_second_band():
    with opened(
        appeals=[
            appeal(1, AS_OF - timedelta(hours=24)),
            appeal(2, AS_OF - timedelta(hours=24) + timedelta(seconds=1)),
        ]
    ) as run:
        assert [r["open_count"] for r in run("open_by_age")] == [1, 1, 0, 0, 0, 0]


def test_a_week_begins_on_monday_and_a_step_without_cases_is_listed():
    with opened(appeals=[appeal(1, at(4, 23, 59)), appeal(2, at(19, 0))]) as run:
        rows = run("resolution_trend", start_date=date(2023, 6, 1), end_date=date(2023, 6, 20))
    listed = [(r["step_date"].day, r["received_count"], r["on_time_rate"]) for r in rows]
    assert listed == [(29, 1, None), (5, 0, None), (12, 0, None), (19, 1, None)]


def test_the_most_urgent_case_comes_first():
    with opened(
        appeals=[
            appeal(1, at(27), due_at=DUE_SOON_AT),
            appeal(2, at(20), due_at=at(26)),
            appeal(3, at(20), due_at=at(22)),
            appeal(4, at(20), due_at=DUE_SOON_AT + timedelta(seconds=1)),
            appeal(5, at(20)),
        ]
    ) as run:
        rows = run("appeals_urgent")
    assert [(r["appeal_id"][-1], r["urgency"]) for r in rows] == [
        ("3", "已超期"),
        ("2", "已超期"),
        ("1", "即将超期"),
    ]
    assert rows[0]["overdue_hours"] == 6 * 24 + 9
