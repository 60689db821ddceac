"""Rows that sum others up (合计/总计/小计/Total): they are in the export and are no records."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from fuqi.intake.recognise import Recognised, normalised

FIRST_CELLS = 3
"""A total stands in the first cells of its row; further right the words belong to a record."""
WORDS = "合计|总计|小计|共计|(grand|sub)?total"
TOTAL = re.compile(f".{{0,12}}({WORDS})")
BARE_TOTAL = re.compile(WORDS)
LOOKS_LIKE_ONE = r"(?i)[合总小共]\s*计|total"


def without_totals(
    body: pa.Table, recognised: Recognised
) -> tuple[pa.Table, list[tuple[int, str]]]:
    """The rows of a sheet that are records, and the row number and words of each total left out.

    A row is a total when one of its first cells says so and the key of the table is empty there, or is that word.
    Where a mapping makes the key up, only the bare word counts.
    """
    keys = [
        header.shown
        for name, header in recognised.columns.items()
        if name in recognised.table.key and header.shown in body.column_names
    ]
    says_total = TOTAL if keys else BARE_TOTAL
    firsts = [name for name in body.column_names if not name.startswith("_")][:FIRST_CELLS]
    texts = [name for name in firsts if pa.types.is_string(body[name].type)]
    if not texts:
        return body, []
    candidates = pc.fill_null(pc.match_substring_regex(body[texts[0]], LOOKS_LIKE_ONE), False)
    for name in texts[1:]:
        found = pc.match_substring_regex(body[name], LOOKS_LIKE_ONE)
        candidates = pc.or_(candidates, pc.fill_null(found, False))
    left_out = []
    for row in body.filter(candidates).select(list({"_row", *texts, *keys})).to_pylist():
        words = {
            name: row[name] for name in texts if says_total.fullmatch(normalised(row[name] or ""))
        }
        is_keyed = any((row[key] or "").strip() and key not in words for key in keys)
        if words and not is_keyed:
            left_out.append((row["_row"], next(iter(words.values())).strip()))
    if not left_out:
        return body, []
    rows = pa.array([number for number, _ in left_out], pa.int64())
    return body.filter(pc.invert(pc.is_in(body["_row"], value_set=rows))), left_out
