"""A briefing as PDF on A4: the fonts of the package embedded, as far as they are used."""

import io
from collections.abc import Sequence

import pylopdf_fonts_zh_cn
from fpdf import FPDF
from PIL import Image

from fuqi import look
from fuqi.brief.content import NOTES, Briefing, Paragraph, Picture, Pictures, Table
from fuqi.brief.drawing import drawn
from fuqi.store.releases import LOCAL_ZONE

BODY, HEADING = "NotoSerifSC", "NotoSansSC"
SIDE, TOP, BOTTOM = 20.0, 16.0, 16.0
"""Millimetres of margin."""
POINT = 0.3528
"""Millimetres."""
TITLE_SIZE, HEADING_SIZE, TEXT_SIZE, TABLE_SIZE, NOTE_SIZE = 19.0, 12.5, 10.5, 8.5, 7.5
"""Points."""
LEADING = 1.55
BETWEEN = 4.0
"""Millimetres between two pictures of a row."""
CELL = 0.9
"""Millimetres around the text of a cell."""
NOT_FIRST = "，。；：、！？）」』】》％%…—,.;:!?)]}”’·"
"""What no line begins with."""
NOT_LAST = "（「『【《([{“‘"
"""What no line ends with."""


def as_pdf(briefing: Briefing) -> bytes:
    """The pages, with page numbers; the same briefing gives the same bytes."""
    pdf = _Pages(briefing)
    pdf.add_page()
    pdf.head()
    for section in briefing.sections:
        first, *further = section.blocks
        pdf.heading(section.heading, pdf.height_of(first))
        for block in (first, *further):
            pdf.block(block)
    pdf.notes()
    return bytes(pdf.output())


class _Pages(FPDF):
    def __init__(self, briefing: Briefing) -> None:
        super().__init__(format="A4")
        self.briefing = briefing
        self.add_font(BODY, fname=pylopdf_fonts_zh_cn.serif_path())
        self.add_font(HEADING, fname=pylopdf_fonts_zh_cn.sans_path())
        self.set_margins(SIDE, TOP, SIDE)
        self.set_auto_page_break(auto=False)
        self.set_title(briefing.title.text)
        self.set_lang("zh-CN")
        self.set_creation_date(briefing.made_at.replace(tzinfo=LOCAL_ZONE))
        self.alias_nb_pages("{pages}")
        self.pictures = {id(p): drawn(p) for p in briefing.pictures}

    # ------------------------------------------------------------ parts

    def footer(self) -> None:
        self._font(HEADING, NOTE_SIZE, look.MUTED)
        self.set_y(-BOTTOM + 4)
        self.cell(0, 4, f"{self.page_no()} / {{pages}}", align="C")

    def head(self) -> None:
        self._font(HEADING, TITLE_SIZE)
        self._lines_of(self.briefing.title.text, self.epw, align="C", leading=1.4)
        self.ln(1.5)
        self._rule(0.6)
        self._font(HEADING, TABLE_SIZE)
        self.ln(1)
        self._lines_of("　　".join(m.text for m in self.briefing.marks), self.epw, align="C")
        self.ln(0.6)
        self._rule(0.2)
        self.ln(1.5)

    def heading(self, text: str, below: float) -> None:
        """A heading, on the page on which what stands below it begins."""
        self._room(9 + min(below, 60))
        self.ln(2)
        self._font(HEADING, HEADING_SIZE)
        self._lines_of(text, self.epw)
        self.ln(0.5)

    def block(self, block: Paragraph | Table | Pictures) -> None:
        if isinstance(block, Paragraph):
            self._room(self.height_of(block))
            self._font(BODY, TEXT_SIZE)
            self._lines_of(f"　　{block.text}", self.epw)
        elif isinstance(block, Table):
            self._table(block)
        else:
            self._pictures(block)

    def notes(self) -> None:
        self._font(BODY, NOTE_SIZE)
        texts = [note.text for note in self.briefing.notes]
        lines = sum(len(self._wrapped(text, self.epw)) for text in texts)
        self._room(lines * NOTE_SIZE * POINT * LEADING + 10)
        self.ln(3)
        self._rule(0.2)
        self.ln(1)
        self._font(HEADING, TABLE_SIZE)
        self._lines_of(NOTES, self.epw)
        self._font(BODY, NOTE_SIZE, look.MUTED)
        for text in texts:
            self._room(NOTE_SIZE * POINT * LEADING)
            self._lines_of(text, self.epw, leading=1.45)

    def height_of(self, block: Paragraph | Table | Pictures) -> float:
        """Millimetres of a block, or of as much of it as must stand together."""
        if isinstance(block, Paragraph):
            self._font(BODY, TEXT_SIZE)
            lines = self._wrapped(f"　　{block.text}", self.epw)
            return len(lines) * TEXT_SIZE * POINT * LEADING
        if isinstance(block, Table):
            return 30.0
        return max(self._picture_height(p) for p in block.pictures[:2])

    # ------------------------------------------------------------ tables and pictures

    def _table(self, table: Table) -> None:
        widths = [self.epw * weight / sum(table.weights) for weight in table.weights]
        self._room(30)
        self.ln(1)
        self._font(HEADING, TABLE_SIZE)
        self._lines_of(table.title.text, self.epw)
        self.ln(0.8)
        self._header(table, widths)
        for row in table.rows:
            texts = [cell.text for cell in row]
            self._font(BODY, TABLE_SIZE)
            if not self._fits(self._row_height(texts, widths)):
                self.add_page()
                self._header(table, widths)
            self._font(BODY, TABLE_SIZE)
            self._row(texts, widths, ["L" if n in table.wordy else "C" for n in range(len(texts))])
        self.ln(2)

    def _header(self, table: Table, widths: Sequence[float]) -> None:
        self._font(HEADING, TABLE_SIZE)
        self.set_fill_color(look.SHADE)
        self._row(table.headings, widths, ["C"] * len(widths), fill=True)

    def _row(
        self,
        texts: Sequence[str],
        widths: Sequence[float],
        aligns: Sequence[str],
        *,
        fill: bool = False,
    ) -> None:
        height = self._row_height(texts, widths)
        line = self.font_size * 1.35
        x, y = self.l_margin, self.get_y()
        self.set_draw_color(look.NEUTRAL)
        self.set_line_width(0.15)
        for text, width, align in zip(texts, widths, aligns, strict=True):
            self.rect(x, y, width, height, style="DF" if fill else "D")
            lines = self._wrapped(text, width - 2 * CELL)
            top = y + (height - len(lines) * line) / 2
            for number, part in enumerate(lines):
                self.set_xy(x + CELL, top + number * line)
                self.cell(width - 2 * CELL, line, part, align=align)
            x += width
        self.set_xy(self.l_margin, y + height)

    def _row_height(self, texts: Sequence[str], widths: Sequence[float]) -> float:
        most = max(
            len(self._wrapped(text, width - 2 * CELL))
            for text, width in zip(texts, widths, strict=True)
        )
        return most * self.font_size * 1.35 + 2 * CELL

    def _pictures(self, block: Pictures) -> None:
        width = (self.epw - BETWEEN) / 2
        for first in range(0, len(block.pictures), 2):
            pair = block.pictures[first : first + 2]
            height = max(self._picture_height(p) for p in pair)
            self._room(height)
            self.ln(1)
            x, y = self.l_margin, self.get_y()
            for number, picture in enumerate(pair):
                left = x + number * (width + BETWEEN)
                self.set_xy(left, y)
                self._font(HEADING, TABLE_SIZE)
                self.cell(width, 4.5, picture.title.text)
                self.image(
                    io.BytesIO(self.pictures[id(picture)]),
                    left,
                    y + 5,
                    width,
                    alt_text=picture.description.text,
                )
            self.set_xy(x, y + height - 1)

    def _picture_height(self, picture: Picture) -> float:
        with Image.open(io.BytesIO(self.pictures[id(picture)])) as image:
            return 7 + (self.epw - BETWEEN) / 2 * image.height / image.width

    # ------------------------------------------------------------ lines

    def _font(self, family: str, size: float, colour: str = look.INK) -> None:
        self.set_font(family, size=size)
        self.set_text_color(colour)

    def _rule(self, thick: float) -> None:
        self.set_draw_color(look.INK)
        self.set_line_width(thick)
        self.line(self.l_margin, self.get_y(), self.l_margin + self.epw, self.get_y())

    def _fits(self, height: float) -> bool:
        return self.get_y() + height <= self.h - BOTTOM

    def _room(self, height: float) -> None:
        """A new page unless so many millimetres are left on this one."""
        if not self._fits(height) and self.get_y() > TOP:
            self.add_page()

    def _lines_of(
        self, text: str, width: float, align: str = "L", leading: float = LEADING
    ) -> None:
        line = self.font_size * leading
        for part in self._wrapped(text, width):
            self.set_x(self.l_margin)
            self.cell(width, line, part, align=align)
            self.ln(line)

    def _wrapped(self, text: str, width: float) -> list[str]:
        """The text in lines of that width, broken as Chinese is: no line begins with a stop, a number stays whole."""
        lines, line, wide = [], "", 0.0
        for piece in _pieces(text):
            length = self.get_string_width(piece)
            if line and wide + length > width:
                lines.append(line)
                line, wide = "", 0.0
                piece = piece.lstrip(" ")
                length = self.get_string_width(piece)
            while length > width and len(piece) > 1:
                fitting = self._fitting(piece, width)
                lines.append(piece[:fitting])
                piece = piece[fitting:]
                length = self.get_string_width(piece)
            line, wide = line + piece, wide + length
        return [*lines, line] if line or not lines else lines

    def _fitting(self, piece: str, width: float) -> int:
        """How many characters of a piece that is too long go into a line; at least one."""
        fitting = len(piece)
        while fitting > 1 and self.get_string_width(piece[:fitting]) > width:
            fitting -= 1
        return fitting


def _pieces(text: str) -> list[str]:
    """What stays together in a line: a Latin word, a number, a character with stops behind or brackets before it."""
    pieces: list[str] = []
    for character in text:
        if pieces and _stays(pieces[-1][-1], character):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _stays(before: str, character: str) -> bool:
    if character in NOT_FIRST or before in NOT_LAST:
        return True
    both_latin = before.isascii() and character.isascii()
    return both_latin and not before.isspace() and not character.isspace()
