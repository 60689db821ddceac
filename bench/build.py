"""The roll-ups of one release worked out by DuckDB and by Spark, side by side.

    python -m bench build [--appeals 1000000] [--warehouse FOLDER] [--memory 6g] [--engines duckdb,local,cluster]

`local` is Spark in one process on two cores, `cluster` a master and two workers of one core each. Seconds are those of
the whole command, with the start of its processes; beside them those of the roll-ups alone, as it prints them. Memory
is the largest sum of what all its processes held (RSS, so that what they share counts twice), those of the cluster
included. Every file is compared with DuckDB's, value by value.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from bench import local_cluster
from fuqi import paths
from fuqi.store import Warehouse, rollups

OUT = Path(__file__).with_name("out")
ENGINES = ("duckdb", "local", "cluster")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench build")
    parser.add_argument("--appeals", type=int, default=1_000_000)
    parser.add_argument("--warehouse", type=Path, help="one that has them already")
    parser.add_argument("--memory", default="6g", help="of each process of Spark's that reckons")
    parser.add_argument("--engines", default=",".join(ENGINES))
    chosen = parser.parse_args(arguments)
    asked = chosen.engines.split(",")
    if unknown := set(asked) - set(ENGINES):
        parser.error(f"no engines {', '.join(sorted(unknown))}; there are {', '.join(ENGINES)}")
    engines = [engine for engine in ENGINES if engine in asked]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        warehouse = Warehouse(chosen.warehouse or folder / "warehouse")
        if chosen.warehouse is None:
            _load(chosen.appeals, folder / "exports", warehouse)
        results: dict[str, Any] = {
            "measured_at": datetime.now().isoformat(timespec="seconds"),
            "cores": os.cpu_count(),
            "engines": {},
        }
        kept: Path | None = None
        for engine in engines:
            measured = _measure(engine, warehouse, folder / engine, chosen.memory)
            made = _folder(warehouse)
            measured["rows"] = _rows(made)
            if kept is None:
                kept = Path(shutil.copytree(made, folder / "kept"))
                measured["differing"] = {}
            else:
                measured["differing"] = _differing(kept, made)
            results["engines"][engine] = measured
            _tell(engine, measured)
    OUT.mkdir(exist_ok=True)
    file = OUT / f"build-{datetime.now():%Y%m%d-%H%M%S}.json"
    file.write_text(json.dumps(results, ensure_ascii=False, indent=2), encoding="utf-8")
    _print(results, file)
    return int(any(each["differing"] for each in results["engines"].values()))


def _load(appeals: int, exports: Path, warehouse: Warehouse) -> None:
    for command in (
        ("demo", "--appeals", str(appeals), "--folder", str(exports)),
        ("intake", str(exports)),
    ):
        _fuqi(warehouse, *command).wait()


def _measure(engine: str, warehouse: Warehouse, folder: Path, memory: str) -> dict[str, Any]:
    load_before = os.getloadavg()[0]
    if engine == "duckdb":
        return {"load_before": load_before, **_timed(warehouse, [])}
    confs = {
        **local_cluster.CONNECTING,
        "spark.driver.memory": memory,
        "spark.executor.memory": memory,
    }
    if engine == "local":
        return {"load_before": load_before, **_timed(warehouse, _on_spark("local[2]", confs))}
    home = local_cluster.spark_home()
    if home is None:
        raise SystemExit("pyspark is not installed; `make spark`, or --engines duckdb")
    with local_cluster.running(home, folder, memory=memory) as cluster:
        command = _on_spark(cluster.master, confs)
        return {"load_before": load_before, **_timed(warehouse, command, cluster.pids)}


def _on_spark(master: str, confs: dict[str, str]) -> list[str]:
    given = [part for name, value in confs.items() for part in ("--conf", f"{name}={value}")]
    return ["--engine", "spark", "--master", master, *given]


def _timed(
    warehouse: Warehouse, options: Sequence[str], beside: Iterable[int] = ()
) -> dict[str, Any]:
    start = time.monotonic()
    process = _fuqi(warehouse, "build", *options)
    with _peak_memory([process.pid, *beside]) as peak:
        printed, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"python -m fuqi build {' '.join(options)} failed:\n{printed}")
    return {
        "seconds": time.monotonic() - start,
        "said": printed.strip().splitlines()[-1],
        "peak_memory_mb": peak[0] / 2**20,
    }


def _fuqi(warehouse: Warehouse, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-m", "fuqi", *command],
        cwd=paths.PROJECT,
        env={**os.environ, "FUQI_WAREHOUSE": str(warehouse.folder), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE if command[0] == "build" else None,
        encoding="utf-8",
    )


@contextmanager
def _peak_memory(pids: Sequence[int]) -> Iterator[list[int]]:
    """The most bytes that the processes and those they started held at once, in the one entry of a list."""
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            peak[0] = max(peak[0], _held(pids))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def _held(pids: Sequence[int]) -> int:
    parents, sizes = {}, {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            _, _, fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")
            pages = int((folder / "statm").read_text(encoding="utf-8").split()[1])
        except (OSError, IndexError, ValueError):  # it has just ended
            continue
        parents[int(folder.name)] = int(fields.split()[1])
        sizes[int(folder.name)] = pages * os.sysconf("SC_PAGE_SIZE")

    def belongs(pid: int) -> bool:
        while pid > 1:
            if pid in pids:
                return True
            pid = parents.get(pid, 0)
        return False

    return sum(size for pid, size in sizes.items() if belongs(pid))


def _folder(warehouse: Warehouse) -> Path:
    release = warehouse.current()
    if release is None:
        raise SystemExit("the intake published nothing")
    return release.folder / rollups.FOLDER


def _rows(folder: Path) -> dict[str, int]:
    return {
        file.stem: duckdb.sql(f"select count(*) from '{file}'").fetchall()[0][0]
        for file in sorted(folder.glob("*.parquet"))
    }


def _differing(kept: Path, made: Path) -> dict[str, str]:
    """What is not the same in two folders of roll-ups, by name."""
    found = {}
    for name in sorted({file.name for each in (kept, made) for file in each.glob("*.parquet")}):
        one, other = kept / name, made / name
        if not (one.is_file() and other.is_file()):
            found[name] = "only one of them"
            continue
        columns = [
            [row[:2] for row in duckdb.sql(f"describe from '{file}'").fetchall()]
            for file in (one, other)
        ]
        if columns[0] != columns[1]:
            found[name] = "columns or types"
            continue
        beyond = [
            duckdb.sql(f"select count(*) from (from '{a}' except all from '{b}')").fetchall()[0][0]
            for a, b in ((one, other), (other, one))
        ]
        if any(beyond):
            found[name] = f"{beyond[0]} rows here, {beyond[1]} there"
    return found


def _tell(engine: str, measured: dict[str, Any]) -> None:
    print(f"{engine:8} {measured['seconds']:8.1f} s  {measured['said']}", flush=True)


def _print(results: dict[str, Any], file: Path) -> None:
    print(
        f"\n{'engine':10}{'seconds':>10}{'peak MB':>10}{'load':>7}{'rows':>14}  same as the first"
    )
    for engine, measured in results["engines"].items():
        same = "yes" if not measured["differing"] else f"NO: {measured['differing']}"
        print(
            f"{engine:10}{measured['seconds']:10.1f}{measured['peak_memory_mb']:10.0f}"
            f"{measured['load_before']:7.1f}{sum(measured['rows'].values()):14,}  {same}"
        )
    print()
    for name, rows in next(iter(results["engines"].values()))["rows"].items():
        print(f"{rows:>14,}  {name}")
    print(f"\n{file}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
