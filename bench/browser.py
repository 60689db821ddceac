"""A Chromium as an office has it, and how long it takes until a page of Streamlit stands still (see settled.js)."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from bench.results import RefusalError

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
)
WINDOW_OPENS_MS = 1500
"""What a new window takes to load pages of the browser's own, below its address bar; both cores are busy with it."""
NO_CHROMIUM = (
    f"no Chromium found (looked for {', '.join(CHROMIUM_NAMES)} on the PATH); this benchmark measures pages in a real "
    "browser: install one, for example `apt-get install chromium`"
)
SETTLED_SCRIPT = Path(__file__).with_name("settled.js")
SECONDS_TO_SETTLE = 120
FIRST_PAINT = """() => {
    const paints = Object.fromEntries(performance.getEntriesByType('paint').map(e => [e.name, e.startTime]));
    return paints['first-contentful-paint'] ?? paints['first-paint'] ?? null;
}"""


class NoChromiumError(RefusalError):
    """There is no browser to measure in."""


class NotSettledError(RefusalError):
    """A page that did not stand still in time."""


@dataclass(frozen=True)
class Settled:
    """In milliseconds; `script_ms` and `settled_ms` since the navigation or the click that asked for it."""

    script_ms: float
    settled_ms: float
    received_bytes: int
    """Of the websocket's messages, unpacked."""
    last: str
    """What changed last: dom, canvas, webgl or fetch."""
    first_paint_ms: float | None = None
    began_at: float = 0.0
    """Seconds since the epoch at which the navigation began."""
    heard_ms: float = 0.0
    """When what only a screen reader tells last changed, as far as that came after `settled_ms`; else the same."""


def cpu_seconds(chromium: Browser) -> dict[str, float]:
    """Seconds of CPU of the browser's processes by kind: its tabs (`renderer`), what paints (`gpu`), and the rest.

    Without a graphics card the map's WebGL is worked out in software, by the last but one.
    """
    session = chromium.new_browser_cdp_session()
    told = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    found = {"renderer": 0.0, "gpu": 0.0, "other": 0.0}
    for process in told:
        kind = process["type"].lower()
        found[kind if kind in found else "other"] += process["cpuTime"]
    return found


@dataclass
class Tab:
    """One page of the browser, watched from the start."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(path=SETTLED_SCRIPT)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, url: str) -> Settled:
        """First load: from the start of the navigation until everything stands."""
        self.page.goto(url, wait_until="commit")
        found = self._settled(0)
        return Settled(
            found["over"],
            found["settled"],
            found["received"],
            found["last"],
            self.page.evaluate(FIRST_PAINT),
            self.page.evaluate("performance.timeOrigin") / 1000,
            max(found["heard"], found["settled"]),
        )

    def choose(self, key: str, option: str) -> Settled:
        """Pick an option of the select box with that key: from the click on it until everything stands."""
        box = self.page.locator(f".st-key-{key} input")
        box.click()
        shown = self.page.get_by_role("option", name=option, exact=True)
        shown.scroll_into_view_if_needed()
        runs, before = self.page.evaluate("[window.bench.runs, window.bench.received]")
        shown.click()
        found = self._settled(runs)
        return Settled(
            found["over"] - found["asked"],
            found["settled"] - found["asked"],
            found["received"] - before,
            found["last"],
            heard_ms=max(found["heard"], found["settled"]) - found["asked"],
        )

    def options(self, key: str) -> list[str]:
        """What the select box with that key offers, and [] for a page without it."""
        box = self.page.locator(f".st-key-{key} input")
        if not box.count():
            return []
        box.click()
        self.page.get_by_role("option").first.wait_for()
        found = self.page.get_by_role("option").all_inner_texts()
        self.page.keyboard.press("Escape")
        return found

    def _settled(self, runs: int) -> dict[str, Any]:
        try:
            self.page.wait_for_function("window.bench !== undefined")
            return self.page.evaluate(
                "([runs, most]) => window.bench.settled(runs, most)",
                [runs, SECONDS_TO_SETTLE * 1000],
            )
        except BrowserError as error:
            raise NotSettledError(f"{self.page.url}: {error.message.splitlines()[0]}") from error


def next_tab(tab: Tab) -> Tab:
    """Another tab of the same visitor, whose browser has in its cache what the first one fetched.

    It opens as a window does and loads the same pages of the browser's own: `WINDOW_OPENS_MS` are for them here, too.
    """
    page = tab.page.context.new_page()
    page.wait_for_timeout(WINDOW_OPENS_MS)
    return Tab(page)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser as long as the block lasts; NoChromiumError where none is installed."""
    found = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def chromium_path() -> str:
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    raise NoChromiumError(NO_CHROMIUM)


@contextmanager
def visitor(browser: Browser, width: int = 1366, height: int = 768) -> Iterator[Tab]:
    """A tab of somebody who was never here before, in a new window: nothing is in the browser's cache.

    It is given `WINDOW_OPENS_MS` after its window was opened, when that has loaded what is its own.
    """
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    try:
        page = context.new_page()
        page.wait_for_timeout(WINDOW_OPENS_MS)
        yield Tab(page)
    finally:
        context.close()
