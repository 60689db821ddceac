"""A server as `python -m fuqi serve` starts it, and a Chromium as an office has it: without the internet."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from bench.browser import CHROMIUM_ARGUMENTS, CHROMIUM_NAMES
from fuqi import paths
from tests.browser.screen import Screen

SECONDS_TO_START = 60

OpenScreen = Callable[..., Screen]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is. Without one the tests are skipped, or fail where FUQI_BROWSER_REQUIRED is set."""
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if found is not None:
        return found
    reason = (
        f"no Chromium found ({', '.join(CHROMIUM_NAMES)}); install one to run the browser tests"
    )
    if os.environ.get("FUQI_BROWSER_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


# One browser a module: Playwright keeps an event loop running in this thread, which would be in the way of
# tests elsewhere that start their own.
@pytest.fixture(scope="module")
def open_screen(
    chromium_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenScreen]:
    """Opens a URL in a new tab and waits until the page stands still; tabs of one size share what they fetched."""
    pictures = tmp_path_factory.mktemp("pictures")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=list(CHROMIUM_ARGUMENTS)
        )

        @cache
        def context(width: int, height: int, **options: object) -> BrowserContext:
            return browser.new_context(
                viewport={"width": width, "height": height},
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                **options,
            )

        def open_url(url: str, width: int = 1366, height: int = 768, **options: object) -> Screen:
            screen = Screen(context(width, height, **options).new_page(), pictures)
            screen.go_to(url)
            return screen

        yield open_url
        browser.close()


@contextmanager
def served(warehouse: Path, folder: Path, **environment: str) -> Iterator[str]:
    """The address of a server over that warehouse, just started; it ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / f"server-{port}.log"
    with log.open("w", encoding="utf-8") as written:
        server = subprocess.Popen(
            [sys.executable, "-m", "fuqi", "serve", "--port", str(port)],
            cwd=paths.PROJECT,
            env={**os.environ, "FUQI_WAREHOUSE": str(warehouse), **environment},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_healthy(address, server, log)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait_until_healthy(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/fuqi/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the server was not ready at {address}:\n{log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="session")
def demo_server(
    chromium_path: str, demo_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of one server over the demo data, for all tests that only look."""
    with served(demo_warehouse, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="module")
def changing_server(
    chromium_path: str, changing_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server over a warehouse that the module's tests load into."""
    with served(changing_warehouse, tmp_path_factory.mktemp("server")) as address:
        yield address
