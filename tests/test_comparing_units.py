"""Streets compared: ranks, minimums and intervals."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.drawn_ledgers import SMALL
from tests.ledger import appeal
from tests.plain.arithmetic import wilson
from tests.questions import STREETS, Row, at, opened


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


@SMALL
@given(hits=st.integers(0, 400), misses=st.integers(0, 400))
def test_the_interval_is_wilsons(hits: int, misses: int):
    assume(hits + misses)
    expected = wilson(hits, hits + misses)
    (row,) = [r for r in compared((hits, misses)) if r["due_count"]]
    assert row["on_time_low"] == pytest.approx(expected[0], abs=1e-6)
    assert row["on_time_high"] == pytest.approx(expected[1], abs=1e-6)
