"""The sheets of a load: files read, their tables recognised, and whatever fits no table reported."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from fuqi.contract.model import Contract, Table
from fuqi.intake import archives, mapping, places, problems, readers, totals, workbooks
from fuqi.intake.errors import UnfitMappingError, UnreadableFileError
from fuqi.intake.mapping import Mapping
from fuqi.intake.outcome import FileOutcome
from fuqi.intake.recognise import Recognised, recognise
from fuqi.intake.source import FileRule, Source

UNKNOWN_COLUMN = "数据约定里没有这一列，内容未载入"
FORMULAS_WITHOUT_VALUE = (
    "有 {:,} 个公式没有算出的值，按空单元格处理；请用表格软件打开、保存后再导出"
)
ENORMOUS_CELL = "单元格内容过长，表格软件放不下；请核对引号和分隔符"
NO_VALUES = (duckdb.DataError, duckdb.InvalidInputException, duckdb.NotSupportedError)
"""What DuckDB says of columns whose values or types it cannot hold."""
ROWS_AT_ONCE = 2 * 122_880
LONGEST_CELL_BYTES = 100_000
"""A cell of a spreadsheet holds 32,767 characters, which are three bytes each in Chinese."""
UNMAPPED_COLUMN = "映射没有用到这一列，内容未载入"


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
    mapping: Mapping | None = None

    @property
    def table(self) -> Table:
        return self.recognised.table

    @property
    def names(self) -> tuple[str, str]:
        """The file's own name, and in an archive its member's."""
        return self.file.name, Path(self.sheet.file).name

    def headers(self) -> dict[str, tuple[str, str]]:
        """Column of the contract -> its raw column and the header it was found under."""
        return {
            name: (header.shown, header.text)
            for name, header in self.recognised.columns.items()
            if header.text
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


@dataclass(frozen=True)
class _Stored:
    """What became of a sheet's rows: how many are records, their raw columns, and the totals left out."""

    rows: int
    columns: tuple[str, ...]
    totals: tuple[tuple[int, str], ...]


def _gathered(batches: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The batches put together until they fill row groups, into which DuckDB writes them without a copy."""
    waiting: list[pa.Table] = []
    for batch in batches:
        waiting.append(batch)
        if sum(b.num_rows for b in waiting) >= ROWS_AT_ONCE:
            yield pa.concat_tables(waiting, promote_options="default")
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting, promote_options="default")


class Sheets:
    """The sheets read so far: `recognised`, with their raw rows in the connection, and `unused`."""

    def __init__(
        self,
        contract: Contract,
        source: Source,
        connection: duckdb.DuckDBPyConnection,
        report: problems.Problems,
        progress: Callable[[str], None],
        chosen: Mapping | None = None,
    ) -> None:
        self.contract = contract
        self.source = source
        self.connection = connection
        self.problems = report
        self.progress = progress
        self.recognised: list[LoadedSheet] = []
        self.unused: list[FileOutcome] = []
        self.chosen = chosen
        self.shipped, faults = mapping.shipped(contract)
        for file, fault in faults.items():
            # One that was asked for by name stops the load; here the others, and the contract, go on without it.
            self.problems.add(problems.IGNORED, f"{fault}改正之前不用这个映射", file=file)
            progress(f"不用映射 {file}：{fault}")
        stated = {rule.mapping for rule in source.rules if rule.mapping}
        self.stated = {name: mapping.named(name, source.folder, contract) for name in stated}

    def read(self, file: Path) -> None:
        """Recognise the sheets of one file; what cannot be used is reported and listed in `unused`."""
        if file.suffix.lower() not in archives.ARCHIVES:
            self._read(file, file, file.name)
            return
        try:
            with archives.unpacked(file) as members:
                if not members:
                    self._leave_out(problems.REFUSED, "压缩包是空的", file.name)
                for name, member in members:
                    self._read(file, member, f"{file.name}/{name}")
        except UnreadableFileError as error:
            self._leave_out(problems.REFUSED, str(error), file.name)

    def leave_out_folder(self, folder: Path) -> None:
        """Report a folder beside the files, whose contents are not loaded."""
        self._leave_out(
            problems.IGNORED, "子文件夹里的文件不载入；请移到上一层，或单独载入", folder.name
        )

    def _read(self, file: Path, content: Path, place: str) -> None:
        """Recognise what `content` holds: the file itself, or a member of it, which `place` names."""
        if content.suffix.lower() not in readers.READABLE:
            kinds = "、".join((*readers.READABLE, *archives.ARCHIVES))
            self._leave_out(problems.IGNORED, f"不是表格文件，可读的是 {kinds}", place)
            return
        try:
            never_computed = workbooks.formulas_without_value(content)
            sheets = readers.read(content, place)
            hidden = readers.hidden_sheets(content)
        except UnreadableFileError as error:
            self._leave_out(problems.REFUSED, str(error), place)
            return
        for name in hidden:
            self._leave_out(problems.IGNORED, "隐藏的工作表不载入；如需载入请取消隐藏", place, name)
        if never_computed:
            self.problems.add(
                problems.FLAGGED, FORMULAS_WITHOUT_VALUE.format(never_computed), file=place
            )
        if not sheets:
            reason = "文件是空的" + ("，只有没算出值的公式" if never_computed else "")
            self._leave_out(problems.REFUSED, reason, place)
        rule = self.source.rule_for(file.name, content.name)
        found = [(sheet, *self._understand(sheet, rule, file, content)) for sheet in sheets]
        several = any(known and not known.missing for _, known, _, _ in found)
        for sheet, recognised, used, unfit in found:
            if recognised is not None and not recognised.missing:
                self._register(file, sheet, recognised, rule, used)
                continue
            severity = problems.IGNORED if several else problems.REFUSED
            reason = "表头不像任何一张表；请核对列名，或在 source.toml 中写明 table 或 mapping"
            if recognised is not None:
                titles = "、".join(column.title for column in recognised.missing)
                reason = f"最像“{recognised.table.title}”，但缺少必填列：{titles}"
            if recognised is None and not any(any(row) for row in sheet.head):
                reason = "文件是空的"
            try:
                rows = sum(batch.num_rows for batch in sheet.body(0))
            except UnreadableFileError as error:
                rows, unfit = 0, str(error)
            self._leave_out(severity, unfit or reason, place, sheet.name, rows)

    def _understand(
        self, sheet: readers.Sheet, rule: FileRule, file: Path, content: Path
    ) -> tuple[Recognised | None, Mapping | None, str]:
        """What the sheet is, the mapping that says so, and why the mapping asked for does not fit.

        The mapping chosen on the command line goes before the one in `source.toml`. A shipped one is used only
        when all its headers are there and it reads more of them than the contract does by itself.
        """
        asked = self._asked_for(rule, file, content)
        if asked is not None:
            try:
                return asked.recognise(sheet.head), asked, ""
            except UnfitMappingError as error:
                return None, asked, str(error)
        found = recognise(
            sheet.head, self.contract, rule.table, (file.name, content.name, sheet.name)
        )
        best: tuple[Recognised | None, Mapping | None] = (found, None)
        read = len(found.headers_read) if found is not None and not found.missing else 0
        for candidate in self.shipped if rule.table is None else ():
            if not candidate.fits_name(file.name, content.name):
                continue
            try:
                mapped = candidate.recognise(sheet.head)
            except UnfitMappingError:
                continue
            if len(mapped.headers_read) > read:
                best, read = (mapped, candidate), len(mapped.headers_read)
        return *best, ""

    def _asked_for(self, rule: FileRule, file: Path, content: Path) -> Mapping | None:
        is_only_file = self.source.files == (file,) and file == content
        if self.chosen and (is_only_file or self.chosen.fits_name(file.name, content.name)):
            return self.chosen
        return self.stated.get(rule.mapping)

    def _leave_out(
        self, severity: str, reason: str, file: str, sheet: str = "", rows: int = 0
    ) -> None:
        self.problems.add(severity, reason, file=file, sheet=sheet)
        self.unused.append(FileOutcome(file, sheet, rows_read=rows, refused=rows, reason=reason))
        self.progress(f"未载入 {self.unused[-1].place}：{reason}")

    def _register(
        self,
        file: Path,
        sheet: readers.Sheet,
        recognised: Recognised,
        rule: FileRule,
        used: Mapping | None,
    ) -> None:
        number = len(self.recognised)
        try:
            stored = self._store(number, sheet, recognised, used)
        except (UnreadableFileError, *NO_VALUES) as error:
            reason = str(error)
            if isinstance(error, NO_VALUES):
                reason = f"内容读不出（{reason.partition(chr(10))[0]}）；请重新导出"
            self.connection.execute(f"drop table if exists raw_{number}")
            self._leave_out(problems.REFUSED, reason, sheet.file, sheet.name)
            return
        datums = {}
        for longitude, latitude in places.position_pairs(recognised.table):
            said = [
                recognised.columns[c.name].datum
                for c in (longitude, latitude)
                if c.name in recognised.columns
            ]
            stated = next((datum for datum in said if datum), None)
            mapped = used.datum if used else None
            datums[longitude.name] = rule.datum or mapped or stated or longitude.datum or "WGS84"
        loaded = LoadedSheet(
            number=number,
            file=file,
            sheet=sheet,
            recognised=recognised,
            datums=datums,
            rows_read=stored.rows,
            raw_columns=stored.columns,
            mapping=used,
        )
        self.recognised.append(loaded)
        for header in recognised.ignored.values():
            self.problems.add(
                problems.IGNORED,
                UNMAPPED_COLUMN if used else UNKNOWN_COLUMN,
                file=sheet.file,
                sheet=sheet.name,
                table=recognised.table.name,
                column_title=header,
            )
        for row, text in stored.totals:
            self.problems.add(
                problems.IGNORED,
                f"合计行（“{text}”），不是记录，没有载入",
                file=sheet.file,
                sheet=sheet.name,
                table=recognised.table.name,
                row=row,
            )
        self._report_cells_without_header(loaded)
        place = FileOutcome(sheet.file, sheet.name).place
        way = f"（映射 {used.name}）" if used else ""
        self.progress(f"读取 {place}，{stored.rows:,} 行 → {recognised.table.title}{way}")

    def _store(
        self, number: int, sheet: readers.Sheet, recognised: Recognised, used: Mapping | None
    ) -> _Stored:
        """Make `raw_<number>` out of the sheet's rows; mapped columns stand beside the raw ones for the report."""
        rows, columns, left_out = 0, (), []
        mapped = ""
        for body in _gathered(sheet.body(recognised.header_end)):
            batch, sums = totals.without_totals(body, recognised)
            left_out += sums
            self.connection.register("batch", batch)
            if not columns:
                mapped = self._mapped_columns(used, recognised, sheet)
                self.connection.execute(f"create table raw_{number} as select *{mapped} from batch")
            else:
                for name in batch.column_names[len(columns) + 2 :]:
                    self.connection.execute(f"alter table raw_{number} add column {name} varchar")
                self.connection.execute(
                    f"insert into raw_{number} by name select *{mapped} from batch"
                )
            self.connection.unregister("batch")
            rows += batch.num_rows
            columns = tuple(name for name in batch.column_names if not name.startswith("_"))
        return _Stored(rows, columns, tuple(left_out))

    def _mapped_columns(
        self, used: Mapping | None, recognised: Recognised, sheet: readers.Sheet
    ) -> str:
        """SQL: what follows the raw columns in a select from `batch`."""
        if used is None:
            return ""
        described = self.connection.execute("describe batch").fetchall()
        columns = used.columns_sql(
            recognised,
            {name: kind for name, kind, *_ in described},
            Path(sheet.file).name,
            zoned=sheet.zoned,
            has_dates=not sheet.is_delimited,
        )
        return "".join(f", {sql} as {name}" for name, sql in columns.items())

    def _refuse_enormous_cells(self, loaded: LoadedSheet) -> None:
        lengths = [f"strlen(cast({raw} as varchar))" for raw in loaded.raw_columns]
        if lengths:
            self.problems.add_rows(
                f"select {loaded.number} as source, _row as row from raw_{loaded.number} "
                f"where greatest({', '.join(lengths)}) > {LONGEST_CELL_BYTES}",
                problems.REFUSED,
                (),
                ENORMOUS_CELL,
                is_unreadable=True,
            )

    def _report_cells_without_header(self, loaded: LoadedSheet) -> None:
        headers, number = loaded.recognised.headers, loaded.number
        self._refuse_enormous_cells(loaded)
        if loaded.sheet.is_delimited:
            # One delimiter too many shifts every cell after it: such a row says nothing for sure.
            self.problems.add_rows(
                f"select {number} as source, _row as row from raw_{number} where _cells > greatest("
                f"{len(headers)}, (select _cells from raw_{number} group by _cells "
                # As many rows of either width: the narrower one is the usual one.
                f"order by count(*) desc, _cells limit 1))",
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
