"""A watched folder: whatever is put into it is loaded once it is complete, and put away with its report.

Looking again and again needs no help of the operating system, so it works on network shares. Each load is a
process of its own (`python -m fuqi intake`): one that fails, or is killed for its memory, does not end the watch.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from fuqi import paths
from fuqi.store import lock
from fuqi.store.releases import LOCAL_ZONE

DONE, REFUSED = "done", "refused"
LOADING_PREFIX = ".loading-"
SUMMARY = "载入结果.txt"
UNFINISHED_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload", ".filepart")
SECONDS_TO_WAIT_FOR_OTHERS = 600
BUSY_EXIT = 75

Signature = dict[Path, tuple[int, int]]


@dataclass(frozen=True)
class Result:
    """What came of one load, and all it said; `is_published` is None when it has to be tried again."""

    is_published: bool | None
    text: str


def load(folder: Path) -> Result:
    """Load a folder in a process of its own; its report is put into the folder."""
    place = str(folder.resolve())
    command = [sys.executable, "-m", "fuqi", "intake", place, "--report", place]
    done = subprocess.run(  # noqa: S603 - our own command, no shell
        [*command, "--wait", str(SECONDS_TO_WAIT_FOR_OTHERS)],
        cwd=paths.PROJECT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode == BUSY_EXIT:
        return Result(None, done.stdout)
    if done.returncode < 0:
        ended = f"载入进程被信号 {-done.returncode} 终止，可能是内存不足；请拆分文件后重试。\n"
        return Result(False, done.stdout + ended)
    return Result(done.returncode == 0, done.stdout)


def watch(folder: Path, seconds: float, *, until_stdin_closes: bool = False) -> None:
    """Look into the folder every so many seconds, until interrupted or until stdin closes.

    Raises BusyError when another process watches the folder.
    """
    with lock.held(folder, "监视这个文件夹"):
        inbox = Inbox(folder, _log)
        end = threading.Event()
        if until_stdin_closes:
            threading.Thread(target=_wait_for_the_end_of_stdin, args=[end], daemon=True).start()
        _log(f"监视 {folder}，每 {seconds:g} 秒看一次")
        with contextlib.suppress(KeyboardInterrupt):
            while not end.wait(seconds):
                inbox.look()
        _log("停止监视")


def watch_beside_this_process(folder: Path) -> None:
    """Watch the folder in a child that ends when this process does, whatever program it runs by then."""
    command = [sys.executable, "-m", "fuqi", "watch", str(folder.resolve()), "--until-stdin-closes"]
    read_end, write_end = os.pipe()
    # Never written to: the child reads its end when the last process that holds the other one is gone.
    os.set_inheritable(write_end, True)
    subprocess.Popen(command, cwd=paths.PROJECT, stdin=read_end)  # noqa: S603 - our own command
    os.close(read_end)


@dataclass
class Inbox:
    """A folder in which `look` loads what has not changed since the look before.

    Files that lie in it together are one load; so is each folder put into it. `load` gets a folder that
    nobody else writes to.
    """

    folder: Path
    log: Callable[[str], None]
    load: Callable[[Path], Result] = load
    seen: dict[Path, Signature] = field(default_factory=dict)
    results: dict[Path, Result] = field(default_factory=dict)
    """Of loads that are done and could not be put away yet: nothing is loaded twice for that."""

    def look(self) -> None:
        """Load every batch that is complete, and what an earlier look could not load or did not finish."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for aside in sorted(self.folder.glob(f"{LOADING_PREFIX}*")):
                self._load(aside)
            batches = {place: self._signature(place) for place in self._places()}
            complete = [p for p, files in batches.items() if files and self.seen.get(p) == files]
            self.seen = batches
            for place in complete:
                self._load(self._set_aside(place, batches[place]))
        except OSError as error:
            # Taken away in between, still open in another program, a share that is gone for a while.
            self.log(f"暂时读写不了收件夹，稍后再试：{error}")

    def _places(self) -> list[Path]:
        """The inbox itself, and the folders put into it."""
        folders = (path for path in self.folder.iterdir() if path.is_dir())
        return [
            self.folder,
            *sorted(p for p in folders if not _is_passed_over(p) and p.name not in (DONE, REFUSED)),
        ]

    def _signature(self, place: Path) -> Signature:
        """Size and time of the files of one batch; nothing when there are none, or one is still coming."""
        # Also those in folders of a folder: they are not loaded, and who put them there is to be told.
        found = place.iterdir() if place == self.folder else place.rglob("*")
        files = [path for path in found if path.is_file() and not _is_passed_over(path)]
        if any(path.suffix.lower() in UNFINISHED_SUFFIXES for path in files):
            return {}
        if all(_describes(path) for path in files):
            return {}
        return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}

    def _set_aside(self, place: Path, files: Signature) -> Path:
        """Take the files of a batch away from whoever writes to the inbox; gives where they are."""
        aside = _new_place(self.folder, LOADING_PREFIX)
        if place != self.folder:
            place.rename(aside)
            return aside
        aside.mkdir()
        for file in files:
            if _describes(file):  # it holds for what comes later, too
                shutil.copy2(file, aside)
            else:
                file.rename(aside / file.name)
        return aside

    def _load(self, aside: Path) -> None:
        names = sorted(p.name for p in aside.iterdir() if p.is_file() and not _describes(p))
        named = names[0] if len(names) == 1 else f"{'、'.join(names[:3])} 共 {len(names)} 个文件"
        result = self.results.get(aside) or self.load(aside)
        if result.is_published is None:
            self.log(f"稍后再试 {named}：{_last_line(result.text)}")
            return
        self.results[aside] = result
        (aside / SUMMARY).write_text(result.text, encoding="utf-8")
        shelf = self.folder / (DONE if result.is_published else REFUSED)
        shelf.mkdir(exist_ok=True)
        place = _new_place(shelf)
        aside.rename(place)
        del self.results[aside]
        word = "已载入" if result.is_published else "未载入"
        self.log(f"{word} {named}；文件和报告在 {shelf.name}/{place.name}")


def _is_passed_over(path: Path) -> bool:
    return path.name.startswith((".", "~$"))


def _describes(path: Path) -> bool:
    """Whether a file says something of the others instead of holding data."""
    return path.suffix.lower() == ".toml"


def _new_place(folder: Path, prefix: str = "") -> Path:
    """A path in the folder, named by the moment, that nothing has."""
    stamp = f"{prefix}{datetime.now(LOCAL_ZONE):%Y%m%d-%H%M%S}"
    numbered = (f"{stamp}-{number}" for number in count(2))
    return next(folder / n for n in chain([stamp], numbered) if not (folder / n).exists())


def _last_line(text: str) -> str:
    return next(reversed(text.strip().splitlines()), "")


def _log(message: str) -> None:
    print(f"{datetime.now(LOCAL_ZONE):%Y-%m-%d %H:%M:%S} {message}", flush=True)


def _wait_for_the_end_of_stdin(end: threading.Event) -> None:
    # Not through sys.stdin: Python aborts when it ends while a thread holds that one's lock.
    while os.read(sys.stdin.fileno(), 1):
        pass
    end.set()
