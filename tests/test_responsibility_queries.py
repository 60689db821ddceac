"""Who holds which park and community, and what was visited: the definitions, and plain Python on drawn ledgers."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.drawn_ledgers import SMALL
from tests.ledger import AS_OF, appeal
from tests.plain.arithmetic import differences, share
from tests.questions import QUARTER, STREETS, Row, at, opened


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


# ---------------------------------------------------------------- ledgers drawn at random

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
