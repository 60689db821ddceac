"""The load: recognised sheets through typing and validation into the parquet files of a new release."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import NoReturn

import duckdb
import pyarrow as pa

from fuqi import contract as contract_package
from fuqi import worktime
from fuqi.contract.model import Contract, Table
from fuqi.intake import places, problems, validate, values
from fuqi.intake.errors import IntakeError
from fuqi.intake.outcome import FileOutcome, Outcome
from fuqi.intake.sheets import LoadedSheet, Sheets
from fuqi.intake.source import LOCAL_ZONE, Source, modified_at, open_source
from fuqi.store.releases import Manifest, Staging, TableEntry, Warehouse

REASONS_IN_A_MESSAGE = 5


def run(
    source: Path,
    warehouse: Warehouse,
    *,
    data_as_of: datetime | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> Outcome:
    """Load a folder of exports, or one file, and publish it as the current release.

    Tables the source does not hold come unchanged from the release before. `data_as_of` is the moment the
    data was true; without it `source.toml`'s `exported_at` counts, then the latest event in the data that is
    not later than its file. Raises IntakeError, with nothing published, when no file could be used, a
    required table is missing, or none of its rows is sound.
    """
    contract = contract_package.load()
    opened = open_source(source, contract)
    with warehouse.stage() as staging, duckdb.connect() as connection:
        return _Load(contract, opened, staging, connection, progress).publish(data_as_of)


class _Load:
    def __init__(
        self,
        contract: Contract,
        source: Source,
        staging: Staging,
        connection: duckdb.DuckDBPyConnection,
        progress: Callable[[str], None],
    ) -> None:
        self.contract = contract
        self.source = source
        self.staging = staging
        self.connection = connection
        self.progress = progress
        self.problems = problems.Problems(connection)
        self.read_sheets = Sheets(contract, source, connection, self.problems, progress)
        previous = staging.previous
        self.previous_tables = previous.manifest.tables if previous else {}

    @property
    def sheets(self) -> list[LoadedSheet]:
        return self.read_sheets.recognised

    def publish(self, stated_as_of: datetime | None) -> Outcome:
        for file in self.source.files:
            self.read_sheets.read(file)
        if not self.sheets:
            self._give_up("没有一个文件能载入")
        names = {sheet.table.name for sheet in self.sheets}
        self._refuse_missing_tables(names)
        ordered = validate.loading_order(self.contract, names)
        for table in ordered:
            self._type(table)
        data_as_of = self._data_as_of(ordered, stated_as_of)
        for name in places.NAMED_PLACES:
            if name not in names:
                places.learn_names(self.connection, self._relations()[name], name)
        for table in ordered:
            self.progress(f"核对 {table.title}")
            self._validate(table, data_as_of)
        for sheet in self.sheets:
            self.problems.complete(
                sheet.number,
                table=sheet.table.name,
                file=sheet.sheet.file,
                sheet=sheet.sheet.name,
                headers=sheet.headers(),
                record=sheet.record(),
            )
        entries = self._write_tables(ordered)
        outcome_without_release = self._outcome(
            tuple(name for name in self.previous_tables if name not in names)
        )
        if outcome_without_release.carried_over:
            self.problems.carry_over(self.staging.previous, outcome_without_release.carried_over)
        self.problems.write(self.staging.folder, {t.name: t.title for t in self.contract.tables})
        self._write_calendar(data_as_of, ordered)
        loaded_at = datetime.now(LOCAL_ZONE).replace(tzinfo=None, microsecond=0)
        manifest = Manifest(self.staging.release_id, loaded_at, data_as_of, entries)
        release = self.staging.publish(manifest)
        return replace(outcome_without_release, release=release)

    def _outcome(self, carried_over: tuple[str, ...]) -> Outcome:
        return Outcome(
            release=None,
            files=(*map(self._sheet_outcome, self.sheets), *self.read_sheets.unused),
            problems=self.problems.by_reason(),
            carried_over=carried_over,
        )

    def _refuse_missing_tables(self, names: set[str]) -> None:
        missing = [
            f"{table.title}（{table.name}）"
            for table in self.contract.tables
            if table.required and table.name not in names and table.name not in self.previous_tables
        ]
        if missing:
            self._give_up(f"缺少必需的表：{'、'.join(missing)}")

    def _give_up(self, fact: str, reasons: str = "") -> NoReturn:
        places_and_reasons = [f"\n  {f.place}：{f.reason}" for f in self.read_sheets.unused]
        raise IntakeError(
            f"{fact}，没有发布新版本；请改正文件后重新载入。{reasons}" + "".join(places_and_reasons)
        )

    def _type(self, table: Table) -> None:
        """Stack the table's sheets as `loaded_<table>`, and report what could not be read."""
        declared = ", ".join(f"{c.name} {c.sql_type}" for c in table.columns)
        self.connection.execute(
            f"create table loaded_{table.name} (_source integer, _row bigint, {declared})"
        )
        for sheet in self.sheets:
            if sheet.table != table:
                continue
            self._type_sheet(sheet)
            places.place_positions(
                self.connection, self.problems, table, sheet.number, sheet.datums
            )

    def _type_sheet(self, sheet: LoadedSheet) -> None:
        table, number = sheet.table, sheet.number
        described = self.connection.execute(f"describe raw_{number}").fetchall()
        raw_types = {name: kind for name, kind, *_ in described}
        cleaned, typed, readings = [], [], []
        for column in table.columns:
            header = sheet.recognised.columns.get(column.name)
            if header is None:
                continue
            raw, name = f"c{header.position}", column.name
            cleaned.append(f"{values.cleaned(column, raw, raw_types[raw])} as {name}")
            typed.append(f"{values.typed(column, name, raw_types[raw], header.scale)} as {name}")
            if column.type != "text" and not values.is_native(column, raw_types[raw]):
                readings.append(column)
        self.connection.execute(
            f"create table cleaned_sheet as select _row, {', '.join(cleaned)} from raw_{number}"
        )
        self.connection.execute(
            f"insert into loaded_{table.name} by name "
            f"select {number} as _source, _row, {', '.join(typed)} from cleaned_sheet"
        )
        for column in readings:
            self.problems.add_rows(
                f"select {number} as source, _row as row from cleaned_sheet as cleaned "
                f"inner join loaded_{table.name} as loaded using (_row) where loaded._source = {number} "
                f"and cleaned.{column.name} is not null and loaded.{column.name} is null",
                problems.REFUSED,
                (column.name,),
                values.UNREADABLE[column.type],
                is_unreadable=True,
            )
        self.connection.execute("drop table cleaned_sheet")

    def _data_as_of(self, tables: list[Table], stated: datetime | None) -> datetime:
        if stated is not None:
            return stated
        if self.source.exported_at is not None:
            return self.source.exported_at
        latest = []
        for sheet in self.sheets:
            written = modified_at(sheet.file)
            for column in sheet.table.event_times:
                (moment,) = self.connection.execute(
                    f"select max(cast({column.name} as timestamp)) from loaded_{sheet.table.name} "
                    f"where _source = $1 and {column.name} <= $2",
                    [sheet.number, written],
                ).fetchall()[0]
                if moment is not None:
                    latest.append(moment)
        loaded = {table.name for table in tables}
        if self.staging.previous is not None and set(self.previous_tables) - loaded:
            # Tables carried over were true up to then; the new ones cannot take that back.
            latest.append(self.staging.previous.manifest.data_as_of)
        return max(latest, default=max(modified_at(sheet.file) for sheet in self.sheets))

    def _validate(self, table: Table, data_as_of: datetime) -> None:
        places.name_places(self.connection, table)
        validate.refuse_unsound_rows(
            self.connection, self.problems, self.contract, table, data_as_of, self._relations()
        )
        self.connection.execute(f"create view sound_{table.name} as {validate.sound_rows(table)}")
        if table.name in places.NAMED_PLACES:
            places.learn_names(self.connection, f"sound_{table.name}", table.name)

    def _relations(self) -> dict[str, str]:
        """Where the sound rows of each table are: in this load, or in the release before."""
        relations = {
            name: f"read_parquet('{_quoted_path(self.staging.previous.table_path(name))}')"
            for name in self.previous_tables
        }
        views = self.connection.execute(
            "select view_name from duckdb_views() where starts_with(view_name, 'sound_')"
        ).fetchall()
        return relations | {name.removeprefix("sound_"): name for (name,) in views}

    def _write_tables(self, loaded: list[Table]) -> dict[str, TableEntry]:
        """Write or carry over every table of the contract, and say how each came in."""
        self.progress("写出表")
        entries = {}
        for table in self.contract.tables:
            if table in loaded:
                entries[table.name] = self._write(table)
            elif table.name in self.previous_tables:
                self.staging.carry_over(table.name)
                entries[table.name] = self.previous_tables[table.name]
            else:
                declared = ", ".join(f"null::{c.sql_type} as {c.name}" for c in table.columns)
                self._copy(f"select {declared} limit 0", table.name)
                entries[table.name] = TableEntry(0, 0, 0, (), "", self.staging.release_id)
        return entries

    def _write(self, table: Table) -> TableEntry:
        columns = ", ".join(column.name for column in table.columns)
        self._copy(f"select {columns} from sound_{table.name} order by _source, _row", table.name)
        sheets = [sheet for sheet in self.sheets if sheet.table == table]
        outcomes = [self._sheet_outcome(sheet) for sheet in sheets]
        rows = sum(outcome.loaded for outcome in outcomes)
        if table.required and not rows:
            reasons = "".join(
                f"\n  {count:,} × {reason}"
                for reason, count in list(self.problems.by_reason().items())[:REASONS_IN_A_MESSAGE]
            )
            self._give_up(f"“{table.title}”没有一行可用", reasons)
        return TableEntry(
            rows=rows,
            refused=sum(outcome.refused for outcome in outcomes),
            flagged=sum(outcome.flagged for outcome in outcomes),
            files=tuple(dict.fromkeys(sheet.sheet.file for sheet in sheets)),
            label=self.source.label,
            loaded_in=self.staging.release_id,
        )

    def _sheet_outcome(self, sheet: LoadedSheet) -> FileOutcome:
        refused, superseded, flagged = self.problems.count_rows(sheet.number)
        return FileOutcome(
            file=sheet.sheet.file,
            sheet=sheet.sheet.name,
            table=sheet.table.name,
            rows_read=sheet.rows_read,
            loaded=sheet.rows_read - refused - superseded,
            refused=refused,
            flagged=flagged,
            superseded=superseded,
            ignored_columns=tuple(sheet.recognised.ignored.values()),
        )

    def _write_calendar(self, data_as_of: datetime, tables: list[Table]) -> None:
        """Write the working-day calendar from the first year something happened to the year after next."""
        first = data_as_of.date()
        for table in tables:
            for column in table.event_times:
                (earliest,) = self.connection.execute(
                    f"select min({column.name})::date from sound_{table.name}"
                ).fetchall()[0]
                first = min(first, earliest or first)
        previous = self.staging.previous
        if previous is not None and previous.table_path("calendar").is_file():
            (earliest,) = self.connection.execute(
                f"select min(day) from read_parquet('{_quoted_path(previous.table_path('calendar'))}')"
            ).fetchall()[0]
            first = min(first, earliest)
        days = list(worktime.calendar(date(first.year, 1, 1), date(data_as_of.year + 1, 12, 31)))
        calendar = pa.table(
            {
                "day": pa.array([d.day for d in days], pa.date32()),
                "is_working_day": pa.array([d.is_working_day for d in days], pa.bool_()),
                "is_known": pa.array([d.is_known for d in days], pa.bool_()),
                "working_day_number": pa.array([d.working_day_number for d in days], pa.int64()),
            }
        )
        self.connection.register("calendar_days", calendar)
        self._copy("from calendar_days", "calendar")

    def _copy(self, rows: str, table: str) -> None:
        target = _quoted_path(self.staging.folder / f"{table}.parquet")
        self.connection.execute(f"copy ({rows}) to '{target}' (format parquet, compression zstd)")


def _quoted_path(path: Path) -> str:
    return str(path).replace("'", "''")
