"""Calls of staging queries in the text of a query, and what stands in their place where the answer is known.

DuckDB puts the text of a macro in place wherever it is called and plans it with the rest. Where rows are few, planning
is most of what a query costs: a query that names a table, or the shorter of two ways, is answered sooner.
"""

import re
from collections.abc import Callable, Iterator, Mapping

PERIOD = frozenset({"start_date", "end_date"})
"""Parameters that say which period is asked for: its first and its last day."""
END = frozenset({"end_date"})
"""The parameter of what is told of the weeks up to a day."""


def without_comments(sql: str) -> str:
    return re.sub(r"--.*", "", sql)


def parameters_in(sql: str) -> frozenset[str]:
    """Names of the parameters that a text has."""
    return frozenset(re.findall(r"\$([a-z_]+)", sql))


def arguments_of(sql: str, name: str) -> Iterator[str]:
    """What each call of that name is given, in a text without comments."""
    for _, opened, closed in _calls(sql, name):
        yield sql[opened + 1 : closed]


def answered_by_tables(sql: str, names: frozenset[str]) -> str:
    """The text with tables of the same names read in place of calls."""
    for name in names:
        sql = _put(sql, name, lambda call, arguments: f'"{call}"')
    return sql


def asked_of(sql: str, others: Mapping[str, str], about: frozenset[str]) -> str:
    """The text with others asked, where a call passes on those parameters: it is about the same period then."""
    for name, other in others.items():
        sql = _put(
            sql,
            name,
            lambda call, arguments, other=other: (
                f"{other if parameters_in(arguments) >= about else call}({arguments})"
            ),
        )
    return sql


def _put(sql: str, name: str, replacement: Callable[[str, str], str]) -> str:
    parts, done = [], 0
    for begin, opened, closed in _calls(sql, name):
        parts += [sql[done:begin], replacement(name, sql[opened + 1 : closed])]
        done = closed + 1
    return "".join([*parts, sql[done:]])


def _calls(sql: str, name: str) -> Iterator[tuple[int, int, int]]:
    """Where each call begins, and its parentheses."""
    for match in re.finditer(rf'(?<![\w."]){name}\s*\(', sql):
        depth, place = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[place], 0)
            place += 1
        yield match.start(), match.end() - 1, place - 1
