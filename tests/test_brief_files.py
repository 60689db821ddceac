"""Briefings as Word, PDF and HTML: the same text in each, nothing from outside, nothing that runs, two pages."""

import base64
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from lxml import etree
from PIL import Image

from fuqi import brief
from fuqi.brief import Briefing, content, pdf_file
from fuqi.store import Warehouse
from tests.ledger import AS_OF
from tests.test_brief import LONG_AGO, MONDAY, W25, case, closed, desk, of_ledger

A4 = (210.0, 297.0)
NASTY = (
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; & \"'",
    "\u202egnp.exe\u200f\x00\x1b[31m\ufeff",
    "￾￿\x0b\ud800",
    "=HYPERLINK(1)",
    "]]></w:t><script>alert(2)</script>",
    "长" * 10_000,
    "W" * 300,
    "%PDF-1.7 (\\) endstream",
    "𠮷😀é",
)


@pytest.fixture(scope="module")
def made(demo_warehouse: Path) -> Iterator[dict[str, Briefing]]:
    """Briefings by what they are about: of the demo, and of a ledger full of hostile texts."""
    with desk(Warehouse(demo_warehouse).current()) as (compose, _):
        found = {
            "street": compose(W25, "福保街道"),
            "district": compose(W25, None),
            "week not over": compose(brief.week("2023-W26"), "福保街道"),
        }
    late = {"due_at": AS_OF - timedelta(days=3)}
    hostile = [
        case(n, MONDAY, **late) | {"title": text, "unit_name": text, "category_path": text[:60]}
        for n, text in enumerate(NASTY)
        if "\ud800" not in text  # no file that was loaded can hold one
    ]
    with of_ledger(LONG_AGO, closed(90, MONDAY), *hostile) as compose:
        found["hostile"] = compose()
    with of_ledger() as compose:
        found["empty"] = compose()
    yield found


ABOUT = ("street", "district", "week not over", "hostile", "empty")
EACH = pytest.mark.parametrize("about", ABOUT)


@pytest.fixture(scope="module")
def files(made: dict[str, Briefing]) -> dict[tuple[str, str], bytes]:
    return {
        (about, kind): write(briefing)
        for about, briefing in made.items()
        for kind, write in brief.FORMATS.items()
    }


@pytest.fixture(scope="module")
def pdfs(files: dict[tuple[str, str], bytes]) -> dict[str, "PdfReader"]:
    return {about: PdfReader(files[about, "pdf"]) for about in ABOUT}


def without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


# ---------------------------------------------------------------- reading them back


def docx_text(file: bytes) -> str:
    """Paragraphs, cells and what is said for pictures, in the document's order."""
    body = Document(io.BytesIO(file)).element.body
    said = []
    for element in body.iter(qn("w:t"), qn("wp:docPr")):
        said.append(element.text if element.tag == qn("w:t") else element.get("descr"))
    return "".join(said)


class Reader(HTMLParser):
    """Texts of a page with those for pictures, and every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_style = tag == "style"
        self.said.append(dict(attrs).get("alt") or "")

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.said.append(data)


def page_of(file: bytes) -> Reader:
    reader = Reader()
    reader.feed(file.decode())
    reader.close()
    return reader


class PdfReader:
    """As much of a PDF as fpdf2 writes: its objects, and the texts of its pages through the fonts' ToUnicode maps."""

    def __init__(self, file: bytes) -> None:
        self.objects = {
            int(number): body
            for number, body in re.findall(rb"(?s)(\d+) 0 obj\n(.*?)\nendobj", file)
        }
        kind = rb"/Type /Page\b(?!s)"
        self.pages = [body for body in self.objects.values() if re.search(kind, body)]

    def stream(self, number: int) -> bytes:
        body = self.objects[number]
        data = re.search(rb"(?s)stream\n(.*)\nendstream", body)[1]
        return zlib.decompress(data) if b"/FlateDecode" in body else data

    @cached_property
    def fonts(self) -> dict[str, dict[str, Any]]:
        """By their names on the pages: the letters by code, and whether the font is inside the file."""
        found = {}
        for body in self.objects.values():
            for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", body):
                font = self.objects[int(number)]
                descends = self.objects[int(re.search(rb"/DescendantFonts \[(\d+)", font)[1])]
                described = self.objects[int(re.search(rb"/FontDescriptor (\d+)", descends)[1])]
                found[name.decode()] = {
                    "letters": self._letters(int(re.search(rb"/ToUnicode (\d+)", font)[1])),
                    "name": re.search(rb"/BaseFont /(\S+)", font)[1].decode(),
                    "is_embedded": b"/FontFile" in described,
                }
        return found

    def _letters(self, number: int) -> dict[int, str]:
        mapped = self.stream(number).decode()
        pairs = re.findall(r"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>\n", mapped)
        return {int(code, 16): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}

    @cached_property
    def texts(self) -> list[str]:
        """The text of each page."""
        fonts = {name: font["letters"] for name, font in self.fonts.items()}
        return [self._page_text(page, fonts) for page in self.pages]

    def _page_text(self, page: bytes, fonts: dict[str, dict[int, str]]) -> str:
        drawn = self.stream(int(re.search(rb"/Contents (\d+)", page)[1]))
        said, letters = [], {}
        token = rb"(?s)/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj"
        for font, text in re.findall(token, drawn):
            if font:
                letters = fonts[font.decode()]
                continue
            raw = re.sub(rb"(?s)\\(.)", lambda m: ESCAPED.get(m[1], m[1]), text)
            codes = [int.from_bytes(raw[n : n + 2], "big") for n in range(0, len(raw), 2)]
            said.append("".join(letters.get(code, "�") for code in codes))
        return "".join(said)


ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


# ---------------------------------------------------------------- the same text in all of them


@EACH
def test_every_sentence_stands_in_the_word_document(made, files, about):
    text = without_spaces(docx_text(files[about, "docx"]))
    missing = [s.text for s in made[about].sentences if without_spaces(s.text) not in text]
    assert missing == []


@EACH
def test_every_sentence_stands_in_the_page_of_html(made, files, about):
    text = without_spaces("".join(page_of(files[about, "html"]).said))
    missing = [s.text for s in made[about].sentences if without_spaces(s.text) not in text]
    assert missing == []


@EACH
def test_every_sentence_stands_in_the_pdf(made, pdfs, about):
    reader = pdfs[about]
    text = without_spaces("".join(reader.texts))
    described = {picture.description for picture in made[about].pictures}
    known = {letter for f in reader.fonts.values() for letter in f["letters"].values()}
    for sentence in made[about].sentences:
        if sentence in described:
            continue
        # A character that the font does not have is drawn as a box and has no text.
        wanted = without_spaces(sentence.text)
        drawn = "".join(c for c in wanted if c in known)
        assert drawn in text.replace("�", ""), sentence.text
        assert about == "hostile" or drawn == wanted


@EACH
def test_the_headings_and_the_notes_stand_in_each_kind_of_file(made, files, pdfs, about):
    texts = (
        docx_text(files[about, "docx"]),
        "".join(page_of(files[about, "html"]).said),
        "".join(pdfs[about].texts),
    )
    for text in texts:
        places = [text.index(section.heading) for section in made[about].sections]
        assert places == sorted(places)
        assert content.NOTES in text[places[-1] :]


def test_the_same_briefing_gives_the_same_files(made, files):
    for kind, write in brief.FORMATS.items():
        assert write(made["street"]) == files["street", kind], kind
    moved = replace(made["street"], made_at=datetime(2024, 1, 1))
    assert brief.as_pdf(moved) != files["street", "pdf"]


# ---------------------------------------------------------------- Word


@EACH
def test_the_word_document_is_a4_with_numbered_pages(files, about):
    document = Document(io.BytesIO(files[about, "docx"]))
    (page,) = document.sections
    assert (page.page_width.mm, page.page_height.mm) == pytest.approx(A4, abs=0.1)
    assert page.left_margin.mm == page.right_margin.mm == pytest.approx(20, abs=0.1)
    fields = [t.text for t in page.footer._element.iter(qn("w:instrText"))]
    assert fields == ["PAGE", "NUMPAGES"]


@EACH
def test_every_run_of_the_word_document_names_a_chinese_typeface(files, about):
    document = Document(io.BytesIO(files[about, "docx"]))
    seen = set()
    for run in document.element.body.iter(qn("w:r")):
        if run.find(qn("w:t")) is not None:
            fonts = run.find(qn("w:rPr")).find(qn("w:rFonts"))
            seen.add(fonts.get(qn("w:eastAsia")))
            assert not [name for name in fonts.attrib if "heme" in name]
    assert seen == {"仿宋", "黑体"}


def test_a_table_of_the_word_document_repeats_its_header_and_breaks_no_row(files):
    document = Document(io.BytesIO(files["district", "docx"]))
    tables = [t for t in document.tables if t.style.name == "Table Grid"]
    assert len(tables) == 2
    for table in tables:
        flags = [{child.tag.rpartition("}")[2] for child in row._tr.trPr} for row in table.rows]
        assert "tblHeader" in flags[0]
        assert all("tblHeader" not in flag for flag in flags[1:])
        assert all("cantSplit" in flag for flag in flags)


@EACH
def test_the_pictures_of_the_word_document_are_sharp_described_and_inside(made, files, about):
    document = Document(io.BytesIO(files[about, "docx"]))
    described = [e.get("descr") for e in document.element.body.iter(qn("wp:docPr"))]
    assert described == [picture.description.text for picture in made[about].pictures]
    inside = zipfile.ZipFile(io.BytesIO(files[about, "docx"]))
    shown = [name for name in inside.namelist() if name.startswith("word/media/")]
    assert len(shown) == len(made[about].pictures)
    for name in shown:
        assert Image.open(io.BytesIO(inside.read(name))).width >= 2 * 350
    for name in inside.namelist():
        if name.endswith(".rels"):
            assert b'TargetMode="External"' not in inside.read(name), name
    assert all(entry.date_time == (1980, 1, 1, 0, 0, 0) for entry in inside.infolist())


@EACH
def test_every_part_of_the_word_document_is_xml_that_can_be_read(files, about):
    inside = zipfile.ZipFile(io.BytesIO(files[about, "docx"]))
    parts = [name for name in inside.namelist() if name.endswith((".xml", ".rels"))]
    assert len(parts) > 5
    for name in parts:
        etree.fromstring(inside.read(name))


# ---------------------------------------------------------------- PDF


@EACH
def test_the_pdf_has_one_or_two_a4_pages_with_their_numbers(files, pdfs, about):
    texts = pdfs[about].texts
    assert 1 <= len(texts) <= 2
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", files[about, "pdf"])
    assert boxes
    assert {(round(float(w) / 72 * 25.4), round(float(h) / 72 * 25.4)) for w, h in boxes} == {
        (210, 297)
    }
    for number, text in enumerate(texts, 1):
        assert without_spaces(text).endswith(f"{number}/{len(texts)}")


@EACH
def test_the_fonts_of_the_pdf_are_inside_and_cut_to_what_is_used(files, pdfs, about):
    fonts = pdfs[about].fonts
    assert {font["name"].partition("+")[2] for font in fonts.values()} == {
        "NotoSansSC",
        "NotoSerifSC",
    }
    assert all(font["is_embedded"] for font in fonts.values())
    assert all(len(font["letters"]) < 700 for font in fonts.values())
    assert len(files[about, "pdf"]) < 600_000


def test_the_pdf_names_itself_and_its_language(files):
    file = files["street", "pdf"]
    assert b"/Lang (zh-CN)" in file
    title = re.search(rb"/Title <feff([0-9a-f]+)>", file)[1].decode()
    assert bytes.fromhex(title).decode("utf-16-be") == "福保街道企业诉求办理情况简报"
    assert b"/CreationDate (D:20230629090000+08'00')" in file


@pytest.mark.parametrize("width", [9, 30, 170])
def test_lines_of_the_pdf_fit_and_begin_with_no_stop(made, width):
    pages = pdf_file._Pages(replace(made["empty"]))
    pages.add_page()
    pages._font(pdf_file.BODY, pdf_file.TEXT_SIZE)
    text = "按时办结率91.7%（11/12），较上周增加3件；“甲”类。" * 4 + "W" * 60
    lines = pages._wrapped(text, width)
    assert "".join(lines) == text
    assert all(pages.get_string_width(line) <= width for line in lines)
    if width > 9:  # where a number alone is wider than the line it has to be cut
        assert [line for line in lines if line[0] in pdf_file.NOT_FIRST] == []
        assert [line for line in lines if line[-1] in pdf_file.NOT_LAST] == []


def test_pieces_of_a_line_keep_numbers_whole_and_stops_where_they_belong():
    text = "按时办结率91.7%（11/12），较上周增加3件；“甲”类，SQ20230605002。"
    pieces = pdf_file._pieces(text)
    assert "".join(pieces) == text
    assert "91.7%" in "".join(p for p in pieces if "91" in p)
    assert all(piece[0] not in pdf_file.NOT_FIRST for piece in pieces[1:])
    assert all(piece[-1] not in pdf_file.NOT_LAST for piece in pieces[:-1])
    assert any("SQ20230605002。" in piece for piece in pieces)


# ---------------------------------------------------------------- HTML


@EACH
def test_the_page_of_html_asks_for_nothing_and_runs_nothing(files, about):
    reader = page_of(files[about, "html"])
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "iframe", "object", "embed", "link", "base", "form", "svg", "a"}
    for tag, attributes in reader.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        source = attributes.get("src")
        assert source is None or (tag == "img" and source.startswith("data:image/png;base64,"))
    (policy,) = [a["content"] for t, a in reader.tags if a.get("http-equiv")]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert not re.search(r"url\(|@import|https?:", files[about, "html"].decode())


@EACH
def test_the_pictures_of_the_page_are_inside_and_described(made, files, about):
    shown = [a for t, a in page_of(files[about, "html"]).tags if t == "img"]
    assert [a["alt"] for a in shown] == [p.description.text for p in made[about].pictures]
    for attributes in shown:
        image = Image.open(io.BytesIO(base64.b64decode(attributes["src"].partition(",")[2])))
        assert image.format == "PNG" and image.width >= 2 * 350


def test_the_page_is_chinese_utf8_and_made_for_a4_paper(files):
    text = files["street", "html"].decode("utf-8")
    assert text.startswith("<!doctype html>")
    assert '<html lang="zh-CN"><head><meta charset="utf-8">' in text
    assert "@page { size: A4;" in text
    assert "<title>福保街道企业诉求办理情况简报</title>" in text


def test_hostile_text_is_shown_as_text(files):
    text = files["hostile", "html"].decode()
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "<img src=x" not in text
    for kind in ("docx", "html", "pdf"):
        said = {
            "docx": docx_text,
            "html": lambda file: "".join(page_of(file).said),
            "pdf": lambda file: "".join(PdfReader(file).texts),
        }[kind](files["hostile", kind])
        assert "onerror=alert(1)" in without_spaces(said), kind
        assert "\u202e" not in said and "\x1b" not in said, kind
        assert "长" * 39 + "…" in without_spaces(said), kind
        assert "长" * 41 not in without_spaces(said), kind
