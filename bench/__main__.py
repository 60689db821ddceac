"""Benchmarks, run by hand: `python -m bench NAME [options]`; `--help` behind a name says what it takes.

    intake    loading the exports, and a large file of appeals
    queries   each query file over the release alone
    pages     cold start, first load and filter changes of every page in a real browser
    elements  what one element of a page takes of a change, and what the pages hold
    scale     the same at several sizes of the ledger
    load      many visitors at once, over the websocket
    soak      the wall screen for half an hour: memory of the server and of the browser
    build     roll-ups with DuckDB and with Spark
    all       intake, queries, pages, load and soak, each in a short version

Each prints a table and writes a json to bench/out/. Machines differ and are noisy, so every figure stands beside a
baseline of the same run.
"""

import importlib
import sys
from collections.abc import Sequence

from bench.results import RefusalError

BENCHMARKS = ("intake", "queries", "pages", "elements", "scale", "load", "soak", "build")
SHORT: dict[str, list[str]] = {
    "intake": [],
    "queries": ["--copies", "20", "--runs", "3"],
    "pages": ["--runs", "2", "--cold-runs", "1"],
    "load": ["--sessions", "1,10", "--seconds", "20"],
    "soak": ["--minutes", "3", "--publish-every", "1"],
}


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0
    name, *given = arguments
    if name == "all":
        return max(_run(each, short) for each, short in SHORT.items())
    if name not in BENCHMARKS:
        print(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    return _run(name, given)


def _run(name: str, given: Sequence[str]) -> int:
    print(f"== {name}", flush=True)
    try:
        # Each brings its own imports: only those with a browser need Playwright.
        benchmark = importlib.import_module(f"bench.{name}")
        return benchmark.main(given)
    except RefusalError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"{name}: {error}; install what it needs (`make lint` does so)", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
