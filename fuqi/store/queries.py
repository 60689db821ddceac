"""The query files: `queries/**/*.sql`, one query a file, its header read from the comment on top."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from fuqi import paths

STAGING, ROLLUPS = "staging", "rollups"
BUILDING = (STAGING, ROLLUPS)
"""Folders of queries that other queries read, and no page asks."""
SECTIONS = ("Grain", "Params", "Reads", "Scope", "KPI", "Caveat")


class QueryError(ValueError):
    """A query file, or a call of it, is not what it says it is."""


@dataclass(frozen=True)
class Kpi:
    """A KPI as its query's header defines it; `definition` is shown to the reader as it stands.

    `counts` names two columns: what is counted or measured, and the n it is never shown without. `needs` names the
    columns of the contract, as `appeals.due_at`, without which an export says nothing of it.
    """

    column: str
    label: str
    definition: str
    counts: tuple[str, str] | None
    is_low_good: bool | None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class District:
    """How a query speaks of the whole district to somebody who sees some streets: `Scope:` in its header.

    It runs on the rows of all streets, and of its result the rows of the own streets are kept, by the column
    `own_rows`; without one every row is about the district. `keeps_totals` keeps the rows of no street too. `param` and
    `value` say when this holds; the value "own" stands for one of the own streets.
    """

    own_rows: str | None = None
    keeps_totals: bool = False
    param: str | None = None
    value: str = ""

    def applies(self, params: Mapping[str, Any], streets: Sequence[str]) -> bool:
        if self.param is None:
            return True
        given = params[self.param]
        return given in streets if self.value == "own" else given == self.value


@dataclass(frozen=True)
class Query:
    name: str
    folder: str
    title: str
    grain: str
    params: tuple[str, ...]
    reads: tuple[str, ...]
    kpis: tuple[Kpi, ...]
    caveat: str
    sql: str
    district: District | None = None


@cache
def load(folder: Path = paths.QUERIES) -> dict[str, Query]:
    """All queries by name, those of `staging/` included.

    Raises QueryError naming the file when a header is incomplete, when a parameter is declared and not used
    or used and not declared, or when two files have the same name.
    """
    found: dict[str, Query] = {}
    for file in sorted(folder.rglob("*.sql")):
        query = _parse(file)
        if query.name in found:
            raise QueryError(
                f"{file.relative_to(folder)}: there is a query of that name in "
                f"{found[query.name].folder}/ too; a file's name is the query's name"
            )
        found[query.name] = query
    if not found:
        raise QueryError(f"{folder}: no query file (*.sql) found")
    return found


@cache
def kpis(folder: Path = paths.QUERIES) -> dict[str, Kpi]:
    """Every KPI by its column; QueryError when two queries define the same column."""
    found: dict[str, Kpi] = {}
    for query in load(folder).values():
        for kpi in query.kpis:
            if kpi.column in found:
                raise QueryError(f"{query.name}: {kpi.column} is defined by another query already")
            found[kpi.column] = kpi
    return found


def _parse(file: Path) -> Query:
    text = file.read_text(encoding="utf-8")
    comment = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        comment.append(line.removeprefix("--").rstrip())
    if not comment:
        raise QueryError(f"{file.name}: no header comment; see the other queries for its form")
    sections = _sections(file, comment[1:])
    for needed in ("Grain", "Params", "Reads"):
        if needed not in sections:
            raise QueryError(f"{file.name}: the header has no {needed}: line")
    params = tuple(
        line.split()[0].removeprefix("$") for line in sections["Params"] if line.startswith("$")
    )
    used = _used_params(file, text)
    if undeclared := used - set(params):
        raise QueryError(f"{file.name}: uses {dollars(undeclared)}, which Params: does not declare")
    if unused := set(params) - used:
        raise QueryError(f"{file.name}: declares {dollars(unused)}, which the SQL never uses")
    return Query(
        name=file.stem,
        folder=file.parent.name,
        title=comment[0].strip(),
        grain=" ".join(sections["Grain"]),
        params=params,
        reads=tuple(re.findall(r"[a-z_]+", " ".join(sections["Reads"]))),
        kpis=tuple(_kpi(file, line) for line in _joined(sections.get("KPI", []))),
        caveat=" ".join(sections.get("Caveat", [])),
        sql=text,
        district=_district(file, sections.get("Scope"), params),
    )


def _sections(file: Path, lines: list[str]) -> dict[str, list[str]]:
    """The text under each `Name:`; a further line belongs to the section above it."""
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in lines:
        if match := re.match(r" (\w+):\s*(.*)$", line):
            name = match[1]
            if name not in SECTIONS:
                raise QueryError(f"{file.name}: header section {name!r}; use {', '.join(SECTIONS)}")
            current = sections.setdefault(name, [])
            line = match[2]
        if current is not None and line.strip():
            current.append(line.strip())
    return sections


def _joined(lines: list[str]) -> list[str]:
    """KPI lines with their continuation lines, which do not start with a column's name."""
    joined: list[str] = []
    for line in lines:
        if re.match(r"[a-z][a-z0-9_]* ", line) or not joined:
            joined.append(line)
        else:
            # Chinese text runs on without a space, the counts and columns behind it do not.
            joined[-1] += f" {line}" if line[0] in "[{" else line
    return joined


def _kpi(file: Path, line: str) -> Kpi:
    match = re.fullmatch(
        r"([a-z][a-z0-9_]*)\s+(\S+) = (.+?)(?:（(高|低)者为好）)?(?: \[(\w+)/(\w+)\])?"
        r"(?: \{([a-z0-9_., ]+)\})?",
        line,
    )
    if match is None or (match[1].endswith("_rate") and match[5] is None):
        raise QueryError(
            f"{file.name}: KPI line {line!r}; the form is `column  名称 = 定义（高者为好）`, "
            "a rate goes on with its counts, `[numerator_count/denominator_count]`, and the columns that an "
            "export must have come last, `{table.column}`"
        )
    is_low_good = None if match[4] is None else match[4] == "低"
    counts = None if match[5] is None else (match[5], match[6])
    needs = tuple(re.findall(r"[a-z0-9_.]+", match[7] or ""))
    return Kpi(match[1], match[2], match[3], counts, is_low_good, needs)


SCOPE = re.compile(
    r"district, (?:own rows by (?P<own_rows>\w+)(?P<keeps_totals> and those of no street)?|totals only)"
    r"(?: where \$(?P<param>\w+) is (?P<value>\w+))?"
)


def _district(file: Path, lines: list[str] | None, params: tuple[str, ...]) -> District | None:
    if lines is None:
        return None
    match = SCOPE.fullmatch(" ".join(lines))
    if match is None or (match["param"] and match["param"] not in params):
        raise QueryError(
            f"{file.name}: Scope: {' '.join(lines)!r}; the forms are `district, own rows by <column>`, which may go on "
            "with `and those of no street`, and `district, totals only`; ` where $param is <value>` may come last, its "
            "value `own` standing for one of the viewer's streets"
        )
    return District(
        match["own_rows"], bool(match["keeps_totals"]), match["param"], match["value"] or ""
    )


def _used_params(file: Path, text: str) -> set[str]:
    try:
        statements = duckdb.extract_statements(text)
    except duckdb.Error as error:
        raise QueryError(f"{file.name}: DuckDB cannot read it - {error}") from error
    if len(statements) != 1:
        raise QueryError(f"{file.name}: {len(statements)} statements; one query a file")
    return set(statements[0].named_parameters)


def dollars(names: set[str]) -> str:
    """Parameter names as they stand in SQL, for a message."""
    return ", ".join(f"${name}" for name in sorted(names))
