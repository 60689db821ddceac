"""Frozen periods: the figures of a period as they were judged once, kept beside the releases.

A report that was handed in does not change when cases are closed later, when a definition is mended or a setting
moves. `<warehouse>/frozen/<period>.json` holds the rows of the queries with the release, the moment, the settings and
a fingerprint of the query files and macros that made them.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from fuqi import definitions, printed, wording, worktime
from fuqi.settings import Settings
from fuqi.store import Database, Release, Warehouse, load_queries, lock, parameters
from fuqi.store.database import MACROS
from fuqi.store.releases import LOCAL_ZONE
from fuqi.worktime import OfficeHours

FOLDER = "frozen"
QUERIES = (
    "resolution_totals",
    "open_totals",
    "resolution_by_subdistrict",
    "appeals_by_category",
)
REPLACED = re.compile(r"\.\d+$")
"""What stands behind the name of a period that was frozen again later: `2023-05.1.json`."""
FORMS = "2023-05、2023-Q2、2023-W20、2023-05-26 或 2023-05-26..2023-06-25"
DAYS_AHEAD = 366
"""How far after the period the working calendar decides deadlines of its cases."""


class FrozenError(ValueError):
    """A period cannot be frozen, or a frozen one cannot be read; in Chinese."""


@dataclass(frozen=True)
class Frozen:
    """A period's figures; `rows` by query, as JSON has them.

    `files` are the fingerprints of what computed them, `settings` the values that decided.
    """

    name: str
    first: date
    last: date
    as_of: datetime
    frozen_at: datetime
    release_id: str
    data_as_of: datetime
    label: str
    version: str
    files: Mapping[str, str]
    calendar: str
    settings: Mapping[str, Any]
    rows: Mapping[str, list[dict[str, Any]]]

    def to_json(self) -> str:
        content = {f.name: getattr(self, f.name) for f in fields(self)}
        return json.dumps(content, ensure_ascii=False, indent=1, default=lambda v: v.isoformat())

    @classmethod
    def from_json(cls, text: str) -> "Frozen":
        """KeyError, TypeError or ValueError when it is not what `to_json` writes."""
        content = json.loads(text)
        kinds = {
            "first": date,
            "last": date,
            "as_of": datetime,
            "frozen_at": datetime,
            "data_as_of": datetime,
        }
        for name, kind in kinds.items():
            content[name] = kind.fromisoformat(content[name])
        return cls(**content)

    def changes(self, release: Release, settings: Settings) -> list[str]:
        """Why today's figures can differ, in Chinese; nothing when all that made them is as it was."""
        found = []
        now = _fingerprints()
        if changed := sorted(f for f in {*now, *self.files} if now.get(f) != self.files.get(f)):
            found.append(f"口径已改：{'、'.join(changed)}")
        changed = [
            name
            for name, value in self.settings.items()
            if _plain(getattr(settings, name, None)) != value
        ]
        if changed:
            titles = (definitions.SETTING_TITLES.get(name, name) for name in changed)
            found.append(f"设置已改：{'、'.join(titles)}")
        if self.calendar != _calendar(self.first, self.last):
            found.append("工作日历已改")
        data_as_of = release.manifest.data_as_of
        if data_as_of != self.as_of:
            found.append(
                f"判定时点不同：封存按 {wording.moment(self.as_of)}，现在按 {wording.moment(data_as_of)}"
            )
        if release.release_id != self.release_id:
            found.append(f"数据已更新：封存时为版本 {self.release_id}，现在为 {release.release_id}")
        return found


def period(text: str) -> tuple[date, date]:
    """First and last day of a month, quarter, ISO week, day or span as text; FrozenError for anything else."""
    try:
        if match := re.fullmatch(r"(\d{4})-(\d{2})", text):
            return _months(int(match[1]), int(match[2]), 1)
        if match := re.fullmatch(r"(\d{4})-Q([1-4])", text):
            return _months(int(match[1]), 3 * int(match[2]) - 2, 3)
        if match := re.fullmatch(r"(\d{4})-W(\d{2})", text):
            monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
            return monday, monday + timedelta(days=6)
        start, dots, end = text.partition("..")
        first = date.fromisoformat(start)
        last = date.fromisoformat(end) if dots else first
    except ValueError:
        raise FrozenError(f"时段 {text!r} 读不懂；可写 {FORMS}") from None
    if first > last:
        raise FrozenError(f"时段 {text} 的起始日期晚于截止日期")
    return first, last


def freeze(
    warehouse: Warehouse,
    name: str,
    settings: Settings,
    *,
    as_of: datetime | None = None,
    replace: bool = False,
    wait_seconds: float = 0.0,
) -> Path:
    """Store the period's figures from the current release, judged at `as_of` or else at the data's own moment.

    The file is written whole or not at all. Raises FrozenError when the period is not over the data yet, or is frozen
    already; `replace` then keeps the old file under a number. BusyError when somebody else writes to the warehouse.
    """
    first, last = period(name)
    release = warehouse.current()
    if release is None:
        raise FrozenError("还没有载入过数据；请先运行 python -m fuqi intake")
    data_as_of = release.manifest.data_as_of
    as_of = data_as_of if as_of is None else as_of
    if as_of > data_as_of:
        raise FrozenError(
            f"判定时点 {wording.moment(as_of)} 晚于数据截止时间 {wording.moment(data_as_of)}；"
            "请先载入到那时的数据"
        )
    if datetime.combine(first, time()) > as_of:
        raise FrozenError(f"时段 {name} 在判定时点 {wording.moment(as_of)} 时还没有开始")
    with lock.held(warehouse.folder, f"封存 {name}", wait_seconds):
        before = find(warehouse, first, last)
        if before is not None and not replace:
            raise FrozenError(
                f"{wording.period(first, last)} 已于 {wording.moment(before.frozen_at)} 封存为 {before.name}；"
                "确要重新封存请加 --replace，旧的会另存"
            )
        folder = warehouse.folder / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{before.name if before else name}.json"
        content = _figures(release, file.stem, first, last, as_of, settings).to_json()
        beside = folder / f".{file.name}.{os.getpid()}"
        try:
            with beside.open("w", encoding="utf-8") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            if file.exists():
                # The old one has its number before its name is taken: there is no moment without either.
                _keep(file)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    return file


def listed(warehouse: Warehouse) -> list[Frozen]:
    """Every frozen period, the earliest first; those that were replaced are left out."""
    found = [read(file) for file in _files(warehouse) if not REPLACED.search(file.stem)]
    return sorted(found, key=lambda f: (f.first, f.last))


def find(warehouse: Warehouse, first: date, last: date) -> Frozen | None:
    """The frozen period of exactly these days."""
    return next((f for f in listed(warehouse) if (f.first, f.last) == (first, last)), None)


def _figures(
    release: Release, name: str, first: date, last: date, as_of: datetime, settings: Settings
) -> Frozen:
    database = Database(release, settings)
    try:
        known = parameters(as_of, first, last, settings)
        rows = {}
        for query in QUERIES:
            given = {p: known[p] for p in database.query(query).params}
            rows[query] = json.loads(printed.as_json(database.run(query, given)))
    finally:
        database.close()
    files = _fingerprints()
    return Frozen(
        name=name,
        first=first,
        last=last,
        as_of=as_of,
        frozen_at=datetime.now(LOCAL_ZONE).replace(tzinfo=None, microsecond=0),
        release_id=release.release_id,
        data_as_of=release.manifest.data_as_of,
        label=release.manifest.label,
        version=_sha("".join(f"{file} {print_}\n" for file, print_ in files.items())),
        files=files,
        calendar=_calendar(first, last),
        settings=_decided(settings, rows),
        rows=rows,
    )


def _fingerprints() -> dict[str, str]:
    """What computes the figures, file by file: the queries, the staging queries they read, the macros."""
    queries = load_queries()
    found = {f"fuqi/store/{MACROS.name}": _sha(MACROS.read_text(encoding="utf-8"))}
    for name in QUERIES:
        for query in definitions.with_staging(name, queries):
            found[f"queries/{query.folder}/{query.name}.sql"] = _sha(query.sql)
    return dict(sorted(found.items()))


def _decided(settings: Settings, rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The settings that the frozen columns rest on, as JSON has them. How a percentage is rounded moves none."""
    queries = load_queries()
    named = {
        name
        for query, found in rows.items()
        for column in (found[0] if found else ())
        for name in definitions.decided_by(query, column, queries)
    }
    kept = sorted(named - {"rounding", definitions.CALENDAR})
    return {name: _plain(getattr(settings, name)) for name in kept}


def _plain(value: Any) -> Any:
    if isinstance(value, OfficeHours):
        return [f"{opening:%H:%M:%S}-{closing:%H:%M:%S}" for opening, closing in value.spans]
    if isinstance(value, tuple):
        return [{f.name: getattr(limit, f.name) for f in fields(limit)} for limit in value]
    return value.isoformat() if isinstance(value, date) else value


def _calendar(first: date, last: date) -> str:
    """A fingerprint of the working days that decide the period's deadlines."""
    days = worktime.calendar(first, last + timedelta(days=DAYS_AHEAD))
    return _sha("".join("1" if day.is_working_day else "0" for day in days))


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    after = month - 1 + count
    return date(year, month, 1), date(year + after // 12, after % 12 + 1, 1) - timedelta(days=1)


def _files(warehouse: Warehouse) -> Iterator[Path]:
    yield from sorted((warehouse.folder / FOLDER).glob("[!.]*.json"))


def read(file: Path) -> Frozen:
    """The frozen period in a file; FrozenError when it cannot be read."""
    try:
        return Frozen.from_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FrozenError(f"封存文件 {FOLDER}/{file.name} 读不出：{error}") from error


def _keep(file: Path) -> None:
    """Give the file a further name, with the next number that is free."""
    number = 1
    while (numbered := file.with_name(f"{file.stem}.{number}.json")).exists():
        number += 1
    try:
        os.link(file, numbered)
    except OSError:  # a disk that has no links
        shutil.copyfile(file, numbered)


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
