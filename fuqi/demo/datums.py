"""Positions in the datum an upstream system exports them in."""

import geocoordinates_ffi as geo

from fuqi.demo.areas import Row

DECIMALS = 6


def convert(rows: list[Row], datum: str) -> None:
    """Replaces the WGS84 positions of `rows` by positions in GCJ-02 or BD-09."""
    for row in rows:
        row["longitude"], row["latitude"] = converted(row["longitude"], row["latitude"], datum)


def converted(longitude: float, latitude: float, datum: str) -> tuple[float, float]:
    """A WGS84 position in `datum`, to 1e-6 degrees."""
    point = geo.wgs84_to_gcj02(geo.Wgs84(lon=longitude, lat=latitude))
    if datum == "BD-09":
        point = geo.gcj02_to_bd09(point)
    return round(point.lon, DECIMALS), round(point.lat, DECIMALS)
