"""挂点服务: frequency, units, months, the past and the teams, against plain Python on ledgers drawn at random."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuqi.settings import Settings
from tests.drawn_ledgers import SMALL
from tests.ledger import AS_OF, appeal
from tests.plain.arithmetic import differences, share
from tests.questions import STREETS, Row, at, opened
from tests.test_responsibility_queries import cadre, community, holds, park, visit

Key = tuple[str, str]
Quarter = tuple[int, int]

TODAY = AS_OF.date()
UNIT_KINDS = ("区委组织部", "区直部门", "街道", "区属国企")


def frequency(first: date, last: date, asked: int = 1, **tables: list[Row]) -> tuple[int, int]:
    """How many objects were visited often enough in a period, and of how many."""
    with opened(Settings(visits_per_quarter=asked), **tables) as run:
        (row,) = run("assignment_totals", start_date=first, end_date=last)
        return row["frequent_count"], row["held_in_period_count"]


def one_park(*visits: date, **term: Any) -> dict[str, list[Row]]:
    return {
        "parks": [park(1)],
        "cadres": [cadre(1, start_date=date(2022, 6, 1))],
        "assignments": [holds(1, 1, park=1, **term)],
        "visits": [
            visit(n, datetime.combine(day, time(10)), park=1) for n, day in enumerate(visits)
        ],
    }


SECOND_QUARTER = (date(2023, 4, 1), TODAY)


def test_one_visit_in_the_quarter_is_often_enough_by_default():
    assert frequency(*SECOND_QUARTER, **one_park(date(2023, 4, 1))) == (1, 1)
    assert frequency(*SECOND_QUARTER, **one_park(date(2023, 3, 31))) == (0, 1)
    assert frequency(*SECOND_QUARTER, **one_park()) == (0, 1)


def test_the_setting_says_how_many_visits_a_quarter_asks_for():
    twice = one_park(date(2023, 4, 1), date(2023, 6, 28))
    assert frequency(*SECOND_QUARTER, asked=2, **twice) == (1, 1)
    assert frequency(*SECOND_QUARTER, asked=3, **twice) == (0, 1)


def test_a_period_of_some_days_is_judged_by_its_quarter_so_far():
    day = date(2023, 6, 20)
    assert frequency(day, day, **one_park(date(2023, 4, 1))) == (1, 1)
    assert frequency(day, day, **one_park(date(2023, 6, 21))) == (0, 1), "a visit after the period"


def test_every_quarter_that_the_period_touches_counts():
    spring = (date(2023, 3, 31), date(2023, 5, 31))
    assert frequency(*spring, **one_park(date(2023, 5, 31))) == (0, 1)
    assert frequency(*spring, **one_park(date(2023, 5, 31), date(2023, 1, 2))) == (1, 1)
    assert frequency(*spring, **one_park(date(2023, 6, 1), date(2023, 1, 2))) == (0, 1)


def test_a_quarter_in_which_nobody_held_it_asks_for_nothing():
    since_start = (date(2022, 6, 1), TODAY)
    visits = (date(2023, 3, 31), date(2023, 4, 1))
    assert frequency(*since_start, **one_park(*visits)) == (1, 1)
    earlier = one_park(*visits, start_date=date(2022, 12, 31))
    assert frequency(*since_start, **earlier) == (0, 1)
    ended = one_park(date(2023, 3, 31), end_date=date(2023, 3, 31))
    assert frequency(*since_start, **ended) == (1, 1)


def test_a_term_that_ended_before_its_cadre_took_office_holds_nothing():
    known = {
        "parks": [park(1)],
        "cadres": [cadre(1, start_date=date(2023, 5, 1))],
        "assignments": [holds(1, 1, park=1, end_date=date(2023, 4, 10))],
    }
    assert frequency(*SECOND_QUARTER, **known) == (0, 0)


def test_the_list_says_in_how_many_quarters_a_visit_is_missing():
    with opened(**one_park(date(2023, 3, 31))) as run:
        states = [
            run("held_object_list", start_date=first, end_date=last)[0]["frequency_state"]
            for first, last in (
                (date(2023, 3, 1), date(2023, 3, 31)),
                SECOND_QUARTER,
                (date(2023, 1, 1), TODAY),
                (date(2022, 6, 1), date(2022, 6, 30)),
            )
        ]
    assert states == ["达标", "未达标", "未达标（1/2个季度）", "时段内无人挂点"]


def test_a_month_that_is_not_over_says_so_and_counts_its_visits():
    with opened(**one_park(date(2023, 3, 31), date(2023, 6, 28))) as run:
        months = run("coverage_by_month")
    assert [m["step_date"].month for m in months] == [3, 4, 5, 6]
    assert [m["is_whole"] for m in months] == [True, True, True, False]
    assert [m["visited_count"] for m in months] == [1, 0, 0, 1]


def test_changes_say_from_whom_to_whom():
    known = {
        "parks": [park(1), park(2)],
        "cadres": [cadre(1), cadre(2)],
        "assignments": [
            holds(1, 1, park=1, end_date=date(2023, 5, 9)),
            holds(2, 2, park=1, start_date=date(2023, 5, 10)),
            holds(3, 2, park=2, start_date=date(2023, 3, 1), end_date=date(2023, 5, 10)),
        ],
    }
    with opened(**known) as run:
        rows = run("assignment_changes", compared_at=datetime(2023, 5, 9), as_of=at(1))
        same = run("assignment_changes", compared_at=datetime(2023, 5, 10), as_of=at(1))
        nothing = run("assignment_changes", compared_at=at(1), as_of=at(2))
    assert [(r["object_id"], r["change_kind"]) for r in rows] == [
        ("P002", "变为无人挂点"),
        ("P001", "换人"),
    ]
    assert (rows[1]["left_holders"], rows[1]["new_holders"]) == ("单位1 陈**", "单位2 陈**")
    assert [r["object_id"] for r in same] == ["P002"]
    assert nothing == []


# ---------------------------------------------------------------- ledgers drawn at random

STARTS = [
    *(date(2022, 12, 20), date(2023, 3, 1), date(2023, 3, 31), date(2023, 4, 1)),
    *(date(2023, 5, 15), date(2023, 6, 28), date(2023, 6, 29)),
]
ENDS = [
    *(None, None, None, date(2023, 3, 31), date(2023, 4, 1), date(2023, 5, 31)),
    *(date(2023, 6, 27), date(2023, 6, 28)),
]
VISIT_DAYS = [
    *(date(2022, 12, 31), date(2023, 1, 1), date(2023, 3, 31), date(2023, 4, 1)),
    *(date(2023, 5, 9), date(2023, 5, 31), date(2023, 6, 1), date(2023, 6, 28)),
]
PERIODS = st.sampled_from(
    [
        SECOND_QUARTER,
        (date(2023, 3, 1), date(2023, 5, 31)),
        (TODAY, TODAY),
        (date(2022, 6, 1), TODAY),
        (date(2023, 5, 10), date(2023, 6, 10)),
    ]
)
PLACES = st.sampled_from(
    [
        {},
        {"subdistrict": "福保街道"},
        {"subdistrict": "莲花街道"},
        {"subdistrict": "福保街道", "community": "社区0"},
        {"subdistrict": "福保街道", "community": "社区0", "park_id": "P001"},
    ]
)


@st.composite
def ledgers(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Parks in communities, cadres of all kinds of units, terms and visits at the ends of quarters and months."""
    chance: Random = draw(st.randoms(use_true_random=True))
    streets = STREETS[:-1]
    communities = [community(0)] + [
        community(n, subdistrict_name=chance.choice(streets)) for n in range(1, 4)
    ]
    parks = [
        park(1, community_name="社区0"),
        *(
            park(
                n,
                subdistrict_name=chance.choice(streets),
                community_name=chance.choice([None, "社区0", "社区1"]),
            )
            for n in range(2, 6)
        ),
    ]
    cadres = []
    for n in range(chance.choice([0, 1, 6, 8])):
        start, end = chance.choice(STARTS[:5]), chance.choice(ENDS)
        cadres.append(
            cadre(
                n,
                start_date=start,
                end_date=None if end is None else max(start, end),
                unit_kind=chance.choice(UNIT_KINDS),
                subdistrict_name=chance.choice([None, *streets]),
            )
        )
    objects: list[Row] = [{"park": n} for n in range(1, 6)]
    objects += [{"community_name": c["community_name"]} for c in communities]
    assignments, visits = [], []
    for holder in range(len(cadres)):
        for target in chance.choices(objects, k=chance.choice([0, 1, 2, 2, 3])):
            start, end = chance.choice(STARTS), chance.choice(ENDS)
            end = None if end is None else max(start, end)
            assignments.append(
                holds(len(assignments), holder, **target, start_date=start, end_date=end)
            )
    for _ in range(chance.choice([0, 10, 25]) if cadres else 0):
        clock = chance.choice([time(0), time(18), time(18, 1)])
        moment = datetime.combine(chance.choice(VISIT_DAYS), clock)
        who = chance.choice(cadres)["cadre_id"]
        visits.append(visit(len(visits), moment, **chance.choice(objects)) | {"cadre_id": who})
    return {
        "parks": parks,
        "communities": communities,
        "cadres": cadres,
        "assignments": assignments,
        "visits": visits,
        "appeals": [
            appeal(
                n,
                at(chance.choice([1, 20])),
                park_id=chance.choice([None, "P001"]),
                community_name=chance.choice([None, "社区0"]),
                closed_at=chance.choice([None, at(25), at(29)]),
                outcome=chance.choice([None, "解决", "解释说明"]),
                due_at=chance.choice([None, at(22), at(29)]),
            )
            for n in range(chance.choice([0, 12]))
        ],
        "enterprises": [
            {
                "enterprise_id": f"E{n}",
                "park_id": chance.choice([None, "P001"]),
                "community_name": chance.choice([None, "社区0"]),
            }
            for n in range(6)
        ],
    }


class Plain:
    """The ledger read slowly: terms as sets of days."""

    def __init__(self, ledger: dict[str, list[Row]]) -> None:
        self.ledger = ledger
        self.cadres = {c["cadre_id"]: c for c in ledger["cadres"]}
        self.objects: dict[Key, Row] = {("园区商圈", p["park_id"]): p for p in ledger["parks"]}
        self.objects |= {("社区", c["community_name"]): c for c in ledger["communities"]}
        self.terms: list[tuple[Key, Row, date, date, bool]] = []
        for a in ledger["assignments"]:
            c = self.cadres[a["cadre_id"]]
            first = max(a["start_date"], c["start_date"])
            ends = [end for end in (a["end_date"], c["end_date"]) if end]
            last = min(ends, default=date.max)
            if first <= last:
                self.terms.append((_key(a), c, first, last, bool(ends)))
        self.visits = [
            (_key(v), v["visited_at"].date(), v)
            for v in ledger["visits"]
            if v["visited_at"] <= AS_OF
        ]

    def inside(self, place: Row) -> list[Key]:
        return [
            key
            for key, row in self.objects.items()
            if place.get("subdistrict") in (None, row["subdistrict_name"])
            and place.get("community") in (None, row.get("community_name"))
            and place.get("park_id") in (None, row.get("park_id"))
        ]

    def holders(self, key: Key, day: date) -> set[str]:
        return {
            c["cadre_id"]
            for held, c, first, last, _ in self.terms
            if held == key and first <= day <= last
        }

    def held_days(
        self, key: Key, first: date, last: date, unit_kind: str | None = None
    ) -> set[date]:
        found = set()
        for held, c, start, end, _ in self.terms:
            if held == key and unit_kind in (None, c["unit_kind"]):
                day, stop = max(first, start), min(last, end, TODAY)
                while day <= stop:
                    found.add(day)
                    day += timedelta(days=1)
        return found

    def visited(self, key: Key, first: date, last: date, unit_kind: str | None = None) -> int:
        return sum(
            seen == key
            and first <= day <= last
            and unit_kind in (None, self.cadres[v["cadre_id"]]["unit_kind"])
            for seen, day, v in self.visits
        )

    def quarters(self, key: Key, first: date, last: date) -> dict[Quarter, int]:
        """Visits up to the period's end in each quarter in which somebody held the object in the period."""
        due = {_quarter(day) for day in self.held_days(key, first, last)}
        return {
            q: sum(
                seen == key and _quarter(day) == q and day <= last for seen, day, _ in self.visits
            )
            for q in due
        }

    def serving(self) -> dict[str, Row]:
        return {
            name: c
            for name, c in self.cadres.items()
            if c["start_date"] <= TODAY <= (c["end_date"] or TODAY)
        }

    def kinds_held(self, cadre_id: str) -> Counter:
        return Counter(key[0] for key in self.objects if cadre_id in self.holders(key, TODAY))


def _key(row: Row) -> Key:
    kind = row["object_kind"]
    return kind, row["community_name"] if kind == "社区" else row["park_id"]


def _quarter(day: date) -> Quarter:
    return day.year, (day.month - 1) // 3


ONE_OF_EACH = {"园区商圈": 1, "社区": 1}


@SMALL
@given(ledger=ledgers(), period=PERIODS, place=PLACES, asked=st.sampled_from([1, 2]))
def test_what_is_held_and_how_often_it_is_visited(ledger, period, place, asked):
    plain = Plain(ledger)
    first, last = period

    def summed(keys: list[Key]) -> Row:
        held = [k for k in keys if plain.held_days(k, first, last)]
        visited = sum(plain.visited(k, first, last) > 0 for k in held)
        frequent = sum(all(n >= asked for n in plain.quarters(k, *period).values()) for k in held)
        unheld = [k for k in keys if not plain.holders(k, TODAY)]
        return {
            "object_count": len(keys),
            "unheld_count": len(unheld),
            "held_in_period_count": len(held),
            "visited_count": visited,
            "visit_coverage_rate": share(visited, len(held)),
            "frequent_count": frequent,
            "frequency_rate": share(frequent, len(held)),
        }

    with opened(Settings(visits_per_quarter=asked), **ledger) as run:
        dates = {"start_date": first, "end_date": last}
        total = run("assignment_totals", **dates, **place)
        listed = run("held_object_list", **dates, **place)
        streets = run("assignments_by_subdistrict", **dates)
    assert differences(total, [summed(plain.inside(place))]) == []
    of_street = [summed(plain.inside({"subdistrict": street})) for street in STREETS]
    assert differences(streets, of_street) == []
    expected = []
    for row in listed:
        key = (row["object_kind"], row["object_id"])
        quarters = plain.quarters(key, first, last)
        met = sum(n >= asked for n in quarters.values())
        expected.append(
            {
                "is_held": bool(plain.holders(key, TODAY)),
                "holder_count": len(plain.holders(key, TODAY)),
                "visit_count": plain.visited(key, first, last),
                "quarter_count": len(quarters),
                "met_quarter_count": met,
                "is_frequent": bool(quarters) and met == len(quarters),
                "park_id": key[1] if key[0] == "园区商圈" else None,
            }
        )
    assert sorted((r["object_kind"], r["object_id"]) for r in listed) == sorted(plain.inside(place))
    assert differences(listed, expected) == []


@SMALL
@given(ledger=ledgers(), period=PERIODS)
def test_kinds_of_units_agree_with_plain_python(ledger, period):
    plain = Plain(ledger)
    expected = []
    for kind in UNIT_KINDS:
        serving = [name for name, c in plain.serving().items() if c["unit_kind"] == kind]
        held = [k for k in plain.objects if plain.held_days(k, *period, kind)]
        counts = [plain.kinds_held(name) for name in serving]
        visited = sum(plain.visited(k, *period, kind) > 0 for k in held)
        if serving or held:
            met = sum(c == ONE_OF_EACH for c in counts)
            expected.append(
                {
                    "unit_kind": kind,
                    "cadre_count": len(serving),
                    "one_plus_one_count": met,
                    "one_plus_one_rate": share(met, len(serving)),
                    "without_park_count": sum(not c["园区商圈"] for c in counts),
                    "without_community_count": sum(not c["社区"] for c in counts),
                    "with_more_count": sum(max(c.values(), default=0) > 1 for c in counts),
                    "held_in_period_count": len(held),
                    "own_visited_count": visited,
                    "own_visited_rate": share(visited, len(held)),
                }
            )
    with opened(**ledger) as run:
        rows = run("service_by_unit_kind", start_date=period[0], end_date=period[1])
    assert differences(rows, expected, every_column=True) == []


@SMALL
@given(
    ledger=ledgers(),
    place=PLACES,
    last=st.sampled_from([TODAY, date(2023, 5, 31), date(2023, 4, 9)]),
)
def test_months_agree_with_plain_python(ledger, place, last):
    plain = Plain(ledger)
    expected = []
    for month in range(3, last.month + 1):
        first = date(2023, month, 1)
        end = date(2023, month + 1, 1) - timedelta(days=1)
        held = [k for k in plain.inside(place) if plain.held_days(k, first, min(end, last))]
        visited = sum(plain.visited(k, first, min(end, last)) > 0 for k in held)
        expected.append(
            {
                "step_date": first,
                "is_whole": end <= last,
                "held_in_period_count": len(held),
                "visited_count": visited,
                "visit_coverage_rate": share(visited, len(held)),
            }
        )
    with opened(**ledger) as run:
        rows = run("coverage_by_month", end_date=last, **place)
    assert differences(rows, expected, every_column=True) == []


@SMALL
@given(ledger=ledgers(), street=st.sampled_from([None, "福保街道", "园岭街道"]))
def test_cadres_without_one_of_each_agree_with_plain_python(ledger, street):
    plain = Plain(ledger)
    expected = {}
    for name, c in plain.serving().items():
        counts = plain.kinds_held(name)
        held = [k for k in plain.objects if name in plain.holders(k, TODAY)]
        streets = {c["subdistrict_name"], *(plain.objects[k]["subdistrict_name"] for k in held)}
        if counts == ONE_OF_EACH or (street and street not in streets):
            continue
        words = []
        for kind in ("园区商圈", "社区"):
            words += [f"缺{kind}"] if not counts[kind] else []
        for kind in ("园区商圈", "社区"):
            words += [f"{kind}多{counts[kind] - 1}个"] if counts[kind] > 1 else []
        expected[name] = {
            "one_plus_one_gap": "，".join(words),
            "park_count": counts["园区商圈"],
            "community_count": counts["社区"],
            "park_names": _joined(plain, held, "园区商圈", "park_name"),
            "community_names": _joined(plain, held, "社区", "community_name"),
        }
    with opened(**ledger) as run:
        rows = run("one_plus_one_gaps", subdistrict=street)
    assert {row["cadre_id"] for row in rows} == set(expected)
    assert differences(rows, [expected[row["cadre_id"]] for row in rows]) == []
    order = [(UNIT_KINDS.index(r["unit_kind"]), r["unit_name"], r["cadre_id"]) for r in rows]
    assert order == sorted(order)


def _joined(plain: Plain, held: list[Key], kind: str, name: str) -> str | None:
    return "、".join(plain.objects[k][name] for k in sorted(held) if k[0] == kind) or None


@SMALL
@given(
    ledger=ledgers(),
    place=PLACES,
    earlier=st.sampled_from([date(2023, 3, 1), date(2023, 3, 31), date(2023, 5, 31), TODAY]),
)
def test_changes_agree_with_plain_python(ledger, place, earlier):
    plain = Plain(ledger)

    def named(cadres: set[str]) -> str | None:
        whose = [plain.cadres[name] for name in sorted(cadres)]
        return "、".join(f"{c['unit_name']} 陈**" for c in whose) or None

    expected = {}
    for key in plain.inside(place):
        before, later = plain.holders(key, earlier), plain.holders(key, TODAY)
        if before == later:
            continue
        if not later or not before:
            kind = "补上挂点" if later else "变为无人挂点"
        elif before < later or later < before:
            kind = "增加干部" if before < later else "减少干部"
        else:
            kind = "换人"
        expected[key] = {
            "change_kind": kind,
            "former_holder_count": len(before),
            "holder_count": len(later),
            "left_holders": named(before - later),
            "new_holders": named(later - before),
        }
    with opened(**ledger) as run:
        rows = run(
            "assignment_changes", compared_at=datetime.combine(earlier, time(23, 59)), **place
        )
    keys = [(row["object_kind"], row["object_id"]) for row in rows]
    assert sorted(keys) == sorted(expected)
    assert differences(rows, [expected[key] for key in keys]) == []


@SMALL
@given(
    ledger=ledgers(), period=PERIODS, key=st.sampled_from([("园区商圈", "P001"), ("社区", "社区0")])
)
def test_one_object_agrees_with_plain_python(ledger, period, key):
    plain = Plain(ledger)
    column = "park_id" if key[0] == "园区商圈" else "community_name"
    here = [a for a in ledger["appeals"] if a[column] == key[1]]
    is_open = {a["appeal_id"]: a["closed_at"] is None or a["closed_at"] > AS_OF for a in here}
    known = [(c, first, last, ends) for held, c, first, last, ends in plain.terms if held == key]
    asked = {"object_kind": key[0], "object_id": key[1]}
    asked |= {"start_date": period[0], "end_date": period[1]}
    with opened(**ledger) as run:
        (facts,) = run("object_facts", **asked)
        history = run("holder_history", **asked)
        visits = run("object_visit_list", **asked)
        cases = run("object_appeals", **asked)
    assert facts["entity_count"] == sum(e[column] == key[1] for e in ledger["enterprises"])
    assert facts["open_count"] == sum(is_open.values())
    assert facts["overdue_count"] == sum(
        is_open[a["appeal_id"]] and a["due_at"] is not None and a["due_at"] < AS_OF for a in here
    )
    assert facts["visit_count"] == plain.visited(key, *period)
    assert facts["holder_count"] == len(plain.holders(key, TODAY))
    states = [
        (r["held_since"], r["held_until"], r["holder_unit"], r["term_state"]) for r in history
    ]
    expected = [
        (first, last if ends else None, c["unit_name"], "在任" if last >= TODAY else "已结束")
        for c, first, last, ends in known
        if first <= TODAY
    ]
    assert sorted(states, key=str) == sorted(expected, key=str)
    assert [s[3] for s in states] == sorted((s[3] for s in states), key=("在任", "已结束").index)
    moments = [
        v["visited_at"] for k, day, v in plain.visits if k == key and period[0] <= day <= period[1]
    ]
    assert [v["visited_at"] for v in visits] == sorted(moments, reverse=True)
    listed = sorted(
        (
            a
            for a in here
            if is_open[a["appeal_id"]] or period[0] <= a["received_at"].date() <= period[1]
        ),
        key=lambda a: (
            not is_open[a["appeal_id"]],
            not (is_open[a["appeal_id"]] and a["due_at"] is not None and a["due_at"] < AS_OF),
            a["due_at"] is None,
            a["due_at"] or AS_OF,
            AS_OF - a["received_at"],
            a["appeal_id"],
        ),
    )
    assert [c["appeal_id"] for c in cases] == [a["appeal_id"] for a in listed]
    for shown, stored in zip(cases, listed, strict=True):
        late = stored["due_at"] is not None and stored["due_at"] < AS_OF
        if is_open[stored["appeal_id"]]:
            state = ("超期未办结" if late else "办理中", None, None)
        else:
            state = ("已办结", stored["closed_at"], stored.get("outcome"))
        assert (shown["case_state"], shown["closed_at"], shown["outcome"]) == state


# ---------------------------------------------------------------- service teams


def team(number: int, street: str = "福保街道", **columns: Any) -> Row:
    return {
        "team_id": f"T{number}",
        "team_name": f"第{number}组",
        "subdistrict_name": street,
        "team_number": number,
        "formed_date": date(2022, 6, 15),
        **columns,
    }


def serves(number: int, team_number: int, enterprise: int, **columns: Any) -> Row:
    return {
        "assignment_id": f"S{number}",
        "holder_kind": "小组",
        "team_id": f"T{team_number}",
        "object_kind": "企业",
        "enterprise_id": f"E{enterprise}",
        "start_date": date(2023, 3, 1),
        **columns,
    }


def test_an_enterprise_of_two_teams_is_one_enterprise():
    rows = [serves(1, 1, 1, plan="方案"), serves(2, 2, 1, outcome="到账")]
    with opened(teams=[team(1), team(2, "莲花街道")], assignments=rows) as run:
        (total,) = run("team_totals")
        (one,) = run("team_totals", subdistrict="莲花街道")
    assert (total["team_count"], total["team_served_count"], total["plan_count"]) == (2, 1, 1)
    assert (one["team_served_count"], one["plan_count"], one["outcome_filled_rate"]) == (1, 0, None)


def test_blank_words_are_no_plan_and_an_outcome_counts_beside_a_plan_alone():
    rows = [serves(1, 1, 1, plan="  ", outcome="到账"), serves(2, 1, 2, plan="方案", outcome=" ")]
    with opened(teams=[team(1)], assignments=rows) as run:
        (total,) = run("team_totals")
        outcomes = run("team_outcomes")
    assert (total["plan_count"], total["outcome_filled_count"]) == (1, 0)
    assert total["plan_rate"] == 0.5
    assert outcomes == [{"outcome_name": "未填写成效", "team_served_count": 1}]


def test_a_team_formed_later_and_what_begins_later_is_not_known_yet():
    rows = [serves(1, 1, 1, start_date=TODAY), serves(2, 1, 2, start_date=TODAY + timedelta(1))]
    teams = [team(1, formed_date=TODAY), team(2, formed_date=TODAY + timedelta(1))]
    with opened(teams=teams, assignments=rows) as run:
        (total,) = run("team_totals")
    assert (total["team_count"], total["team_served_count"]) == (1, 1)


@SMALL
@given(chance=st.randoms(use_true_random=True))
def test_teams_agree_with_plain_python(chance):
    teams = [team(n, chance.choice(STREETS[:3])) for n in range(4)]
    rows = [
        serves(
            n,
            chance.randrange(4),
            chance.randrange(6),
            plan=chance.choice([None, "", "甲", "乙"]),
            outcome=chance.choice([None, "", "丙"]),
            start_date=chance.choice([date(2023, 3, 1), TODAY, TODAY + timedelta(1)]),
        )
        for n in range(chance.choice([0, 8, 15]))
    ]
    deals = [
        {
            "deal_id": f"R{n}",
            "programme": "银企对接低息融资",
            "enterprise_name": "x",
            "subdistrict_name": "福保街道",
            "team_id": chance.choice([None, "T0", "T1"]),
            "amount_yuan": 100.0 * n,
            "funded_date": chance.choice([None, TODAY, TODAY + timedelta(1)]),
        }
        for n in range(1, 8)
    ]
    known = [r for r in rows if r["start_date"] <= TODAY]

    def summed(of: set[str]) -> Row:
        firms: dict[tuple[str, str], tuple[bool, bool]] = {}
        for r in known:
            if r["team_id"] in of:
                key = (r["team_id"], r["enterprise_id"])
                plan, outcome = firms.get(key, (False, False))
                firms[key] = (plan or bool(r["plan"]), outcome or bool(r["outcome"]))
        by_firm = {e: [v for (_, f), v in firms.items() if f == e] for _, e in firms}
        planned = [e for e, v in by_firm.items() if any(p for p, _ in v)]
        filled = [e for e, v in by_firm.items() if any(p and o for p, o in v)]
        paid = [d["amount_yuan"] for d in deals if d["funded_date"] == TODAY and d["team_id"] in of]
        return {
            "team_served_count": len(by_firm),
            "plan_count": len(planned),
            "outcome_filled_count": len(filled),
            "deal_count": len(paid),
            "deal_yuan": sum(paid) if paid else None,
        }

    def without_deals(row: Row) -> Row:
        return {name: value for name, value in row.items() if not name.startswith("deal")}

    with opened(teams=teams, assignments=rows, financing=deals) as run:
        (total,) = run("team_totals")
        streets = run("teams_by_subdistrict")
        listed = run("team_list")
        firms = run("team_enterprises")
        outcomes = run("team_outcomes")
    everyone = {t["team_id"] for t in teams}
    whole = summed(everyone)
    plan_rate = share(whole["plan_count"], whole["team_served_count"])
    outcome_rate = share(whole["outcome_filled_count"], whole["plan_count"])
    assert differences([total], [without_deals(whole)]) == []
    rates = {"plan_rate": plan_rate, "outcome_filled_rate": outcome_rate}
    assert differences([total], [rates]) == []
    of_street = [{t["team_id"] for t in teams if t["subdistrict_name"] == s} for s in STREETS]
    assert differences(streets, [summed(ids) | {"team_count": len(ids)} for ids in of_street]) == []
    assert differences(listed, [summed({row["team_id"]}) for row in listed]) == []
    assert {row["team_id"] for row in listed} == everyone
    pairs = {(r["team_id"], r["enterprise_id"]) for r in known}
    assert sorted((f["team_id"], f["enterprise_id"]) for f in firms) == sorted(pairs)
    planned_pairs = {(r["team_id"], r["enterprise_id"]) for r in known if r["plan"]}
    assert sum(o["team_served_count"] for o in outcomes) == len(planned_pairs)


def test_the_case_counts_calendar_months_from_the_first_application_to_the_first_money():
    def deal(number: int, applied: date | None, funded: date | None) -> Row:
        return {
            "deal_id": f"R{number}",
            "programme": "跨境N+1知识产权证券化",
            "enterprise_name": f"企业{number}",
            "subdistrict_name": "福保街道",
            "team_id": "T34",
            "amount_yuan": 1_000_000.0,
            "applied_date": applied,
            "funded_date": funded,
        }

    deals = [
        deal(1, date(2022, 5, 31), date(2023, 2, 14)),
        deal(2, date(2022, 6, 1), date(2023, 6, 29)),
        deal(3, date(2023, 6, 29), None),
        deal(4, date(2023, 1, 1), None) | {"programme": "银企对接低息融资"},
    ]
    with opened(financing=deals, teams=[team(34, team_name="福保街道第34组")]) as run:
        rows = run("n1_deals")
    assert [row["deal_id"] for row in rows] == ["R1", "R2"]
    assert rows[1]["funded_date"] is None, "the money comes tomorrow"
    first = rows[0]
    assert (first["case_months"], first["deal_count"], first["funded_count"]) == (9, 2, 1)
    assert (first["funded_yuan"], first["team_name"]) == (1_000_000, "福保街道第34组")
    assert first["taken_days"] == 259


@pytest.mark.parametrize("name", ["object_facts", "holder_history", "object_visit_list"])
def test_an_object_that_is_not_there_has_no_rows(name):
    with opened(parks=[park(1)]) as run:
        assert run(name, object_kind="园区商圈", object_id="P404") == []
