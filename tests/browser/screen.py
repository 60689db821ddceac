"""A page in the browser, read as its reader sees it."""

import base64
import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, WebSocket
from playwright.sync_api import Error as BrowserError

from tests.pages.plain_figures import Card

TITLES = {
    "overview": "总览",
    "resolution": "诉求办理",
    "assignments": "挂点服务",
    "stations": "福企服务站",
}
SECONDS_TO_DRAW = 40
SECONDS_TO_PAINT = 10
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app !== null
        && app.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && document.querySelector('.fuqi-card, [data-testid=stAlert], [data-testid=stDataFrame], ' +
            '[data-testid=stTextInput]') !== null
        && document.querySelector('[data-stale=true]') === null
        && document.querySelector('[data-testid=stSkeleton]') === null;
}"""


@dataclass
class Screen:
    """One page; it notes every request and every complaint of the browser from the start."""

    page: Page
    pictures: Path
    addresses: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    """Sizes of the websocket messages that came from the server, as the page unpacks them."""

    def __post_init__(self) -> None:
        self.page.set_default_timeout(SECONDS_TO_DRAW * 1000)
        self.page.on("request", lambda request: self.addresses.append(request.url))
        self.page.on("websocket", self._note_socket)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go_to(self, url: str) -> None:
        self.page.goto(url, wait_until="load")
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and everything it sent is on the screen."""
        try:
            self.page.wait_for_function(SETTLED)
        except BrowserError as error:
            picture = self.picture("not-settled")
            raise AssertionError(f"{self.page.url} never stood still, see {picture}") from error

    def close(self) -> None:
        self.page.close()

    @property
    def title(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def asked(self) -> dict[str, str]:
        """The parameters in the address bar."""
        query = urlsplit(self.page.url).query
        return {name: values[-1] for name, values in parse_qs(query).items()}

    @property
    def links(self) -> dict[str, str]:
        """The app's navigation: path by name."""
        found = self.page.locator("[data-testid=stTopNavLink]")
        return {
            link.locator("p, span:not([data-testid=stIconMaterial])").last.inner_text(): urlsplit(
                link.get_attribute("href") or ""
            ).path
            for link in found.all()
        }

    @property
    def chosen(self) -> dict[str, str]:
        """What the filters show, by their key."""
        return self.page.evaluate(
            """() => {
                const shown = {};
                for (const key of ['period', 'street', 'category', 'from', 'to']) {
                    const filter = document.querySelector(`.st-key-${key}`);
                    if (filter === null) continue;
                    const spins = [...filter.querySelectorAll('[role=spinbutton]')];
                    const input = filter.querySelector('input');
                    if (spins.length) shown[key] = spins.map(s => s.textContent).join('-');
                    else shown[key] = (input?.value || filter.innerText).trim();
                }
                return shown;
            }"""
        )

    @property
    def cards(self) -> dict[str, Card]:
        """The KPI cards by their label."""
        found = self.page.evaluate(
            """() => [...document.querySelectorAll('.fuqi-card')].map(card => [
                card.querySelector('.fuqi-label').firstChild.textContent,
                card.querySelector('.fuqi-value').innerText.trim(),
                card.querySelector('.fuqi-note')?.innerText.trim() ?? '',
            ])"""
        )
        return {label: Card(value, n) for label, value, n in found}

    @property
    def text(self) -> str:
        return self.page.locator("[data-testid=stMain]").inner_text()

    def picture(self, name: str) -> Path:
        """A screenshot for whoever looks into a failure."""
        file = self.pictures / f"{re.sub('[^0-9a-z]+', '-', name.lower())}.png"
        self.page.screenshot(path=file)
        return file

    def choose(self, key: str, option: str) -> None:
        """Pick an option of a select box, as a reader does, and wait for the new numbers."""
        self.page.locator(f".st-key-{key} input").click()
        self.page.get_by_role("option", name=option, exact=True).click()
        self.page.wait_for_timeout(300)
        self.settle()

    def visit(self, name: str) -> None:
        """Follow a link of the navigation."""
        self.page.locator("[data-testid=stTopNavLink]", has_text=name).click()
        self.page.locator("h1", has_text=name).wait_for()
        self.settle()

    def go_back(self, to: str) -> None:
        self.page.go_back()
        self.page.locator("h1", has_text=to).wait_for()
        self.page.wait_for_timeout(500)
        self.settle()

    def type_day(self, key: str, digits: str) -> None:
        """Type a day into a date field from its first part on, as 20230501."""
        self.page.locator(f".st-key-{key} [role=spinbutton]").first.click()
        self.page.keyboard.type(digits, delay=30)
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Tab")
        self.page.wait_for_timeout(500)
        self.settle()

    def resize(self, width: int, height: int) -> None:
        if self.page.viewport_size != {"width": width, "height": height}:
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.wait_for_timeout(1000)
            self.settle()

    def pixels(
        self, place: Locator, count: str, least_colours: int, least_share: float
    ) -> tuple[int, float]:
        """What the script `count` finds in a picture of the place: colours, and the share that is not background.

        A map paints a while after its page stands still, so one that has too little is looked at again.
        """
        deadline = time.monotonic() + SECONDS_TO_PAINT
        while True:
            picture = base64.b64encode(place.screenshot()).decode("ascii")
            colours, share = self.page.evaluate(count, picture)
            is_drawn = colours >= least_colours and share >= least_share
            if is_drawn or time.monotonic() > deadline:
                return colours, share
            self.page.wait_for_timeout(500)

    def _note_socket(self, socket: WebSocket) -> None:
        self.addresses.append(socket.url)
        socket.on("framereceived", lambda payload: self.received.append(len(payload)))

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            place = json.dumps(message.location, ensure_ascii=False)
            self.complaints.append(f"{message.text} {place}")


def link(address: str, page: str, **parameters: str) -> str:
    """The address of a page with filters chosen."""
    path = "" if page == "overview" else page
    return f"{address}/{path}" + (f"?{urlencode(parameters)}" if parameters else "")


def foreign(addresses: list[str], own: str) -> list[str]:
    """The addresses that are not on our own server; what a page makes up itself (data:, blob:) is not asked for."""
    host = urlsplit(own).netloc
    return [a for a in addresses if a.startswith(("http", "ws")) and urlsplit(a).netloc != host]


def real_complaints(screen: Screen) -> list[str]:
    """What the browser complains of, without what is known to be harmless."""
    return [c for c in screen.complaints if not any(h.search(c) for h in HARMLESS)]


HARMLESS = (
    # Streamlit asks for its own routes below the page's path first, and finds them at the root.
    re.compile(r"status of 404 .*/[a-z_]+/_stcore/"),
    # Vega says so of a chart before it has its rows.
    re.compile(r"^WARN Infinite extent for field"),
    # Chromium without a graphics card speaks of its own speed.
    re.compile(r"GL Driver Message"),
)
