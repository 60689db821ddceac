"""Many visitors at once: 1, 10, 50 open pages over the websocket, each changing a filter every few seconds.

    python -m bench load [--sessions 1,10,50] [--servers 1] [--seconds 60] [--appeals 1000000 | --warehouse FOLDER]

Each number of visitors meets a server of its own, or several between which they are shared as a balancer would; one
visitor has opened every page of each before. The visitors are
another process (bench/visitors.py) on the same machine, so the CPU they take is told too. Limits on one address are
lifted (bench/served.py); what the server refuses all the same counts as an error.

A change lasts from sending it to the end of the script's run as the server tells it; drawing in a browser comes on top.
Memory of a session is what the server holds more than before, by PSS while all pages are open, over the number of
pages; answers that the server keeps for everybody are in it. The baseline is the one-metric page, visited alike.
"""

import argparse
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

from bench import memory, results, served, warehouses
from bench.results import Sample
from bench.served import Server
from fuqi import paths

PAGES = (
    ("", ""),
    ("resolution", ""),
    ("street", "street=福保街道"),
    ("comparison", ""),
    ("", "street=沙头街道&period=今年"),
    ("assignments", ""),
    ("stations", "street=华强北街道"),
    ("resolution", "street=梅林街道&category=融资&tab=环节与用时"),
    ("small_business", ""),
    ("financing", ""),
)
"""What the visitors open, in turn: name in the address and filters; the leadership's pages more often."""
FILTERS = ("period", "street", "category")
MOST_P95_MS, MOST_SESSION_MB, MOST_SERVER_MB = 1500.0, 25.0, 2048.0
"""The targets, for 50 sessions on 1,000,000 appeals."""
SECONDS_BETWEEN_LOOKS = 1.0


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench load")
    parser.add_argument("--sessions", default="1,10,50", help="numbers of visitors, by commas")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two changes")
    parser.add_argument("--appeals", type=int, help="size of the ledger; default: the demo's")
    parser.add_argument("--warehouse", type=Path, help="one that is there already, instead")
    parser.add_argument("--servers", type=int, default=1, help="processes of the dashboard")
    chosen = parser.parse_args(argv)
    numbers = [int(part) for part in chosen.sessions.split(",")]

    facts = results.environment()
    print(results.headline(facts))
    if chosen.appeals:
        opened = nullcontext(warehouses.of_size(chosen.appeals))
    else:
        opened = nullcontext(chosen.warehouse) if chosen.warehouse else warehouses.demo()
    with opened as warehouse:
        facts["appeals"] = warehouses.appeals(warehouse)
        print(
            f"{facts['appeals']:,} appeals, a change every {chosen.every:g} s for {chosen.seconds:g} s"
        )
        found = []
        for number in numbers:
            for name, servers in (("one metric", 1), ("dashboard", chosen.servers)):
                found.append(
                    measure(warehouse, name, number, chosen.seconds, chosen.every, servers)
                )
                print(f"  {name}, {number} sessions: over", file=sys.stderr, flush=True)
    print(printed(found))
    print(f"\nwritten to {results.write('load', {'environment': facts, 'measured': found})}")
    return 0


def measure(
    warehouse: Path,
    name: str,
    sessions: int,
    seconds: float,
    every_seconds: float,
    servers: int = 1,
) -> dict[str, Any]:
    """One server, or several, under so many visitors; times in milliseconds, memory of all servers in MB."""
    is_ours = name == "dashboard"
    pages = PAGES if is_ours else (("", ""),)
    orders = {
        "sessions": sessions,
        "seconds": seconds,
        "every_seconds": every_seconds,
        "pages": pages,
        "filters": FILTERS if is_ours else ("option",),
    }
    start = served.dashboard if is_ours else lambda at: served.baseline(name, at)
    with ExitStack() as stack:
        running = [stack.enter_context(start(warehouse)) for _ in range(servers)]
        first = {"sessions": len(pages), "seconds": 0, "every_seconds": 0.5}
        for server in running:
            _visit([server], {**orders, **first})
        before, cpu = _pss_mb(running), _cpu_seconds(running)
        with _Watched(running) as watched:
            done = _visit(running, orders)
        cpu = _cpu_seconds(running) - cpu
        after = _pss_mb(running)
        peak = sum(memory.peak_rss_mb(server.process_id) for server in running)
    changes = Sample.of(done["changed_ms"])
    return {
        "name": name,
        "servers": servers,
        "sessions": sessions,
        "change_ms": changes,
        "opened_ms": Sample.of(done["opened_ms"]),
        "errors": done["errors"],
        "changes_a_second": changes.n / done["seconds"],
        "news_count": done["news_count"],
        "kilobytes_a_change": done["received_bytes"] / 1024 / max(changes.n + sessions, 1),
        "server_cores": cpu / done["seconds"],
        "visitors_cores": done["cpu_seconds"] / done["seconds"],
        "pss_before_mb": before,
        "pss_most_mb": watched.most_pss_mb,
        "pss_after_mb": after,
        "session_mb": (watched.most_pss_mb - before) / sessions,
        "peak_rss_mb": peak,
        "load_average": results.load_average(),
    }


def printed(found: Sequence[dict[str, Any]]) -> str:
    """The table, and how the largest number of sessions stands to the targets."""
    rows = [
        [
            one["name"],
            one["servers"],
            one["sessions"],
            one["change_ms"].n,
            one["changes_a_second"],
            one["change_ms"].median,
            one["change_ms"].p95,
            one["change_ms"].most,
            one["opened_ms"].median,
            len(one["errors"]),
            f"{one['server_cores']:.2f}",
            f"{one['visitors_cores']:.2f}",
            one["pss_before_mb"],
            one["pss_most_mb"],
            one["session_mb"],
            one["peak_rss_mb"],
            one["load_average"][0],
        ]
        for one in found
    ]
    headers = [
        "",
        "servers",
        "sessions",
        "changes",
        "a second",
        "change ms",
        "p95",
        "max",
        "open ms",
        "errors",
    ]
    headers += ["server cores", "visitors' cores", "MB before", "MB most", "MB a session"]
    headers += ["peak RSS MB", "load"]
    largest = max(
        (one for one in found if one["name"] == "dashboard"), key=lambda one: one["sessions"]
    )
    judged = [
        ("p95 of a change, ms", largest["change_ms"].p95, MOST_P95_MS),
        ("errors", len(largest["errors"]), 0),
        ("MB a session", largest["session_mb"], MOST_SESSION_MB),
        ("server's peak RSS, MB", largest["peak_rss_mb"], MOST_SERVER_MB),
    ]
    verdicts = [
        [name, value, f"<= {most:g}", results.verdict(value, most)] for name, value, most in judged
    ]
    kinds = sorted({error for one in found for error in one["errors"]})[:10]
    return "\n".join(
        [
            results.table(headers, rows),
            "",
            results.table([f"{largest['sessions']} sessions", "", "target", ""], verdicts),
            *(f"error: {kind}" for kind in kinds),
        ]
    )


def _pss_mb(servers: Sequence[Server]) -> float:
    return sum(memory.of(server.process_id).pss_mb for server in servers)


def _cpu_seconds(servers: Sequence[Server]) -> float:
    return sum(memory.cpu_seconds(server.process_id) for server in servers)


def _visit(servers: Sequence[Server], orders: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.visitors"],
        cwd=paths.PROJECT,
        input=json.dumps({"addresses": [server.address for server in servers], **orders}),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise results.RefusalError(f"the process of the visitors ended with {done.returncode}")
    return json.loads(done.stdout)


class _Watched:
    """The most memory that the servers hold while the block lasts, looked at every second."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self.most_pss_mb = 0.0
        self._servers = servers
        self._is_over = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "_Watched":
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._looking.join()

    def _look(self) -> None:
        while True:
            self.most_pss_mb = max(self.most_pss_mb, _pss_mb(self._servers))
            if self._is_over.wait(SECONDS_BETWEEN_LOOKS):
                return
