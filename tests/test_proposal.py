"""Who could take what nobody holds: against every way there is, on small cases drawn at random."""

import csv
import io
import itertools
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuqi import proposal
from tests.questions import opened
from tests.test_responsibility_queries import cadre, community, holds, park

Row = dict[str, Any]

PARK, COMMUNITY = "园区商圈", "社区"
OFFICES = {"甲街道": (114.00, 22.54), "乙街道": (114.03, 22.54), "丙街道": (114.06, 22.56)}
"""About three kilometres apart from west to east."""


def target(number: int, kind: str = PARK, street: str = "甲街道", **columns: Any) -> Row:
    longitude, latitude = OFFICES[street]
    return {
        "object_kind": kind,
        "object_id": f"{kind}{number}",
        "object_name": f"{street}{kind}{number}",
        "object_type": kind,
        "subdistrict_name": street,
        "longitude": longitude,
        "latitude": latitude,
        **columns,
    }


def person(
    number: int, street: str | None = "甲街道", *held: tuple[str, str, str, int]
) -> list[Row]:
    """Rows of `proposal_candidates`; each thing held is kind, number, street and how many hold it."""
    own = {
        "cadre_id": f"G{number}",
        "holder_name": "陈**",
        "unit_name": f"单位{number}",
        "unit_kind": "街道" if street else "区直部门",
        "subdistrict_name": street,
        "office_longitude": OFFICES[street][0] if street else None,
        "office_latitude": OFFICES[street][1] if street else None,
    }
    nothing = (None, None, None, None)
    return [
        {
            **own,
            "held_kind": kind,
            "held_id": object_id,
            "held_name": object_id,
            "held_by_count": count,
            "held_subdistrict_name": where,
            "held_office_longitude": OFFICES[where][0] if where else None,
            "held_office_latitude": OFFICES[where][1] if where else None,
        }
        for kind, object_id, where, count in held or (nothing,)
    ]


TEXT, NUMBER = pa.string(), pa.float64()
OBJECTS = pa.schema(
    {n: NUMBER if n in ("longitude", "latitude") else TEXT for n in target(1)}.items()
)
CANDIDATES = pa.schema(
    {
        n: pa.int64() if n == "held_by_count" else NUMBER if n.endswith("itude") else TEXT
        for n in person(1)[0]
    }.items()
)


def proposed(targets: list[Row], people: list[list[Row]]) -> list[Row]:
    rows = [row for one in people for row in one]
    return proposal.proposed(
        pa.Table.from_pylist(targets, schema=OBJECTS), pa.Table.from_pylist(rows, schema=CANDIDATES)
    ).to_pylist()


BOTH = ((PARK, "P1", "甲街道", 3), (COMMUNITY, "C1", "甲街道", 3))


def test_a_cadre_who_lacks_just_this_comes_before_a_nearer_one_who_has_enough():
    lacking = person(1, "丙街道", (PARK, "P1", "丙街道", 3))
    near = person(2, "甲街道", *BOTH)
    (row,) = proposed([target(1, COMMUNITY)], [near, lacking])
    assert (row["cadre_id"], row["proposal_kind"]) == ("G1", "补缺")
    assert row["reason"] == "缺社区，补上后达到1+1；跨街道，距丙街道办6.6公里；现挂1个"


def test_of_those_who_lack_it_one_of_the_own_street_comes_first():
    lack = (COMMUNITY, "C1", "甲街道", 2)
    (row,) = proposed([target(1)], [person(1, "乙街道", lack), person(2, "甲街道", lack)])
    assert row["cadre_id"] == "G2"
    assert "本街道，距街道办0.0公里" in row["reason"]


def test_when_nobody_lacks_it_a_cadre_leaves_what_others_hold_too():
    alone = person(1, "甲街道", (PARK, "P1", "甲街道", 1), (COMMUNITY, "C1", "甲街道", 2))
    crowd = person(2, "丙街道", (PARK, "P2", "丙街道", 3), (COMMUNITY, "C1", "甲街道", 2))
    (row,) = proposed([target(1)], [alone, crowd])
    assert (row["cadre_id"], row["proposal_kind"], row["from_object_name"]) == ("G2", "转挂", "P2")
    assert "由P2（现有3名干部）转来，仍为1+1" in row["reason"]


def test_what_cadres_leave_keeps_a_holder():
    two = [
        person(n, "甲街道", (PARK, "P1", "甲街道", 2), (COMMUNITY, "C1", "甲街道", 2))
        for n in (1, 2)
    ]
    rows = proposed([target(1), target(2)], two)
    assert sorted(row["proposal_kind"] for row in rows) == ["增挂", "转挂"]
    assert "增挂后有2个园区商圈，超出1+1" in "".join(row["reason"] for row in rows)


def test_cadres_leave_different_parks_when_one_can_lose_a_single_holder():
    holding = ((PARK, "P1", "甲街道", 2), (PARK, "P2", "甲街道", 2), (COMMUNITY, "C1", "甲街道", 2))
    rows = proposed(
        [target(1), target(2)], [person(1, "甲街道", *holding), person(2, "甲街道", *holding)]
    )
    assert sorted(row["from_object_name"] for row in rows) == ["P1", "P2"]


def test_who_holds_nothing_may_take_one_of_each_and_no_more():
    rows = proposed([target(1), target(2), target(3, COMMUNITY)], [person(1)])
    assert sorted(row["proposal_kind"] for row in rows) == ["无人可补", "补缺", "补缺"]
    assert {row["object_kind"] for row in rows if row["cadre_id"]} == {PARK, COMMUNITY}
    (left,) = (row for row in rows if row["cadre_id"] is None)
    assert left["reason"] == "没有可以接手的在任干部"


def test_the_load_is_shared():
    light = person(2, "甲街道", *BOTH)
    heavy = person(1, "甲街道", *BOTH, (COMMUNITY, "C2", "甲街道", 3))
    (row,) = proposed([target(1)], [heavy, light])
    assert row["cadre_id"] == "G2"


def test_nobody_is_asked_for_a_third_of_a_kind():
    full = person(1, "甲街道", *((PARK, f"P{n}", "甲街道", 1) for n in (1, 2)), BOTH[1])
    (row,) = proposed([target(1)], [full])
    assert row["proposal_kind"] == "无人可补"


def test_who_lacks_a_community_is_not_asked_to_change_parks():
    (row,) = proposed([target(1)], [person(1, "甲街道", BOTH[0])])
    assert row["proposal_kind"] == "无人可补"


def test_a_cadre_of_a_district_unit_counts_as_of_the_streets_of_what_is_held():
    here = person(1, None, (COMMUNITY, "C1", "丙街道", 2))
    there = person(2, None, (COMMUNITY, "C2", "甲街道", 2))
    (row,) = proposed([target(1, street="丙街道")], [there, here])
    assert row["cadre_id"] == "G1"
    assert "现挂对象同在该街道，距街道办0.0公里" in row["reason"]


def test_an_object_without_a_position_can_be_taken_and_says_that_the_distance_is_unknown():
    (row,) = proposed([target(1, longitude=None, latitude=None)], [person(1)])
    assert row["distance_metres"] is None
    assert "本街道，距离不详" in row["reason"]


def test_without_objects_or_without_cadres_there_is_nothing_to_propose():
    assert proposed([], [person(1)]) == []
    assert [row["proposal_kind"] for row in proposed([target(1)], [])] == ["无人可补"]


def test_kilometres_are_great_circle():
    assert proposal.kilometres((0, 0), (0, 90)) == pytest.approx(math.pi / 2 * 6371.0088)
    assert proposal.kilometres((114, 22.5), (114, 22.5)) == 0


# ---------------------------------------------------------------- every way there is

STREETS = st.sampled_from(list(OFFICES))
SMALL = settings(max_examples=120, deadline=None, derandomize=True)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Row], list[list[Row]]]:
    """Up to three objects and four cadres, who hold up to two parks and a community of a few that others hold too."""
    targets = [
        target(
            n,
            draw(st.sampled_from([PARK, COMMUNITY])),
            draw(STREETS),
            longitude=draw(st.sampled_from([114.0, 114.02, 114.05])),
        )
        for n in range(draw(st.integers(0, 3)))
    ]
    people = []
    for n in range(draw(st.integers(0, 4))):
        parks = draw(st.lists(st.sampled_from(["P1", "P2"]), unique=True, max_size=2))
        places = draw(st.lists(st.just("C1"), max_size=1))
        people.append((n, draw(st.one_of(st.none(), STREETS)), parks + places))
    counts = {o: sum(o in held for _, _, held in people) for o in ("P1", "P2", "C1")}
    extra = {o: draw(st.integers(0, 2)) for o in counts}
    return targets, [
        person(
            n,
            street,
            *(
                (PARK if o[0] == "P" else COMMUNITY, o, "乙街道", counts[o] + extra[o])
                for o in held
            ),
        )
        for n, street, held in people
    ]


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """By the spherical law of cosines, not the haversine formula."""
    (a, b), (c, d) = (tuple(map(math.radians, p)) for p in (one, other))
    inner = math.sin(b) * math.sin(d) + math.cos(b) * math.cos(d) * math.cos(a - c)
    return 6371.0088 * math.acos(min(1.0, inner))


def price(one: list[Row], wanted: Row, leaves: str | None, way: str) -> float:
    """What the docstring of `fuqi.proposal` says it costs."""
    held = [r for r in one if r["held_id"]]
    street = one[0]["subdistrict_name"]
    streets = {street} if street else {r["held_subdistrict_name"] for r in held}
    if not streets:
        distance = proposal.UNKNOWN_DISTANCE
    else:
        where = (wanted["longitude"], wanted["latitude"])
        own = wanted["subdistrict_name"]
        nearest = min(kilometres(OFFICES[s], where) for s in streets)
        distance = kilometres(OFFICES[own], where) if own in streets else nearest
    return (
        distance
        + (wanted["subdistrict_name"] not in streets) * proposal.OTHER_STREET
        + len(held) * proposal.EACH_HELD
        + {"补缺": 0, "转挂": proposal.MOVES, "增挂": proposal.ADDS}[way]
    )


def every_way(one: list[Row], wanted: Row) -> list[tuple[str | None, str]]:
    """(what is left, how) for a cadre and an object, all of them."""
    held = [r for r in one if r["held_id"]]
    same = [r for r in held if r["held_kind"] == wanted["object_kind"]]
    if not same:
        return [(None, "补缺")]
    if len(same) == len(held):
        return []
    found: list[tuple[str | None, str]] = [
        (r["held_id"], "转挂") for r in same if r["held_by_count"] > 1
    ]
    return found + ([(None, "增挂")] if len(same) < 2 else [])


def best(targets: list[Row], people: list[list[Row]]) -> tuple[int, float]:
    """Fewest left open and least cost, by trying everything."""
    choices = [
        [None, *((n, *way) for n, one in enumerate(people) for way in every_way(one, wanted))]
        for wanted in targets
    ]
    counts = {r["held_id"]: r["held_by_count"] for one in people for r in one}
    found = []
    for taken in itertools.product(*choices):
        total = 0.0
        left: dict[str, int] = {}
        by: dict[int, list[str]] = {}
        for wanted, choice in zip(targets, taken, strict=True):
            if choice is None:
                continue
            n, leaves, way = choice
            by.setdefault(n, []).append(wanted["object_kind"])
            if leaves:
                left[leaves] = left.get(leaves, 0) + 1
            total += price(people[n], wanted, leaves, way)
        may = all(
            len(kinds) == 1
            or (people[n][0]["held_id"] is None and sorted(kinds) == [PARK, COMMUNITY])
            for n, kinds in by.items()
        )
        if may and all(count < counts[o] for o, count in left.items()):
            found.append((sum(choice is None for choice in taken), total))
    return min(found)


@SMALL
@given(case=cases())
def test_no_other_way_leaves_fewer_open_or_costs_less(case):
    targets, people = case
    rows = proposed(targets, people)
    by_number = {one[0]["cadre_id"]: one for one in people}
    total = sum(
        price(by_number[row["cadre_id"]], wanted, row["from_object_name"], row["proposal_kind"])
        for wanted in targets
        for row in rows
        if row["object_id"] == wanted["object_id"] and row["cadre_id"]
    )
    assert sorted(row["object_id"] for row in rows) == sorted(t["object_id"] for t in targets)
    open_count, least = best(targets, people)
    assert sum(row["cadre_id"] is None for row in rows) == open_count
    assert total == pytest.approx(least, abs=1e-6)


@SMALL
@given(case=cases(), order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(case, order):
    targets, people = case
    rows = proposed(targets, people)
    order.shuffle(targets)
    order.shuffle(people)
    assert proposed(targets, people) == rows


# ---------------------------------------------------------------- from the queries to the file


def test_the_rows_of_the_queries_become_a_proposal():
    with opened(
        parks=[park(1), park(2)],
        communities=[community(1)],
        cadres=[cadre(1, subdistrict_name="福保街道"), cadre(2, subdistrict_name="莲花街道")],
        assignments=[
            holds(1, 1, park=1),
            holds(2, 1, community_name="社区1"),
            holds(3, 2, community_name="社区1"),
        ],
    ) as run:
        rows = proposal.proposed(
            pa.Table.from_pylist(run("proposal_objects")),
            pa.Table.from_pylist(run("proposal_candidates")),
        ).to_pylist()
    assert [(r["object_id"], r["cadre_id"], r["proposal_kind"]) for r in rows] == [
        ("P002", "G0002", "补缺")
    ]


def test_the_file_opens_in_excel_with_its_notes_above_the_titles():
    rows = pa.table({"name": ["园区,一", None], "distance_metres": [1260, None]})
    written = proposal.as_csv(
        rows, {"name": "名称", "distance_metres": "距离（米）"}, ["建议", "数据截至今日"]
    )
    assert written.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    assert lines == [
        ["建议"],
        ["数据截至今日"],
        ["名称", "距离（米）"],
        ["园区,一", "1260"],
        ["", ""],
    ]
