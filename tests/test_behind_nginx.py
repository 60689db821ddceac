"""Two processes behind one address, by the configuration of nginx that the docs give."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import served
from bench.served import Server
from fuqi import paths
from tests.visitor import Visitor, ask

CONFIGURATION = paths.PROJECT / "docs" / "nginx.conf"
SECONDS_TO_START = 15
TEAPOT = 418
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
        """Somebody who comes for the first time, and keeps the cookie they get."""
        given = ask(self.address, "/").headers["set-cookie"]
        number = re.search(r"fuqi_server=([12]); Path=/; HttpOnly; SameSite=Lax", given)
        assert number, given
        return Visitor(self.address, {"fuqi_server": number[1]})


@pytest.fixture(scope="module")
def balanced(small_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balanced]:
    path = f"{os.environ['PATH']}:/usr/sbin"
    if shutil.which("nginx", path=path) is None:
        said = "nginx is not installed"
        if os.environ.get("FUQI_NGINX_REQUIRED"):
            pytest.fail(said)
        pytest.skip(said)
    folder = tmp_path_factory.mktemp("nginx")
    with served.dashboard(small_warehouse) as one, served.dashboard(small_warehouse) as other:
        port = served.free_port()
        ours = CONFIGURATION.read_text(encoding="utf-8")
        assert (ours.count(":8501"), ours.count(":8502"), ours.count("listen 8080;")) == (4, 4, 1)
        for written, server in (("8501", one), ("8502", other)):
            ours = ours.replace(f":{written}", f":{server.address.rpartition(':')[2]}")
        file = folder / "nginx.conf"
        ours = ours.replace("listen 8080;", f"listen 127.0.0.1:{port};")
        file.write_text(AROUND.format(ours=ours), encoding="utf-8")
        command = ["nginx", "-p", str(folder), "-c", str(file), "-g", "daemon off;"]
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
    readers = [balanced.reader() for _ in range(4)]
    with_pages = set()
    for reader in readers:
        with reader.open("/comparison") as page:
            link = page.links("csv")[0]
            (holder,) = balanced.holders(link)
            with_pages.add(holder)
            made = page.make(page.button("-export_page").deferred_file_id)
            for _ in range(5):
                assert reader.ask(link).body.startswith(b"\xef\xbb\xbf")
                assert reader.ask(made).body.startswith(b"PK")
            assert "set-cookie" not in reader.ask("/fuqi/health").headers
            # Whoever has no cookie is sent anywhere: that it holds above is the cookie's doing.
            assert {ask(balanced.address, link).status for _ in range(40)} == {200, 404}
    assert with_pages == {server.address for server in balanced.servers}


def test_a_reader_whose_server_ended_stays_with_the_other_when_it_is_back(
    balanced: Balanced,
) -> None:
    kept, ended = balanced.servers
    number = str(1 + balanced.servers.index(ended))
    os.kill(ended.process_id, 15)
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        try:
            ask(ended.address, "/_stcore/health")
        except OSError:
            break
        time.sleep(0.1)
    reader = Visitor(balanced.address, {"fuqi_server": number})
    given = reader.ask("/").headers["set-cookie"]
    (reader.cookies["fuqi_server"],) = re.findall(r"fuqi_server=(\d)", given)
    with reader.open("/comparison") as page:
        link = page.links("csv")[0]
        assert balanced.holders(link) == [kept.address]
        with something_at(ended.address):
            assert {reader.ask(link).status for _ in range(5)} == {200}
            # Those who still name it are sent there, as soon as nginx has tried it again.
            stranger = Visitor(balanced.address, {"fuqi_server": number})
            deadline = time.monotonic() + 2 * SECONDS_TO_START
            while time.monotonic() < deadline and stranger.ask("/").status != TEAPOT:
                time.sleep(0.5)
            assert stranger.ask("/").status == TEAPOT
            assert {reader.ask(link).status for _ in range(5)} == {200}


@contextmanager
def something_at(address: str) -> Iterator[None]:
    """A server that is not ours, which says so, where one of ours was."""

    class Teapot(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(TEAPOT)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", int(address.rpartition(":")[2])), Teapot) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
