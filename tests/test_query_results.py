"""The queries' numbers against the same KPIs worked out in plain Python from the definitions."""

import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from fuqi import wording
from fuqi.settings import Settings
from fuqi.store import Database, parameters
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts

Row = dict[str, Any]

STREETS = ("园岭街道", "南园街道", "福田街道", "福保街道", "莲花街道")
"""The last one never has an appeal, a station or a park in the drawn ledgers."""
DUE_SOON_AT = AS_OF + timedelta(days=1)
WITHOUT_LIMITS = Settings(deadline_limits=())
"""A case without a deadline has none: only the tests of limits let one be worked out."""
QUARTER = (date(2023, 4, 1), date(2023, 6, 28))
# A ledger comes from a seed, which cannot be made smaller: a failure is shown as it was found.
SMALL = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@contextmanager
def opened(
    current: Settings = WITHOUT_LIMITS, **tables: list[Row]
) -> Iterator[Callable[..., list[Row]]]:
    """A function that runs a query on a release of these rows and gives its rows; defaults fill its parameters."""
    defaults = {**parameters(AS_OF, *QUARTER, current), "longest_days": 14, "most_rows": 20}
    with tempfile.TemporaryDirectory() as folder:
        rows = {"subdistricts": subdistricts(*STREETS), **tables}
        database = Database(publish_ledger(Path(folder), rows), current)

        def run(name: str, **instead: Any) -> list[Row]:
            known = {**defaults, **instead}
            params = {p: known[p] for p in database.query(name).params}
            return database.run(name, params).to_pylist()

        yield run
        database.close()


def totals(*appeals: Row, **params: Any) -> Row:
    with opened(appeals=list(appeals)) as run:
        (row,) = run("resolution_totals", **params)
        return row


def open_totals(*appeals: Row, **params: Any) -> Row:
    with opened(appeals=list(appeals)) as run:
        (row,) = run("open_totals", **params)
        return row


def at(day: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    """A moment of June 2023; the data are from the 28th, 18:00."""
    return datetime(2023, 6, day, hour, minute, second)


# ---------------------------------------------------------------- one sentence of the definitions each


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


# ---------------------------------------------------------------- comparing units


def cases(street: str, on_time: int, late: int, first: int) -> list[Row]:
    """Closed appeals of a street: so many on time, so many late."""
    return [
        appeal(
            first + n,
            at(1),
            subdistrict_name=street,
            due_at=at(5),
            closed_at=at(4 if n < on_time else 6),
        )
        for n in range(on_time + late)
    ]


def compared(*counts: tuple[int, int], min_n: int = 30) -> list[Row]:
    """`resolution_by_subdistrict` for streets with (on time, late) appeals."""
    rows = [
        case
        for number, (street, (on_time, late)) in enumerate(zip(STREETS, counts, strict=False))
        for case in cases(street, on_time, late, number * 10000)
    ]
    with opened(appeals=rows) as run:
        return run("resolution_by_subdistrict", min_n=min_n)


def test_ranks_are_one_two_two_four():
    rows = compared((36, 4), (30, 10), (60, 20), (20, 20))
    assert [(r["subdistrict_name"][:2], r["on_time_rank"]) for r in rows] == [
        ("园岭", 1),
        ("福田", 2),
        ("南园", 2),
        ("福保", 4),
        ("莲花", None),
    ]


def test_a_unit_below_the_minimum_takes_no_rank():
    rows = {r["subdistrict_name"]: r for r in compared((29, 0), (30, 0), (3, 0))}
    assert (rows["园岭街道"]["on_time_rank"], rows["园岭街道"]["on_time_verdict"]) == (
        None,
        "样本不足",
    )
    assert rows["南园街道"]["on_time_rank"] == 1
    assert rows["福保街道"]["on_time_verdict"] == "无应办结"
    lower = {r["subdistrict_name"]: r for r in compared((29, 0), (30, 0), (3, 0), min_n=3)}
    assert [lower[s]["on_time_rank"] for s in STREETS] == [1, 1, 1, None, None]


def test_units_are_only_called_different_when_their_interval_excludes_the_district():
    rows = {
        r["subdistrict_name"]: r["on_time_verdict"] for r in compared((400, 0), (27, 4), (60, 60))
    }
    assert rows["园岭街道"] == "高于全区"
    assert rows["南园街道"] == "与全区无显著差异"
    assert rows["福田街道"] == "低于全区"


def test_the_district_rate_comes_from_counts_and_is_no_average_of_rates():
    rows = compared((90, 0), (0, 10))
    assert {r["district_on_time_rate"] for r in rows} == {0.9}


def test_intervals_end_at_nought_and_one():
    rows = {r["subdistrict_name"]: r for r in compared((40, 0), (0, 40))}
    assert rows["园岭街道"]["on_time_high"] == pytest.approx(1)
    assert rows["南园街道"]["on_time_low"] == pytest.approx(0)
    assert 0.9 < rows["园岭街道"]["on_time_low"] < 1


def test_where_all_cases_are_on_time_no_unit_is_below_the_district():
    verdicts = [r["on_time_verdict"] for r in compared((40, 0), (40, 0))]
    assert verdicts[:2] == ["与全区无显著差异"] * 2


def test_where_all_cases_are_late_no_unit_is_above_the_district():
    verdicts = [r["on_time_verdict"] for r in compared((0, 40), (0, 40))]
    assert verdicts[:2] == ["与全区无显著差异"] * 2


WEINAN = {
    "临渭": (212, 4, "98%"),
    "蒲城": (127, 1, "99%"),
    "富平": (114, 1, "99%"),
    "高新": (99, 0, "100%"),
    "合阳": (90, 0, "100%"),
    "大荔": (79, 0, "100%"),
    "华州": (56, 1, "98%"),
    "澄城": (53, 0, "100%"),
    "白水": (45, 0, "100%"),
    "韩城": (36, 2, "94%"),
    "华阴": (27, 1, "96%"),
    "潼关": (25, 0, "100%"),
    "经开": (16, 0, "100%"),
    "卤管委": (4, 0, "100%"),
}
"""Published for the fourth quarter of 2021: received, open, printed rate closed."""


def test_the_published_weinan_table_is_reproduced_when_percentages_are_cut_off():
    rows = []
    for unit, (received, still_open, _) in WEINAN.items():
        for n in range(received):
            closed_at = at(9) if n >= still_open else None
            rows.append(appeal(len(rows), at(1), subdistrict_name=unit, closed_at=closed_at))

    def printed(rate: float) -> str:
        return wording.percent(rate, digits=0, rounding="truncate")

    with opened(subdistricts=subdistricts(*WEINAN), appeals=rows) as run:
        (total,) = run("resolution_totals")
        assert [total[c] for c in ("received_count", "open_count", "closed_count")] == [
            983,
            10,
            973,
        ]
        assert printed(total["closed_rate"]) == "98%"
        for unit, (received, still_open, expected) in WEINAN.items():
            (row,) = run("resolution_totals", subdistrict=unit)
            assert row["received_count"] == received
            assert row["open_count"] == still_open
            assert printed(row["closed_rate"]) == expected, unit


# ---------------------------------------------------------------- who is responsible


def cadre(number: int, **columns: Any) -> Row:
    return {
        "cadre_id": f"G{number:04d}",
        "cadre_name": f"陈某{number}",
        "unit_name": f"单位{number}",
        "unit_kind": "街道",
        "role": "助企干部",
        "start_date": date(2023, 3, 1),
        **columns,
    }


def park(number: int, **columns: Any) -> Row:
    return {
        "park_id": f"P{number:03d}",
        "park_name": f"园区{number}",
        "park_kind": "产业园",
        "subdistrict_name": "福保街道",
        "longitude": 114.05,
        "latitude": 22.52,
        **columns,
    }


def community(number: int, **columns: Any) -> Row:
    return {
        "community_code": f"C{number}",
        "community_name": f"社区{number}",
        "subdistrict_name": "福保街道",
        **columns,
    }


def holds(number: int, holder: int, *, park: int | None = None, **columns: Any) -> Row:
    """An assignment of cadre `holder` to a park, or to the community named in `columns`."""
    return {
        "assignment_id": f"A{number}",
        "holder_kind": "干部",
        "cadre_id": f"G{holder:04d}",
        "object_kind": "社区" if park is None else "园区商圈",
        "park_id": None if park is None else f"P{park:03d}",
        "start_date": date(2023, 3, 1),
        **columns,
    }


def visit(number: int, moment: datetime, *, park: int | None = None, **columns: Any) -> Row:
    return {
        "visit_id": f"V{number}",
        "visited_at": moment,
        "cadre_id": "G0001",
        "object_kind": "社区" if park is None else "园区商圈",
        "park_id": None if park is None else f"P{park:03d}",
        "subdistrict_name": "福保街道",
        **columns,
    }


def responsibility(**tables: list[Row]) -> Row:
    with opened(**tables) as run:
        (row,) = run("assignment_totals")
        return row


def test_a_park_is_held_through_the_last_day_of_its_term():
    through = [holds(1, 1, park=1, end_date=AS_OF.date())]
    ended = [holds(1, 1, park=1, end_date=AS_OF.date() - timedelta(days=1))]
    later = [holds(1, 1, park=1, start_date=AS_OF.date() + timedelta(days=1))]
    known = {"parks": [park(1)], "cadres": [cadre(1)]}
    assert responsibility(**known, assignments=through)["held_count"] == 1
    assert responsibility(**known, assignments=ended)["unheld_park_count"] == 1
    assert responsibility(**known, assignments=later)["unheld_park_count"] == 1


def test_a_park_whose_holder_left_office_is_held_by_nobody():
    gone = cadre(1, end_date=AS_OF.date() - timedelta(days=1))
    row = responsibility(parks=[park(1)], cadres=[gone], assignments=[holds(1, 1, park=1)])
    assert (row["unheld_count"], row["cadre_count"]) == (1, 0)


def test_a_park_whose_holder_has_not_taken_office_is_held_by_nobody():
    coming = cadre(1, start_date=AS_OF.date() + timedelta(days=1))
    row = responsibility(parks=[park(1)], cadres=[coming], assignments=[holds(1, 1, park=1)])
    assert row["unheld_count"] == 1


def test_a_team_does_not_hold_a_park_for_a_cadre():
    team = {**holds(1, 1, park=1), "holder_kind": "小组", "team_id": "T1"}
    row = responsibility(parks=[park(1)], cadres=[cadre(1)], assignments=[team])
    assert row["unheld_park_count"] == 1


def test_one_plus_one_means_exactly_one_park_and_one_community():
    row = responsibility(
        parks=[park(1), park(2)],
        communities=[community(1)],
        cadres=[cadre(1), cadre(2), cadre(3), cadre(4)],
        assignments=[
            holds(1, 1, park=1),
            holds(2, 1, community_name="社区1"),
            holds(3, 2, park=1),
            holds(4, 2, park=2),
            holds(5, 2, community_name="社区1"),
            holds(6, 3, park=1),
        ],
    )
    assert (row["one_plus_one_count"], row["cadre_count"]) == (1, 4)
    assert row["one_plus_one_rate"] == 0.25


def test_two_overlapping_terms_for_one_park_are_one_park():
    row = responsibility(
        parks=[park(1)],
        communities=[community(1)],
        cadres=[cadre(1)],
        assignments=[
            holds(1, 1, park=1, end_date=AS_OF.date()),
            holds(2, 1, park=1, start_date=AS_OF.date()),
            holds(3, 1, community_name="社区1"),
        ],
    )
    assert row["one_plus_one_count"] == 1


def test_an_object_with_two_holders_is_one_object():
    with opened(
        parks=[park(1)],
        cadres=[cadre(1), cadre(2)],
        assignments=[holds(1, 1, park=1), holds(2, 2, park=1)],
    ) as run:
        (listed,) = run("held_object_list")
        assert run("assignment_totals")[0]["held_count"] == 1
    assert listed["holder_count"] == 2
    assert listed["holder_names"] == "陈**、陈**"
    assert listed["holder_units"] == "单位1等2个单位"


def test_what_nobody_holds_is_listed_first():
    with opened(
        parks=[park(1), park(2, subdistrict_name="莲花街道")],
        cadres=[cadre(1)],
        assignments=[holds(1, 1, park=1)],
    ) as run:
        rows = run("held_object_list")
    assert [(r["object_id"], r["held_state"]) for r in rows] == [
        ("P002", "无人挂点"),
        ("P001", "有人挂点"),
    ]


def test_only_visits_of_the_period_cover_an_object():
    known = {"parks": [park(1)], "cadres": [cadre(1)], "assignments": [holds(1, 1, park=1)]}
    last_minute = datetime.combine(QUARTER[1], time(17, 59))
    covered = responsibility(**known, visits=[visit(1, last_minute, park=1)])
    assert covered["visit_coverage_rate"] == 1
    before = datetime.combine(QUARTER[0], time()) - timedelta(seconds=1)
    assert responsibility(**known, visits=[visit(1, before, park=1)])["visited_count"] == 0
    unknown_yet = AS_OF + timedelta(minutes=1)
    assert responsibility(**known, visits=[visit(1, unknown_yet, park=1)])["visited_count"] == 0


def test_a_visit_to_what_nobody_holds_covers_nothing():
    row = responsibility(parks=[park(1)], visits=[visit(1, at(5), park=1)])
    assert (row["visited_count"], row["held_count"], row["visit_coverage_rate"]) == (0, 0, None)


# ---------------------------------------------------------------- stations


def station(number: int, **columns: Any) -> Row:
    return {
        "station_id": f"{number:03d}",
        "station_name": f"福企服务站{number}",
        "station_kind": "专业市场",
        "subdistrict_name": "福保街道",
        "longitude": 114.05,
        "latitude": 22.52,
        **columns,
    }


def service(number: int, of: int, moment: datetime, **columns: Any) -> Row:
    return {
        "service_record_id": f"F{number}",
        "station_id": f"{of:03d}",
        "service_id": "S01",
        "requested_at": moment,
        "process": "站内办理",
        "subdistrict_name": "福保街道",
        **columns,
    }


def test_a_station_is_open_from_its_first_day_until_the_day_before_it_closes():
    today, tomorrow = AS_OF.date(), AS_OF.date() + timedelta(days=1)
    with opened(
        stations=[
            station(1, opened_date=today),
            station(2, opened_date=tomorrow),
            station(3, closed_date=today),
            station(4, closed_date=tomorrow),
            station(5),
        ]
    ) as run:
        assert run("station_totals")[0]["station_count"] == 3
        assert [r["station_id"] for r in run("station_list")] == ["001", "004", "005"]
        by_street = {
            r["subdistrict_name"]: r["station_count"] for r in run("stations_by_subdistrict")
        }
        assert by_street["福保街道"] == 3


def test_tests_sent_to_a_laboratory_are_no_services_of_the_station():
    with opened(
        stations=[station(1), station(2)],
        station_services=[
            service(1, 1, at(5, 9), service_id="S02", completed_at=at(5, 9, 5)),
            service(2, 1, at(5, 9), service_id="S02", completed_at=at(6, 9), process="外送办理"),
            service(3, 1, at(5, 9), process=None),
        ],
    ) as run:
        (row,) = run("station_totals")
    assert (row["service_count"], row["consultation_count"], row["quick_test_count"]) == (2, 1, 1)
    assert (row["quick_test_minutes"], row["idle_station_count"]) == (5, 1)


def test_station_numbers_keep_their_zeros():
    with opened(stations=[station(7)]) as run:
        assert run("station_list")[0]["station_id"] == "007"


def test_the_services_of_the_period_are_the_same_in_totals_trend_and_list():
    with opened(
        stations=[station(1), station(2, closed_date=date(2023, 6, 20))],
        station_services=[service(1, 1, at(5)), service(2, 2, at(5))],
    ) as run:
        (row,) = run("station_totals")
        trend = sum(r["service_count"] for r in run("station_services_trend"))
        by_street = sum(r["service_count"] for r in run("stations_by_subdistrict"))
    assert row["service_count"] == trend == by_street


# ---------------------------------------------------------------- the KPIs in plain Python


def share(numerator: int, denominator: int) -> float | None:
    return numerator / denominator if denominator else None


def quantile(values: Iterable[float], q: float) -> float | None:
    """Exact, between the two nearest values in proportion (Hyndman and Fan's type 7)."""
    ordered = sorted(values)
    if not ordered:
        return None
    position = (len(ordered) - 1) * q
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def wilson(hits: int, n: int) -> tuple[float, float] | tuple[None, None]:
    """The 95% score interval as Wilson (1927) gives it: centre and half width."""
    if not n:
        return None, None
    z = NormalDist().inv_cdf(0.975)
    p = hits / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # At the ends the formula gives 0 and 1 but for what binary fractions lose.
    return (centre - half if hits else 0.0), (centre + half if hits < n else 1.0)


class Case:
    """An appeal as it was known at `as_of`."""

    def __init__(self, row: Row, as_of: datetime) -> None:
        def by_then(column: str) -> Any:
            moment = row.get(column)
            return moment if moment is not None and moment <= as_of else None

        self.row = row
        self.id = row["appeal_id"]
        self.street = row["subdistrict_name"]
        self.category = row["category_path"].split("->")[0].strip()
        self.received = row["received_at"]
        self.day = self.received.date()
        self.response = by_then("first_response_at")
        self.closed = by_then("closed_at")
        self.due = row.get("due_at")
        self.outcome = row.get("outcome") if self.closed else None
        self.rating = row.get("rating") if self.closed else None
        has_deadline = self.due is not None
        self.is_due = has_deadline and (self.closed is not None or self.due <= as_of)
        self.is_on_time = has_deadline and self.closed is not None and self.closed <= self.due
        self.is_overdue = has_deadline and self.closed is None and self.due < as_of
        self.is_same_day = self.response is not None and self.response.date() == self.day
        answered_or_past = self.response is not None or self.day < as_of.date()
        self.is_response_due = answered_or_past

    @property
    def hours(self) -> float:
        return (self.closed - self.received).total_seconds() / 3600


def known(
    appeals: list[Row], as_of: datetime, street: str | None, category: str | None
) -> list[Case]:
    found = [Case(r, as_of) for r in appeals if not r.get("is_void") and r["received_at"] <= as_of]
    return [c for c in found if street in (None, c.street) and category in (None, c.category)]


def plain_rates(found: list[Case]) -> Row:
    due = [c for c in found if c.is_due]
    response_due = [c for c in found if c.is_response_due]
    return {
        "on_time_rate": share(sum(c.is_on_time for c in due), len(due)),
        "same_day_response_rate": share(
            sum(c.is_same_day for c in response_due), len(response_due)
        ),
    }


def plain_totals(found: list[Case], partial: bool, basically: bool) -> Row:
    closed = [c for c in found if c.closed]
    resolved = {"解决", "部分解决"} if partial else {"解决"}
    satisfied = {"满意", "基本满意"} if basically else {"满意"}
    with_outcome = [c for c in closed if c.outcome]
    rated = [c for c in closed if c.rating]
    hours = [c.hours for c in closed]
    waits = [(c.response - c.received).total_seconds() / 3600 for c in found if c.response]
    return {
        **plain_rates(found),
        "received_count": len(found),
        "closed_count": len(closed),
        "open_count": len(found) - len(closed),
        "due_count": sum(c.is_due for c in found),
        "on_time_count": sum(c.is_on_time for c in found),
        "without_deadline_count": sum(c.due is None for c in found),
        "response_due_count": sum(c.is_response_due for c in found),
        "same_day_response_count": sum(c.is_same_day for c in found),
        "outcome_count": len(with_outcome),
        "resolved_count": sum(c.outcome in resolved for c in with_outcome),
        "rated_count": len(rated),
        "satisfied_count": sum(c.rating in satisfied for c in rated),
        "responded_count": len(waits),
        "median_resolution_hours": quantile(hours, 0.5),
        "p90_resolution_hours": quantile(hours, 0.9),
        "median_first_response_hours": quantile(waits, 0.5),
        "closed_rate": share(len(closed), len(found)),
        "resolved_rate": share(sum(c.outcome in resolved for c in closed), len(with_outcome)),
        "satisfied_rate": share(sum(c.rating in satisfied for c in rated), len(rated)),
        "rated_rate": share(len(rated), len(closed)),
    }


def plain_open(found: list[Case], due_soon_at: datetime) -> Row:
    still_open = [c for c in found if c.closed is None]
    return {
        "open_count": len(still_open),
        "overdue_count": sum(c.is_overdue for c in still_open),
        "due_soon_count": sum(
            c.due is not None and not c.is_overdue and c.due <= due_soon_at for c in still_open
        ),
        "unanswered_count": sum(c.response is None for c in still_open),
    }


def step_of(day: date, step: str) -> date:
    if step == "day":
        return day
    return day - timedelta(days=day.weekday()) if step == "week" else day.replace(day=1)


def plain_trend(
    found: list[Case], first: date, last: date, step: str, partial: bool, basically: bool
) -> list[Row]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    rows = []
    for start in sorted({step_of(day, step) for day in days}):
        received = [c for c in found if c.day in days and step_of(c.day, step) == start]
        closed_days = [c.closed.date() for c in found if c.closed]
        total = plain_totals(received, partial, basically)
        rows.append(
            {
                "step_date": start,
                "received_count": len(received),
                "closed_count": sum(d in days and step_of(d, step) == start for d in closed_days),
                "due_count": total["due_count"],
                "response_due_count": total["response_due_count"],
                "on_time_rate": total["on_time_rate"],
                "same_day_response_rate": total["same_day_response_rate"],
                "resolved_rate": total["resolved_rate"],
                "satisfied_rate": total["satisfied_rate"],
                "median_resolution_hours": total["median_resolution_hours"],
            }
        )
    return rows


def plain_ranking(found: list[Case], min_n: int) -> dict[str, Row]:
    """By street; ranks count the ranked units that do better, so equals share one."""
    rows = {}
    for street in STREETS:
        here = [c for c in found if c.street == street]
        due, hits = sum(c.is_due for c in here), sum(c.is_on_time for c in here)
        low, high = wilson(hits, due)
        rows[street] = {
            "subdistrict_name": street,
            "received_count": len(here),
            "closed_count": sum(c.closed is not None for c in here),
            "overdue_count": sum(c.is_overdue for c in here),
            "due_count": due,
            "on_time_count": hits,
            "response_due_count": sum(c.is_response_due for c in here),
            "same_day_response_count": sum(c.is_same_day for c in here),
            "median_resolution_hours": quantile([c.hours for c in here if c.closed], 0.5),
            "on_time_low": low,
            "on_time_high": high,
            **plain_rates(here),
        }
    district = share(
        sum(r["on_time_count"] for r in rows.values()), sum(r["due_count"] for r in rows.values())
    )
    ranked = [r["on_time_rate"] for r in rows.values() if r["due_count"] >= max(1, min_n)]
    for row in rows.values():
        is_ranked = row["due_count"] >= max(1, min_n)
        better = sum(rate > row["on_time_rate"] for rate in ranked) if is_ranked else 0
        row["on_time_rank"] = better + 1 if is_ranked else None
        row["district_on_time_rate"] = district
        if not row["due_count"]:
            row["on_time_verdict"] = "无应办结"
        elif not is_ranked:
            row["on_time_verdict"] = "样本不足"
        elif row["on_time_low"] <= district <= row["on_time_high"]:
            row["on_time_verdict"] = "与全区无显著差异"
        else:
            above = row["on_time_rate"] > district
            row["on_time_verdict"] = "高于全区" if above else "低于全区"
    return rows


def plain_categories(found: list[Case]) -> list[Row]:
    counts = Counter(c.category for c in found)
    order = sorted(counts, key=lambda name: (-counts[name], name))
    rows, so_far = [], 0
    for name in order:
        here = [c for c in found if c.category == name]
        so_far += len(here)
        rows.append(
            {
                "category": name,
                "received_count": len(here),
                "overdue_count": sum(c.is_overdue for c in here),
                "due_count": sum(c.is_due for c in here),
                "on_time_count": sum(c.is_on_time for c in here),
                "median_resolution_hours": quantile([c.hours for c in here if c.closed], 0.5),
                "on_time_rate": plain_rates(here)["on_time_rate"],
                "received_share": len(here) / len(found),
                "cumulative_share": so_far / len(found),
            }
        )
    return rows


def plain_distribution(found: list[Case], longest: int) -> list[Row]:
    closed = [(min((c.closed - c.received).days, longest), c) for c in found if c.closed]
    return [
        {
            "days_taken": days,
            "closed_count": sum(taken == days for taken, _ in closed),
            "late_count": sum(
                taken == days and c.is_due and not c.is_on_time for taken, c in closed
            ),
            "is_rest": days == longest,
        }
        for days in range(longest + 1)
    ]


def plain_ages(found: list[Case], as_of: datetime) -> list[Row]:
    edges = (0, 1, 3, 7, 14, 30, 10**6)
    rows = []
    for number, (low, high) in enumerate(pairwise(edges), 1):
        here = [
            c
            for c in found
            if c.closed is None
            and timedelta(days=low) <= as_of - c.received < timedelta(days=min(high, 99999))
        ]
        rows.append(
            {
                "band_order": number,
                "open_count": len(here),
                "overdue_count": sum(c.is_overdue for c in here),
            }
        )
    return rows


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, float) and isinstance(found, int | float):
        return math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-6)
    return found == expected


def differences(found: list[Row], expected: list[Row]) -> list[str]:
    """What the query says and what plain Python says, wherever the two differ."""
    if len(found) != len(expected):
        return [f"{len(found)} rows, {len(expected)} expected"]
    return [
        f"row {number}, {column}: query {row[column]!r}, plain {value!r}"
        for number, (row, plain) in enumerate(zip(found, expected, strict=True))
        for column, value in plain.items()
        if not same(row[column], value)
    ]


# ---------------------------------------------------------------- ledgers drawn at random

MINUTES = (0, 1, 10, 60, 600, 1439, 1440, 1441, 4320, 10080, 43200)
"""Lengths at and beside the edges: a day, three, a week, thirty."""


CLOCKS = (time(0), time(9), time(18), time(23, 50), time(23, 59, 59))
CATEGORY_PATHS = ("融资->贷款利率", "融资", "用工 -> 招聘", "产-学-研->场地")


@st.composite
def appeal_ledgers(draw: st.DrawFn) -> list[Row]:
    """Up to ninety appeals whose moments often meet each other, midnight, a deadline or the data's own moment.

    They come from a seeded generator: drawn one by one, hypothesis keeps nearly all ledgers near empty.
    """
    chance = draw(st.randoms(use_true_random=True))
    size = draw(st.sampled_from([0, 1, 10, 60, 90]))

    def later(moment: datetime, likely: float) -> datetime | None:
        if chance.random() > likely:
            return None
        return moment + timedelta(
            minutes=chance.choice(MINUTES), seconds=chance.choice([0, 0, 1, 59])
        )

    rows = []
    for number in range(size):
        day = date(2023, 5, 20) + timedelta(days=chance.randint(0, 40))
        received_at = chance.choice(
            [
                datetime.combine(day, chance.choice(CLOCKS)),
                datetime.combine(day, chance.choice(CLOCKS)),
                AS_OF - timedelta(minutes=chance.choice(MINUTES)),
            ]
        )
        closed_at = later(received_at, 0.75)
        deadlines = [
            None,
            received_at + timedelta(minutes=chance.choice(MINUTES)),
            AS_OF,
            DUE_SOON_AT,
        ]
        if closed_at:
            deadlines += [closed_at, closed_at - timedelta(seconds=1)]
        rows.append(
            appeal(
                number,
                received_at,
                subdistrict_name=chance.choice(STREETS[:-1]),
                category_path=chance.choice(CATEGORY_PATHS),
                first_response_at=later(received_at, 0.8),
                closed_at=closed_at,
                due_at=chance.choice(deadlines),
                outcome=chance.choice([None, "解决", "部分解决", "解释说明", "未解决"]),
                rating=chance.choice([None, "满意", "基本满意", "不满意"]),
                is_void=chance.choice([None, False, False, False, True]),
                extension_count=chance.choice([None, 0, 1]),
            )
        )
    return rows


PERIODS = st.sampled_from(
    [
        (date(2023, 6, 1), date(2023, 6, 28)),
        (date(2023, 5, 30), date(2023, 6, 12)),
        (date(2023, 6, 28), date(2023, 6, 28)),
    ]
)


@SMALL
@given(
    ledger=appeal_ledgers(),
    period=PERIODS,
    street=st.sampled_from([None, *STREETS]),
    category=st.sampled_from([None, "融资", "用工"]),
    partial=st.booleans(),
    basically=st.booleans(),
    step=st.sampled_from(["day", "week", "month"]),
    min_n=st.sampled_from([1, 3, 8]),
    as_of=st.sampled_from([AS_OF, AS_OF - timedelta(days=5), datetime(2023, 6, 28)]),
)
def test_every_resolution_query_agrees_with_plain_python(
    ledger, period, street, category, partial, basically, step, min_n, as_of
):
    first, last = period
    chosen = {
        "start_date": first,
        "end_date": last,
        "subdistrict": street,
        "category": category,
        "as_of": as_of,
        "min_n": min_n,
        "step": step,
        "due_soon_at": as_of + timedelta(days=1),
        "partial_counts_as_resolved": partial,
        "basically_satisfied_counts": basically,
        "longest_days": 7,
    }
    everything = known(ledger, as_of, street, category)
    found = [c for c in everything if first <= c.day <= last]
    in_district = [c for c in known(ledger, as_of, None, category) if first <= c.day <= last]
    in_street = [c for c in known(ledger, as_of, street, None) if first <= c.day <= last]
    urgent = [
        c
        for c in everything
        if c.closed is None and c.due is not None and c.due <= chosen["due_soon_at"]
    ]
    ranking = plain_ranking(in_district, min_n)
    with opened(appeals=ledger) as run:

        def rows(name: str) -> list[Row]:
            return run(name, **chosen)

        by_street = rows("resolution_by_subdistrict")
        expected = {
            "resolution_totals": [plain_totals(found, partial, basically)],
            "open_totals": [plain_open(everything, chosen["due_soon_at"])],
            "resolution_trend": plain_trend(everything, first, last, step, partial, basically),
            "appeals_by_category": plain_categories(in_street),
            "resolution_time_distribution": plain_distribution(found, 7),
            "open_by_age": plain_ages(everything, as_of),
            "appeals_urgent": [
                {
                    "appeal_id": c.id,
                    "urgency": "已超期" if c.is_overdue else "即将超期",
                    "overdue_hours": (as_of - c.due).total_seconds() / 3600,
                    "category": c.category,
                    "extension_count": c.row["extension_count"] or 0,
                }
                for c in sorted(urgent, key=lambda c: (c.due, c.id))
            ],
        }
        for name, plain in expected.items():
            assert differences(rows(name), plain) == [], name
    plain_rows = [ranking[row["subdistrict_name"]] for row in by_street]
    assert sorted(ranking) == sorted(row["subdistrict_name"] for row in by_street)
    assert differences(by_street, plain_rows) == []
    ranks = [row["on_time_rank"] or 99 for row in by_street]
    assert ranks == sorted(ranks)


@SMALL
@given(hits=st.integers(0, 400), misses=st.integers(0, 400))
def test_the_interval_is_wilsons(hits: int, misses: int):
    assume(hits + misses)
    expected = wilson(hits, hits + misses)
    (row,) = [r for r in compared((hits, misses)) if r["due_count"]]
    assert row["on_time_low"] == pytest.approx(expected[0], abs=1e-6)
    assert row["on_time_high"] == pytest.approx(expected[1], abs=1e-6)


DAYS = st.sampled_from([date(2023, 3, 1), date(2023, 6, 20), date(2023, 6, 27), date(2023, 6, 28)])
LAST_DAYS = st.sampled_from([None, None, date(2023, 6, 27), date(2023, 6, 28), date(2023, 7, 1)])


@st.composite
def responsibility_ledgers(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Parks, communities and cadres; a cadre holds an object in at most one term, and took office already."""
    street = st.sampled_from(STREETS[:-1])
    parks = [park(n, subdistrict_name=draw(street)) for n in range(draw(st.integers(0, 6)))]
    places = [community(n, subdistrict_name=draw(street)) for n in range(draw(st.integers(0, 6)))]
    cadres = [cadre(n, end_date=draw(LAST_DAYS)) for n in range(draw(st.integers(0, 6)))]
    objects = [{"park": n} for n in range(len(parks))]
    objects += [{"community_name": c["community_name"]} for c in places]
    assignments, visits = [], []
    for holder in range(len(cadres)):
        for target in objects:
            if draw(st.integers(0, 3)) == 0:
                term = {"start_date": draw(DAYS), "end_date": draw(LAST_DAYS)}
                assignments.append(holds(len(assignments), holder, **target, **term))
    for target in objects:
        for _ in range(draw(st.integers(0, 2))):
            day = draw(st.sampled_from([QUARTER[0], QUARTER[0] - timedelta(days=1), QUARTER[1]]))
            moment = datetime.combine(day, draw(st.sampled_from([time(0), time(18), time(18, 1)])))
            visits.append(visit(len(visits), moment, **target))
    return {
        "parks": parks,
        "communities": places,
        "cadres": cadres,
        "assignments": assignments,
        "visits": visits,
        "appeals": [
            appeal(
                n,
                at(1),
                park_id=draw(st.sampled_from([None, "P000", "P001"])),
                community_name=draw(st.sampled_from([None, "社区0", "社区1"])),
                closed_at=draw(st.sampled_from([None, at(20), at(29)])),
            )
            for n in range(draw(st.integers(0, 8)))
        ],
    }


@SMALL
@given(ledger=responsibility_ledgers(), street=st.sampled_from([None, *STREETS]))
def test_every_assignment_query_agrees_with_plain_python(ledger, street):
    today = AS_OF.date()
    in_office = {
        c["cadre_id"]: c
        for c in ledger["cadres"]
        if c["end_date"] is None or c["end_date"] >= today
    }
    objects = {("园区商圈", p["park_id"]): p for p in ledger["parks"]}
    objects |= {("社区", c["community_name"]): c for c in ledger["communities"]}
    holders: dict[tuple[str, str], list[str]] = {key: [] for key in objects}
    for a in sorted(ledger["assignments"], key=lambda a: (a["start_date"], a["cadre_id"])):
        in_force = a["start_date"] <= today and (a["end_date"] is None or a["end_date"] >= today)
        if in_force and a["cadre_id"] in in_office:
            key = (a["object_kind"], a["park_id"] or a["community_name"])
            holders[key].append(a["cadre_id"])
    made = [v for v in ledger["visits"] if v["visited_at"] <= AS_OF]

    def visits_of(key: tuple[str, str]) -> list[date]:
        return [
            v["visited_at"].date()
            for v in made
            if (v["object_kind"], v["park_id"] or v.get("community_name")) == key
        ]

    def in_period(days: list[date]) -> int:
        return sum(QUARTER[0] <= day <= QUARTER[1] for day in days)

    def summed(keys: list[tuple[str, str]]) -> Row:
        held = [key for key in keys if holders[key]]
        visited = sum(in_period(visits_of(key)) > 0 for key in held)
        return {
            "object_count": len(keys),
            "held_count": len(held),
            "unheld_count": len(keys) - len(held),
            "visited_count": visited,
            "visit_coverage_rate": share(visited, len(held)),
        }

    def open_at(kind: str, name: str) -> int:
        column = "park_id" if kind == "园区商圈" else "community_name"
        return sum(
            a[column] == name and (a["closed_at"] is None or a["closed_at"] > AS_OF)
            for a in ledger["appeals"]
        )

    shown = [k for k in objects if street in (None, objects[k]["subdistrict_name"])]
    kinds_held = {
        cadre_id: Counter(kind for (kind, _), ids in holders.items() if cadre_id in ids)
        for cadre_id in in_office
    }
    meeting = sum(c == {"园区商圈": 1, "社区": 1} for c in kinds_held.values())
    listed = {
        (kind, name): {
            "holder_count": len(holders[kind, name]),
            "is_held": bool(holders[kind, name]),
            "holder_names": "、".join("陈**" for _ in holders[kind, name]) or None,
            "last_visited_date": max(visits_of((kind, name)), default=None),
            "visit_count": in_period(visits_of((kind, name))),
            "open_count": open_at(kind, name),
        }
        for kind, name in shown
    }
    with opened(**ledger) as run:
        total = run("assignment_totals", subdistrict=street)
        rows = run("held_object_list", subdistrict=street)
        by_street = run("assignments_by_subdistrict")
    unheld = Counter(kind for kind, name in shown if not holders[kind, name])
    expected = {
        **summed(shown),
        "unheld_park_count": unheld["园区商圈"],
        "unheld_community_count": unheld["社区"],
        "cadre_count": len(in_office),
        "one_plus_one_count": meeting,
        "one_plus_one_rate": share(meeting, len(in_office)),
    }
    assert differences(total, [expected]) == []
    keys = [(row["object_kind"], row["object_id"]) for row in rows]
    assert sorted(keys) == sorted(shown)
    assert differences(rows, [listed[key] for key in keys]) == []
    assert [row["is_held"] for row in rows] == sorted(row["is_held"] for row in rows)
    of_street = [[k for k in objects if objects[k]["subdistrict_name"] == s] for s in STREETS]
    assert differences(by_street, [summed(keys) for keys in of_street]) == []


@st.composite
def station_ledgers(draw: st.DrawFn) -> dict[str, list[Row]]:
    stations = [
        station(
            n,
            subdistrict_name=draw(st.sampled_from(STREETS[:-1])),
            opened_date=draw(
                st.sampled_from([None, date(2023, 3, 6), AS_OF.date(), date(2023, 7, 1)])
            ),
            closed_date=draw(st.sampled_from([None, None, AS_OF.date(), date(2023, 7, 1)])),
        )
        for n in range(draw(st.integers(0, 6)))
    ]
    services = []
    for _ in range(draw(st.integers(0, 40)) if stations else 0):
        of = draw(st.integers(0, len(stations) - 1))
        day = draw(st.sampled_from([QUARTER[0] - timedelta(days=1), QUARTER[0], at(5), QUARTER[1]]))
        requested_at = datetime(day.year, day.month, day.day, draw(st.sampled_from([0, 9, 18, 19])))
        completed_at = requested_at + timedelta(minutes=draw(st.integers(0, 30)))
        services.append(
            service(
                len(services),
                of,
                requested_at,
                service_id=draw(st.sampled_from(["S01", "S02", "S03"])),
                process=draw(st.sampled_from([None, "站内办理", "外送办理"])),
                completed_at=draw(st.sampled_from([None, completed_at])),
                subdistrict_name=stations[of]["subdistrict_name"],
            )
        )
    return {"stations": stations, "station_services": services}


@SMALL
@given(ledger=station_ledgers(), street=st.sampled_from([None, *STREETS]))
def test_every_station_query_agrees_with_plain_python(ledger, street):
    today = AS_OF.date()
    shown = [
        s
        for s in ledger["stations"]
        if (s["opened_date"] is None or s["opened_date"] <= today)
        and (s["closed_date"] is None or s["closed_date"] > today)
        and street in (None, s["subdistrict_name"])
    ]
    counted = [
        s
        for s in ledger["station_services"]
        if QUARTER[0] <= s["requested_at"].date() <= QUARTER[1]
        and s["requested_at"] <= AS_OF
        and s["process"] != "外送办理"
    ]
    per_station = {
        s["station_id"]: [x for x in counted if x["station_id"] == s["station_id"]] for s in shown
    }
    given_there = [x for x in counted if street in (None, x["subdistrict_name"])]
    minutes = [
        (x["completed_at"] - x["requested_at"]).total_seconds() / 60
        for x in given_there
        if x["service_id"] == "S02" and x["completed_at"] and x["completed_at"] <= AS_OF
    ]
    expected_totals = {
        "station_count": len(shown),
        "service_count": len(given_there),
        "consultation_count": sum(x["service_id"] == "S01" for x in given_there),
        "quick_test_count": sum(x["service_id"] == "S02" for x in given_there),
        "idle_station_count": sum(not services for services in per_station.values()),
        "quick_test_minutes": quantile(minutes, 0.5),
    }
    order = sorted(
        shown,
        key=lambda s: (-len(per_station[s["station_id"]]), STREETS.index(s["subdistrict_name"])),
    )
    expected_list = [
        {
            "station_id": s["station_id"],
            "service_count": len(per_station[s["station_id"]]),
            "consultation_count": sum(
                x["service_id"] == "S01" for x in per_station[s["station_id"]]
            ),
            "last_service_date": max(
                (x["requested_at"].date() for x in per_station[s["station_id"]]), default=None
            ),
        }
        for s in order
    ]
    with opened(**ledger) as run:
        found_totals = run("station_totals", subdistrict=street)
        found_list = run("station_list", subdistrict=street)
    assert differences(found_totals, [expected_totals]) == []
    assert differences(found_list, expected_list) == []
