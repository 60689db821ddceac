"""What in a file could act by itself: a formula, a link, a script, a field, an outside part."""

import csv
import io
import re
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser

IN_OFFICE_FILES = {
    "a formula": r"<f[ >]",
    "a link": r"<(?:w:)?hyperlink\b",
    "a field": r"<w:instrText\b[^>]*>(?!\s*(?:NUM)?PAGES?\b)|<w:fldSimple\b(?![^>]*\b(?:NUM)?PAGES?\b)",
    "an outside part": r'TargetMode="External"',
}
IN_PDF = (b"/JavaScript", b"/JS ", b"/JS(", b"/URI", b"/Launch", b"/EmbeddedFile", b"/GoToR")
FORBIDDEN_TAGS = {
    "script",
    "foreignobject",
    "iframe",
    "object",
    "embed",
    "form",
    "base",
    "meta-refresh",
}
FORMULA_STARTS = tuple("=+-@＝＋－＠")


def active_parts(kind: str, content: bytes) -> list[str]:
    """What of a file of that kind (`csv`, `xlsx`, `docx`, `svg`, `html`, `pdf`) could act."""
    return READERS[kind](content)


def begins_a_formula(cell: str) -> bool:
    """Whether a spreadsheet might compute the cell; a plain number, perhaps with a unit, is none."""
    begun = cell.lstrip()
    is_number = re.fullmatch(r"[+-]?\d[\d,]*(\.\d+)?\s*[%\u4e00-\u9fff]{0,8}", begun)
    return (begun[:1] in FORMULA_STARTS and not is_number) or cell[:1] in ("\t", "\r", "\n")


def _of_csv(content: bytes) -> list[str]:
    lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [cell for line in lines for cell in line if begins_a_formula(cell)]


def _of_office_file(content: bytes) -> list[str]:
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for name in packed.namelist():
            if re.search(r"vbaProject|externalLinks|embeddings|activeX", name):
                found.append(name)
            written = (
                packed.read(name).decode("utf-8", "replace")
                if name.endswith((".xml", ".rels"))
                else ""
            )
            found += [
                f"{name}: {what}" for what, p in IN_OFFICE_FILES.items() if re.search(p, written)
            ]
    return found


def _of_markup(content: bytes) -> list[str]:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag in FORBIDDEN_TAGS:
                found.append(tag)
            for name, value in attrs:
                aim = (value or "").strip().lower()
                is_away = name in ("href", "xlink:href", "src", "action") and not aim.startswith(
                    ("#", "data:image/")
                )
                if name.startswith("on") or is_away:
                    found.append(f"{tag} {name}={value}")

    Reader().feed(content.decode("utf-8"))
    return found


def _of_pdf(content: bytes) -> list[str]:
    return [mark.decode() for mark in IN_PDF if mark in content] + (
        [] if content.startswith(b"%PDF") else ["no PDF"]
    )


READERS: dict[str, Callable[[bytes], list[str]]] = {
    "csv": _of_csv,
    "xlsx": _of_office_file,
    "docx": _of_office_file,
    "svg": _of_markup,
    "html": _of_markup,
    "pdf": _of_pdf,
}
