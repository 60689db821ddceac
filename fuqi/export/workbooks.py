"""Sheets as an Excel workbook: typed cells, a frozen header, widths that fit Chinese; no formulas, no links."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from fuqi import inert, look
from fuqi.export.facts import Facts
from fuqi.export.sheets import (
    DAY,
    DAYS,
    MOMENT,
    NUMBER,
    PERCENT,
    POINTS,
    TEXT,
    TIMES,
    UNITS,
    WAN,
    WHOLE,
    WORKING_DAYS,
    Sheet,
    shown,
)

ABOUT = "说明"
LONGEST_NAME = 31
MOST_CHARACTERS = 32_767
MOST_ROWS = 1_048_576
FORBIDDEN = "[]:*?/\\"
WIDEST = 60
HEADER = 2
"""The row, counted from zero, of the headings: above them the title and the small print."""
RESERVED = "history"
"""A name Excel keeps for itself."""

FORMATS = {
    PERCENT: "0.00%",
    POINTS: "+0.00;-0.00;0.00",
    WAN: "#,##0.00",
    TIMES: '0.00"倍"',
    DAYS: 'General"天"',
    WORKING_DAYS: 'General"个工作日"',
    WHOLE: "#,##0",
    NUMBER: "#,##0.00",
    MOMENT: "yyyy-mm-dd hh:mm",
    DAY: "yyyy-mm-dd",
    TEXT: "@",
}
LENGTHS = {MOMENT: 16, DAY: 10, PERCENT: 8}
"""Characters of a value whatever it is; the others are measured."""


def as_workbook(
    sheets: Sequence[Sheet],
    about: Facts | None = None,
    definitions: Mapping[str, str] | None = None,
) -> bytes:
    """An XLSX file with a sheet each. With `about` a sheet 说明 comes first: what it is, and `definitions` by name.

    Raises ValueError for more rows than a sheet of Excel holds.
    """
    written = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(written, options) as book:
        used = [ABOUT] if about else []
        names = []
        for sheet in sheets:
            names.append(sheet_name(sheet.facts.title, used))
            used.append(names[-1])
        styles = _styles(book)
        if about:
            named = list(zip(names, sheets, strict=True))
            _write_about(book.add_worksheet(ABOUT), about, named, definitions or {}, styles)
        for name, sheet in zip(names, sheets, strict=True):
            _write(book.add_worksheet(name), sheet, styles)
        book.set_properties({"title": inert.one_line((about or sheets[0].facts).title)})
    return written.getvalue()


def sheet_name(title: str, used: Sequence[str]) -> str:
    """A name for a sheet that Excel takes, as near to the title as may be and unlike those used."""
    plain = "".join("·" if c in FORBIDDEN else c for c in inert.one_line(title))
    plain = _cut(plain.strip("' "), LONGEST_NAME) or "表"
    taken = {RESERVED, *(name.lower() for name in used)}
    name, number = plain, 1
    while name.lower() in taken:
        number += 1
        ending = f"（{number}）"
        name = _cut(plain, LONGEST_NAME - len(ending)) + ending
    return name


def _cut(text: str, longest: int) -> str:
    """As many whole characters as fit; Excel counts some of them twice, as UTF-16 does."""
    kept, length = "", 0
    for c in text:
        length += 1 + (ord(c) > 0xFFFF)
        if length > longest:
            break
        kept += c
    return kept.strip("' ")


def _styles(book: xlsxwriter.Workbook) -> dict[str, Format]:
    # Texts keep a little away from a number that ends where they begin.
    styles = {
        kind: book.add_format({"num_format": code, "valign": "top", **_indent(kind)})
        for kind, code in FORMATS.items()
    }
    styles["title"] = book.add_format({"bold": True, "font_size": 14, "font_color": look.INK})
    styles["small"] = book.add_format({"font_size": 9, "font_color": look.MUTED})
    header = {"bold": True, "bg_color": look.SHADE, "bottom": 1, "text_wrap": True}
    styles["header"] = book.add_format({**header, "valign": "vcenter", **_indent(TEXT)})
    styles["header_of_numbers"] = book.add_format({**header, "valign": "vcenter", "align": "right"})
    styles["name"] = book.add_format({"bold": True, "valign": "top", **_indent(TEXT)})
    styles["prose"] = book.add_format(
        {"text_wrap": True, "valign": "top", "num_format": "@", **_indent(TEXT)}
    )
    return styles


def _indent(kind: str) -> dict[str, int]:
    return {"indent": 1} if kind == TEXT else {}


def _write(page: Worksheet, sheet: Sheet, styles: Mapping[str, Format]) -> None:
    if len(sheet.rows) + HEADER + 1 > MOST_ROWS:
        raise ValueError(
            f"{sheet.facts.title}: {len(sheet.rows):,} rows, a sheet of Excel holds {MOST_ROWS:,} - export as CSV"
        )
    _text(page, 0, 0, sheet.facts.title, styles["title"])
    _text(page, 1, 0, "　".join(sheet.facts.lines()), styles["small"])
    widths = []
    for place, column in enumerate(sheet.columns):
        unit = UNITS.get(column.kind, "") if column.kind in (WAN, POINTS) else ""
        heading = (
            f"{column.heading}（{unit}）" if unit and unit not in column.heading else column.heading
        )
        style = "header" if column.kind == TEXT else "header_of_numbers"
        _text(page, HEADER, place, heading, styles[style])
        widths.append(inert.width(heading) + 3)  # room for the button of the filter
    kinds = [column.kind for column in sheet.columns]
    for number, row in enumerate(sheet.rows, HEADER + 1):
        for place, (value, kind) in enumerate(zip(row, kinds, strict=True)):
            length = _value(page, number, place, *shown(value, kind), styles)
            widths[place] = max(widths[place], length)
    for place, length in enumerate(widths):
        page.set_column(place, place, min(length + 2, WIDEST))
    page.freeze_panes(HEADER + 1, 0)
    if sheet.rows:
        page.autofilter(HEADER, 0, HEADER + len(sheet.rows), len(sheet.columns) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(HEADER)


def _value(
    page: Worksheet, row: int, place: int, value: Any, kind: str, styles: Mapping[str, Format]
) -> int:
    """Write a cell by its kind, never by what it looks like; returns about how wide it is."""
    if value is None:
        return 0
    style = styles[kind]
    if kind == TEXT:
        _text(page, row, place, value, style)
        return max(map(inert.width, value[:500].splitlines()), default=0)
    if kind in (MOMENT, DAY):
        page.write_datetime(row, place, value, style)
    elif kind == PERCENT:
        # Six digits bring back what binary fractions blur: 28.5 / 100.
        page.write_number(row, place, round(value / 100, 6), style)
    else:
        page.write_number(row, place, value, style)
        return inert.width(f"{value:,}{UNITS.get(kind, '')}") + 1
    return LENGTHS[kind]


def _text(page: Worksheet, row: int, place: int, text: str, style: Format) -> None:
    clean = inert.readable(text).replace("\r\n", "\n").replace("\r", "\n")
    if len(clean) > MOST_CHARACTERS:
        ending = f"…（共{len(clean):,}字，此格放不下）"
        clean = clean[: MOST_CHARACTERS - 2 * len(ending)] + ending
    page.write_string(row, place, clean, style)


def _write_about(
    page: Worksheet,
    about: Facts,
    sheets: Sequence[tuple[str, Sheet]],
    definitions: Mapping[str, str],
    styles: Mapping[str, Format],
) -> None:
    """What the workbook is, what is on each sheet, and what its KPIs mean."""
    _text(page, 0, 0, about.title, styles["title"])
    row = 2
    lines = [*about.entries().items(), *(("说明", note) for note in about.notes)]
    for name, said in lines:
        _text(page, row, 0, name, styles["name"])
        _text(page, row, 1, said, styles["prose"])
        row += 1
    row += 1
    for place, heading in enumerate(("工作表", "内容与筛选", "行数")):
        _text(page, row, place, heading, styles["header"])
    for name, sheet in sheets:
        row += 1
        _text(page, row, 0, name, styles["name"])
        said = "　".join(part for part in (sheet.facts.title, sheet.facts.scope) if part)
        _text(page, row, 1, said, styles["prose"])
        page.write_number(row, 2, len(sheet.rows), styles[WHOLE])
    if definitions:
        row += 2
        _text(page, row, 0, "指标", styles["header"])
        _text(page, row, 1, "口径", styles["header"])
        for name, meaning in definitions.items():
            row += 1
            _text(page, row, 0, name, styles["name"])
            _text(page, row, 1, meaning, styles["prose"])
    page.set_column(0, 0, 34)
    page.set_column(1, 1, 90)
    page.set_column(2, 2, 8)
    page.freeze_panes(1, 0)
