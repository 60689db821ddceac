"""A briefing as a Word document, to be edited and signed: A4, Chinese typefaces that Word has, pictures inside."""

import io
import zipfile
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table as WordTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph

from fuqi import look
from fuqi.brief.content import NOTES, Block, Briefing, Paragraph, Pictures, Table
from fuqi.brief.drawing import drawn

BODY, HEADING = "仿宋", "黑体"
LATIN = "Times New Roman"
SIDE, TOP = 20.0, 16.0
"""Millimetres of margin."""
WIDE = 210 - 2 * SIDE
TITLE_SIZE, HEADING_SIZE, TEXT_SIZE, TABLE_SIZE, NOTE_SIZE = 20.0, 13.0, 11.0, 9.0, 8.0
MARK_SIZE = 8.5
FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The oldest a zip entry can be: what is inside the file does not depend on the clock."""


def as_docx(briefing: Briefing) -> bytes:
    """The document; the same briefing gives the same bytes."""
    document = Document()
    _set_up(document, briefing)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(title, briefing.title.text, HEADING, TITLE_SIZE)
    marks = document.add_paragraph()
    marks.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _rule(marks, "top", 12)
    _rule(marks, "bottom", 4)
    _write(marks, "　".join(mark.text for mark in briefing.marks), HEADING, MARK_SIZE)
    for section in briefing.sections:
        heading = document.add_heading(level=1)
        heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(6), Pt(2)
        _write(heading, section.heading, HEADING, HEADING_SIZE)
        for block in section.blocks:
            _block(document, block)
    _notes(document, briefing)
    written = io.BytesIO()
    document.save(written)
    return _timeless(written.getvalue())


def _set_up(document: Any, briefing: Briefing) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(SIDE)
    page.top_margin = page.bottom_margin = Mm(TOP)
    page.footer_distance = Mm(8)
    normal = document.styles["Normal"]
    normal.font.size = Pt(TEXT_SIZE)
    normal.paragraph_format.space_after = Pt(0)
    _typeface(normal.element.get_or_add_rPr(), BODY)
    _language(normal.element.get_or_add_rPr())
    _typeface(document.styles["Heading 1"].element.get_or_add_rPr(), HEADING)
    facts = document.core_properties
    facts.title, facts.author, facts.comments = briefing.title.text, "", briefing.label
    facts.language = "zh-CN"
    facts.created = facts.modified = _plain(briefing.made_at)
    facts.last_modified_by, facts.revision = "", 1
    footer = page.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for part in ("PAGE", " / ", "NUMPAGES"):
        if part.isupper():
            _counted(footer, part)
        else:
            _write(footer, part, HEADING, NOTE_SIZE)


def _plain(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, microsecond=0)


def _block(document: Any, block: Block) -> None:
    if isinstance(block, Paragraph):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.first_line_indent = Pt(2 * TEXT_SIZE)
        paragraph.paragraph_format.line_spacing = 1.3
        _write(paragraph, block.text, BODY, TEXT_SIZE)
    elif isinstance(block, Table):
        _table(document, block)
    else:
        _pictures(document, block)


def _notes(document: Any, briefing: Briefing) -> None:
    heading = document.add_paragraph()
    heading.paragraph_format.space_before = Pt(8)
    heading.paragraph_format.keep_with_next = True
    _rule(heading, "top", 4)
    _write(heading, NOTES, HEADING, TABLE_SIZE)
    for note in briefing.notes:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.line_spacing = 1.15
        _write(paragraph, note.text, BODY, NOTE_SIZE, look.MUTED)


# ---------------------------------------------------------------- tables and pictures


def _table(document: Any, table: Table) -> None:
    title = document.add_paragraph()
    title.paragraph_format.keep_with_next = True
    title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(4), Pt(2)
    _write(title, table.title.text, HEADING, TABLE_SIZE)
    shown = document.add_table(rows=1, cols=len(table.headings), style="Table Grid")
    _widths(shown, [WIDE * weight / sum(table.weights) for weight in table.weights])
    _describe_table(shown, table.title.text)
    for cell, heading in zip(shown.rows[0].cells, table.headings, strict=True):
        _fill(cell, heading, HEADING, is_wordy=False)
        _shade(cell)
    properties = shown.rows[0]._tr.get_or_add_trPr()
    properties.append(_flag("w:cantSplit"))
    properties.append(_flag("w:tblHeader"))  # repeated on every page the table runs over
    for row in table.rows:
        added = shown.add_row()
        added._tr.get_or_add_trPr().append(_flag("w:cantSplit"))
        for place, cell in enumerate(row):
            _fill(added.cells[place], cell.text, BODY, is_wordy=place in table.wordy)
    _widths(shown, [WIDE * weight / sum(table.weights) for weight in table.weights])


def _fill(cell: _Cell, text: str, typeface: str, *, is_wordy: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if is_wordy else WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1)
    _write(paragraph, text, typeface, TABLE_SIZE)


def _pictures(document: Any, block: Pictures) -> None:
    wide = WIDE / 2
    grid = document.add_table(rows=0, cols=2)
    for first in range(0, len(block.pictures), 2):
        row = grid.add_row()
        row._tr.get_or_add_trPr().append(_flag("w:cantSplit"))
        for cell, picture in zip(row.cells, block.pictures[first : first + 2], strict=False):
            caption = cell.paragraphs[0]
            caption.paragraph_format.space_before = Pt(3)
            _write(caption, picture.title.text, HEADING, TABLE_SIZE)
            run = cell.add_paragraph().add_run()
            inserted = run.add_picture(io.BytesIO(drawn(picture)), width=Mm(wide - 4))
            for side in ("distT", "distB", "distL", "distR"):
                inserted._inline.set(side, "0")  # or some readers put air around it
            named = inserted._inline.docPr
            named.set("descr", picture.description.text)
            named.set("name", picture.title.text)
    _widths(grid, [wide, wide])


def _widths(table: WordTable, widths: list[float]) -> None:
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)


def _describe_table(table: WordTable, text: str) -> None:
    caption = OxmlElement("w:tblDescription")
    caption.set(qn("w:val"), text)
    table._tbl.tblPr.append(caption)


def _shade(cell: _Cell) -> None:
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:color"), "auto")
    shade.set(qn("w:fill"), look.SHADE.removeprefix("#"))
    cell._tc.get_or_add_tcPr().append(shade)


# ---------------------------------------------------------------- letters


def _write(
    paragraph: WordParagraph, text: str, typeface: str, size: float, colour: str = look.INK
) -> None:
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.bold = False
    run.font.color.rgb = RGBColor.from_string(colour.removeprefix("#"))
    _typeface(run._r.get_or_add_rPr(), typeface)


def _typeface(properties: Any, typeface: str) -> None:
    """The typeface of Chinese characters, which python-docx leaves to Word's own choice."""
    fonts = properties.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    latin = LATIN if typeface == BODY else "Arial"
    for name, used in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", typeface)):
        fonts.set(qn(f"w:{name}"), used)
    # Quotation marks and dashes are in both scripts; in these texts they are Chinese.
    fonts.set(qn("w:hint"), "eastAsia")


def _language(properties: Any) -> None:
    language = properties.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        properties.append(language)
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")


def _counted(paragraph: WordParagraph, what: str) -> None:
    """A field that Word fills in: the page's number, or how many there are."""
    for kind, text in (("begin", None), (None, what), ("end", None)):
        run = paragraph.add_run()
        run.font.size = Pt(NOTE_SIZE)
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run._r.append(mark)


def _rule(paragraph: WordParagraph, side: str, eighths: int) -> None:
    """A line above or below the paragraph, so many eighths of a point thick."""
    properties = paragraph._p.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        properties.insert_element_before(
            borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
        )
    line = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", str(eighths)), ("space", "3")):
        line.set(qn(f"w:{name}"), value)
    line.set(qn("w:color"), look.INK.removeprefix("#"))
    borders.append(line)


def _flag(name: str) -> Any:
    return OxmlElement(name)


def _timeless(content: bytes) -> bytes:
    """The same zip with the moment taken out of its entries."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            kept = zipfile.ZipInfo(entry.filename, FIRST_DAY)
            kept.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(kept, old.read(entry))
    return written.getvalue()
