"""Writes rows as an upstream system exports them: xlsx, csv or parquet with Chinese headers."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from fuqi.contract.model import Table
from fuqi.demo.areas import Row
from fuqi.demo.timeline import EXPORTED_AT

NUMBER_HEADER = "序号"
DAY = EXPORTED_AT.strftime("%Y%m%d")


@dataclass(frozen=True)
class Layout:
    """How one table is written.

    `headers` replaces contract titles by one of their aliases; `first` moves columns to the front;
    `extra` names columns the contract does not know, filled from rows or with a running number.
    `without` names columns that the system does not export.
    `slashes` writes times as 2023/6/28 9:05 instead of 2023-06-28 09:05:00.
    """

    table: str
    name: str
    suffix: str = "csv"
    encoding: str = "utf-8"
    newline: str = "\n"
    headers: tuple[tuple[str, str], ...] = ()
    first: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    slashes: bool = False
    without: tuple[str, ...] = ()
    title_rows: bool = False
    empty_sheet: bool = False

    @property
    def file_name(self) -> str:
        return f"{self.name}_{DAY}.{self.suffix}"

    def columns(self, table: Table) -> list[tuple[str, str]]:
        """Row entry and header of every column in order."""
        titles = {c.name: c.title for c in table.columns} | dict(self.headers)
        titles = {name: title for name, title in titles.items() if name not in self.without}
        ordered = [*self.first, *(name for name in titles if name not in self.first)]
        numbered = [(n, n) for n in self.extra if n == NUMBER_HEADER]
        remarks = [(n, n) for n in self.extra if n != NUMBER_HEADER]
        return [*numbered, *((name, titles[name]) for name in ordered), *remarks]


def write(folder: Path, layout: Layout, table: Table, rows: list[Row]) -> Path:
    """Writes `rows` in the given layout and returns the file."""
    columns = layout.columns(table)
    headers = [header for _, header in columns]
    cells = (
        [number if name == NUMBER_HEADER else row.get(name) for name, _ in columns]
        for number, row in enumerate(rows, start=1)
    )
    file = folder / layout.file_name
    if layout.suffix == "xlsx":
        _write_xlsx(file, layout, headers, cells)
    else:
        _write_csv(file, layout, headers, cells)
    return file


def _write_csv(
    file: Path, layout: Layout, headers: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator=layout.newline)
    writer.writerow(headers)
    for row in rows:
        writer.writerow([_text(value, layout.slashes) for value in row])
    file.write_bytes(buffer.getvalue().encode(layout.encoding))


def _text(value: object, slashes: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return slashed(value) if slashes else value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return f"{value.year}/{value.month}/{value.day}" if slashes else value.isoformat()
    return str(value)


def slashed(moment: datetime) -> str:
    """The time as many offices type it: 2023/6/28 9:05."""
    return f"{moment.year}/{moment.month}/{moment.day} {moment.hour}:{moment.minute:02d}"


def _write_xlsx(
    file: Path, layout: Layout, headers: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    with xlsxwriter.Workbook(str(file)) as book:
        # The library would write the present moment, and no two exports would be alike.
        book.set_properties({"title": layout.name, "comments": "演示数据", "created": EXPORTED_AT})
        bold = book.add_format({"bold": True})
        big = book.add_format({"bold": True, "font_size": 14, "align": "center"})
        day_format = book.add_format({"num_format": "yyyy-mm-dd"})
        time_format = book.add_format({"num_format": "yyyy/m/d h:mm"})
        sheet = book.add_worksheet(layout.name)
        top = 0
        if layout.title_rows:
            sheet.merge_range(0, 0, 0, len(headers) - 1, f"福田区{layout.name}（演示数据）", big)
            sheet.write_string(1, 0, f"导出时间：{EXPORTED_AT:%Y-%m-%d %H:%M:%S}")
            top = 2
        sheet.write_row(top, 0, headers, bold)
        for column, header in enumerate(headers):
            wide = header.endswith(("时间", "时限", "编号", "日期"))
            sheet.set_column(column, column, 18 if wide else max(10, 2 * len(header) + 4))
        sheet.freeze_panes(top + 1, 0)
        for number, row in enumerate(rows, start=top + 1):
            for column, value in enumerate(row):
                if value is None:
                    continue
                if isinstance(value, bool):
                    sheet.write_string(number, column, "是" if value else "否")
                elif isinstance(value, datetime):
                    sheet.write_datetime(number, column, value, time_format)
                elif isinstance(value, date):
                    sheet.write_datetime(number, column, value, day_format)
                elif isinstance(value, str):
                    sheet.write_string(number, column, value)
                else:
                    sheet.write_number(number, column, value)
        if layout.empty_sheet:
            book.add_worksheet("Sheet2")


def write_parquet(file: Path, table: pa.Table, encodings: dict[str, str]) -> Path:
    """Writes a table small: zstd, the given encodings, dictionaries for all other columns."""
    pq.write_table(
        table,
        file,
        compression="zstd",
        compression_level=15,
        use_dictionary=[name for name in table.column_names if name not in encodings],
        column_encoding=encodings,
        row_group_size=150_000,
        store_decimal_as_integer=True,
        write_statistics=False,
    )
    return file
