"""Maps: rows of a query in, a pydeck deck and its legend out. Nothing is fetched but our own boundaries: no tiles.

A map of areas, or one that need not be moved, can be had as an Altair chart as well (`flat`).
"""

from fuqi.maps.areas import measure_by_area
from fuqi.maps.boundaries import Boundaries, BoundaryError
from fuqi.maps.counts import counts_by_area
from fuqi.maps.flat import PLACE, can_be_flat, flat_chart, goes_to, is_flat, serve
from fuqi.maps.layers import COMMUNITIES, STREETS, DistrictMap, Frame, LegendEntry
from fuqi.maps.points import held_objects, stations
from fuqi.maps.reach import cells_a_side, enterprise_cells
from fuqi.maps.responsibility import held_over_streets
from fuqi.maps.served import FOLDER as BOUNDARIES_FOLDER
from fuqi.maps.served import content_of, objects_of, value_of

__all__ = [
    "BOUNDARIES_FOLDER",
    "COMMUNITIES",
    "PLACE",
    "STREETS",
    "Boundaries",
    "BoundaryError",
    "DistrictMap",
    "Frame",
    "LegendEntry",
    "can_be_flat",
    "cells_a_side",
    "content_of",
    "counts_by_area",
    "enterprise_cells",
    "flat_chart",
    "goes_to",
    "held_objects",
    "held_over_streets",
    "is_flat",
    "measure_by_area",
    "objects_of",
    "serve",
    "stations",
    "value_of",
]
