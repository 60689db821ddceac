"""Where further stations would reach most enterprises: greedy maximum coverage on the cells of a grid."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from fuqi.store import reach

NEARLY = 1e-12
"""What two chords of equal length may differ by in a double, far less than a millimetre on the ground."""


@dataclass(frozen=True)
class Site:
    """A proposed site: the number of its cell, from 0, and how many it newly reaches, counted by cells."""

    cell: int
    newly_reached: int


def sites(
    longitudes: Sequence[float],
    latitudes: Sequence[float],
    unreached: Sequence[int],
    radius_metres: float,
    most: int,
) -> list[Site]:
    """Up to `most` cells to open a station in, the one that newly reaches most first; fewer when nobody is left.

    The three sequences hold, per cell, the degrees of its centre and how many in it no station reaches. A site reaches
    the cells whose centres lie within the radius, great circle. Each step takes the best cell given the steps before,
    of equals the first. This greedy choice reaches at least 1 - 1/e, 63%, of what the best possible set of as many
    sites would (Nemhauser, Wolsey and Fisher 1978); the first site is the best one there is.
    """
    weights = np.asarray(unreached, np.int64)
    places = reach.unit_vectors(np.asarray(longitudes, float), np.asarray(latitudes, float))
    wanting = np.flatnonzero(weights > 0)
    if not len(wanting) or most < 1:
        return []
    radius = reach.chord_of_metres(radius_metres) + NEARLY
    near = [wanting[found] for found in cKDTree(places[wanting]).query_ball_point(places, radius)]
    # A cell never gains by another one being chosen, so an old gain bounds the new one from above: only the cell on
    # top of the heap needs counting again.
    heap = [(-int(weights[cells].sum()), cell, 0) for cell, cells in enumerate(near) if len(cells)]
    heapq.heapify(heap)
    chosen: list[Site] = []
    while heap and len(chosen) < most:
        gain, cell, counted_at = heapq.heappop(heap)
        if counted_at < len(chosen):
            gain = -int(weights[near[cell]].sum())
            heapq.heappush(heap, (gain, cell, len(chosen)))
            continue
        if not gain:
            break
        chosen.append(Site(cell, -gain))
        weights[near[cell]] = 0
    return chosen
