"""Schematic community cells: Voronoi cells inside each street's polygon, kept in `data/boundaries`.

The cells are drawn, not surveyed, and the file says so. `python -m fuqi.demo.boundaries` draws them
again from the streets' polygons.
"""

import json
import math
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon, mapping, shape
from shapely.geometry.polygon import orient

from fuqi import paths
from fuqi.demo import facts

NOTE = "示意边界，非行政区划标准界线"
STREETS_FILE = "subdistricts.geojson"
COMMUNITIES_FILE = "communities.geojson"

RELAXATIONS = 40
DRAWING_SEED = 92
# A degree of longitude is shorter than one of latitude; cells are drawn where both are equal.
STRETCH = math.cos(math.radians(22.54))


def street_polygons(folder: Path | None = None) -> dict[str, Polygon]:
    """The polygon (WGS84) of each street by its name."""
    return _polygons((folder or paths.BOUNDARIES) / STREETS_FILE)


def community_polygons(folder: Path | None = None) -> dict[str, Polygon]:
    """The schematic cell (WGS84) of each community by its name."""
    file = (folder or paths.BOUNDARIES) / COMMUNITIES_FILE
    polygons = _polygons(file)
    if missing := [c.name for c in facts.communities() if c.name not in polygons]:
        raise ValueError(
            f"{file}：缺少社区边界 {'、'.join(missing[:5])} 等 {len(missing)} 个；"
            "请补齐边界，或用随附的示意边界生成演示数据"
        )
    return polygons


def random_points(
    rng: np.random.Generator,
    polygon: Polygon,
    count: int,
    centres: np.ndarray | None = None,
    spread_m: float = 120.0,
) -> np.ndarray:
    """`count` positions (longitude, latitude) in `polygon`, gathered round `centres` if given."""
    west, south, east, north = polygon.bounds
    shapely.prepare(polygon)
    found: list[np.ndarray] = []
    have = 0
    attempts = 0
    while have < count:
        size = max(64, 2 * (count - have))
        # Centres near a border lose most of their points; after some rounds the rest go anywhere.
        if centres is None or attempts > 20:
            points = rng.uniform((west, south), (east, north), size=(size, 2))
        else:
            scale = (spread_m / 102_800, spread_m / 110_700)
            points = centres[rng.integers(len(centres), size=size)] + rng.normal(
                0, 1, size=(size, 2)
            ) * np.array(scale)
        inside = points[shapely.contains_xy(polygon, points[:, 0], points[:, 1])]
        found.append(inside[: count - have])
        have += len(found[-1])
        attempts += 1
    return np.concatenate(found) if found else np.empty((0, 2))


def write(folder: Path) -> None:
    """Draws the community cells of the streets in `folder` and winds all outer rings clockwise."""
    streets = street_polygons(folder)
    codes = facts.street_codes()
    features = [
        _feature({"code": codes[name], "name": name}, polygon) for name, polygon in streets.items()
    ]
    _write_collection(folder / STREETS_FILE, features)
    cells: dict[str, Polygon] = {}
    for street, polygon in streets.items():
        cells |= _draw_cells(street, polygon)
    features = [
        _feature({"code": c.code, "name": c.name, "subdistrict_name": c.street}, cells[c.name])
        for c in facts.communities()
    ]
    _write_collection(folder / COMMUNITIES_FILE, features)


def _polygons(file: Path) -> dict[str, Polygon]:
    document = json.loads(file.read_text(encoding="utf-8"))
    return {f["properties"]["name"]: shape(f["geometry"]) for f in document["features"]}


def _draw_cells(street: str, polygon: Polygon) -> dict[str, Polygon]:
    names = [c for c in facts.communities() if c.street == street]
    area = shapely.transform(polygon, lambda xy: xy * [STRETCH, 1])
    anchors = _anchors(street, names, area)
    free = [c.name for c in names if c.name not in anchors]
    rng = np.random.default_rng([DRAWING_SEED, int(names[0].code)])
    seeds = np.array([*anchors.values(), *random_points(rng, area, len(free))])
    cells: list[Polygon] = []
    for _ in range(RELAXATIONS):
        cells = _voronoi(seeds, area)
        for index, cell in enumerate(cells):
            centre = np.array(cell.centroid.coords[0])
            # An anchored community keeps near its place but still gains some room.
            pull = 0.01 if index < len(anchors) else 1.0
            if cell.contains(Point(centre)):
                seeds[index] += pull * (centre - seeds[index])
    cells = _voronoi(seeds, area)
    loose = sorted(cells[len(anchors) :], key=lambda cell: (cell.centroid.x, cell.centroid.y))
    named = dict(zip([*anchors, *free], [*cells[: len(anchors)], *loose], strict=True))
    return {
        name: shapely.transform(cell, lambda xy: xy / [STRETCH, 1]) for name, cell in named.items()
    }


def _anchors(street: str, names: list[facts.Community], area: Polygon) -> dict[str, np.ndarray]:
    """Communities named in the name of a place of their street, with the place's position."""
    anchors: dict[str, np.ndarray] = {}
    for community in names:
        for place in facts.places():
            position = np.array([place.longitude * STRETCH, place.latitude])
            close = any(np.hypot(*(position - p)) < 0.0025 for p in anchors.values())
            if (
                place.street == street
                and community.stem in place.name
                and community.name not in anchors
                and area.contains(Point(position))
                and not close
            ):
                anchors[community.name] = position
    return anchors


def _voronoi(seeds: np.ndarray, area: Polygon) -> list[Polygon]:
    """The cell of each seed inside `area`; pieces cut off from a seed go to a neighbour."""
    regions = shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=area.envelope).geoms
    cells: list[Polygon] = []
    scraps: list[Polygon] = []
    for seed in seeds:
        region = next(r for r in regions if r.covers(Point(seed)))
        part = region.intersection(area)
        pieces = [g for g in getattr(part, "geoms", [part]) if isinstance(g, Polygon)]
        pieces.sort(key=lambda piece: piece.area, reverse=True)
        cells.append(pieces[0])
        scraps.extend(pieces[1:])
    for scrap in scraps:
        shared = [cell.intersection(scrap).length for cell in cells]
        best = int(np.argmax(shared))
        joined = shapely.union(cells[best], scrap)
        if not isinstance(joined, MultiPolygon):
            cells[best] = joined
    return cells


def _feature(properties: dict[str, str], polygon: Polygon) -> dict:
    # d3-geo fills the globe outside a ring that runs counter-clockwise.
    rounded = orient(shapely.transform(polygon, lambda xy: np.round(xy, 5)), sign=-1.0)
    return {"type": "Feature", "properties": properties, "geometry": mapping(rounded)}


def _write_collection(file: Path, features: list[dict]) -> None:
    document = {"type": "FeatureCollection", "note": NOTE, "features": features}
    file.write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(paths.PROJECT / "data" / "boundaries")
