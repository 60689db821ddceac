"""Loads that die, collide or find the disk full: what is in use stays in use, and the next load tidies up.

An intake is killed at KILLS random moments; `FUQI_KILLS=50 python -m pytest tests/test_crash_safety.py` for more.
"""

import errno
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from fuqi import cli, health, paths, settings
from fuqi.intake import IntakeError, run
from fuqi.store import BusyError, ReleaseError, Warehouse, lock, releases
from tests.conftest import copied
from tests.small_exports import OPEN, ROWS, write_csv, write_small_exports

KILLS = int(os.environ.get("FUQI_KILLS", "10"))
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork and no SIGKILL")

INTAKES = """
import os, signal, sys, time
from pathlib import Path
from fuqi import intake
from fuqi.store import Warehouse

# Imported once and forked for each load: starting Python anew would take longer than the load.
source, warehouse = map(Path, sys.argv[1:])
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        intake.run(source, Warehouse(warehouse))
        os._exit(0)
    if line != "finish\\n":
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    return write_small_exports(tmp_path / "exports")


@contextmanager
def intakes(exports: Path, warehouse: Warehouse) -> Iterator[subprocess.Popen[str]]:
    """A process that loads the exports once a line on its stdin: seconds to live, or `finish`."""
    command = [sys.executable, "-c", INTAKES, str(exports), str(warehouse.folder)]
    with subprocess.Popen(
        command, cwd=paths.PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.stdin.close()


def asked(process: subprocess.Popen[str], line: str) -> int:
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def files(warehouse: Warehouse) -> list[Path]:
    """All that lies in the warehouse; the lock's file stays there and says nothing."""
    return sorted(p for p in warehouse.folder.rglob("*") if p.name != lock.LOCK_FILE)


def titles(warehouse: Warehouse) -> set[str]:
    path = warehouse.current().table_path("appeals")
    with duckdb.connect() as connection:
        return {t for (t,) in connection.execute(f"select title from '{path}'").fetchall()}


@POSIX
def test_intake_killed_at_any_moment_leaves_a_sound_release(warehouse, exports):
    killed = 0
    for file in exports.glob("*.csv"):
        if file.stem not in (
            "诉求",
            "服务站",
        ):  # the other tables are carried over, so that a load is quick
            file.unlink()
    with intakes(exports, warehouse) as process:
        start = time.monotonic()
        assert asked(process, "finish") == 0
        seconds = time.monotonic() - start
        allowed = titles(warehouse)
        for attempt in range(KILLS):
            before = warehouse.current_id()
            title = f"第{attempt}次"
            write_csv(exports / "诉求.csv", [{**row, "诉求标题": title} for row in ROWS["诉求"]])
            delay = random.uniform(0, 1.1 * seconds)  # noqa: S311 - a moment, no secret
            killed += asked(process, str(delay)) != 0
            report = health.examine(warehouse, settings.Settings())
            assert report.is_sound, (delay, report.faults)
            is_switched = warehouse.current_id() != before
            allowed = {title} if is_switched else allowed
            assert titles(warehouse) == allowed, delay
        assert killed > 0
        assert asked(process, "finish") == 0
    assert titles(warehouse) == {title}
    assert warehouse.leftovers() == []
    assert "提示" not in health.examine(warehouse, settings.Settings()).text()
    for release in warehouse.releases():
        assert set(release.manifest.tables) <= set(release.table_names)


def test_doctor_notes_what_a_dead_load_left_and_finds_no_fault_in_it(warehouse, exports):
    left = warehouse.releases_folder / f"{releases.STAGING_PREFIX}20200101-000000"
    left.mkdir()
    (warehouse.folder / f"{releases.POINTER_PREFIX}1").write_text("half")
    report = health.examine(warehouse, settings.Settings())
    assert report.is_sound
    assert left.name in report.text()
    assert f"{releases.POINTER_PREFIX}1" in report.text()
    run(exports, warehouse)
    assert "提示" not in health.examine(warehouse, settings.Settings()).text()


def test_what_a_live_load_stages_is_neither_a_leftover_nor_cleared_away(warehouse, exports):
    with warehouse.stage() as staging:
        assert warehouse.leftovers() == []
        with pytest.raises(BusyError):
            run(exports, warehouse)
        assert staging.folder.is_dir()


# ---------------------------------------------------------------- one at a time

HOLD = """
import sys
from pathlib import Path
from fuqi.store import lock
with lock.held(Path(sys.argv[1]), "载入"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def somebody_else(warehouse: Warehouse) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the warehouse until its stdin closes."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(warehouse.folder)],
        cwd=paths.PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_second_writer_is_told_who_writes_and_exits_with_a_code_of_its_own(
    warehouse, exports, monkeypatch, capsys
):
    monkeypatch.setattr(paths, "WAREHOUSE", warehouse.folder)
    before = files(warehouse)
    with somebody_else(warehouse) as other:
        for command in (["intake", str(exports)], ["rollback"], ["prune", "--keep", "1"]):
            assert cli.main(command) == 75
            assert f"进程 {other.pid} 自 20" in capsys.readouterr().err
    assert files(warehouse) == before


def test_second_writer_that_waits_gets_its_turn(warehouse, exports):
    with somebody_else(warehouse) as other:
        other.stdin.close()
        outcome = run(exports, warehouse, wait_seconds=30)
    assert warehouse.current() == outcome.release


def test_lock_ends_with_its_process(warehouse):
    with somebody_else(warehouse) as other:
        assert f"进程 {other.pid}" in warehouse.holder()
        other.kill()
        other.wait()
        assert warehouse.holder() is None
    with lock.held(warehouse.folder, "载入"):
        assert f"进程 {os.getpid()}" in warehouse.holder()
    assert warehouse.holder() is None


# ---------------------------------------------------------------- a full disk


def full(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "place",
    ["fuqi.intake.load._Load._copy", "fuqi.store.releases._flush", "pathlib.Path.replace"],
    ids=["writing a table", "flushing", "switching"],
)
def test_full_disk_leaves_no_half_release(warehouse, exports, monkeypatch, place):
    before = files(warehouse)
    current = warehouse.current_id()
    with monkeypatch.context() as patched:
        patched.setattr(place, full)
        with pytest.raises(IntakeError, match=r"No space left.*没有发布新版本；请检查磁盘空间"):
            run(exports, warehouse)
    assert files(warehouse) == before
    assert warehouse.current_id() == current
    assert run(exports, warehouse).release == warehouse.current()


def test_full_disk_while_carrying_over_leaves_no_half_release(warehouse, tmp_path, monkeypatch):
    news = write_csv(tmp_path / "诉求.csv", [OPEN])
    before = files(warehouse)
    monkeypatch.setattr(releases.os, "link", full)
    monkeypatch.setattr(releases.shutil, "copy2", full)
    with pytest.raises(IntakeError, match="No space left"):
        run(news, warehouse, incremental=True)
    assert files(warehouse) == before


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0 or shutil.which("mount") is None,
    reason="only root mounts a small disk",
)
def test_disk_that_is_really_full_leaves_no_half_release(small_warehouse, exports, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], check=False
    )
    if mounted.returncode:
        pytest.skip("this root may not mount")
    try:
        warehouse = copied(small_warehouse, disk / "warehouse")
        current = warehouse.current_id()
        (disk / "filler").write_bytes(b"x" * (shutil.disk_usage(disk).free - 20_000))
        with pytest.raises(IntakeError, match="请检查磁盘空间"):
            run(exports, warehouse)
        assert warehouse.leftovers() == []
        assert warehouse.current_id() == current
        assert [r.release_id for r in warehouse.releases()] == [current]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# ---------------------------------------------------------------- old releases


@pytest.fixture
def four_releases(warehouse: Warehouse) -> list[str]:
    """Three more releases that carry every table over."""
    for _ in range(3):
        manifest = warehouse.current().manifest
        with warehouse.stage() as staging:
            for table in warehouse.current().table_names:
                staging.carry_over(table)
            staging.publish(
                releases.Manifest(
                    staging.release_id, manifest.loaded_at, manifest.data_as_of, manifest.tables
                )
            )
    return [release.release_id for release in warehouse.releases()]


def test_prune_keeps_the_newest_and_what_they_share(warehouse, four_releases):
    removed = warehouse.prune(2)
    assert [r.release_id for r in removed.releases] == four_releases[:2]
    assert [r.release_id for r in warehouse.releases()] == four_releases[2:]
    assert health.examine(warehouse, settings.Settings()).is_sound
    assert warehouse.leftovers() == []


def test_prune_never_removes_the_release_in_use(warehouse, four_releases):
    warehouse.rollback(four_releases[0])
    warehouse.prune(1)
    assert [r.release_id for r in warehouse.releases()] == [four_releases[0], four_releases[3]]
    assert health.examine(warehouse, settings.Settings()).is_sound


def test_prune_keeps_at_least_one_and_says_what_it_removed(
    warehouse, four_releases, monkeypatch, capsys
):
    with pytest.raises(ReleaseError, match="至少应为 1"):
        warehouse.prune(0)
    monkeypatch.setattr(paths, "WAREHOUSE", warehouse.folder)
    assert cli.main(["prune", "--keep", "3"]) == 0
    assert capsys.readouterr().out == f"已删除 1 个旧版本：{four_releases[0]}\n"
    assert cli.main(["prune", "--keep", "3"]) == 0
    assert capsys.readouterr().out == "没有可删除的旧版本。\n"
