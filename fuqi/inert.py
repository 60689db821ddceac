"""Texts as a file may hold them: nothing in them runs, hides or turns the line around, and they stay readable."""

import re
import unicodedata

_FORMULA_STARTS = "=+-@＝＋－＠"
_PLAIN_NUMBER = re.compile(r"[+-]?\d[\d,]*(\.\d+)?\s*[%\u4e00-\u9fff]{0,8}")
"""A number, signed or not, perhaps with a unit in Chinese: nothing in it that a spreadsheet could work out."""

_ILLEGAL = {0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}
_CONTROLS = {n: 0x2400 + n for n in range(0x20) if chr(n) not in "\t\n\r"} | {0x7F: 0x2421}
"""Control characters, and the pictures Unicode has of them: ␀ ␇ ␛."""
_INVISIBLE = (*range(0x80, 0xA0), *range(0x200B, 0x2010), *range(0x2028, 0x202F), 0x2060)
_DIRECTIONS = {n: f"⟨U+{n:04X}⟩" for n in (*_INVISIBLE, *range(0x2066, 0x206A), 0x061C, 0xFEFF)}
"""Characters that have no shape, or turn the direction of the text: written by their number."""
_UNSEEN_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ud800-\udfff\ufeff]"
)
_READABLE = _ILLEGAL | _CONTROLS | _DIRECTIONS | dict.fromkeys(range(55296, 57344), 65533)


def readable(text: str) -> str:
    """The text with control and direction characters made visible; line breaks and tabs stay."""
    return text.translate(_READABLE)


def one_line(text: str) -> str:
    return " ".join(readable(text).split())


def for_csv(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet would take it for a formula.

    That is a text that begins, after any white space, with = + - @ or a full-width form of these, or that begins with
    a tab or a line break. A plain number such as `-3`, `+1.35百分点` stays as it is: it can only be a number.
    """
    shown = readable(text)
    begun = shown.lstrip()
    is_formula = begun[:1] and begun[0] in _FORMULA_STARTS and not _PLAIN_NUMBER.fullmatch(begun)
    return f"'{shown}" if is_formula or shown[:1] in ("\t", "\r", "\n") else shown


def printable(text: str) -> str:
    """The text for a terminal: as `readable`, and no line is written over."""
    return readable(text).replace("\r\n", "\n").replace("\r", "\u240d")


def for_json(written: str) -> str:
    """JSON whose texts have what nobody sees, and line ends that are not `\\n`, as `\\u202e`; it says the same."""
    return _UNSEEN_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def width(text: str) -> int:
    """Columns of a line of text: Chinese characters are two wide."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
