"""Maps: rows of a query in, a pydeck deck and its legend out. Nothing is fetched: no tiles, only our boundaries."""

from fuqi.maps.boundaries import Boundaries
from fuqi.maps.decks import (
    DistrictMap,
    Frame,
    LegendEntry,
    held_objects,
    rate_by_subdistrict,
    stations,
)

__all__ = [
    "Boundaries",
    "DistrictMap",
    "Frame",
    "LegendEntry",
    "held_objects",
    "rate_by_subdistrict",
    "stations",
]
