"""A workbook of Excel 97 (BIFF8 in a compound file), made byte by byte: no library at hand writes one."""

import struct
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

SECTOR = 512
SMALLEST_STREAM = 4096
"""A shorter stream would have to lie in the container's mini stream."""
FREE, END_OF_CHAIN, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
NO_ENTRY = 0xFFFFFFFF
GENERAL, DAY_AND_TIME = 0, 22
EPOCH = datetime(1899, 12, 30)

Cell = str | float | datetime | None


def write_xls(
    file: Path,
    sheets: dict[str, Sequence[Sequence[Cell]]],
    merged: Sequence[tuple[int, int, int, int]] = (),
    hidden: Sequence[str] = (),
) -> Path:
    """Write one worksheet a name; `merged` are first and last row, first and last column, in every sheet."""
    styles = b"".join(
        _record(0xE0, struct.pack("<HHH14x", 0, number, 0)) for number in (GENERAL, DAY_AND_TIME)
    )
    bodies = [_worksheet(rows, merged) for rows in sheets.values()]
    opening = _record(0x809, struct.pack("<HHHHII", 0x600, 0x5, 0, 0, 0, 0)) + styles
    closing = _record(0x0A, b"")
    directory_size = sum(len(_bound_sheet(name, 0, False)) for name in sheets)
    offset = len(opening) + directory_size + len(closing)
    listed = b""
    for name, body in zip(sheets, bodies, strict=True):
        listed += _bound_sheet(name, offset, name in hidden)
        offset += len(body)
    file.write_bytes(_compound_file(opening + listed + closing + b"".join(bodies)))
    return file


def _worksheet(
    rows: Sequence[Sequence[Cell]], merged: Sequence[tuple[int, int, int, int]]
) -> bytes:
    width = max(map(len, rows), default=0)
    parts = [
        _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)),
        _record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0)),
    ]
    for number, row in enumerate(rows):
        for position, cell in enumerate(row):
            if isinstance(cell, str):
                units = cell.encode("utf-16-le")
                text = struct.pack("<HHHHB", number, position, 0, len(units) // 2, 1) + units
                parts.append(_record(0x204, text))
            elif cell is not None:
                is_moment = isinstance(cell, datetime)
                value = (cell - EPOCH).total_seconds() / 86400 if is_moment else cell
                place = struct.pack("<HHH", number, position, int(is_moment))
                parts.append(_record(0x203, place + struct.pack("<d", value)))
    if merged:
        ranges = b"".join(struct.pack("<HHHH", *corners) for corners in merged)
        parts.append(_record(0xE5, struct.pack("<H", len(merged)) + ranges))
    return b"".join([*parts, _record(0x0A, b"")])


def _bound_sheet(name: str, offset: int, is_hidden: bool) -> bytes:
    named = struct.pack("<BB", len(name), 1) + name.encode("utf-16-le")
    return _record(0x85, struct.pack("<IBB", offset, int(is_hidden), 0) + named)


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _compound_file(stream: bytes) -> bytes:
    """The container: a header, the allocation table, the directory, then the stream sector by sector."""
    size = max(-(-len(stream) // SECTOR) * SECTOR, SMALLEST_STREAM)
    sectors = size // SECTOR
    chain = [FAT, END_OF_CHAIN, *range(3, sectors + 2), END_OF_CHAIN]
    if len(chain) > SECTOR // 4:
        raise ValueError(f"{len(stream)} bytes need a second allocation table; write fewer rows")
    table = struct.pack("<128I", *chain, *[FREE] * (SECTOR // 4 - len(chain)))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIII", 0, 1, 1, 0, SMALLEST_STREAM)
    header += struct.pack("<IIII", END_OF_CHAIN, 0, END_OF_CHAIN, 0)
    header += struct.pack("<109I", 0, *[FREE] * 108)
    entries = _entry("Root Entry", 5, 1, END_OF_CHAIN, 0) + _entry("Workbook", 2, NO_ENTRY, 2, size)
    return header + table + entries.ljust(SECTOR, b"\0") + stream.ljust(size, b"\0")


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    links = struct.pack("<BBIII", kind, 1, NO_ENTRY, NO_ENTRY, child)
    place = struct.pack("<IQ", start, size)
    return text.ljust(64, b"\0") + struct.pack("<H", len(text)) + links + bytes(36) + place
