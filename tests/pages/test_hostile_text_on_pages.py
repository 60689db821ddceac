"""Whatever stands in a cell of an export: pages show it, cut and still, and nothing of it becomes markup or code."""

import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from fuqi import intake, paths
from fuqi.maps import objects_of
from fuqi.store import Warehouse
from fuqi.ui import downloads
from fuqi.ui.file_links import FOLDER
from tests import hostile
from tests.active_content import active_parts
from tests.pages.conftest import OpenPage

PAGES = sorted(page.stem for page in paths.PAGES.glob("*.py"))
HOSTILE_STREET = hostile.TEXTS[1]
MOST_CHARACTERS = 300
"""Of one text in one element; a frame of its own may hold more."""

ACTIVE = {
    "an element": r"(?<!\\)<[a-zA-Z/!]",
    "a link or a picture": r"(?<!\\)\]\(",
    "an address": r"https?://evil|www\.evil|evil@mail",
    "a directive": r":(rainbow|violet-badge)(?<!\\)\[",
    "an icon": r":material/bug_report:|:skull:",
    "a formula": r"(?<!\\)\$latex|(?<!\\)\$\{",
    "emphasis": r"(?<!\\)\*\*粗|(?<!\\)_斜_|(?<!\\)`码|(?<!\\)~~删",
    "a turned line": "[\u202a-\u202e\u2066\u2067]",
}
PLAIN_KINDS = ("text", "arrow_data_frame", "vega_lite_chart", "deck_gl_json_chart", "html")
"""Elements that read no Markdown; what they do with a text is tested apart."""
MARKDOWN_FIELDS = ("body", "label", "help", "delta", "text", "placeholder")

OF_A_COURSE = {("img", name) for name in ("src", "alt", "title", "style")}
OF_A_CARD = {
    *(("div", "class"), ("div", "data-kpi"), ("h3", ""), ("span", "")),
    *(("button", name) for name in ("type", "class", "aria-label", "data-meaning")),
    ("i", "aria-hidden"),
}
OF_TERMS = {
    *(("p", "class"), ("code", ""), ("dl", "class"), ("dt", ""), ("dd", ""), ("div", "")),
    *(("br", ""), ("span", "class")),
}
OF_A_MENU = {
    *(("details", name) for name in ("name", "style")),
    *(("summary", name) for name in ("aria-label", "style")),
    *(("a", name) for name in ("href", "download", "style", "aria-label")),
}
OF_A_DRAWING = {"xmlns", "viewbox", "preserveaspectratio", "points", "fill", "fill-opacity"} | {
    *("stroke", "stroke-width", "vector-effect")
}
"""Attributes of a course on a card, none of which leads anywhere."""

LITERAL = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*["]""")

Visit = tuple[str, dict[str, str]]
VISITS: dict[str, Visit] = {
    **{page: (page, {}) for page in PAGES},
    **{
        f"{page} of a street": (page, {"street": HOSTILE_STREET, "period": "今年"})
        for page in PAGES
    },
    "a community": ("overview", {"street": HOSTILE_STREET, "community": HOSTILE_STREET}),
    "a park": ("assignments", {"park": f"{HOSTILE_STREET}1"}),
    "a station": ("stations", {"station": f"{HOSTILE_STREET}1"}),
    **{part: ("assignments", {"tab": part}) for part in ("走访", "历史", "小组", "补位建议")},
    **{part: ("resolution", {"tab": part}) for part in ("环节与用时", "全部指标")},
    **{part: ("stations", {"tab": part}) for part in ("够得着吗", "再开一站", "快检与公布数字")},
    "a link's own words": ("overview", {"street": hostile.MARKDOWN[0], "from": hostile.MARKUP[0]}),
    "no such case": ("resolution", {"case": hostile.MARKDOWN[0]}),
    **{
        f"case {n}": ("resolution", {"case": hostile.case_id(text, n)})
        for n, text in enumerate(hostile.TEXTS)
        if n % 5 == 3 or n == len(hostile.TEXTS) - 1
    },
}


@pytest.fixture(scope="session")
def hostile_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    intake.run(hostile.write(folder / "exports"), Warehouse(folder / "warehouse"))
    return folder / "warehouse"


@pytest.fixture
def open_hostile(
    hostile_warehouse: Path, use_warehouse: Callable[[Path], None], open_page: OpenPage
) -> OpenPage:
    use_warehouse(hostile_warehouse)
    return open_page


@pytest.mark.parametrize("visit", VISITS)
def test_a_page_shows_hostile_texts_and_does_nothing_with_them(
    visit: str, open_hostile: OpenPage
) -> None:
    page, asked = VISITS[visit]
    opened = open_hostile(page, **asked)
    assert not opened.exception, opened.exception[0].stack_trace

    for kind, text in markdown_of(opened):
        for what, pattern in ACTIVE.items():
            assert not re.search(pattern, text), (kind, what, text[:200])
        assert not any(unicodedata.category(c) == "Cc" and c != "\n" for c in text), (kind, text)
        assert "长" * MOST_CHARACTERS not in text, kind
    for body in (node.proto.body for node in nodes_of(opened) if node.type == "html"):
        drawings = re.findall(r'<img src="data:image/svg\+xml,([^"]*)"', body)
        parts = OF_A_CARD | OF_A_COURSE | OF_A_MENU | OF_TERMS
        allowed = {("div", "style"), ("span", "style")} | parts
        assert tags_in(body) <= allowed, body
        for address in re.findall(r'href="([^"]*)"', body):
            assert re.fullmatch(rf"{FOLDER}[\w-]+/\w+-\w{{8}}\.[a-z]{{3,4}}", address), address
        assert body.count("<img") == body.count("src=") == len(drawings), body
        for drawing in map(unquote, drawings):
            assert {tag for tag, _ in tags_in(drawing)} == {"svg", "polygon", "polyline"}, drawing
            assert {name for _, name in tags_in(drawing)} <= OF_A_DRAWING, drawing
    for spec in specs_of(opened):
        for code in code_in(spec):
            assert not any(text[:40] in without_literals(code) for text in hostile.TEXTS), code
    for objects in map_objects_of(opened):
        for text in hostile.texts_in(objects):
            assert not text.startswith("@@"), text
        for said in (objects.get("name", ""), objects.get("detail", "")):
            assert tags_in(said) == set() and not re.search("[{}]", said), said
    take_away_everything(opened)


def take_away_everything(opened: AppTest) -> None:
    """Every file that the page offers holds the texts and does nothing either."""
    if downloads.ENTRY not in opened.session_state:
        return
    shown = opened.session_state[downloads.ENTRY]
    book = openpyxl.load_workbook(io.BytesIO(shown.workbook()))
    assert len({name.lower() for name in book.sheetnames}) == len(book.sheetnames)
    for sheet in book:
        assert len(sheet.title) <= 31 and not re.search(r"[\[\]:*?/\\]", sheet.title)
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f" and cell.hyperlink is None
                assert not any(
                    unicodedata.category(c) == "Cc" for c in str(cell.value) if c not in "\n\t"
                )
    for item in shown.items.values():
        assert re.fullmatch(r'[^\\/:*?"<>|\x00-\x1f]{1,120}', shown.file_name(item.title, "csv"))
        if item.draw is None:
            assert active_parts("csv", downloads._file(shown, item, "csv")()) == [], item.title
    drawn = [item for item in shown.items.values() if item.draw is not None]
    for item in drawn[:2]:
        assert active_parts("svg", downloads._file(shown, item, "svg")()) == [], item.title


# ---------------------------------------------------------------- what a page consists of


def nodes_of(opened: AppTest) -> Iterator[Any]:
    def below(block: Any) -> Iterator[Any]:
        yield block
        for child in getattr(block, "children", {}).values():
            yield from below(child)

    for part in opened._tree.children.values():
        yield from below(part)


def markdown_of(opened: AppTest) -> Iterator[tuple[str, str]]:
    """Every text that the browser reads as Markdown, with the kind of its element."""
    for node in nodes_of(opened):
        proto = getattr(node, "proto", None)
        if proto is None or node.type in PLAIN_KINDS:
            continue
        for field, value in proto.ListFields() if hasattr(proto, "ListFields") else ():
            if isinstance(value, str) and field.name in MARKDOWN_FIELDS:
                yield node.type, value
            elif hasattr(value, "ListFields") and field.name in ("expandable", "tab", "popover"):
                yield field.name, value.label


def tags_in(body: str) -> set[tuple[str, str]]:
    """Each element with the names of its attributes."""
    found: set[tuple[str, str]] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.update((tag, name) for name, _ in attrs or [("", None)])

    Reader().feed(body)
    return found


def specs_of(opened: AppTest) -> Iterator[Any]:
    for node in nodes_of(opened):
        if node.type in ("arrow_vega_lite_chart", "vega_lite_chart"):
            yield json.loads(node.proto.spec)


def code_in(spec: Any) -> Iterator[str]:
    """What Vega would compute."""
    if isinstance(spec, dict):
        for name, value in spec.items():
            is_code = name in ("calculate", "filter", "test", "expr", "signal", "labelExpr", "href")
            if is_code and isinstance(value, str):
                yield value
            yield from code_in(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from code_in(value)


def without_literals(code: str) -> str:
    """The code but for its texts in quotes: what is in them is compared, and not computed."""
    return LITERAL.sub("''", code)


def map_objects_of(opened: AppTest) -> Iterator[Any]:
    """What stands in the data of the maps' layers."""
    for node in nodes_of(opened):
        if node.type == "deck_gl_json_chart":
            for layer in json.loads(node.proto.json)["layers"]:
                yield from objects_of(layer["data"])
