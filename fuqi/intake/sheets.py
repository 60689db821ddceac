"""The sheets of a load: files read, their tables recognised, and whatever fits no table reported."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fuqi.contract.model import Contract, Table
from fuqi.intake import places, problems, readers
from fuqi.intake.errors import UnreadableFileError
from fuqi.intake.outcome import FileOutcome
from fuqi.intake.recognise import Recognised, recognise
from fuqi.intake.source import FileRule, Source


@dataclass(frozen=True)
class LoadedSheet:
    """A sheet that was recognised; its raw rows are the connection's relation `raw_<number>`."""

    number: int
    file: Path
    sheet: readers.Sheet
    recognised: Recognised
    datums: dict[str, str]
    rows_read: int
    raw_columns: tuple[str, ...]

    @property
    def table(self) -> Table:
        return self.recognised.table

    def headers(self) -> dict[str, tuple[str, str]]:
        """Column of the contract -> its raw column and the header it was found under."""
        return {
            name: (f"c{header.position}", header.text)
            for name, header in self.recognised.columns.items()
        }

    def record(self) -> str:
        """SQL: the raw row as JSON text, header by header."""
        titles = [*self.recognised.headers]
        titles += [""] * (len(self.raw_columns) - len(titles))
        pairs = []
        for position, (title, raw) in enumerate(zip(titles, self.raw_columns, strict=False)):
            # Two columns of one name would leave one of them in the JSON object.
            unique = title and titles.index(title) == position
            key = title if unique else f"{title}第{position + 1}列"
            pairs.append("'" + key.replace("'", "''") + f"', cast(raw.{raw} as varchar)")
        return f"cast(json_object({', '.join(pairs)}) as varchar)"


class Sheets:
    """The sheets read so far: `recognised`, with their raw rows in the connection, and `unused`."""

    def __init__(
        self,
        contract: Contract,
        source: Source,
        connection: duckdb.DuckDBPyConnection,
        report: problems.Problems,
        progress: Callable[[str], None],
    ) -> None:
        self.contract = contract
        self.source = source
        self.connection = connection
        self.problems = report
        self.progress = progress
        self.recognised: list[LoadedSheet] = []
        self.unused: list[FileOutcome] = []

    def read(self, file: Path) -> None:
        """Recognise the sheets of one file; what cannot be used is reported and listed in `unused`."""
        if file.suffix.lower() not in readers.READABLE:
            kinds = "、".join(readers.READABLE)
            self._leave_out(problems.IGNORED, f"不是表格文件，可读的是 {kinds}", file)
            return
        try:
            sheets = readers.read(file)
            hidden = readers.hidden_sheets(file)
        except UnreadableFileError as error:
            self._leave_out(problems.REFUSED, str(error), file)
            return
        for name in hidden:
            self._leave_out(problems.IGNORED, "隐藏的工作表不载入；如需载入请取消隐藏", file, name)
        if not sheets:
            self._leave_out(problems.REFUSED, "文件是空的", file)
        rule = self.source.rule_for(file)
        found = [(sheet, recognise(sheet.head, self.contract, rule.table)) for sheet in sheets]
        several = any(recognised and not recognised.missing for _, recognised in found)
        for sheet, recognised in found:
            if recognised is not None and not recognised.missing:
                self._register(file, sheet, recognised, rule)
                continue
            severity = problems.IGNORED if several else problems.REFUSED
            reason = "表头不像任何一张表；请核对列名，或在 source.toml 中写明 table"
            if recognised is not None:
                titles = "、".join(column.title for column in recognised.missing)
                reason = f"最像“{recognised.table.title}”，但缺少必填列：{titles}"
            rows = sheet.body(0).num_rows
            if recognised is None and not any(any(row) for row in sheet.head):
                reason = "文件是空的"
            self._leave_out(severity, reason, file, sheet.name, rows)

    def _leave_out(
        self, severity: str, reason: str, file: Path, sheet: str = "", rows: int = 0
    ) -> None:
        self.problems.add(severity, reason, file=file.name, sheet=sheet)
        self.unused.append(
            FileOutcome(file.name, sheet, rows_read=rows, refused=rows, reason=reason)
        )
        self.progress(f"未载入 {self.unused[-1].place}：{reason}")

    def _register(
        self, file: Path, sheet: readers.Sheet, recognised: Recognised, rule: FileRule
    ) -> None:
        number = len(self.recognised)
        body = sheet.body(recognised.header_end)
        self.connection.register(f"raw_{number}", body)
        datums = {}
        for longitude, latitude in places.position_pairs(recognised.table):
            said = [
                recognised.columns[c.name].datum
                for c in (longitude, latitude)
                if c.name in recognised.columns
            ]
            stated = next((datum for datum in said if datum), None)
            datums[longitude.name] = rule.datum or stated or longitude.datum or "WGS84"
        loaded = LoadedSheet(
            number=number,
            file=file,
            sheet=sheet,
            recognised=recognised,
            datums=datums,
            rows_read=body.num_rows,
            raw_columns=tuple(name for name in body.column_names if not name.startswith("_")),
        )
        self.recognised.append(loaded)
        for header in recognised.ignored.values():
            self.problems.add(
                problems.IGNORED,
                "数据约定里没有这一列，内容未载入",
                file=sheet.file,
                sheet=sheet.name,
                table=recognised.table.name,
                column_title=header,
            )
        self._report_cells_without_header(loaded)
        place = FileOutcome(sheet.file, sheet.name).place
        self.progress(f"读取 {place}，{body.num_rows:,} 行 → {recognised.table.title}")

    def _report_cells_without_header(self, loaded: LoadedSheet) -> None:
        headers, number = loaded.recognised.headers, loaded.number
        if loaded.sheet.is_delimited:
            # One delimiter too many shifts every cell after it: such a row says nothing for sure.
            self.problems.add_rows(
                f"select {number} as source, _row as row from raw_{number} where _cells > greatest("
                f"{len(headers)}, (select mode(_cells) from raw_{number}))",
                problems.REFUSED,
                (),
                "列数多于表头，可能有未加引号的分隔符",
                is_unreadable=True,
            )
        for position, raw in enumerate(loaded.raw_columns):
            if position < len(headers) and headers[position]:
                continue
            ((is_filled,),) = self.connection.execute(
                f"select exists (from raw_{number} where trim(cast({raw} as varchar)) <> '' "
                f"and not exists (from problem as p where p.source = {number} and p.row = _row))"
            ).fetchall()
            if is_filled:
                self.problems.add(
                    problems.IGNORED,
                    "这一列没有表头，内容未载入",
                    file=loaded.sheet.file,
                    sheet=loaded.sheet.name,
                    table=loaded.table.name,
                    column_title=f"第{position + 1}列",
                )
