"""Speed and memory of intake and queries, each beside a baseline of the same run.

    python -m bench [--copies 100] [--runs 7]
    python -m bench --rows 1000000

Machines differ and are noisy, so every figure stands with its ratio to a baseline measured in the same process:
for the intake, reading the same files without checking anything; for a query, counting the rows of `appeals`.
`--copies` repeats the appeals that often, to see how the queries grow. `--rows` measures one thing only: the intake
of a CSV file of so many appeals in a process of its own, beside DuckDB's `read_csv` of the same file in another.
Results go to bench/out/ as JSON.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import python_calamine

from fuqi import contract, intake, paths, settings
from fuqi.store import Database, Release, Warehouse, parameters

OUT = Path(__file__).with_name("out")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument(
        "--copies", type=int, default=100, help="how often the appeals are repeated"
    )
    parser.add_argument(
        "--runs", type=int, default=7, help="each query's median is taken over these"
    )
    parser.add_argument("--rows", type=int, help="measure the intake of so many appeals, alone")
    chosen = parser.parse_args()
    if chosen.rows is not None:
        return _measure_large_intake(chosen.rows)

    with tempfile.TemporaryDirectory() as folder:
        warehouse = Warehouse(Path(folder))
        results: dict[str, Any] = {"measured_at": datetime.now().isoformat(timespec="seconds")}
        results["intake"] = _intake(warehouse)
        release = warehouse.current()
        if release is None:
            sys.exit("the intake published nothing")
        results["queries"] = {
            "demo": _queries(release, chosen.runs),
            f"appeals x {chosen.copies}": _queries(
                _repeated(warehouse, release, chosen.copies), chosen.runs
            ),
        }
    results["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    OUT.mkdir(exist_ok=True)
    file = OUT / f"{datetime.now():%Y%m%d-%H%M%S}.json"
    file.write_text(json.dumps(results, ensure_ascii=False, indent=2), encoding="utf-8")
    _print(results, file)
    return 0


READ_CSV = """
import sys, duckdb
duckdb.execute("create table read as from read_csv($1, all_varchar = true)", [sys.argv[1]])
"""
INTAKE = """
import sys
from pathlib import Path
from fuqi import intake
from fuqi.store import Warehouse
print(intake.run(Path(sys.argv[1]), Warehouse(Path(sys.argv[2])), max_lost_share=1.0).summary())
"""


def _measure_large_intake(rows: int) -> int:
    with tempfile.TemporaryDirectory() as place:
        folder, warehouse = Path(place), str(Path(place) / "warehouse")
        intake.run(paths.EXPORTS, Warehouse(Path(warehouse)))
        file = folder / "诉求.csv"
        _write_appeals(Warehouse(Path(warehouse)).current(), file, rows)
        size = file.stat().st_size / 1024**2
        read_csv = _process(READ_CSV, str(file))
        measured = _process(INTAKE, str(file), warehouse)
    results = {
        "measured_at": datetime.now().isoformat(timespec="seconds"),
        "rows": rows,
        "file_mb": size,
        "intake": measured,
        "read_csv": read_csv,
    }
    OUT.mkdir(exist_ok=True)
    out = OUT / f"{datetime.now():%Y%m%d-%H%M%S}-rows.json"
    out.write_text(json.dumps(results, ensure_ascii=False, indent=2), encoding="utf-8")
    print(f"{rows:,} appeals, {size:.0f} MB of CSV")
    for name, figures in (("intake", measured), ("DuckDB's read_csv", read_csv)):
        print(
            f"  {name:<18}{figures['seconds']:>7.1f} s, {figures['cpu_seconds']:>6.1f} s of CPU, "
            f"peak {figures['peak_memory_mb']:,.0f} MB"
        )
    return 0


def _write_appeals(release: Release, file: Path, rows: int) -> None:
    """The release's appeals again and again under ids of their own, with the headers upstream writes."""
    columns = contract.load()["appeals"].columns
    titled = ", ".join(f'{column.name} as "{column.title}"' for column in columns)
    place = release.table_path("appeals")
    duckdb.sql(
        f"copy (select {titled} from (select * replace (appeal_id || '-' || copy as appeal_id) "
        f"from read_parquet('{place}'), range({rows}) as copies (copy) limit {rows})) "
        f"to '{file}' (header)"
    )


def _process(code: str, *arguments: str) -> dict[str, float]:
    """Seconds, those of CPU, and peak memory in MB of a Python process that runs `code`."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code, *arguments])  # noqa: S603 - our own code
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"the measured process ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_memory_mb": usage.ru_maxrss / 1024,
    }


def _intake(warehouse: Warehouse) -> dict[str, float]:
    baseline = _seconds(_read_without_checking)
    seconds = _seconds(lambda: intake.run(paths.EXPORTS, warehouse))
    return {"seconds": seconds, "reading_only_seconds": baseline, "ratio": seconds / baseline}


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


def _repeated(warehouse: Warehouse, release: Release, copies: int) -> Release:
    """The release again, with every appeal `copies` times under ids of its own."""
    with warehouse.stage() as staging:
        for table in release.table_names:
            if table != "appeals":
                staging.carry_over(table)
        source, target = release.table_path("appeals"), staging.folder / "appeals.parquet"
        duckdb.sql(
            f"select * replace (appeal_id || '-' || copy as appeal_id) "
            f"from read_parquet('{source}'), range({copies}) as copies (copy)"
        ).write_parquet(str(target))
        manifest = replace(release.manifest, release_id=staging.release_id)
        return staging.publish(manifest)


def _queries(release: Release, runs: int) -> dict[str, dict[str, float]]:
    database = Database(release, settings.load())
    params = _params(release)
    baseline = _median_ms(lambda: database.row_count("appeals"), runs)
    measured = {"(baseline: count of appeals)": {"ms": baseline, "ratio": 1.0}}
    for name, query in database.queries.items():
        if query.folder == "staging":
            continue
        given = {p: params[p] for p in query.params}
        ms = _median_ms(lambda name=name, given=given: database.run(name, given), runs)
        measured[name] = {"ms": ms, "ratio": ms / baseline}
    database.close()
    return measured


def _params(release: Release) -> dict[str, Any]:
    chosen = settings.load()
    as_of = release.manifest.data_as_of
    shared = parameters(as_of, chosen.programme_start, as_of.date(), chosen)
    return {
        **shared,
        "service_group": "站点服务",
        "longest_days": 14,
        "case_id": "SQ20230504001",
        "most_rows": 20,
        "search": "",
        "case_state": "all",
        "case_order": "deadline",
        "offset_rows": 0,
    }


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _median_ms(work: Callable[[], Any], runs: int) -> float:
    work()
    return 1000 * statistics.median(_seconds(work) for _ in range(runs))


def _print(results: dict[str, Any], file: Path) -> None:
    loaded = results["intake"]
    print(
        f"intake {loaded['seconds']:.1f} s, {loaded['ratio']:.1f} x reading the files alone "
        f"({loaded['reading_only_seconds']:.1f} s); peak memory {results['peak_memory_mb']:.0f} MB"
    )
    for ledger, measured in results["queries"].items():
        print(f"\n{ledger}")
        for name, figures in sorted(measured.items(), key=lambda item: -item[1]["ms"]):
            print(f"  {name:<32}{figures['ms']:>9.1f} ms {figures['ratio']:>7.1f} x")
    print(f"\nwritten to {file}")


if __name__ == "__main__":
    sys.exit(main())
