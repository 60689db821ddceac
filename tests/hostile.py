"""Texts that mean harm, and export files that carry them in every text column of the contract."""

import csv
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from fuqi import contract
from fuqi.contract.model import Column, Table
from fuqi.intake import values

PWNED = "window.__pwned=1"
FORMULAS = (
    '=HYPERLINK("http://evil.invalid/x","点我")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\n=1+2",
    "＝1+1",
)
MARKUP = (
    f"<img src=x onerror={PWNED}>",
    f"</script><script>{PWNED}</script>",
    f'"><svg/onload={PWNED}>',
    f'<a href="javascript:{PWNED}">链接</a>',
    "&lt;b&gt;实体&#x3c;i&#x3e;",
)
MARKDOWN = (
    f"[链接](javascript:{PWNED})",
    "![图](http://evil.invalid/y.png)",
    "https://evil.invalid/auto www.evil.invalid evil@mail.example",
    "**粗** _斜_ `码` ~~删~~ $latex$ # 题",
    "# 题 | 甲 | 乙",
    ":rainbow[彩] :material/bug_report: :skull: :violet-badge[章]",
)
CODE = (
    "'; drop table appeals; --",
    "{{7*7}} ${7*7} {name} %s %n",
    "\"+alert(1)+\" datum['x'] \\",
    f"@@={PWNED}",
    "@@#GL.NONE",
    "@@type",
    "__proto__.constructor",
    "__seen__.[0]['a.b']\\.c",
)
UNSEEN = (
    "\u202e行列转倒\u202c后文 123",
    "שלום 45 (甲) עולם",
    "零\u200b宽\u2060词\ufeff连",
    "控\x00制\x07\x1b[31m红\x1b[0m\x9b2J\x7f符",
    "行\u2028段\u2029换\x0b页\x0c末",
    "👨\u200d👩\u200d👧\u200d👦 家",
    "叠" + "\u0301\u0336\u0489" * 40 + "字",
)
LONG = "长" * 10_000
TEXTS = (*FORMULAS, *MARKUP, *MARKDOWN, *CODE, *UNSEEN, LONG)

STREET, COMMUNITY = "福保街道", "石厦社区"
"""A street and a community that the boundaries have, so that maps are drawn."""
AS_OF = datetime(2023, 6, 28, 18)
SHARED_FROM = 60
"""Appeals beside those of a row a text: enough for a rank and for a problem that firms share."""

Row = dict[str, str]


def free_columns(table: Table) -> list[Column]:
    """The text columns in which anything may stand."""
    return [c for c in table.columns if c.type == "text" and not c.allowed]


def rows_with(texts: Sequence[str]) -> dict[str, list[Row]]:
    """Rows by table of the contract and Chinese header: one a text with that text in every free text column.

    Every second one lies in a real street; the streets and communities of the others have the text for a name.
    """
    made = {
        table.name: [_row(table, text, n) for n, text in enumerate(texts)]
        for table in contract.load().tables
    }
    made["subdistricts"] += [
        {"街道代码": "440304010", "街道": STREET, "简称": "福保", "别名": ""}
        | {"办事处经度": "114.0493", "办事处纬度": "22.5143"}
    ]
    made["communities"] += [
        {"社区代码": "440304010003", "社区": COMMUNITY, "所属街道": STREET}
        | {"中心经度": "114.0486", "中心纬度": "22.5265"}
    ]
    teams = [
        row | {"挂点编号": f"{row['挂点编号']}组", "挂点主体": "小组", "挂点对象类型": "企业"}
        for row in made["assignments"]
    ]
    made["assignments"] += teams
    made["appeals"] += _shared(made["appeals"])
    return made


def _row(table: Table, text: str, n: int) -> Row:
    return {c.title: _cell(table, c, text, n) for c in table.columns}


def _cell(table: Table, column: Column, text: str, n: int) -> str:
    is_register = table.name in ("subdistricts", "communities")
    if column.name == "subdistrict_name":
        return text if n % 2 or is_register else STREET
    if column.name == "community_name":
        return text if n % 2 or is_register else COMMUNITY
    if column.allowed:
        return column.allowed[n % len(column.allowed)]
    if column.name in ("end_date", "closed_date"):
        return ""
    if table.name == "appeals" and n % 3 == 0 and column.name == "closed_at":
        return ""
    if column.name == "appeal_id":
        return case_id(text, n)
    if column.type == "text":
        return f"{text}{n}" if column.name.endswith(("_id", "_code")) else text
    if column.type in ("longitude", "latitude"):
        degrees = 114.04 if column.type == "longitude" else 22.52
        return f"{degrees + n / 1000:.4f}"
    return column.example


def case_id(text: str, n: int) -> str:
    """The number of the case with the text: a link to it has to fit into an address."""
    return f"{text[:60]}{n}"


def _shared(appeals: list[Row]) -> list[Row]:
    """Many appeals of one kind by several firms of a hostile place, and as many of another kind elsewhere."""
    here, other = appeals[1], appeals[0]
    rows = []
    for n in range(SHARED_FROM):
        day = AS_OF - timedelta(days=n % 40, hours=3)
        common = {
            "受理时间": f"{day:%Y-%m-%d %H:%M}",
            "首次联系时间": "",
            "派单时间": "",
            "签收时间": "",
        }
        common |= {"办结时间": "", "办理结果": "", "满意度": "", "办结时限": ""}
        rows.append(here | common | {"工单编号": f"H{n}", "主体编号": f"E{n % 15}", "企业名称": ""})
        rows.append(
            other | common | {"工单编号": f"O{n}", "主体编号": f"F{n % 15}", "企业名称": ""}
        )
    return rows


def write(folder: Path, texts: Sequence[str] = TEXTS) -> Path:
    """The rows as a CSV file a table, and `source.toml` with a hostile label; gives the folder back."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in rows_with(texts).items():
        if name == "appeals":  # an open case has no result yet
            rows = [r if r["办结时间"] else r | {"办理结果": "", "满意度": ""} for r in rows]
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
    tables = "\n".join(
        f'[[files]]\npattern = "{table.name}.csv"\ntable = "{table.name}"'
        for table in contract.load().tables
    )
    (folder / "source.toml").write_text(
        f"label = '<b>演示</b> :rainbow[x] [a](http://evil.invalid)'\nexported_at = {AS_OF}\n\n{tables}\n",
        encoding="utf-8",
    )
    return folder


def as_read(text: str) -> str:
    """What the intake makes of a free text, in plain Python."""
    kept, marks = [], 0
    for c in text.translate({0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}):
        marks = marks + 1 if _is_mark(c) else 0
        if marks <= 4 and (c in "\t\n\r\u200c\u200d" or not _is_unseen(c)):
            kept.append(c)
    digits = str.maketrans(values.FULL_WIDTH_DIGITS, "0123456789")
    return "".join(kept).strip(" \t\n\r\xa0\u3000").translate(digits)


def _is_mark(c: str) -> bool:
    return unicodedata.category(c).startswith("M")


def _is_unseen(c: str) -> bool:
    return unicodedata.category(c) in ("Cc", "Cf") or c in "\ufffe\uffff"


def texts_in(found: object) -> Iterator[str]:
    """Every text in nested lists and objects, their keys included."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from texts_in(name)
            yield from texts_in(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from texts_in(value)
    elif isinstance(found, str):
        yield found
