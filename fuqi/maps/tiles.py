"""Map tiles below the areas, for offices that have a source of their own; without the setting none is asked for."""

import math

import pydeck as pdk

from fuqi.maps.boundaries import Box

MOST_TILES = 48
"""As many pictures as one map asks for at most."""


def layers(url: str, district: Box, view: Box, zoom: float) -> list[pdk.Layer]:
    """The tiles of an XYZ source (web mercator, WGS84 or CGCS2000) that cover the view, one layer a tile.

    They are as sharp as the opening view needs (`zoom` of 512-pixel tiles) and no sharper. Without a `url` there
    are none.
    """
    if not url:
        return []
    margin_x, margin_y = (view[2] - view[0]) * 0.5, (view[3] - view[1]) * 0.5
    west, south = max(view[0] - margin_x, district[0]), max(view[1] - margin_y, district[1])
    east, north = min(view[2] + margin_x, district[2]), min(view[3] + margin_y, district[3])
    level = max(0, min(18, math.ceil(zoom) + 1))
    while True:
        first, last = _tile(west, north, level), _tile(east, south, level)
        if (last[0] - first[0] + 1) * (last[1] - first[1] + 1) <= MOST_TILES:
            break
        level -= 1
    return [
        pdk.Layer(
            "BitmapLayer",
            id=f"tile_{x}_{y}_{level}",
            image=pdk.types.String(url.format(x=x, y=y, z=level)),
            bounds=[*_corner(x, y + 1, level), *_corner(x + 1, y, level)],
            pickable=False,
        )
        for x in range(first[0], last[0] + 1)
        for y in range(first[1], last[1] + 1)
    ]


def _tile(longitude: float, latitude: float, level: int) -> tuple[int, int]:
    """The column and row of the tile that holds a position."""
    across = (longitude + 180) / 360
    down = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return int(across * 2**level), int(down * 2**level)


def _corner(x: int, y: int, level: int) -> tuple[float, float]:
    """Longitude and latitude of a tile's north-western corner."""
    latitude = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / 2**level))))
    return x / 2**level * 360 - 180, latitude
