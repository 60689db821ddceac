"""The nearest open station of every enterprise, worked out once a load and kept beside the tables."""

import hashlib
from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.spatial import cKDTree

from fuqi.store import reach
from fuqi.store.releases import Staging

MEASURED_FROM = b"measured_from"
"""The note in the file that tells which stations it was worked out with."""
METHOD = "1"
"""To be raised when the same tables should give other rows, so that nothing is carried over from before."""
ROWS_AT_A_TIME = 122_880

GIVEN = ("enterprise_id", "subdistrict_name", "community_name", "is_small_business")
PLACED = ("station_id", "longitude", "latitude")


def write(staging: Staging, as_of: datetime, *, carried_over: Collection[str] = ()) -> bool:
    """Write the table beside `enterprises` and `stations`, which the staging folder already has.

    `carried_over` names the tables that come from the release before as they were. When `enterprises` is among them
    and the same stations are open at the same places, so is this one, and False is returned: nothing was worked out.
    """
    stations = _open_stations(_read(staging.folder / "stations.parquet"), as_of.date())
    measured_from = _fingerprint(stations)
    if "enterprises" in carried_over and _is_known(staging, measured_from):
        staging.carry_over(reach.TABLE)
        return False
    enterprises = _read(staging.folder / "enterprises.parquet", [*GIVEN, "longitude", "latitude"])
    pq.write_table(
        nearest_stations(enterprises, stations).replace_schema_metadata(
            {MEASURED_FROM: measured_from}
        ),
        staging.folder / f"{reach.TABLE}.parquet",
        compression="zstd",
        row_group_size=ROWS_AT_A_TIME,
    )
    return True


def nearest_stations(enterprises: pa.Table, stations: pa.Table) -> pa.Table:
    """The columns of `reach.COLUMNS` for each enterprise, in their order.

    Both have `longitude` and `latitude` in degrees of WGS84, the stations none without. Distances are great circles
    on a sphere of the earth's mean radius, found exactly: the nearest of points on a sphere is the one whose chord is
    shortest. Of stations equally near, to the millimetre, the one with the lowest number counts.
    """
    longitude = enterprises.column("longitude").to_numpy()
    latitude = enterprises.column("latitude").to_numpy()
    placed = np.isfinite(longitude) & np.isfinite(latitude)
    nearest = np.zeros(len(placed), np.int64)
    metres = np.full(len(placed), np.nan)
    stations = stations.sort_by("station_id")
    if stations.num_rows and placed.any():
        nearest[placed], metres[placed] = _nearest(
            reach.unit_vectors(longitude[placed], latitude[placed]),
            reach.unit_vectors(
                stations.column("longitude").to_numpy(), stations.column("latitude").to_numpy()
            ),
        )
    unknown = pa.array(~np.isfinite(metres))
    return pa.table(
        {
            **{name: enterprises.column(name) for name in GIVEN},
            "longitude": enterprises.column("longitude"),
            "latitude": enterprises.column("latitude"),
            "cell_column": _cells(longitude, reach.CELL_LONGITUDE, placed),
            "cell_row": _cells(latitude, reach.CELL_LATITUDE, placed),
            "nearest_station_id": pc.if_else(
                unknown, None, stations.column("station_id").combine_chunks().take(nearest)
            )
            if stations.num_rows
            else pa.nulls(len(placed), pa.string()),
            "nearest_station_metres": pa.array(metres, mask=~np.isfinite(metres)),
        }
    )


def _nearest(places: np.ndarray, stations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each place the number of its nearest station, the first of equals, and the metres to it."""
    near = min(2, len(stations))
    chords, numbers = cKDTree(stations).query(places, k=[*range(1, near + 1)])
    metres = reach.metres_of_chord(chords).round(3)
    found, first = numbers[:, 0], metres[:, 0]
    # A tree gives equals in no order; a tie of two may be one of more, so all stations are measured again.
    for tied in np.flatnonzero(metres[:, -1] == first) if near > 1 else ():
        to_all = np.linalg.norm(stations - places[tied], axis=1)
        found[tied] = np.flatnonzero(reach.metres_of_chord(to_all).round(3) == first[tied])[0]
    return found, first


def _cells(degrees: np.ndarray, step: float, placed: np.ndarray) -> pa.Array:
    return pa.array(np.floor(np.where(placed, degrees, 0) / step).astype(np.int32), mask=~placed)


def _open_stations(stations: pa.Table, day: date) -> pa.Table:
    """Number and place of the stations that are open on a day, those without a place left out."""
    opened, closed = stations.column("opened_date"), stations.column("closed_date")
    is_open = pc.and_(
        pc.fill_null(pc.less_equal(opened, day), True), pc.fill_null(pc.greater(closed, day), True)
    )
    is_placed = pc.and_(
        pc.is_valid(stations.column("longitude")), pc.is_valid(stations.column("latitude"))
    )
    return stations.filter(pc.and_(is_open, is_placed)).select(list(PLACED))


def _fingerprint(stations: pa.Table) -> bytes:
    rows = sorted(tuple(row.values()) for row in stations.to_pylist())
    return hashlib.sha256(repr((METHOD, rows)).encode()).hexdigest().encode()


def _is_known(staging: Staging, measured_from: bytes) -> bool:
    """Whether the release before has the table, worked out from the same stations."""
    if staging.previous is None:
        return False
    file = staging.previous.table_path(reach.TABLE)
    if not file.is_file():
        return False
    return (pq.read_schema(file).metadata or {}).get(MEASURED_FROM) == measured_from


def _read(file: Path, columns: list[str] | None = None) -> pa.Table:
    return pq.read_table(file, columns=columns)
