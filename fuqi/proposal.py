"""Who could take the parks and communities that nobody holds: an assignment problem, solved exactly.

As many objects as possible get a cadre; among all ways of doing that the one with the smallest sum of costs is taken.
A cost is counted in kilometres: the distance from the cadre's street office to the object, and what other wishes are
worth beside it.

* `MOVES`, `ADDS`: a cadre who lacks just this kind comes first and costs nothing here. Next comes one who leaves an
  object that others hold as well, and so stays at 1+1; last one who would hold more than 1+1 asks for.
* `OTHER_STREET`: the object does not lie in the cadre's own street. A cadre of a district unit has no street: the
  streets of what he or she holds count in its place, and where the object lies in none of them, the nearest office.
* `EACH_HELD`: for every object the cadre holds already, so that the load is shared.
* `UNKNOWN_DISTANCE`: where the object has no position, or the cadre no street.

A cadre takes one object at most, or one of each kind who holds nothing yet, and never holds more than `MOST_OF_A_KIND`
of a kind. Who lacks one kind is asked for that one alone. An object that cadres leave keeps at least one holder.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from fuqi import inert

MOVES = 100.0
ADDS = 200.0
OTHER_STREET = 10.0
EACH_HELD = 3.0
UNKNOWN_DISTANCE = 20.0
MOST_OF_A_KIND = 2

LEFT_OPEN = 10_000.0
"""What an object that stays unheld costs: more than any sum of the others."""

EARTH_RADIUS_KM = 6371.0088

FILL, MOVE, ADD, NOBODY = "补缺", "转挂", "增挂", "无人可补"

SCHEMA = pa.schema(
    [
        ("object_name", pa.string()),
        ("object_kind", pa.string()),
        ("object_type", pa.string()),
        ("object_id", pa.string()),
        ("subdistrict_name", pa.string()),
        ("proposal_kind", pa.string()),
        ("holder_units", pa.string()),
        ("unit_kind", pa.string()),
        ("holder_names", pa.string()),
        ("cadre_id", pa.string()),
        ("from_object_name", pa.string()),
        ("distance_metres", pa.int64()),
        ("reason", pa.string()),
    ]
)

Row = Mapping[str, Any]
Place = tuple[float, float]


@dataclass(frozen=True)
class Held:
    kind: str
    object_id: str
    name: str
    holder_count: int


@dataclass(frozen=True)
class Candidate:
    """A cadre in office: where from (street and its office), and what he or she holds."""

    cadre_id: str
    name: str
    unit: str
    unit_kind: str
    own_street: str | None
    offices: Mapping[str, Place | None]
    """By street: the own one, or else those of what is held."""
    holds: tuple[Held, ...]

    def held(self, kind: str) -> tuple[Held, ...]:
        return tuple(h for h in self.holds if h.kind == kind)


@dataclass(frozen=True)
class Option:
    """A cadre taking an object in one way; `cost` and `distance` in kilometres, `distance` None where unknown."""

    candidate: Candidate
    target: Row
    way: str
    cost: float
    distance: float | None
    office: str | None = None
    leaves: Held | None = None


@dataclass
class _Gathered:
    row: Row
    offices: dict[str, Place | None] = field(default_factory=dict)
    holds: list[Held] = field(default_factory=list)


def proposed(objects: pa.Table, candidates: pa.Table) -> pa.Table:
    """A row per object with the cadre who could take it and why, or why nobody could (`SCHEMA`).

    Takes the rows of `proposal_objects` and `proposal_candidates`, in any order; the answer depends on the rows
    alone.
    """
    targets = sorted(
        objects.to_pylist(),
        key=lambda row: (row["object_kind"], row["subdistrict_name"] or "", row["object_id"]),
    )
    cadres = candidates_of(candidates.to_pylist())
    options = []
    for target in targets:
        every = [option for cadre in cadres for option in ways(cadre, target)]
        options += cheapest(every, len(targets))
    taken = {_key(option.target): option for option in chosen(options)}
    rows = [_in_words(target, taken.get(_key(target))) for target in targets]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def candidates_of(rows: Iterable[Row]) -> list[Candidate]:
    """The rows of `proposal_candidates` gathered by cadre, in the order of their numbers."""
    gathered: dict[str, _Gathered] = {}
    for row in rows:
        known = gathered.setdefault(row["cadre_id"], _Gathered(row))
        if row["subdistrict_name"]:
            known.offices[row["subdistrict_name"]] = _place(row, "office_")
        elif row["held_subdistrict_name"]:
            known.offices[row["held_subdistrict_name"]] = _place(row, "held_office_")
        if row["held_id"]:
            known.holds.append(
                Held(row["held_kind"], row["held_id"], row["held_name"], row["held_by_count"])
            )
    return [
        Candidate(
            cadre_id,
            known.row["holder_name"],
            known.row["unit_name"],
            known.row["unit_kind"],
            known.row["subdistrict_name"],
            dict(sorted(known.offices.items())),
            tuple(sorted(known.holds, key=lambda h: (h.kind, h.object_id))),
        )
        for cadre_id, known in sorted(gathered.items())
    ]


def ways(cadre: Candidate, target: Row) -> list[Option]:
    """The ways in which the cadre could take the object: leaving each thing that others hold too is one of its own."""
    held = cadre.held(target["object_kind"])
    office, distance = _nearest_office(cadre, target)
    cost = UNKNOWN_DISTANCE if distance is None else distance
    cost += EACH_HELD * len(cadre.holds)
    if target["subdistrict_name"] not in cadre.offices:
        cost += OTHER_STREET
    if not held:
        return [Option(cadre, target, FILL, cost, distance, office)]
    if len(held) == len(cadre.holds):  # who lacks the other kind is asked for that one alone
        return []
    found = [
        Option(cadre, target, MOVE, cost + MOVES, distance, office, leaves)
        for leaves in sorted(held, key=lambda h: (-h.holder_count, h.object_id))
        if leaves.holder_count > 1
    ]
    if len(held) < MOST_OF_A_KIND:
        found.append(Option(cadre, target, ADD, cost + ADDS, distance, office))
    return found


def cheapest(options: Sequence[Option], target_count: int) -> list[Option]:
    """Of one object's options those that a best choice can need when `target_count` objects are given away.

    Each of the others takes away at most one cadre and one of the holders that an object can lose. So the cheapest
    options are enough as soon as that many losses leave one of them possible.
    """
    kept = []
    enough = 2 * (target_count - 1) + 1
    for way in (FILL, MOVE, ADD):
        left: dict[str, int] = {}
        seen: set[str] = set()
        found = 0
        for option in sorted(
            (o for o in options if o.way == way), key=lambda o: (o.cost, o.candidate.cadre_id)
        ):
            if found >= enough:
                break
            kept.append(option)
            leaves = option.leaves
            if option.candidate.cadre_id in seen:
                continue
            if leaves is None:
                found += 1
            elif left.get(leaves.object_id, 0) < leaves.holder_count - 1:
                left[leaves.object_id] = left.get(leaves.object_id, 0) + 1
                found += 1
            seen.add(option.candidate.cadre_id)
    return kept


def chosen(options: Sequence[Option]) -> list[Option]:
    """The options that together leave the fewest objects open, and cost least among those.

    RuntimeError when the solver gives up, which it does for no input known.
    """
    if not options:
        return []
    groups: dict[tuple[str, ...], tuple[list[int], float]] = {}
    for number, option in enumerate(options):
        kind, cadre = option.target["object_kind"], option.candidate
        # Who holds nothing yet may take one of each kind.
        taken_by = ("cadre", cadre.cadre_id) if cadre.holds else ("cadre", cadre.cadre_id, kind)
        limits = [(("object", *_key(option.target)), 1.0), (taken_by, 1.0)]
        if option.leaves:
            leaves = option.leaves
            limits.append((("left", kind, leaves.object_id), leaves.holder_count - 1.0))
        for group, most in limits:
            groups.setdefault(group, ([], most))[0].append(number)
    members = [numbers for numbers, _ in groups.values()]
    matrix = csr_array(
        (
            np.ones(sum(map(len, members))),
            (
                np.repeat(np.arange(len(members)), [len(numbers) for numbers in members]),
                np.concatenate(members),
            ),
        ),
        shape=(len(members), len(options)),
    )
    solved = milp(
        np.array([option.cost - LEFT_OPEN for option in options]),
        integrality=np.ones(len(options)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, ub=[most for _, most in groups.values()]),
        options={"mip_rel_gap": 0.0},
    )
    if solved.x is None:  # taking nothing is always allowed
        raise RuntimeError(f"no proposal was found: the solver said {solved.message!r}")
    return [option for option, share in zip(options, solved.x, strict=True) if share > 0.5]


def as_csv(rows: pa.Table, titles: Mapping[str, str], notes: Sequence[str]) -> bytes:
    """The columns named in `titles` under their titles, `notes` in lines above; UTF-8 with the mark Excel looks for."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerows([inert.for_csv(note)] for note in notes)
    writer.writerow(titles.values())
    for row in rows.to_pylist():
        cells = (row[column] for column in titles)
        writer.writerow(inert.for_csv(c) if isinstance(c, str) else c for c in cells)
    return written.getvalue().encode("utf-8-sig")


def kilometres(one: Place, other: Place) -> float:
    """Great-circle distance of two (longitude, latitude) in degrees, by the haversine formula."""
    (lon_1, lat_1), (lon_2, lat_2) = (map(math.radians, place) for place in (one, other))
    half = (
        math.sin((lat_2 - lat_1) / 2) ** 2
        + math.cos(lat_1) * math.cos(lat_2) * math.sin((lon_2 - lon_1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


def _nearest_office(cadre: Candidate, target: Row) -> tuple[str | None, float | None]:
    """The street of the office the distance is taken from: the object's own where the cadre has it."""
    place = _place(target, "")
    known = {s: o for s, o in cadre.offices.items() if o is not None}
    if place is None or not known:
        return None, None
    street = target["subdistrict_name"]
    if street not in known:
        street = min(known, key=lambda s: (kilometres(known[s], place), s))
    return street, kilometres(known[street], place)


def _in_words(target: Row, option: Option | None) -> dict[str, Any]:
    row = {name: target[name] for name in SCHEMA.names if name in target}
    if option is None:
        return row | {"proposal_kind": NOBODY, "reason": "没有可以接手的在任干部"}
    cadre, kind = option.candidate, target["object_kind"]
    return row | {
        "proposal_kind": option.way,
        "holder_units": cadre.unit,
        "unit_kind": cadre.unit_kind,
        "holder_names": cadre.name,
        "cadre_id": cadre.cadre_id,
        "from_object_name": option.leaves.name if option.leaves else None,
        "distance_metres": None if option.distance is None else round(option.distance * 1000),
        "reason": "；".join((_need(option, kind), _where(option), f"现挂{len(cadre.holds)}个")),
    }


def _need(option: Option, kind: str) -> str:
    other = "社区" if kind == "园区商圈" else "园区商圈"
    held, others = option.candidate.held(kind), option.candidate.held(other)
    if option.way == FILL:
        if len(others) == 1:
            return f"缺{kind}，补上后达到1+1"
        return f"缺{kind}，补上后{'仍缺' + other if not others else other + f'仍有{len(others)}个'}"
    if option.leaves:
        stays = "仍为1+1" if len(held) == len(others) == 1 else f"{kind}仍为{len(held)}个"
        return f"由{option.leaves.name}（现有{option.leaves.holder_count}名干部）转来，{stays}"
    return f"增挂后有{len(held) + 1}个{kind}，超出1+1"


def _where(option: Option) -> str:
    cadre, street = option.candidate, option.target["subdistrict_name"]
    if street == cadre.own_street:
        near = "本街道"
    elif street in cadre.offices:
        near = "现挂对象同在该街道"
    else:
        near = "跨街道" if cadre.offices else "没有所属街道"
    if option.distance is None:
        return f"{near}，距离不详"
    office = "街道办" if option.office == street else f"{option.office}办"
    return f"{near}，距{office}{option.distance:.1f}公里"


def _place(row: Row, prefix: str) -> Place | None:
    longitude, latitude = row[f"{prefix}longitude"], row[f"{prefix}latitude"]
    return None if longitude is None or latitude is None else (longitude, latitude)


def _key(target: Row) -> tuple[str, str]:
    return target["object_kind"], target["object_id"]
