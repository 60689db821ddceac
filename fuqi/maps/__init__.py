"""Maps: rows of a query in, a pydeck deck and its legend out. Nothing is fetched: no tiles, only our boundaries."""

from fuqi.maps.areas import measure_by_area
from fuqi.maps.boundaries import Boundaries, BoundaryError
from fuqi.maps.counts import counts_by_area
from fuqi.maps.layers import COMMUNITIES, STREETS, DistrictMap, Frame, LegendEntry
from fuqi.maps.points import held_objects, stations
from fuqi.maps.reach import cells_a_side, enterprise_cells
from fuqi.maps.responsibility import held_over_streets

__all__ = [
    "COMMUNITIES",
    "STREETS",
    "Boundaries",
    "BoundaryError",
    "DistrictMap",
    "Frame",
    "LegendEntry",
    "cells_a_side",
    "counts_by_area",
    "enterprise_cells",
    "held_objects",
    "held_over_streets",
    "measure_by_area",
    "stations",
]
