"""Which typed rows are sound: required, allowed, checked, referring to something, and not in the future."""

from datetime import datetime

import duckdb

from fuqi.contract.model import REFERENCE, Column, Contract, Table
from fuqi.intake.problems import FLAGGED, REFUSED, SUPERSEDED, Problems

REFUSING_TARGETS = (
    "subdistricts", "communities", "cadres", "stations", "parks", "service_catalog",
)  # fmt: skip
"""Registers that a row must not contradict; a row whose firm or team is unknown is kept and flagged."""

REQUIRED = "必填项为空"
SUPERSEDED_BY_NEWER = "编号重复，已采用较新的一行"


def loading_order(contract: Contract, names: set[str]) -> list[Table]:
    """The tables of that name, each after those it refers to; a circle is cut at its first table met."""
    ordered: list[Table] = []
    visited: set[str] = set()

    def visit(table: Table) -> None:
        if table.name in visited:
            return
        visited.add(table.name)
        for column in table.columns:
            if column.references:
                visit(contract[column.references.partition(".")[0]])
        if table.name in names:
            ordered.append(table)

    # Registers first: the others only refer, so a circle never starts in one of them.
    for table in sorted(contract.tables, key=lambda t: (t.kind != REFERENCE, t.name)):
        visit(table)
    return ordered


def refuse_unsound_rows(
    connection: duckdb.DuckDBPyConnection,
    problems: Problems,
    contract: Contract,
    table: Table,
    data_as_of: datetime,
    references: dict[str, str],
) -> None:
    """Report every rule of the contract that a row of `loaded_<table>` breaks.

    `references` maps a table to the relation that holds its sound rows; a table that is not there, or is
    empty, cannot judge and refuses nothing. The reason a required value is unreadable has been given before,
    so it is not called missing as well, and no check is made on a row that holds an unreadable value.
    """
    rows = f"select _source as source, _row as row from loaded_{table.name} as loaded"
    readable = "not exists (from problem as p where p.source = _source and p.row = _row and p.is_unreadable{})"

    for column in table.columns:
        name = column.name
        if column.required:
            told = readable.format(f" and list_contains(p.columns, '{name}')")
            problems.add_rows(f"{rows} where {name} is null and {told}", REFUSED, (name,), REQUIRED)
        if column.allowed:
            listed = ", ".join("'" + value.replace("'", "''") + "'" for value in column.allowed)
            problems.add_rows(
                f"{rows} where {name} not in ({listed})",
                REFUSED,
                (name,),
                f"取值应为：{'、'.join(column.allowed)}",
            )
        if column.is_event_time:
            moment = f"'{data_as_of:%Y-%m-%d %H:%M:%S}'::timestamp"
            late = f"{name} > {moment}::date" if column.type == "date" else f"{name} > {moment}"
            problems.add_rows(
                f"{rows} where {late}",
                REFUSED,
                (name,),
                f"晚于数据截止时间 {data_as_of:%Y-%m-%d %H:%M}",
            )
        if column.references:
            _report_unknown_references(
                problems, contract, rows, column, references, _must_know(table, column)
            )

    for check in table.checks:
        problems.add_rows(
            f"{rows} where ({check.holds}) is false and {readable.format('')}",
            REFUSED,
            check.columns,
            check.reason,
        )
    _supersede_older_states(problems, table)


def sound_rows(table: Table) -> str:
    """SQL: the rows of `loaded_<table>` that were neither refused nor superseded."""
    return (
        f"from loaded_{table.name} where not exists (from problem as p where p.source = _source "
        f"and p.row = _row and p.severity in ('{REFUSED}', '{SUPERSEDED}'))"
    )


def newest_event(table: Table, relation: str = "") -> str:
    """SQL: the moment of a row's newest event; empty for a table that records none."""
    prefix = f"{relation}." if relation else ""
    events = ", ".join(f"cast({prefix}{c.name} as timestamp)" for c in table.event_times)
    return f"greatest({events})" if events else ""


def grown_to(table: Table, relation: str = "", otherwise: str = "") -> str:
    """SQL: the sum of a row's counts that only grow: of two states the one with the higher sum is the newer.

    A count that is empty is the one of the relation `otherwise`, or none.
    """
    relations = [f"{r}." for r in (relation, otherwise) if r] or [""]
    counts = (
        f"coalesce({', '.join(r + column.name for r in relations)}, 0)"
        for column in table.growing_counts
    )
    return f"({' + '.join(['0', *counts])})"


def _must_know(table: Table, column: Column) -> str:
    """How bad it is that a column refers to nothing: a row that no case has completes nothing."""
    target, _, _ = column.references.partition(".")
    completed = table.completes.table if table.completes else None
    return REFUSED if target in (*REFUSING_TARGETS, completed) else FLAGGED


def _report_unknown_references(
    problems: Problems,
    contract: Contract,
    rows: str,
    column: Column,
    references: dict[str, str],
    severity: str,
) -> None:
    name = column.name
    target, _, referred = column.references.partition(".")
    relation = references.get(target)
    if relation is None:
        return
    known = f"select {referred} from {relation}"
    problems.add_rows(
        f"{rows} where {name} is not null and exists ({known}) "
        f"and not exists (from {relation} as known where known.{referred} = loaded.{name})",
        severity,
        (name,),
        f"“{contract[target].title}”表中没有这一项",
    )


def _supersede_older_states(problems: Problems, table: Table) -> None:
    events = newest_event(table)
    newest = f"{grown_to(table)} desc, " + (f"{events} desc nulls last, " if events else "")
    problems.add_rows(
        f"""
        select _source as source, _row as row {sound_rows(table)}
        qualify row_number() over (
            partition by {", ".join(table.key)} order by {newest}_source desc, _row desc
        ) > 1
        """,
        SUPERSEDED,
        table.key,
        SUPERSEDED_BY_NEWER,
    )
