"""One writer at a time: a lock on a folder that ends with the process that holds it, however it ends."""

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

LOCK_FILE = ".lock"
SECONDS_BETWEEN_TRIES = 0.1
# Whoever asks for the holder takes the lock for an instant; that must not turn a load away.
SHORTEST_WAIT = 0.5

if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading a locked byte, so one far behind the holder's entry is locked.
    FAR_BYTE = 1 << 30

    def _take(handle: int) -> bool:
        os.lseek(handle, FAR_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class BusyError(RuntimeError):
    """Somebody else is writing; the message says who, and since when."""


@contextmanager
def held(folder: Path, doing: str, wait_seconds: float = 0.0) -> Iterator[None]:
    """Be the only one who writes to `folder`, waiting at most `wait_seconds` for the other to finish.

    `doing` is what others are told meanwhile. Raises BusyError when the wait was in vain.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline = time.monotonic() + max(wait_seconds, SHORTEST_WAIT)
        while not _take(handle):
            if time.monotonic() >= deadline:
                raise BusyError(
                    f"{_read_entry(handle)}；请等它结束后再试，或用 --wait 秒数 排队等待。"
                )
            time.sleep(SECONDS_BETWEEN_TRIES)
        _write_entry(handle, doing)
        try:
            yield
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def holder(folder: Path) -> str | None:
    """Who is writing to `folder` and since when, None when nobody is."""
    try:
        handle = os.open(folder / LOCK_FILE, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        return None if _take(handle) else _read_entry(handle)
    finally:
        os.close(handle)


def _write_entry(handle: int, doing: str) -> None:
    entry = {
        "doing": doing,
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        "pid": os.getpid(),
        "user": os.environ.get("USER") or os.environ.get("USERNAME") or "",
        "host": socket.gethostname(),
    }
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, json.dumps(entry, ensure_ascii=False).encode())


def _read_entry(handle: int) -> str:
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        entry = json.loads(os.read(handle, 10_000))
        since = datetime.fromisoformat(entry["since"])
        who = "@".join(part for part in (entry["user"], entry["host"]) if part)
        return f"{who} 的进程 {entry['pid']} 自 {since:%Y-%m-%d %H:%M:%S} 起正在{entry['doing']}"
    except (ValueError, KeyError, TypeError):  # it has just begun, or just ended
        return "另一个进程正在写入"
