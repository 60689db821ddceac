"""Each query file over the release alone, on the demo and with every appeal many times over.

    python -m bench queries [--copies 100] [--runs 7]

The baseline is counting the rows of `appeals`. `bench pages` and `bench scale` have the sums over a page's queries.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from bench import results
from fuqi import intake, paths, settings
from fuqi.intake import rollups
from fuqi.store import Database, Release, Warehouse, parameters
from fuqi.store.queries import BUILDING

OF_ONE_OBJECT = {
    "service_group": "站点服务",
    "longest_days": 14,
    "case_id": "SQ20230504001",
    "most_rows": 20,
    "search": "",
    "case_state": "all",
    "case_order": "deadline",
    "offset_rows": 0,
}
"""Values of parameters that pages give themselves; a query that wants yet another one is left out."""


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench queries")
    parser.add_argument("--copies", type=int, default=100, help="how often appeals are repeated")
    parser.add_argument("--runs", type=int, default=7, help="each median is taken over these")
    chosen = parser.parse_args(argv)
    facts = results.environment()
    print(results.headline(facts))
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Warehouse(Path(folder))
        intake.run(paths.EXPORTS, warehouse)
        release = warehouse.current()
        if release is None:
            sys.exit("the intake published nothing")
        small = measure(release, chosen.runs)
        large = measure(_repeated(warehouse, release, chosen.copies), chosen.runs)
    rows = [
        [
            name,
            ms,
            results.times(ms / small[BASELINE]),
            large[name],
            results.times(large[name] / large[BASELINE]),
        ]
        for name, ms in sorted(small.items(), key=lambda item: -large[item[0]])
    ]
    headers = ["query", "demo ms", "ratio", f"appeals x {chosen.copies} ms", "ratio"]
    print(results.table(headers, rows))
    found = {"demo_ms": small, "repeated_ms": large, "copies": chosen.copies}
    print(f"\nwritten to {results.write('queries', {'environment': facts, **found})}")
    return 0


BASELINE = "(baseline: count of appeals)"


def measure(release: Release, runs: int) -> dict[str, float]:
    """Median milliseconds of each query of a page, and of the baseline."""
    database = Database(release, settings.load())
    params = _params(release)
    measured = {BASELINE: _median_ms(lambda: database.row_count("appeals"), runs)}
    for name, query in database.queries.items():
        if query.folder in BUILDING or set(query.params) - set(params):
            continue
        given = {p: params[p] for p in query.params}
        measured[name] = _median_ms(lambda name=name, given=given: database.run(name, given), runs)
    database.close()
    return measured


def _repeated(warehouse: Warehouse, release: Release, copies: int) -> Release:
    """The release again, with every appeal `copies` times under ids of its own and its roll-ups made of them."""
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
        published = staging.publish(manifest)
    rollups.write(published, settings.load())
    return published


def _params(release: Release) -> dict[str, Any]:
    chosen = settings.load()
    as_of = release.manifest.data_as_of
    shared = parameters(as_of, chosen.programme_start, as_of.date(), chosen)
    return {**shared, **OF_ONE_OBJECT}


def _median_ms(work: Callable[[], Any], runs: int) -> float:
    work()
    return 1000 * statistics.median(_seconds(work) for _ in range(runs))


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
