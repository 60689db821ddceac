"""Maps of points: stations, and what cadres hold."""

import math

import pyarrow as pa

from fuqi import look
from fuqi.maps import layers
from fuqi.maps.boundaries import Boundaries
from fuqi.maps.layers import DistrictMap, Frame, LegendEntry, Line, Point

STATION_COLOURS = dict(
    zip(("专业市场", "社区党群服务中心", "产业园区", "商圈楼宇"), look.CATEGORIES, strict=False)
)


def stations(
    rows: pa.Table, boundaries: Boundaries, frame: Frame, chosen: str | None = None
) -> DistrictMap:
    """Stations as points: colour by kind, area by services given; takes the rows of `station_list`.

    `chosen` is the number of the station to mark.
    """
    placed = [row for row in rows.to_pylist() if row["longitude"] is not None]
    most = max((row["service_count"] for row in placed), default=0)
    points = [
        Point(
            row["longitude"],
            row["latitude"],
            STATION_COLOURS.get(row["station_kind"], look.NEUTRAL),
            row["station_name"],
            f"{row['station_kind']}，服务 {row['service_count']:,} 人次",
            radius=4 + 14 * math.sqrt(row["service_count"] / most) if most else 5,
            is_chosen=row["station_id"] == chosen,
            goes_to={"station": row["station_id"]},
        )
        for row in placed
    ]
    present = {row["station_kind"] for row in placed}
    legend = [LegendEntry(c, kind) for kind, c in STATION_COLOURS.items() if kind in present]
    if present - STATION_COLOURS.keys():
        legend.append(LegendEntry(look.NEUTRAL, "其他"))
    deck = layers.deck(
        [
            *layers.areas(boundaries, frame),
            layers.points("stations", points),
            layers.names(boundaries, frame),
        ],
        boundaries,
        frame,
    )
    description = f"{len(points)} 个福企服务站的位置，清单见下表"
    return DistrictMap(deck, tuple(legend), description, rows.num_rows - len(points))


def held_objects(
    rows: pa.Table,
    lines: pa.Table,
    boundaries: Boundaries,
    frame: Frame,
    chosen: str | None = None,
) -> DistrictMap:
    """Parks, circles and communities, those nobody holds large and in their own colour; lines from street offices.

    Takes the rows of `held_object_list` and of `assignment_lines`; `chosen` is the number of the park to mark.
    """
    points = []
    for row in reversed(rows.to_pylist()):  # what nobody holds is drawn last, on top
        if row["longitude"] is None:
            continue
        is_park = row["object_kind"] == "园区商圈"
        points.append(
            Point(
                row["longitude"],
                row["latitude"],
                look.UNHELD if not row["is_held"] else look.CLOSED if is_park else look.NEUTRAL,
                row["object_name"],
                f"{row['object_type']}，{row['held_state']}"
                + (f"：{row['holder_units']}" if row["is_held"] else ""),
                radius=11 if not row["is_held"] else 7 if is_park else 4,
                alpha=230 if is_park else 170,
                is_chosen=row["object_id"] == chosen,
                goes_to={"park" if is_park else "community": row["object_id"]},
            )
        )
    offices = [
        Line(
            (row["office_longitude"], row["office_latitude"]),
            (row["longitude"], row["latitude"]),
            row["park_name"],
            f"由{row['office_subdistrict_name']}干部挂点，{row['holder_count']} 人",
            width=1 + min(row["holder_count"], 6) * 0.4,
            goes_to={"park": row["park_id"]},
        )
        for row in lines.to_pylist()
    ]
    legend = (
        LegendEntry(look.UNHELD, "无人挂点"),
        LegendEntry(look.CLOSED, "园区、商圈（有人挂点）"),
        LegendEntry(look.NEUTRAL, "社区（有人挂点）"),
        LegendEntry(look.RECEIVED, "街道办至其干部挂点的园区商圈", is_line=True),
    )
    deck = layers.deck(
        [
            *layers.areas(boundaries, frame),
            layers.lines("lines", offices),
            layers.points("objects", points),
            layers.names(boundaries, frame),
        ],
        boundaries,
        frame,
    )
    description = "园区、商圈、社区的挂点情况，清单见下表"
    return DistrictMap(deck, legend, description, rows.num_rows - len(points))
