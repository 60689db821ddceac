"""Units and periods compared: the queries against plain Python, the limits and the labels of the control chart."""

import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import NormalDist
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuqi import wording
from fuqi.charts import control
from fuqi.settings import Settings
from fuqi.store import Database, kpis, parameters
from fuqi.ui.filters import COMPARED_BY, MEASURES
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts

Row = dict[str, Any]

STREETS = ("园岭街道", "南园街道", "福田街道", "福保街道", "莲花街道")
COMMUNITIES = {
    "甲社区": "园岭街道",
    "乙社区": "园岭街道",
    "丙社区": "福保街道",
    "丁社区": "莲花街道",
}
FIRST, LAST = date(2023, 6, 11), date(2023, 6, 20)
"""Ten days; the ten before begin on the first of June."""
Z = NormalDist().inv_cdf(0.975)
SMALL = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def at(day: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2023, 6, day, hour, minute, second)


@contextmanager
def opened(appeals: list[Row]) -> Iterator[Callable[..., list[Row]]]:
    """A function that runs a query on these appeals and gives its rows."""
    current = Settings(deadline_limits=(), min_n=3)
    with tempfile.TemporaryDirectory() as folder:
        tables = {
            "subdistricts": subdistricts(*STREETS),
            "communities": [
                {"community_code": str(n), "community_name": name, "subdistrict_name": street}
                for n, (name, street) in enumerate(COMMUNITIES.items())
            ],
            "appeals": appeals,
        }
        database = Database(publish_ledger(Path(folder), tables), current)
        known = parameters(AS_OF, FIRST, LAST, current)

        def run(name: str, **instead: Any) -> list[Row]:
            asked = {**known, **instead}
            params = {p: asked[p] for p in database.query(name).params}
            return database.run(name, params).to_pylist()

        yield run
        database.close()


def compared(appeals: list[Row], **asked: Any) -> dict[str, Row]:
    """The rows of `units_compared` by the unit's name."""
    with opened(appeals) as run:
        return {row["compared_name"]: row for row in run("units_compared", **asked)}


def changed(appeals: list[Row], **asked: Any) -> dict[str, Row]:
    """The rows of `rates_changed` by their measure."""
    with opened(appeals) as run:
        return {row["measure"]: row for row in run("rates_changed", **asked)}


def of_street(street: str, hits: int, misses: int, first: int = 0, day: int = 15) -> list[Row]:
    """Closed appeals of a street, so many on time, so many late; the late ones were returned."""
    return [
        appeal(
            first + n,
            at(day),
            subdistrict_name=street,
            due_at=at(day, 18),
            closed_at=at(day, 17 if n < hits else 19),
            returned_count=0 if n < hits else 2,
        )
        for n in range(hits + misses)
    ]


def of_streets(*counts: tuple[int, int]) -> list[Row]:
    return [
        row
        for number, (street, (hits, misses)) in enumerate(zip(STREETS, counts, strict=False))
        for row in of_street(street, hits, misses, number * 10000)
    ]


# ---------------------------------------------------------------- the same in plain Python


def plain_wilson(hits: int, n: int) -> tuple[float, float]:
    """The two shares p that solve |hits/n - p| = z·√(p(1-p)/n), Wilson's own way to put it (1927)."""
    a, b, c = n + Z * Z, -(2 * hits + Z * Z), hits * hits / n
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def plain_newcombe(hits: int, n: int, hits_before: int, n_before: int) -> tuple[float, float]:
    """Newcombe (1998), method 10: each share's own distance to its Wilson limits, added in squares."""
    p, q = hits / n, hits_before / n_before
    (low, high), (low_before, high_before) = (
        plain_wilson(hits, n),
        plain_wilson(hits_before, n_before),
    )
    return (
        p - q - math.hypot(p - low, high_before - q),
        p - q + math.hypot(high - p, q - low_before),
    )


def as_known(row: Row, as_of: datetime) -> Row:
    """The appeal as it was known at that moment."""
    known = dict(row)
    for moment in ("first_response_at", "closed_at"):
        if row.get(moment) is None or row[moment] > as_of:
            known[moment] = None
    if known["closed_at"] is None:
        known["outcome"] = known["rating"] = None
    return known


def counted_in(
    measure: str, a: Row, as_of: datetime, partial: bool, basically: bool
) -> bool | None:
    """Whether a case is in the numerator (True), only in the denominator (False) or in neither (None)."""
    answered, closed, due = a["first_response_at"], a["closed_at"], a.get("due_at")
    if measure == "on_time_rate":
        if due is None or (closed is None and due > as_of):
            return None
        return closed is not None and closed <= due
    if measure == "same_day_response_rate":
        if answered is None:
            return None if a["received_at"].date() == as_of.date() else False
        return answered.date() == a["received_at"].date()
    if measure == "response_24h_rate":
        if answered is None:
            return None if as_of - a["received_at"] < timedelta(hours=24) else False
        return answered - a["received_at"] <= timedelta(hours=24)
    if measure == "resolved_rate":
        good = {"解决", "部分解决"} if partial else {"解决"}
        return None if a["outcome"] is None else a["outcome"] in good
    if measure == "satisfied_rate":
        good = {"满意", "基本满意"} if basically else {"满意"}
        return None if a["rating"] is None else a["rating"] in good
    if measure == "closed_rate":
        return closed is not None
    column = {
        "returned_rate": "returned_count",
        "redone_rate": "redone_count",
        "extended_rate": "extension_count",
    }[measure]
    return (a[column] or 0) > 0


def category_of(row: Row) -> str:
    return row["category_path"].split("->")[0].strip()


UNIT_OF: dict[str, Callable[[Row], str | None]] = {
    "street": lambda a: a["subdistrict_name"],
    "unit": lambda a: a["unit_name"],
    "category": category_of,
    "community": lambda a: a["community_name"],
}


def plain_cases(ledger: list[Row], as_of: datetime, first: date, last: date) -> list[Row]:
    return [
        as_known(a, as_of)
        for a in ledger
        if not a["is_void"]
        and a["received_at"] <= as_of
        and first <= a["received_at"].date() <= last
    ]


def plain_comparison(
    cases: list[Row],
    asked: dict[str, Any],
    as_of: datetime,
    street: str | None,
    category: str | None,
) -> dict[str, Row]:
    by, measure = asked["compared_by"], asked["measure"]
    if by != "street":
        cases = [a for a in cases if street in (None, a["subdistrict_name"])]
    if by != "category":
        cases = [a for a in cases if category in (None, category_of(a))]
    verdicts: dict[str | None, list[bool]] = {}
    if by == "street":
        verdicts = {name: [] for name in STREETS}
    if by == "community":
        verdicts = {c: [] for c, of in COMMUNITIES.items() if street in (None, of)}
    for a in cases:
        found = verdicts.setdefault(UNIT_OF[by](a), [])
        counted = counted_in(
            measure,
            a,
            as_of,
            asked["partial_counts_as_resolved"],
            asked["basically_satisfied_counts"],
        )
        if counted is not None:
            found.append(counted)
    everything = [hit for found in verdicts.values() for hit in found]
    district = sum(everything) / len(everything) if everything else None
    whole = "全区" if by == "street" or street is None else street
    low_is_good = measure in {"returned_rate", "redone_rate", "extended_rate"}
    ranked = {
        name: sum(found) / len(found) * (1 if low_is_good else -1)
        for name, found in verdicts.items()
        if name is not None and found and len(found) >= asked["min_n"]
    }
    rows = {}
    for name, found in verdicts.items():
        row: Row = {
            "numerator_count": sum(found),
            "denominator_count": len(found),
            "measured_rate": sum(found) / len(found) if found else None,
            "rate_low": None,
            "rate_high": None,
            "district_rate": district,
            "district_name": whole,
            "is_ranked": name in ranked,
            "rate_rank": 1 + sum(o < ranked[name] for o in ranked.values())
            if name in ranked
            else None,
            "rate_verdict": "无应计" if not found else "样本不足",
        }
        if found:
            row["rate_low"], row["rate_high"] = plain_wilson(sum(found), len(found))
        if name is None:
            row["rate_verdict"] = "不参加比较"
        elif name in ranked:
            # A hair's breadth for what binary fractions lose where all cases hit or none does.
            if row["rate_low"] > district + 1e-9:
                row["rate_verdict"] = f"高于{whole}"
            elif row["rate_high"] < district - 1e-9:
                row["rate_verdict"] = f"低于{whole}"
            else:
                row["rate_verdict"] = f"与{whole}无显著差异"
        rows[name or "（未填）"] = row
    return rows


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-5, abs_tol=1e-5)
    return found == expected


@st.composite
def ledgers(draw: st.DrawFn) -> list[Row]:
    """Up to 120 appeals of both periods whose moments often meet midnight, a deadline or the data's own moment.

    Hypothesis likes the first of its choices best: that is a ledger with cases.
    """
    chance = draw(st.randoms(use_true_random=True))
    rows = []
    for number in range(draw(st.sampled_from([60, 120, 12, 1, 0]))):
        received = chance.choice(
            [
                datetime(2023, 5, 31) + timedelta(days=chance.randint(0, 28)),
                datetime(2023, 6, chance.choice([1, 10, 11, 20, 21]), 23, 59, 59),
                AS_OF - timedelta(hours=chance.choice([0, 1, 23, 24, 25])),
            ]
        )
        later = [received + timedelta(hours=h) for h in (0, 1, 24, 25, 100)]
        closed = chance.choice([None, *later])
        community = chance.choice([None, *COMMUNITIES])
        rows.append(
            appeal(
                number,
                received,
                subdistrict_name=COMMUNITIES.get(community, chance.choice(STREETS[:-1])),
                community_name=community,
                unit_name=chance.choice([None, "甲局", "乙局"]),
                category_path=chance.choice(["融资->贷款", "用工", "场地"]),
                first_response_at=chance.choice([None, *later[:4]]),
                closed_at=closed,
                due_at=chance.choice([None, AS_OF, *later[1:], closed]),
                outcome=chance.choice([None, "解决", "部分解决", "未解决"]) if closed else None,
                rating=chance.choice([None, "满意", "基本满意", "不满意"]) if closed else None,
                returned_count=chance.choice([None, 0, 1, 2]),
                redone_count=chance.choice([None, 0, 1]),
                extension_count=chance.choice([None, 0, 1]),
                is_void=chance.choice([None, False, False, True]),
            )
        )
    return rows


CHOICES = {
    "street": st.sampled_from([None, None, "园岭街道", "福保街道"]),
    "category": st.sampled_from([None, None, "融资"]),
    "min_n": st.sampled_from([1, 2, 5]),
    "partial": st.booleans(),
    "basically": st.booleans(),
    "as_of": st.sampled_from([AS_OF, AS_OF - timedelta(days=9)]),
}


@SMALL
@given(ledger=ledgers(), by=st.sampled_from([*UNIT_OF]), **CHOICES)
def test_every_comparison_agrees_with_plain_python(
    ledger, by, street, category, min_n, partial, basically, as_of
):
    cases = plain_cases(ledger, as_of, FIRST, LAST)
    asked: dict[str, Any] = {
        "compared_by": by,
        "min_n": min_n,
        "partial_counts_as_resolved": partial,
        "basically_satisfied_counts": basically,
    }
    with opened(ledger) as run:
        for measure in MEASURES:
            asked["measure"] = measure
            found = run(
                "units_compared", **asked, as_of=as_of, subdistrict=street, category=category
            )
            expected = plain_comparison(cases, asked, as_of, street, category)
            names = [row["compared_name"] for row in found]
            assert sorted(names) == sorted(expected), (by, measure)
            for row in found:
                plain = expected[row["compared_name"]]
                wrong = {k: (row[k], v) for k, v in plain.items() if not same(row[k], v)}
                assert wrong == {}, (by, measure, row["compared_name"])
            ranks = [row["rate_rank"] or math.inf for row in found]
            assert ranks == sorted(ranks)


@SMALL
@given(ledger=ledgers(), **CHOICES)
def test_every_change_agrees_with_plain_python(
    ledger, street, category, min_n, partial, basically, as_of
):
    chosen = {
        "subdistrict": street,
        "category": category,
        "min_n": min_n,
        "as_of": as_of,
        "partial_counts_as_resolved": partial,
        "basically_satisfied_counts": basically,
    }
    found = changed(ledger, **chosen)
    assert list(found) == list(MEASURES)
    for measure, row in found.items():
        counts = []
        for first, last in ((FIRST, LAST), (date(2023, 6, 1), date(2023, 6, 10))):
            judged = [
                counted_in(measure, a, as_of, partial, basically)
                for a in plain_cases(ledger, as_of, first, last)
                if street in (None, a["subdistrict_name"]) and category in (None, category_of(a))
            ]
            counts += [judged.count(True), judged.count(True) + judged.count(False)]
        columns = ("numerator_count", "denominator_count")
        assert [row[c] for c in columns] == counts[:2], measure
        assert [row[f"previous_{c}"] for c in columns] == counts[2:], measure
        if not counts[1] or not counts[3]:
            assert row["change_points"] is row["change_low_points"] is row["change_high_points"]
            assert (row["change_points"], row["change_verdict"]) == (None, "样本不足")
            continue
        low, high = plain_newcombe(*counts)
        assert same(row["measured_rate"], counts[0] / counts[1])
        assert same(row["previous_rate"], counts[2] / counts[3])
        assert same(row["change_points"], 100 * (counts[0] / counts[1] - counts[2] / counts[3]))
        assert row["change_low_points"] == pytest.approx(100 * low, abs=1e-3)
        assert row["change_high_points"] == pytest.approx(100 * high, abs=1e-3)
        verdict = "无显著变化"
        if min(counts[1], counts[3]) < min_n:
            verdict = "样本不足"
        elif low > 1e-9:
            verdict = "上升"
        elif high < -1e-9:
            verdict = "下降"
        assert row["change_verdict"] == verdict, (measure, counts)


# ---------------------------------------------------------------- published examples


def test_newcombes_own_example_comes_out():
    """56/70 against 48/80: 0.0524 to 0.3339 by method 10 in Newcombe's Table II (1998)."""
    rows = of_street("福保街道", 56, 14) + of_street("福保街道", 48, 32, 1000, day=5)
    row = changed(rows)["on_time_rate"]
    assert row["change_points"] == pytest.approx(20)
    assert round(row["change_low_points"], 2) == 5.24
    assert round(row["change_high_points"], 2) == 33.39
    assert row["change_verdict"] == "上升"
    assert changed(rows)["returned_rate"]["change_verdict"] == "下降"


def test_newcombes_example_of_one_share_comes_out():
    """15/148: 0.0624 to 0.1605 by Wilson's score method in Newcombe's first paper of 1998."""
    row = compared(of_street("福保街道", 15, 133))["福保街道"]
    assert (round(row["rate_low"], 4), round(row["rate_high"], 4)) == (0.0624, 0.1605)


# ---------------------------------------------------------------- ranks and verdicts


def test_equal_rates_share_a_rank_and_the_next_is_skipped():
    found = compared(of_streets((9, 1), (6, 2), (3, 1), (1, 2)))
    assert [found[s]["rate_rank"] for s in STREETS] == [1, 2, 2, 4, None]
    assert list(found)[:2] == ["园岭街道", "南园街道"]


def test_where_low_is_good_the_lowest_comes_first():
    found = compared(of_streets((9, 1), (6, 2), (3, 1), (1, 2)), measure="returned_rate")
    assert [found[s]["rate_rank"] for s in STREETS] == [1, 2, 2, 4, None]
    assert found["园岭街道"]["measured_rate"] == pytest.approx(0.1)
    turned = compared(
        of_streets((9, 1), (6, 2), (3, 1), (1, 2)), measure="returned_rate", low_is_good=()
    )
    assert [turned[s]["rate_rank"] for s in STREETS] == [4, 2, 2, 1, None]


def test_which_measures_are_good_when_low_is_read_from_the_definitions():
    known = parameters(AS_OF, FIRST, LAST, Settings())["low_is_good"]
    assert set(MEASURES) & set(known) == {"returned_rate", "redone_rate", "extended_rate"}


def test_a_unit_with_exactly_the_minimum_is_ranked_and_one_less_is_not():
    found = compared(of_streets((3, 0), (2, 0), (0, 0)), min_n=3)
    assert (found["园岭街道"]["rate_rank"], found["园岭街道"]["is_ranked"]) == (1, True)
    assert found["园岭街道"]["rate_verdict"] == "与全区无显著差异"
    assert (found["南园街道"]["rate_rank"], found["南园街道"]["rate_verdict"]) == (None, "样本不足")
    assert found["福田街道"]["rate_verdict"] == "无应计"


def test_a_change_is_judged_from_exactly_the_minimum_on():
    at_minimum = of_street("福保街道", 3, 0) + of_street("福保街道", 3, 0, 100, day=5)
    assert changed(at_minimum)["on_time_rate"]["change_verdict"] == "无显著变化"
    for short in (at_minimum[1:], at_minimum[:-1]):
        assert changed(short)["on_time_rate"]["change_verdict"] == "样本不足"


def test_the_district_is_the_same_for_streets_whatever_street_is_chosen():
    rows = of_streets((9, 1), (5, 5), (1, 9))
    chosen = compared(rows, subdistrict="南园街道")
    assert chosen == compared(rows)
    assert {row["district_rate"] for row in chosen.values()} == {0.5}
    assert {row["district_name"] for row in chosen.values()} == {"全区"}


def test_a_category_chosen_does_not_narrow_the_comparison_of_categories():
    rows = [appeal(n, at(15), category_path=("融资", "用工")[n % 2]) for n in range(8)]
    asked = {"compared_by": "category", "measure": "closed_rate"}
    assert compared(rows, category="融资", **asked) == compared(rows, **asked)
    assert list(compared(rows, **asked)) == ["用工", "融资"]


def test_units_of_a_chosen_street_are_compared_with_that_street():
    rows = of_street("福保街道", 40, 0) + of_street("南园街道", 0, 40, 1000)
    named = [row | {"unit_name": "甲局"} for row in rows]
    whole = compared(named, compared_by="unit")["甲局"]
    part = compared(named, compared_by="unit", subdistrict="福保街道")["甲局"]
    assert (whole["district_rate"], part["district_rate"]) == (0.5, 1)
    assert part["rate_verdict"] == "与福保街道无显著差异"


def test_cases_without_a_unit_count_in_the_district_and_take_no_rank():
    rows = of_street("福保街道", 4, 0) + of_street("福保街道", 0, 4, 100)
    found = compared(
        [row | {"unit_name": "甲局" if n < 4 else None} for n, row in enumerate(rows)],
        compared_by="unit",
    )
    assert found["甲局"]["district_rate"] == 0.5
    assert found["（未填）"]["rate_rank"] is None
    assert found["（未填）"]["rate_verdict"] == "不参加比较"
    assert list(found)[-1] == "（未填）"


def test_streets_and_communities_without_an_appeal_are_listed():
    assert set(compared([])) == set(STREETS)
    assert set(compared([], compared_by="community")) == set(COMMUNITIES)
    in_street = compared([], compared_by="community", subdistrict="园岭街道")
    assert set(in_street) == {"甲社区", "乙社区"}
    assert compared([], compared_by="unit") == {}
    assert {row["rate_verdict"] for row in compared([]).values()} == {"无应计"}


@pytest.mark.parametrize(
    ("asked", "named"), [({"compared_by": "cadre"}, "compared_by"), ({"measure": "x"}, "measure")]
)
def test_what_cannot_be_compared_is_an_error_and_no_empty_table(asked, named):
    with pytest.raises(duckdb.Error, match=named):
        compared(of_streets((1, 0)), **asked)


def test_an_empty_ledger_has_every_measure_without_a_change():
    found = changed([])
    assert list(found) == list(MEASURES)
    assert {row["change_verdict"] for row in found.values()} == {"样本不足"}
    assert {row["change_points"] for row in found.values()} == {None}


def test_the_period_before_ends_the_day_before_and_has_as_many_days():
    moments = [at(1, 0), at(10, 23, 59, 59), datetime(2023, 5, 31, 23, 59, 59), at(11, 0)]
    moments += [at(20, 23, 59, 59), at(21, 0)]
    row = changed([appeal(n, moment) for n, moment in enumerate(moments)])["closed_rate"]
    assert (row["previous_denominator_count"], row["denominator_count"]) == (2, 2)


def test_the_screen_offers_rates_of_the_definitions_and_every_way_to_compare():
    assert all(kpis()[measure].is_low_good is not None for measure in MEASURES)
    assert set(COMPARED_BY.values()) == set(UNIT_OF)


# ---------------------------------------------------------------- the control chart


@SMALL
@given(
    hits=st.integers(0, 60),
    misses=st.integers(0, 60),
    others=st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_a_unit_is_outside_the_limits_exactly_when_its_interval_leaves_out_the_district(
    hits, misses, others
):
    found = compared(of_streets((hits, misses), others), min_n=1)
    for row in found.values():
        if not row["denominator_count"]:
            continue
        low, high = control.score_limits(row["denominator_count"], row["district_rate"], 0.95)
        rate = row["measured_rate"]
        if min(abs(rate - low), abs(rate - high)) > 1e-6:
            is_outside = rate < low or rate > high
            assert is_outside == row["rate_verdict"].startswith(("高于", "低于"))


def test_limits_are_those_of_the_score_test():
    z = NormalDist().inv_cdf(0.999)
    low, high = control.score_limits(400, 0.5, 0.998)
    assert (low, high) == pytest.approx((0.5 - z * 0.025, 0.5 + z * 0.025))
    assert control.score_limits(5, 0.95, 0.95)[1] == 1
    assert control.score_limits(5, 0.05, 0.95)[0] == 0
    assert control.score_limits(5, 1, 0.95) == (1, 1)


SPOTS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.floats(0, 1),
        st.sampled_from(["", "福保", "华强北街道", "沙头街道城市管理办"]),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(drawn=SPOTS)
def test_labels_keep_apart_and_off_the_points_on_every_width(drawn):
    spots = [control.Spot(across, up) for across, up, _ in drawn]
    texts = [text for _, _, text in drawn]
    places = control.placed_labels(spots, texts)
    assert [bool(p) for p in places if p] == [True] * sum(p is not None for p in places)
    assert not any(place for place, text in zip(places, texts, strict=True) if not text)
    for width in control.WIDTHS:
        boxes = []
        for spot, text, place in zip(spots, texts, places, strict=True):
            x, y = spot.across * width, (1 - spot.up) * control.HEIGHT
            if place:
                half = sum(12 if ord(c) > 255 else 7 for c in text) / 2
                boxes.append(
                    (x + place[0] - half, x + place[0] + half, y + place[1] - 7, y + place[1] + 7)
                )
        for i, (left, right, upper, lower) in enumerate(boxes):
            assert left >= 0
            assert right <= width
            assert upper >= 0
            assert lower <= control.HEIGHT
            for other in boxes[:i]:
                assert (
                    left >= other[1] or other[0] >= right or upper >= other[3] or other[2] >= lower
                )
            for spot in spots:
                x, y = spot.across * width, (1 - spot.up) * control.HEIGHT
                assert not (left < x < right and upper < y < lower)


def test_a_point_with_room_around_it_gets_its_label():
    places = control.placed_labels(
        [control.Spot(0.5, 0.5), control.Spot(0.1, 0.9)], ["梅林街道", ""]
    )
    assert places[0] is not None
    assert places[1] is None


# ---------------------------------------------------------------- the sentence


@pytest.mark.parametrize(
    ("verdicts", "is_low_good", "sentence"),
    [
        (
            ["低于全区"] * 2 + ["与全区无显著差异"] * 8,
            False,
            "10个街道中，2个显著低于全区，其余差异可能只是偶然。",
        ),
        (
            ["高于全区", "低于全区", "低于全区", "与全区无显著差异", "样本不足", "无应计"],
            True,
            "4个街道中，1个显著高于全区，2个显著低于全区，其余差异可能只是偶然，此项低者为好（另有1个样本不足、1个无应计，不参加排名）。",
        ),
        (
            ["高于全区", "低于全区", "低于全区"],
            False,
            "3个街道中，2个显著低于全区，1个显著高于全区。",
        ),
        (["与全区无显著差异"] * 3, False, "3个街道都与全区无显著差异，名次先后可能只是偶然。"),
        (
            ["样本不足"],
            False,
            "没有街道达到30件的最低样本数，不作比较（另有1个样本不足，不参加排名）。",
        ),
        ([], False, "没有街道达到30件的最低样本数，不作比较。"),
    ],
)
def test_the_sentence_says_what_the_verdicts_say_together(verdicts, is_low_good, sentence):
    assert wording.comparison("街道", "全区", verdicts, is_low_good, 30) == sentence


@pytest.mark.parametrize(
    ("verdicts", "is_low_good", "sentence"),
    [
        (
            ["与全区无显著差异"],
            False,
            "福保街道与全区无显著差异，高一些、低一些可能只是偶然。",
        ),
        (["低于全区"], False, "福保街道显著低于全区。"),
        (["高于全区"], True, "福保街道显著高于全区，此项低者为好。"),
        (
            ["样本不足", "与全区无显著差异"],
            False,
            "香蜜湖街道与全区无显著差异，高一些、低一些可能只是偶然（另有1个样本不足，不参加排名）。",
        ),
    ],
)
def test_one_unit_alone_is_called_by_its_name(verdicts, is_low_good, sentence):
    names = ["福保街道", "香蜜湖街道"][: len(verdicts)]
    assert wording.comparison("街道", "全区", verdicts, is_low_good, 30, names) == sentence
