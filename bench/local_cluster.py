"""A Spark cluster on this machine: one master and its workers, processes of their own that end with the block."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SECONDS_TO_START = 180
DEPLOY = "org.apache.spark.deploy"
HERE = "127.0.0.1"
CONNECTING = {"spark.driver.host": HERE, "spark.driver.bindAddress": HERE}
"""Settings of a session that no other machine is to reach."""


class ClusterError(RuntimeError):
    """The cluster did not come up; the message quotes its logs."""


@dataclass(frozen=True)
class Cluster:
    master: str
    pids: tuple[int, ...]


def spark_home() -> Path | None:
    """The folder of the installed pyspark, which brings Spark itself; None without it."""
    package = find_spec("pyspark")
    return None if package is None or package.origin is None else Path(package.origin).parent


@contextmanager
def running(home: Path, folder: Path, *, workers: int = 2, memory: str = "1g") -> Iterator[Cluster]:
    """A master and workers of one core each; logs and work lie in `folder`. Raises ClusterError."""
    port, page = _free_port(), _free_port()
    master = f"spark://{HERE}:{port}"
    with ExitStack() as daemons:

        def start(name: str, *command: str) -> int:
            return daemons.enter_context(_daemon(home, folder / name, *command))

        ports = ("--port", str(port), "--webui-port", str(page))
        pids = [start("master", f"{DEPLOY}.master.Master", "--host", HERE, *ports)]
        _wait_for(page, '"status" : "ALIVE"', folder)
        size = ("--cores", "1", "--memory", memory, "--webui-port", "0")
        for number in range(workers):
            worker = (f"{DEPLOY}.worker.Worker", "--host", HERE, *size, master)
            pids.append(start(f"worker{number}", *worker))
        _wait_for(page, f'"aliveworkers" : {workers}', folder)
        yield Cluster(master, tuple(pids))


@contextmanager
def _daemon(home: Path, folder: Path, *command: str) -> Iterator[int]:
    folder.mkdir(parents=True)
    surroundings = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_WORKER_DIR": str(folder),
        "SPARK_LOCAL_IP": HERE,
    }
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [str(home / "bin" / "spark-class"), *command],
            cwd=folder,
            env=surroundings,
            stdout=log,
            stderr=log,
        )
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(60)


def _wait_for(page: int, text: str, folder: Path) -> None:
    """Until the page of the master says so."""
    deadline, seen = time.monotonic() + SECONDS_TO_START, ""
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{HERE}:{page}/json/", timeout=10) as answer:
                seen = answer.read().decode()
        except OSError as error:
            seen = str(error)
        if text in seen:
            return
        time.sleep(0.2)
    logs = "\n".join(log.read_text(encoding="utf-8")[-2000:] for log in folder.glob("*/log"))
    raise ClusterError(f"no {text} within {SECONDS_TO_START} s, but {seen}\n{logs}")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        return int(taken.getsockname()[1])
