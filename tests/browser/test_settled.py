"""The clock of the benchmarks: a page counts as settled when the last thing on it has been drawn, and not before."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bench import browser, served
from bench.browser import Tab

LATE_PAGE = """
import threading
import time
import altair as alt
import streamlit as st

chosen = st.selectbox("选项", ["甲", "乙", "丙", "丁"], key="option")
st.metric("所选", chosen)
if chosen != "甲":
    time.sleep(1)
rows = alt.Data(values=[{"x": n, "y": n * ord(chosen) % 7} for n in range(9)])
st.altair_chart(alt.Chart(rows).mark_bar().encode(x="x:Q", y="y:Q"))
"""
KEEPS_DRAWING = """() => {
    const canvas = document.createElement('canvas');
    document.querySelector('[data-testid=stMain]').append(canvas);
    const context = canvas.getContext('2d');
    addEventListener('click', (event) => {
        if (!event.target.closest('[role=option]')) return;
        for (let ms = 100; ms <= 1600; ms += 100) setTimeout(() => context.fillRect(0, 0, ms, ms), ms);
    }, { capture: true });
}"""
TELLS_LATE = """() => {
    const canvas = document.createElement('canvas');
    document.querySelector('[data-testid=stMain]').append(canvas);
    addEventListener('click', (event) => {
        if (!event.target.closest('[role=option]')) return;
        for (const ms of [1000, 1100]) setTimeout(() => { canvas.innerHTML = `<p>${ms}</p>`; }, ms);
        setTimeout(() => { canvas.parentElement.title = 'seen'; }, 950);
    }, { capture: true });
}"""
FETCHES_LATE = """(address) => addEventListener('click', (event) => {
    if (event.target.closest('[role=option]')) fetch(address, { mode: 'no-cors' });
}, { capture: true })"""


class LateAnswer(BaseHTTPRequestHandler):
    """Answers everything after more than a second."""

    def do_GET(self) -> None:
        time.sleep(1.2)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def late_address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), LateAnswer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def late_page(
    chromium_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Browser, str]]:
    """A browser, and the address of a page whose chart comes a second after the metric."""
    folder: Path = tmp_path_factory.mktemp("late")
    script = folder / "late_page.py"
    script.write_text(LATE_PAGE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(served.BASELINES, "late", str(script))
        with served.baseline("late", folder) as server, browser.chromium() as chromium:
            yield chromium, server.address


@pytest.fixture
def tab(late_page: tuple[Browser, str]) -> Iterator[Tab]:
    """That page just opened, and nothing chosen yet."""
    chromium, address = late_page
    with browser.visitor(chromium) as opened:
        opened.open(address)
        yield opened


def test_a_chart_that_comes_a_second_later_counts(tab):
    assert tab.choose("option", "乙").settled_ms >= 1000


def test_what_is_painted_after_the_script_is_over_counts(tab):
    tab.choose("option", "丙")
    tab.page.evaluate(KEEPS_DRAWING)
    found = tab.choose("option", "甲")
    assert found.script_ms < found.settled_ms
    assert found.settled_ms >= 1400
    assert found.last == "canvas"


def test_what_only_a_screen_reader_tells_is_a_time_of_its_own(tab):
    tab.choose("option", "乙")
    tab.page.evaluate(TELLS_LATE)
    found = tab.choose(
        "option", "丙"
    )  # its chart comes after a second, so the quiet comes after both
    assert 950 <= found.settled_ms <= found.heard_ms
    assert found.heard_ms >= 1100


def test_a_page_that_waits_for_an_answer_is_not_settled(tab, late_address):
    tab.choose("option", "丁")
    tab.page.evaluate(FETCHES_LATE, late_address)
    found = tab.choose("option", "甲")
    assert found.settled_ms >= 1200
