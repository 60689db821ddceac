"""Whether the street, the community and the position of a row agree; one that does not is kept and flagged."""

import json
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from fuqi import paths
from fuqi.contract.model import Table
from fuqi.intake.places import position_pairs
from fuqi.intake.problems import FLAGGED, Problems

TOLERANCE = 0.002
"""Degrees, about 200 m: boundaries are drawn by hand, and a datum left unsaid is out by 500."""

OTHER_STREETS_COMMUNITY = "社区不属于所填街道"
OUTSIDE_ITS_STREET = "坐标不在所填街道范围内"


def flag_disagreements(
    connection: duckdb.DuckDBPyConnection,
    problems: Problems,
    table: Table,
    communities: str | None,
) -> None:
    """Flag the rows of `loaded_<table>` whose community or position lies in another street than they say.

    `communities` is the relation of the communities' register. A street without a boundary judges no position.
    """
    references = {c.references: c.name for c in table.columns if c.references}
    street = references.get("subdistricts.subdistrict_name")
    community = references.get("communities.community_name")
    if street is None:
        return
    rows = f"select _source as source, _row as row from loaded_{table.name} as loaded"
    if community is not None and communities is not None:
        known = f"from {communities} as known where known.community_name = loaded.{community}"
        problems.add_rows(
            f"{rows} where {street} is not null and exists ({known}) "
            f"and not exists ({known} and known.subdistrict_name = loaded.{street})",
            FLAGGED,
            (street, community),
            OTHER_STREETS_COMMUNITY,
        )
    for longitude, latitude in position_pairs(table):
        columns = (longitude.name, latitude.name)
        outside = _outside(connection, table, street, columns)
        connection.register("position_outside", outside)
        problems.add_rows(
            "select * from position_outside", FLAGGED, (street, *columns), OUTSIDE_ITS_STREET
        )
        connection.unregister("position_outside")


def _outside(
    connection: duckdb.DuckDBPyConnection, table: Table, street: str, columns: tuple[str, str]
) -> pa.Table:
    """`source` and `row` of every position outside the boundary of its street, widened by the tolerance."""
    x, y = columns
    boundaries = _boundaries(paths.BOUNDARIES / "subdistricts.geojson")
    found = []
    for name, area in boundaries.items():
        rows = connection.sql(
            f"select _source as source, _row as row, {x} as x, {y} as y from loaded_{table.name} "
            f"where {street} = $1 and {x} is not null and {y} is not null",
            params=[name],
        ).to_arrow_table()
        is_inside = shapely.contains_xy(area, rows["x"].to_numpy(), rows["y"].to_numpy())
        found.append(rows.filter(pa.array(~is_inside)).select(["source", "row"]))
    schema = pa.schema([("source", pa.int32()), ("row", pa.int64())])
    return pa.concat_tables([schema.empty_table(), *found])


@cache
def _boundaries(file: Path) -> dict[str, BaseGeometry]:
    """The streets' areas by name, prepared for many points; none when there is no boundary file."""
    if not file.is_file():
        return {}
    areas = {}
    for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
        area = shape(feature["geometry"]).buffer(TOLERANCE)
        shapely.prepare(area)
        areas[feature["properties"]["name"]] = area
    return areas
