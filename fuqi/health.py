"""`doctor`: is the current release whole, and does it compute what was published?"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

import duckdb

from fuqi import contract, wording, worktime
from fuqi.settings import Settings
from fuqi.store import Database, Release, ReleaseError, Warehouse, parameters, reach

MEASURED_AGAIN = 200
"""Enterprises whose nearest station is worked out again."""


@dataclass(frozen=True)
class Report:
    lines: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return not self.faults

    def text(self) -> str:
        verdict = (
            ["检查通过。"] if self.is_sound else ["发现问题：", *(f"  - {f}" for f in self.faults)]
        )
        return "\n".join([*self.lines, "", *verdict])


def examine(warehouse: Warehouse, settings: Settings) -> Report:
    """What the current release holds, computes and lacks."""
    try:
        release = warehouse.current()
        if release is None:
            return Report((), ("还没有版本；请运行 python -m fuqi intake data/exports",))
        manifest = release.manifest
    except ReleaseError as error:
        return Report((), (str(error),))

    lines = [
        f"当前版本    {release.release_id}  {manifest.label}".rstrip(),
        f"数据截至    {wording.moment(manifest.data_as_of)}",
        f"载入于      {wording.moment(manifest.loaded_at)}",
        "",
    ]
    if leftovers := [path.name for path in warehouse.leftovers()]:
        lines += [f"提示：上次载入中断，留下 {'、'.join(leftovers)}；下次载入时自动清除。", ""]
    if waiting := [candidate.release_id for candidate in warehouse.candidates()]:
        lines += [f"提示：有待发布的版本 {'、'.join(waiting)}；请在“数据”页发布或放弃。", ""]
    faults = [
        f"表 {name} 不在版本 {release.release_id} 中"
        for name in (*_required_tables(), "intake_problems")
        if not release.table_path(name).is_file()
    ]
    if faults:
        return Report(tuple(lines), tuple(faults))

    try:
        database = Database(release, settings)
        if not database.kept:
            lines += [
                "提示：没有可用的汇总（载入后设置、工作日历、数据约定或程序变了）；页面逐件统计，数据多时较慢。"
                "运行 python -m fuqi build 重新汇总。",
                "",
            ]
        lines += _row_counts(release, database, faults)
        _nearest_stations(release, database, manifest.data_as_of, faults)
        lines += ["", *_problems(database)]
        lines += ["", *_published(database, manifest.data_as_of, settings)]
        database.close()
    except duckdb.Error as error:
        faults.append(f"版本 {release.release_id} 读不出：{error}")
    if not worktime.is_known(manifest.data_as_of.year):
        faults.append(f"工作日历没有 {manifest.data_as_of.year} 年的节假日安排")
    return Report(tuple(lines), tuple(faults))


def _required_tables() -> list[str]:
    """What queries read; side lists have done their work when a release is made."""
    return [table.name for table in contract.load().tables if not table.completes]


def _row_counts(release: Release, database: Database, faults: list[str]) -> list[str]:
    rows = []
    for name, entry in release.manifest.tables.items():
        stored = database.row_count(name)
        if stored != entry.rows:
            faults.append(f"表 {name} 有 {stored:,} 行，清单记为 {entry.rows:,} 行")
        files = "、".join(entry.files) or "（没有来源文件）"
        rows.append(
            [
                name,
                contract.load()[name].title,
                f"{stored:,}",
                f"{entry.refused:,}",
                f"{entry.flagged:,}",
                files,
            ]
        )
    return _aligned(["表", "内容", "行数", "拒收", "标记", "来源文件"], rows)


def _nearest_stations(
    release: Release, database: Database, as_of: datetime, faults: list[str]
) -> None:
    """Whether the table of nearest stations is there, whole, and right for a sample."""
    if not release.table_path(reach.TABLE).is_file():
        faults.append(
            f"版本 {release.release_id} 没有最近站点的计算结果（{reach.TABLE}），覆盖率不可算；"
            "重新载入任一文件即会补算"
        )
        return
    found = database.run("reach_check", {"as_of": as_of, "most_rows": MEASURED_AGAIN}).to_pylist()[
        0
    ]
    if found["listed_count"] != found["entity_count"]:
        faults.append(
            f"最近站点（{reach.TABLE}）有 {found['listed_count']:,} 行，企业有 {found['entity_count']:,} 行；"
            "请重新载入企业名录"
        )
    elif found["wrong_count"]:
        faults.append(
            f"最近站点（{reach.TABLE}）重新计算了 {found['sampled_count']:,} 家，"
            f"{found['wrong_count']:,} 家不符；请重新载入企业名录"
        )


def _problems(database: Database) -> list[str]:
    found = database.run("problem_counts", {}).to_pylist()
    if not found:
        return ["没有被拒收或标记的行。"]
    rows = [
        [r["severity_name"], r["table_name"], r["reason"], f"{r['problem_count']:,}"] for r in found
    ]
    return _aligned(["处理", "表", "原因", "条数"], rows)


def _published(database: Database, as_of: datetime, settings: Settings) -> list[str]:
    shared = parameters(as_of, settings.programme_start, as_of.date(), settings)
    asked = database.query("published_vs_computed").params
    rows = database.run("published_vs_computed", {p: shared[p] for p in asked}).to_pylist()
    return _aligned(
        ["项目", "指标", "公布", "计算", "差额"],
        [
            [
                row["programme"],
                row["label"],
                wording.published(row["qualifier"], row["published_value"], row["unit"]),
                wording.figure(row["computed_value"], row["unit"]),
                wording.difference(row["difference"], row["unit"]),
            ]
            for row in rows
        ],
    )


def _aligned(header: list[str], rows: list[list[str]]) -> list[str]:
    """Columns of equal width on a terminal, where a Chinese character takes two cells."""
    widths = [max(_cells(row[i]) for row in [header, *rows]) for i in range(len(header))]
    return [
        "  ".join(
            text + " " * (width - _cells(text)) for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in [header, *rows]
    ]


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
