"""What a load changes: the rows of a table beside those the release before has, by key and newest event."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from fuqi.contract.model import Table
from fuqi.intake import validate
from fuqi.intake.problems import FLAGGED, Problems
from fuqi.store.releases import Release

NEW, CHANGED, IDENTICAL, OUTDATED = "new", "changed", "identical", "outdated"
GOES_BACK = "比已载入的状态旧，保留已载入的一行"


def as_exported(table: Table) -> str:
    """The name of the file beside a table that holds the rows side lists changed, as the ledger had them."""
    return f"{table.name}_as_exported"


def rows_with_new_columns(
    connection: duckdb.DuckDBPyConnection, table: Table, previous: Release
) -> str | None:
    """SQL: the table of the release before, empty columns added that the contract has got since; None without any."""
    path = previous.table_path(table.name)
    names = _stored_names(connection, path)
    added = [c for c in table.stored_columns if c.name not in names]
    if not added:
        return None
    columns = ", ".join(f"null::{c.sql_type} as {c.name}" for c in added)
    return f"select *, {columns} from {_parquet(path)}"


def open_stored(connection: duckdb.DuckDBPyConnection, table: Table, previous: Release) -> None:
    """Make `stored_<table>`: the table's rows in the release before, `_row` their order.

    They are as their files had them, without what side lists made of them; a column that the contract has got
    since is null.
    """
    path = previous.table_path(table.name)
    names = _stored_names(connection, path)
    as_exported_path = previous.table_path(as_exported(table))
    kept, join = set(), ""
    if as_exported_path.is_file():
        kept = _stored_names(connection, as_exported_path)
        join = (
            f"left join (select *, true as is_kept from {_parquet(as_exported_path)}) as kept "
            f"on {same_key(table, 'kept', 'known')}"
        )
    columns = ", ".join(
        f"case when kept.is_kept then kept.{c.name} else known.{c.name} end as {c.name}"
        if c.name in kept
        else f"known.{c.name}"
        if c.name in names
        else f"null::{c.sql_type} as {c.name}"
        for c in table.columns
    )
    connection.execute(
        f"create view stored_{table.name} as select known.file_row_number as _row, {columns} "
        f"from {_parquet(path, ', file_row_number = true')} as known {join}"
    )


def keep_what_is_not_said(
    connection: duckdb.DuckDBPyConnection, table: Table, given: Mapping[int, set[str]]
) -> None:
    """Fill the columns an incremental sheet does not have from the stored row of the same key.

    `given` maps the number of each sheet to the columns it has. A column that is not there says nothing;
    an empty cell says that there is no value.
    """
    for source, names in given.items():
        silent = [c.name for c in table.columns if c.name not in names]
        if silent:
            connection.execute(
                f"update loaded_{table.name} as loaded "
                f"set {', '.join(f'{name} = stored.{name}' for name in silent)} "
                f"from stored_{table.name} as stored "
                f"where loaded._source = {source} and {same_key(table, 'loaded')}"
            )


def compare(
    connection: duckdb.DuckDBPyConnection, problems: Problems, table: Table, *, incremental: bool
) -> None:
    """Make `change_<table>`: what each sound row is to the stored one of its key.

    In an incremental load a row goes back in time when a count that only grows is lower than in the stored one, or
    the counts are the same and its newest event is older: it is outdated, and reported. So a case that is done
    again (重办), which comes without the time it was closed, is the newer state. A full load replaces the table, so
    there it is a change like any other.
    """
    same = " and ".join(
        f"loaded.{c.name} is not distinct from stored.{c.name}" for c in table.columns
    )
    before, now = (validate.newest_event(table, relation) for relation in ("stored", "loaded"))
    counted_before = validate.grown_to(table, "stored")
    counted_now = validate.grown_to(table, "loaded", "stored")
    goes_back = f"{counted_now} < {counted_before}"
    if before:
        is_older = f"{before} is not null and ({now} is null or {now} < {before})"
        goes_back += f" or ({counted_now} = {counted_before} and {is_older})"
    connection.execute(
        f"""
        create table change_{table.name} as
        select
            loaded._source,
            loaded._row,
            case
                when stored._row is null then '{NEW}'
                when {same} then '{IDENTICAL}'
                when {goes_back if incremental else "false"} then '{OUTDATED}'
                else '{CHANGED}'
            end as change
        from ({validate.sound_rows(table)}) as loaded
        left join stored_{table.name} as stored on {same_key(table, "loaded")}
        """
    )
    problems.add_rows(
        f"select _source as source, _row as row from change_{table.name} where change = '{OUTDATED}'",
        FLAGGED,
        tuple(c.name for c in (*table.event_times, *table.growing_counts)),
        GOES_BACK,
    )


def merged_rows(table: Table) -> str:
    """SQL: the stored rows, each with the new state of its key where there is one, and the new rows."""
    columns = ", ".join(c.name for c in table.columns)
    taken = (
        f"select loaded.* from loaded_{table.name} as loaded "
        f"inner join change_{table.name} as change using (_source, _row) "
        f"where change.change in ('{NEW}', '{CHANGED}')"
    )
    return (
        f"select -1 as _source, _row, {columns} from stored_{table.name} as stored "
        f"where not exists (from ({taken}) as taken where {same_key(table, 'taken')}) "
        f"union all by name ({taken})"
    )


def changes(connection: duckdb.DuckDBPyConnection, table: Table, source: int) -> dict[str, int]:
    """How many rows of a sheet are new, changed, identical and outdated; those that are none are left out."""
    return dict(
        connection.execute(
            f"select change, count(*) from change_{table.name} where _source = $1 group by change",
            [source],
        ).fetchall()
    )


def lost_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> tuple[int, int]:
    """How many rows are stored, and how many of them the load does not have any more."""
    return connection.execute(
        f"select count(*), count(*) filter (where not exists "
        f"(from sound_{table.name} as sound where {same_key(table, 'sound')})) "
        f"from stored_{table.name} as stored"
    ).fetchall()[0]


def _stored_names(connection: duckdb.DuckDBPyConnection, path: Path) -> set[str]:
    described = connection.execute(f"describe from {_parquet(path)}").fetchall()
    return {name for name, *_ in described}


def _parquet(path: Path, options: str = "") -> str:
    escaped = str(path).replace("'", "''")
    return f"read_parquet('{escaped}'{options})"


def same_key(table: Table, relation: str, other: str = "stored") -> str:
    """SQL: whether the rows of two relations have the same key; an empty part of it equals an empty one."""
    return " and ".join(
        f"{relation}.{name} {'=' if table.column(name).required else 'is not distinct from'} {other}.{name}"
        for name in table.key
    )
