"""Speed and memory of the intake.

    python -m bench intake [--rows 1000000]

The demo exports, beside reading the same files without checking anything; or with `--rows` a CSV file of so many
appeals in a process of its own, beside DuckDB's `read_csv` of the same file in another.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import python_calamine

from bench import results
from fuqi import contract, intake, paths
from fuqi.store import Release, Warehouse

READ_CSV = """
import sys, duckdb
duckdb.execute("create table read as from read_csv($1, all_varchar = true)", [sys.argv[1]])
"""
INTAKE = """
import sys
from pathlib import Path
from fuqi import intake
from fuqi.store import Warehouse
print(intake.run(Path(sys.argv[1]), Warehouse(Path(sys.argv[2])), max_lost_share=1.0).summary(), file=sys.stderr)
"""


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench intake")
    parser.add_argument("--rows", type=int, help="appeals of one large CSV file; default: the demo")
    chosen = parser.parse_args(argv)
    facts = results.environment()
    print(results.headline(facts))
    rows, found = _demo() if chosen.rows is None else _large(chosen.rows)
    headers = ["", "s", "s of CPU", "peak MB", "ratio"]
    print(results.table(headers, rows))
    print(f"\nwritten to {results.write('intake', {'environment': facts, **found})}")
    return 0


def _demo() -> tuple[list[list[Any]], dict[str, Any]]:
    with tempfile.TemporaryDirectory() as place:
        baseline = _seconds(_read_without_checking)
        loaded = _process(INTAKE, str(paths.EXPORTS), str(Path(place) / "warehouse"))
    ratio = results.ratio(loaded["seconds"], baseline)
    return [
        ["reading the files alone", baseline, None, None, "1.00x"],
        ["intake", *loaded.values(), results.times(ratio)],
    ], {"reading_only_seconds": baseline, "intake": loaded, "ratio": ratio}


def _large(rows: int) -> tuple[list[list[Any]], dict[str, Any]]:
    with tempfile.TemporaryDirectory() as place:
        folder, warehouse = Path(place), Path(place) / "warehouse"
        intake.run(paths.EXPORTS, Warehouse(warehouse))
        file = folder / "诉求.csv"
        release = Warehouse(warehouse).current()
        if release is None:
            sys.exit("the intake of the demo published nothing")
        write_appeals(release, file, rows)
        size = file.stat().st_size / 1024**2
        read_csv = _process(READ_CSV, str(file))
        loaded = _process(INTAKE, str(file), str(warehouse))
    print(f"{rows:,} appeals, {size:.0f} MB of CSV")
    ratio = results.ratio(loaded["seconds"], read_csv["seconds"])
    found = {"rows": rows, "file_mb": size, "intake": loaded, "read_csv": read_csv, "ratio": ratio}
    return [
        ["DuckDB's read_csv", *read_csv.values(), "1.00x"],
        ["intake", *loaded.values(), results.times(ratio)],
    ], found


def write_appeals(release: Release, file: Path, rows: int, mark: str = "") -> None:
    """The release's appeals again and again under ids of their own, with the headers upstream writes; as CSV.

    `mark` tells the ids of one such file from those of another.
    """
    columns = contract.load()["appeals"].columns
    titled = ", ".join(f'{column.name} as "{column.title}"' for column in columns)
    place = release.table_path("appeals")
    duckdb.sql(
        f"copy (select {titled} "
        f"from (select * replace (appeal_id || '-' || '{mark}' || copy as appeal_id) "
        f"from read_parquet('{place}'), range({rows}) as copies (copy) limit {rows})) "
        f"to '{file}' (header)"
    )


def _process(code: str, *arguments: str) -> dict[str, float]:
    """Seconds, those of CPU, and peak memory in MB of a Python process that runs `code`."""
    start = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, *arguments],
        cwd=paths.PROJECT,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"the measured process ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_memory_mb": usage.ru_maxrss / 1024,
    }


def _read_without_checking() -> None:
    for file in sorted(paths.EXPORTS.iterdir()):
        match file.suffix:
            case ".xlsx":
                workbook = python_calamine.load_workbook(file)
                for name in workbook.sheet_names:
                    workbook.get_sheet_by_name(name).to_python()
            case ".csv":
                file.read_bytes()
            case ".parquet":
                pq.read_table(file)


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
