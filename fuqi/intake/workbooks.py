"""A workbook looked at before it is read: is it small enough to unpack, and do its formulas have values?

Reading a workbook takes memory for every cell between its corners, so a file of a few kilobytes can ask for more
than the machine has. Macros are never run: of an xlsm file the values are read, like those of any other.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fuqi.intake.archives import HIGHEST_RATIO, MOST_BYTES, RATIO_COUNTS_FROM
from fuqi.intake.errors import UnreadableFileError

ZIPPED = (".xlsx", ".xlsm", ".xlsb", ".ods")
MOST_CELLS = 50_000_000
"""A million rows of fifty columns, corner to corner."""
BLOCK = 4 * 1024**2
LONGEST_TAIL = 1024**2

WORKSHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
# Millions of cells are searched: patterns that begin with plain letters go several times faster.
COLUMN = re.compile(rb' r="([A-Z]{1,3})\d')
ROW = re.compile(rb' r="(\d{1,7})"')
FORMULA_WITHOUT_VALUE = re.compile(
    rb"<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


@dataclass(frozen=True)
class Extent:
    """The last row and column of a worksheet, and how many formulas were never computed."""

    rows: int = 0
    columns: int = 0
    formulas_without_value: int = 0


def formulas_without_value(file: Path) -> int:
    """How many formulas of a workbook hold no computed value; they are read as empty cells.

    Raises UnreadableFileError, in Chinese, when the workbook would unpack to more than can be read.
    """
    if file.suffix.lower() not in ZIPPED or not zipfile.is_zipfile(file):
        return 0
    try:
        with zipfile.ZipFile(file) as packed:
            _refuse_bombs(packed, file)
            sheets = [m for m in packed.infolist() if WORKSHEET.fullmatch(m.filename)]
            extents = [_extent(packed, member) for member in sheets]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise UnreadableFileError(
            f"不是可读的表格文件（{error}）；请用表格软件另存为 xlsx。"
        ) from error
    for extent in extents:
        if extent.rows * extent.columns > MOST_CELLS:
            raise UnreadableFileError(
                f"工作表伸展到第 {extent.rows:,} 行、第 {extent.columns:,} 列，共 "
                f"{extent.rows * extent.columns:,} 格，上限是 {MOST_CELLS:,} 格；"
                "请删去远处的零星单元格，或改存为 CSV。"
            )
    return sum(extent.formulas_without_value for extent in extents)


def _refuse_bombs(packed: zipfile.ZipFile, file: Path) -> None:
    size = sum(member.file_size for member in packed.infolist())
    ratio = size / max(file.stat().st_size, 1)
    if size > MOST_BYTES or (size > RATIO_COUNTS_FROM and ratio > HIGHEST_RATIO):
        raise UnreadableFileError(
            f"解开后有 {size / 1024**2:,.0f} MB，是文件的 {ratio:,.0f} 倍，不像正常导出的表格"
            f"（上限 {MOST_BYTES / 1024**2:,.0f} MB、{HIGHEST_RATIO} 倍）；请重新导出或改存为 CSV。"
        )


def _extent(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> Extent:
    rows, columns, empty = 0, 0, 0
    for text in _whole_cells(packed, member):
        rows = max([rows, *map(int, ROW.findall(text))])
        columns = max([columns, *map(_column_number, set(COLUMN.findall(text)))])
        if b"<f" in text or b":f" in text:
            empty += sum(1 for _ in FORMULA_WITHOUT_VALUE.finditer(text))
    return Extent(rows, columns, empty)


def _whole_cells(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The text of a worksheet in blocks that end with a cell; a block read to its end has its checksum proved."""
    tail = b""
    with packed.open(member) as content:
        while block := content.read(BLOCK):
            text = tail + block
            end = text.rfind(b"c>") + 2
            if end < 2 or len(text) - end > LONGEST_TAIL:
                end = len(text)
            yield text[:end]
            tail = text[end:]
    yield tail


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
