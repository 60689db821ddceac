"""Mapping files: how an export of another shape becomes a table of the contract, without code.

A mapping is a TOML file (`docs/mappings.md`). It names a table and says, column by column, where the value comes
from. `Mapping.recognise` finds its headers in a sheet; `Mapping.columns_sql` gives one SQL expression a column over
the raw row, and from there on a mapped column is typed and validated like any other.
"""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from fuqi import paths
from fuqi.contract.model import Column, Contract, Table
from fuqi.intake import values
from fuqi.intake.errors import IntakeError, UnfitMappingError
from fuqi.intake.places import EXPORT_DATUMS
from fuqi.intake.recognise import Header, Recognised, header_candidates, normalised, scale_of

LOCAL_ZONE = "Asia/Shanghai"
FOREIGN = "foreign"
REST = "*"
KNOWN_ENTRIES = {
    "name", "pattern", "table", "datum", "date_formats", "time_zone", "keep_local_time", "areas",
    "columns", "constants", "values",
}  # fmt: skip
EXPRESSIONS = {
    "join": {"join", "with"},
    "date_from": {"date_from", "pattern", "format"},
    "file_name": {"file_name"},
    "row_number": {"row_number"},
}
"""What may stand in `[columns]` instead of a header: the key that tells the kind, and all keys it takes."""

MOMENT_TYPES = ("date", "timestamp")
TIME_OF_DAY = ("%H", "%I", "%X", "%c")


@dataclass(frozen=True)
class Origin:
    """Where one column's value comes from.

    `kind` is "first" (the first of `headers` that is filled), "join", "date_from", "file_name", "row_number" or
    "constant"; `text` is the separator, the pattern or the constant, `format` the date format of a "date_from".
    """

    kind: str
    headers: tuple[str, ...] = ()
    text: str = ""
    format: str | None = None


@dataclass(frozen=True)
class Mapping:
    """One mapping file; `origins` and `values` go by the contract's column names."""

    name: str
    table: Table
    origins: dict[str, Origin]
    pattern: str = "*"
    datum: str | None = None
    date_formats: tuple[str, ...] = ()
    time_zone: str = LOCAL_ZONE
    keep_local_time: bool = False
    areas: str = "futian"
    values: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def is_foreign(self) -> bool:
        """Whether its areas and positions are another city's, loaded for trial."""
        return self.areas == FOREIGN

    def fits_name(self, *names: str) -> bool:
        return any(fnmatch(name, self.pattern) for name in names)

    def recognise(self, head: list[list[str]]) -> Recognised:
        """Where the mapping's headers are in a sheet.

        Raises UnfitMappingError naming the entries whose headers the sheet does not have.
        """
        fewest: list[str] | None = None
        for header_end, cells in header_candidates(head):
            positions: dict[str, int] = {}
            for position, cell in enumerate(cells):
                positions.setdefault(normalised(cell), position)
            missing = self._missing(positions)
            if not missing:
                return self._recognised(header_end, cells, positions)
            if fewest is None or len(missing) < len(fewest):
                fewest = missing
        raise UnfitMappingError(
            f"映射 {self.name} 要的列不在表头中：{'；'.join(fewest or ['（没有表头）'])}；"
            "请核对表头，或改正映射文件。"
        )

    def columns_sql(
        self,
        recognised: Recognised,
        raw_types: dict[str, str],
        file_name: str,
        *,
        zoned: Collection[str] = (),
        has_dates: bool = False,
    ) -> dict[str, str]:
        """SQL over the raw row for each mapped column, under the name that `Header.column` gives.

        `zoned` are the raw columns that carried a zone of their own and are in Shanghai's time. `has_dates` says
        that the sheet's cells can be dates, which need no format.
        """
        positions: dict[str, int] = {}
        for position, cell in enumerate(recognised.headers):
            positions.setdefault(normalised(cell), position)
        raws = {
            header: (f"c{positions[header]}", raw_types[f"c{positions[header]}"])
            for header in positions
            if f"c{positions[header]}" in raw_types
        }
        return {
            recognised.columns[name].column: self._column_sql(
                self.table.column(name), origin, raws, file_name, zoned, has_dates
            )
            for name, origin in self.origins.items()
        }

    def _missing(self, positions: dict[str, int]) -> list[str]:
        """The entries that a header row cannot serve, each as a person reads it in the file."""
        missing = []
        for name, origin in self.origins.items():
            absent = [h for h in origin.headers if normalised(h) not in positions]
            if origin.kind == "first" and len(absent) < len(origin.headers):
                continue
            if absent:
                missing.append(f"{name} = “{'、'.join(absent)}”")
        return missing

    def _recognised(
        self, header_end: int, cells: list[str], positions: dict[str, int]
    ) -> Recognised:
        columns, used = {}, set()
        for name, origin in self.origins.items():
            found = [positions[h] for h in map(normalised, origin.headers) if h in positions]
            used.update(found)
            only = found[0] if len(found) == 1 else -1
            columns[name] = Header(
                position=only,
                text="、".join(cells[position].strip() for position in found),
                scale=scale_of(self.table.column(name), cells[only]) if only >= 0 else 1.0,
                raw=f"m_{name}",
            )
        return Recognised(
            table=self.table,
            header_end=header_end,
            columns=columns,
            ignored={p: c.strip() for p, c in enumerate(cells) if p not in used and c.strip()},
            headers=tuple(c.strip() for c in cells),
        )

    def _column_sql(
        self,
        column: Column,
        origin: Origin,
        raws: dict[str, tuple[str, str]],
        file_name: str,
        zoned: Collection[str],
        has_dates: bool,
    ) -> str:
        found = [raws[h] for h in map(normalised, origin.headers) if h in raws]
        zone = LOCAL_ZONE if found and all(raw in zoned for raw, _ in found) else self.time_zone
        formats = self.date_formats
        if origin.kind == "date_from":
            formats = (origin.format,) if origin.format else ()
        is_moment = column.type in MOMENT_TYPES and origin.kind != "constant"
        is_converted = is_moment and (bool(formats) or zone != self._clock)
        is_plain = origin.kind == "first" and len(found) == 1 and column.name not in self.values
        if is_plain and not is_converted:
            return found[0][0]
        text = self._text_sql(origin, found, file_name)
        if column.name in self.values:
            text = _translated(text, self.values[column.name])
        return self._moment_sql(column, text, formats, zone, has_dates) if is_converted else text

    def _text_sql(self, origin: Origin, found: list[tuple[str, str]], file_name: str) -> str:
        texts = [
            f"nullif(trim({values.spelled(raw, kind)}, {values.BLANKS}), '')" for raw, kind in found
        ]
        if origin.kind == "first":
            return f"coalesce({', '.join(texts)}, null)" if texts else "cast(null as varchar)"
        if origin.kind == "join":
            return f"nullif(concat_ws({_quoted(origin.text)}, {', '.join(texts)}), '')"
        if origin.kind == "date_from":
            return f"nullif(regexp_extract({texts[0]}, {_quoted(origin.text)}, 1), '')"
        if origin.kind == "row_number":
            return "cast(_row as varchar)"
        if origin.kind == "file_name":
            match = re.search(origin.text, file_name)
            return _quoted(match[1]) if match and match[1] else "cast(null as varchar)"
        return _quoted(origin.text)

    @property
    def _clock(self) -> str:
        """The zone whose clock the loaded moments show."""
        return self.time_zone if self.keep_local_time else LOCAL_ZONE

    def _moment_sql(
        self, column: Column, text: str, formats: tuple[str, ...], zone: str, has_dates: bool
    ) -> str:
        """SQL: a moment of `zone` as ISO text; one that fits no format stays unreadable."""
        readings = [
            (f"try_strptime({text}, {_quoted(f)})", any(mark in f for mark in TIME_OF_DAY))
            for f in formats
        ]
        if not readings:
            readings = [(values.moment(values.half_width(text)), True)]
        elif has_dates:
            iso = f"case when {text} like '____-__-__{{}}' then try_cast({text} as timestamp) end"
            readings += [(iso.format(""), False), (iso.format(" %"), True)]
        branches = []
        for moment, has_time in readings:
            if column.type == "date":
                written = f"strftime({moment}, '%Y-%m-%d')"
            else:
                whole = moment
                if not has_time and values.is_deadline(column):
                    whole = f"({moment} + interval '86399 seconds')"
                if zone != self._clock:
                    whole = f"timezone({_quoted(self._clock)}, timezone({_quoted(zone)}, {whole}))"
                written = f"strftime({whole}, '%Y-%m-%d %H:%M:%S')"
            branches.append(f"when {moment} is not null then {written}")
        # The mark keeps 05/06/2022 from being read in another way than the mapping declares.
        return (
            f"case {' '.join(branches)} when {values.says_nothing(text)} then null "
            f"else '?' || {text} end"
        )


def shipped(contract: Contract) -> tuple[tuple[Mapping, ...], dict[str, str]]:
    """The mappings of `data/mappings` in order of name, and what is wrong with the files that are none."""
    found, faults = [], {}
    for file in sorted(paths.MAPPINGS.glob("*.toml")):
        try:
            found.append(load(file, contract))
        except IntakeError as error:
            faults[file.name] = str(error)
    return tuple(found), faults


def named(name: str, folder: Path, contract: Contract) -> Mapping:
    """The mapping of that name beside the exports in `folder`, or among the shipped ones.

    The name may come with a file that somebody uploaded: it is never a way out of these folders.
    """
    if Path(name).name != name or "\\" in name:
        raise IntakeError(f"映射 {name} 不是一个名称；请只写文件名，不带文件夹和 .toml。")
    for place in (folder, paths.MAPPINGS):
        file = place / f"{name}.toml"
        if file.is_file():
            return load(file, contract)
    known = "、".join(file.stem for file in sorted(paths.MAPPINGS.glob("*.toml"))) or "没有"
    raise IntakeError(
        f"找不到映射 {name}；应是导出文件旁边的 {name}.toml，或自带的映射之一：{known}。"
    )


def load(file: Path, contract: Contract) -> Mapping:
    """The mapping in `file`. Raises IntakeError naming the file, the entry and what may stand there."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise IntakeError(f"映射文件 {file} 打不开（{error.strerror}）；请核对文件名。") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IntakeError(
            f"映射文件 {file.name} 读不出：{error}；请按 TOML 格式、以 UTF-8 保存。"
        ) from error
    return _Reader(file.name, contract).mapping(content, file.stem)


class _Reader:
    """Reads one mapping file and names it in every error."""

    def __init__(self, file: str, contract: Contract) -> None:
        self.file = file
        self.contract = contract

    def refuse(self, entry: str, fact: str) -> IntakeError:
        return IntakeError(f"映射文件 {self.file} 的 {entry}：{fact}。")

    def mapping(self, content: dict[str, Any], stem: str) -> Mapping:
        if unknown := sorted(set(content) - KNOWN_ENTRIES):
            raise self.refuse(
                "、".join(unknown), f"不认识的条目；可用：{'、'.join(sorted(KNOWN_ENTRIES))}"
            )
        table = self._table(content)
        mapping = Mapping(
            name=self._text(content, "name", stem),
            table=table,
            origins=self._origins(content, table),
            pattern=self._text(content, "pattern", "*"),
            datum=self._one_of(content, "datum", EXPORT_DATUMS, None),
            date_formats=self._date_formats(content.get("date_formats", [])),
            time_zone=self._time_zone(self._text(content, "time_zone", LOCAL_ZONE)),
            keep_local_time=self._one_of(content, "keep_local_time", (True, False), False),
            areas=self._one_of(content, "areas", ("futian", FOREIGN), "futian"),
            values=self._values(content.get("values", {}), table),
        )
        for name in mapping.values:
            if name not in mapping.origins:
                raise self.refuse(
                    f"[values.{name}]", f"{name} 没有来源；请先在 [columns] 中写明它来自哪一列"
                )
        return mapping

    def _table(self, content: dict[str, Any]) -> Table:
        name = self._text(content, "table", "")
        if name not in self.contract.names:
            raise self.refuse("table", f"没有表 {name!r}；可用：{'、'.join(self.contract.names)}")
        return self.contract[name]

    def _origins(self, content: dict[str, Any], table: Table) -> dict[str, Origin]:
        columns = self._section(content, "columns")
        constants = self._section(content, "constants")
        origins = {}
        for name, entry in columns.items():
            place = f"[columns] {name}"
            self._known_column(place, name, table)
            origins[name] = self._origin(place, entry)
        for name, value in constants.items():
            place = f"[constants] {name}"
            self._known_column(place, name, table)
            if name in origins:
                raise self.refuse(place, f"{name} 已在 [columns] 中；两处只留一处")
            origins[name] = Origin("constant", text=self._constant(place, value))
        missing = [c for c in table.columns if c.required and c.name not in origins]
        if missing:
            named_columns = "、".join(f"{c.name}（{c.title}）" for c in missing)
            raise self.refuse(
                "[columns]",
                f"缺少“{table.title}”的必填列 {named_columns}；请写明来自哪一列，或在 [constants] 中给一个值",
            )
        for column in table.columns:
            if column.pair and column.name in origins and column.pair not in origins:
                raise self.refuse(
                    f"[columns] {column.name}", f"经度、纬度要成对；请加上 {column.pair}"
                )
        return origins

    def _origin(self, place: str, entry: object) -> Origin:
        if isinstance(entry, str) and entry.strip():
            return Origin("first", (entry,))
        if isinstance(entry, list):
            return Origin("first", self._headers(place, entry))
        if not isinstance(entry, dict):
            raise self.refuse(
                place, f"是 {entry!r}；应为列名、列名的列表，或 {{ join = [...], with = ... }} 之类"
            )
        kinds = [kind for kind in EXPRESSIONS if kind in entry]
        if len(kinds) != 1 or set(entry) - EXPRESSIONS[kinds[0]]:
            forms = "；".join("、".join(sorted(keys)) for keys in EXPRESSIONS.values())
            raise self.refuse(place, f"看不懂 {'、'.join(sorted(entry))}；可以写的组合：{forms}")
        kind = kinds[0]
        if kind == "join":
            separator = entry.get("with", "")
            if not isinstance(separator, str):
                raise self.refuse(place, f"with 是 {separator!r}；应为文字")
            return Origin(kind, self._headers(place, entry["join"]), separator)
        if kind == "row_number":
            if entry["row_number"] is not True:
                raise self.refuse(place, "应写成 { row_number = true }")
            return Origin(kind)
        if kind == "file_name":
            return Origin(kind, text=self._pattern(place, entry["file_name"]))
        date_format = entry.get("format")
        if date_format is not None:
            (date_format,) = self._date_formats([date_format])
        header = entry["date_from"]
        if not isinstance(header, str):
            raise self.refuse(place, f"date_from 是 {header!r}；应为一个列名")
        return Origin(
            kind, (header,), self._pattern(place, entry.get("pattern", r"(\d{8})")), date_format
        )

    def _pattern(self, place: str, pattern: object) -> str:
        try:
            groups = re.compile(pattern).groups if isinstance(pattern, str) else 0
            # Cells are read by DuckDB, whose patterns know less (no look-ahead).
            duckdb.execute("select regexp_extract('', $1, 1)", [pattern]).fetchall()
        except (re.error, duckdb.Error):
            groups = 0
        if groups != 1:
            raise self.refuse(place, f"{pattern!r} 应是恰有一对括号的正则表达式，如 '(\\d{{8}})'")
        return pattern

    def _headers(self, place: str, entry: object) -> tuple[str, ...]:
        if not isinstance(entry, list) or not entry or not all(_is_filled(h) for h in entry):
            raise self.refuse(place, f'是 {entry!r}；应为列名的列表，如 ["大类名称", "小类名称"]')
        return tuple(entry)

    def _constant(self, place: str, value: object) -> str:
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, datetime):
            return value.isoformat(sep=" ", timespec="seconds")
        if isinstance(value, str | int | float | date):
            return str(value)
        raise self.refuse(place, f"是 {value!r}；应为文字、数字、日期或 true/false")

    def _values(self, content: object, table: Table) -> dict[str, dict[str, str]]:
        if not isinstance(content, dict):
            raise self.refuse("values", "应写成 [values.列名] 一节一列")
        found = {}
        for name, entries in content.items():
            place = f"[values.{name}]"
            self._known_column(place, name, table)
            column = table.column(name)
            if not isinstance(entries, dict):
                raise self.refuse(place, '应写成 "原值" = "新值"，一行一个')
            found[name] = {
                source: self._constant(f"{place} {source}", value)
                for source, value in entries.items()
            }
            for source, value in found[name].items():
                if column.allowed and value and value not in column.allowed:
                    raise self.refuse(
                        f"{place} {source}",
                        f"“{value}”不可用；取值应为：{'、'.join(column.allowed)}",
                    )
        return found

    def _date_formats(self, formats: object) -> tuple[str, ...]:
        if not isinstance(formats, list) or not all(_is_filled(f) for f in formats):
            raise self.refuse("date_formats", f'是 {formats!r}；应为列表，如 ["%m/%d/%Y %H:%M"]')
        for date_format in formats:
            try:
                duckdb.execute("select try_strptime('', $1)", [date_format]).fetchall()
            except duckdb.Error:
                raise self.refuse(
                    "date_formats", f"看不懂格式 {date_format!r}；如 %m/%d/%Y %I:%M:%S %p"
                ) from None
        return tuple(formats)

    def _time_zone(self, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise self.refuse(
                "time_zone", f"没有时区 {name!r}；应为 Asia/Shanghai、America/New_York 之类"
            ) from None
        return name

    def _section(self, content: dict[str, Any], name: str) -> dict[str, Any]:
        section = content.get(name, {})
        if not isinstance(section, dict):
            raise self.refuse(name, f"应是一节 [{name}]")
        return section

    def _known_column(self, place: str, name: str, table: Table) -> None:
        if name not in {column.name for column in table.columns}:
            known = "、".join(column.name for column in table.columns)
            raise self.refuse(place, f"“{table.title}”（{table.name}）没有列 {name}；可用：{known}")

    def _text(self, content: dict[str, Any], entry: str, default: str) -> str:
        value = content.get(entry, default)
        if not isinstance(value, str):
            raise self.refuse(entry, f"是 {value!r}；应为文字")
        return value

    def _one_of(
        self, content: dict[str, Any], entry: str, allowed: tuple[Any, ...], default: Any
    ) -> Any:
        if entry not in content:
            return default
        value = content[entry]
        if not any(value is known or (value == known and type(value) is str) for known in allowed):
            shown = "、".join(["true", "false"] if allowed == (True, False) else allowed)
            raise self.refuse(entry, f"是 {value!r}；可用：{shown}")
        return value


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _translated(text: str, entries: dict[str, str]) -> str:
    """SQL: the contract's value for each source value; what is not listed passes unchanged."""
    branches = [
        f"when {values.spelled_alike(text)} = {values.spelled_alike(_quoted(source))} "
        f"then {_quoted(value)}"
        for source, value in entries.items()
        if source not in ("", REST)
    ]
    if "" in entries:
        branches.append(f"when {text} is null then {_quoted(entries[''])}")
    rest = _quoted(entries[REST]) if REST in entries else text
    branches.append(f"when {text} is not null then {rest}")
    return f"nullif(case {' '.join(branches)} end, '')"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
