"""Answers of queries, and the figures made of them: each remembers where it is from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from fuqi import inert, wording
from fuqi.brief import content
from fuqi.brief.content import Figure, Source
from fuqi.store import load_queries

Ask = Callable[[str, Mapping[str, Any]], pa.Table]
"""Gives the rows of a query for exactly the parameters its header declares."""

NOTHING = "—"
LONGEST_TEXT = 40
"""Characters of a text from an export; more end in …"""


@dataclass(frozen=True)
class Answer:
    query: str
    params: tuple[tuple[str, Any], ...]
    table: pa.Table
    rows: tuple[dict[str, Any], ...]
    rounding: str = "half_up"

    def value(self, column: str, row: int = 0) -> Any:
        return self.rows[row][column]

    def figure(self, column: str, kind: str = content.COUNT, row: int = 0) -> Figure:
        """The value there as it is written; — for a null."""
        value = self.value(column, row)
        source = Source(self.query, column, value, row, self.params)
        return Figure(written(value, kind, self.rounding), kind, source)


@dataclass(frozen=True)
class Desk:
    """Asks queries with the parameters of one briefing, given by name."""

    ask: Ask
    params: Mapping[str, Any]
    rounding: str = "half_up"

    def answer(self, query: str, **instead: Any) -> Answer:
        known = {**self.params, **instead}
        given = {name: known[name] for name in load_queries()[query].params}
        table = self.ask(query, given)
        return Answer(query, tuple(given.items()), table, tuple(table.to_pylist()), self.rounding)


def stated(origin: str, column: str, value: Any, kind: str = content.TEXT) -> Figure:
    """A value that no query gives; `origin` is one of `content.ELSEWHERE`."""
    return Figure(written(value, kind), kind, Source(origin, column, value))


def written(value: Any, kind: str, rounding: str = "half_up") -> str:
    """A value in Chinese; percentages have one decimal, texts one line of at most forty characters."""
    if value is None:
        return NOTHING
    if kind == content.RATE:
        return wording.percent(value, 1, rounding)
    return WRITTEN[kind](value)


def _text(value: Any) -> str:
    line = inert.one_line(str(value)[: LONGEST_TEXT * 20]) or NOTHING
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def _day(value: date) -> str:
    return f"{value.month}月{value.day}日"


def _long_day(value: date) -> str:
    return f"{value.year}年{_day(value)}"


def _moment(value: datetime) -> str:
    return f"{_long_day(value)}{value:%H:%M}"


WRITTEN: dict[str, Callable[[Any], str]] = {
    content.COUNT: wording.number,
    content.SIZE: lambda value: wording.number(abs(value)),
    content.POINTS: lambda value: wording.number(abs(value), 1),
    content.TIMES: lambda value: wording.number(value, 1),
    content.DAYS: wording.days,
    content.DAY: _day,
    content.LONG_DAY: _long_day,
    content.MOMENT: _moment,
    content.TEXT: _text,
}
