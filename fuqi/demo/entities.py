"""The 552,000 market entities and the party organisations of the 小个专."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa

from fuqi.demo import boundaries, names
from fuqi.demo.areas import Areas, Row
from fuqi.demo.shares import (
    COMMUNITY_SPREAD,
    IN_CLUSTERS,
    PARK_ENTITIES,
    PARK_LIMIT,
    STREETS,
)
from fuqi.demo.timeline import PROGRAMME_START, working_days

ENTITIES = 552_000
SMALL = 529_860
SELF_EMPLOYED = 0.43
WITH_MEMBERS = 0.012
INSTRUCTED = 0.25
PARTY_ORGS = 1363
MOBILE_PARTY_ORGS = 60
CONVERSIONS = {2021: (640, 150), 2022: (1130, 302), 2023: (705, 196)}
"""Traders who became companies by year: in the district, and of these in 华强北."""
NONE = -1
EPOCH = date(1970, 1, 1)


@dataclass
class Entities:
    """The entities as columns, in order of community; a missing value is -1.

    `longitude` and `latitude` are WGS84 in 1e-5 degrees; dates are days since 1970.
    """

    areas: Areas
    community: np.ndarray
    park: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    trade: np.ndarray
    is_company: np.ndarray
    is_small: np.ndarray
    name: pa.Array
    member_count: np.ndarray
    party_org: np.ndarray
    visited: np.ndarray
    is_instructed: np.ndarray
    converted: np.ndarray

    def __len__(self) -> int:
        return len(self.community)

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each community's rows begin, with the count of all rows at the end."""
        return np.searchsorted(self.community, np.arange(len(self.areas.communities) + 1))

    @cached_property
    def of_park(self) -> list[np.ndarray]:
        """Rows of each park."""
        order = np.argsort(self.park, kind="stable")
        edges = np.searchsorted(self.park[order], np.arange(len(self.areas.parks) + 1))
        return [order[a:b] for a, b in pairwise(edges)]

    def one_in_community(self, rng: np.random.Generator, community: int) -> int:
        return int(rng.integers(self.starts[community], self.starts[community + 1]))

    def one_in_park(self, rng: np.random.Generator, park: int) -> int:
        rows = self.of_park[park]
        return int(rows[rng.integers(len(rows))])

    def id_of(self, row: int) -> str:
        return f"E{row + 1:07d}"

    def name_of(self, row: int) -> str:
        return self.name[row].as_py()

    def street_of(self, row: int) -> str:
        return self.areas.communities[self.community[row]].street

    def community_of(self, row: int) -> str:
        return self.areas.communities[self.community[row]].name

    def park_of(self, row: int) -> str | None:
        return None if self.park[row] == NONE else self.areas.parks[self.park[row]].id


def draw(rng: np.random.Generator, areas: Areas) -> tuple[Entities, list[Row]]:
    """The entities and the party organisations that cover those with members."""
    sizes = _community_sizes(rng, areas)
    community = np.repeat(np.arange(len(sizes)), sizes)
    park, positions = _places(rng, areas, sizes)
    trade, is_company = _trades(rng, areas, community, park)
    is_small = np.ones(ENTITIES, dtype=bool)
    companies = np.flatnonzero(is_company)
    weight = np.where(park[companies] != NONE, 3.0, 1.0)
    large = rng.choice(
        companies, ENTITIES - SMALL, replace=False, p=weight / weight.sum(), shuffle=False
    )
    is_small[large] = False
    members = np.zeros(ENTITIES, dtype=np.int64)
    has_members = rng.random(ENTITIES) < np.where(is_small, WITH_MEMBERS, 0.35)
    members[has_members] = 1 + rng.poisson(np.where(is_small[has_members], 0.8, 6.0))
    covered = np.flatnonzero(has_members & is_small)
    orgs, org_of = _party_orgs(rng, areas, community[covered])
    party_org = np.full(ENTITIES, NONE)
    party_org[covered] = org_of
    for row, count in zip(covered, members[covered], strict=True):
        orgs[party_org[row]]["member_count"] += int(count)
    entities = Entities(
        areas=areas,
        community=community,
        park=park,
        longitude=positions[:, 0],
        latitude=positions[:, 1],
        trade=trade,
        is_company=is_company,
        is_small=is_small,
        name=names.firms(rng, trade, is_company),
        member_count=members,
        party_org=party_org,
        visited=np.where(is_small, _visits(rng, sizes), NONE),
        is_instructed=is_small & ~has_members & (rng.random(ENTITIES) < INSTRUCTED),
        converted=_conversions(rng, areas, community, is_company & is_small),
    )
    return entities, orgs


def _community_sizes(rng: np.random.Generator, areas: Areas) -> np.ndarray:
    weights = rng.lognormal(0, COMMUNITY_SPREAD, len(areas.communities))
    for street, share in STREETS.items():
        of_street = areas.communities_of(street)
        weights[of_street] *= share.entities / weights[of_street].sum()
    exact = weights / weights.sum() * ENTITIES
    sizes = np.floor(exact).astype(int)
    left = ENTITIES - sizes.sum()
    sizes[np.argsort(sizes - exact, kind="stable")[:left]] += 1
    return sizes


def _places(
    rng: np.random.Generator, areas: Areas, sizes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Park (or -1) and position of every entity; within a community ordered from west to east."""
    parks_in: dict[str, list[int]] = {}
    for number, park in enumerate(areas.parks):
        parks_in.setdefault(park.community, []).append(number)
    all_parks: list[np.ndarray] = []
    all_positions: list[np.ndarray] = []
    for index, size in enumerate(sizes):
        cell = areas.cells[index]
        inside = parks_in.get(areas.communities[index].name, [])
        wanted = np.array([PARK_ENTITIES[areas.parks[p].kind] for p in inside], dtype=float)
        wanted *= rng.lognormal(0, 0.35, len(inside))
        if wanted.sum() > PARK_LIMIT * size:
            wanted *= PARK_LIMIT * size / wanted.sum()
        counts = wanted.astype(int)
        parts = []
        for number, count in zip(inside, counts, strict=True):
            park = areas.parks[number]
            spread = 130.0 if park.kind in ("商圈", "产业园") else 55.0
            centre = np.array([[park.longitude, park.latitude]])
            parts.append(boundaries.random_points(rng, cell, count, centre, spread))
        rest = size - counts.sum()
        gathered = int(rest * IN_CLUSTERS)
        centres = boundaries.random_points(rng, cell, int(rng.integers(4, 9)))
        parts.append(boundaries.random_points(rng, cell, gathered, centres, 110.0))
        parts.append(boundaries.random_points(rng, cell, rest - gathered))
        steps = np.round(np.concatenate(parts) * 1e5).astype(np.int64)
        park_numbers = np.concatenate(
            [np.repeat(np.array(inside, dtype=np.int64), counts), np.full(rest, NONE)]
        )
        # One entity after the other from west to east: neighbours compress well in the file.
        order = np.lexsort((steps[:, 1], steps[:, 0], park_numbers))
        all_parks.append(park_numbers[order])
        all_positions.append(steps[order])
    return np.concatenate(all_parks), np.concatenate(all_positions)


def _trades(
    rng: np.random.Generator, areas: Areas, community: np.ndarray, park: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    streets = np.array([c.street == "华强北街道" for c in areas.communities])[community]
    in_park = park != NONE
    trade = np.empty(ENTITIES, dtype=np.int64)
    for electronic in (False, True):
        for parked in (False, True):
            rows = np.flatnonzero((streets == electronic) & (in_park == parked))
            share = np.array(
                [
                    t.share * (t.huaqiangbei if electronic else 1) * (t.park if parked else 1)
                    for t in names.TRADES
                ]
            )
            trade[rows] = rng.choice(len(share), len(rows), p=share / share.sum())
    is_company = rng.random(ENTITIES) >= np.where(in_park, SELF_EMPLOYED - 0.08, SELF_EMPLOYED)
    return trade, is_company


def _party_orgs(
    rng: np.random.Generator, areas: Areas, communities: np.ndarray
) -> tuple[list[Row], np.ndarray]:
    """The organisations, and the one that covers each entity with members (given its community)."""
    count = len(areas.communities)
    entities = np.bincount(communities, minlength=count)
    sizes = np.maximum(1, np.floor(entities / entities.sum() * (PARTY_ORGS - count))).astype(int)
    short = PARTY_ORGS - sizes.sum()
    sizes += rng.multinomial(short, entities / entities.sum())
    mobile = np.sort(rng.choice(count, MOBILE_PARTY_ORGS, replace=False))
    orgs: list[Row] = []
    first: list[int] = []
    for index, community in enumerate(areas.communities):
        first.append(len(orgs))
        titles = [f"第{n + 1}党支部" for n in range(sizes[index])]
        titles += ["流动党支部"] if index in mobile else []
        for title in titles:
            orgs.append(
                {
                    "party_org_id": f"D{len(orgs) + 1:04d}",
                    "party_org_name": f"{community.name}小个专{title}",
                    "is_mobile": title.startswith("流动"),
                    "subdistrict_name": community.street,
                    "community_name": community.name,
                    "founded_date": date(
                        int(rng.integers(2016, 2023)),
                        int(rng.integers(1, 13)),
                        int(rng.integers(1, 29)),
                    ),
                    "member_count": int(rng.integers(3, 8)),
                }
            )
    first.append(len(orgs))
    starts, ends = np.array(first[:-1])[communities], np.array(first[1:])[communities]
    return orgs, rng.integers(starts, ends)


def _visits(rng: np.random.Generator, sizes: np.ndarray) -> np.ndarray:
    """Day of the last visit: a community is walked through in one sweep, a few are revisited."""
    open_days = np.array([(d - EPOCH).days for d in working_days(PROGRAMME_START)])
    parts = []
    for size in sizes:
        first, last = rng.integers(0, 110), rng.integers(170, len(open_days))
        walk = np.sort(rng.integers(first, last, size=size // 40 + 1))
        visit = np.repeat(walk, 40)[:size]
        again = rng.random(size) < 0.04
        visit[again] = rng.integers(visit[again], len(open_days))
        parts.append(open_days[visit])
    return np.concatenate(parts)


def _conversions(
    rng: np.random.Generator, areas: Areas, community: np.ndarray, eligible: np.ndarray
) -> np.ndarray:
    converted = np.full(ENTITIES, NONE)
    streets = np.array([c.street == "华强北街道" for c in areas.communities])[community]
    free = eligible.copy()
    for year, (total, huaqiangbei) in CONVERSIONS.items():
        open_days = [d for d in working_days(date(year, 1, 1)) if d.year == year]
        weight = np.linspace(0.7, 1.4, len(open_days))
        for here, count in ((True, huaqiangbei), (False, total - huaqiangbei)):
            rows = rng.choice(np.flatnonzero(free & (streets == here)), count, replace=False)
            chosen = rng.choice(len(open_days), count, p=weight / weight.sum())
            converted[rows] = [(open_days[i] - EPOCH).days for i in chosen]
            free[rows] = False
    return converted
