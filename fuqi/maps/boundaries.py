"""The district's boundaries, from `data/boundaries/`: replace the files there by official ones."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from shapely import orient_polygons
from shapely.geometry import mapping, shape

from fuqi import paths

Box = tuple[float, float, float, float]
"""west, south, east, north in degrees"""


class BoundaryError(ValueError):
    """A boundary file is missing or is not the GeoJSON it should be."""


@dataclass(frozen=True)
class Areas:
    """Polygons of one level with the point each one's name is written at and the box it fills (WGS84 degrees).

    Loaded ones have their outer rings clockwise.
    """

    features: tuple[dict[str, Any], ...] = ()
    label_points: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    boxes: Mapping[str, Box] = field(default_factory=dict)

    @staticmethod
    def load(path: Path) -> "Areas":
        """Raises BoundaryError naming the file; every feature needs the property `name`."""
        try:
            collection = json.loads(path.read_text(encoding="utf-8"))
            features = tuple(
                {**f, "geometry": _clockwise(f["geometry"])} for f in collection["features"]
            )
            shapes = {f["properties"]["name"]: shape(f["geometry"]) for f in features}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BoundaryError(
                f"{path.name}: expected a GeoJSON FeatureCollection with a name per feature - {error}"
            ) from error
        if not shapes:
            raise BoundaryError(f"{path.name}: no feature found")
        points = {name: polygon.representative_point() for name, polygon in shapes.items()}
        return Areas(
            features,
            {name: (point.x, point.y) for name, point in points.items()},
            {name: polygon.bounds for name, polygon in shapes.items()},
        )

    def of(self, subdistrict: str) -> "Areas":
        """Those whose property `subdistrict_name` is that subdistrict."""
        return self._kept("subdistrict_name", subdistrict)

    def only(self, name: str) -> "Areas":
        """The one of that name; nothing where there is none."""
        return self._kept("name", name)

    def _kept(self, property_name: str, value: str) -> "Areas":
        kept = [f for f in self.features if f["properties"].get(property_name) == value]
        names = [f["properties"]["name"] for f in kept]
        return Areas(
            tuple(kept),
            {name: self.label_points[name] for name in names},
            {name: self.boxes[name] for name in names},
        )


@dataclass(frozen=True)
class Boundaries:
    """The subdistricts, which every map needs, and the communities, which it can do without."""

    streets: Areas
    communities: Areas

    @staticmethod
    @cache
    def load(folder: Path = paths.BOUNDARIES) -> "Boundaries":
        """From `subdistricts.geojson` and, if there, `communities.geojson` (with `subdistrict_name`) in the folder.

        Raises BoundaryError naming the file at fault.
        """
        communities = folder / "communities.geojson"
        return Boundaries(
            Areas.load(folder / "subdistricts.geojson"),
            Areas.load(communities) if communities.exists() else Areas(),
        )

    @property
    def bounds(self) -> Box:
        """The box of the whole district."""
        boxes = self.streets.boxes.values()
        return (
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        )

    def narrowed(self, subdistrict: str | None, community: str | None = None) -> Box:
        """The box of the community, else of the subdistrict, else of the district."""
        whole = self.streets.boxes.get(subdistrict or "", self.bounds)
        return self.communities.boxes.get(community or "", whole)


def _clockwise(geometry: dict[str, Any]) -> dict[str, Any]:
    """With outer rings clockwise: Vega takes any other ring for the rest of the world."""
    turned = mapping(orient_polygons(shape(geometry), exterior_cw=True))
    return json.loads(json.dumps(turned))  # lists, as in the file
