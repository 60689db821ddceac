"""Files -> sheets: rectangular grids of raw cells that keep the row numbers a person sees.

A sheet shows its first rows (`head`), in which `recognise` looks for the header, and gives the rows below the
header in batches, as Arrow tables: `_row`, `_cells` (how many the row has), then `c0`, `c1`, … from left to right.
Cells of workbooks and CSV files are text as the person typed it; parquet columns keep their types and are never
walked cell by cell. A delimited or parquet file is read anew for its batches and never stands in memory as a whole.
"""

import codecs
import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from io import StringIO
from itertools import islice, zip_longest
from pathlib import Path
from typing import Protocol, TextIO

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
SNIFFED_CHARACTERS = 100_000
LONGEST_CELL = 10_000_000
LONGEST_LINE = 2 * LONGEST_CELL
MOST_COLUMNS = 16_384
"""As many as a spreadsheet has."""
CELLS_IN_A_BATCH = 1_500_000
ROWS_IN_A_BATCH = 50_000
BLOCK = 1024**2
WHOLE_NUMBERS_IN_A_DOUBLE = 2**53

# The module knows one limit for all its readers; set and reset around each, it would change under another thread.
csv.field_size_limit(LONGEST_CELL)


class Sheet(Protocol):
    file: str
    name: str
    is_delimited: bool
    zoned: frozenset[str]
    """Raw columns whose moments had a zone; they are given in Shanghai's time."""
    head: list[list[str]]
    """The first rows as text, the header among them."""

    def body(self, header_end: int) -> Iterator[pa.Table]:
        """The rows after the first `header_end`, blank ones left out: one table or more.

        A later table may have more columns. Raises UnreadableFileError where the file turns out to be broken.
        """


class TextSheet:
    """A sheet of a workbook: rows of text, row 1 first."""

    is_delimited = False
    zoned = frozenset()

    def __init__(self, file: str, name: str, rows: list[list[str]]) -> None:
        self.file = file
        self.name = name
        self.head = rows[:HEAD_ROWS]
        self._rows = rows

    def body(self, header_end: int) -> Iterator[pa.Table]:
        return _tables(iter(self._rows), header_end)


class DelimitedSheet:
    """A CSV file, whose text is decoded and cut into records while it is read."""

    name = ""
    is_delimited = True
    zoned = frozenset()

    def __init__(self, file: str, content: Path) -> None:
        self.file = file
        self._content = content
        self._encoding = _encoding(content)
        with self._opened() as text:
            self._delimiter = _delimiter(text.read(SNIFFED_CHARACTERS))
        self.head = list(islice(self._records(), HEAD_ROWS))

    def body(self, header_end: int) -> Iterator[pa.Table]:
        with _explained():
            yield from _tables(self._records(), header_end)

    def _opened(self) -> TextIO:
        text = self._content.open(encoding=self._encoding, newline="")
        # utf-8-sig would take the mark away by itself, and three times as long for every other character.
        if text.read(1) != "\ufeff":
            text.seek(0)
        return text

    def _records(self) -> Iterator[list[str]]:
        with self._opened() as text:
            # strict: an unclosed quote would otherwise swallow the rest of the file into one cell.
            yield from csv.reader(_lines(text), delimiter=self._delimiter, strict=True)


class ColumnarSheet:
    """A parquet file. It has no header row, so its first record is row 1."""

    name = ""
    is_delimited = False

    def __init__(self, file: str, content: Path) -> None:
        self.file = file
        self._content = content
        with pq.ParquetFile(content) as columns:
            self.head = [list(columns.schema_arrow.names)]
            self._schema = columns.schema_arrow
        self.zoned = frozenset(
            f"c{n}" for n, kind in enumerate(self._schema.types) if _has_zone(kind)
        )

    def body(self, header_end: int) -> Iterator[pa.Table]:
        with _explained(), pq.ParquetFile(self._content) as columns:
            first, batches = 1, columns.iter_batches(ROWS_IN_A_BATCH)
            # A file without rows has no batch, but columns all the same.
            for batch in batches if columns.metadata.num_rows else [self._schema.empty_table()]:
                # Damaged text is read without a word, and stops whoever uses it.
                batch.validate(full=True)
                numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
                first += batch.num_rows
                cells = pa.repeat(pa.scalar(batch.num_columns, pa.int64()), batch.num_rows)
                named = {f"c{n}": _plain(column) for n, column in enumerate(batch.columns)}
                yield pa.table({"_row": numbers, "_cells": cells, **named})


def read(file: Path, place: str = "") -> list[Sheet]:
    """The sheets of a file that hold anything, hidden ones of a workbook left out (see `hidden_sheets`).

    `place` is what the sheets call their file where that is not its name: a member of an archive. Raises
    UnreadableFileError, in Chinese, saying what is wrong and what to do.
    """
    suffix, place = file.suffix.lower(), place or file.name
    with _explained():
        if suffix in WORKBOOKS:
            return _workbook(file, place)
        if suffix in DELIMITED:
            return [DelimitedSheet(place, file)]
        return [ColumnarSheet(place, file)]


@contextmanager
def _explained() -> Iterator[None]:
    """What the libraries say of a broken file, as an UnreadableFileError."""
    try:
        yield
    except python_calamine.PasswordError as error:
        raise UnreadableFileError("文件有密码，打不开；请去掉密码后重新导出。") from error
    except python_calamine.CalamineError as error:
        raise UnreadableFileError(
            f"不是可读的表格文件（{error}）；请用表格软件另存为 xlsx。"
        ) from error
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            "文字编码既不是 UTF-8 也不是 GB18030；请另存为“CSV UTF-8”。"
        ) from error
    except csv.Error as error:
        raise UnreadableFileError(f"CSV 结构有误（{error}）；请检查引号是否成对。") from error
    except pa.ArrowException as error:
        raise _broken_parquet(error) from error
    except OSError as error:
        if error.strerror is None:
            raise _broken_parquet(error) from error
        raise UnreadableFileError(f"文件打不开（{error.strerror}）；请检查权限后重试。") from error


def _broken_parquet(error: Exception) -> UnreadableFileError:
    detail = str(error).partition("\n")[0]
    return UnreadableFileError(f"不是可读的 parquet 文件（{detail}）；请重新导出。")


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


def _tables(records: Iterator[list[str]], header_end: int) -> Iterator[pa.Table]:
    """The records after the header as tables, each as wide as the widest row so far, the header's included."""
    width = max(map(len, islice(records, header_end)), default=0)
    number = header_end + 1
    for rows in _batches(records):
        kept = [(n, row) for n, row in enumerate(rows, number) if _says_something(row)]
        number += len(rows)
        cells = [row for _, row in kept]
        lengths = list(map(len, cells))
        width = max(width, *lengths, 0)
        if width > MOST_COLUMNS:
            raise UnreadableFileError(
                f"有一行分成 {width:,} 格，上限是 {MOST_COLUMNS:,} 格；请核对分隔符和引号。"
            )
        columns = {
            "_row": pa.array([n for n, _ in kept], pa.int64()),
            "_cells": pa.array(lengths, pa.int64()),
        }
        absent = pa.nulls(len(cells), pa.string())
        columns |= {f"c{n}": absent for n in range(width)}
        for position, column in enumerate(zip_longest(*cells)):
            texts = pa.array(column, pa.string())
            columns[f"c{position}"] = pc.if_else(pc.equal(texts, ""), None, texts)
        yield pa.table(columns)


def _batches(records: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    """The records in lists of a bounded number of cells, one list at least."""
    rows, cells = [], 0
    for row in records:
        rows.append(row)
        cells += len(row)
        if cells >= CELLS_IN_A_BATCH:
            yield rows
            rows, cells = [], 0
    yield rows


def _says_something(row: list[str]) -> bool:
    return any(map(str.strip, row))


def _lines(text: TextIO) -> Iterator[str]:
    """The lines of a text with their ends, none of them longer than fits in memory."""
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise UnreadableFileError(
                f"有一行超过 {LONGEST_LINE:,} 个字符，不像表格；请核对换行和引号。"
            )
        yield line


def _encoding(content: Path) -> str:
    """What a text is written in. That it is, shows only when it is read: GB18030 is what is left over."""
    with content.open("rb") as start:
        if start.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
    try:
        with content.open("rb") as text:
            for _ in codecs.iterdecode(iter(lambda: text.read(BLOCK), b""), "utf-8"):
                pass
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _delimiter(text: str) -> str:
    """The delimiter that cuts most of the first records into equally many cells; a comma when none does."""

    def alike(delimiter: str) -> tuple[int, int]:
        # Text may hold more semicolons than there are commas, but not as many in every record.
        records = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
        widths = Counter(len(record) for record in islice(records, 20) if len(record) > 1)
        return max(((count, width) for width, count in widths.items()), default=(0, 0))

    return max(DELIMITERS, key=alike)


def _plain(column: pa.Array) -> pa.Array:
    """A parquet column as DuckDB can read it, moments with a zone as Shanghai's local time.

    Raises ArrowInvalid for days and moments beyond the calendar of a timestamp, which DuckDB does not survive.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    if pa.types.is_decimal256(kind):
        return column.cast(pa.string())
    if pa.types.is_date(kind):
        column.cast(pa.timestamp("s")).cast(pa.timestamp("us"))
        return column
    if not pa.types.is_timestamp(kind):
        return column
    # Nanoseconds are cut off, and nothing else may get lost.
    column = column.cast(pa.timestamp("us", kind.tz), safe=kind.unit != "ns")
    if not _has_zone(kind):
        return column
    return pc.local_timestamp(column.cast(pa.timestamp("us", "Asia/Shanghai")))


def _has_zone(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None
