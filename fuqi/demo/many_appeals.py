"""More appeals than a district has: the drawn ones again and again, further back and a little different.

They show how the dashboard grows. Each row is a drawn appeal, moved back by whole weeks so that days of the week and
office hours stay what they are (holidays do not), some minutes earlier and closed a little sooner. Cases that are open
stay where they are, or they would all be overdue.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fuqi.contract.model import Table
from fuqi.demo.areas import Row
from fuqi.demo.files import DAY

NAME = "企业诉求台账"
FILE_ROWS = 1_000_000
WEEKS_BACK = 104
"""The farthest that an appeal moves: with the programme's own year the ledger spans three."""
LONGEST_EARLIER_SECONDS = 1800
LARGEST_SPEED_UP = 0.25
"""Of the time from the first answer to the end."""
WEEK_SECONDS = 7 * 86_400
MOMENTS = ("received_at", "assigned_at", "accepted_at", "first_response_at", "closed_at", "due_at")
SECONDS = pa.timestamp("s")


def write(
    folder: Path, table: Table, rows: Sequence[Row], count: int, seed: int
) -> Iterator[tuple[Path, int]]:
    """Write `count` appeals made of `rows` as parquet files of at most FILE_ROWS; gives each with its rows.

    The same seed writes the same rows. Columns have the contract's titles, moments their type.
    """
    drawn = _columns(table, rows)
    is_open = pc.and_(
        pc.is_null(drawn["closed_at"]), pc.invert(pc.fill_null(drawn["is_void"], False))
    ).to_numpy(zero_copy_only=False)
    titles = {column.name: column.title for column in table.columns}
    files = -(-count // FILE_ROWS)
    for number in range(files):
        first = number * FILE_ROWS
        size = min(FILE_ROWS, count - first)
        part = _part(np.random.default_rng([seed, 20, number]), drawn, is_open, first, size)
        file = folder / f"{NAME}_{number + 1:03d}of{files:03d}_{DAY}.parquet"
        pq.write_table(
            pa.table({titles[name]: column for name, column in part.items()}),
            file,
            compression="zstd",
        )
        yield file, size


def _columns(table: Table, rows: Sequence[Row]) -> dict[str, pa.Array]:
    """The drawn appeals by column, as far as any has it."""
    found = {}
    for column in table.columns:
        values = pa.array([row.get(column.name) for row in rows])
        if values.null_count < len(values):
            found[column.name] = values.cast(SECONDS) if column.name in MOMENTS else values
    return found


def _part(
    rng: np.random.Generator,
    drawn: dict[str, pa.Array],
    is_open: np.ndarray,
    first: int,
    size: int,
) -> dict[str, pa.Array]:
    weeks = rng.integers(0, WEEKS_BACK + 1, size)
    chosen = rng.integers(0, len(is_open), size)
    done = np.flatnonzero(~is_open)
    instead = done[rng.integers(0, len(done), size)]
    chosen = np.where(is_open[chosen] & (weeks > 0), instead, chosen)
    earlier = rng.integers(0, LONGEST_EARLIER_SECONDS, size)
    sooner = rng.random(size) * LARGEST_SPEED_UP
    part = {name: column.take(pa.array(chosen)) for name, column in drawn.items()}
    back = _durations(weeks * WEEK_SECONDS)
    taken = pc.subtract(part["closed_at"], part["first_response_at"]).cast(pa.int64())
    saved = pc.multiply(pc.fill_null(taken, 0).cast(pa.float64()), pa.array(sooner)).cast(
        pa.int64(), safe=False
    )
    for name in MOMENTS:
        moved = pc.subtract(part[name], back)
        # A deadline is a moment of the calendar, not of the case.
        part[name] = moved if name == "due_at" else pc.subtract(moved, _durations(earlier))
    part["closed_at"] = pc.subtract(part["closed_at"], saved.cast(pa.duration("s")))
    part["appeal_id"] = pa.array([f"SQ{number:010d}" for number in range(first, first + size)])
    visited = pa.array(weeks == 0)  # a visit has the appeals of its own day
    part["visit_id"] = pc.if_else(visited, part["visit_id"], None)
    return part


def _durations(seconds: np.ndarray) -> pa.Array:
    return pa.array(seconds).cast(pa.duration("s"))
