"""Every page in a real browser: cold start to first paint, first load to all content, filter change to settled.

    python -m bench pages [--pages overview,resolution] [--runs 5] [--cold-runs 2] [--warehouse FOLDER]

Each page stands beside four baselines of the same run: an empty Streamlit page, a page with one select box and one
metric, DuckDB answering the page's queries alone, and a naive pandas page. The first two are measured again before and
after every page, and a page's ratios are to those two turns, for the machine may be busier a minute later.

The times (settled.js has the definition, bench/browser.py the clock):

- cold paint: from the start of the server's process to the first contentful paint of a browser that goes to the page as
  soon as the port listens; cold settled: to the last change of that load.
- first load: a server that has drawn the page before, a browser that was never there; from the start of the navigation
  to the last change before the page stands still.
- change: from the click on an option of a filter to the last change. Each choice is one that the server has not seen
  before, as long as there are options left, so that no answer is kept from an earlier one.
- run over: of a change, until the browser has the server's word that its script run is over.
- kept: a change back and forth between two choices whose answers and charts the server keeps by then; what is left is
  the browser's, and what Streamlit takes to send a page.
- next load: the page again in a browser that has it in its cache, to the empty page in such a browser.
- queries: the sum over the queries that the page runs, nothing kept, no Streamlit; of the same choices of filters.
- CPU: what a change takes of the server, of the browser's tab and of what paints it (WebGL in software where there is
  no graphics card). It hardly depends on what else the machine does.

The pages do not look for news while they are measured.
"""

import argparse
import itertools
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from bench import browser, memory, page_queries, results, served, warehouses
from bench.browser import Settled
from bench.results import Sample
from bench.served import Server

PAGES: Mapping[str, Mapping[str, str]] = {
    "overview": {},
    "street": {"street": "福保街道"},
    "resolution": {},
    "resolution.steps": {"tab": "环节与用时"},
    "comparison": {},
    "common": {},
    "assignments": {},
    "stations": {},
    "stations.reach": {"tab": "够得着吗"},
    "stations.sites": {"tab": "再开一站"},
    "small_business": {},
    "financing": {},
    "definitions": {},
    "data": {},
}
"""The pages by name, with the filters of the link they are opened by. 审计 opens for auditors alone.

After a point stands which part of a page it is, where a page shows one of several.
"""
FILTERS = ("period", "street", "category", "community", "by", "measure")
MOST_CHANGE, MOST_FIRST_LOAD = 2.5, 2.0
"""The targets: ratios to the one-metric page and to the empty page."""
MOST_QUERIES_MS = 60.0
FIRST_LOADS_A_TURN, CHANGES_A_TURN = 2, 6
AFTERWARDS_MS = 1500
WORKERS = ("server", "renderer", "gpu")


@dataclass
class Turn:
    """The two baselines at one moment of the run."""

    empty_ms: list[float] = field(default_factory=list)
    change_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    """Of one change: of the server, the tab and what paints it together."""
    empty_next_ms: list[float] = field(default_factory=list)
    """The empty page in a browser that was there before."""


@dataclass
class Measured:
    """One page; times in milliseconds."""

    name: str
    cold_paint_ms: list[float] = field(default_factory=list)
    cold_settled_ms: list[float] = field(default_factory=list)
    first_load: list[Settled] = field(default_factory=list)
    next_load: list[Settled] = field(default_factory=list)
    """Of a browser that was there before."""
    changes: dict[str, list[Settled]] = field(default_factory=dict)
    kept: list[Settled] = field(default_factory=list)
    """Changes to choices that the server has answered before."""
    cpu_ms: list[dict[str, float]] = field(default_factory=list)
    """Of each change: CPU of the server, of the browser's tab, and of what paints."""
    choices: list[dict[str, str]] = field(default_factory=list)
    stood_still: bool | None = None
    complaints: list[str] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    load_average: list[float] = field(default_factory=list)

    @property
    def all_changes(self) -> list[Settled]:
        return [change for each in self.changes.values() for change in each]

    def summary(self, queries: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The samples, the ratios to the turns around the page, and the verdicts."""
        first = Sample.of(one.settled_ms for one in self.first_load)
        change = Sample.of(one.settled_ms for one in self.all_changes)
        empty = Sample.of(ms for turn in self.turns for ms in turn.empty_ms)
        one_metric = Sample.of(ms for turn in self.turns for ms in turn.change_ms)
        kept = Sample.of(one.settled_ms for one in self.kept)
        following = Sample.of(one.settled_ms for one in self.next_load)
        empty_next = Sample.of(ms for turn in self.turns for ms in turn.empty_next_ms)
        of_change = results.ratio(change.median, one_metric.median)
        of_first = results.ratio(first.median, empty.median)
        return {
            "cold_paint_ms": Sample.of(self.cold_paint_ms),
            "cold_settled_ms": Sample.of(self.cold_settled_ms),
            "first_load_ms": first,
            "first_run_over_ms": Sample.of(one.script_ms for one in self.first_load),
            "first_load_bytes": Sample.of(one.received_bytes for one in self.first_load),
            "empty_page_ms": empty,
            "first_load_ratio": of_first,
            "first_load_verdict": results.verdict(of_first, MOST_FIRST_LOAD),
            "next_load_ms": following,
            "empty_page_next_ms": empty_next,
            "next_load_ratio": results.ratio(following.median, empty_next.median),
            "kept_ms": kept,
            "kept_ratio": results.ratio(kept.median, one_metric.median),
            "change_ms": change,
            "change_heard_ms": Sample.of(one.heard_ms for one in self.all_changes),
            "change_run_over_ms": Sample.of(one.script_ms for one in self.all_changes),
            "change_bytes": Sample.of(one.received_bytes for one in self.all_changes),
            "change_cpu_ms": {
                name: Sample.of(each[name] for each in self.cpu_ms) for name in WORKERS
            },
            "by_filter_ms": {
                key: Sample.of(one.settled_ms for one in each) for key, each in self.changes.items()
            },
            "one_metric_ms": one_metric,
            "one_metric_cpu_ms": Sample.of(ms for turn in self.turns for ms in turn.cpu_ms),
            "change_all_cpu_ms": Sample.of(sum(each.values()) for each in self.cpu_ms),
            "change_ratio": of_change,
            "change_verdict": results.verdict(of_change, MOST_CHANGE),
            "queries": queries,
            "choices": self.choices,
            "stood_still": self.stood_still,
            "complaints": self.complaints,
            "load_average": self.load_average,
        }


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench pages")
    parser.add_argument("--pages", default=",".join(PAGES), help="names, by commas; default: all")
    parser.add_argument("--runs", type=int, default=5, help="first loads, and changes a filter")
    parser.add_argument("--cold-runs", type=int, default=2, help="starts of the server, 0 for none")
    parser.add_argument("--warehouse", type=Path, help="default: the demo exports, loaded anew")
    chosen = parser.parse_args(argv)
    names = [name for name in chosen.pages.split(",") if name]
    if unknown := set(names) - set(PAGES):
        parser.error(f"no pages {', '.join(sorted(unknown))}; there are {', '.join(PAGES)}")

    facts = results.environment()
    print(results.headline(facts))
    opened = nullcontext(chosen.warehouse) if chosen.warehouse else warehouses.demo()
    with browser.chromium() as chromium, opened as warehouse:
        facts["chromium"] = chromium.version
        facts["appeals"] = warehouses.appeals(warehouse)
        found = measure(chromium, warehouse, names, chosen.runs, chosen.cold_runs)
    print(printed(found))
    print(f"\nwritten to {results.write('pages', {'environment': facts, **found})}")
    return 0


def measure(
    chromium: Browser,
    warehouse: Path,
    names: Sequence[str],
    runs: int,
    cold_runs: int,
    *,
    with_pandas: bool = True,
) -> dict[str, Any]:
    """The pages over one warehouse beside the baselines; what `bench pages` writes as json."""
    measured = []
    cold_empty = Measured("empty page")
    naive = Measured("naive pandas")
    with (
        served.dashboard(warehouse, served.STILL) as server,
        _baselines(warehouse) as (empty, one_metric, pandas),
    ):
        turn = _turn(chromium, empty, one_metric)  # the first one warms up, and does not count
        turn = _turn(chromium, empty, one_metric)
        for name in names:
            page = Measured(name, turns=[turn])
            _first_loads_and_changes(chromium, server, page, runs)
            turn = _turn(chromium, empty, one_metric)
            page.turns.append(turn)
            page.load_average = results.load_average()
            measured.append(page)
            _say(page)
        held = memory.of(server.process_id)
        server_memory = {
            "rss_mb": held.rss_mb,
            "pss_mb": held.pss_mb,
            "peak_rss_mb": memory.peak_rss_mb(server.process_id),
        }
        naive.turns.append(turn)
        if with_pandas:
            _naive_changes(chromium, pandas, naive, runs)
            naive.turns.append(_turn(chromium, empty, one_metric))
        naive_memory = memory.peak_rss_mb(pandas.process_id)
    for _ in range(cold_runs):
        _cold_start(chromium, lambda: _cold_baseline(warehouse), "", cold_empty)
        for page in measured:
            _cold_start(chromium, lambda: _cold_dashboard(warehouse), path_of(page.name), page)
    queries = page_queries.measure(warehouse, {p.name: p.choices for p in measured}, runs)
    return {
        "pages": {page.name: page.summary(queries[page.name]) for page in measured},
        "empty page": {
            "cold_paint_ms": Sample.of(cold_empty.cold_paint_ms),
            "cold_settled_ms": Sample.of(cold_empty.cold_settled_ms),
        },
        "naive pandas": {**naive.summary(), "peak_rss_mb": naive_memory},
        "server": server_memory,
        "opening_of_a_database": queries["(opening)"],
        "load_average_at_end": results.load_average(),
    }


def printed(found: Mapping[str, Any]) -> str:
    """The table of a run, and how it stands to the targets."""
    pages = {**found["pages"], "naive pandas": found["naive pandas"]}
    rows = [
        [
            name,
            one["cold_paint_ms"].median,
            one["first_load_ms"].median,
            one["first_load_ms"].p95,
            one["empty_page_ms"].median,
            results.times(one["first_load_ratio"]),
            one["first_load_verdict"],
            results.times(one["next_load_ratio"]),
            one["change_ms"].n,
            one["change_run_over_ms"].median,
            one["change_ms"].median,
            one["change_ms"].p95,
            one["one_metric_ms"].median,
            results.times(one["change_ratio"]),
            one["change_verdict"] if one["change_ms"].n else results.NOTHING,
            one["kept_ms"].median,
            results.times(one["kept_ratio"]),
            *(one["change_cpu_ms"][name].median for name in WORKERS),
            one["one_metric_cpu_ms"].median,
            *(_of_queries(one["queries"])),
            _kilobytes(one["change_bytes"]),
            one["load_average"][0] if one["load_average"] else None,
        ]
        for name, one in pages.items()
    ]
    headers = [
        "page",
        "cold paint",
        "first load",
        "p95",
        "empty",
        "ratio",
        f"<= {MOST_FIRST_LOAD:g}x",
        "next load",
        "n",
        "run over",
        "change",
        "p95",
        "one metric",
        "ratio",
        f"<= {MOST_CHANGE:g}x",
        "kept",
        "ratio",
        *("server CPU", "tab CPU", "paint CPU", "one metric CPU"),
        "queries",
        "p95",
        "their CPU",
        "kB",
        "load",
    ]
    memory_line = ", ".join(f"{name} {mb:,.0f} MB" for name, mb in found["server"].items())
    cold = found["empty page"]["cold_paint_ms"].median
    cold_line = (
        "" if cold is None else f"cold start of the empty page to first paint {cold:,.0f} ms\n"
    )
    moved = [name for name, one in found["pages"].items() if one["stood_still"] is False]
    return (
        f"\nmilliseconds, medians\n{results.table(headers, rows)}\n\n{cold_line}"
        f"server after all pages: {memory_line.replace('_mb', '')}\n"
        f"{by_filter(found)}"
        + (f"\nstill moved after they counted as settled: {', '.join(moved)}" if moved else "")
    )


def by_filter(found: Mapping[str, Any]) -> str:
    """A line a page: the median change of each of its filters."""
    lines = []
    for name, one in found["pages"].items():
        each = ", ".join(
            f"{key} {sample.median:,.0f} ms (n {sample.n})"
            for key, sample in one["by_filter_ms"].items()
            if sample.n
        )
        if each:
            lines.append(f"  {name}: {each}")
    return "\n".join(lines)


def _of_queries(found: Mapping[str, Any] | None) -> tuple[float | None, ...]:
    if not found:
        return (None, None, None)
    return found["sums_ms"]["median"], found["sums_ms"]["p95"], found["cpu_ms"]["median"]


def _kilobytes(sample: Sample) -> float | None:
    return None if sample.median is None else sample.median / 1024


@contextmanager
def _baselines(warehouse: Path) -> Iterator[tuple[Server, Server, Server]]:
    with (
        served.baseline("empty page", warehouse, served.STILL) as empty,
        served.baseline("one metric", warehouse, served.STILL) as one_metric,
        served.baseline("naive pandas", warehouse, served.STILL) as pandas,
    ):
        yield empty, one_metric, pandas


def _turn(chromium: Browser, empty: Server, one_metric: Server) -> Turn:
    turn = Turn()
    for _ in range(FIRST_LOADS_A_TURN):
        with browser.visitor(chromium) as tab:
            turn.empty_ms.append(tab.open(empty.address).settled_ms)
            turn.empty_next_ms.append(browser.next_tab(tab).open(empty.address).settled_ms)
    with browser.visitor(chromium) as tab:
        tab.open(one_metric.address)
        for option in tab.options("option")[1 : CHANGES_A_TURN + 1]:
            before = sum(cpu(chromium, one_metric).values())
            turn.change_ms.append(tab.choose("option", option).settled_ms)
            turn.cpu_ms.append(sum(cpu(chromium, one_metric).values()) - before)
    return turn


def _first_loads_and_changes(chromium: Browser, server: Server, page: Measured, runs: int) -> None:
    url = server.address + path_of(page.name)
    with browser.visitor(chromium) as tab:  # the server's first time is not what is measured
        tab.open(url)
        _walk(tab, page, runs, lambda: cpu(chromium, server))
        page.complaints = tab.complaints
    for _ in range(runs):
        with browser.visitor(chromium) as tab:
            page.first_load.append(tab.open(url))
            page.complaints += tab.complaints
            before = tab.page.screenshot()
            if len(page.first_load) == runs:
                tab.page.wait_for_timeout(AFTERWARDS_MS)
                page.stood_still = before == tab.page.screenshot()
            page.next_load.append(browser.next_tab(tab).open(url))


def cpu(chromium: Browser, server: Server) -> dict[str, float]:
    """Milliseconds of CPU so far: of the server, of the browser's tabs, and of what paints them."""
    seconds = {"server": memory.cpu_seconds(server.process_id), **browser.cpu_seconds(chromium)}
    return {name: 1000 * seconds[name] for name in WORKERS}


def _walk(
    tab: browser.Tab, page: Measured, runs: int, spent: Callable[[], dict[str, float]]
) -> None:
    """Change one filter after the other, `runs` rounds, each time to an option it has not had yet."""
    state = dict(PAGES[page.name])
    page.choices.append(dict(state))
    keys = [key for key in FILTERS if tab.page.locator(f".st-key-{key} input").count()]
    turns = {key: itertools.count() for key in keys}
    for _ in range(runs):
        for key in keys:
            current = tab.page.locator(f".st-key-{key} input").input_value()
            others = [
                option for option in tab.options(key)[1:] if option not in (current, "自选日期")
            ]
            if not others:
                continue
            option = others[next(turns[key]) % len(others)]
            before = spent()
            page.changes.setdefault(key, []).append(tab.choose(key, option))
            page.cpu_ms.append({name: ms - before[name] for name, ms in spent().items()})
            state[key] = option
            if key == "street":
                state.pop("community", None)  # which lies in another street
            page.choices.append(dict(state))
    for key in keys[:1]:
        _back_and_forth(tab, page, key, runs)


def _back_and_forth(tab: browser.Tab, page: Measured, key: str, runs: int) -> None:
    """Change between two choices of a filter; the first turns answer them, and do not count."""
    current = tab.page.locator(f".st-key-{key} input").input_value()
    others = [option for option in tab.options(key)[1:] if option not in (current, "自选日期")]
    for turn in range(2 * (runs + 1) if len(others) > 1 else 0):
        change = tab.choose(key, others[turn % 2])
        if turn >= 2:
            page.kept.append(change)


def _naive_changes(chromium: Browser, server: Server, page: Measured, runs: int) -> None:
    with browser.visitor(chromium) as tab:
        tab.open(server.address)  # pandas is imported by the first run
        for key in ("period", "street"):
            for option in tab.options(key)[-runs:]:
                page.changes.setdefault(key, []).append(tab.choose(key, option))
    for _ in range(runs):
        with browser.visitor(chromium) as tab:
            page.first_load.append(tab.open(server.address))
    page.load_average = results.load_average()


def _cold_dashboard(warehouse: Path) -> Any:
    return served.dashboard(warehouse, served.STILL, wait=False)


def _cold_baseline(warehouse: Path) -> Any:
    return served.baseline("empty page", warehouse, served.STILL, wait=False)


def _cold_start(chromium: Browser, start: Any, path: str, page: Measured) -> None:
    with browser.visitor(chromium) as tab, start() as server:
        served.wait_until_listening(server)
        opened = tab.open(server.address + path)
        waited_ms = 1000 * (opened.began_at - server.started_at)
        if opened.first_paint_ms is not None:
            page.cold_paint_ms.append(waited_ms + opened.first_paint_ms)
        page.cold_settled_ms.append(waited_ms + opened.settled_ms)


def path_of(name: str) -> str:
    """The address of a page below that of the server, with the filters of its link."""
    if name not in PAGES:
        return ""
    query = "&".join(f"{key}={value}" for key, value in PAGES[name].items())
    page = page_queries.page_of(name)
    return ("/" if page == "overview" else f"/{page}") + (f"?{query}" if query else "")


def _say(page: Measured) -> None:
    """One line while the others are waited for."""
    first = statistics.median(one.settled_ms for one in page.first_load)
    changes = [one.settled_ms for one in page.all_changes]
    change = f"{statistics.median(changes):,.0f} ms" if changes else results.NOTHING
    print(f"  {page.name}: first load {first:,.0f} ms, change {change}", flush=True)
