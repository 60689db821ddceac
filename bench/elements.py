"""What one element of a page takes when a filter changes: the floor below every page of Streamlit.

    python -m bench elements [--runs 8]

A page of one select box and some elements of one kind is measured as `bench pages` measures its pages; what it takes
more than the page without any, divided by their number, is what one takes: until the page stands still, and of CPU of
the browser's tab and of the server. Beside it, how many of each kind the dashboard's pages hold. A page takes the sum
of its elements, whatever the server does; so the pages differ from the one-metric page by what they show.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser

from bench import browser, pages, results, served, warehouses
from bench.results import Sample
from bench.served import Server

NUMBERS = {
    "none": 0,
    "caption": 40,
    "caption in a container": 40,
    "html": 40,
    "row of 8 cards": 5,
    "chart": 10,
    "table": 10,
}
"""How many of each kind (bench/elements_page.py) stand on the measured page: enough to tell from one that has none."""
HELD = {
    "card": ".fuqi-card",
    "chart": "[data-testid=stVegaLiteChart]:not([class*=st-key-map_] *)",
    "map": "[data-testid=stDeckGlJsonChart], [class*=st-key-map_] [data-testid=stVegaLiteChart]",
    "table": "[data-testid=stDataFrame]",
    "html": "[data-testid=stHtml]",
    "text": "[data-testid=stMarkdown], [data-testid=stHeading]",
    "container": "[data-testid=stLayoutWrapper]",
    "elements": "[data-testid=stElementContainer]",
}
"""What is counted on the dashboard's pages."""


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench elements")
    parser.add_argument("--runs", type=int, default=8, help="changes of each page, after two")
    chosen = parser.parse_args(argv)
    facts = results.environment()
    print(results.headline(facts))
    with browser.chromium() as chromium, warehouses.demo() as warehouse:
        facts["chromium"] = chromium.version
        found = {
            "kinds": measure(chromium, warehouse, chosen.runs),
            "pages": held(chromium, warehouse),
        }
    print(printed(found))
    print(f"\nwritten to {results.write('elements', {'environment': facts, **found})}")
    return 0


def measure(chromium: Browser, warehouse: Path, runs: int) -> dict[str, dict[str, Any]]:
    """Samples of each kind's page, in milliseconds: until it stood still, and CPU of tab and server."""
    with served.baseline("elements", warehouse, served.STILL) as server:
        return {kind: _page_of(chromium, server, kind, runs) for kind in NUMBERS}


def _page_of(chromium: Browser, server: Server, kind: str, runs: int) -> dict[str, Any]:
    address = f"{server.address}/?{urlencode({'kind': kind, 'number': NUMBERS[kind]})}"
    settled, tab_cpu, server_cpu = [], [], []
    with browser.visitor(chromium) as tab:
        tab.open(address)
        options = tab.options("option")[1 : runs + 3]
        for turn, option in enumerate(options):
            before = pages.cpu(chromium, server)
            change = tab.choose("option", option)
            after = pages.cpu(chromium, server)
            if turn < 2:  # the first changes load what is drawn for the first time
                continue
            settled.append(change.settled_ms)
            tab_cpu.append(after["renderer"] - before["renderer"])
            server_cpu.append(after["server"] - before["server"])
    samples = {"settled_ms": settled, "tab_cpu_ms": tab_cpu, "server_cpu_ms": server_cpu}
    return {"number": NUMBERS[kind], **{name: Sample.of(each) for name, each in samples.items()}}


def of_one(kinds: Mapping[str, Mapping[str, Any]], kind: str, measured: str) -> float | None:
    """What one element of the kind adds to the page without any."""
    number = kinds[kind]["number"]
    value, without = kinds[kind][measured].median, kinds["none"][measured].median
    return None if not number or value is None or without is None else (value - without) / number


def held(chromium: Browser, warehouse: Path) -> dict[str, dict[str, int]]:
    """How many elements of each kind every page of the dashboard holds."""
    found = {}
    with served.dashboard(warehouse, served.STILL) as server, browser.visitor(chromium) as tab:
        for name in pages.PAGES:
            tab.open(server.address + pages.path_of(name))
            found[name] = {
                kind: tab.page.locator(f"[data-testid=stMain] :is({selector})").count()
                for kind, selector in HELD.items()
            }
    return found


def printed(found: Mapping[str, Any]) -> str:
    """Two tables: what one element of each kind takes, and what the pages hold."""
    kinds = found["kinds"]
    rows = [
        [
            kind,
            one["number"],
            one["settled_ms"].n,
            *(
                value
                for name in ("settled_ms", "tab_cpu_ms", "server_cpu_ms")
                for value in (one[name].median, of_one(kinds, kind, name))
            ),
        ]
        for kind, one in kinds.items()
    ]
    headers = ["kind", "number", "n", "settled", "one", "tab CPU", "one", "server CPU", "one"]
    counted = [[name, *one.values()] for name, one in found["pages"].items()]
    return (
        f"\nmilliseconds of a change, medians\n{results.table(headers, rows)}\n\n"
        f"{results.table(['page', *HELD], counted)}"
    )
