"""What the demo takes from the real district: streets, communities and places."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "facts"


@dataclass(frozen=True)
class Community:
    code: str
    name: str
    street: str

    @property
    def stem(self) -> str:
        return self.name.removesuffix("社区")


@dataclass(frozen=True)
class Place:
    name: str
    kind: str
    longitude: float
    latitude: float
    street: str


@cache
def communities() -> tuple[Community, ...]:
    """The 92 communities in order of their code, so that those of one street are neighbours."""
    rows = sorted(_rows("communities.csv"), key=lambda row: row["community_code"])
    return tuple(
        Community(row["community_code"], row["community_name"], row["subdistrict_name"])
        for row in rows
    )


@cache
def street_codes() -> dict[str, str]:
    """Code by name of the ten streets, in order of their code."""
    pairs = {(r["subdistrict_code"], r["subdistrict_name"]) for r in _rows("communities.csv")}
    return {name: code for code, name in sorted(pairs)}


@cache
def places() -> tuple[Place, ...]:
    """Known places with their WGS84 positions."""
    return tuple(
        Place(
            row["place_name"],
            row["place_kind"],
            float(row["longitude_wgs84"]),
            float(row["latitude_wgs84"]),
            row["subdistrict_name"],
        )
        for row in _rows("places.csv")
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
