"""How far each enterprise is from help: the one table of a release that is worked out and not exported.

A load writes it (`fuqi.intake.reach`) with a row per row of `enterprises`. A release of an earlier version has none;
it is then opened without rows, and what is counted over it is 不可算.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

TABLE = "enterprise_reach"
COLUMNS: Mapping[str, str] = {
    "enterprise_id": "varchar",
    "subdistrict_name": "varchar",
    "community_name": "varchar",
    "is_small_business": "boolean",
    "longitude": "double",
    "latitude": "double",
    "cell_column": "integer",
    "cell_row": "integer",
    "nearest_station_id": "varchar",
    "nearest_station_metres": "double",
}
"""Names and DuckDB types. Without a position everything from `longitude` on is null; without an open station that has
one, the last two are. Metres are kept to the millimetre; how near is near enough is a setting, so no column says."""

EARTH_RADIUS_METRES = 6_371_008.8
"""The mean radius of the earth (IUGG), as the macro `great_circle_metres` has it."""

CELL_LONGITUDE, CELL_LATITUDE = 0.00049, 0.00045
"""Degrees a cell of the grid is wide and high, about 50 m in Shenzhen; the macros of cells have the same."""

Degrees = NDArray[np.float64]


def unit_vectors(longitude: Degrees, latitude: Degrees) -> NDArray[np.float64]:
    """Positions in degrees as points on a sphere of radius 1, one a row."""
    x, y = np.radians(longitude), np.radians(latitude)
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])


def metres_of_chord(chord: NDArray[np.float64]) -> NDArray[np.float64]:
    """The great circle between two unit vectors that lie `chord` apart; exact, not an approximation."""
    return 2 * EARTH_RADIUS_METRES * np.arcsin(np.minimum(chord / 2, 1.0))


def chord_of_metres(metres: float) -> float:
    """How far apart two unit vectors lie whose great circle is that long."""
    return 2 * math.sin(metres / (2 * EARTH_RADIUS_METRES))
