"""Personal names inside free text: those that the row itself holds, and those of the cadres' register.

A name of the row (联系人, or the cadre who made the visit) is masked wherever its text has it. A name of the register
is masked in every text when it has three characters or more; one of two characters may be a word (高峰, 文明, 张江), so
it is masked only in a text that has it beside an office or a role: 高峰书记, 联系干部高峰. Then every place of that
text loses it. A name that neither the row nor the register holds is not known to be one, and stays.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the workers of a Spark cluster have this file and no package
    import duckdb

FUNCTION = "mask_names"
REGISTER = "cadres"
REGISTERED = f"{REGISTER}.cadre_id"
PLACEHOLDERS = frozenset(
    re.split(
        "[|]",
        "匿名|匿名者|保密|不详|本人|本企业|本公司|企业|公司|商户|商家|商铺|店铺|业主|市民|群众|居民|租户|店主|店长|老板|"
        "老板娘|经营者|经理|总经理|副总经理|主管|负责人|主要负责人|法人|法定代表人|法人代表|代表|员工|职工|财务|会计|出纳|"
        "人事|行政|前台|客服|秘书|助理|联系人|经办人|工作人员|先生|女士|小姐|同志|园区|物业|个体户|个体工商户",
    )
)
"""What stands in a column of names in place of one."""
ROLES = "同志|书记|主任|科长|处长|局长|部长|区长|所长|站长|队长|组长|股长|委员|干部|专员|经理|先生|女士|老师|主管"
BEFORE = "同志|书记|主任|科长|处长|局长|部长|所长|站长|队长|组长|委员|干部|专员|经办人|联系人|负责人|姓名|我是|我叫"
_BESIDE_A_ROLE = re.compile(
    rf"(?:{BEFORE})[：:是为]?\s?(?=(?P<behind>..))|(?=(?P<before>..)(?:{ROLES}))", re.DOTALL
)
_PARTS = re.compile(r"[、,，;；/|()（）\[\]【】:：\d\s+-]+")
_LAST_LATIN = "\u024f"
"""Up to here letters are small or large, and a name may be written either way."""
_LATIN = re.compile(r"[\x20-\x7e\u00c0-\u024f]+")
_LETTER = r"[A-Za-z\u00c0-\u024f]"
_BLANKS = " 　"


@dataclass(frozen=True)
class Register:
    """Names of cadres by their number."""

    by_id: Mapping[str, str]
    known: frozenset[str] = frozenset()
    sizes: tuple[int, ...] = ()
    first: re.Pattern[str] = re.compile("(?!)")
    """The first characters of the names: most texts have few places where one could begin."""

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str]]) -> "Register":
        by_id = {cadre_id: name for cadre_id, name in rows if name}
        known = frozenset(name for written in by_id.values() for name in spellings(written))
        sizes = tuple(sorted({len(name) for name in known if len(name) > 2}))
        first = "".join(re.escape(c) for c in sorted({name[0] for name in known}))
        return cls(by_id, known, sizes, re.compile(f"[{first}]") if first else cls.first)

    def found(self, text: str) -> set[str]:
        """The names of the register that a text speaks of."""
        starts = [place.start() for place in self.first.finditer(text)]
        if not starts:
            return set()
        found = {
            name
            for start in starts
            for size in self.sizes
            if (name := text[start : start + size]) in self.known
        }
        if any(text[start : start + 2] in self.known for start in starts):
            for beside in _BESIDE_A_ROLE.finditer(text):
                found.update({beside["behind"], beside["before"]} & self.known)
        return found

    def masked(self, text: str | None, written: str | None, cadre_id: str | None) -> str | None:
        """A text of a row that names `written` and the cadre of that number: without their names and those it finds."""
        if not text:
            return text
        held = {*spellings(written or ""), *spellings(self.by_id.get(cadre_id, ""))}
        names = held | self.found(text)
        return masked(text, sorted(names, key=len, reverse=True)) if names else text


NOBODY = Register({})


@lru_cache(maxsize=4096)
def spellings(written: str) -> tuple[str, ...]:
    """The names in a cell of a column of names, `李明、王芳 13800001111` being two; the longest first.

    Of single characters, and of words that stand in place of a name, nobody is told.
    """
    parts = [part for part in _PARTS.split(written) if part]
    joined = "".join(written.split())
    found = {*parts, written.strip()}
    if len(parts) > 1 and all(len(part) == 1 for part in parts):
        found = {joined}
    return tuple(
        sorted((n for n in found if len(n) > 1 and n not in PLACEHOLDERS), key=len, reverse=True)
    )


def masked(text: str, names: Iterable[str]) -> str:
    """The text with each of the names as its first character and stars, spelled with blanks between or without."""
    for name in names:
        if name[0] > _LAST_LATIN and name[0] not in text:
            continue  # most texts, told without a look for the whole name
        stars = name[0] + "*" * (len(name) - 1)
        if _LATIN.fullmatch(name):
            text = re.sub(
                rf"(?<!{_LETTER}){re.escape(name)}(?!{_LETTER})", stars, text, flags=re.IGNORECASE
            )
            continue
        text = text.replace(name, stars)
        if len(name) <= 3 and any(blank in text for blank in _BLANKS):
            text = re.sub(f"[{_BLANKS}]+".join(map(re.escape, name)), stars, text)
    return text


def teach(connection: "duckdb.DuckDBPyConnection", register: Register) -> None:
    """Give a connection the function `mask_names(text, written name, number of a cadre)`."""
    import pyarrow as pa

    def mask_names(texts: pa.Array, written: pa.Array, cadres: pa.Array) -> pa.Array:
        rows = zip(texts.to_pylist(), written.to_pylist(), cadres.to_pylist(), strict=True)
        return pa.array([register.masked(*row) for row in rows], pa.string())

    connection.create_function(
        FUNCTION,
        mask_names,
        ["VARCHAR", "VARCHAR", "VARCHAR"],
        "VARCHAR",
        type="arrow",
        null_handling="special",
    )
