"""Where further stations would help: each step is the best one, found again by trying every cell."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuqi import siting
from tests.drawn_ledgers import SMALL
from tests.plain.great_circle import Position, east_of, metres_between, north_of

RADIUS = 500
CORNER = (114.05, 22.52)


def grid(columns: int, rows: int, step: float = 170.0) -> list[Position]:
    """Centres of cells that lie `step` metres apart, from west to east and south to north."""
    return [
        north_of(east_of(CORNER, column * step), row * step)
        for row in range(rows)
        for column in range(columns)
    ]


def gains(cells: list[Position], left: list[int]) -> list[int]:
    """What a site in each cell would newly reach, counted cell by cell."""
    return [
        sum(
            n for other, n in zip(cells, left, strict=True) if metres_between(cell, other) <= RADIUS
        )
        for cell in cells
    ]


def found(cells: list[Position], weights: list[int], most: int) -> list[siting.Site]:
    return siting.sites([c[0] for c in cells], [c[1] for c in cells], weights, RADIUS, most)


@SMALL
@given(
    columns=st.integers(1, 8),
    rows=st.integers(1, 8),
    seed=st.integers(0, 10_000),
    most=st.integers(1, 6),
    largest=st.sampled_from([1, 3, 500]),
)
def test_each_site_is_the_first_of_the_best_cells_and_nobody_is_counted_twice(
    columns, rows, seed, most, largest
):
    chance = random.Random(seed)  # noqa: S311 - a ledger, no secret
    cells = grid(columns, rows)
    left = [chance.choice([0, 0, chance.randint(0, largest)]) for _ in cells]
    proposed = found(cells, left, most)
    for site in proposed:
        possible = gains(cells, left)
        assert site.newly_reached == max(possible) > 0
        assert site.cell == possible.index(max(possible))
        left = [
            0 if metres_between(cells[site.cell], cell) <= RADIUS else n
            for cell, n in zip(cells, left, strict=True)
        ]
    assert len(proposed) == most or not any(left)


def test_a_cell_is_reached_up_to_the_radius_and_not_a_centimetre_further():
    for metres, reached in ((RADIUS - 0.01, 12), (RADIUS, 12), (RADIUS + 0.01, 7)):
        for away in (north_of, east_of):
            (first,) = found([CORNER, away(CORNER, metres)], [7, 5], 1)
            assert (first.cell, first.newly_reached) == (0, reached), (metres, away.__name__)


def test_a_cell_where_nobody_is_left_may_be_the_best_place():
    cells = [CORNER, east_of(CORNER, 400), east_of(CORNER, 800)]
    (site,) = found(cells, [10, 0, 9], 1)
    assert (site.cell, site.newly_reached) == (1, 19)


@pytest.mark.parametrize("weights", [[], [0, 0, 0]])
def test_without_anybody_to_reach_there_is_no_site(weights):
    assert found(grid(len(weights), 1), weights, 3) == []


def test_greedy_is_not_the_best_set_but_within_its_bound():
    # The middle one takes from both sides; two sites at the ends would have reached everybody.
    cells = [east_of(CORNER, x) for x in (0, 400, 800, 1200, 1600)]
    weights = [10, 6, 6, 6, 10]
    reached = sum(site.newly_reached for site in found(cells, weights, 2))
    best = max(
        gains(cells, weights)[a]
        + gains(
            cells,
            [
                0 if metres_between(cells[a], c) <= RADIUS else n
                for c, n in zip(cells, weights, strict=True)
            ],
        )[b]
        for a in range(5)
        for b in range(5)
    )
    assert (1 - 1 / 2.718281828) * best <= reached <= best
