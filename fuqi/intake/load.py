"""The load: recognised sheets through typing and validation into the parquet files of a new release."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import duckdb

from fuqi import contract as contract_package
from fuqi.contract.model import Column, Contract, Table
from fuqi.intake import (
    agreement,
    foreign,
    merge,
    places,
    problems,
    reach,
    rollups,
    side_lists,
    validate,
    values,
)
from fuqi.intake.errors import IntakeError
from fuqi.intake.mapping import Mapping
from fuqi.intake.mapping import load as load_mapping
from fuqi.intake.outcome import Completed, FileOutcome, Outcome
from fuqi.intake.sheets import LoadedSheet, Sheets
from fuqi.intake.source import FULL, INCREMENTAL, LOCAL_ZONE, Source, modified_at, open_source
from fuqi.settings import Settings
from fuqi.settings import load as load_settings
from fuqi.store.releases import Manifest, Staging, TableEntry, Warehouse

REASONS_IN_A_MESSAGE = 5
MEMORY = "50%"
"""What DuckDB keeps in memory, of the machine's; the rest of a large load lies in the scratch folder."""


def run(
    source: Path,
    warehouse: Warehouse,
    *,
    data_as_of: datetime | None = None,
    mapping: Path | None = None,
    incremental: bool = False,
    max_lost_share: float = Settings.max_lost_share,
    wait_seconds: float = 0.0,
    builds_registers: bool = False,
    progress: Callable[[str], None] = lambda message: None,
    publish: bool = True,
    settings: Settings | None = None,
) -> Outcome:
    """Load a folder of exports, or one file, and publish it as the current release.

    Without `publish` it becomes a candidate, for `Warehouse.publish_candidate` or `discard_candidate`.

    Tables the source does not hold come unchanged from the release before. `data_as_of` is the moment the
    data was true; without it `source.toml`'s `exported_at` counts, then the latest event in the data that is
    not later than its file. `incremental` has every file bring news to its table instead of replacing it;
    without it `source.toml` says which do. `mapping` is a mapping file for the one file, or for those of the
    folder whose names fit its pattern.

    `builds_registers` takes a folder as it is: required tables may be missing, streets and communities that no
    register lists are those the rows name, and `data_as_of` refuses no row that is later. It is meant for a
    warehouse of its own, where no release before says what streets there are. The roll-ups are worked out by
    `settings`, those of the settings file unless given.

    Raises IntakeError, with nothing published, when no file could be used, a required table is missing or
    none of its rows is sound, a full load would lose more than `max_lost_share` of a table's rows, or the
    disk cannot be written; lock.BusyError when another load runs for longer than `wait_seconds`.
    """
    contract = contract_package.load()
    opened = open_source(source, contract)
    chosen = load_mapping(mapping, contract) if mapping else None
    if incremental:
        opened = replace(
            opened, load=INCREMENTAL, rules=tuple(replace(r, load=None) for r in opened.rules)
        )
    try:
        with warehouse.stage(wait_seconds=wait_seconds) as staging:
            # Spilled to disk beside the release: a killed load leaves it where the next one clears it away.
            config = {"temp_directory": str(staging.scratch), "memory_limit": MEMORY}
            with duckdb.connect(config=config) as connection:
                load = _Load(
                    contract,
                    opened,
                    staging,
                    connection,
                    max_lost_share,
                    progress,
                    chosen,
                    builds_registers=builds_registers,
                    settings=load_settings() if settings is None else settings,
                )
                return load.finish(data_as_of, publish=publish)
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise IntakeError(
            f"文件读写出错（{error}），没有发布新版本；请检查磁盘空间和权限后重新载入。"
        ) from error


class _Load:
    def __init__(
        self,
        contract: Contract,
        source: Source,
        staging: Staging,
        connection: duckdb.DuckDBPyConnection,
        max_lost_share: float,
        progress: Callable[[str], None],
        chosen: Mapping | None,
        *,
        builds_registers: bool,
        settings: Settings,
    ) -> None:
        self.contract = contract
        self.source = source
        self.staging = staging
        self.connection = connection
        self.max_lost_share = max_lost_share
        self.builds_registers = builds_registers
        self.settings = settings
        self.progress = progress
        self.problems = problems.Problems(connection)
        self.read_sheets = Sheets(contract, source, connection, self.problems, progress, chosen)
        previous = staging.previous
        self.previous_tables = previous.manifest.tables if previous else {}
        self.stored: set[str] = set()
        self.built_registers: dict[str, int] = {}
        self.completed: dict[str, tuple[Completed, ...]] = {}
        self.carried_over: set[str] = set()

    @property
    def sheets(self) -> list[LoadedSheet]:
        return self.read_sheets.recognised

    def finish(self, stated_as_of: datetime | None, *, publish: bool) -> Outcome:
        for file in self.source.files:
            self.read_sheets.read(file)
        for folder in self.source.folders:
            self.read_sheets.leave_out_folder(folder)
        if not self.sheets:
            self._give_up("没有一个文件能载入")
        names = {sheet.table.name for sheet in self.sheets}
        self._refuse_missing_tables(names)
        ordered = validate.loading_order(self.contract, names)
        for table in ordered:
            self._type(table)
        data_as_of = self._data_as_of(ordered, stated_as_of)
        if self._is_trial():
            self.built_registers = foreign.build_registers(
                self.connection,
                self.contract,
                ordered,
                {
                    table.name: self._relations().get(table.name)
                    for table in self.contract.tables
                    if table.name not in names and not self._has_exported_rows(table)
                },
            )
        for name in places.NAMED_PLACES:
            if name not in names and name in self._relations():
                places.learn_names(self.connection, self._relations()[name], name)
        for table in ordered:
            self.progress(f"核对 {table.title}")
            self._validate(table, data_as_of)
        self._refuse_empty_tables(ordered)
        self._refuse_losses(ordered)
        for table in self.contract.tables:
            self._complete(table, names, data_as_of)
        self._complete_problems()
        entries = self._write_tables(ordered)
        self.progress("计算最近站点")
        reach.write(self.staging, data_as_of, carried_over=self.carried_over)
        not_loaded = tuple(name for name in self.previous_tables if name not in names)
        # Before the problems of tables carried over are added: the outcome is about this load.
        outcome_without_release = self._outcome(
            tuple(name for name in not_loaded if name not in self.completed)
        )
        if not_loaded:
            self.problems.carry_over(self.staging.previous, not_loaded)
        self.problems.write(self.staging.folder, self._table_titles())
        loaded_at = datetime.now(LOCAL_ZONE).replace(tzinfo=None, microsecond=0)
        manifest = Manifest(
            self.staging.release_id,
            loaded_at,
            data_as_of,
            entries,
            outcome_without_release.files,
            completed=outcome_without_release.completed,
        )
        self.progress("汇总")
        # The rows as they were read have been written out; what sorts the ledger needs their memory and their disk.
        self.connection.close()
        rollups.write(
            self.staging.prepared(manifest), self.settings, previous=self.staging.previous
        )
        put_away = self.staging.publish if publish else self.staging.keep_as_candidate
        return replace(outcome_without_release, release=put_away(manifest), is_published=publish)

    def _outcome(self, carried_over: tuple[str, ...]) -> Outcome:
        return Outcome(
            release=None,
            files=(*map(self._sheet_outcome, self.sheets), *self.read_sheets.unused),
            problems=self.problems.by_reason(),
            carried_over=carried_over,
            completed=tuple(done for each in self.completed.values() for done in each),
        )

    def _is_foreign(self, table: Table | None = None) -> bool:
        """Whether a sheet of the load, or of one table, is another city's, mapped for trial."""
        return any(
            sheet.mapping is not None and sheet.mapping.is_foreign
            for sheet in self.sheets
            if table in (None, sheet.table)
        )

    def _is_trial(self) -> bool:
        """Whether areas may be taken from the rows: asked for, or another city's export is among the files."""
        return self.builds_registers or self._is_foreign()

    def _has_rows(self, table: Table) -> bool:
        """Whether the release before has rows of a table; a trial leaves required ones empty."""
        return table.name in self.previous_tables and self.previous_tables[table.name].rows > 0

    def _has_exported_rows(self, table: Table) -> bool:
        """The same for rows that came out of files: a register built for a trial has none."""
        return self._has_rows(table) and self._was_loaded(table)

    def _was_loaded(self, table: Table) -> bool:
        """Whether the release before has a table from files, be it without rows."""
        return table.name in self.previous_tables and bool(self.previous_tables[table.name].files)

    def _refuse_missing_tables(self, names: set[str]) -> None:
        if self._is_trial():
            return
        missing = [
            f"{table.title}（{table.name}）"
            for table in self.contract.tables
            if table.required and table.name not in names and not self._has_rows(table)
        ]
        if missing:
            self._give_up(f"缺少必需的表：{'、'.join(missing)}")

    def _refuse_empty_tables(self, tables: list[Table]) -> None:
        for table in tables:
            if table.required and not self._row_count(table):
                reasons = "".join(
                    f"\n  {count:,} × {reason}"
                    for reason, count in list(self.problems.by_reason().items())[
                        :REASONS_IN_A_MESSAGE
                    ]
                )
                self._give_up(f"“{table.title}”没有一行可用", reasons=reasons)

    def _refuse_losses(self, tables: list[Table]) -> None:
        losses = []
        for table in tables:
            if table.name not in self.stored or self._is_incremental(table):
                continue
            if table.completes and table.completes.load == FULL:
                continue  # what is not the case any more leaves a list that states the present
            before, lost = merge.lost_rows(self.connection, table)
            if lost > before * self.max_lost_share:
                losses.append(
                    f"\n  “{table.title}”（{table.name}）现有 {before:,} 行，载入后 {self._row_count(table):,} 行，"
                    f"现有的行中 {lost:,} 行不再出现（{lost / before:.1%}）"
                )
        if losses:
            self._give_up(
                f"丢失的行超过上限 {self.max_lost_share:.0%}",
                advice="请核对文件是否完整；只含新增和变更的文件请按增量载入（--incremental），"
                "确应减少请允许减少（--accept-loss）",
                reasons="".join(losses),
            )

    def _give_up(
        self, fact: str, *, advice: str = "请改正文件后重新载入", reasons: str = ""
    ) -> NoReturn:
        """Publish nothing, keep the problem report, and say why."""
        places_and_reasons = [f"\n  {f.place}：{f.reason}" for f in self.read_sheets.unused]
        self.problems.add(problems.REFUSED, fact, file="（整次载入）")
        self._complete_problems()
        report = self.staging.warehouse.new_refused_folder()
        self.problems.write(report, self._table_titles())
        refusal = IntakeError(
            f"{fact}，没有发布新版本；{advice}。{reasons}" + "".join(places_and_reasons)
        )
        refusal.report = report
        refusal.files = self._refused_outcome()
        raise refusal

    def _refused_outcome(self) -> tuple[FileOutcome, ...]:
        """What each file held, with nothing of it loaded."""
        found = []
        for sheet in self.sheets:
            refused, superseded, flagged = self.problems.count_rows(sheet.number)
            found.append(
                replace(
                    self._described(sheet),
                    refused=refused,
                    superseded=superseded,
                    flagged=flagged,
                )
            )
        return (*found, *self.read_sheets.unused)

    def _complete_problems(self) -> None:
        for sheet in self.sheets:
            self.problems.complete(
                sheet.number,
                table=sheet.table.name,
                file=sheet.sheet.file,
                sheet=sheet.sheet.name,
                headers=sheet.headers(),
                record=sheet.record(),
            )

    def _table_titles(self) -> dict[str, str]:
        return {table.name: table.title for table in self.contract.tables}

    def _is_incremental(self, table: Table) -> bool:
        """Whether a table keeps its rows; one full file among its files replaces them."""
        usual = table.completes.load if table.completes else None
        return all(
            self.source.is_incremental(*sheet.names, usual=usual)
            for sheet in self.sheets
            if sheet.table == table
        )

    def _row_count(self, table: Table) -> int:
        ((count,),) = self.connection.execute(f"select count(*) from sound_{table.name}").fetchall()
        return count

    def _type(self, table: Table) -> None:
        """Stack the table's sheets as `loaded_<table>`, and report what could not be read."""
        declared = ", ".join(f"{c.name} {c.sql_type}" for c in table.columns)
        self.connection.execute(
            f"create table loaded_{table.name} "
            f"(_source integer, _row bigint, {declared}, _unreadable bigint)"
        )
        for sheet in self.sheets:
            if sheet.table != table:
                continue
            self._type_sheet(sheet)
            places.place_positions(
                self.connection,
                self.problems,
                table,
                sheet.number,
                sheet.datums,
                is_foreign=sheet.mapping is not None and sheet.mapping.is_foreign,
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
            raw, name = header.column, column.name
            said = f"said_{name}"
            cleaned.append(f"{values.cleaned(column, raw, raw_types[raw])} as {said}")
            value = values.typed(column, said, raw_types[raw], header.scale)
            typed.append(f"{_translated(column, value)} as {name}")
            if column.type != "text" and not values.is_native(column, raw_types[raw]):
                readings.append(column)
        # A bit for each column that says something and cannot be read: one pass, and no table in between.
        bits = "".join(
            f" + case when {c.name} is null and said_{c.name} is not null then {1 << n}::bigint else 0 end"
            for n, c in enumerate(readings)
        )
        names = ", ".join(c.name for c in table.columns if c.name in sheet.recognised.columns)
        said = "".join(f", said_{c.name}" for c in readings)
        self.connection.execute(
            f"insert into loaded_{table.name} by name "
            f"select {number} as _source, _row, {names}, 0{bits} as _unreadable from "
            f"(select _row, {', '.join(typed)}{said} from "
            f"(select _row, {', '.join(cleaned)} from raw_{number}))"
        )
        for position, column in enumerate(readings):
            self.problems.add_rows(
                f"select _source as source, _row as row from loaded_{table.name} "
                f"where _source = {number} and _unreadable & {1 << position} > 0",
                problems.REFUSED,
                (column.name,),
                values.UNREADABLE[column.type],
                is_unreadable=True,
            )

    def _data_as_of(self, tables: list[Table], stated: datetime | None) -> datetime:
        if stated is not None and not self.builds_registers:
            return stated
        known = self._known_data_as_of(tables)
        return known if stated is None else max(stated, known)

    def _known_data_as_of(self, tables: list[Table]) -> datetime:
        """What the source states, or else what its rows and files tell."""
        exported_at = self.source.exported_at
        moments = self._latest_events() if exported_at is None else [exported_at]
        previous = self.staging.previous
        if previous is not None and self._keep_events(tables):
            # Rows that stay were true up to then; the new ones cannot take that back.
            moments.append(previous.manifest.data_as_of)
        return max(moments, default=max(modified_at(sheet.file) for sheet in self.sheets))

    def _latest_events(self) -> list[datetime]:
        """The latest event of each column that is not later than its file."""
        latest = []
        for sheet in self.sheets:
            written = modified_at(sheet.file)
            for column in sheet.table.event_times:
                ((moment,),) = self.connection.execute(
                    f"select max(cast({column.name} as timestamp)) from loaded_{sheet.table.name} "
                    f"where _source = $1 and {column.name} <= $2",
                    [sheet.number, written],
                ).fetchall()
                if moment is not None:
                    latest.append(moment)
        return latest

    def _keep_events(self, loaded: list[Table]) -> bool:
        """Whether events of the release before stay: in tables that are not loaded, or keep their rows."""
        return any(
            table.event_times
            and self._has_rows(table)
            and (table not in loaded or self._is_incremental(table))
            for table in self.contract.tables
        )

    def _validate(self, table: Table, data_as_of: datetime) -> None:
        places.name_places(self.connection, table)
        incremental = self._is_incremental(table)
        previous = self.staging.previous
        if previous is not None and table.name in self.previous_tables:
            merge.open_stored(self.connection, table, previous)
            self.stored.add(table.name)
            if incremental:
                given = {
                    sheet.number: set(sheet.recognised.columns)
                    for sheet in self.sheets
                    if sheet.table == table
                }
                merge.keep_what_is_not_said(self.connection, table, given)
        validate.refuse_unsound_rows(
            self.connection, self.problems, self.contract, table, data_as_of, self._relations()
        )
        if not self._is_foreign(table) and "communities" not in self.built_registers:
            agreement.flag_disagreements(
                self.connection, self.problems, table, self._relations().get("communities")
            )
        rows = validate.sound_rows(table)
        if table.name in self.stored:
            merge.compare(self.connection, self.problems, table, incremental=incremental)
            if incremental:
                self.connection.execute(
                    f"create table merged_{table.name} as {merge.merged_rows(table)}"
                )
                rows = f"from merged_{table.name}"
        self.connection.execute(f"create view sound_{table.name} as {rows}")
        if table.name in places.NAMED_PLACES:
            places.learn_names(self.connection, f"sound_{table.name}", table.name)

    def _complete(self, table: Table, loaded: set[str], data_as_of: datetime) -> None:
        """Have the side lists complete a table, when it or one of them was loaded, and judge those that were."""
        lists = self.contract.side_lists_of(table.name)
        new = self._new_side_lists(table)
        if not lists or not (new or table.name in loaded):
            return
        ledger = f"sound_{table.name}"
        if table.name not in loaded:
            if self.staging.previous is None or table.name not in self.previous_tables:
                return
            merge.open_stored(self.connection, table, self.staging.previous)
            ledger = f"(select -1 as _source, * from stored_{table.name})"
        relations = self._relations()
        self.completed[table.name] = side_lists.complete(
            self.connection,
            table,
            ledger,
            {side_list: relations[side_list.name] for side_list in self._known_side_lists(table)},
        )
        for side_list in new:
            files = self._files(side_list)
            side_lists.flag(self.connection, self.problems, table, side_list, files, data_as_of)

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
            elif table.name in self.built_registers:
                self._copy(f"from sound_{table.name}", table.name)
                entries[table.name] = TableEntry(
                    self.built_registers[table.name],
                    0,
                    0,
                    (),
                    self.source.label or (foreign.LABEL if self._is_foreign() else ""),
                    self.staging.release_id,
                    foreign.REGISTERS[table.name]["names"],
                )
            elif table.name in self.completed:
                self._write_rows(table)
                before = self.previous_tables[table.name]
                entries[table.name] = replace(
                    before,
                    label=self._labels(table, {before.label}),
                    columns=self._given_columns(table),
                )
            elif table.name in self.previous_tables:
                self._carry_over(table)
                entries[table.name] = self.previous_tables[table.name]
            else:
                declared = ", ".join(
                    f"null::{c.sql_type} as {c.name}" for c in table.stored_columns
                )
                self._copy(f"select {declared} limit 0", table.name)
                entries[table.name] = TableEntry(
                    0, 0, 0, (), "", self.staging.release_id, columns=()
                )
        return entries

    def _write(self, table: Table) -> TableEntry:
        outcomes = [self._sheet_outcome(sheet) for sheet in self._sheets_of(table)]
        labels = {self.source.label or (foreign.LABEL if self._is_foreign(table) else "")}
        if self._keeps_rows(table):
            labels.add(self.previous_tables[table.name].label)
            is_news = any(outcome.new or outcome.changed for outcome in outcomes)
        else:
            is_news = True
        if is_news or self._new_side_lists(table):
            self._write_rows(table)
        else:
            self._carry_over(table)
        return TableEntry(
            rows=self._row_count(table),
            refused=sum(outcome.refused for outcome in outcomes),
            flagged=sum(outcome.flagged for outcome in outcomes),
            files=self._files(table),
            label=self._labels(table, labels),
            loaded_in=self.staging.release_id,
            columns=self._given_columns(table),
            is_foreign=self._is_foreign(table)
            or (self._keeps_rows(table) and self.previous_tables[table.name].is_foreign),
        )

    def _write_rows(self, table: Table) -> None:
        columns = ", ".join(column.name for column in table.stored_columns)
        relation = "sound"
        if table.name in self.completed:
            relation = "completed"
            if known := self._known_side_lists(table):
                self._copy(side_lists.changed_rows(table, known), merge.as_exported(table))
        self._copy(
            f"select {columns} from {relation}_{table.name} order by _source, _row", table.name
        )

    def _carry_over(self, table: Table) -> None:
        """Take a table of the release before as it is, but for columns that the contract has got since."""
        previous = self.staging.previous
        if rows := merge.rows_with_new_columns(self.connection, table, previous):
            self._copy(rows, table.name)
        else:
            self.staging.carry_over(table.name)
            self.carried_over.add(table.name)
        if previous.table_path(merge.as_exported(table)).is_file():
            self.staging.carry_over(merge.as_exported(table))

    def _labels(self, table: Table, labels: set[str]) -> str:
        """What the sources of a table call themselves, those of the side lists that complete it included."""
        if self.source.label and self._new_side_lists(table):
            labels.add(self.source.label)
        return "、".join(sorted(labels - {""}))

    def _given_columns(self, table: Table) -> tuple[str, ...] | None:
        """The columns that the files of a table had, those of the rows that stay and of side lists included."""
        sheets = self._sheets_of(table)
        given = {name for sheet in sheets for name in sheet.recognised.columns}
        if self._keeps_rows(table) or not sheets:
            earlier = self.previous_tables[table.name].columns
            if earlier is None:
                return None
            given |= set(earlier)
        given |= side_lists.known_columns(
            {known: self._given_columns(known) for known in self._known_side_lists(table)}
        )
        return tuple(c.name for c in table.stored_columns if c.name in given)

    def _sheets_of(self, table: Table) -> list[LoadedSheet]:
        return [sheet for sheet in self.sheets if sheet.table == table]

    def _files(self, table: Table) -> tuple[str, ...]:
        return tuple(dict.fromkeys(sheet.sheet.file for sheet in self._sheets_of(table)))

    def _known_side_lists(self, table: Table) -> list[Table]:
        """The side lists of a table that are in this load or were in an earlier one."""
        lists = self.contract.side_lists_of(table.name)
        return [t for t in lists if self._sheets_of(t) or self._was_loaded(t)]

    def _new_side_lists(self, table: Table) -> list[Table]:
        """The side lists of a table that are in this load."""
        return [t for t in self.contract.side_lists_of(table.name) if self._sheets_of(t)]

    def _keeps_rows(self, table: Table) -> bool:
        """Whether rows of the release before stay in the table."""
        return self._is_incremental(table) and table.name in self.stored

    def _sheet_outcome(self, sheet: LoadedSheet) -> FileOutcome:
        refused, superseded, flagged = self.problems.count_rows(sheet.number)
        changes = (
            merge.changes(self.connection, sheet.table, sheet.number)
            if sheet.table.name in self.stored
            else {merge.NEW: sheet.rows_read - refused - superseded}
        )
        return replace(
            self._described(sheet),
            loaded=sheet.rows_read - refused - superseded - changes.get(merge.OUTDATED, 0),
            refused=refused,
            flagged=flagged,
            superseded=superseded,
            new=changes.get(merge.NEW, 0),
            changed=changes.get(merge.CHANGED, 0),
            identical=changes.get(merge.IDENTICAL, 0),
            outdated=changes.get(merge.OUTDATED, 0),
        )

    def _described(self, sheet: LoadedSheet) -> FileOutcome:
        """What a sheet was recognised as, before a row of it is counted."""
        return FileOutcome(
            file=sheet.sheet.file,
            sheet=sheet.sheet.name,
            table=sheet.table.name,
            rows_read=sheet.rows_read,
            is_incremental=self._is_incremental(sheet.table),
            ignored_columns=tuple(sheet.recognised.ignored.values()),
            mapping=sheet.mapping.name if sheet.mapping else "",
        )

    def _copy(self, rows: str, table: str) -> None:
        target = _quoted_path(self.staging.folder / f"{table}.parquet")
        self.connection.execute(f"copy ({rows}) to '{target}' (format parquet, compression zstd)")


def _translated(column: Column, value: str) -> str:
    """SQL: the value with each synonym of the contract replaced by what it stands for."""
    if not column.synonyms:
        return value
    cases = " ".join(
        f"when '{word}' then nullif('{meaning}', '')" for word, meaning in column.synonyms
    )
    return f"case {value} {cases} else {value} end"


def _quoted_path(path: Path) -> str:
    return str(path).replace("'", "''")
