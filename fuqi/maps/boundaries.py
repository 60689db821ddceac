"""The district's boundaries, from `data/boundaries/`: replace the files there by official ones."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shapely.geometry import shape

from fuqi import paths


class BoundaryError(ValueError):
    """A boundary file is missing or is not the GeoJSON it should be."""


@dataclass(frozen=True)
class Boundaries:
    """Polygons of the subdistricts with the point each one's name is written at (WGS84 degrees)."""

    features: tuple[dict[str, Any], ...]
    label_points: dict[str, tuple[float, float]]
    bounds: tuple[float, float, float, float]
    """west, south, east, north"""

    @staticmethod
    @cache
    def load(path: Path = paths.BOUNDARIES / "subdistricts.geojson") -> "Boundaries":
        """Raises BoundaryError naming the file; every feature needs the property `name` (街道)."""
        try:
            collection = json.loads(path.read_text(encoding="utf-8"))
            features = tuple(collection["features"])
            shapes = {f["properties"]["name"]: shape(f["geometry"]) for f in features}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BoundaryError(
                f"{path.name}: expected a GeoJSON FeatureCollection with a name per feature - {error}"
            ) from error
        if not shapes:
            raise BoundaryError(f"{path.name}: no feature found")
        points = {}
        for name, polygon in shapes.items():
            point = polygon.representative_point()
            points[name] = (point.x, point.y)
        boxes = [polygon.bounds for polygon in shapes.values()]
        bounds = (
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        )
        return Boundaries(features, points, bounds)

    def narrowed(self, subdistrict: str | None) -> tuple[float, float, float, float]:
        """The bounds of one subdistrict, or of the district when there is none of that name."""
        for feature in self.features:
            if feature["properties"]["name"] == subdistrict:
                return shape(feature["geometry"]).bounds
        return self.bounds
