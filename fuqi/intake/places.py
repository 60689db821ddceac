"""Places in one spelling and one datum: streets and communities by their names, positions in WGS84."""

import re

import duckdb
import geocoordinates_ffi as geo
import pyarrow as pa

from fuqi.contract.model import DATUMS, Column, Table
from fuqi.intake.problems import FLAGGED, Problems
from fuqi.intake.values import spelled_alike

SURROUNDINGS = (113.95, 114.15, 22.45, 22.65)
"""Futian and its neighbours: west, east, south and north in degrees of WGS84."""
WORLD = (-180, 180, -90, 90)
CHINA = (73, 136, 3, 54)
CHINA_IN_BAIDU_METRES = (8_126_000, 15_140_000, 332_000, 7_176_000)

BAIDU_METRES = "BD-09 metres"
EXPORT_DATUMS = (*DATUMS, BAIDU_METRES)
"""What a source or a mapping may state: the contract's datums, and Baidu's map in metres."""
FUTIAN_IN_BAIDU_METRES = (12_686_000, 12_709_000, 2_549_000, 2_571_000)
"""West, east, south, north. Up to 2,571,000 no place of Futian in Web Mercator's metres is mistaken for one."""

PLACE_NAMES = "place_name (target varchar, spelled varchar, name varchar)"
OFFICES = ("", "办", "街办", "办事处", "街道办", "街道办事处")
"""What stands for 街道 behind a street's name: 福保办 is 福保街道."""
NAMED_PLACES = ("subdistricts", "communities")
OUTSIDE = "位置不在福田区及周边，坐标已清空"
NO_POSITION = "经度、纬度不是度数，坐标已清空"
SWAPPED = "经度、纬度填反了，已对调"
HALF_A_POSITION = "经度、纬度只有一个，坐标已清空"

_INVERSES = {
    "GCJ-02": lambda longitude, latitude: geo.gcj02_to_wgs84_refined(
        geo.Gcj02(lat=latitude, lon=longitude)
    ),
    "BD-09": lambda longitude, latitude: geo.bd09_to_wgs84_refined(
        geo.Bd09(lat=latitude, lon=longitude)
    ),
    BAIDU_METRES: lambda x, y: geo.bd09_to_wgs84_refined(
        geo.baidu_mercator_to_bd09(geo.BaiduMercator(x=x, y=y))
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
    *,
    is_foreign: bool = False,
) -> None:
    """Put the positions of one sheet into WGS84; one that cannot be right is flagged and emptied.

    `datums` maps the name of a longitude column to the datum its positions are in. Metres of Baidu's map are
    recognised by their range whatever it says; a position that lies in Futian only when its two values change
    places gets them changed, and is flagged. `is_foreign` lets positions outside Futian stand.
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
        if not is_foreign:
            _swap_back(connection, problems, table, source, columns)
        datum = datums[x]
        if _are_baidu_metres(connection, table, source, columns):
            datum = BAIDU_METRES
        if datum != "WGS84":
            _convert(connection, table, source, columns, datum)
        outside = f"_source = {source} and not {_inside(columns, SURROUNDINGS)}"
        if is_foreign:
            outside = f"_source = {source} and not {_inside(columns, WORLD)}"
        problems.add_rows(
            f"select _source as source, _row as row from loaded_{table.name} where {outside}",
            FLAGGED,
            columns,
            NO_POSITION if is_foreign else OUTSIDE,
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
            | {f"{name.removesuffix('街道')}{end}" for end in OFFICES},
        )
        for name, short, aliases in places
        if name
    ]


def _inside(columns: tuple[str, str], box: tuple[float, float, float, float]) -> str:
    x, y = columns
    west, east, south, north = box
    return f"({x} between {west} and {east} and {y} between {south} and {north})"


def _are_baidu_metres(
    connection: duckdb.DuckDBPyConnection, table: Table, source: int, columns: tuple[str, str]
) -> bool:
    """Whether every position of the sheet lies in Futian when read as metres of Baidu's map."""
    ((are_metres,),) = connection.execute(
        f"select bool_and({_inside(columns, FUTIAN_IN_BAIDU_METRES)}) from loaded_{table.name} "
        f"where _source = {source}"
    ).fetchall()
    return bool(are_metres)


def _swap_back(
    connection: duckdb.DuckDBPyConnection,
    problems: Problems,
    table: Table,
    source: int,
    columns: tuple[str, str],
) -> None:
    # No degrees and no metres of Futian lie in its range both ways round, so nothing is guessed.
    x, y = columns
    ranges = (SURROUNDINGS, FUTIAN_IN_BAIDU_METRES)
    found = " or ".join(_inside((y, x), box) for box in ranges)
    swapped = f"_source = {source} and ({found})"
    problems.add_rows(
        f"select _source as source, _row as row from loaded_{table.name} where {swapped}",
        FLAGGED,
        columns,
        SWAPPED,
    )
    connection.execute(f"update loaded_{table.name} set {x} = {y}, {y} = {x} where {swapped}")


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
    # Far-off values are no positions at all (swapped columns, other metres), and no inverse is defined there.
    defined = CHINA_IN_BAIDU_METRES if datum == BAIDU_METRES else CHINA
    pairs = connection.execute(
        f"""
        select distinct {x}, {y} from loaded_{table.name}
        where _source = {source} and {_inside(columns, defined)}
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
