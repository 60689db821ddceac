"""DuckDB answering a page's queries alone: no Streamlit, no browser, nothing kept from an earlier answer.

Which queries a page runs, and with which parameters, is not guessed: Streamlit's own test driver opens the page with
each choice of filters, and what reaches `Database.run` is noted. Then the same queries are asked one after the other
of a database of their own, opened as a server opens it, and the time of all queries of one choice is added up.

A process of its own (`python -m bench.page_queries`) does so, for the warehouse is chosen when fuqi is imported; it
prints json. `measure` starts one.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

from bench import memory
from bench.results import Sample
from bench.served import environment
from fuqi import paths

SECONDS_TO_RUN = 300
Asked = list[tuple[str, dict[str, Any]]]
"""Names of queries with their parameters, in the order they were run."""


def measure(
    warehouse: Path, choices: Mapping[str, Sequence[Mapping[str, str]]], runs: int
) -> dict[str, dict[str, Any]]:
    """Milliseconds of all queries of each page: a Sample over the choices and `runs` repetitions, and what they ran."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-m", "bench.page_queries", "--runs", str(runs)],
        cwd=paths.PROJECT,
        env=environment(warehouse),
        input=json.dumps(choices),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the process that asks the queries ended with {done.returncode}")
    return json.loads(done.stdout)


def page_of(name: str) -> str:
    """The page that a part of one belongs to: `stations` for `stations.reach`."""
    return name.partition(".")[0]


def asked_by(page: str, chosen: Mapping[str, str]) -> Asked:
    """The queries that reach the database when the page is opened with these filters and nothing is kept yet."""
    from streamlit.testing.v1 import AppTest

    from fuqi.store import Database
    from fuqi.ui.asked import ROWS

    ROWS.forget(lambda _: True)
    noted: Asked = []
    run = Database.run

    def noting(database: Database, name: str, params: Mapping[str, Any], *further: Any) -> Any:
        noted.append((name, dict(params)))
        return run(database, name, params, *further)

    opened = AppTest.from_file(
        str(paths.PROJECT / "fuqi" / "ui" / "portal.py"), default_timeout=SECONDS_TO_RUN
    )
    opened.switch_page(f"../../pages/{page_of(page)}.py")
    opened.query_params.update(dict(chosen))
    with mock.patch.object(Database, "run", noting):
        opened.run()
    if opened.exception:
        raise RuntimeError(f"{page} with {dict(chosen)} failed: {opened.exception[0].message}")
    return noted


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.page_queries")
    parser.add_argument("--runs", type=int, required=True)
    runs = parser.parse_args().runs
    choices = json.load(sys.stdin)

    from fuqi import settings
    from fuqi.store import Database, Warehouse

    release = Warehouse(paths.WAREHOUSE).current()
    if release is None:
        sys.exit(f"{paths.WAREHOUSE} holds no release; load one first")
    # Scripts are run outside a server, of which Streamlit warns on stderr; stdout is the answer alone.
    noted = {page: [asked_by(page, chosen) for chosen in given] for page, given in choices.items()}
    begun = time.perf_counter()
    database = Database(release, settings.load())
    database.answer_ahead()
    opening_ms = 1000 * (time.perf_counter() - begun)
    found = {}
    for page, all_asked in noted.items():
        sums, cpu, by_query = [], [], {}
        for asked in all_asked:
            for run in range(runs + 1):
                taken = time.process_time()
                each = [(name, _milliseconds(database, name, params)) for name, params in asked]
                taken = time.process_time() - taken
                if run:  # the first one warms up what the operating system reads
                    cpu.append(1000 * taken)
                    sums.append(sum(ms for _, ms in each))
                    for name, ms in each:
                        by_query.setdefault(name, []).append(ms)
        slowest = sorted(by_query.items(), key=lambda item: -max(item[1]))
        found[page] = {
            "sums_ms": asdict(Sample.of(sums)),
            "cpu_ms": asdict(Sample.of(cpu)),
            "queries": max(map(len, all_asked)),
            "choices": len(all_asked),
            "slowest": {name: asdict(Sample.of(each)) for name, each in slowest[:5]},
        }
    found["(opening)"] = {"ms": opening_ms, "peak_rss_mb": memory.peak_rss_mb(os.getpid())}
    print(json.dumps(found, ensure_ascii=False))
    return 0


def _milliseconds(database: Any, name: str, params: Mapping[str, Any]) -> float:
    begun = time.perf_counter()
    database.run(name, params)
    return 1000 * (time.perf_counter() - begun)


if __name__ == "__main__":
    sys.exit(main())
