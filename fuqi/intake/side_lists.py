"""Side lists (延期, 回访, 超时) join the table they complete by its key, as the contract says.

What the ledger itself said is kept beside what the lists made of it, so every load completes the ledger anew from all
lists known: whichever comes first, and however often one is loaded, the result is the same.
"""

from collections.abc import Mapping
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
    lists: Mapping[str, str],
    side_lists: tuple[Table, ...],
) -> tuple[Completed, ...]:
    """Make `completed_<table>`: the rows of the relation `ledger` with the columns the lists set.

    `lists` maps the name of each list that is known to the relation of its sound rows. `_source` and `_row` of the
    ledger are kept for the order. Gives what each list did.
    """
    made = "".join(f", null::{c.sql_type} as {c.name}" for c in table.made)
    connection.execute(f"create view ledger_{table.name} as select *{made} from {ledger}")
    joins, changed, counts = [], {}, []
    for side_list in side_lists:
        if side_list.name not in lists:
            continue
        alias = f"by_{side_list.name}"
        done = side_list.completes
        values = ", ".join(f"{entry.value} as {entry.column}" for entry in done.sets)
        of_ledger = ", ".join(f"ledger.{c.name}" for c in table.stored_columns)
        matched = _matched(table, side_list, "listed", "ledger")
        connection.execute(
            f"create table {alias} as "
            f"select {', '.join(f'ledger.{name}' for name in table.key)}, {values}, count(*) as row_count "
            f"from ledger_{table.name} as ledger inner join {lists[side_list.name]} as listed on {matched} "
            f"group by {of_ledger}"
        )
        joins.append(f"left join {alias} on {merge.same_key(table, alias, 'ledger')}")
        changed |= {entry.column: _set(alias, side_list, entry) for entry in done.sets}
        counts.append((side_list, alias))
    replaced = ", ".join(f"{value} as {name}" for name, value in changed.items())
    connection.execute(
        f"create table completed_{table.name} as select ledger.*"
        + (f" replace ({replaced})" if replaced else "")
        + f" from ledger_{table.name} as ledger {' '.join(joins)}"
    )
    return tuple(_completed(connection, table, side_list, alias) for side_list, alias in counts)


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


def changed_rows(table: Table, side_lists: tuple[Table, ...]) -> str:
    """SQL: key and columns set, as exported, of the rows that the lists changed."""
    made = {c.name for c in table.made}
    names = [e.column for t in side_lists for e in t.completes.sets if e.column not in made]
    differs = " or ".join(f"completed.{n} is distinct from ledger.{n}" for n in names)
    return (
        f"select {', '.join(f'ledger.{n}' for n in (*table.key, *names))} "
        f"from ledger_{table.name} as ledger inner join completed_{table.name} as completed "
        f"on {merge.same_key(table, 'completed', 'ledger')} where {differs}"
    )


def _completed(
    connection: duckdb.DuckDBPyConnection, table: Table, side_list: Table, alias: str
) -> Completed:
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
