"""What every number means: the KPIs of the query headers, and the settings that decide each of them.

Nothing here is written by hand that a header, the contract or the SQL says already. Which settings a KPI rests on is
read off the SQL: from its column to the columns it is made of, through the staging queries, to parameters and macros.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import duckdb

from fuqi import contract, inert, wording, worktime
from fuqi.settings import Settings
from fuqi.store import Kpi, Manifest, Query, load_queries
from fuqi.store.queries import BUILDING

CALENDAR = "calendar"
OFFICE_MACROS = ("working_seconds", "office_seconds", "office_moment", "office_days", "office_rest")
ROOTS = {
    "limits": ("deadline_limits",),
    "working_days": (CALENDAR,),
    "working_days_before": (CALENDAR,),
    "$due_soon_at": (CALENDAR,),
    **{f"{macro}()": ("office_hours", CALENDAR) for macro in OFFICE_MACROS},
}
"""Where the names in the SQL are what the settings and the calendar were made into, when a release is opened."""

SETTING_TITLES = {
    "min_n": "最低样本数",
    "partial_counts_as_resolved": "部分解决计入解决率",
    "basically_satisfied_counts": "基本满意计入满意率",
    "response_weight": "当日响应率权重",
    "resolved_weight": "解决率权重",
    "satisfied_weight": "满意率权重",
    "common_min_count": "共性诉求：最少件数",
    "common_min_firms": "共性诉求：最少企业数",
    "common_min_ratio": "共性诉求：最低倍数",
    "common_fdr": "共性诉求：允许的误报比例",
    "common_recent_weeks": "新近上升：最近几周",
    "common_earlier_weeks": "新近上升：与之前几周相比",
    "visits_per_quarter": "每季度应走访次数",
    "station_radius_metres": "服务站覆盖半径（米）",
    "deadline_limits": "没有时限时推算的时限",
    "office_hours": "办公时间",
    "rounding": "百分比取位",
    "programme_start": "行动启动日",
    "assignments_start": "挂点启动日",
    CALENDAR: "工作日历",
}
ROUNDINGS = {"half_up": "四舍五入到两位小数", "truncate": "截到两位小数，不进位"}
UNITS = {"hours": "小时（自然时间）", "working_hours": "个工作小时", "working_days": "个工作日"}


@dataclass(frozen=True)
class Need:
    """A column without which an export says nothing of a KPI."""

    table: str
    column: str
    is_present: bool


@dataclass(frozen=True)
class Definition:
    """One KPI as an auditor reads it; `settings` names what decides it, to be looked up in `stated`.

    Without a denominator the numerator is the whole definition.
    """

    query: Query
    kpi: Kpi
    numerator: str
    denominator: str
    needs: tuple[Need, ...]
    settings: tuple[str, ...]
    page: str
    """The folder of the query, or of one that reads it where it is a staging query."""

    @property
    def caveat(self) -> str:
        """What the reader has to know; notes for those who write queries are in English and left out."""
        return self.query.caveat if re.search(r"[\u4e00-\u9fff]", self.query.caveat) else ""

    @property
    def file(self) -> str:
        return f"queries/{self.query.folder}/{self.query.name}.sql"

    @property
    def direction(self) -> str:
        return {True: "低者为好", False: "高者为好", None: "不分好坏"}[self.kpi.is_low_good]

    @property
    def is_computable(self) -> bool:
        return all(need.is_present for need in self.needs)

    def holds(self, words: str) -> bool:
        """Whether every word stands somewhere in the definition, capital or small."""
        text = "\n".join(
            (
                self.kpi.label,
                self.kpi.column,
                self.kpi.definition,
                self.query.name,
                self.caveat,
                *(f"{need.table} {need.column}" for need in self.needs),
                *(SETTING_TITLES.get(name, name) for name in self.settings),
            )
        ).lower()
        return all(word in text for word in words.lower().split())


def definitions(
    manifest: Manifest, queries: Mapping[str, Query] | None = None
) -> tuple[Definition, ...]:
    """Every KPI in the order of the query files, with what the release of `manifest` has of it."""
    queries = load_queries() if queries is None else queries
    found = []
    for query in queries.values():
        for kpi in query.kpis:
            numerator, _, denominator = kpi.definition.partition(" / ")
            needs = tuple(_need(need, manifest) for need in kpi.needs)
            decided = decided_by(query.name, kpi.column, queries)
            page = _page(query, queries)
            found.append(Definition(query, kpi, numerator, denominator, needs, decided, page))
    return tuple(found)


def decided_by(name: str, column: str, queries: Mapping[str, Query]) -> tuple[str, ...]:
    """The settings, and the working calendar, that the column of a query rests on, in their usual order."""
    made_of: dict[str, set[str]] = {}
    for query in with_staging(name, queries):
        for alias, used in _used_names(query.sql):
            made_of.setdefault(alias, set()).update(used)
    known = {f.name for f in fields(Settings)}
    found, seen, waiting = set(), set(), [column]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        found.update(ROOTS.get(current, ()))
        if current.removeprefix("$") in known and current.startswith("$"):
            found.add(current.removeprefix("$"))
        waiting += made_of.get(current, ())
    if column.endswith(wording.SHARES):
        found.add("rounding")
    return tuple(sorted(found, key=_place))


def stated(name: str, settings: Settings) -> str:
    """The present value of a setting, or what the working calendar knows, in words."""
    if name == CALENDAR:
        return known_years()
    value: Any = getattr(settings, name)
    if name == "deadline_limits":
        return "；".join(_limit(limit) for limit in value) or "不推算"
    if name == "office_hours":
        return "、".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in value.spans)
    if name == "rounding":
        return ROUNDINGS[value]
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"{value:g}" if isinstance(value, float) else str(value)


def known_years() -> str:
    """The years whose holidays and make-up days are known."""
    announced = worktime.ANNOUNCED_YEARS
    added = sorted(worktime.overrides().years - set(announced))
    years = f"已知 {announced.start}–{announced.stop - 1} 年的放假和调休安排"
    if added:
        years += f"，另按设置 {'、'.join(map(str, added))} 年"
    return f"{years}；其他年份按周一至周五并提示"


HEADINGS = (
    "页面", "指标", "列名", "分子或定义", "分母", "好坏", "可算", "需要的列", "设置", "提示", "查询文件",
)  # fmt: skip


def as_rows(
    found: Iterable[Definition], settings: Settings, page_titles: Mapping[str, str]
) -> list[dict[str, str]]:
    """A row a definition under HEADINGS, all text; `page_titles` names the folders of queries."""
    return [
        dict(
            zip(
                HEADINGS,
                (
                    page_titles.get(d.page, d.page),
                    d.kpi.label,
                    d.kpi.column,
                    d.numerator,
                    d.denominator,
                    d.direction,
                    "可算" if d.is_computable else wording.NOT_COMPUTABLE,
                    "、".join(
                        f"{n.table}·{n.column}{'' if n.is_present else '（缺）'}" for n in d.needs
                    ),
                    "；".join(f"{SETTING_TITLES[s]}：{stated(s, settings)}" for s in d.settings),
                    d.caveat,
                    d.file,
                ),
                strict=True,
            )
        )
        for d in found
    ]


def as_csv(rows: list[dict[str, str]], provenance: str) -> str:
    """The rows of `as_rows` for a spreadsheet, `provenance` in a last row of its own."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(HEADINGS)
    writer.writerows(map(inert.for_csv, row.values()) for row in rows)
    writer.writerow([provenance])
    return "\ufeff" + written.getvalue()


def as_markdown(rows: list[dict[str, str]], provenance: str) -> str:
    """The rows of `as_rows` as a document: a chapter a page, a section a KPI."""
    lines = ["# 指标口径", "", provenance]
    page = None
    for row in rows:
        if row["页面"] != page:
            page = row["页面"]
            lines += ["", f"## {page}"]
        lines += ["", f"### {row['指标']}", ""]
        lines += [
            f"* {name}：{value}"
            for name, value in row.items()
            if value and name not in ("页面", "指标")
        ]
    return "\n".join(lines) + "\n"


def _page(query: Query, queries: Mapping[str, Query]) -> str:
    if query.folder not in BUILDING:
        return query.folder
    readers = (q for q in queries.values() if q.folder not in BUILDING)
    return next((q.folder for q in readers if query in with_staging(q.name, queries)), query.folder)


def _need(need: str, manifest: Manifest) -> Need:
    name, _, column = need.partition(".")
    table = contract.load()[name]
    entry = manifest.tables.get(name)
    is_present = entry is not None and not entry.absent(column)
    return Need(table.title, table.column(column).title, is_present)


def _limit(limit: worktime.Limit) -> str:
    category = "其他类型" if limit.category == "*" else limit.category
    text = f"{category} {limit.amount:g}{UNITS[limit.unit]}"
    if limit.unit == worktime.WORKING_DAYS:
        text += f"（受理当日{'计入' if limit.counts_receipt_day else '不计'}，最后一天算满）"
    return text


def _place(name: str) -> int:
    return [*SETTING_TITLES].index(name)


def with_staging(name: str, queries: Mapping[str, Query]) -> list[Query]:
    """The query and, further down, every staging query it reads."""
    found: dict[str, Query] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in queries and current not in found:
            found[current] = queries[current]
            waiting += queries[current].reads
    return list(found.values())


@cache
def _used_names(sql: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Each alias of the SQL with the names in its expression: `column`, `$parameter`, `macro()`."""
    with duckdb.connect() as connection:
        ((text,),) = connection.execute("select json_serialize_sql($1::varchar)", [sql]).fetchall()
    found: list[tuple[str, frozenset[str]]] = []

    def visit(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(visit, node))
        if not isinstance(node, dict):
            return set()
        below = set().union(*map(visit, node.values()))
        if node.get("class") == "COLUMN_REF":
            # A struct's part stands behind the struct's name: `time_limit.amount`. `work_rules` holds everything.
            below.update(set(node["column_names"]) - {"work_rules"})
        elif node.get("class") == "PARAMETER":
            below.add(f"${node['identifier']}")
        elif node.get("class") == "FUNCTION":
            below.add(f"{node['function_name']}()")
        if node.get("alias") and node.get("class"):
            found.append((node["alias"], frozenset(below)))
        return below

    visit(json.loads(text))
    return tuple(found)
