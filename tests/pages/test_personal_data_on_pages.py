"""No name and no number of a person is on a page, or in a file that is taken away from it."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fuqi import contract, paths
from fuqi.ui import downloads
from tests.ledger import publish_ledger
from tests.pages.conftest import OpenPage
from tests.test_query_files import one_row_of_everything

PAGES = sorted(page.stem for page in paths.PAGES.glob("*.py"))
CONTACT, CADRE, PHONE, IDENTITY = "欧阳鼕鼕", "司徒龘龘", "13987654321", "440304199001011234"
SECRETS = ("阳鼕", "徒龘", "87654", "19900101")
NUMBER_OF_AN_ELEMENT = re.compile(r"[0-9a-f]{32}")
"""Drawn anew each time; one in some ten thousand holds the digits of a phone."""
"""What of them must be nowhere, in whatever way it is cut out or wrapped."""
TEXT = f"{CADRE}来过，电话{PHONE}，身份证{IDENTITY}"
DRAWN = 3
"""Pictures of a page that are drawn here; their rows are in the workbook, all of them."""
VISITS = {
    **{page: (page, {"period": "启动以来"}) for page in PAGES},
    "case": ("resolution", {"case": "SQ20230504001"}),
    "park": ("assignments", {"park": "P001", "period": "启动以来"}),
    "station": ("stations", {"station": "007", "period": "启动以来"}),
    **{part: ("assignments", {"tab": part}) for part in ("走访", "历史", "小组", "补位建议")},
    **{part: ("resolution", {"tab": part}) for part in ("环节与用时", "全部指标")},
    **{part: ("stations", {"tab": part}) for part in ("够得着吗", "再开一站", "快检与公布数字")},
}


@pytest.fixture(scope="module")
def personal_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = one_row_of_everything()
    for table in contract.load().tables:
        # Nobody can tell that a word is a name where neither the row nor the register has it.
        has_contact = any(c.personal == "name" for c in table.columns)
        text = f"{CONTACT}称{TEXT}" if has_contact else TEXT
        kinds = {"name": CONTACT, "phone": PHONE, "text": text}
        for row in tables[table.name]:
            row.update({c.name: kinds[c.personal] for c in table.columns if c.personal})
    for cadre in tables["cadres"]:
        cadre["cadre_name"] = CADRE
    folder = tmp_path_factory.mktemp("personal")
    publish_ledger(folder, tables)
    return folder


@pytest.mark.parametrize("visit", VISITS)
def test_nobody_is_named_on_a_page_or_in_its_files(
    visit: str,
    personal_warehouse: Path,
    use_warehouse: Callable[[Path], None],
    open_page: OpenPage,
) -> None:
    page, asked = VISITS[visit]
    use_warehouse(personal_warehouse)
    opened = open_page(page, **asked)
    assert not opened.exception
    for name, sent in [("page", _sent(opened)), *_files(opened)]:
        content = NUMBER_OF_AN_ELEMENT.sub("", sent)
        for secret in SECRETS:
            assert secret not in content, (
                name,
                secret,
                content[max(content.find(secret) - 80, 0) :][:200],
            )


def test_the_case_shows_its_text_without_those_it_names(
    personal_warehouse: Path, use_warehouse: Callable[[Path], None], open_page: OpenPage
) -> None:
    use_warehouse(personal_warehouse)
    opened = open_page("resolution", case="SQ20230504001")
    shown = "欧***称司***来过，电话139****4321，身份证440***************"
    assert shown in [text.value for text in opened.text]


def _sent(opened: AppTest) -> str:
    """Everything that the browser gets, tables of numbers and all."""
    parts: list[str] = []

    def look(block: object) -> None:
        proto = getattr(block, "proto", None)
        if proto is not None and hasattr(proto, "SerializeToString"):
            parts.append(proto.SerializeToString().decode("utf-8", "replace"))
        for child in getattr(block, "children", {}).values():
            look(child)

    for part in opened._tree.children.values():
        look(part)
    assert parts
    return "\n".join(parts)


def _files(opened: AppTest) -> list[tuple[str, str]]:
    if downloads.ENTRY not in opened.session_state:
        return []
    shown = opened.session_state[downloads.ENTRY]
    found = [("workbook", _unpacked(shown.workbook()))]
    drawn = [item for item in shown.items.values() if item.draw]
    for item in shown.items.values():
        if item in drawn[DRAWN:]:
            continue
        kinds = ("svg",) if item.draw else ("csv", "xlsx")
        for kind in kinds:
            made = downloads._file(shown, item, kind)()
            text = _unpacked(made) if kind == "xlsx" else made.decode("utf-8-sig")
            if kind == "svg":  # a text may be cut into lines
                text = re.sub(r"<[^>]+>|\s", "", text)
            found.append((f"{item.title}.{kind}", text))
    return found


def _unpacked(book: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
