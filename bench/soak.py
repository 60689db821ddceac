"""The wall screen for half an hour: does the server's memory grow, does the browser's?

    python -m bench soak [--minutes 30] [--publish-every 5] [--warehouse FOLDER]

总览 stays open at 1920x1080 and looks for news as often as it is set to; every few minutes a day of new appeals is
loaded into a copy of the warehouse, so that the page is drawn again from a new release. Beside it the one-metric page
looks for news as often, with nothing new. Every half minute: RSS of both servers, the browser's JavaScript heap (after
a collection), its DOM nodes, and RSS of the browser with all its processes.

Flat is what in its last five minutes (median) is within 15% of minutes 5 to 10; the slope over all but the first five
minutes stands beside it, for steps that come with every release show there first. A run of less than fifteen minutes
compares its second and its last quarter, and says that it was short.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession

from bench import browser, memory, results, served, warehouses
from bench.intake import write_appeals
from fuqi import paths
from fuqi.store import Warehouse

LEAST_MINUTES = 15
MOST_GROWTH = 0.15
SECONDS_BETWEEN_LOOKS = 30
NEW_APPEALS = 20
MEASURES = ("server_rss_mb", "js_heap_mb", "dom_nodes", "browser_rss_mb")
Look = dict[str, float]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench soak")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--publish-every", type=float, default=5, help="minutes; 0 for never")
    parser.add_argument("--warehouse", type=Path, help="copied first; default: the demo exports")
    chosen = parser.parse_args(argv)
    facts = results.environment()
    print(results.headline(facts))
    opened = nullcontext(chosen.warehouse) if chosen.warehouse else warehouses.demo()
    with opened as source, tempfile.TemporaryDirectory() as folder:
        facts["appeals"] = warehouses.appeals(source)
        own = Path(folder) / "warehouse"
        shutil.copytree(source, own)
        looks, published = _soaked(own, chosen.minutes, chosen.publish_every)
    verdicts = {name: judged(each, chosen.minutes) for name, each in looks.items()}
    print(printed(verdicts, chosen.minutes, published))
    found = {
        "minutes": chosen.minutes,
        "published": published,
        "verdicts": verdicts,
        "looks": looks,
    }
    print(f"\nwritten to {results.write('soak', {'environment': facts, **found})}")
    return 0


def judged(looks: Sequence[Look], minutes: float) -> dict[str, dict[str, Any]]:
    """Of each measure: early and late median, growth between them, slope in its unit an hour, and the verdict.

    A look has `minute` beside the measures.
    """
    if minutes >= LEAST_MINUTES:
        early, late, settled_at = (5.0, 10.0), (minutes - 5, minutes), 5.0
    else:
        early, late = (minutes / 4, minutes / 2), (minutes * 3 / 4, minutes)
        settled_at = minutes / 4
    found = {}
    for name in MEASURES:
        first = _median_between(looks, name, *early)
        last = _median_between(looks, name, *late)
        growth = None if first is None or last is None or not first else last / first - 1
        after = [(look["minute"], look[name]) for look in looks if look["minute"] >= settled_at]
        found[name] = {
            "early": first,
            "late": last,
            "growth": growth,
            "slope_an_hour": slope(after),
            "verdict": results.verdict(growth, MOST_GROWTH),
        }
    return found


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """How much a measure grows an hour, by least squares over (minute, value); None for fewer than two points."""
    if len({minute for minute, _ in points}) < 2:
        return None
    minutes, values = zip(*points, strict=True)
    return 60 * statistics.linear_regression(minutes, values).slope


def printed(
    verdicts: Mapping[str, Mapping[str, Mapping[str, Any]]], minutes: float, published: int
) -> str:
    """The table of both pages."""
    rows = [
        [
            page,
            name,
            one["early"],
            one["late"],
            results.NOTHING if one["growth"] is None else f"{100 * one['growth']:+.1f}%",
            one["slope_an_hour"],
            one["verdict"],
        ]
        for page, each in verdicts.items()
        for name, one in each.items()
    ]
    headers = ["page", "", "early", "late", "growth", "an hour", f"<= {MOST_GROWTH:.0%}"]
    short = "" if minutes >= LEAST_MINUTES else "; too short for a verdict on half an hour"
    return f"{minutes:g} minutes, {published} releases published{short}\n{results.table(headers, rows)}"


def _soaked(
    warehouse: Path, minutes: float, publish_every: float
) -> tuple[dict[str, list[Look]], int]:
    looks: dict[str, list[Look]] = {"overview": [], "one metric": []}
    published = 0
    with (
        served.dashboard(warehouse) as wall,
        served.baseline("one metric", warehouse) as one_metric,
        browser.chromium() as first,
    ):
        # A browser each, or the one's memory would be the other's.
        second = first.browser_type.launch(
            executable_path=browser.chromium_path(), args=list(browser.CHROMIUM_ARGUMENTS)
        )
        screens = {"overview": (first, wall), "one metric": (second, one_metric)}
        open_ = {}
        for name, (chromium, server) in screens.items():
            page = chromium.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
            page.goto(server.address, wait_until="load")
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable")
            root = chromium.new_browser_cdp_session()
            open_[name] = (page, session, root, server)
        begun, next_load = time.monotonic(), publish_every or float("inf")
        while (minute := (time.monotonic() - begun) / 60) <= minutes:
            for name, (_, session, root, server) in open_.items():
                looks[name].append({"minute": minute, **_look(session, root, server)})
            if minute >= next_load and minute < minutes - 1:
                published += 1
                _load_a_day(warehouse, published)
                next_load += publish_every
            until = begun + len(looks["overview"]) * SECONDS_BETWEEN_LOOKS
            # Playwright answers the browser only while it is waited in.
            open_["overview"][0].wait_for_timeout(max(until - time.monotonic(), 0.1) * 1000)
        second.close()
    return looks, published


def _look(session: CDPSession, root: CDPSession, server: served.Server) -> Look:
    session.send("HeapProfiler.collectGarbage")
    told = session.send("Performance.getMetrics")["metrics"]
    metrics = {entry["name"]: entry["value"] for entry in told}
    processes = root.send("SystemInfo.getProcessInfo")["processInfo"]
    rss = 0.0
    for process in processes:
        try:
            rss += memory.of(int(process["id"])).rss_mb
        except ProcessLookupError:  # one that ended between the two questions
            continue
    return {
        "server_rss_mb": memory.of(server.process_id).rss_mb,
        "server_pss_mb": memory.of(server.process_id).pss_mb,
        "js_heap_mb": metrics["JSHeapUsedSize"] / 1024**2,
        "dom_nodes": metrics["Nodes"],
        "browser_rss_mb": rss,
    }


def _load_a_day(warehouse: Path, number: int) -> None:
    """Load some appeals more, incrementally, as a data keeper does with a day's file."""
    release = Warehouse(warehouse).current()
    if release is None:
        raise results.RefusalError(f"{warehouse} lost its release while it was measured")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "企业诉求台账_新增.csv"
        write_appeals(release, file, NEW_APPEALS, mark=f"day{number}-")
        done = subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-m", "fuqi", "intake", str(file), "--incremental"],
            cwd=paths.PROJECT,
            env=served.environment(warehouse),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise results.RefusalError(f"the load of a day failed:\n{done.stdout}\n{done.stderr}")


def _median_between(looks: Sequence[Look], name: str, first: float, last: float) -> float | None:
    values = [look[name] for look in looks if first <= look["minute"] <= last]
    return statistics.median(values) if values else None
