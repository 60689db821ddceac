"""Raw values -> typed values, as DuckDB expressions made from the contract.

Two steps, each SQL over one column: `cleaned` is null for a value that says nothing, `typed` is null for one that
cannot be read. So what is there when cleaned and gone when typed is unreadable.
"""

import re
from collections.abc import Iterable

from fuqi.contract.model import Column

BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(12288)"
NOT_GIVEN = ("", "不详", "无", "空", "(空)", "—", "——", "-", "--", "/", "n/a", "#n/a", "null", "(null)")  # fmt: skip
"""What exports write for "no value", in half-width small letters."""

TRUE_WORDS = ("是", "有", "y", "yes", "1", "true", "t", "√")
FALSE_WORDS = ("否", "无", "n", "no", "0", "false", "f", "×")

FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000"
HALF_WIDTH = "".join(chr(code) for code in range(0x21, 0x7F)) + " "
FULL_WIDTH_DIGITS = "０１２３４５６７８９"

LINE_BREAKS = r"\x{0b}\x{0c}\x{85}\x{2028}\x{2029}"
"""What else breaks a line; kept as a plain line break."""
SHAPELESS = (
    r"\x{00}-\x{08}\x{0e}-\x{1f}\x{7f}-\x{84}\x{86}-\x{9f}\x{ad}\x{61c}\x{180e}\x{200b}\x{200e}\x{200f}"
    r"\x{202a}-\x{202e}\x{2060}-\x{206f}\x{feff}\x{fff9}-\x{fffb}\x{fffe}\x{ffff}\x{e0000}-\x{e007f}"
)
"""Characters that nobody sees: controls, marks that turn the line around, blanks of no width, tags. They are dropped,
so that what reads alike is alike and no value reorders the words beside it."""
JOINERS = r"\x{200c}\x{200d}"
"""They hold emoji together, so free text keeps them; what is compared does not."""
MOST_MARKS = 4
"""Combining marks that a letter keeps; more of them run over the lines around it."""
MARK = (
    r"[\x{300}-\x{36f}\x{483}-\x{489}\x{591}-\x{5bd}\x{610}-\x{61a}\x{64b}-\x{65f}\x{6d6}-\x{6dc}\x{e31}"
    r"\x{e34}-\x{e3a}\x{e47}-\x{e4e}\x{1ab0}-\x{1aff}\x{1dc0}-\x{1dff}\x{20d0}-\x{20ff}\x{fe20}-\x{fe2f}]"
)
"""Marks that can be heaped. An expression over all that Unicode has takes milliseconds to prepare, for every column."""
TOO_MANY_MARKS = f"{MARK}{{{MOST_MARKS + 1}}}"

REGISTERED_NAMES = ("subdistrict_name", "community_name")
"""Names that rows refer to by: spelled in their register as in the rows, or these would name nothing."""

LONGEST_NOT_GIVEN = 3 * max(map(len, NOT_GIVEN))
"""Bytes of the longest word for no value, in full width."""

MOMENT_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H",
    "%Y%m%d",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M:%S",
)
USUAL_MOMENTS = tuple(f"{c}__-__-__{t}" for c in ("20", "19") for t in (" __:__:__", " __:__", ""))
PLAIN_NUMBER = r"-?\d{1,15}(\.\d+)?"
SERIAL_DAY = r"[2-6]\d{4}(\.\d+)?"
"""A spreadsheet's day count: 1954 to 2091, so neither a year nor a compact date is taken for one."""

UNREADABLE = {
    "integer": "整数读不懂，应为 12 或 1,200 或 3万",
    "number": "数字读不懂，应为 1234.5 或 1,234.5 或 1.2万",
    "boolean": "是否读不懂，应为 是 或 否",
    "date": "日期读不懂，应为 2023-06-28 或 2023/6/28",
    "timestamp": "日期读不懂，应为 2023-06-28 或 2023/6/28 9:05",
    "longitude": "经度读不懂，应为 114.0486 这样的度数",
    "latitude": "纬度读不懂，应为 22.5265 这样的度数",
}

_WHOLE = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
)  # fmt: skip
_NUMERIC = (*_WHOLE, "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
_NATIVE_TYPES = {
    "integer": _WHOLE,
    "number": _NUMERIC,
    "longitude": _NUMERIC,
    "latitude": _NUMERIC,
    "boolean": ("BOOLEAN",),
    "date": ("DATE", "TIMESTAMP"),
    "timestamp": ("DATE", "TIMESTAMP"),
}


def cleaned(column: Column, raw: str, raw_type: str) -> str:
    """SQL: the raw value trimmed and in half-width, null when it says nothing (不详, 无, / and the like).

    A column stored in the contract's own type is passed on as it is.
    """
    if is_native(column, raw_type):
        return raw
    text = spelled(raw, raw_type)
    # 无 is an answer to a yes-or-no question (有党建指导员：无).
    words = TRUE_WORDS + FALSE_WORDS if column.type == "boolean" else column.allowed
    absent = [word for word in NOT_GIVEN if word not in words]
    half = half_width(text)
    if _is_compared(column):
        return (
            f"case when {_is_unusual(text)} then case when not {_is_one_of(half, absent)} then {half} end "
            f"when not {_is_one_of(text, absent)} then {text} end"
        )
    told = f"not {_is_one_of(half, absent)}"
    return (
        f"case when {_is_unusual(text, '０-９')} then case when {told} then {_free_text(text)} end "
        f"when strlen({text}) > {LONGEST_NOT_GIVEN} then {text} when {told} then {text} end"
    )


def typed(column: Column, value: str, raw_type: str, scale: float = 1.0) -> str:
    """SQL: a value of `cleaned` as the contract's type, null when it cannot be read.

    `scale` multiplies numbers whose header counts in thousands or ten thousands.
    """
    if is_native(column, raw_type):
        return _cast(column, value, raw_type, scale)
    return {
        "text": lambda: value,
        "integer": lambda: _whole(_number(value, column, scale)),
        "number": lambda: _number(value, column, scale),
        "longitude": lambda: _degrees(value),
        "latitude": lambda: _degrees(value),
        "boolean": lambda: _boolean(value),
        "date": lambda: f"cast({moment(value)} as date)",
        "timestamp": lambda: _timestamp(column, value),
    }[column.type]()


def says_nothing(text: str) -> str:
    """SQL: whether a text is one of the words for no value."""
    return f"coalesce({_is_one_of(half_width(text), NOT_GIVEN)}, true)"


def is_native(column: Column, raw_type: str) -> bool:
    """Whether a stored type already is the contract's, so that it needs no reading."""
    return raw_type.startswith(_NATIVE_TYPES.get(column.type, ()))


def is_deadline(column: Column) -> bool:
    """A moment to keep, not one that happened: its last day counts in full (含本数)."""
    return column.type == "timestamp" and not column.is_event_time


def spelled_alike(text: str) -> str:
    """SQL: a name as it is compared: half-width and without spaces."""
    return f"regexp_replace({half_width(text)}, '\\s', '', 'g')"


def _cast(column: Column, value: str, raw_type: str, scale: float) -> str:
    """SQL for a value of a native type; a number that is none (NaN, infinity) is null."""
    cast = f"cast({value} as {column.sql_type})"
    if column.sql_type == "double":
        factor = f" * {scale!r}" if scale != 1 else ""
        return f"case when isfinite({cast}) then {cast}{factor} end"
    if column.type == "integer" and scale != 1:
        return f"{cast} * {int(scale)}"
    if raw_type == "DATE" and is_deadline(column):
        return _end_of_day(cast)
    return cast


def _is_compared(column: Column) -> bool:
    """Free text keeps its full-width punctuation; anything that is read or compared does not."""
    return bool(
        column.type != "text"
        or column.allowed
        or column.references
        or column.personal == "phone"
        or _is_code(column)
        or column.name in REGISTERED_NAMES
    )


def _free_text(text: str) -> str:
    # Its digits become half-width all the same: they may be a phone number that has to be masked.
    return f"translate(trim({_seen(text)}, {BLANKS}), '{FULL_WIDTH_DIGITS}', '0123456789')"


def _is_code(column: Column) -> bool:
    return column.name.endswith(("_id", "_code"))


def spelled(raw: str, raw_type: str) -> str:
    """SQL: a raw value of any type as text; whole numbers without a decimal point."""
    if raw_type == "VARCHAR":
        return raw
    if raw_type.startswith(("FLOAT", "DOUBLE", "DECIMAL")):
        whole = f"cast(try_cast({raw} as bigint) as varchar)"
        return f"case when {raw} = trunc({raw}) then {whole} else cast({raw} as varchar) end"
    return f"cast({raw} as varchar)"


def half_width(text: str) -> str:
    """SQL: a text trimmed and in half-width."""
    full, half = _quoted(FULL_WIDTH), _quoted(HALF_WIDTH)
    return (
        f"case when {_is_unusual(text)} then translate(trim({_seen(text, JOINERS)}, {BLANKS}), {full}, {half}) "
        f"else {text} end"
    )


def _seen(text: str, dropped: str = "") -> str:
    """SQL: a text without what nobody sees, and without those characters; other line breaks as plain ones."""
    unseen = f"{SHAPELESS}{dropped}"
    whole = f"regexp_replace({text}, '[{LINE_BREAKS}]', chr(10), 'g')"
    whole = f"regexp_replace({whole}, '[{unseen}]', '', 'g')"
    whole = rf"regexp_replace({whole}, '({MARK}{{{MOST_MARKS}}}){MARK}+', '\1', 'g')"
    holds_some = f"regexp_matches({text}, '[{LINE_BREAKS}{unseen}]|{TOO_MANY_MARKS}')"
    return f"case when {holds_some} then {whole} else {text} end"


def _is_unusual(text: str, full_width: str = "！-～") -> str:
    """SQL: whether a text has a blank at an end, something that nobody sees, or one of those characters.

    Most texts have neither, and to see that takes a fraction of the time of trimming and translating them.
    """
    blank = r"[ \t\n\r\x{a0}\x{3000}]"
    rare = f"{full_width}\u3000{LINE_BREAKS}{SHAPELESS}{JOINERS}"
    return f"regexp_matches({text}, '^{blank}|{blank}$|[{rare}]|{TOO_MANY_MARKS}')"


def _number(text: str, column: Column, scale: float) -> str:
    unit = f"(?:{column.unit})?" if column.unit else ""
    pattern = (
        r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,2})?)\s*(百万|千|万|亿|%)?"
        + unit
    )
    digits = f"regexp_extract({text}, {_quoted(pattern)}, 1)"
    suffix = f"regexp_extract({text}, {_quoted(pattern)}, 2)"
    factor = (
        f"case {suffix} when '千' then 1e3 when '万' then 1e4 when '百万' then 1e6 "
        f"when '亿' then 1e8 when '%' then 0.01 else {scale!r} end"
    )
    number = f"try_cast(replace({digits}, ',', '') as double)"
    # 1.1万 is 11000, not 11000.000000000002. Plain digits, which most numbers are, need none of these patterns.
    return (
        f"case when regexp_full_match({text}, '{PLAIN_NUMBER}') "
        f"then round(try_cast({text} as double) * {scale!r}, 8) "
        f"when regexp_full_match({text}, {_quoted(pattern)}) then round({number} * ({factor}), 8) end"
    )


def _whole(number: str) -> str:
    return f"case when ({number}) = trunc({number}) then try_cast({number} as bigint) end"


def _degrees(text: str) -> str:
    number = f"try_cast(rtrim({text}, '°') as double)"
    return f"case when isfinite({number}) then {number} end"


def _boolean(text: str) -> str:
    return (
        f"case when {_is_one_of(text, TRUE_WORDS)} then true "
        f"when {_is_one_of(text, FALSE_WORDS)} then false end"
    )


def _timestamp(column: Column, text: str) -> str:
    read = moment(text)
    if not is_deadline(column):
        return read
    has_time = rf"regexp_matches({text}, '[:时点]|^\d{{5}}\.\d*[1-9]|^\d{{14}}$')"
    return f"case when {has_time} then {read} else {_end_of_day(read)} end"


def _end_of_day(moment: str) -> str:
    return f"date_trunc('day', {moment}) + interval '86399 seconds'"


def moment(text: str) -> str:
    """SQL: a timestamp from ISO, slashed, dotted, Chinese or compact spelling, or a spreadsheet's day count."""
    dashed = (
        rf"regexp_replace({text}, "
        r"'^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})[日号]?[\sT]*', '\1-\2-\3 ')"
    )
    local = f"replace({dashed}, '+08:00', '')"
    plain = f"rtrim(translate({local}, '时点分秒', ':::'), ': ')"
    formats = "[" + ", ".join(_quoted(f) for f in MOMENT_FORMATS) + "]"
    days = f"try_cast({text} as double)"
    serial = f"timestamp '1899-12-30' + to_seconds(cast(round({days} * 86400) as bigint))"
    # The usual spelling needs no regular expression, which takes most of the time a large ledger takes.
    is_usual = " or ".join(f"{text} like {_quoted(like)}" for like in USUAL_MOMENTS)
    return (
        f"case when ({is_usual}) and try_cast({text} as timestamp) is not null "
        f"then try_cast({text} as timestamp) "
        f"when regexp_full_match({text}, {_quoted(SERIAL_DAY)}) then {serial} "
        f"when regexp_matches({text}, '^(19|20)\\d\\d') then try_strptime({plain}, {formats}) end"
    )


def _is_one_of(text: str, words: Iterable[str]) -> str:
    """SQL: whether a text is one of the words, in capitals or small letters.

    A pattern, for DuckDB makes a join of a long `in (…)`, and then computes its left side for every row, whatever
    stands around it.
    """
    return f"regexp_full_match({text}, {_quoted('(?i)' + '|'.join(map(re.escape, words)))})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
