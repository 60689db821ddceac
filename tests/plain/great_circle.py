"""Distances on a sphere in plain Python, by another formula than the one that is tested (Vincenty's, for a sphere)."""

from math import atan2, cos, degrees, hypot, radians, sin

EARTH_RADIUS_METRES = 6_371_008.8

Position = tuple[float, float]
"""Longitude and latitude in degrees."""


def metres_between(a: Position, b: Position) -> float:
    x1, y1, x2, y2 = map(radians, (*a, *b))
    across = x2 - x1
    up = cos(y1) * sin(y2) - sin(y1) * cos(y2) * cos(across)
    along = sin(y1) * sin(y2) + cos(y1) * cos(y2) * cos(across)
    return EARTH_RADIUS_METRES * atan2(hypot(cos(y2) * sin(across), up), along)


def north_of(place: Position, metres: float) -> Position:
    return place[0], place[1] + degrees(metres / EARTH_RADIUS_METRES)


def east_of(place: Position, metres: float) -> Position:
    """As far along the great circle that sets out due east."""
    x, y = map(radians, place)
    turned = metres / EARTH_RADIUS_METRES
    latitude = atan2(sin(y) * cos(turned), hypot(cos(y) * cos(turned), sin(turned)))
    return degrees(x + atan2(sin(turned), cos(y) * cos(turned))), degrees(latitude)
