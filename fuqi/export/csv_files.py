"""Sheets as CSV: the header first, what the file is about below the rows, nothing that could be a formula."""

import csv
import io
from typing import Any

from fuqi import inert, wording
from fuqi.export.sheets import DAY, MOMENT, PERCENT, TEXT, UNITS, Sheet, shown

ENCODING = "utf-8-sig"
"""With the mark by which Excel knows that it is not in the code page of the machine."""


def as_csv(sheet: Sheet) -> bytes:
    """The sheet for a spreadsheet or a program: texts in quotes, numbers bare, percentages as `94.35%`.

    Units stand in the headings. Below the rows and an empty line: title, filters, n, release, account, time.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([inert.for_csv(_heading(c.heading, c.kind)) for c in sheet.columns])
    kinds = [column.kind for column in sheet.columns]
    for row in sheet.rows:
        writer.writerow([_cell(value, kind) for value, kind in zip(row, kinds, strict=True)])
    writer.writerow([])
    writer.writerow(["标题", inert.for_csv(sheet.facts.title)])
    writer.writerows([name, inert.for_csv(said)] for name, said in sheet.facts.entries().items())
    writer.writerows(["说明", inert.for_csv(note)] for note in sheet.facts.notes)
    return written.getvalue().encode(ENCODING)


def _heading(heading: str, kind: str) -> str:
    unit = UNITS.get(kind, "")
    return f"{heading}（{unit}）" if unit and unit not in heading else heading


def _cell(value: Any, kind: str) -> Any:
    value, kind = shown(value, kind)
    if value is None:
        return ""
    if kind == TEXT:
        return inert.for_csv(value)
    if kind == MOMENT:
        return wording.moment(value)
    if kind == DAY:
        return f"{value:%Y-%m-%d}"
    return f"{value:.2f}%" if kind == PERCENT else value
