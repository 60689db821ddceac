"""What a reader sees on an office screen, a wall and a phone: drawn, in Chinese, from our own server only."""

import re
from collections.abc import Iterator

import pytest

from tests.browser.conftest import OpenScreen
from tests.browser.screen import TITLES, Screen, foreign, link, real_complaints
from tests.pages.conftest import PARTS

PAGES = {
    **TITLES,
    "street": "街道",
    "comparison": "横向比较",
    "common": "共性诉求",
    "small_business": "小个专",
    "financing": "融资与活动",
    "definitions": "口径",
    "data": "数据",
}
PAGES |= {part: PAGES[part.partition(".")[0]] for part in PARTS}
"""The pages by their titles; after a point, a part of one."""

SIZES = {
    "office": {"width": 1366, "height": 768},
    "wall": {"width": 1920, "height": 1080},
    "phone": {
        "width": 390,
        "height": 844,
        "is_mobile": True,
        "has_touch": True,
        "user_agent": "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/110.0.0.0 Mobile Safari/537.36",
    },
}
ALLOWED_WORDS = {"CSV", "PNG", "SVG", "XLSX", "PDF", "KONE", "intake", "problems", "csv"} | {
    "Benjamini",
    "Hochberg",
    "Newcombe",
    "Wilson",
}
"""File formats, the name of the report file, a firm with a Latin name, and methods known by their authors."""

FLAT = ".st-key-map_measure_by_area [data-testid=stVegaLiteChart]"
DRAWINGS = {
    "map": f"[data-testid=stDeckGlJsonChart], {FLAT}",
    "chart": f"[data-testid=stVegaLiteChart]:not({FLAT})",
}
LEAST_COLOURS = 4
LEAST_DRAWN = {"map": 0.03, "chart": 0.01}
"""Share of the pixels that have not the most frequent colour: areas on a map, thin lines on a chart."""

VISIBLE_TEXTS = """() => {
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (parent.closest('script, style, noscript, template, canvas, code')) continue;
        if (getComputedStyle(parent).fontFamily.includes('Material Symbols')) continue;
        if (!parent.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
        const box = parent.getBoundingClientRect();
        if (box.width <= 1 || box.height <= 1) continue;
        texts.push(walker.currentNode.data.trim());
    }
    for (const heading of document.querySelectorAll('canvas th')) texts.push(heading.textContent.trim());
    for (const input of document.querySelectorAll('input')) {
        if (input.checkVisibility() && !input.value) texts.push(input.placeholder);
    }
    return texts.filter(text => text);
}"""
PIXELS = """async (picture) => {
    const bytes = Uint8Array.from(atob(picture), c => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], {type: 'image/png'}));
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const data = context.getImageData(0, 0, image.width, image.height).data;
    const counts = new Uint32Array(4096);
    for (let i = 0; i < data.length; i += 4) {
        const colour = (data[i] >> 4) << 8 | (data[i + 1] >> 4) << 4 | data[i + 2] >> 4;
        counts[colour] += 1;
    }
    const pixels = data.length / 4;
    return [counts.filter(count => count > 0).length, 1 - Math.max(...counts) / pixels];
}"""


@pytest.fixture(scope="module")
def desk_tabs(open_screen: OpenScreen) -> Iterator[dict[str, Screen]]:
    """The page open on the office screen; the wall takes it over by a change of size, which saves a visit.

    It is alone: a tab behind goes on painting its maps and asking for news.
    """
    tabs: dict[str, Screen] = {}
    yield tabs
    for tab in tabs.values():
        tab.close()


@pytest.fixture(scope="module", params=[f"{page}-{size}" for page in PAGES for size in SIZES])
def seen(
    request: pytest.FixtureRequest,
    demo_server: str,
    open_screen: OpenScreen,
    desk_tabs: dict[str, Screen],
) -> Iterator[tuple[str, Screen]]:
    """Each page at each size, the same screen for all tests of this file."""
    page, _, size = request.param.partition("-")
    part = {"tab": PARTS[page]} if page in PARTS else {}
    address = link(demo_server, page.partition(".")[0], **part)
    if size == "phone":
        screen = open_screen(address, **SIZES[size])
        yield page, screen
        screen.close()
        return
    if page not in desk_tabs:
        for other in list(desk_tabs):
            desk_tabs.pop(other).close()
        desk_tabs[page] = open_screen(address)
    desk_tabs[page].resize(**SIZES[size])
    yield page, desk_tabs[page]


def test_maps_and_charts_are_drawn(seen: tuple[str, Screen]) -> None:
    page, screen = seen
    empty = []
    drawn = 0
    for kind, selector in DRAWINGS.items():
        for place in screen.page.locator(selector).all():
            drawn += 1
            colours, share = screen.pixels(place, PIXELS, LEAST_COLOURS, LEAST_DRAWN[kind])
            if colours < LEAST_COLOURS or share < LEAST_DRAWN[kind]:
                empty.append(f"{kind} {drawn}: {colours} colours, {share:.1%} drawn")
    assert (
        drawn
        >= {
            "overview": 3,
            "street": 0,
            "resolution": 0,
            "resolution.steps": 7,
            "resolution.kpis": 0,
            "comparison": 3,
            "common": 1,
            "assignments": 1,
            "stations": 3,
            "stations.reach": 2,
            "stations.sites": 1,
            "stations.tests": 1,
            "small_business": 3,
            "financing": 2,
            "definitions": 0,
            "data": 0,
        }[page]
    )
    assert empty == []


def test_the_page_does_not_scroll_sideways(seen: tuple[str, Screen]) -> None:
    _, screen = seen

    too_wide = screen.page.evaluate(
        """() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')]
            .map(e => e.scrollWidth - e.clientWidth).filter(excess => excess > 0)"""
    )

    assert too_wide == []


def test_every_visible_word_is_chinese(seen: tuple[str, Screen]) -> None:
    _, screen = seen

    texts = screen.page.evaluate(VISIBLE_TEXTS)

    words = {word for text in texts for word in re.findall(r"[A-Za-z]{3,}", text)}
    assert len(texts) > 15
    assert words - ALLOWED_WORDS == set()


def test_icons_are_drawn_by_their_font_and_not_spelt_out(seen: tuple[str, Screen]) -> None:
    _, screen = seen

    widths = screen.page.evaluate(
        """() => [...document.querySelectorAll('span')]
            .filter(span => span.checkVisibility() && span.childElementCount === 0)
            .map(icon => [icon, getComputedStyle(icon)])
            .filter(([, style]) => style.fontFamily.includes('Material Symbols'))
            .map(([icon, style]) => {
                return [icon.textContent, icon.scrollWidth / parseFloat(style.fontSize)];
            })"""
    )

    assert {"schedule", "science"} <= {name for name, _ in widths}
    assert [w for w in widths if w[1] > 1.5] == [], "wider than a glyph: the name is shown instead"


def test_language_and_title_are_those_of_the_dashboard(seen: tuple[str, Screen]) -> None:
    page, screen = seen

    assert screen.page.locator("html").get_attribute("lang") == "zh-CN"
    assert "福企看板" in screen.page.title()
    assert screen.title == PAGES[page]


def test_every_request_goes_to_our_own_server_and_the_browser_complains_of_nothing(
    seen: tuple[str, Screen], demo_server: str
) -> None:
    _, screen = seen

    assert any(address.startswith("ws://") for address in screen.addresses)
    assert foreign(screen.addresses, demo_server) == []
    assert real_complaints(screen) == []
