"""A table as it stands on the screen: columns with Chinese headings, each of a kind that says how it is written."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from fuqi import wording
from fuqi.export.facts import Facts

TEXT = "text"
PERCENT = "percent"
"""A percentage as the screen shows it, 94.35 for 94.35%."""
POINTS = "points"
WAN = "wan"
TIMES = "times"
DAYS = "days"
WORKING_DAYS = "working_days"
WHOLE = "whole"
NUMBER = "number"
"""With two decimals."""
MOMENT = "moment"
DAY = "day"
COURSE = "course"
"""A short series of numbers in one cell."""
KINDS = (TEXT, PERCENT, POINTS, WAN, TIMES, DAYS, WORKING_DAYS, WHOLE, NUMBER, MOMENT, DAY, COURSE)

UNITS = {DAYS: "天", WORKING_DAYS: "个工作日", WAN: "万元", POINTS: "百分点"}
"""What a heading says in brackets where the cells of a CSV hold the number alone."""


@dataclass(frozen=True)
class Column:
    """`heading` is what the screen writes above the values."""

    heading: str
    kind: str = TEXT


@dataclass(frozen=True)
class Sheet:
    """Rows of values in the units of the screen, below their columns."""

    facts: Facts
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Typed:
    """A value that is of another kind than its column."""

    value: Any
    kind: str
    text: str
    """What the screen writes."""


def kind_of(name: str, held: pa.DataType, of_floats: str = WHOLE) -> str:
    """How a result column is written: by the ending of its name, else by what it holds.

    A table on the screen shows floating-point numbers of no other kind as whole ones.
    """
    if pa.types.is_list(held):
        return COURSE
    for endings, kind in (
        (wording.SHARES, PERCENT),
        (("_points",), POINTS),
        (("_yuan",), WAN),
        (("_working_days",), WORKING_DAYS),
        (("_days",), DAYS),
        (("_quotient", "_ratio"), TIMES),
    ):
        if name.endswith(endings) and not pa.types.is_string(held):
            return kind
    if pa.types.is_timestamp(held):
        return MOMENT
    if pa.types.is_date(held):
        return DAY
    if pa.types.is_floating(held) or pa.types.is_decimal(held):
        return of_floats
    return WHOLE if pa.types.is_integer(held) else TEXT


def sheet_of(
    rows: pa.Table, headings: Mapping[str, str], facts: Facts, of_floats: str = WHOLE
) -> Sheet:
    """The columns of `rows` that `headings` names, in the order of the rows; values as the screen shows them."""
    names = [name for name in rows.column_names if name in headings]
    columns = tuple(
        Column(headings[name], kind_of(name, rows.schema.field(name).type, of_floats))
        for name in names
    )
    values = [rows.column(name).to_pylist() for name in names]
    return Sheet(facts, columns, tuple(zip(*values, strict=True)))


def sheet_of_texts(rows: Sequence[Mapping[str, Any]], facts: Facts) -> Sheet:
    """Rows that are written out already, under their own names; days stay days, a `Typed` value has its own kind."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = []
    for name in names:
        values = [row.get(name) for row in rows]
        is_day = any(isinstance(value, date) for value in values)
        columns.append(Column(name, DAY if is_day else TEXT))
    return Sheet(facts, tuple(columns), tuple(tuple(row.get(n) for n in names) for row in rows))


def shown(value: Any, kind: str) -> tuple[Any, str]:
    """The value and kind to write: whole numbers rounded as on the screen, no NaN, yes and no in Chinese."""
    if isinstance(value, Typed):
        value, kind = value.value, value.kind
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None, kind
    if isinstance(value, bool):
        return "是" if value else "否", TEXT
    if isinstance(value, list | tuple):
        return "、".join("" if v is None else f"{v:,}" for v in value), TEXT
    if kind in (TEXT, COURSE):
        return str(value), TEXT
    if kind == MOMENT and isinstance(value, datetime):
        return value.replace(tzinfo=None, microsecond=0), kind
    if kind == WHOLE and isinstance(value, float | Decimal):
        return round(value), kind
    if kind == NUMBER:
        return round(float(value), 2), kind
    return value, kind
