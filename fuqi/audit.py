"""The audit log: who saw and took away what, when, with which filters. Lines are added and never changed.

`<warehouse>/audit/` holds a file of JSON lines a day, `2026-11-22.jsonl`, and more of them when it grows too large,
`2026-11-22.1.jsonl`. A line is written with one call under a lock, so that writers of several processes do not mix.
What left the house or changed the data is on the disk before `record` returns (fsync); a page that was merely looked
at is handed to the system, and a power cut may cost its last seconds.

Nothing personal is in it but the account: filters are places, categories and dates.
"""

import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fuqi import inert

FOLDER = "audit"
MOST_BYTES = 20_000_000
"""A file that is larger than this is left, and the next one of its day begun."""
LONGEST_REASON = 300
LOCAL_ZONE = ZoneInfo("Asia/Shanghai")
LOCK_FILE = ".lock"
NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.(\d+))?\.jsonl")
ACTIONS = {
    "view": "查看",
    "case": "查看工单",
    "export": "导出",
    "load": "载入数据",
    "publish": "发布",
    "discard": "放弃",
    "rollback": "换用版本",
    "sign_in": "登录",
    "sign_out": "退出",
    "refused": "拒绝访问",
}
UNFLUSHED = {"view", "refused"}
"""Actions whose lines are not waited for until they are on the disk."""
LONGEST_FILTER = 300
PHONE = re.compile(r"(?<![0-9])1[3-9](?:[ -]?[0-9]){9}(?![0-9])")
"""A mobile number, which somebody may have searched for; a case's number is none."""
LONG_DIGITS = re.compile(r"[0-9０-９][0-9０-９ -]{4,}[0-9Xx０-９]")


class AuditError(RuntimeError):
    """A line could not be written; in Chinese. What was to be recorded must not happen then, but for a mere view."""


@dataclass(frozen=True)
class Entry:
    """One line: `filters` are the page's as its address has them, `rows` those that were taken away."""

    at: str
    account: str
    roles: str
    action: str
    page: str
    filters: Mapping[str, str]
    release_id: str = ""
    rows: int | None = None
    reason: str = ""


def record(
    folder: Path,
    account: str,
    action: str,
    page: str = "",
    filters: Mapping[str, Any] | None = None,
    rows: int | None = None,
    reason: str = "",
    *,
    roles: str = "",
    release_id: str = "",
    at: datetime | None = None,
) -> Entry:
    """Add a line to the log in `folder` and give it back.

    Raises ValueError for an action that is not in `ACTIONS`, AuditError when it cannot be written. Numbers as long as a
    telephone's are struck out of `reason`, which somebody typed.
    """
    if action not in ACTIONS:
        raise ValueError(
            f"{action!r} is no action of the audit log; use one of {', '.join(ACTIONS)}"
        )
    now = (at or datetime.now(LOCAL_ZONE)).astimezone(LOCAL_ZONE)
    entry = Entry(
        at=now.isoformat(timespec="milliseconds"),
        account=account,
        roles=roles,
        action=action,
        page=page,
        filters={
            k: PHONE.sub("******", str(v))[:LONGEST_FILTER]
            for k, v in (filters or {}).items()
            if v not in (None, "")
        },
        release_id=release_id,
        rows=rows,
        reason=LONG_DIGITS.sub("******", " ".join(reason.split()))[:LONGEST_REASON],
    )
    line = inert.for_json(json.dumps(asdict(entry), ensure_ascii=False)) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _append(folder, now.date(), line.encode(), flush=action not in UNFLUSHED)
    except OSError as error:
        raise AuditError(f"审计日志写不进去（系统错误 {error.errno}），请联系管理员") from error
    return entry


def read(folder: Path, first: date | None = None, last: date | None = None) -> Iterator[Entry]:
    """The entries of those days, both included, the oldest first; a line that is no entry is passed over."""
    for path in _files(folder):
        day = date.fromisoformat(path.name[:10])
        if (first and day < first) or (last and day > last):
            continue
        with path.open("rb") as lines:
            yield from _entries(lines)


def _entries(lines: Iterable[bytes]) -> Iterator[Entry]:
    for line in lines:
        try:
            yield Entry(**json.loads(line))
        except (
            ValueError,
            TypeError,
        ):  # cut off by a full disk or a power cut, or written by a later version
            continue


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            except OSError:
                time.sleep(0.01)
            else:
                return
else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)


def _append(folder: Path, day: date, line: bytes, *, flush: bool) -> None:
    # The lock is a file of its own: the log's file may be left for the next one while somebody waits.
    with (folder / LOCK_FILE).open("a") as lock:
        _take(lock.fileno())
        path = _current(folder, day, len(line))
        is_new = not path.exists()
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            if not is_new and not _ends_with_a_line(path):
                line = b"\n" + line  # what a crash cut off must not swallow this line
            written = os.write(descriptor, line)
            if written != len(line):
                raise OSError(28, os.strerror(28))
            if flush:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if flush and is_new:
            _flush_folder(folder)


def _current(folder: Path, day: date, more: int) -> Path:
    """The file that the next line of the day goes into."""
    number = 0
    while True:
        path = folder / (f"{day}.{number}.jsonl" if number else f"{day}.jsonl")
        if not path.exists() or path.stat().st_size + more <= MOST_BYTES:
            return path
        number += 1


def _ends_with_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _files(folder: Path) -> list[Path]:
    """The files of the log in the order they were written."""
    found = [
        (match, path) for path in folder.glob("*.jsonl") if (match := NAME.fullmatch(path.name))
    ]
    return [path for match, path in sorted(found, key=lambda f: (f[0][1], int(f[0][2] or 0)))]


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
