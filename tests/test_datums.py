"""Positions in China's shifted datums, against pairs that others have published.

The pairs stand in the test suites of public libraries that convert between GCJ-02, BD-09 and WGS84: those of
eviltransform name Shanghai, Shenzhen and Beijing, those of coordtransform and its many ports the Forbidden City, those
of a map-sharing app give Baidu's metres. They were written down independently of the library used here.
"""

import geocoordinates_ffi as geo
import pytest

from fuqi.intake.places import _INVERSES, BAIDU_METRES
from tests.plain.great_circle import Position, metres_between

WGS84_AND_GCJ02: dict[str, tuple[Position, Position]] = {
    "Shanghai": ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    "Shenzhen": ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    "Beijing": ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    "Forbidden City": ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    "Zhejiang": ((121.0917077, 30.6107779), (121.09626935575027, 30.608604331756705)),
}
WGS84_AND_BD09: dict[str, tuple[Position, Position]] = {
    "Forbidden City": ((116.404, 39.915), (116.41662724378733, 39.922699552216216)),
    "Zhejiang": ((121.0917077, 30.6107779), (121.10271732371203, 30.61484572185035)),
}
BAIDU_METRES_AND_GCJ02: dict[str, tuple[Position, Position]] = {
    "Guangzhou": ((12613508.26, 2629182.88), (113.30138024838311, 23.110319308993134)),
    "Guangzhou north": (
        (12613424.449999997, 2633524.681382545),
        (113.30063234845544, 23.146380831856163),
    ),
    "Taizhou": ((13520653.0, 3317203.0), (121.45032959369264, 28.696786436412197)),
}


def in_wgs84(position: Position, datum: str) -> Position:
    """What the intake makes of a position."""
    found = _INVERSES[datum](*position)
    return found.lon, found.lat


@pytest.mark.parametrize("place", WGS84_AND_GCJ02)
def test_gcj02_becomes_the_published_wgs84_to_a_metre(place):
    wgs84, gcj02 = WGS84_AND_GCJ02[place]
    assert metres_between(wgs84, gcj02) > 300, "the pair would not tell a missing conversion"
    assert metres_between(in_wgs84(gcj02, "GCJ-02"), wgs84) < 1


@pytest.mark.parametrize("place", WGS84_AND_BD09)
def test_bd09_becomes_the_published_wgs84_to_a_metre(place):
    wgs84, bd09 = WGS84_AND_BD09[place]
    assert metres_between(wgs84, bd09) > 300
    assert metres_between(in_wgs84(bd09, "BD-09"), wgs84) < 1


@pytest.mark.parametrize("place", BAIDU_METRES_AND_GCJ02)
def test_metres_of_baidus_map_become_the_place_published_for_them(place):
    metres, gcj02 = BAIDU_METRES_AND_GCJ02[place]
    published = in_wgs84(gcj02, "GCJ-02")
    assert metres_between(in_wgs84(metres, BAIDU_METRES), published) < 1


def test_there_and_back_again_is_less_than_a_centimetre_all_over_futian():
    worst = 0.0
    for step_x in range(11):
        for step_y in range(11):
            place = (113.99 + step_x * 0.012, 22.50 + step_y * 0.01)
            shifted = geo.wgs84_to_gcj02(geo.Wgs84(lon=place[0], lat=place[1]))
            twice = geo.gcj02_to_bd09(shifted)
            for there, datum in (
                ((shifted.lon, shifted.lat), "GCJ-02"),
                ((twice.lon, twice.lat), "BD-09"),
            ):
                worst = max(worst, metres_between(in_wgs84(there, datum), place))
    assert 0 < worst < 0.01
