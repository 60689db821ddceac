"""One query asked of a folder of exports, or of the current release, without a dashboard.

A folder is loaded by the normal intake into a warehouse that lasts as long as the question. It need not hold every
required table, and its areas may have any name: the registers that are missing are built from the rows.
"""

import csv
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from fuqi import contract, intake, paths, wording
from fuqi.intake import problems
from fuqi.intake.source import as_local
from fuqi.settings import Settings
from fuqi.store import Database, Query, Release, Warehouse, kpis, parameters
from fuqi.store.queries import load as load_queries

SHOWN_PROBLEMS = 20
TOLD = (problems.REFUSED, problems.SUPERSEDED, problems.FLAGGED)
AREAS = {"subdistrict": "subdistrict_list", "category": "categories"}
"""Filters that take one of a list, and the query that lists what there is."""
COLUMN_OF = {"subdistrict": "subdistrict_name", "category": "category"}
TRUTHS = {"true": True, "是": True, "1": True, "false": False, "否": False, "0": False}

Tell = Callable[[str], None]


class InquiryError(ValueError):
    """The question cannot be asked as it stands; in Chinese, naming the query, parameter or value at fault."""


@dataclass(frozen=True)
class Inquiry:
    """What is asked. Without `data` it is asked of the current release.

    Without `start` the period begins with the programme, or with the first appeal of `data` if that is earlier;
    without `end` it ends on the day of `as_of`, and that is the data's own moment where none is given. `given` holds
    further parameters by name, as text.
    """

    name: str
    data: Path | None = None
    start: date | None = None
    end: date | None = None
    as_of: datetime | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    mapping: Path | None = None
    report: Path | None = None


def listed() -> str:
    """Every query that can be asked, a line each: name, parameters that must be given, title."""
    shared = set(parameters(datetime(2023, 1, 1), date(2023, 1, 1), date(2023, 1, 1), Settings()))
    lines = []
    for query in sorted(load_queries().values(), key=lambda q: (q.folder, q.name)):
        own = "".join(f" --param {p}=…" for p in query.params if p not in shared)
        lines.append(f"  {query.folder}/{query.name}{own}  {query.title}")
    return "\n".join(lines)


def ask(inquiry: Inquiry, tell: Tell) -> pa.Table:
    """The rows of the query; `tell` gets, line by line, what was loaded, refused, assumed and not computable.

    A KPI whose columns no file had is null, and so is what it counts. Raises InquiryError when the question is
    at fault, IntakeError when nothing could be loaded, ReleaseError when there is no release to ask.
    """
    query = _query(inquiry.name)
    _refuse_unknown_params(query, inquiry.given)
    if inquiry.start and inquiry.end and inquiry.start > inquiry.end:
        raise InquiryError(f"起始日期 {inquiry.start} 晚于截止日期 {inquiry.end}；请对调。")
    with _opened(inquiry, tell) as release:
        database = Database(release, inquiry.settings)
        try:
            _tell_missing_tables(query, database, tell)
            params = _params(inquiry, query, database, tell)
            rows = _run(database, query, params, inquiry.given)
            return _without_what_is_not_known(rows, release, tell)
        finally:
            database.close()


def _query(name: str) -> Query:
    try:
        return load_queries()[name]
    except KeyError:
        raise InquiryError(f"没有查询 {name}；可用的查询：\n{listed()}") from None


def _refuse_unknown_params(query: Query, given: Mapping[str, str]) -> None:
    if unknown := [name for name in given if name not in query.params]:
        known = "、".join(query.params) or "没有"
        raise InquiryError(f"查询 {query.name} 没有参数 {'、'.join(unknown)}；它的参数：{known}。")


@contextmanager
def _opened(inquiry: Inquiry, tell: Tell) -> Iterator[Release]:
    if inquiry.data is None:
        release = Warehouse(paths.WAREHOUSE).current()
        if release is None:
            raise InquiryError(
                "还没有载入过数据；请用 --data 给出一个导出文件夹，或先运行 python -m fuqi intake。"
            )
        tell(f"查询当前版本 {release.release_id}")
        yield release
        return
    with tempfile.TemporaryDirectory(prefix="fuqi-query-") as folder:
        try:
            outcome = intake.run(
                inquiry.data,
                Warehouse(Path(folder)),
                data_as_of=inquiry.as_of,
                mapping=inquiry.mapping,
                builds_registers=True,
            )
        except intake.IntakeError as error:
            intake.copy_report(error.report, inquiry.report)
            _tell_problems(error.report, inquiry.report, tell)
            # The report it names goes away with the folder.
            raise InquiryError(
                f"{inquiry.data} 不能查询：{str(error).partition(chr(10) + '问题明细：')[0]}"
            ) from error
        if outcome.release is None:
            raise InquiryError(f"{inquiry.data} 里没有可以查询的行。")
        tell(f"已临时载入 {inquiry.data}，看板的数据没有改动")
        for line in outcome.summary().splitlines()[1:]:
            tell(line)
        intake.copy_report(outcome.release.folder, inquiry.report)
        _tell_problems(outcome.release.folder, inquiry.report, tell)
        yield outcome.release


def _tell_problems(folder: Path | None, report: Path | None, tell: Tell) -> None:
    """The first rows of the report, one line each, and how many more there are."""
    if folder is None:
        return
    titles = problems.COLUMN_TITLES
    told = {problems.SEVERITY_TITLES[severity] for severity in TOLD}
    with (folder / problems.REPORT_CSV).open(encoding="utf-8-sig", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row[titles["severity"]] in told and row[titles["row"]]
        ]
    for row in rows[:SHOWN_PROBLEMS]:
        place = " ".join(filter(None, (row[titles["file"]], row[titles["sheet"]])))
        column, value = row[titles["column_title"]], row[titles["value"]]
        what = f"，{column} = {value or '（空）'}" if column else ""
        tell(
            f"  {row[titles['severity']]}：{place} 第{row[titles['row']]}行{what}：{row[titles['reason']]}"
        )
    if len(rows) > SHOWN_PROBLEMS and report is None:
        tell(f"  另有 {len(rows) - SHOWN_PROBLEMS:,} 条，加 --report 文件夹 可得到全部")


def _tell_missing_tables(query: Query, database: Database, tell: Tell) -> None:
    known = contract.load()
    tables = database.release.manifest.tables
    empty = [
        known[name].title
        for name in sorted(_tables_of(query))
        if name in known.names and (name not in tables or not tables[name].rows)
    ]
    if empty:
        tell(f"注意：数据里没有这些表的行，查询会按空表计算：{'、'.join(empty)}")


def _tables_of(query: Query) -> set[str]:
    """What a query reads, and what the staging queries it reads do."""
    queries = load_queries()
    found: set[str] = set()
    for name in query.reads:
        found |= _tables_of(queries[name]) if name in queries else {name}
    return found


def _params(inquiry: Inquiry, query: Query, database: Database, tell: Tell) -> dict[str, Any]:
    as_of = inquiry.as_of or database.release.manifest.data_as_of
    end = inquiry.end or as_of.date()
    start = inquiry.start or _first_day(inquiry, database, end)
    if start > end:
        raise InquiryError(f"起始日期 {start} 晚于截止日期 {end}；请用 --start 和 --end 写明时段。")
    shared = dict(parameters(as_of, start, end, inquiry.settings))
    asked = {name: _read(name, text, shared) for name, text in inquiry.given.items()}
    known = shared | asked
    if missing := [name for name in query.params if name not in known]:
        raise InquiryError(
            f"查询 {query.name} 还需要参数 {'、'.join(missing)}；"
            f"请加上 {' '.join(f'--param {name}=值' for name in missing)}。"
        )
    for name in AREAS:
        if asked.get(name) is not None:
            _refuse_unknown_area(name, asked[name], as_of, database)
    if "start_date" in query.params:
        tell(f"时段 {wording.period(known['start_date'], known['end_date'])}")
    elif inquiry.start or inquiry.end:
        tell(f"注意：查询 {query.name} 不看时段，--start 和 --end 没有作用")
    if "as_of" in query.params:
        tell(f"截至 {known['as_of']:%Y-%m-%d %H:%M:%S} 判定")
    return {name: known[name] for name in query.params}


def _first_day(inquiry: Inquiry, database: Database, end: date) -> date:
    """The day the programme began, or of the first appeal of a folder from before."""
    start = inquiry.settings.programme_start
    if inquiry.data is None:
        return start
    rows = database.run("judged_cases", {"as_of": datetime.combine(end, time.max)})
    return min([start, *filter(None, rows.column("received_date").to_pylist())])


def _read(name: str, text: str, shared: Mapping[str, Any]) -> Any:
    """A parameter as its kind; one that only its query knows stays text, which the query's SQL reads."""
    default = shared.get(name)
    try:
        if isinstance(default, bool):
            return TRUTHS[text.lower()]
        if isinstance(default, datetime):
            return moment(text)
        if isinstance(default, date):
            return date.fromisoformat(text)
        if isinstance(default, int | float):
            return type(default)(text)
    except (KeyError, ValueError):
        kind = {bool: "true 或 false", int: "整数", float: "数字"}.get(type(default), "日期")
        raise InquiryError(f"参数 {name} 是 {text!r}，应为{kind}。") from None
    return text


def moment(text: str) -> datetime:
    """A moment in Shanghai local time; a day alone means its end, as in `source.toml`. ValueError otherwise."""
    if len(text) <= len("2023-06-28"):
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59))
    return as_local(datetime.fromisoformat(text))


def _refuse_unknown_area(name: str, value: str, as_of: datetime, database: Database) -> None:
    query = database.query(AREAS[name])
    rows = database.run(query.name, {"as_of": as_of} if "as_of" in query.params else {})
    known = rows.column(COLUMN_OF[name]).to_pylist()
    if value not in known:
        title = {"subdistrict": "街道", "category": "诉求类型"}[name]
        raise InquiryError(f"数据里没有{title}“{value}”；有：{'、'.join(map(str, known))}。")


def _run(
    database: Database, query: Query, params: Mapping[str, Any], given: Mapping[str, str]
) -> pa.Table:
    try:
        return database.run(query.name, params)
    except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
        stated = "、".join(f"{name} = {value}" for name, value in given.items()) or "默认参数"
        raise InquiryError(
            f"查询 {query.name} 不能用 {stated} 计算：{str(error).splitlines()[0]}"
        ) from error


def _without_what_is_not_known(rows: pa.Table, release: Release, tell: Tell) -> pa.Table:
    """The rows with every KPI emptied whose columns no file had: an export that does not tell is no zero."""
    contracted, tables = contract.load(), release.manifest.tables
    for name in rows.column_names:
        kpi = kpis().get(name)
        absent = [need for need in kpi.needs if _is_absent(need, tables)] if kpi else []
        if kpi is None or not absent:
            continue
        titles = (contracted[t].column(c).title for t, c in (need.split(".") for need in absent))
        tell(f"不可算：{kpi.label}（{name}），数据里没有列 {'、'.join(titles)}")
        for column in dict.fromkeys((name, *(kpi.counts or ())[:1])):
            if column in rows.column_names:
                place = rows.schema.get_field_index(column)
                nulls = pa.nulls(rows.num_rows, rows.schema.field(column).type)
                rows = rows.set_column(place, column, nulls)
    return rows


def _is_absent(need: str, tables: Mapping[str, Any]) -> bool:
    table, column = need.split(".")
    return table in tables and bool(tables[table].absent(column))
