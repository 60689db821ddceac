"""The 145 open service stations (福企服务站), the service catalogue and the services given."""

from datetime import date, datetime, timedelta

import numpy as np

from fuqi.demo import boundaries
from fuqi.demo.areas import Areas, Row
from fuqi.demo.entities import Entities
from fuqi.demo.timeline import (
    CADRES_START,
    EXPORTED_AT,
    days,
    moment,
    office_minute,
    working_days,
)

OPEN_STATIONS = 145
WITHOUT_STATION = ("新沙社区", "上梅社区")
"""Communities with no station of their own; both lie at the edge of the district."""
HALLS_OF_MARKET = 4
CLOSED_STATIONS = (
    ("石厦社区", date(2022, 9, 1), date(2023, 2, 28)),
    ("上林社区", date(2022, 10, 10), date(2023, 3, 31)),
)
KIND_OF_PARK = {
    "专业市场": "专业市场",
    "产业园": "产业园区",
    "商圈": "商圈楼宇",
    "楼宇": "商圈楼宇",
}
CENTRE_NAME = "华强北小个专党群服务中心福企服务站"
"""The station in the first 小个专党群服务中心; functions and scenes are offered there."""
CENTRE_POSITION = (114.0845, 22.5478)

CONSULTATION, QUICK_TEST = "S01", "S02"
BUSIEST_CONSULTATIONS = 612
CONSULTATIONS = 5200
QUICK_TESTS_BEFORE = 63
QUICK_TESTS_AFTER = 901
OTHER_SERVICES = 1500
FUNCTION_SERVICES = 760
SCENE_SERVICES = 640
TEST_DAY_MINUTES = 24 * 60
TEST_MINUTES = 5

DIGITS = "一二三四五六七八九十"
SERVICE_NAMES = {CONSULTATION: "政策咨询", QUICK_TEST: "产品快检"}
SCENE_NAMES = {"C01": "注册登记", "C02": "贷款", "C03": "直播带货"}


def catalogue() -> list[Row]:
    """Six station services, six functions and ten scenes; names that were not published say so."""
    groups = (
        ("S", "站点服务", 6, SERVICE_NAMES, "站点服务"),
        ("F", "六大功能", 6, {}, "功能"),
        ("C", "十大场景", 10, SCENE_NAMES, "场景"),
    )
    rows: list[Row] = []
    for letter, group, count, published, word in groups:
        for number in range(1, count + 1):
            key = f"{letter}{number:02d}"
            rows.append(
                {
                    "service_id": key,
                    "service_name": published.get(key, f"{word}{DIGITS[number - 1]}（名称未公布）"),
                    "service_group": group,
                    "is_name_published": key in published,
                }
            )
    return rows


def draw(rng: np.random.Generator, areas: Areas) -> list[Row]:
    """Stations with WGS84 positions: one in most communities, the others in parks."""
    rows: list[Row] = []
    for number, community in enumerate(areas.communities):
        if community.name in WITHOUT_STATION:
            continue
        cell = areas.cells[number]
        centre = np.array([cell.representative_point().coords[0]])
        point = boundaries.random_points(rng, cell, 1, centre, 130.0)[0]
        rows.append(
            _station(
                rng,
                community.stem,
                "社区党群服务中心",
                community.street,
                community.name,
                f"{community.name}党群服务中心一楼",
                point,
            )
        )
    centre_community = areas.nearest_community("华强北街道", *CENTRE_POSITION)
    rows.append(
        _station(
            rng,
            "",
            "社区党群服务中心",
            "华强北街道",
            areas.communities[centre_community].name,
            "华强北小个专党群服务中心一楼",
            np.array(CENTRE_POSITION),
        )
    )
    rows[-1]["station_name"] = CENTRE_NAME
    usable = [park for park in areas.parks if park.community not in WITHOUT_STATION]
    usable.sort(key=lambda park: list(KIND_OF_PARK).index(park.kind))
    sites = [
        (park, hall)
        for park in usable
        for hall in (range(HALLS_OF_MARKET) if park.kind == "专业市场" else [None])
    ]
    for park, hall in sites[: OPEN_STATIONS - len(rows)]:
        point = np.array([park.longitude, park.latitude]) + rng.normal(0, 0.0004, 2)
        name = park.name + ("" if hall is None else f"{'ABCD'[hall]}区")
        rows.append(
            _station(
                rng,
                name,
                KIND_OF_PARK[park.kind],
                park.street,
                park.community,
                f"{name}一楼服务台",
                point,
            )
        )
    for community, opened, closed in CLOSED_STATIONS:
        number = areas.number[community]
        point = boundaries.random_points(rng, areas.cells[number], 1)[0]
        row = _station(
            rng,
            f"{areas.communities[number].stem}（旧）",
            "社区党群服务中心",
            areas.communities[number].street,
            community,
            f"{community}原服务点",
            point,
        )
        rows.append(row | {"opened_date": opened, "closed_date": closed})
    order = list(areas.streets)
    rows.sort(key=lambda row: order.index(row["subdistrict_name"]))
    for number, row in enumerate(rows, start=1):
        row["station_id"] = f"{number:03d}"
        if row["station_kind"] == "专业市场" or row["station_name"] == CENTRE_NAME:
            row["opened_date"] = date(2022, 12, int(rng.integers(5, 29)))
            row["services"] = "政策咨询;产品快检;诉求登记"
    return rows


def _station(
    rng: np.random.Generator,
    name: str,
    kind: str,
    street: str,
    community: str,
    address: str,
    point: np.ndarray,
) -> Row:
    opening = working_days(date(2022, 12, 1), date(2023, 3, 24))
    late = rng.random() < 0.06
    opened = working_days(date(2023, 4, 3), date(2023, 6, 16)) if late else opening
    return {
        "station_name": f"{name}福企服务站",
        "station_kind": kind,
        "subdistrict_name": street,
        "community_name": community,
        "address": address,
        "services": "政策咨询;诉求登记",
        "opened_date": opened[rng.integers(len(opened))],
        "closed_date": None,
        "longitude": float(point[0]),
        "latitude": float(point[1]),
    }


def services(rng: np.random.Generator, stations: list[Row], entities: Entities) -> list[Row]:
    """Services given, oldest first; most since 2023-03, product tests sent away before that."""
    open_now = [row for row in stations if row["closed_date"] is None]
    centre = next(row for row in stations if row["station_name"] == CENTRE_NAME)
    testing = [row for row in open_now if "产品快检" in row["services"]]
    in_huaqiangbei = [row for row in open_now if row["subdistrict_name"] == "华强北街道"]
    rows = [_service(rng, centre, CONSULTATION, entities) for _ in range(BUSIEST_CONSULTATIONS)]
    others = [row for row in open_now if row is not centre]
    weight = rng.lognormal(0, 0.7, len(others))
    share = np.minimum(weight / weight.sum(), 0.03)
    for number in rng.choice(len(others), CONSULTATIONS, p=share / share.sum()):
        rows.append(_service(rng, others[number], CONSULTATION, entities))
    for service, count, where in (
        *((f"S{n:02d}", OTHER_SERVICES // 4, open_now) for n in (3, 4, 5, 6)),
        *((f"F{n:02d}", FUNCTION_SERVICES // 6, [centre]) for n in range(1, 7)),
        *((f"C{n:02d}", SCENE_SERVICES // 10, in_huaqiangbei) for n in range(1, 11)),
    ):
        factor = rng.uniform(0.6, 1.5) if service[0] != "S" else 1.0
        for _ in range(int(count * factor)):
            rows.append(_service(rng, where[rng.integers(len(where))], service, entities))
    rows += _quick_tests(rng, testing, entities)
    rows.sort(key=lambda row: (row["requested_at"], row["station_id"], row["service_id"]))
    for number, row in enumerate(rows, start=1):
        row["service_record_id"] = f"F{number:06d}"
    return rows


def _service(rng: np.random.Generator, station: Row, service: str, entities: Entities) -> Row:
    first = max(CADRES_START, station["opened_date"])
    open_days = days(first) if rng.random() < 0.12 else working_days(first)
    # Use grows as the stations become known.
    day = open_days[int(len(open_days) * rng.random() ** 0.8)]
    requested = moment(day, min(office_minute(rng), 17 * 60 + 20))
    done = requested + timedelta(minutes=int(rng.gamma(2.2, 7)) + 2)
    community = entities.areas.number[station["community_name"]]
    return {
        "station_id": station["station_id"],
        "service_id": service,
        "requested_at": requested,
        "completed_at": done if done <= EXPORTED_AT else None,
        "process": None,
        "enterprise_name": entities.name_of(entities.one_in_community(rng, community)),
        "subdistrict_name": station["subdistrict_name"],
    }


def _quick_tests(rng: np.random.Generator, stations: list[Row], entities: Entities) -> list[Row]:
    before = around(rng, QUICK_TESTS_BEFORE, TEST_DAY_MINUTES, 5, 360)
    after = around(rng, QUICK_TESTS_AFTER, TEST_MINUTES, 301, 3)
    rows: list[Row] = []
    outside = working_days(date(2023, 1, 4), date(2023, 1, 18)) + working_days(
        date(2023, 1, 30), date(2023, 2, 27)
    )
    for minutes in before:
        station = stations[rng.integers(len(stations))]
        row = _service(rng, station, QUICK_TEST, entities)
        requested = moment(outside[rng.integers(len(outside))], office_minute(rng))
        done = requested + timedelta(minutes=minutes)
        rows.append(row | {"requested_at": requested, "completed_at": done, "process": "外送办理"})
    for minutes in after:
        row = _service(rng, stations[rng.integers(len(stations))], QUICK_TEST, entities)
        done: datetime = row["requested_at"] + timedelta(minutes=minutes)
        rows.append(row | {"completed_at": done, "process": "站内办理"})
    return rows


def around(
    rng: np.random.Generator, count: int, median: int, at_median: int, spread: int
) -> list[int]:
    """`count` whole numbers whose median is exactly `median`, as many below it as above."""
    side = (count - at_median) // 2
    below = median - rng.integers(1, spread + 1, side)
    above = median + rng.integers(1, spread + 1, side)
    values = np.concatenate([below, above, np.full(count - 2 * side, median)])
    return [int(value) for value in rng.permutation(values)]
