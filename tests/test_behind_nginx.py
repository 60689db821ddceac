"""Two processes behind one address, by the configuration of nginx that the docs give."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import served
from bench.served import Server
from fuqi import paths
from tests.visitor import Visitor, ask

CONFIGURATION = paths.PROJECT / "docs" / "nginx.conf"
MOST_READERS = 30
SECONDS_TO_START = 15
# What a package of nginx would otherwise write into folders of the system.
AROUND = """
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path bodies;
    proxy_temp_path proxied;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {ours}
}}
"""


@dataclass(frozen=True)
class Balanced:
    address: str
    servers: tuple[Server, Server]

    def holders(self, link: str) -> list[str]:
        """Which servers know a link when they are asked without a balancer."""
        found = []
        for server in self.servers:
            with suppress(ConnectionError):  # it has ended
                if ask(server.address, link).status == 200:
                    found.append(server.address)
        return found

    def reader(self) -> Visitor:
        """Somebody who comes for the first time, and keeps the cookies they get."""
        given = ask(self.address, "/").headers["set-cookie"]
        number = re.search(r"fuqi_reader=(\w{32}); Path=/; HttpOnly; SameSite=Lax", given)
        assert number, given
        return Visitor(self.address, {"fuqi_reader": number[1]})


@pytest.fixture(scope="module")
def balanced(small_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balanced]:
    if shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        said = "nginx is not installed"
        if os.environ.get("FUQI_NGINX_REQUIRED"):
            pytest.fail(said)
        pytest.skip(said)
    folder = tmp_path_factory.mktemp("nginx")
    with served.dashboard(small_warehouse) as one, served.dashboard(small_warehouse) as other:
        port = served.free_port()
        ours = CONFIGURATION.read_text(encoding="utf-8")
        for written, meant in (
            ("127.0.0.1:8501", one.address.removeprefix("http://")),
            ("127.0.0.1:8502", other.address.removeprefix("http://")),
            ("listen 8080", f"listen 127.0.0.1:{port}"),
        ):
            assert ours.count(written) == 1
            ours = ours.replace(written, meant)
        file = folder / "nginx.conf"
        file.write_text(AROUND.format(ours=ours), encoding="utf-8")
        command = ["nginx", "-p", str(folder), "-c", str(file), "-g", "daemon off;"]
        path = f"{os.environ['PATH']}:/usr/sbin"
        process = subprocess.Popen(command, env={**os.environ, "PATH": path})
        found = Balanced(f"http://127.0.0.1:{port}", (one, other))
        try:
            wait_for(found.address, process)
            yield found
        finally:
            process.terminate()
            process.wait(10)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if ask(address, "/_stcore/health").status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("nginx does not answer; what it said stands above")


def test_each_reader_stays_with_one_server_and_both_have_some(balanced: Balanced) -> None:
    with_pages = set()
    for number in range(MOST_READERS):
        reader = balanced.reader()
        with reader.open("/comparison") as page:
            link = page.links("csv")[0]
            (holder,) = balanced.holders(link)
            with_pages.add(holder)
            made = page.make(page.button("-export_page").deferred_file_id)
            for _ in range(5):
                assert reader.ask(link).body.startswith(b"\xef\xbb\xbf")
                assert reader.ask(made).body.startswith(b"PK")
            assert "set-cookie" not in reader.ask("/fuqi/health").headers
            if number == 0:
                # Whoever has no cookie is sent anywhere: that it holds above is the cookie's doing.
                answers = {ask(balanced.address, link).status for _ in range(40)}
                assert answers == {200, 404}
        if len(with_pages) == len(balanced.servers):
            return
    raise AssertionError(f"{MOST_READERS} readers all came to {with_pages}")


def test_a_reader_of_a_server_that_ended_is_served_by_the_other(balanced: Balanced) -> None:
    readers = [balanced.reader() for _ in range(6)]
    kept, ended = balanced.servers
    os.kill(ended.process_id, 15)
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        try:
            ask(ended.address, "/_stcore/health")
        except OSError:
            break
        time.sleep(0.1)
    for reader in readers:
        with reader.open("/comparison") as page:
            assert balanced.holders(page.links("csv")[0]) == [kept.address]
