"""The same pages at several sizes of the ledger.

    python -m bench scale [--appeals 2300,1000000,10000000] [--pages overview,resolution] [--runs 3] [--releases FOLDER]

A size up to 2,300 is the demo exports; a larger one is made by `fuqi demo --appeals` and `fuqi intake`, once, and kept
in bench/out/warehouses/ or the folder given, where `<folder>/<appeals>` may also be put by other means. A size that
cannot be made is a line of the table that says so. Each size has the baselines of its own minutes (bench/pages.py);
the naive pandas page, which holds the whole ledger for every visitor, is left out above 2,000,000 appeals.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import browser, pages, results, warehouses

SIZES = "2300,1000000,10000000"
SHOWN = "overview,resolution,comparison,street"
MOST_FOR_PANDAS = 2_000_000
LARGE, MOST_CHANGE_LARGE = 10_000_000, 3.0
"""From so many appeals on, a change may take so many times the one-metric page's."""
MOST_SERVER_MB = 4096.0


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench scale")
    parser.add_argument("--appeals", default=SIZES, help="numbers, by commas")
    parser.add_argument("--pages", default=SHOWN, help="names, by commas")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--releases", type=Path, default=warehouses.KEPT, help="where they are kept"
    )
    chosen = parser.parse_args(argv)
    names = [name for name in chosen.pages.split(",") if name]
    if unknown := set(names) - set(pages.PAGES):
        parser.error(f"no pages {', '.join(sorted(unknown))}; there are {', '.join(pages.PAGES)}")
    facts = results.environment()
    print(results.headline(facts))
    found: dict[str, dict[str, Any]] = {}
    with browser.chromium() as chromium:
        facts["chromium"] = chromium.version
        for size in (int(part) for part in chosen.appeals.split(",")):
            try:
                warehouse = warehouses.of_size(size, chosen.releases)
            except warehouses.MakingError as error:
                print(f"{size:,}: {error}", file=sys.stderr)
                found[f"{size}"] = {"not_made": str(error)}
                continue
            appeals = warehouses.appeals(warehouse)
            print(f"{appeals:,} appeals", flush=True)
            measured = pages.measure(
                chromium, warehouse, names, chosen.runs, 0, with_pandas=appeals <= MOST_FOR_PANDAS
            )
            found[f"{size}"] = {"appeals": appeals, **measured}
    print(printed(found))
    print(f"\nwritten to {results.write('scale', {'environment': facts, 'sizes': found})}")
    return 0


def printed(found: Mapping[str, Mapping[str, Any]]) -> str:
    """One table over the sizes: a line for each page of each."""
    rows = []
    for size, one in found.items():
        if "not_made" in one:
            rows.append([int(size), "not made", *[None] * (len(HEADERS) - 2)])
            continue
        for name, page in {**one["pages"], "naive pandas": one["naive pandas"]}.items():
            if page["change_ms"].n or page["first_load_ms"].n:
                rows.append(_row(one, name, page))
    return results.table(HEADERS, rows)


HEADERS = (
    "appeals",
    "page",
    "first load",
    "ratio",
    "change",
    "p95",
    "one metric",
    "ratio",
    "target",
    "",
    "server CPU",
    "queries",
    "p95",
    f"<= {pages.MOST_QUERIES_MS:g} ms",
    "server peak MB",
    f"<= {MOST_SERVER_MB:g} MB",
    "load",
)


def _row(one: Mapping[str, Any], name: str, page: Mapping[str, Any]) -> list[Any]:
    most = MOST_CHANGE_LARGE if one["appeals"] >= LARGE else pages.MOST_CHANGE
    queries = page["queries"]["sums_ms"] if page["queries"] else None
    is_ours = name in one["pages"]
    peak = one["server"]["peak_rss_mb"] if is_ours else page["peak_rss_mb"]
    return [
        one["appeals"],
        name,
        page["first_load_ms"].median,
        results.times(page["first_load_ratio"]),
        page["change_ms"].median,
        page["change_ms"].p95,
        page["one_metric_ms"].median,
        results.times(page["change_ratio"]),
        f"<= {most:g}x",
        results.verdict(page["change_ratio"], most) if page["change_ms"].n else None,
        page["change_cpu_ms"]["server"].median,
        queries["median"] if queries else None,
        queries["p95"] if queries else None,
        results.verdict(queries["p95"], pages.MOST_QUERIES_MS) if queries else None,
        peak,
        results.verdict(peak, MOST_SERVER_MB),
        page["load_average"][0] if page["load_average"] else None,
    ]
