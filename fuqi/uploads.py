"""Uploads: files handed over in a browser, prepared as a candidate by a process of their own.

An upload is a folder in the warehouse's `uploads/`: the files, what the process says while it works, and what came of
it. Everything a screen shows is read from there, so a closed browser or a rerun of the page neither stops a load nor
loses what came of it, and a load that dies, or is killed for its memory, does not end the dashboard.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fuqi import intake, paths, settings
from fuqi.store import BusyError, FileOutcome, Warehouse, lock
from fuqi.store.releases import LOCAL_ZONE

READY, REFUSED, BUSY, DIED = "ready", "refused", "busy", "died"
KINDS = (*intake.READABLE, *intake.ARCHIVES, ".toml")
"""What may be uploaded; `source.toml` and mapping files describe the others."""

MOST_FILES = 60
MOST_BYTES = 1_000_000_000
LONGEST_NAME_BYTES = 180
SECONDS_TO_END = 5
KEPT_HOURS = 24
FILES, ORDER, PROGRESS, RESULT = "files", "order.json", "progress.txt", "result.json"
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class UploadError(ValueError):
    """The files cannot be taken; the message says why."""


@dataclass(frozen=True)
class Order:
    """How the files are to be loaded."""

    is_incremental: bool = False
    accepts_loss: bool = False


@dataclass(frozen=True)
class Result:
    """What came of an upload: READY with a candidate, REFUSED, BUSY or DIED with a message.

    `report` is the folder with the problem report of a refused load.
    """

    state: str
    message: str = ""
    candidate: str = ""
    report: str = ""
    files: tuple[FileOutcome, ...] = ()


@dataclass(frozen=True)
class Upload:
    folder: Path

    @property
    def upload_id(self) -> str:
        return self.folder.name

    @property
    def progress(self) -> list[str]:
        """What the process has said so far, line by line."""
        try:
            return (
                (self.folder / PROGRESS).read_text(encoding="utf-8", errors="replace").split("\n")
            )
        except FileNotFoundError:
            return []

    @property
    def result(self) -> Result | None:
        """What came of it; None while the process runs."""
        if (written := _read_result(self.folder)) is not None:
            return written
        if _is_running(self.folder):
            return None
        # It may have written its last word between the two looks.
        return _read_result(self.folder) or Result(
            DIED, "载入进程中途终止，可能是内存不足；请拆分文件后重试，或由管理员用命令行载入。"
        )

    def remove(self) -> None:
        """Forget the upload and its files; a candidate made of it stays."""
        _see_out(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)


def start(
    files: Sequence[tuple[str, bytes | memoryview]], order: Order, warehouse: Warehouse
) -> Upload:
    """Keep the files and begin to prepare a candidate of them; returns at once.

    `files` are names, as the browser gave them, and contents. Raises UploadError when they are none, too
    many or too large together, of a kind that is no export, or when the disk is full.
    """
    if not files:
        raise UploadError("没有选择文件；请先选择一个或多个导出文件。")
    if len(files) > MOST_FILES:
        raise UploadError(
            f"选了 {len(files)} 个文件，一次最多 {MOST_FILES} 个；请打成 zip 或分批上传。"
        )
    if sum(len(content) for _, content in files) > MOST_BYTES:
        raise UploadError(
            f"文件合计超过 {MOST_BYTES // 10**6:,} MB；请分批上传，或由管理员用命令行载入。"
        )
    taken: list[str] = []
    for name, _ in files:
        taken.append(file_name(name, taken))
    if all(name.lower().endswith(".toml") for name in taken):
        raise UploadError("选的只有说明文件，没有导出文件；请一并选择要载入的表格。")
    _clear_old(warehouse)
    upload = Upload(_new_folder(warehouse))
    try:
        (upload.folder / FILES).mkdir()
        for name, (_, content) in zip(taken, files, strict=True):
            (upload.folder / FILES / name).write_bytes(content)
        (upload.folder / ORDER).write_text(json.dumps(asdict(order)), encoding="utf-8")
        _begin(upload, warehouse)
    except OSError as error:
        upload.remove()
        raise UploadError(f"文件存不下（{error.strerror}）；请联系管理员检查磁盘空间。") from error
    return upload


def again(upload: Upload, warehouse: Warehouse) -> None:
    """Begin anew what could not be done because somebody else was writing; else nothing is done."""
    with _beginning_again:
        if upload.result is not None and upload.result.state == BUSY:
            _see_out(upload.folder)
            (upload.folder / RESULT).unlink(missing_ok=True)
            _begin(upload, warehouse)


def find(upload_id: str, warehouse: Warehouse) -> Upload | None:
    """The upload of that id; None when it was removed."""
    folder = _uploads_folder(warehouse) / upload_id
    return Upload(folder) if upload_id and folder.is_dir() else None


def file_name(given: str, taken: Sequence[str] = ()) -> str:
    """The name to keep an uploaded file under: as it was given, but one name and no path, and none of `taken`.

    Raises UploadError for a kind of file that is no export.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    name = FORBIDDEN.sub("_", last).strip().lstrip(".~$ ")
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a name, not a path yet
    if suffix.lower() not in KINDS or not stem:
        raise UploadError(f"不能载入文件“{last}”；可上传：{'、'.join(KINDS)}。")
    if RESERVED.fullmatch(name):
        stem = f"_{stem}"
    stem = stem.encode()[: LONGEST_NAME_BYTES - len(suffix)].decode(errors="ignore")
    name, number = stem + suffix, 2
    while name.casefold() in {other.casefold() for other in taken}:
        name, number = f"{stem}({number}){suffix}", number + 1
    return name


# Processes this one has started, by the folder of their upload.
_processes: dict[Path, subprocess.Popen[bytes]] = {}
_beginning_again = threading.Lock()


def _begin(upload: Upload, warehouse: Warehouse) -> None:
    command = [sys.executable, "-m", "fuqi.uploads"]
    with (upload.folder / PROGRESS).open("wb") as progress:
        _processes[upload.folder] = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [*command, str(upload.folder.resolve()), str(warehouse.folder.resolve())],
            cwd=paths.PROJECT,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=progress,
            stderr=subprocess.STDOUT,
        )


def _is_running(folder: Path) -> bool:
    own = _processes.get(folder)
    if own is not None:
        return own.poll() is None
    # Begun by a server that has ended since: whoever prepares it holds its lock.
    return lock.holder(folder) is not None


def _see_out(folder: Path) -> None:
    """Wait for the end of a process that has written what came of it, which is a moment away."""
    process = _processes.pop(folder, None)
    if process is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_END)


def _read_result(folder: Path) -> Result | None:
    try:
        content = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Result(**{**content, "files": tuple(map(FileOutcome.from_content, content["files"]))})


def _uploads_folder(warehouse: Warehouse) -> Path:
    return warehouse.folder / "uploads"


def _new_folder(warehouse: Warehouse) -> Path:
    parent = _uploads_folder(warehouse)
    parent.mkdir(parents=True, exist_ok=True)
    stamp = f"{datetime.now(LOCAL_ZONE):%Y%m%d-%H%M%S}"
    folder = parent / f"{stamp}-{os.urandom(6).hex()}"
    folder.mkdir()
    return folder


def _clear_old(warehouse: Warehouse) -> None:
    """Remove what nobody came back for."""
    oldest = time.time() - timedelta(hours=KEPT_HOURS).total_seconds()
    for folder in _uploads_folder(warehouse).glob("*"):
        if folder.stat().st_mtime < oldest and not _is_running(folder):
            Upload(folder).remove()


# ---------------------------------------------------------------- in the process of its own


def prepare(upload: Upload, order: Order, warehouse: Warehouse) -> Result:
    """Load the files of an upload into a candidate."""
    limit = 1.0 if order.accepts_loss else settings.load().max_lost_share
    try:
        outcome = intake.run(
            upload.folder / FILES,
            warehouse,
            incremental=order.is_incremental,
            max_lost_share=limit,
            progress=lambda message: print(message, flush=True),
            publish=False,
        )
    except BusyError:
        return Result(BUSY, "此刻有另一次载入或切换正在进行，请稍候再试。")
    except intake.IntakeError as error:
        return Result(REFUSED, str(error), report=str(error.report or ""), files=error.files)
    return Result(READY, candidate=outcome.release.release_id)


def main(arguments: Sequence[str]) -> int:
    folder, warehouse = map(Path, arguments)
    upload = Upload(folder)
    order = Order(**json.loads((folder / ORDER).read_text(encoding="utf-8")))
    with lock.held(upload.folder, "准备预览"):
        result = prepare(upload, order, Warehouse(warehouse))
        if result.state != BUSY:
            # Names and telephones stand in them; whoever uploaded them has them.
            shutil.rmtree(upload.folder / FILES)
        content: dict[str, Any] = asdict(result)
        half = upload.folder / f"{RESULT}.half"
        half.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        half.replace(upload.folder / RESULT)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
