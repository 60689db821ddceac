"""Places in one spelling and one datum: streets and communities by their names, positions in WGS84."""

import re

import duckdb
import geocoordinates_ffi as geo
import pyarrow as pa

from fuqi.contract.model import Column, Table
from fuqi.intake.problems import FLAGGED, Problems
from fuqi.intake.values import spelled_alike

SURROUNDINGS = (113.95, 114.15, 22.45, 22.65)
"""Futian and its neighbours: west, east, south and north in degrees of WGS84."""

PLACE_NAMES = "place_name (target varchar, spelled varchar, name varchar)"
NAMED_PLACES = ("subdistricts", "communities")
OUTSIDE = "位置不在福田区及周边，坐标已清空"
HALF_A_POSITION = "经度、纬度只有一个，坐标已清空"

_INVERSES = {
    "GCJ-02": lambda longitude, latitude: geo.gcj02_to_wgs84_refined(
        geo.Gcj02(lat=latitude, lon=longitude)
    ),
    "BD-09": lambda longitude, latitude: geo.bd09_to_wgs84_refined(
        geo.Bd09(lat=latitude, lon=longitude)
    ),
}


def position_pairs(table: Table) -> list[tuple[Column, Column]]:
    """The longitude and latitude columns of a table that belong together."""
    return [(c, table.column(c.pair)) for c in table.columns if c.type == "longitude" and c.pair]


def place_positions(
    connection: duckdb.DuckDBPyConnection,
    problems: Problems,
    table: Table,
    source: int,
    datums: dict[str, str],
) -> None:
    """Put the positions of one sheet into WGS84; one that cannot be right is flagged and emptied.

    `datums` maps the name of a longitude column to the datum its positions are in.
    """
    for longitude, latitude in position_pairs(table):
        x, y = longitude.name, latitude.name
        columns = (x, y)
        half = f"_source = {source} and ({x} is null) <> ({y} is null)"
        problems.add_rows(
            f"select _source as source, _row as row from loaded_{table.name} where {half}",
            FLAGGED,
            columns,
            HALF_A_POSITION,
        )
        _clear(connection, table, columns, half)
        # Far-off values are no positions at all (metres, swapped columns), and no inverse is defined there.
        if datums[x] != "WGS84":
            _convert(connection, table, source, columns, datums[x])
        west, east, south, north = SURROUNDINGS
        outside = (
            f"_source = {source} and not "
            f"({x} between {west} and {east} and {y} between {south} and {north})"
        )
        problems.add_rows(
            f"select _source as source, _row as row from loaded_{table.name} where {outside}",
            FLAGGED,
            columns,
            OUTSIDE,
        )
        _clear(connection, table, columns, outside)


def learn_names(connection: duckdb.DuckDBPyConnection, rows: str, target: str) -> None:
    """Remember how the streets or communities in `rows` are spelled elsewhere.

    `target` is `subdistricts` or `communities`. A spelling that fits two places is nobody's.
    """
    connection.execute(f"create table if not exists {PLACE_NAMES}")
    meanings: dict[str, set[str]] = {}
    places = _spellings(connection, rows, target)
    for name, spellings in places:
        for spelled in spellings:
            meanings.setdefault(spelled, set()).add(name)
    # A place's own name is never another one's short form.
    meanings |= {name: {name} for name, _ in places}
    learned = [(target, s, name) for s, (name, *others) in meanings.items() if not others]
    if learned:
        connection.executemany("insert into place_name values ($1, $2, $3)", learned)


def name_places(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Write the streets and communities a table refers to in their usual spelling."""
    connection.execute(f"create table if not exists {PLACE_NAMES}")
    for column in table.columns:
        target, _, referred = (column.references or "").partition(".")
        if target not in NAMED_PLACES or not referred.endswith("_name"):
            continue
        connection.execute(
            f"""
            update loaded_{table.name} as rows set {column.name} = known.name
            from place_name as known
            where known.target = $1 and known.spelled = {spelled_alike("rows." + column.name)}
                and known.name <> rows.{column.name}
            """,
            [target],
        )


def _spellings(
    connection: duckdb.DuckDBPyConnection, rows: str, target: str
) -> list[tuple[str, set[str]]]:
    if target == "communities":
        names = connection.execute(f"select distinct community_name from {rows}").fetchall()
        return [(name, {name.removesuffix("社区")}) for (name,) in names if name]
    places = connection.execute(
        f"select distinct subdistrict_name, short_name, name_aliases from {rows}"
    ).fetchall()
    return [
        (
            name,
            {re.sub(r"\s", "", s) for s in (short, *re.split("[;；,，、]", aliases or "")) if s}
            | {name.removesuffix("街道"), f"{name}办", f"{name}办事处"},
        )
        for name, short, aliases in places
        if name
    ]


def _clear(
    connection: duckdb.DuckDBPyConnection, table: Table, columns: tuple[str, str], condition: str
) -> None:
    x, y = columns
    connection.execute(f"update loaded_{table.name} set {x} = null, {y} = null where {condition}")


def _convert(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    source: int,
    columns: tuple[str, str],
    datum: str,
) -> None:
    x, y = columns
    inverse = _INVERSES[datum]
    pairs = connection.execute(
        f"""
        select distinct {x}, {y} from loaded_{table.name}
        where _source = {source} and {x} between 73 and 136 and {y} between 3 and 54
        """
    ).fetchall()
    places = [inverse(longitude, latitude) for longitude, latitude in pairs]
    connection.register(
        "position_in_wgs84",
        pa.table(
            {
                "x": pa.array([p[0] for p in pairs], pa.float64()),
                "y": pa.array([p[1] for p in pairs], pa.float64()),
                "longitude": pa.array([p.lon for p in places], pa.float64()),
                "latitude": pa.array([p.lat for p in places], pa.float64()),
            }
        ),
    )
    connection.execute(
        f"""
        update loaded_{table.name} as rows set {x} = p.longitude, {y} = p.latitude
        from position_in_wgs84 as p
        where rows._source = {source} and rows.{x} = p.x and rows.{y} = p.y
        """
    )
    connection.unregister("position_in_wgs84")
