"""The watched inbox: complete files are loaded once and put away with their report, whatever they hold."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fuqi import inbox, paths
from fuqi.inbox import DONE, REFUSED, SUMMARY, Inbox, Result
from fuqi.store import BusyError, lock
from tests.conftest import copied
from tests.small_exports import write_small_exports


class Loads:
    """Stands in for the intake: remembers what it was given, and answers as it was told."""

    def __init__(self) -> None:
        self.batches: list[set[str]] = []
        self.is_published: bool | None = True

    def __call__(self, folder: Path) -> Result:
        self.batches.append({path.name for path in folder.iterdir()})
        return Result(self.is_published, "第一行\n怎么样了\n")


@pytest.fixture
def loads() -> Loads:
    return Loads()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def box(tmp_path: Path, loads: Loads, told: list[str]) -> Inbox:
    (tmp_path / "inbox").mkdir()
    return Inbox(tmp_path / "inbox", told.append, loads)


def put(folder: Path, *names: str, content: str = "x") -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(content, encoding="utf-8")


def shelved(box: Inbox, shelf: str) -> list[set[str]]:
    return [{f.name for f in place.iterdir()} for place in sorted((box.folder / shelf).glob("*"))]


def test_files_dropped_together_are_one_load_after_two_looks(box, loads, told):
    put(box.folder, "诉求.csv", "企业.csv")
    box.look()
    assert loads.batches == []
    box.look()
    assert loads.batches == [{"诉求.csv", "企业.csv"}]
    assert shelved(box, DONE) == [{"诉求.csv", "企业.csv", SUMMARY}]
    (place,) = (box.folder / DONE).iterdir()
    assert (place / SUMMARY).read_text("utf-8") == "第一行\n怎么样了\n"
    assert told == [f"已载入 企业.csv、诉求.csv 共 2 个文件；文件和报告在 done/{place.name}"]
    box.look()
    box.look()
    assert len(loads.batches) == 1


def test_file_that_still_grows_holds_the_others_back(box, loads):
    put(box.folder, "诉求.csv", "企业.csv")
    for content in ("ab", "abc"):
        box.look()
        put(box.folder, "企业.csv", content=content)
        assert loads.batches == []
    box.look()
    box.look()
    assert loads.batches == [{"诉求.csv", "企业.csv"}]


def test_file_written_anew_in_the_same_size_is_looked_at_again(box, loads):
    put(box.folder, "诉求.csv")
    box.look()
    os.utime(box.folder / "诉求.csv", (1, 1))
    box.look()
    assert loads.batches == []


@pytest.mark.parametrize("name", ["诉求.csv.part", "诉求.csv.crdownload"])
def test_unfinished_copy_holds_the_batch_back(box, loads, name):
    put(box.folder, "企业.csv", name)
    for _ in range(3):
        box.look()
    assert loads.batches == []


@pytest.mark.parametrize("name", ["~$诉求.xlsx", ".DS_Store", "source.toml"])
def test_what_is_no_export_is_not_loaded(box, loads, name):
    put(box.folder, name)
    for _ in range(3):
        box.look()
    assert loads.batches == []
    assert (box.folder / name).exists()


def test_folder_put_into_the_inbox_is_a_load_of_its_own(box, loads):
    put(box.folder, "诉求.csv")
    put(box.folder / "六月", "企业.csv", "source.toml")
    box.look()
    box.look()
    assert loads.batches == [{"诉求.csv"}, {"企业.csv", "source.toml"}]
    assert not (box.folder / "六月").exists()


def test_what_the_inbox_says_of_its_files_holds_for_each_load(box, loads):
    put(box.folder, "source.toml")
    for name in ("一.csv", "二.csv"):
        put(box.folder, name)
        box.look()
        box.look()
    assert loads.batches == [{"一.csv", "source.toml"}, {"二.csv", "source.toml"}]


def test_refused_load_is_put_away_apart_and_the_watch_goes_on(box, loads, told):
    loads.is_published = False
    put(box.folder, "坏的.csv")
    box.look()
    box.look()
    assert shelved(box, REFUSED) == [{"坏的.csv", SUMMARY}]
    assert told[0].startswith("未载入 坏的.csv；文件和报告在 refused/")
    loads.is_published = True
    put(box.folder, "好的.csv")
    box.look()
    box.look()
    assert shelved(box, DONE) == [{"好的.csv", SUMMARY}]


def test_load_that_finds_the_warehouse_busy_is_tried_again(box, loads, told):
    loads.is_published = None
    put(box.folder, "诉求.csv")
    box.look()
    box.look()
    assert told == ["稍后再试 诉求.csv：怎么样了"]
    loads.is_published = True
    box.look()
    assert shelved(box, DONE) == [{"诉求.csv", SUMMARY}]


def test_load_that_an_earlier_watch_did_not_finish_is_loaded(box, loads):
    put(box.folder / f"{inbox.LOADING_PREFIX}20230628-180000", "诉求.csv")
    box.look()
    assert shelved(box, DONE) == [{"诉求.csv", SUMMARY}]


def test_file_that_cannot_be_moved_is_told_and_tried_again(box, loads, told, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError("open in another program")

    put(box.folder, "诉求.csv")
    box.look()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        box.look()
    assert told == ["暂时读写不了收件夹，稍后再试：open in another program"]
    for _ in range(3):
        box.look()
    assert {"诉求.csv", SUMMARY} in shelved(box, DONE)


def test_load_that_cannot_be_put_away_is_not_loaded_again(box, loads, told, monkeypatch):
    put(box.folder, "诉求.csv")
    box.look()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        for _ in range(3):
            box.look()
    assert told == ["暂时读写不了收件夹，稍后再试：no space"] * 3
    box.look()
    assert shelved(box, DONE) == [{"诉求.csv", SUMMARY}]
    assert len(loads.batches) == 1


def full(*_args: object, **_kwargs: object) -> None:
    raise OSError("no space")


def test_folder_of_folders_is_a_load_that_is_told_of(box, loads):
    (box.folder / "周一").mkdir()
    put(box.folder / "周一" / "诉求", "诉求.csv")
    box.look()
    box.look()
    assert loads.batches == [{"诉求"}]


def test_loads_of_one_second_are_put_away_apart(box, loads, monkeypatch):
    monkeypatch.setattr(inbox, "_new_place", _in_one_second(inbox._new_place, monkeypatch))
    for name in ("一", "二", "三"):
        put(box.folder / name, "诉求.csv")
    box.look()
    box.look()
    assert len(shelved(box, DONE)) == 3


def _in_one_second(
    new_place: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    class Stopped(inbox.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2023, 6, 28, 18)

    monkeypatch.setattr(inbox, "datetime", Stopped)
    return new_place


def test_two_watches_of_one_folder_are_kept_apart(tmp_path):
    with (
        lock.held(tmp_path, "监视这个文件夹"),
        pytest.raises(BusyError, match="正在监视这个文件夹"),
    ):
        inbox.watch(tmp_path, 0.1)


# ---------------------------------------------------------------- the real thing


def wait_for(something: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not something() and time.monotonic() < deadline:
        time.sleep(0.1)
    return something()


def test_watch_command_loads_good_files_and_survives_bad_ones(
    tmp_path, small_warehouse, monkeypatch
):
    warehouse = copied(small_warehouse, tmp_path / "warehouse")
    monkeypatch.setenv("FUQI_WAREHOUSE", str(warehouse.folder))
    folder = tmp_path / "inbox"
    write_small_exports(folder / "全量")
    put(folder / "坏的", "诉求.xlsx", content="junk")
    log = (tmp_path / "log").open("w+", encoding="utf-8")
    command = [sys.executable, "-m", "fuqi", "watch", str(folder), "--every", "0.2"]
    with subprocess.Popen(
        [*command, "--until-stdin-closes"],
        cwd=paths.PROJECT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=log,
    ) as process:
        try:
            assert wait_for(
                lambda: all(list(folder.glob(f"{s}/*/{SUMMARY}")) for s in (DONE, REFUSED))
            )
            process.stdin.close()
            assert process.wait(30) == 0
        finally:
            process.kill()
    (done,), (refused,) = folder.glob(f"{DONE}/*"), folder.glob(f"{REFUSED}/*")
    assert (done / "intake_problems.csv").is_file()
    assert (refused / "intake_problems.csv").is_file()
    assert "没有一个文件能载入" in (refused / SUMMARY).read_text("utf-8")
    assert len(warehouse.releases()) == 2
    log.seek(0)
    lines = [line.split(" ", 2)[2] for line in log.read().splitlines()]
    assert lines[0].startswith("监视 ")
    assert sorted(line[:3] for line in lines[1:3]) == ["已载入", "未载入"]
    assert lines[3] == "停止监视"


def test_load_that_is_killed_is_a_refused_load(tmp_path, monkeypatch):
    def killed(*_args: object, **_kwargs: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], -signal.SIGTERM, "读取 诉求.csv\n")

    monkeypatch.setattr(subprocess, "run", killed)
    result = inbox.load(tmp_path)
    assert (result.is_published, "可能是内存不足" in result.text) == (False, True)


SERVER = '''
import sys
from pathlib import Path
from fuqi import inbox
inbox.watch_beside_this_process(Path(sys.argv[1]))
import os
# As the server does, it takes its time to end.
serve = """
import sys, time
try:
    sys.stdin.read()
except KeyboardInterrupt:
    time.sleep(2)
"""
os.execv(sys.executable, [sys.executable, "-c", serve])
'''


@pytest.mark.skipif(
    sys.platform == "win32", reason="a program is not replaced in its process there"
)
@pytest.mark.parametrize("how", ["killed", "interrupted"])
def test_watch_beside_the_server_ends_with_it(tmp_path, how):
    """Ctrl-C on a terminal goes to both; of a server that is killed the watch hears through the pipe alone."""
    log = (tmp_path / "log").open("w+", encoding="utf-8")
    folder = tmp_path / "inbox"
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder)],
        cwd=paths.PROJECT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        start_new_session=True,
    ) as server:
        try:
            assert wait_for(lambda: "监视 " in (tmp_path / "log").read_text("utf-8"))
            if how == "interrupted":
                os.killpg(server.pid, signal.SIGINT)
                server.wait(20)
        finally:
            server.kill()
    assert wait_for(lambda: lock.holder(folder) is None, 20)
    assert wait_for(lambda: "停止监视" in (tmp_path / "log").read_text("utf-8"), 20)
    time.sleep(0.5)  # what Python says last, it says after that
    assert "Fatal" not in (tmp_path / "log").read_text("utf-8")


def test_watch_needs_no_streamlit():
    code = "import sys, fuqi.inbox; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=paths.PROJECT).returncode == 0
