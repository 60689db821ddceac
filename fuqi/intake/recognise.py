"""Which table a sheet holds, where its header is, and which column each header stands for."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from fuqi.contract.model import Column, Contract, Table

HEADER_WITHIN = 10
FEWEST_HEADERS = 2

DATUM_MARKS = {
    "WGS84": r"wgs-?_?(?:19)?84|cgcs-?2000",
    "GCJ-02": r"gcj-?_?(?:20)?02|火星(?:坐标)?|国测局|高德|腾讯",
    "BD-09": r"bd-?_?09(?:ll)?|百度",
}
SCALES = {"": 1.0, "千": 1e3, "万": 1e4, "百万": 1e6, "亿": 1e8}
_REMARK = re.compile(r"\((?:必填|选填|必填项|\*)\)|[*:]+$|^\*+")
_BRACKETED = re.compile(r"^(.+?)\(([^()]*)\)$")


@dataclass(frozen=True)
class Header:
    """One column of the sheet that the contract knows.

    `datum` and `scale` are what the header itself says: 经度(GCJ-02), 金额(万元) counts in 10,000. A mapping
    (`fuqi.intake.mapping`) computes the value as `raw`; `position` is -1 when it does not come from one column.
    """

    position: int
    text: str
    datum: str | None = None
    scale: float = 1.0
    raw: str | None = None

    @property
    def column(self) -> str:
        """The raw column that holds the value to be typed."""
        return self.raw or f"c{self.position}"

    @property
    def shown(self) -> str:
        """The raw column that holds what the person sees in the file."""
        return self.column if self.position < 0 else f"c{self.position}"


@dataclass(frozen=True)
class Recognised:
    """`columns` maps names of the contract to headers; `ignored` are headers it does not know."""

    table: Table
    header_end: int
    columns: dict[str, Header]
    ignored: dict[int, str]
    headers: tuple[str, ...]

    @property
    def headers_read(self) -> set[int]:
        """Positions of the sheet's headers that are not ignored."""
        return {p for p, text in enumerate(self.headers) if text} - set(self.ignored)

    @property
    def missing(self) -> tuple[Column, ...]:
        """Required columns the sheet does not have."""
        return tuple(c for c in self.table.columns if c.required and c.name not in self.columns)


@dataclass
class _Best:
    rank: tuple[float, ...] = (-1.0,)
    found: Recognised | None = field(default=None)


def recognise(
    head: list[list[str]],
    contract: Contract,
    table: str | None = None,
    names: Sequence[str] = (),
) -> Recognised | None:
    """The table whose headers the sheet shows best, with the row its header ends at.

    A table with all its required columns goes before one without; then the share of the sheet's headers
    that are known decides, then the share of the table's columns that are there. `table` settles the
    table. A side list needs a header that the table it completes does not have, or its mark in one of the `names`
    of file and sheet, and too few headers for that table itself. None when no row has at least two headers of
    any table, one for a side list that is stated or marked.
    """
    tables = [contract[table]] if table else list(contract.tables)
    best = _Best()
    for header_end, cells in header_candidates(head):
        filled = sum(bool(cell) for cell in map(normalised, cells))
        for candidate in tables:
            found = _match(candidate, header_end, cells)
            known = len(found.columns)
            fewest = min(FEWEST_HEADERS, len(candidate.columns))
            if candidate.completes:
                marks = candidate.completes.file_marks
                is_named = bool(table) or any(mark in name for mark in marks for name in names)
                fewest = 1 if is_named else fewest
                ledger = contract[candidate.completes.table]
                if not table and not _is_side_list(found, ledger, is_named, cells, header_end):
                    continue
            if known < fewest:
                continue
            share = known / filled
            rank = (not found.missing, share, known / len(candidate.columns), -header_end)
            if rank > best.rank:
                best = _Best(rank, found)
    return best.found


def _is_side_list(
    found: Recognised, ledger: Table, is_named: bool, cells: Sequence[str], header_end: int
) -> bool:
    """Whether a sheet is the side list rather than the table it completes, with a column missing."""
    as_ledger = _match(ledger, header_end, cells)
    required = [column for column in ledger.columns if column.required]
    if len(as_ledger.missing) < len(required) / 2:
        return False
    known_to_ledger = {header.position for header in as_ledger.columns.values()}
    return is_named or any(h.position not in known_to_ledger for h in found.columns.values())


@lru_cache(maxsize=10_000)
def normalised(header: str) -> str:
    """A header without spaces, required marks and width variants, in small letters."""
    text = unicodedata.normalize("NFKC", header).lower()
    text = re.sub(r"\s+", "", text)
    text = text.translate(str.maketrans("【】[]〔〕", "()()()"))
    return _REMARK.sub("", text)


def scale_of(column: Column, header: str) -> float:
    """What the unit in a header's brackets multiplies by: 10,000 for 金额(万元), 1 where it says nothing."""
    bracketed = _BRACKETED.match(normalised(header))
    scale = _unit_scale(column, bracketed[2]) if bracketed else None
    return 1.0 if scale is None else scale


def header_candidates(head: list[list[str]]) -> list[tuple[int, list[str]]]:
    """Every row that may be the header, alone and with the row below it where a header takes two."""
    candidates = []
    for number, row in enumerate(head[:HEADER_WITHIN], start=1):
        if not any(row):
            continue
        candidates.append((number, row))
        if number < len(head):
            below = head[number]
            width = max(len(row), len(below))
            upper = row + [""] * (width - len(row))
            lower = below + [""] * (width - len(below))
            candidates.append(
                (number + 1, [low or up for up, low in zip(upper, lower, strict=True)])
            )
    return candidates


def _match(table: Table, header_end: int, cells: Sequence[str]) -> Recognised:
    found: dict[str, tuple[int, Header]] = {}
    for position, cell in enumerate(cells):
        reading = _read_header(table, cell)
        if reading is None:
            continue
        column, rank, datum, scale = reading
        if column.name not in found or rank < found[column.name][0]:
            found[column.name] = (rank, Header(position, cell.strip(), datum, scale))
    columns = {name: header for name, (_, header) in found.items()}
    used = {header.position for header in columns.values()}
    return Recognised(
        table=table,
        header_end=header_end,
        columns=columns,
        ignored={p: c.strip() for p, c in enumerate(cells) if p not in used and c.strip()},
        headers=tuple(c.strip() for c in cells),
    )


def _read_header(table: Table, cell: str) -> tuple[Column, int, str | None, float] | None:
    """The column a header stands for, how plainly (0 is best), and the datum and scale it states."""
    text = normalised(cell)
    if not text:
        return None
    datum, without_datum = _take_datum(text)
    bracketed = _BRACKETED.match(text)
    for column in table.columns:
        names = _spellings(column.headers, column.name)
        said_datum = datum if column.datum else None
        if text in names:
            return column, names.index(text), said_datum, 1.0
        if column.datum and without_datum in names:
            return column, len(names) + names.index(without_datum), said_datum, 1.0
        if bracketed:
            stem, unit = bracketed.groups()
            scale = _unit_scale(column, unit) if stem in names else None
            if scale is not None:
                return column, len(names) + names.index(stem), None, scale
    return None


# Every header of a file is held against every column of every table, several times a file.
@lru_cache(maxsize=10_000)
def _spellings(headers: tuple[str, ...], name: str) -> tuple[str, ...]:
    return (*map(normalised, headers), name)


@lru_cache(maxsize=10_000)
def _take_datum(text: str) -> tuple[str | None, str]:
    for datum, marks in DATUM_MARKS.items():
        pattern = re.compile(rf"[(_-]?(?:{marks})(?:坐标系?)?[)_-]?")
        if pattern.search(text):
            return datum, pattern.sub("", text, count=1)
    return None, text


def _unit_scale(column: Column, unit: str) -> float | None:
    """What a unit in brackets multiplies by; None when it is not the column's unit."""
    if column.type not in ("number", "integer"):
        return None
    own = normalised(column.unit or "")
    for prefix, scale in SCALES.items():
        if unit == prefix + own or (prefix and unit == prefix):
            return scale
    # A count's unit is a measure word: 人数(人), 次数(次).
    return 1.0 if not own and unit in ("人", "次", "个", "家", "户", "件", "天", "条") else None
