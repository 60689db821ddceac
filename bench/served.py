"""Servers that are measured: the dashboard as `python -m fuqi serve` starts it, and the baselines beside it."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.results import RefusalError
from fuqi import paths

SECONDS_TO_START = 90
BASELINES = {
    "empty page": "empty_page.py",
    "one metric": "one_metric_page.py",
    "naive pandas": "naive_page.py",
    "elements": "elements_page.py",
}
"""What the dashboard is compared with, by name: an entry script beside this file."""
EASED = {"requests_per_minute": 1_000_000, "connections_per_address": 100_000}
"""Limits on one address, lifted: all visitors of a benchmark come from this one."""
STILL = {**EASED, "refresh_seconds": 86_400}
"""And no look for news, which would fall into some of the changes that are timed."""


class ServerError(RefusalError):
    """A server that is to be measured did not start, or ended."""


@dataclass(frozen=True)
class Server:
    name: str
    address: str
    process_id: int
    started_at: float
    """Seconds since the epoch when its process was started."""


@contextmanager
def dashboard(
    warehouse: Path, given: Mapping[str, int] = EASED, *, wait: bool = True
) -> Iterator[Server]:
    """The dashboard over that warehouse, on a free port, as long as the block lasts; `given` are other settings."""
    command = ["-m", "fuqi", "serve", "--port"]
    with _running("dashboard", command, warehouse, given, wait=wait) as server:
        yield server


@contextmanager
def baseline(
    name: str, warehouse: Path, given: Mapping[str, int] = EASED, *, wait: bool = True
) -> Iterator[Server]:
    """One of BASELINES, with the same configuration of Streamlit, on a free port."""
    script = Path(__file__).parent / BASELINES[name]
    command = ["-m", "streamlit", "run", str(script), "--server.port"]
    with _running(name, command, warehouse, given, wait=wait) as server:
        yield server


def other_settings(folder: Path, given: Mapping[str, int]) -> Path:
    """The settings in use with `given` in the place of their own, as a file in the folder."""
    text = paths.SETTINGS.read_text(encoding="utf-8") if paths.SETTINGS.is_file() else ""
    for name in given:
        text = re.sub(rf"(?m)^{name}\s*=.*$", "", text)
    # Before the first [[table]], where a plain entry still belongs to the file itself.
    lines = "".join(f"{name} = {value}\n" for name, value in given.items())
    file = folder / "settings.toml"
    file.write_text(lines + text, encoding="utf-8")
    return file


def environment(warehouse: Path) -> dict[str, str]:
    """What a process of this project is started with to work on that warehouse."""
    return {
        **os.environ,
        "FUQI_WAREHOUSE": str(warehouse.resolve()),
        "PYTHONPATH": str(paths.PROJECT),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_listening(server: Server, seconds: float = SECONDS_TO_START) -> None:
    """Return as soon as the port takes connections; ServerError when it does not in time."""
    port = int(server.address.rpartition(":")[2])
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.005)
    raise ServerError(f"{server.name}: nothing listened at {server.address} within {seconds:.0f} s")


@contextmanager
def _running(
    name: str, command: Sequence[str], warehouse: Path, given: Mapping[str, int], *, wait: bool
) -> Iterator[Server]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        places = {"FUQI_SETTINGS": str(other_settings(Path(folder), given))}
        started_at = time.time()
        with log.open("w", encoding="utf-8") as written:
            process = subprocess.Popen(  # noqa: S603 - our own code
                [sys.executable, *command, str(port)],
                cwd=paths.PROJECT,
                env={**environment(warehouse), **places},
                stdout=written,
                stderr=subprocess.STDOUT,
            )
            server = Server(name, f"http://127.0.0.1:{port}", process.pid, started_at)
            try:
                if wait:
                    wait_until_listening(server)
                yield server
            except ServerError as error:
                said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise ServerError(f"{error}; its log ends with:\n{said}") from None
            finally:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
