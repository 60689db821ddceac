"""How far the stations reach: enterprises as cells, the stations there are, and sites for further ones."""

from collections.abc import Mapping

import pyarrow as pa
import pydeck as pdk

from fuqi import look, wording
from fuqi.maps import layers
from fuqi.maps.boundaries import Boundaries
from fuqi.maps.layers import DistrictMap, Frame, LegendEntry, Point
from fuqi.maps.points import STATION_COLOURS
from fuqi.store import reach

CELL_METRES = 50
"""About what a cell of `reach_cells` measures when it is asked for one cell a side."""
ENDS_OF_STEPS = (0.4, 0.7, 0.9)
"""The shares of cells after which a darker step begins."""
COUNTS = {"entity_count": "市场主体", "unreached_count": "未覆盖的市场主体"}


def cells_a_side(frame: Frame) -> int:
    """How many base cells make up a side of those that are drawn: the wider the view, the coarser."""
    if frame.community:
        return 1
    return 2 if frame.subdistrict else 4


def enterprise_cells(
    cells: pa.Table,
    stations: pa.Table,
    boundaries: Boundaries,
    frame: Frame,
    *,
    side: int,
    counted: str = "entity_count",
    sites: pa.Table | None = None,
    chosen: str | None = None,
) -> DistrictMap:
    """Cells light to dark by `counted` (entity_count or unreached_count), stations by kind, sites with their rank.

    Takes the rows of `reach_cells` made with `side` cells a side, of `station_list`, and of `reach_of_sites`.
    Cells that count none are left out; `chosen` is the number of the station to mark.
    """
    filled = [row for row in cells.to_pylist() if row[counted]]
    ends = steps(sorted(row[counted] for row in filled))
    corners = [
        (
            row["grid_column"] * side * reach.CELL_LONGITUDE,
            row["grid_row"] * side * reach.CELL_LATITUDE,
        )
        for row in filled
    ]
    placed = [row for row in stations.to_pylist() if row["longitude"] is not None]
    proposed = sites.to_pylist() if sites is not None else []
    deck = layers.deck(
        [
            *layers.areas(boundaries, frame),
            *layers.cells(
                "cells",
                corners,
                [row[counted] for row in filled],
                metres=CELL_METRES * side,
                steps=ends,
            ),
            layers.names(boundaries, frame),
            layers.points(
                "stations",
                (
                    Point(
                        row["longitude"],
                        row["latitude"],
                        STATION_COLOURS.get(row["station_kind"], look.NEUTRAL),
                        row["station_name"],
                        f"{row['station_kind']}，服务 {row['service_count']:,} 人次",
                        radius=4,
                        is_chosen=row["station_id"] == chosen,
                        goes_to={"station": row["station_id"]},
                    )
                    for row in placed
                ),
            ),
            *_sites(proposed),
        ],
        boundaries,
        frame,
    )
    return DistrictMap(
        deck,
        (*_legend(ends, bool(filled)), *_points_legend(placed, bool(proposed))),
        f"{COUNTS[counted]}按约 {CELL_METRES * side} 米网格计数，站点 {len(placed)} 个"
        + (f"，拟设站点 {len(proposed)} 个" if proposed else ""),
        stations.num_rows - len(placed),
    )


def steps(values: list[int]) -> list[int]:
    """The upper ends of all steps but the last of sorted counts, with one digit that is not zero."""
    ends = set()
    for share in ENDS_OF_STEPS if values else ():
        value = values[int(share * (len(values) - 1))]
        digits = 10 ** (len(str(value)) - 1)
        ends.add(max(1, round(value / digits) * digits))
    return sorted(end for end in ends if end < values[-1])


def _legend(ends: list[int], is_any: bool) -> list[LegendEntry]:
    """What each shade of the cells stands for."""
    if not is_any:
        return []
    colours = look.SEQUENCE[-len(ends) - 1 :]
    lows = [1, *(end + 1 for end in ends)]
    words = [
        f"{low:,}–{end:,}家" if low < end else f"{end:,}家"
        for low, end in zip(lows, ends, strict=False)
    ]
    return [
        LegendEntry(colour, word)
        for colour, word in zip(colours, [*words, f"{lows[-1]:,}家及以上"], strict=True)
    ]


def _points_legend(placed: list[dict], has_sites: bool) -> list[LegendEntry]:
    present = {row["station_kind"] for row in placed}
    entries = [LegendEntry(c, kind) for kind, c in STATION_COLOURS.items() if kind in present]
    return [*entries, LegendEntry(look.INK, "拟设站点（数字为先后）")] if has_sites else entries


def _sites(proposed: list[Mapping]) -> list[pdk.Layer]:
    """The proposed sites as dark points with their rank in them; a click goes to the community."""
    if not proposed:
        return []
    shown = [
        Point(
            row["longitude"],
            row["latitude"],
            look.INK,
            f"拟设第{row['site_rank']}站 · {row['community_name'] or '社区未知'}",
            f"新增覆盖 {row['newly_reached_count']:,} 家，累计覆盖率 "
            f"{wording.percent(row['reached_with_sites_rate'])}"
            f"（{row['reached_count']:,}/{row['placed_count']:,}）",
            radius=11,
            alpha=240,
            goes_to={"community": row["community_name"]} if row["community_name"] else {},
        )
        for row in reversed(proposed)
    ]
    ranks = pdk.Layer(
        "TextLayer",
        [
            {"position": [row["longitude"], row["latitude"]], "text": str(row["site_rank"])}
            for row in proposed
        ],
        id="site_ranks",
        get_position="position",
        get_text="text",
        get_color=look.rgba(look.PAPER),
        get_size=13,
        font_family=pdk.types.String(look.FONT),
        font_weight=700,
        pickable=False,
    )
    return [layers.points("sites", shown), ranks]
