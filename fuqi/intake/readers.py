"""Files -> sheets: rectangular grids of raw cells that keep the row numbers a person sees.

A sheet shows its first rows (`head`), in which `recognise` looks for the header, and gives the rows below the
header as an Arrow table: `_row`, `_cells` (how many the row has), then `c0`, `c1`, … from left to right. Cells of
workbooks and CSV files are text as the person typed it; parquet columns keep their types and are never walked cell
by cell.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import python_calamine

from fuqi.intake.errors import UnreadableFileError

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
DELIMITED = (".csv", ".tsv")
PARQUET = (".parquet",)
READABLE = WORKBOOKS + DELIMITED + PARQUET
HEAD_ROWS = 11
"""The header is looked for in ten rows; it may take a second one."""
DELIMITERS = (",", "\t", ";")
LONGEST_CELL = 10_000_000
WHOLE_NUMBERS_IN_A_DOUBLE = 2**53


class Sheet(Protocol):
    file: str
    name: str
    is_delimited: bool

    @property
    def head(self) -> list[list[str]]:
        """The first rows as text, the header among them."""

    def body(self, header_end: int) -> pa.Table:
        """The rows after the first `header_end`, blank ones left out."""


class TextSheet:
    """A sheet of a workbook, or a CSV file: rows of text, row 1 first."""

    def __init__(
        self, file: str, name: str, rows: list[list[str]], *, is_delimited: bool = False
    ) -> None:
        self.file = file
        self.name = name
        self.is_delimited = is_delimited
        self._rows = rows

    @property
    def head(self) -> list[list[str]]:
        return self._rows[:HEAD_ROWS]

    def body(self, header_end: int) -> pa.Table:
        width = max((len(row) for row in self._rows), default=0)
        numbers, kept = [], []
        for number, row in enumerate(self._rows[header_end:], start=header_end + 1):
            if any(cell and not cell.isspace() for cell in row):
                numbers.append(number)
                kept.append(row)
        columns = {
            "_row": pa.array(numbers, pa.int64()),
            "_cells": pa.array([len(row) for row in kept], pa.int64()),
        }
        for position in range(width):
            columns[f"c{position}"] = pa.array(
                [(row[position] or None) if position < len(row) else None for row in kept],
                pa.string(),
            )
        return pa.table(columns)


class ColumnarSheet:
    """A parquet file. It has no header row, so its first record is row 1."""

    is_delimited = False

    def __init__(self, file: str, columns: pa.Table) -> None:
        self.file = file
        self.name = ""
        self._columns = columns

    @property
    def head(self) -> list[list[str]]:
        return [list(self._columns.column_names)]

    def body(self, header_end: int) -> pa.Table:
        count = self._columns.num_rows
        columns = {
            "_row": pa.array(range(1, count + 1), pa.int64()),
            "_cells": pa.array([self._columns.num_columns] * count, pa.int64()),
        }
        for position, column in enumerate(self._columns.columns):
            columns[f"c{position}"] = _local_time(column)
        return pa.table(columns)


def read(file: Path, place: str = "") -> list[Sheet]:
    """The sheets of a file that hold anything, hidden ones of a workbook left out (see `hidden_sheets`).

    `place` is what the sheets call their file where that is not its name: a member of an archive. Raises
    UnreadableFileError, in Chinese, saying what is wrong and what to do.
    """
    suffix, place = file.suffix.lower(), place or file.name
    try:
        if suffix in WORKBOOKS:
            return _workbook(file, place)
        if suffix in DELIMITED:
            return [TextSheet(place, "", _delimited_rows(file.read_bytes()), is_delimited=True)]
        return [ColumnarSheet(place, pq.read_table(file))]
    except python_calamine.PasswordError as error:
        raise UnreadableFileError("文件有密码，打不开；请去掉密码后重新导出。") from error
    except python_calamine.CalamineError as error:
        raise UnreadableFileError(
            f"不是可读的表格文件（{error}）；请用表格软件另存为 xlsx。"
        ) from error
    except csv.Error as error:
        raise UnreadableFileError(f"CSV 结构有误（{error}）；请检查引号是否成对。") from error
    except pa.ArrowException as error:
        detail = str(error).splitlines()[0]
        raise UnreadableFileError(f"不是可读的 parquet 文件（{detail}）；请重新导出。") from error
    except OSError as error:
        raise UnreadableFileError(f"文件打不开（{error.strerror}）；请检查权限后重试。") from error


def hidden_sheets(file: Path) -> list[str]:
    """Names of the sheets a workbook hides: lists behind drop-downs, mostly, so they are not loaded."""
    if file.suffix.lower() not in WORKBOOKS:
        return []
    book = python_calamine.load_workbook(file)
    return [s.name for s in book.sheets_metadata if not _is_visible_worksheet(s)]


def _is_visible_worksheet(sheet: python_calamine.SheetMetadata) -> bool:
    return (
        sheet.visible == python_calamine.SheetVisibleEnum.Visible
        and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
    )


def _workbook(file: Path, place: str) -> list[Sheet]:
    book = python_calamine.load_workbook(file)
    sheets: list[Sheet] = []
    for metadata in book.sheets_metadata:
        if not _is_visible_worksheet(metadata):
            continue
        sheet = book.get_sheet_by_name(metadata.name)
        rows = [[_as_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
        _fill_down(rows, sheet.merged_cell_ranges or [])
        if any(any(row) for row in rows):
            sheets.append(TextSheet(place, metadata.name, rows))
    return sheets


def _fill_down(
    rows: list[list[str]], merged: Iterable[tuple[tuple[int, int], tuple[int, int]]]
) -> None:
    """Give every row of a vertically merged cell its value; a spreadsheet keeps it in the top one only."""
    for (top, left), (bottom, _) in merged:
        for number in range(top + 1, min(bottom + 1, len(rows))):
            if any(rows[number]):
                rows[number][left] = rows[top][left]


def _as_text(cell: object) -> str:
    """A cell as the person sees it, as far as the file says: 7.0 is 7, a date is ISO text."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < WHOLE_NUMBERS_IN_A_DOUBLE:
            return str(int(cell))
        return repr(cell)
    if isinstance(cell, datetime):
        # A workbook keeps time as a fraction of a day: 09:12:00 may arrive as 09:11:59.999.
        rounded = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
        return rounded.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _delimited_rows(content: bytes) -> list[list[str]]:
    text = _decoded(content)
    previous_limit = csv.field_size_limit(LONGEST_CELL)
    try:
        # strict: an unclosed quote would otherwise swallow the rest of the file into one cell.
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        return list(reader)
    finally:
        csv.field_size_limit(previous_limit)


def _decoded(content: bytes) -> str:
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ("utf-16",) if is_utf_16 else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFileError("文字编码既不是 UTF-8 也不是 GB18030；请另存为“CSV UTF-8”。")


def _delimiter(text: str) -> str:
    """The delimiter that cuts most of the first records into equally many cells; a comma when none does."""

    def alike(delimiter: str) -> tuple[int, int]:
        # Text may hold more semicolons than there are commas, but not as many in every record.
        records = csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=delimiter)
        widths = Counter(len(record) for record in islice(records, 20) if len(record) > 1)
        return max(((count, width) for width, count in widths.items()), default=(0, 0))

    return max(DELIMITERS, key=alike)


def _local_time(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Moments with a zone as Shanghai local time without one; any other column unchanged."""
    if not (pa.types.is_timestamp(column.type) and column.type.tz):
        return column
    return pc.local_timestamp(column.cast(pa.timestamp(column.type.unit, "Asia/Shanghai")))
