"""A release full of hostile texts in a real browser: nothing runs, nobody else is called, and it can be read."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from fuqi import intake
from fuqi.store import Warehouse
from tests import hostile
from tests.browser.conftest import OpenScreen, served
from tests.browser.screen import Screen, link

STREET = hostile.TEXTS[1]
PARK = f"{hostile.MARKUP[0]}{hostile.TEXTS.index(hostile.MARKUP[0])}"
LONG = hostile.case_id(hostile.LONG, len(hostile.TEXTS) - 1)
VISITS: dict[str, tuple[str, dict[str, str]]] = {
    "overview": ("overview", {"period": "今年"}),
    "overview of a street": ("overview", {"street": STREET, "period": "今年"}),
    "street": ("street", {"street": STREET, "period": "今年"}),
    "resolution": ("resolution", {"period": "今年"}),
    "steps": ("resolution", {"period": "今年", "tab": "环节与用时"}),
    "a long case": ("resolution", {"case": LONG}),
    "a case of markup": ("resolution", {"case": PARK}),
    "common": ("common", {"period": "今年"}),
    "comparison": ("comparison", {"period": "今年", "by": "比较社区"}),
    "a park": ("assignments", {"park": PARK}),
    "a station": ("stations", {"station": PARK}),
    "small_business": ("small_business", {}),
    "financing": ("financing", {"period": "启动以来"}),
    "data": ("data", {}),
    "a link's own words": ("overview", {"street": hostile.MARKDOWN[1], "from": hostile.MARKUP[0]}),
}
FLAT = "[class*=st-key-map_] [data-testid=stVegaLiteChart]"
MAPS = f"[data-testid=stDeckGlJsonChart], {FLAT}"
BROKEN = ("Uncaught", "Unexpected token", "is not defined", "Content Security Policy")
"""What a browser says when a text was read as code; slow graphics and the like it mentions as well."""
FOUND = """() => {
    const inside = [...document.querySelectorAll('[data-testid=stMain] *')];
    const attributes = inside.flatMap(e => [...e.attributes].map(a => a.name + '=' + a.value));
    const main = document.querySelector('[data-testid=stMain]');
    return {
        pwned: window.__pwned ?? null,
        handlers: attributes.filter(a => a.startsWith('on')),
        away: attributes.filter(a =>
            /^(href|src|action|formaction)=(https?:[^/]*\\/\\/[^/]*evil|javascript:)/.test(a)),
        icons: inside.filter(e => e.dataset.testid === 'stIconMaterial' && e.textContent === 'bug_report').length,
        wide: Math.max(document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth),
        emptyMaps: [...document.querySelectorAll('[data-testid=stDeckGlJsonChart]')]
            .filter(m => !m.querySelector('canvas')).length
            + [...document.querySelectorAll('[class*=st-key-map_] [data-testid=stVegaLiteChart]')]
            .filter(m => m.querySelectorAll('.mark-shape path[d]').length < 10).length,
        charts: document.querySelectorAll('[data-testid=stVegaLiteChart]').length,
        drawn: [...document.querySelectorAll('[data-testid=stVegaLiteChart]')]
            .filter(c => c.querySelector('canvas, svg')).length,
        failures: document.querySelectorAll('[data-testid=stException]').length,
        text: main.innerText,
    };
}"""


@pytest.fixture(scope="module")
def hostile_server(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    warehouse = folder / "warehouse"
    intake.run(hostile.write(folder / "exports"), Warehouse(warehouse))
    with served(warehouse, folder) as address:
        yield address


def opened_on(server: str, open_screen: OpenScreen, visit: str) -> tuple[Screen, list[str]]:
    page, asked = VISITS[visit]
    screen = open_screen(link(server, page, **asked))
    dialogs: list[str] = []
    screen.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    return screen, dialogs


@pytest.mark.parametrize("visit", VISITS)
def test_hostile_texts_do_nothing_in_the_browser(
    visit: str, hostile_server: str, open_screen: OpenScreen
) -> None:
    screen, dialogs = opened_on(hostile_server, open_screen, visit)
    screen.page.wait_for_timeout(2500)  # maps and charts are drawn after the page stands still
    for map_ in screen.page.locator(MAPS).all()[:1]:
        map_.scroll_into_view_if_needed()
        box = map_.bounding_box()
        assert box is not None
        for across in (0.3, 0.5, 0.7):  # whatever tooltips there are
            screen.page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] / 2)
            screen.page.wait_for_timeout(250)
    found = screen.page.evaluate(FOUND)
    own = urlsplit(hostile_server).netloc
    elsewhere = {urlsplit(a).netloc for a in screen.addresses} - {own, ""}
    screen.close()
    assert dialogs == [] and found["pwned"] is None
    assert elsewhere == set()
    assert found["handlers"] == [] and found["away"] == []
    assert found["icons"] == 0 and found["failures"] == 0
    assert found["wide"] <= 0
    assert found["emptyMaps"] == 0 and found["drawn"] >= found["charts"]
    assert not set("\u202a\u202b\u202d\u202e") & set(found["text"])
    assert not [c for c in screen.complaints if any(sign in c for sign in BROKEN)]


@pytest.mark.parametrize(
    ("page", "asked", "tooltip", "written_with"),
    [
        ("assignments", {"park": PARK}, ".deck-tooltip", "b, br"),
        (
            "street",
            {"street": STREET},
            "#vg-tooltip-element.visible",
            "h2, table, tbody, tr, td",
        ),
    ],
)
def test_a_tooltip_of_the_map_shows_the_name_as_it_is_written(
    page: str,
    asked: dict[str, str],
    tooltip: str,
    written_with: str,
    hostile_server: str,
    open_screen: OpenScreen,
) -> None:
    screen = open_screen(link(hostile_server, page, **asked))
    map_ = screen.page.locator(MAPS).first
    map_.scroll_into_view_if_needed()
    screen.page.wait_for_timeout(2500)
    box = map_.bounding_box()
    assert box is not None
    shown: set[str] = set()
    steps = 14
    for n in range(steps * steps):
        x, y = (n % steps + 0.5) / steps, (n // steps + 0.5) / steps
        screen.page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        tip = screen.page.locator(tooltip).first
        if tip.count() and tip.is_visible():
            shown.add(tip.inner_text())
            assert tip.locator(f"*:not({written_with})").count() == 0, tip.inner_html()
    screen.close()
    assert shown
    assert screen.page.is_closed()


def test_a_name_of_markup_is_read_as_it_is_written(
    hostile_server: str, open_screen: OpenScreen
) -> None:
    screen = open_screen(link(hostile_server, "resolution", case=PARK))
    words = screen.page.locator("[data-testid=stMain]").inner_text().replace("\u2060", "")
    screen.close()
    assert hostile.MARKUP[0] in words


def test_a_long_text_is_cut_or_scrolls_in_its_own_frame(
    hostile_server: str, open_screen: OpenScreen
) -> None:
    screen = open_screen(link(hostile_server, "resolution", case=LONG), width=390, height=844)
    found = screen.page.evaluate(FOUND)
    heading = screen.page.locator("[data-testid=stMarkdown]", has_text="长长长").first
    tall = heading.bounding_box()
    frame = screen.page.locator("[data-testid=stText]", has_text="长长长").first
    screen.close()
    assert found["wide"] <= 0
    assert tall is not None and tall["height"] <= 160
    assert frame is not None
