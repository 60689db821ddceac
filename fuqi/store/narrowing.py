"""Which rows of a release somebody sees: conditions in SQL, from what the contract says of each table.

What is not said here or in the contract is not seen: a new table stays empty for a street until somebody says whose its
rows are.
"""

from collections.abc import Iterable

import duckdb

from fuqi.access import Scope
from fuqi.contract import Access, Contract
from fuqi.store import reach
from fuqi.store.releases import Release

NOBODYS = "false"
PROBLEMS = "intake_problems"
MADE_BY_LOADS = {reach.TABLE: Access(own="subdistrict_name")}
"""Tables of a release that are not in the contract; the intake's report has a rule of its own."""


class Narrowing:
    """The conditions of one release for one scope, over the columns of its files as they are stored."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: Contract,
        release: Release,
        scope: Scope,
    ) -> None:
        self._connection = connection
        self._contract = contract
        self._release = release
        self._scope = scope

    @property
    def sees_every_street(self) -> bool:
        return self._scope.streets is None

    def condition(self, table: str) -> str:
        """Whether a row of the table is seen, as an expression that is true or not; `true` where all are."""
        if table == PROBLEMS:
            return "true" if self._scope.sees_problems else NOBODYS
        access = self._access(table)
        if self._scope.streets is None or access.everyone:
            return "true"
        seen = [self._base(table)]
        seen += [self._pointed_at(table, entry) for entry in (*access.also, *access.also_unnamed)]
        return _any(seen)

    def named(self, table: str) -> str:
        """Whether the names in a row that is seen are shown, shortened as everywhere; otherwise they are hidden."""
        access = self._access(table)
        if self._scope.streets is None or not access.also_unnamed:
            return "true"
        return _any([self._base(table), *(self._pointed_at(table, entry) for entry in access.also)])

    def _access(self, table: str) -> Access:
        if table in self._contract.names:
            return self._contract[table].access
        return MADE_BY_LOADS.get(table, Access())

    def _base(self, table: str) -> str:
        """Own rows, and those that belong to an own row of another table."""
        access = self._access(table)
        columns = self._columns(table)
        seen = [self._is_own(table)]
        for name in access.via:
            target, _, key = (self._contract[table].column(name).references or "").partition(".")
            if name in columns and key in self._columns(target):
                seen.append(
                    f'"{name}" in (select "{key}" from {self._file(target)} '
                    f"where {self._is_own(target)})"
                )
        return _any(seen)

    def _is_own(self, table: str) -> str:
        own = self._access(table).own
        if own is None or own not in self._columns(table) or not self._scope.streets:
            return NOBODYS
        return f'"{own}" in ({literals(self._scope.streets)})'

    def _pointed_at(self, table: str, entry: str) -> str:
        pointing, _, name = entry.partition(".")
        (key,) = self._contract[table].key
        if name not in self._columns(pointing):
            return NOBODYS
        return (
            f'"{key}" in (select "{name}" from {self._file(pointing)} where {self._base(pointing)})'
        )

    def _columns(self, table: str) -> set[str]:
        """The columns a table of the release has; none where the release does not have the table."""
        if not self._release.table_path(table).is_file():
            return set()
        return set(self._connection.sql(f"select * from {self._file(table)} limit 0").columns)

    def _file(self, table: str) -> str:
        return f"read_parquet({literals([str(self._release.table_path(table))])})"


def literals(texts: Iterable[str]) -> str:
    """Texts as SQL, separated by commas."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


def _any(conditions: Iterable[str]) -> str:
    """True where one of the conditions is; a condition over nothing known counts as not true."""
    needed = [c for c in dict.fromkeys(conditions) if c != NOBODYS]
    if not needed:
        return NOBODYS
    return "(" + " or ".join(f"coalesce({condition}, false)" for condition in needed) + ")"
