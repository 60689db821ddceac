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
REFERENCE, EVENT, SIDE_LIST = "reference", "event", "side list"


class ContractError(ValueError):
    """A contract file says something the loader does not understand."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `title` is the header upstream writes; `aliases` are other headers met for it. `personal` says what
    has to be masked: a person's "name", a "phone" number, or phone numbers inside free "text".
    A longitude and a latitude name each other in `pair` and state the datum they are exported in. `synonyms` are
    other words for the allowed values, each with the one it stands for; empty for a word that says nothing. A count
    that `only_grows` tells which of two states of a row is the newer one.
    """

    name: str
    title: str
    type: str
    required: bool = False
    aliases: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, str], ...] = ()
    references: str | None = None
    is_event_time: bool = False
    only_grows: bool = False
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
class SetColumn:
    """How a side list sets one column of the table it completes.

    `value` is a DuckDB expression for one row of that table, `ledger`, over all `listed` rows of its key; rows that
    are not in the list take `otherwise`, or what the ledger says. `known_by` names the column of the list with
    which the column counts as given though the ledger does not have it; without it the list alone never does.
    `rule` says the same in words.
    """

    column: str
    value: str
    rule: str
    otherwise: str | None = None
    known_by: str | None = None


@dataclass(frozen=True)
class Flag:
    """A doubt: `when` is a DuckDB expression over `ledger` and `completed`, the row of the completed table as
    exported and as completed, the moment of the data `as_of`, and in a list's row `listed`.
    """

    columns: tuple[str, ...]
    reason: str
    when: str


@dataclass(frozen=True)
class Completion:
    """What a side list (延期, 回访, 超时) does to the table it completes.

    Its first key column refers to that table. `load` is "incremental" for a list that tells events, whose rows
    stay, and "full" for one that states the present. A file or sheet whose name holds one of `file_marks` may be
    the list though its headers are few. `unlisted` flags rows of the table that the list should hold.
    """

    table: str
    load: str
    sets: tuple[SetColumn, ...]
    file_marks: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    unlisted: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class Access:
    """Which rows of a table somebody sees who may see the rows of some streets only.

    A row is seen by `everyone`, by the street that its column `own` names, or by whoever owns the row that one of its
    columns `via` refers to. Rows that rows so seen point at are seen `also`, as `assignments.cadre_id` says, their
    names hidden where they are `also_unnamed`. A table that says nothing is seen by nobody who does not see everything.
    """

    everyone: bool = False
    own: str | None = None
    via: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    also_unnamed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """`made` are columns that no export has: side lists set them. A side list says in `completes` what it does."""

    name: str
    title: str
    grain: str
    kind: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()
    required: bool = False
    made: tuple[Column, ...] = ()
    completes: Completion | None = None
    access: Access = Access()

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns of the table in a release."""
        return (*self.columns, *self.made)

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

    @property
    def growing_counts(self) -> tuple[Column, ...]:
        """Counts that never fall, so a higher one belongs to a newer state of the row."""
        return tuple(c for c in self.columns if c.only_grows)


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

    def side_lists_of(self, table: str) -> tuple[Table, ...]:
        """The side lists that complete a table, by name."""
        return tuple(t for t in self.tables if t.completes and t.completes.table == table)


@cache
def load(folder: Path = paths.CONTRACT) -> Contract:
    """The contract in `folder`, tables in order of file name, side lists after them.

    Raises ContractError naming the file, table and column that is at fault.
    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise ContractError(f"{folder}: no contract file (*.toml) found")
    tables = sorted((_table(file) for file in files), key=lambda table: table.kind == SIDE_LIST)
    contract = Contract(tuple(tables))
    _refuse_dangling_references(contract)
    _refuse_side_lists_in_conflict(contract)
    _refuse_access_that_leads_nowhere(contract)
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
            made=tuple(_column(file, name, spec) for name, spec in raw.pop("made", {}).items()),
            completes=_completion(file, raw.pop("completes", None)),
            access=_access(file, raw.pop("access", {})),
        )
    except KeyError as error:
        raise ContractError(f"{file.name}: {error} is missing") from error
    if raw:
        raise ContractError(f"{file.name}: unknown entries {sorted(raw)}")
    if table.kind not in (REFERENCE, EVENT, SIDE_LIST):
        raise ContractError(
            f"{file.name}: kind is {table.kind!r}; use {REFERENCE}, {EVENT} or {SIDE_LIST}"
        )
    if (table.kind == SIDE_LIST) != (table.completes is not None):
        raise ContractError(f"{file.name}: a {SIDE_LIST}, and nothing else, has [completes]")
    names = {c.name for c in table.columns}
    done = table.completes
    used_columns = (
        *table.key,
        *(name for check in table.checks for name in check.columns),
        *(name for flag in (done.flags if done else ()) for name in flag.columns),
        *(s.known_by for s in (done.sets if done else ()) if s.known_by),
    )
    for used in used_columns:
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


def _completion(file: Path, raw: dict[str, Any] | None) -> Completion | None:
    if raw is None:
        return None
    try:
        return Completion(
            table=raw["table"],
            load=raw["load"],
            sets=tuple(SetColumn(**entry) for entry in raw["sets"]),
            **{
                name: tuple(Flag(tuple(f["columns"]), f["reason"], f["when"]) for f in raw[name])
                for name in ("flags", "unlisted")
                if name in raw
            },
            file_marks=tuple(raw.get("file_marks", ())),
        )
    except TypeError as error:
        raise ContractError(f"{file.name}, [completes]: {error}") from error


def _access(file: Path, raw: dict[str, Any]) -> Access:
    if unknown := set(raw) - {f.name for f in fields(Access)}:
        raise ContractError(f"{file.name}, [access]: unknown entries {sorted(unknown)}")
    return Access(**{k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()})


def _column(file: Path, name: str, spec: dict[str, Any]) -> Column:
    place = f"{file.name}, column {name}"
    known = {f.name for f in fields(Column)}
    if unknown := set(spec) - known:
        raise ContractError(f"{place}: unknown entries {sorted(unknown)}")
    if missing := {"title", "type"} - set(spec):
        raise ContractError(f"{place}: {', '.join(sorted(missing))} is missing")
    lists = {key: tuple(spec[key]) for key in ("aliases", "allowed") if key in spec}
    if "synonyms" in spec:
        lists["synonyms"] = tuple(spec["synonyms"].items())
    column = Column(**{"name": name, **spec, **lists})
    if column.only_grows and column.type != "integer":
        raise ContractError(f"{place}: only_grows is for integers, not for {column.type!r}")
    for word, meaning in column.synonyms:
        if meaning and meaning not in column.allowed:
            raise ContractError(f"{place}: {word} stands for {meaning!r}, which is not allowed")
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


def _refuse_side_lists_in_conflict(contract: Contract) -> None:
    """A side list refers to the table it completes, and sets columns that are there and no other list sets."""
    setters: dict[tuple[str, str], str] = {}
    for table in contract.tables:
        if table.completes is None:
            continue
        place, target = f"{table.name}.toml, [completes]", table.completes.table
        if table.completes.load not in ("full", "incremental"):
            raise ContractError(
                f"{place}: load is {table.completes.load!r}; use full or incremental"
            )
        reference = table.column(table.key[0]).references
        if target not in contract.names or contract[target].key != (
            (reference or "").removeprefix(f"{target}."),
        ):
            raise ContractError(
                f"{place}: {table.key[0]} refers to {reference}; it has to be the key of {target!r}"
            )
        for entry in table.completes.sets:
            if entry.column not in {c.name for c in contract[target].stored_columns}:
                raise ContractError(f"{place}: {target} has no column {entry.column}")
            earlier = setters.setdefault((target, entry.column), table.name)
            if earlier != table.name:
                raise ContractError(f"{place}: {entry.column} is set by {earlier} already")


def _refuse_access_that_leads_nowhere(contract: Contract) -> None:
    """A column that decides who sees a row is there, and leads to a table that says whose its rows are."""
    for table in contract.tables:
        place, access = f"{table.name}.toml, [access]", table.access
        names = {c.name for c in table.columns}
        for name in (*((access.own,) if access.own else ()), *access.via):
            if name not in names:
                raise ContractError(f"{place}: there is no column {name}")
        for name in access.via:
            target = (table.column(name).references or "").partition(".")[0]
            if not target or not contract[target].access.own:
                raise ContractError(f"{place}: {name} refers to no table that has an owner (own)")
        for entry in (*access.also, *access.also_unnamed):
            target, _, name = entry.partition(".")
            if target not in contract.names or name not in {
                c.name for c in contract[target].columns
            }:
                raise ContractError(f"{place}: there is no {entry}")
            if contract[target].access.also or contract[target].access.also_unnamed:
                raise ContractError(f"{place}: {entry} is in a table whose rows depend on others")
            if len(table.key) != 1:
                raise ContractError(f"{place}: {entry} has to be a key of one column")
