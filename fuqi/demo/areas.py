"""Streets, communities and parks as tables, and where they lie."""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry import Point, Polygon

from fuqi.demo import boundaries, facts
from fuqi.demo.shares import HETAO_AREA

Row = dict[str, object]

PARK_KINDS = ("产业园", "商圈", "专业市场或商场", "楼宇")
MARKET_WORDS = ("电子", "数码", "市场")
SAME_PLACE_TWICE = "车公庙(高德商圈点)"
HETAO_WORDS = ("河套", "深九", "腾飞", "深港国际", "国际生物医药", "国际量子", "福田保税区")


@dataclass(frozen=True)
class Park:
    id: str
    name: str
    kind: str
    area: str | None
    street: str
    community: str
    longitude: float
    latitude: float


class Areas:
    """The district's streets, communities and parks; the latter two are numbered by position."""

    def __init__(self) -> None:
        self.communities = facts.communities()
        self.cells: list[Polygon] = list(
            map(boundaries.community_polygons().__getitem__, (c.name for c in self.communities))
        )
        self.streets = list(facts.street_codes())

    @cached_property
    def number(self) -> dict[str, int]:
        """Position of a community by its name."""
        return {c.name: index for index, c in enumerate(self.communities)}

    def communities_of(self, street: str) -> list[int]:
        return [i for i, c in enumerate(self.communities) if c.street == street]

    def parks_of(self, street: str) -> list[int]:
        return [i for i, p in enumerate(self.parks) if p.street == street]

    def nearest_community(self, street: str, longitude: float, latitude: float) -> int:
        """The community of `street` whose cell holds the position or lies nearest to it."""
        point = Point(longitude, latitude)
        return min(self.communities_of(street), key=lambda i: self.cells[i].distance(point))

    @cached_property
    def parks(self) -> list[Park]:
        places = [p for p in facts.places() if p.kind in PARK_KINDS and p.name != SAME_PLACE_TWICE]
        return [
            Park(
                id=f"P{number:03d}",
                name=_park_name(place.name),
                kind=_park_kind(place),
                area=HETAO_AREA if place.name.startswith(HETAO_WORDS) else None,
                street=place.street,
                community=self.communities[
                    self.nearest_community(place.street, place.longitude, place.latitude)
                ].name,
                longitude=place.longitude,
                latitude=place.latitude,
            )
            for number, place in enumerate(places, start=1)
        ]

    def subdistrict_rows(self) -> list[Row]:
        polygons = boundaries.street_polygons()
        rows: list[Row] = []
        for name, code in facts.street_codes().items():
            short = name.removesuffix("街道")
            office = shapely.maximum_inscribed_circle(polygons[name], tolerance=1e-4).coords[0]
            rows.append(
                {
                    "subdistrict_code": code,
                    "subdistrict_name": name,
                    "short_name": short,
                    "name_aliases": f"{name}办;{name}办事处;{short}",
                    "office_longitude": round(office[0], 5),
                    "office_latitude": round(office[1], 5),
                }
            )
        return rows

    def community_rows(self) -> list[Row]:
        points = np.round([cell.representative_point().coords[0] for cell in self.cells], 5)
        return [
            {
                "community_code": community.code,
                "community_name": community.name,
                "subdistrict_name": community.street,
                "longitude": float(longitude),
                "latitude": float(latitude),
            }
            for community, (longitude, latitude) in zip(self.communities, points, strict=True)
        ]

    def park_rows(self) -> list[Row]:
        return [
            {
                "park_id": park.id,
                "park_name": park.name,
                "park_kind": park.kind,
                "area_name": park.area,
                "subdistrict_name": park.street,
                "community_name": park.community,
                "longitude": park.longitude,
                "latitude": park.latitude,
            }
            for park in self.parks
        ]


def _park_name(place: str) -> str:
    name = re.sub(r"\(.*?\)", "", place)
    return f"{name}商圈" if place.endswith("(高德商圈点)") else name


def _park_kind(place: facts.Place) -> str:
    if place.kind != "专业市场或商场":
        return place.kind
    return "专业市场" if any(word in place.name for word in MARKET_WORDS) else "楼宇"
