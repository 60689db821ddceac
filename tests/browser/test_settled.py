"""The clock of the benchmarks: a page counts as settled when the last thing on it has been drawn, and not before."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route

from bench import browser, served
from bench.browser import Tab

LATE_PAGE = """
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
FETCHES_LATE = """() => addEventListener('click', (event) => {
    if (event.target.closest('[role=option]')) fetch('/late');
}, { capture: true })"""


@pytest.fixture(scope="module")
def tab(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A page whose chart comes a second after the metric; opened, and nothing chosen yet."""
    folder: Path = tmp_path_factory.mktemp("late")
    script = folder / "late_page.py"
    script.write_text(LATE_PAGE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(served.BASELINES, "late", str(script))
        with (
            served.baseline("late", folder) as server,
            browser.chromium() as chromium,
            browser.visitor(chromium) as opened,
        ):
            opened.open(server.address)
            yield opened


def test_a_chart_that_comes_a_second_later_counts(tab):
    assert tab.choose("option", "乙").settled_ms >= 1000


def test_what_is_painted_after_the_script_is_over_counts(tab):
    tab.page.evaluate(KEEPS_DRAWING)
    found = tab.choose("option", "甲")
    assert found.script_ms < 1500 <= found.settled_ms


def test_a_page_that_waits_for_an_answer_is_not_settled(tab):
    def answer_late(route: Route) -> None:
        time.sleep(1.2)
        route.fulfill(body="late")

    tab.page.route("**/late", answer_late)
    tab.choose("option", "丙")  # which takes a second, but not that of the answer
    tab.page.evaluate(FETCHES_LATE)
    assert tab.choose("option", "甲").settled_ms >= 1200
