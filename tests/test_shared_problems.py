"""共性诉求: what stands out of chance, against exact fractions and a step-up procedure written here in plain Python."""

import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import comb, inf, isclose
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuqi.settings import Settings
from fuqi.store import Warehouse, parameters
from fuqi.store.database import MACROS
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts
from tests.questions import NarrowDatabase

Row = dict[str, Any]

STREETS = ("福保街道", "福田街道", "莲花街道")
JUNE = (date(2023, 6, 1), date(2023, 6, 28))
HETAO_PARKS = [
    {"park_id": "P1", "park_name": "深港国际科技园", "area_name": "河套"},
    {"park_id": "P2", "park_name": "国际生物医药产业园", "area_name": "河套"},
    {"park_id": "P3", "park_name": "梅林工业园"},
]
ALL_PAIRS: Row = {
    "common_min_count": 1,
    "common_min_firms": 1,
    "common_min_ratio": 0.0,
    "common_fdr": 1.0,
}
"""With these every pair tested is found, so that every number can be compared."""
DRAWN = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

Run = Callable[..., list[Row]]


@contextmanager
def opened(appeals: list[Row], as_of: datetime = AS_OF, **tables: list[Row]) -> Iterator[Run]:
    """A function that runs a query on a release of these rows, over June 2023 unless told otherwise."""
    defaults = {**parameters(as_of, *JUNE, Settings()), "topic_level": 1}
    with tempfile.TemporaryDirectory() as folder:
        rows = {"subdistricts": subdistricts(*STREETS), "parks": HETAO_PARKS, **tables}
        database = NarrowDatabase(
            publish_ledger(Path(folder), {**rows, "appeals": appeals}), Settings()
        )

        def run(name: str, **instead: Any) -> list[Row]:
            known = {**defaults, **instead}
            return database.run(
                name, {p: known[p] for p in database.query(name).params}
            ).to_pylist()

        yield run
        database.close()


def several(
    count: int, category: str, first: int = 0, day: date = date(2023, 6, 5), **columns: Any
) -> list[Row]:
    """As many appeals of one category, each from a firm of its own unless `columns` say otherwise."""
    return [
        appeal(
            number,
            datetime.combine(day, time(9)),
            **{
                "category_path": category,
                "enterprise_id": f"E{number}",
                "subdistrict_name": STREETS[0],
                **columns,
            },
        )
        for number in range(first, first + count)
    ]


def a_shared_problem(**columns: Any) -> list[Row]:
    """A dozen firms of 福保街道 on financing, and two hundred appeals elsewhere about everything else."""
    return [
        *several(12, "融资", 1000, **columns),
        *several(8, "用工", 1100),
        *several(4, "融资", 1200, subdistrict_name=STREETS[1]),
        *several(200, "用工", 1300, subdistrict_name=STREETS[1]),
    ]


def found(rows: list[Row]) -> list[str]:
    return [row["problem"] for row in rows]


def on_financing(rows: list[Row]) -> list[Row]:
    """Without 用工, which the other appeals of these ledgers are about and which therefore stands out elsewhere."""
    return [row for row in rows if row["category"] == "融资"]


# ---------------------------------------------------------------- tails


def exact_hypergeometric_tail(hits: int, drawn: int, marked: int, total: int) -> Fraction:
    ways = sum(
        comb(marked, i) * comb(total - marked, drawn - i)
        for i in range(max(hits, 0), min(drawn, marked) + 1)
        if drawn - i <= total - marked
    )
    return Fraction(ways, comb(total, drawn))


def exact_binomial_tail(hits: int, n: int, share: Fraction) -> Fraction:
    return sum(
        (comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(max(hits, 0), n + 1)),
        Fraction(0),
    )


@pytest.fixture(scope="module")
def macros() -> Iterator[Callable[[str], float]]:
    connection = duckdb.connect()
    connection.execute(MACROS.read_text(encoding="utf-8"))
    yield lambda call: connection.execute(f"select {call}").fetchall()[0][0]
    connection.close()


@pytest.mark.parametrize(
    ("hits", "drawn", "marked", "total"),
    [
        (0, 5, 5, 10),
        (5, 5, 5, 10),
        (6, 5, 5, 10),
        (3, 8, 7, 10),
        (26, 68, 91, 1002),
        (1, 68, 91, 1002),
        (120, 400, 300, 1000),
        (1100, 5000, 2000, 10000),
        (900, 5000, 2000, 10000),
        (7, 10, 10, 10),
    ],
)
def test_the_hypergeometric_tail_is_the_exact_one(macros, hits, drawn, marked, total):
    exact = float(exact_hypergeometric_tail(hits, drawn, marked, total))
    assert isclose(
        macros(f"hypergeometric_tail({hits}, {drawn}, {marked}, {total})"),
        exact,
        rel_tol=1e-8,
        abs_tol=1e-300,
    )


@pytest.mark.parametrize(
    ("hits", "n", "share"),
    [
        (0, 8, Fraction(1, 4)),
        (8, 8, Fraction(1, 4)),
        (9, 8, Fraction(1, 4)),
        (5, 12, Fraction(1, 4)),
        (330, 1000, Fraction(1, 4)),
        (240, 1000, Fraction(1, 4)),
        (2, 3000, Fraction(1, 2)),
    ],
)
def test_the_binomial_tail_is_the_exact_one(macros, hits, n, share):
    exact = float(exact_binomial_tail(hits, n, share))
    called = f"binomial_tail({hits}, {n}, {share.numerator} / {share.denominator})"
    assert isclose(macros(called), exact, rel_tol=1e-8, abs_tol=1e-300)


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (0.0009, "几乎不会是偶然"),
        (0.001, "几乎不会是偶然"),
        (0.0011, "很难说是偶然"),
        (0.01, "很难说是偶然"),
        (0.011, "不大像偶然"),
    ],
)
def test_the_words_for_certainty_change_at_their_bounds(macros, rate, words):
    assert macros(f"certainty({rate})") == words


# ---------------------------------------------------------------- shared: one sentence of the definition each


def test_a_problem_of_many_firms_in_one_street_is_found_with_its_counts():
    with opened(a_shared_problem()) as run:
        (row,) = on_financing(run("shared_problems"))
    expected = {
        "problem": "福保街道 · 融资",
        "received_count": 12,
        "place_count": 20,
        "elsewhere_count": 4,
        "elsewhere_total_count": 204,
        "firm_count": 12,
        "unnamed_count": 0,
        "open_count": 12,
        "is_leading": True,
        "seen_in": None,
    }
    assert {name: row[name] for name in expected} == expected
    assert isclose(row["location_quotient"], (12 / 20) / (4 / 204))
    assert isclose(
        row["probability"], float(exact_hypergeometric_tail(12, 20, 16, 224)), rel_tol=1e-9
    )


def test_one_firm_that_files_ten_times_shares_nothing():
    with opened(a_shared_problem(enterprise_id="E1")) as run:
        assert on_financing(run("shared_problems")) == []


def test_two_firms_are_too_few_and_three_are_not():
    ledger = a_shared_problem(enterprise_id=None)
    for row, firm in zip(ledger, "AABB", strict=False):
        row["enterprise_id"] = firm
    with opened(ledger) as run:
        assert on_financing(run("shared_problems")) == []
    ledger[4]["enterprise_id"] = "C"
    with opened(ledger) as run:
        (row,) = on_financing(run("shared_problems"))
    assert (row["firm_count"], row["unnamed_count"]) == (3, 7)


def test_a_firm_that_repeats_adds_nothing_to_the_evidence():
    """Three firms are enough to be shared, but not ten appeals of one of them to be more than chance."""
    ledger = a_shared_problem(enterprise_id="E1")
    ledger[0]["enterprise_id"], ledger[1]["enterprise_id"] = "E2", "E3"
    with opened(ledger) as run:
        rows = run("shared_problems", common_fdr=1.0)
    (row,) = [row for row in rows if row["problem"] == "福保街道 · 融资"]
    assert (row["received_count"], row["firm_count"]) == (12, 3)
    # 11 voices in the street (3 on financing), 215 in the district (7 on financing)
    assert isclose(
        row["probability"], float(exact_hypergeometric_tail(3, 11, 7, 215)), rel_tol=1e-9
    )


def test_firms_are_told_apart_by_number_and_by_name_where_there_is_none():
    ledger = a_shared_problem(enterprise_id=None, enterprise_name="甲公司")
    assert_firms(ledger, 1)
    for number, row in enumerate(ledger[:3]):
        row["enterprise_id"] = f"E{number}"
    assert_firms(ledger, 4)


def assert_firms(ledger: list[Row], count: int) -> None:
    with opened(ledger) as run:
        rows = run("shared_problems", **ALL_PAIRS)
    assert [r["firm_count"] for r in rows if r["problem"] == "福保街道 · 融资"] == [count]


def test_a_place_needs_the_minimum_count_itself():
    ledger = [*several(5, "融资"), *several(100, "用工", 100, subdistrict_name=STREETS[1])]
    with opened(ledger) as run:
        assert found(on_financing(run("shared_problems"))) == ["福保街道 · 融资"]
        assert on_financing(run("shared_problems", common_min_count=6)) == []


def test_a_difference_too_small_to_matter_is_not_found_however_sure():
    ledger = [
        *several(120, "融资"),
        *several(80, "用工", 200),
        *several(320, "融资", 400, subdistrict_name=STREETS[1]),
        *several(480, "用工", 800, subdistrict_name=STREETS[1]),
    ]
    with opened(ledger) as run:
        assert found(on_financing(run("shared_problems"))) == [
            "福保街道 · 融资"
        ]  # 60% against 40%: 1.5 times
        assert on_financing(run("shared_problems", common_min_ratio=1.51)) == []


def test_void_appeals_are_not_counted():
    with opened(a_shared_problem(is_void=True)) as run:
        assert on_financing(run("shared_problems")) == []


def test_first_and_last_day_of_the_period_count_and_no_other():
    for day, expected in (
        (JUNE[0], ["福保街道 · 融资"]),
        (JUNE[1], ["福保街道 · 融资"]),
        (JUNE[0] - timedelta(days=1), []),
        (JUNE[1] + timedelta(days=1), []),
    ):
        with opened(a_shared_problem(day=day), as_of=AS_OF + timedelta(days=9)) as run:
            assert found(on_financing(run("shared_problems"))) == expected, day


def test_what_is_received_after_the_moment_of_judgement_is_not_known():
    with opened(a_shared_problem(day=JUNE[1])) as run:
        assert found(on_financing(run("shared_problems"))) == ["福保街道 · 融资"]
        assert run("shared_problems", as_of=datetime(2023, 6, 28, 8, 59)) == []


def test_open_and_overdue_appeals_are_counted():
    ledger = a_shared_problem()
    ledger[0] |= {"closed_at": datetime(2023, 6, 6)}
    ledger[1] |= {"due_at": datetime(2023, 6, 8)}
    for row in ledger[2:]:
        row["due_at"] = datetime(2023, 7, 8)
    with opened(ledger) as run:
        (row,) = on_financing(run("shared_problems"))
    assert (row["open_count"], row["overdue_count"]) == (11, 1)


def test_without_a_rest_of_the_district_nothing_is_tested():
    with opened([*several(30, "融资"), *several(30, "用工", 100)]) as run:
        assert run("shared_problems", **ALL_PAIRS) == []
        (row,) = run("shared_problem_totals")
    assert (row["tested_count"], row["received_count"]) == (0, 60)


def test_a_topic_nobody_elsewhere_has_is_found_without_a_quotient():
    ledger = [*several(12, "融资"), *several(80, "用工", 100, subdistrict_name=STREETS[1])]
    with opened(ledger) as run:
        row = run("shared_problems")[0]
    assert (row["problem"], row["location_quotient"]) == ("福保街道 · 融资", None)
    assert (row["elsewhere_count"], row["elsewhere_total_count"]) == (0, 80)
    assert row["place_share"] == 1


def test_a_topic_that_all_appeals_have_stands_out_nowhere():
    ledger = [*several(30, "融资"), *several(30, "融资", 100, subdistrict_name=STREETS[1])]
    with opened(ledger) as run:
        assert run("shared_problems") == []
        assert {row["probability"] for row in run("shared_problems", **ALL_PAIRS)} == {1.0}


def test_an_area_is_made_of_its_parks_and_takes_the_word_for_it():
    ledger = [
        *several(6, "融资", 0, park_id="P1"),
        *several(6, "融资", 50, park_id="P2", subdistrict_name=STREETS[1]),
        *several(90, "用工", 100, park_id="P3", subdistrict_name=STREETS[1]),
    ]
    with opened(ledger) as run:
        rows = on_financing(run("shared_problems"))
    assert [r["problem"] for r in rows if r["is_leading"]] == ["河套片区 · 融资"]
    assert {r["problem"]: r["seen_in"] for r in rows if not r["is_leading"]} == {
        "福保街道 · 融资": "河套片区 · 融资",
        "深港国际科技园 · 融资": "河套片区 · 融资",
        "国际生物医药产业园 · 融资": "河套片区 · 融资",
    }
    with opened(ledger, parks=[{**p, "area_name": "河套片区"} for p in HETAO_PARKS[:2]]) as run:
        assert "河套片区 · 融资" in found(run("shared_problems"))


def test_half_the_appeals_in_common_are_two_problems_and_more_than_half_are_one():
    def ledger(in_both: int) -> list[Row]:
        return [
            *several(in_both, "融资", 0, community_name="福保社区"),
            *several(12 - in_both, "融资", 50),
            *several(
                8 - in_both, "融资", 80, community_name="福保社区", subdistrict_name=STREETS[1]
            ),
            *several(300, "用工", 100, subdistrict_name=STREETS[2]),
        ]

    with opened(ledger(4)) as run:
        assert {r["problem"]: r["is_leading"] for r in on_financing(run("shared_problems"))} == {
            "福保街道 · 融资": True,
            "福保社区 · 融资": True,
        }
    with opened(ledger(5)) as run:
        assert {r["problem"]: r["seen_in"] for r in on_financing(run("shared_problems"))} == {
            "福保街道 · 融资": None,
            "福保社区 · 融资": "福保街道 · 融资",
        }


def test_filters_choose_rows_and_leave_the_test_alone():
    ledger = [
        *a_shared_problem(),
        *several(12, "停车", 2000, subdistrict_name=STREETS[2]),
        *several(2, "用工", 2100, subdistrict_name=STREETS[2]),
    ]
    with opened(ledger) as run:
        everything = run("shared_problems")
        assert sorted(found(everything)) == sorted(
            ["福田街道 · 用工", "福保街道 · 融资", "莲花街道 · 停车"]
        )
        for chosen, problem in (
            ({"subdistrict": "福保街道"}, "福保街道 · 融资"),
            ({"category": "停车"}, "莲花街道 · 停车"),
            ({"subdistrict": "福田街道"}, "福田街道 · 用工"),
        ):
            assert run("shared_problems", **chosen) == [
                row for row in everything if row["problem"] == problem
            ]
        assert run("shared_problems", subdistrict="福保街道", category="停车") == []


def test_false_discoveries_are_corrected_over_all_pairs_that_could_have_been_found():
    """The same street beside many other places: what is found alone may be chance among many."""
    ledger = [
        *several(6, "融资"),
        *several(14, "用工", 50),
        *several(14, "融资", 100, subdistrict_name=STREETS[1]),
        *several(206, "用工", 200, subdistrict_name=STREETS[1]),
    ]
    with opened(ledger) as run:
        assert "福保街道 · 融资" in found(run("shared_problems"))
    for number, row in enumerate(ledger[40:]):
        row["community_name"] = f"第{number % 30}社区"
    with opened(ledger) as run:
        assert "福保街道 · 融资" not in found(run("shared_problems"))
        assert "福保街道 · 融资" in found(run("shared_problems", common_fdr=0.5))


# ---------------------------------------------------------------- rising: one sentence of the definition each

LAST_WHOLE_DAY = date(2023, 6, 27)
"""The data are from the 28th, 18:00: that day is not over."""
RECENT_DAY = LAST_WHOLE_DAY - timedelta(days=27)
EARLIER_DAY = RECENT_DAY - timedelta(weeks=12)


def a_rise(recent: int = 12, day: date = date(2023, 6, 5), **columns: Any) -> list[Row]:
    """Financing rises in 福保街道, where 用工 goes on as it did: ten a week for sixteen weeks."""
    return [
        *several(recent, "融资", 1000, day=day, **columns),
        *several(4, "融资", 1100, day=EARLIER_DAY),
        *(
            row
            for week in range(16)
            for row in several(
                10, "用工", 2000 + 10 * week, day=EARLIER_DAY + timedelta(weeks=week)
            )
        ),
    ]


def test_a_topic_that_rises_is_found_in_its_place_and_counted_by_week():
    with opened(a_rise()) as run:
        rows = run("rising_problems")
    assert found(rows) == ["全区 · 融资", "福保街道 · 融资"]
    assert [row["is_leading"] for row in rows] == [True, False]
    expected = {
        "recent_count": 12,
        "earlier_count": 4,
        "earlier_weeks": 12,
        "recent_date": RECENT_DAY,
        "last_date": LAST_WHOLE_DAY,
        "earlier_date": EARLIER_DAY,
        "rise_ratio": 9.0,
        "firm_count": 12,
        "open_count": 12,
        "seen_in": "全区 · 融资",
        "week_counts": [4] + [0] * 11 + [12] + [0] * 3,
        "week_dates": [EARLIER_DAY + timedelta(weeks=week) for week in range(16)],
    }
    assert {name: rows[1][name] for name in expected} == expected
    by_clock = exact_binomial_tail(12, 16, Fraction(4, 16))
    by_share = exact_hypergeometric_tail(12, 52, 16, 176)
    assert isclose(rows[1]["probability"], float(max(by_clock, by_share)), rel_tol=1e-9)


@pytest.mark.parametrize(
    ("day", "count"),
    [
        pytest.param(RECENT_DAY, 12, id="first day of the recent weeks"),
        pytest.param(LAST_WHOLE_DAY, 12, id="last day that is over"),
        pytest.param(RECENT_DAY - timedelta(days=1), 0, id="the day before"),
        pytest.param(LAST_WHOLE_DAY + timedelta(days=1), 0, id="the day that is not over"),
    ],
)
def test_recent_weeks_are_whole_ones_up_to_the_last_day_that_is_over(day, count):
    with opened(a_rise(day=day)) as run:
        rows = run("rising_problems", **{**ALL_PAIRS, "subdistrict": "福保街道"})
    (row,) = [row for row in rows if row["problem"] == "福保街道 · 融资"]
    assert row["recent_count"] == count
    assert row["earlier_count"] == (16 if day < RECENT_DAY else 4)


def test_earlier_weeks_begin_on_their_first_day():
    for before, count in ((0, 5), (1, 4)):
        extra = several(1, "融资", 5000, day=EARLIER_DAY - timedelta(days=before))
        with opened([*a_rise(), *extra]) as run:
            assert run("rising_problems")[0]["earlier_count"] == count


@pytest.mark.parametrize(
    ("as_of", "last_day"),
    [
        (datetime(2023, 6, 28, 23, 59, 59), date(2023, 6, 28)),
        (datetime(2023, 6, 28, 23, 59, 58), date(2023, 6, 27)),
        (datetime(2023, 6, 29), date(2023, 6, 28)),
        (datetime(2023, 7, 9, 12), date(2023, 6, 28)),
    ],
)
def test_the_last_day_is_the_periods_or_the_last_one_that_is_over(as_of, last_day):
    with opened(a_rise(), as_of=as_of) as run:
        (row,) = run("shared_problem_totals")
    assert row["last_date"] == last_day


def test_a_month_busy_with_everything_is_no_rise():
    ledger = [
        *a_rise(),
        *several(120, "用工", 5000),
    ]
    with opened(ledger) as run:
        assert run("rising_problems") == []


def test_a_larger_share_of_fewer_appeals_is_no_rise():
    ledger = [
        *several(6, "融资", 0),
        *several(18, "融资", 100, day=EARLIER_DAY),
        *several(600, "用工", 200, day=EARLIER_DAY),
    ]
    with opened(ledger) as run:
        assert run("rising_problems", common_min_ratio=1.0) == []


def test_one_firm_does_not_make_a_rise():
    with opened(a_rise(enterprise_id="E1")) as run:
        assert run("rising_problems") == []
    ledger = a_rise(enterprise_id="E1")
    ledger[0]["enterprise_id"], ledger[1]["enterprise_id"] = "E2", "E3"
    with opened(ledger) as run:
        assert run("rising_problems") == []


def test_a_rise_needs_the_minimums_of_count_firms_and_ratio():
    with opened(a_rise()) as run:
        assert len(run("rising_problems", common_min_count=12)) == 2
        assert run("rising_problems", common_min_count=13) == []
        assert len(run("rising_problems", common_min_firms=12)) == 2
        assert run("rising_problems", common_min_firms=13) == []
        assert len(run("rising_problems", common_min_ratio=9.0)) == 2
        assert run("rising_problems", common_min_ratio=9.01) == []


def test_what_was_never_there_before_rises_without_a_ratio():
    ledger = [row for row in a_rise() if row["received_at"].date() != EARLIER_DAY]
    ledger += several(10, "用工", 9000, day=EARLIER_DAY)
    with opened(ledger) as run:
        row = run("rising_problems")[0]
    assert (row["earlier_count"], row["rise_ratio"]) == (0, None)


def test_void_appeals_do_not_rise():
    with opened(a_rise(is_void=True)) as run:
        assert run("rising_problems") == []


def test_where_the_data_begin_later_only_whole_earlier_weeks_count():
    began = RECENT_DAY - timedelta(days=7 * 5 + 6)
    ledger = [
        *several(12, "融资"),
        *several(4, "融资", 100, day=began),
        *several(40, "用工", 200, day=RECENT_DAY - timedelta(weeks=5)),
        *several(40, "用工", 300),
    ]
    with opened(ledger) as run:
        rows = run("rising_problems", **ALL_PAIRS)
        (row,) = [r for r in rows if r["problem"] == "福保街道 · 融资"]
        assert (row["earlier_weeks"], row["earlier_count"]) == (5, 0)
        assert run("rising_problems", **ALL_PAIRS, as_of=AS_OF, end_date=began) == []
        (totals,) = run("shared_problem_totals", end_date=began)
    assert (totals["tested_rise_count"], totals["earlier_weeks"]) == (0, None)


def test_without_one_whole_earlier_week_nothing_is_tested():
    for before, tested in ((6, 0), (7, 2)):
        began = RECENT_DAY - timedelta(days=before)
        with opened([*several(12, "融资"), *several(4, "融资", 100, day=began)]) as run:
            (totals,) = run("shared_problem_totals")
        assert totals["tested_rise_count"] == tested


def test_open_overdue_and_unnamed_appeals_of_a_rise_are_those_of_its_recent_weeks():
    ledger = a_rise(day=RECENT_DAY)
    for row in ledger:
        row["due_at"] = datetime(2023, 7, 8)
    ledger[0]["due_at"] = ledger[12]["due_at"] = datetime(2023, 6, 8)
    ledger[1]["closed_at"] = datetime(2023, 6, 6)
    ledger[2]["enterprise_id"] = ledger[13]["enterprise_id"] = None
    with opened(ledger) as run:
        row = run("rising_problems")[1]
    assert (row["recent_count"], row["open_count"], row["overdue_count"]) == (12, 11, 1)
    assert (row["firm_count"], row["unnamed_count"]) == (11, 1)
    by_share = exact_hypergeometric_tail(12, 52, 16, 176)
    by_clock = exact_binomial_tail(12, 16, Fraction(4, 16))
    assert isclose(row["probability"], float(max(by_clock, by_share)), rel_tol=1e-9)


def test_filters_choose_rising_rows():
    with opened(a_rise()) as run:
        assert found(run("rising_problems", subdistrict="福保街道")) == [
            "全区 · 融资",
            "福保街道 · 融资",
        ]
        assert run("rising_problems", subdistrict="福田街道") == []
        assert len(run("rising_problems", category="融资")) == 2
        assert run("rising_problems", category="用工") == []


def test_rises_with_half_their_recent_appeals_in_common_are_two():
    def ledger(in_both: int) -> list[Row]:
        """A street and a community rise, each with appeals of its own, in a district that is too large to rise."""
        street = {"day": date(2023, 6, 5)}
        return [
            *several(in_both, "融资", 0, community_name="福保社区", **street),
            *several(12 - in_both, "融资", 50, **street),
            *several(
                10 - in_both, "融资", 80, community_name="福保社区", subdistrict_name=STREETS[1]
            ),
            *several(180, "用工", 1000, day=EARLIER_DAY, community_name="福保社区"),
            *several(60, "用工", 1200, community_name="福保社区"),
            *several(60, "用工", 1300, day=EARLIER_DAY, subdistrict_name=STREETS[1]),
            *several(60, "融资", 1400, day=EARLIER_DAY, subdistrict_name=STREETS[1]),
            *several(400, "融资", 2000, day=EARLIER_DAY, subdistrict_name=STREETS[2]),
        ]

    for in_both, leading in ((5, {"福保街道 · 融资", "福保社区 · 融资"}), (6, {"福保街道 · 融资"})):
        with opened(ledger(in_both)) as run:
            rows = run("rising_problems", common_min_ratio=0.0)
        assert {"福保街道 · 融资", "福保社区 · 融资"} <= set(found(rows))
        assert {r["problem"] for r in rows if r["is_leading"]} == leading, in_both


# ---------------------------------------------------------------- the firms and cases behind a problem


def test_firms_and_cases_of_a_problem_are_its_own_and_open_ones_stand_first():
    ledger = a_shared_problem()
    ledger[0] |= {"closed_at": datetime(2023, 6, 6)}
    ledger[1] |= {"due_at": datetime(2023, 6, 8)}
    for row in ledger[2:]:
        row["due_at"] = datetime(2023, 7, 8)
    ledger[3]["enterprise_id"] = ledger[2]["enterprise_id"]
    ledger[4]["enterprise_id"] = None
    ledger += [
        *several(1, "融资", 9000, day=JUNE[0] - timedelta(days=1)),
        *several(1, "融资", 9001, is_void=True),
    ]
    asked = {"place_kind": "街道", "place_id": "福保街道", "topic": "融资"}
    with opened(ledger) as run:
        cases = run("shared_problem_cases", **asked)
        firms = run("shared_problem_firms", **asked)
        both_ends = run(
            "shared_problem_cases", **asked, start_date=date(2023, 6, 5), end_date=date(2023, 6, 5)
        )
        firms_before = run("shared_problem_firms", **asked, end_date=date(2023, 6, 4))
    assert Counter(c["case_state"] for c in cases) == {"已超期": 1, "未办结": 10, "已办结": 1}
    assert [cases[0]["case_state"], cases[-1]["case_state"]] == ["已超期", "已办结"]
    assert {c["appeal_id"] for c in cases} == {f"SQ{n:05d}" for n in range(1000, 1012)}
    assert both_ends == cases
    assert firms_before == []
    assert (len(firms), firms[0]["received_count"], firms[0]["open_count"]) == (11, 2, 2)
    assert firms[-1]["enterprise_name"] == "未写明企业"
    assert sum(f["received_count"] for f in firms) == 12
    assert sum(f["overdue_count"] for f in firms) == 1
    assert {f["last_received_date"] for f in firms} == {date(2023, 6, 5)}


def test_a_problem_of_the_second_level_has_the_cases_of_its_subcategory():
    ledger = [
        *several(3, "融资->贷款续贷"),
        *several(2, "融资->利率", 10),
        *several(1, "融资", 20),
    ]
    asked = {"place_kind": "街道", "place_id": "福保街道"}
    with opened(ledger) as run:
        by_level = [
            len(run("shared_problem_cases", **asked, topic_level=level, topic=topic))
            for level, topic in (
                (1, "融资"),
                (2, "融资 / 贷款续贷"),
                (2, "融资"),
                (1, "融资 / 利率"),
            )
        ]
        firms = run("shared_problem_firms", **asked, topic_level=2, topic="融资 / 利率")
    assert by_level == [6, 3, 0, 0]
    assert len(firms) == 2


# ---------------------------------------------------------------- everything at once, on drawn ledgers

PATHS = ("融资->贷款利率", "融资->贷款续贷", "融资", "用工->招聘", "停车")
DAYS = (
    JUNE[0],
    JUNE[1],
    LAST_WHOLE_DAY,
    RECENT_DAY,
    RECENT_DAY - timedelta(days=1),
    RECENT_DAY - timedelta(days=9),
    EARLIER_DAY + timedelta(days=13),
)


def drawn_ledger(seed: int) -> list[Row]:
    chance = random.Random(seed)  # noqa: S311 - a ledger is no secret
    return [
        appeal(
            number,
            datetime.combine(chance.choice(DAYS), time(chance.choice([0, 9, 17, 18, 19]))),
            category_path=chance.choice(PATHS),
            subdistrict_name=chance.choice(STREETS[:2]),
            community_name=chance.choice([None, "福保社区", "莲花社区"]),
            park_id=chance.choice([None, "P1", "P2", "P3", "P9"]),
            enterprise_id=chance.choice([None, None, None, None, *"ABCDEFGH"]),
            enterprise_name=chance.choice([None, None, "甲", "乙"]),
            is_void=chance.random() < 0.1,
            due_at=chance.choice([datetime(2023, 6, 20), datetime(2023, 7, 20)]),
            closed_at=chance.choice([None, datetime(2023, 6, 28, 19)]),
        )
        for number in range(chance.choice([0, 1, 8, 40, 120]))
    ]


def places_of(row: Row) -> set[tuple[str, str]]:
    park = {p["park_id"]: p for p in HETAO_PARKS}.get(row["park_id"], {})
    named = {
        "全区": "全区",
        "街道": row["subdistrict_name"],
        "社区": row["community_name"],
        "园区商圈": row["park_id"],
        "片区": park.get("area_name"),
    }
    return {(kind, name) for kind, name in named.items() if name}


def topic_of(row: Row, level: int) -> str | None:
    parts = [part.strip() for part in row["category_path"].split("->")]
    if level == 1:
        return parts[0]
    return " / ".join(parts) if len(parts) > 1 else None


def firm_of(row: Row) -> str | None:
    return row["enterprise_id"] or row["enterprise_name"]


def cells_of(rows: list[Row]) -> dict[tuple, dict[str | None, list[Row]]]:
    """The appeals by place and level, then by topic."""
    cells: dict[tuple, dict[str | None, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for place in places_of(row):
            for level in (1, 2):
                cells[(*place, level)][topic_of(row, level)].append(row)
    return cells


def voices(rows: list[Row]) -> int:
    return len({firm_of(row) or row["appeal_id"] for row in rows})


def all_voices(by_topic: dict[str | None, list[Row]]) -> int:
    return sum(voices(rows) for rows in by_topic.values())


def firms(rows: list[Row]) -> int:
    return len({firm_of(row) for row in rows} - {None})


def unfinished(rows: list[Row], as_of: datetime) -> Row:
    still_open = [r for r in rows if r["closed_at"] is None or r["closed_at"] > as_of]
    return {
        "open_count": len(still_open),
        "overdue_count": sum(r["due_at"] < as_of for r in still_open),
    }


def stepped_up(probabilities: dict[tuple, Fraction]) -> dict[tuple, Fraction]:
    """Benjamini and Hochberg 1995: the smallest rate at which each is still rejected."""
    listed = sorted(probabilities.items(), key=lambda item: item[1], reverse=True)
    corrected, least = {}, Fraction(1)
    for place, (key, p) in enumerate(listed):
        least = min(least, p * len(listed) / (len(listed) - place))
        corrected[key] = least
    return corrected


def known_rows(ledger: list[Row], as_of: datetime, first: date, last: date) -> list[Row]:
    return [
        row
        for row in ledger
        if not row["is_void"] and row["received_at"] <= as_of
        if first <= row["received_at"].date() <= last
    ]


def plain_shared(rows: list[Row], as_of: datetime, least: Row) -> dict[tuple, Row]:
    """Every pair tested, by place, level and topic."""
    cells = cells_of(rows)
    plain: dict[tuple, Row] = {}
    for (kind, name, level), by_topic in cells.items():
        n = sum(map(len, by_topic.values()))
        if kind == "全区" or n < least["common_min_count"] or n == len(rows):
            continue
        district = cells["全区", "全区", level]
        for topic, marked in district.items():
            if topic is None or len(marked) < least["common_min_count"]:
                continue
            here = by_topic.get(topic, [])
            elsewhere = Fraction(len(marked) - len(here), len(rows) - n)
            quotient = Fraction(len(here), n) / elsewhere if elsewhere else None
            is_large = (
                len(here) >= least["common_min_count"]
                and firms(here) >= least["common_min_firms"]
                and (quotient is None or quotient >= Fraction(least["common_min_ratio"]))
            )
            tail = exact_hypergeometric_tail(
                voices(here), all_voices(by_topic), voices(marked), all_voices(district)
            )
            plain[kind, name, level, topic] = {
                "received_count": len(here),
                "place_count": n,
                "elsewhere_count": len(marked) - len(here),
                "elsewhere_total_count": len(rows) - n,
                "place_share": Fraction(len(here), n),
                "elsewhere_share": elsewhere,
                "location_quotient": quotient,
                "firm_count": firms(here),
                "unnamed_count": sum(firm_of(row) is None for row in here),
                **unfinished(here, as_of),
                "probability": tail if is_large else Fraction(1),
            }
    return plain


def plain_rising(ledger: list[Row], as_of: datetime, last: date, least: Row) -> dict[tuple, Row]:
    over = as_of.date() - timedelta(days=1)
    last = min(last, over)
    recent_weeks, earlier_weeks = least["common_recent_weeks"], least["common_earlier_weeks"]
    first = last - timedelta(days=7 * recent_weeks - 1)
    known = known_rows(ledger, as_of, date.min, date.max)
    since = min((row["received_at"].date() for row in known), default=last)
    earlier_weeks = min(earlier_weeks, (first - since) // timedelta(weeks=1))
    if earlier_weeks < 1:
        return {}
    start = first - timedelta(weeks=earlier_weeks)
    cells = cells_of(known_rows(ledger, as_of, start, last))
    plain: dict[tuple, Row] = {}
    for key, by_topic in cells.items():
        split = {
            topic: (
                [row for row in rows if row["received_at"].date() >= first],
                [row for row in rows if row["received_at"].date() < first],
            )
            for topic, rows in by_topic.items()
        }
        place_recent = sum(voices(recent) for recent, _ in split.values())
        place_all = place_recent + sum(voices(earlier) for _, earlier in split.values())
        for topic, (recent, earlier) in split.items():
            if topic is None or len(recent) + len(earlier) < least["common_min_count"]:
                continue
            ratio = (
                Fraction(len(recent) * earlier_weeks, len(earlier) * recent_weeks)
                if earlier
                else None
            )
            is_large = (
                len(recent) >= least["common_min_count"]
                and firms(recent) >= least["common_min_firms"]
                and (ratio is None or ratio >= Fraction(least["common_min_ratio"]))
            )
            both = voices(recent) + voices(earlier)
            tail = max(
                exact_binomial_tail(
                    voices(recent), both, Fraction(recent_weeks, recent_weeks + earlier_weeks)
                ),
                exact_hypergeometric_tail(voices(recent), place_recent, both, place_all),
            )
            weeks = Counter(
                (row["received_at"].date() - start).days // 7 for row in recent + earlier
            )
            plain[(*key, topic)] = {
                "recent_count": len(recent),
                "earlier_count": len(earlier),
                "earlier_weeks": earlier_weeks,
                "rise_ratio": ratio,
                "firm_count": firms(recent),
                "unnamed_count": sum(firm_of(row) is None for row in recent),
                **unfinished(recent, as_of),
                "week_counts": [weeks[n] for n in range(earlier_weeks + recent_weeks)],
                "probability": tail if is_large else Fraction(1),
            }
    return plain


def check_against(rows: list[Row], plain: dict[tuple, Row], fdr: float) -> None:
    rates = stepped_up({key: row["probability"] for key, row in plain.items()})
    expected = {key for key, rate in rates.items() if rate <= fdr}
    by_key = {(r["place_kind"], r["place_id"], r["topic_level"], r["topic"]): r for r in rows}
    assert set(by_key) == expected
    assert len(by_key) == len(rows)
    for key, row in by_key.items():
        for name, value in {**plain[key], "false_discovery": rates[key]}.items():
            if isinstance(value, Fraction):
                assert isclose(row[name], float(value), rel_tol=1e-9, abs_tol=1e-12), (key, name)
            else:
                assert row[name] == value, (key, name)


def strength(row: Row) -> tuple:
    """Where a row stands: the least likely first, then the most unusual, the broader topic, the most frequent."""
    times = row.get("location_quotient", row.get("rise_ratio"))
    count = row.get("received_count", row.get("recent_count"))
    return (
        row["probability"],
        -inf if times is None else -times,
        row["topic_level"],
        -count,
        row["place_kind"],
        row["place_id"],
        row["topic"],
    )


def check_leading(rows: list[Row], members: dict[tuple, set[str]]) -> None:
    """Whether a row repeats a stronger one, in the order the query gives them."""
    keys = [(r["place_kind"], r["place_id"], r["topic_level"], r["topic"]) for r in rows]
    for place, row in enumerate(rows):
        mine = members[keys[place]]
        same = [
            stronger
            for stronger, key in zip(rows[:place], keys, strict=False)
            if 2 * len(mine & members[key]) > min(len(mine), len(members[key]))
        ]
        assert row["is_leading"] == (not same)
        assert row["seen_in"] == (same[0]["problem"] if same else None)
    strengths = [strength(row) for row in rows]
    assert strengths == sorted(strengths)


def members_of(rows: list[Row]) -> dict[tuple, set[str]]:
    members = defaultdict(set)
    for key, by_topic in cells_of(rows).items():
        for topic, cases in by_topic.items():
            members[(*key, topic)] = {case["appeal_id"] for case in cases}
    return members


MINIMUMS = st.fixed_dictionaries(
    {
        "common_min_count": st.sampled_from([1, 3, 5]),
        "common_min_firms": st.sampled_from([1, 3]),
        "common_min_ratio": st.sampled_from([0.0, 1.0, 1.5]),
        "common_fdr": st.sampled_from([0.2, 0.7, 1.0]),
        "common_recent_weeks": st.sampled_from([1, 4]),
        "common_earlier_weeks": st.sampled_from([1, 12]),
    }
)


@DRAWN
@given(
    seed=st.integers(0, 10**6),
    least=MINIMUMS,
    as_of=st.sampled_from([AS_OF, datetime(2023, 6, 28), datetime(2023, 7, 5, 12)]),
)
def test_shared_and_rising_problems_agree_with_plain_python(seed, least, as_of):
    ledger = drawn_ledger(seed)
    in_period = known_rows(ledger, as_of, *JUNE)
    shared, rising = (
        plain_shared(in_period, as_of, least),
        plain_rising(ledger, as_of, JUNE[1], least),
    )
    with opened(ledger, as_of) as run:
        shared_rows = run("shared_problems", **least)
        rising_rows = run("rising_problems", **least)
        (totals,) = run("shared_problem_totals", **least)
    check_against(shared_rows, shared, least["common_fdr"])
    check_against(rising_rows, rising, least["common_fdr"])
    check_leading(shared_rows, members_of(in_period))
    if rising_rows:
        recent = (rising_rows[0]["recent_date"], rising_rows[0]["last_date"])
        check_leading(rising_rows, members_of(known_rows(ledger, as_of, *recent)))
    assert {name: totals[name] for name in totals if name.endswith("_count")} == {
        "tested_count": len(shared),
        "tested_place_count": len({key[:2] for key in shared}),
        "tested_topic_count": len({key[2:] for key in shared}),
        "tested_rise_count": len(rising),
        "received_count": len(in_period),
        "unnamed_count": sum(firm_of(row) is None for row in in_period),
    }


# ---------------------------------------------------------------- the demo

QUARTER = (date(2023, 4, 1), date(2023, 6, 28))
PERIODS = (QUARTER, (date(2023, 5, 1), date(2023, 5, 31)), (date(2022, 6, 1), date(2023, 6, 28)))


@pytest.fixture(scope="module")
def demo_rows(demo_warehouse: Path) -> dict[str, list[Row]]:
    release = Warehouse(demo_warehouse).current()
    assert release is not None
    return {
        name: pq.read_table(release.table_path(name)).to_pylist()
        for name in ("appeals", "parks", "subdistricts")
    }


@pytest.mark.parametrize("period", PERIODS, ids=["quarter", "May", "since the start"])
def test_the_demos_financing_problem_of_hetao_comes_out_and_no_other(demo_rows, period):
    with opened(**demo_rows) as run:
        rows = run("shared_problems", start_date=period[0], end_date=period[1])
    (leading,) = [row for row in rows if row["is_leading"]]
    assert (leading["place_name"], leading["category"]) == ("河套片区", "融资")
    assert "河套片区 · 融资" in found(rows)
    assert {row["category"] for row in rows} == {"融资"}

    first, last = period
    counted = known_rows(demo_rows["appeals"], AS_OF, first, last)
    hetao = {park["park_id"] for park in demo_rows["parks"] if park["area_name"] == "河套"}
    there = [row for row in counted if row["park_id"] in hetao]
    about = [row for row in there if topic_of(row, 1) == "融资"]
    elsewhere = [row for row in counted if row["park_id"] not in hetao]
    elsewhere_about = [row for row in elsewhere if topic_of(row, 1) == "融资"]
    (row,) = [row for row in rows if row["problem"] == "河套片区 · 融资"]
    assert (row["received_count"], row["place_count"]) == (len(about), len(there))
    assert row["firm_count"] == len({r["enterprise_id"] for r in about} - {None})
    assert isclose(
        row["location_quotient"],
        (len(about) / len(there)) / (len(elsewhere_about) / len(elsewhere)),
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_demo_with_its_categories_shuffled_has_nothing_in_common(demo_rows, seed):
    chance = random.Random(seed)  # noqa: S311 - a ledger is no secret
    paths = [row["category_path"] for row in demo_rows["appeals"]]
    chance.shuffle(paths)
    shuffled = [
        {**row, "category_path": path}
        for row, path in zip(demo_rows["appeals"], paths, strict=True)
    ]
    with opened(**{**demo_rows, "appeals": shuffled}) as run:
        for first, last in PERIODS:
            assert found(run("shared_problems", start_date=first, end_date=last)) == []
            assert found(run("rising_problems", start_date=first, end_date=last)) == []
        (totals,) = run("shared_problem_totals", start_date=first, end_date=last)
    assert totals["tested_count"] > 1000
    assert totals["tested_rise_count"] > 100
