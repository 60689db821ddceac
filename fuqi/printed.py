"""Rows of a query as text: CSV and JSON for programs, a table for a person."""

import csv
import io
import json
import math
from datetime import date, datetime
from typing import Any, TextIO

import pyarrow as pa

from fuqi import inert, wording


def in_percent(rows: pa.Table, rounding: str, digits: int) -> pa.Table:
    """The rows with every share as the text a screen shows, `98.11%`; `rounding` is the setting of that name."""
    for place, name in enumerate(rows.column_names):
        if name.endswith(wording.SHARES):
            texts = [
                None if share is None else wording.percent(share, digits, rounding)
                for share in rows.column(name).to_pylist()
            ]
            rows = rows.set_column(place, name, pa.array(texts, pa.string()))
    return rows


def as_csv(rows: pa.Table) -> str:
    """Comma-separated, the column names first; numbers in full, moments in ISO form, nothing for a null.

    A text that a spreadsheet would compute stands behind an apostrophe.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(rows.column_names)
    for row in rows.to_pylist():
        writer.writerow(_cell(value) for value in row.values())
    return written.getvalue()


def as_json(rows: pa.Table) -> str:
    """A list of objects, a row each."""
    content = [{name: _plain(value) for name, value in row.items()} for row in rows.to_pylist()]
    return inert.for_json(json.dumps(content, ensure_ascii=False, indent=1)) + "\n"


def as_table(rows: pa.Table) -> str:
    """Columns set under one another, Chinese characters two places wide."""
    lines = [
        rows.column_names,
        *(
            ["—" if v is None else inert.one_line(_text(v)) for v in map(_plain, row.values())]
            for row in rows.to_pylist()
        ),
    ]
    widths = [max(map(inert.width, column)) for column in zip(*lines, strict=True)]
    return "".join(
        "  ".join(
            cell + " " * (width - inert.width(cell))
            for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        + "\n"
        for line in lines
    )


class Printable(io.TextIOBase):
    """A terminal's stream to which no text out of the data can say more than words: it moves no cursor."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(inert.printable(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def reconfigure(self, **options: Any) -> None:
        self._stream.reconfigure(**options)

    @property
    def encoding(self) -> str:
        return self._stream.encoding


FORMATS = {"csv": as_csv, "json": as_json, "table": as_table}


def _plain(value: Any) -> Any:
    """A value as JSON has it: moments and days as ISO text, what is no number as null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | None) else str(value)


def _cell(value: Any) -> str:
    shown = _plain(value)
    if isinstance(shown, str):
        return inert.for_csv(shown)
    return "" if shown is None else _text(shown)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return repr(value) if isinstance(value, float) else str(value)
