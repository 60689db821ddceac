"""Side lists (延期, 回访, 超时) join the table they complete by its key, as the contract says.

What the ledger itself said is kept beside what the lists made of it, so every load completes the ledger anew from all
lists known: whichever comes first, and however often one is loaded, the result is the same.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import duckdb

from fuqi.contract.model import SetColumn, Table
from fuqi.intake import merge, validate
from fuqi.intake.outcome import Completed
from fuqi.intake.problems import FLAGGED, Problems


def complete(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    ledger: str,
    lists: Mapping[Table, str],
) -> tuple[Completed, ...]:
    """Make `completed_<table>`: the rows of the relation `ledger` with the columns the lists set.

    `lists` maps each list that is known to the relation of its sound rows. `_source` and `_row` of the
    ledger are kept for the order. Gives what each list did.
    """
    made = "".join(f", null::{c.sql_type} as {c.name}" for c in table.made)
    connection.execute(f"create view ledger_{table.name} as select *{made} from {ledger}")
    joins, changed = [], {}
    for side_list, listed in lists.items():
        alias = f"by_{side_list.name}"
        done = side_list.completes
        values = ", ".join(f"{entry.value} as {entry.column}" for entry in done.sets)
        of_ledger = ", ".join(f"ledger.{c.name}" for c in table.stored_columns)
        matched = _matched(table, side_list, "listed", "ledger")
        connection.execute(
            f"create table {alias} as "
            f"select {', '.join(f'ledger.{name}' for name in table.key)}, {values}, count(*) as row_count "
            f"from ledger_{table.name} as ledger inner join {listed} as listed on {matched} "
            f"group by {of_ledger}"
        )
        joins.append(f"left join {alias} on {merge.same_key(table, alias, 'ledger')}")
        changed |= {entry.column: _set(alias, side_list, entry) for entry in done.sets}
    replaced = ", ".join(f"{value} as {name}" for name, value in changed.items())
    columns = f"ledger.* replace ({replaced})" if replaced else "ledger.*"
    # Read several times once there are lists; without them a large ledger is not to be copied for nothing.
    connection.execute(
        f"create {'table' if joins else 'view'} completed_{table.name} as "
        f"select {columns} from ledger_{table.name} as ledger {' '.join(joins)}"
    )
    return tuple(_completed(connection, table, side_list) for side_list in lists)


def flag(
    connection: duckdb.DuckDBPyConnection,
    problems: Problems,
    table: Table,
    side_list: Table,
    files: tuple[str, ...],
    data_as_of: datetime,
) -> None:
    """Report what a list that was loaded, and is `loaded_<list>`, says otherwise than the table it completes."""
    moment = f"(select '{data_as_of:%Y-%m-%d %H:%M:%S}'::timestamp as as_of)"
    rows = (
        f"from ({validate.sound_rows(side_list)}) as listed "
        f"inner join ledger_{table.name} as ledger on {_matched(table, side_list, 'listed', 'ledger')} "
        f"inner join completed_{table.name} as completed on {merge.same_key(table, 'completed', 'ledger')} "
        f"cross join {moment}"
    )
    for doubt in side_list.completes.flags:
        problems.add_rows(
            f"select source, row from (select listed._source as source, listed._row as row, "
            f"{doubt.when} as is_doubtful {rows}) where is_doubtful",
            FLAGGED,
            doubt.columns,
            doubt.reason,
        )
    for doubt in side_list.completes.unlisted:
        (column,) = doubt.columns
        problems.add_values(
            f"select completed.{column} from completed_{table.name} as completed "
            f"cross join {moment} where {doubt.when} order by 1",
            FLAGGED,
            doubt.reason,
            table=side_list.name,
            file="、".join(files),
            column_title=side_list.column(column).title,
        )


def known_columns(side_lists: Mapping[Table, tuple[str, ...] | None]) -> set[str]:
    """The columns of the completed table that lists make known; `side_lists` maps each to the columns it had."""
    return {
        entry.column
        for side_list, given in side_lists.items()
        for entry in side_list.completes.sets
        if entry.known_by and (given is None or entry.known_by in given)
    }


def changed_rows(table: Table, side_lists: Iterable[Table]) -> str:
    """SQL: key and columns set, as exported, of the rows that the lists changed; `side_lists` are those known."""
    made = {c.name for c in table.made}
    names = [e.column for t in side_lists for e in t.completes.sets if e.column not in made]
    differs = " or ".join(f"completed.{n} is distinct from ledger.{n}" for n in names) or "false"
    key = ", ".join(table.key)
    listed = " union ".join(f"select {key} from by_{t.name}" for t in side_lists)
    return (
        f"select {', '.join(f'ledger.{n}' for n in (*table.key, *names))} from ({listed}) as listed "
        f"inner join ledger_{table.name} as ledger on {merge.same_key(table, 'ledger', 'listed')} "
        f"inner join completed_{table.name} as completed on {merge.same_key(table, 'completed', 'ledger')} "
        f"where {differs}"
    )


def _completed(connection: duckdb.DuckDBPyConnection, table: Table, side_list: Table) -> Completed:
    alias = f"by_{side_list.name}"
    differs = " or ".join(
        f"completed.{e.column} is distinct from ledger.{e.column}" for e in side_list.completes.sets
    )
    ((rows, cases, changed),) = connection.execute(
        f"select coalesce(sum(row_count), 0)::bigint, count(*), count(*) filter ({differs}) from {alias} "
        f"inner join ledger_{table.name} as ledger on {merge.same_key(table, 'ledger', alias)} "
        f"inner join completed_{table.name} as completed on {merge.same_key(table, 'completed', alias)}"
    ).fetchall()
    return Completed(side_list.title, table.title, rows, cases, changed)


def _set(alias: str, side_list: Table, entry: SetColumn) -> str:
    """SQL: what a column becomes, for a row of the ledger that is in the list or not."""
    otherwise = f"ledger.{entry.column}" if entry.otherwise is None else entry.otherwise
    return (
        f"case when {alias}.row_count is not null then {alias}.{entry.column} else {otherwise} end"
    )


def _matched(table: Table, side_list: Table, listed: str, ledger: str) -> str:
    return f"{listed}.{side_list.key[0]} = {ledger}.{table.key[0]}"
