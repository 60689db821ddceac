"""Tables, columns and checks of the contract, and their loader."""

import re
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from fuqi import paths

SQL_TYPES = {
    "text": "varchar",
    "integer": "bigint",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "longitude": "double",
    "latitude": "double",
}
DATUMS = ("WGS84", "GCJ-02", "BD-09")
PERSONAL_KINDS = ("name", "phone", "text")


class ContractError(ValueError):
    """A contract file says something the loader does not understand."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `title` is the header upstream writes; `aliases` are other headers met for it. `personal` says what
    has to be masked: a person's "name", a "phone" number, or phone numbers inside free "text".
    A longitude and a latitude name each other in `pair` and state the datum they are exported in.
    """

    name: str
    title: str
    type: str
    required: bool = False
    aliases: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    references: str | None = None
    is_event_time: bool = False
    personal: str | None = None
    unit: str | None = None
    datum: str | None = None
    pair: str | None = None
    example: str = ""
    note: str = ""

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header this column is recognised by, the usual one first."""
        return (self.title, *self.aliases)

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class Check:
    """A condition over one row: `holds` is a DuckDB expression that is true for a sound row."""

    columns: tuple[str, ...]
    reason: str
    holds: str


@dataclass(frozen=True)
class Table:
    name: str
    title: str
    grain: str
    kind: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()
    required: bool = False

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")

    @property
    def event_times(self) -> tuple[Column, ...]:
        """Columns that record when something happened, so none lies after the export was written."""
        return tuple(c for c in self.columns if c.is_event_time)


@dataclass(frozen=True)
class Contract:
    tables: tuple[Table, ...]

    def __getitem__(self, name: str) -> Table:
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(f"the contract has no table {name}; it has {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(t.name for t in self.tables)


@cache
def load(folder: Path = paths.CONTRACT) -> Contract:
    """The contract in `folder`, tables in order of file name.

    Raises ContractError naming the file, table and column that is at fault.
    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise ContractError(f"{folder}: no contract file (*.toml) found")
    contract = Contract(tuple(_table(file) for file in files))
    _refuse_dangling_references(contract)
    return contract


def _table(file: Path) -> Table:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"{file.name}: not valid TOML - {error}") from error
    try:
        table = Table(
            name=file.stem,
            title=raw.pop("title"),
            grain=raw.pop("grain"),
            kind=raw.pop("kind"),
            key=tuple(raw.pop("key")),
            required=raw.pop("required", False),
            columns=tuple(_column(file, name, spec) for name, spec in raw.pop("columns").items()),
            checks=tuple(
                Check(tuple(c["columns"]), c["reason"], c["holds"]) for c in raw.pop("checks", [])
            ),
        )
    except KeyError as error:
        raise ContractError(f"{file.name}: {error} is missing") from error
    if raw:
        raise ContractError(f"{file.name}: unknown entries {sorted(raw)}")
    if table.kind not in ("reference", "event"):
        raise ContractError(f"{file.name}: kind is {table.kind!r}; use reference or event")
    names = {c.name for c in table.columns}
    for used in (*table.key, *(name for check in table.checks for name in check.columns)):
        if used not in names:
            raise ContractError(f"{file.name}: column {used!r} is used but not declared")
    headers: dict[str, str] = {}
    for column in table.columns:
        for header in column.headers:
            if header in headers:
                raise ContractError(
                    f"{file.name}: header {header!r} stands for {headers[header]} and {column.name}"
                )
            headers[header] = column.name
        if column.pair is not None and column.pair not in names:
            raise ContractError(f"{file.name}: {column.name} is paired with an unknown column")
    return table


def _column(file: Path, name: str, spec: dict[str, Any]) -> Column:
    place = f"{file.name}, column {name}"
    known = {f.name for f in fields(Column)}
    if unknown := set(spec) - known:
        raise ContractError(f"{place}: unknown entries {sorted(unknown)}")
    if missing := {"title", "type"} - set(spec):
        raise ContractError(f"{place}: {', '.join(sorted(missing))} is missing")
    lists = {key: tuple(spec[key]) for key in ("aliases", "allowed") if key in spec}
    column = Column(**{"name": name, **spec, **lists})
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ContractError(f"{place}: a name has small letters, digits and underscores")
    if column.type not in SQL_TYPES:
        raise ContractError(f"{place}: type {column.type!r}; use one of {', '.join(SQL_TYPES)}")
    if column.personal not in (None, *PERSONAL_KINDS):
        raise ContractError(f"{place}: personal {column.personal!r}; use one of {PERSONAL_KINDS}")
    if column.type in ("longitude", "latitude") and (
        column.datum not in DATUMS or column.pair is None
    ):
        raise ContractError(f"{place}: state its datum ({', '.join(DATUMS)}) and its pair")
    return column


def _refuse_dangling_references(contract: Contract) -> None:
    for table in contract.tables:
        for column in table.columns:
            if column.references is None:
                continue
            target, _, name = column.references.partition(".")
            if target not in contract.names or name not in {
                c.name for c in contract[target].columns
            }:
                raise ContractError(
                    f"{table.name}.toml, column {column.name}: references {column.references}, "
                    "which does not exist"
                )
