"""Releases: published whole or not at all, kept for going back, shared where nothing changed."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from fuqi import paths
from fuqi.store import BusyError, Manifest, Release, ReleaseError, TableEntry, Warehouse, releases

AS_OF = datetime(2023, 6, 28, 18)


def publish(warehouse: Warehouse, content: str = "rows", *, carry: tuple[str, ...] = ()) -> Release:
    """A release with the table `appeals` of that content, and what is carried over."""
    with warehouse.stage() as staging:
        (staging.folder / "appeals.parquet").write_text(content)
        for table in carry:
            staging.carry_over(table)
        entry = TableEntry(1, 0, 0, ("诉求.csv",), "演示数据", staging.release_id)
        return staging.publish(Manifest(staging.release_id, AS_OF, AS_OF, {"appeals": entry}))


def content_of(release: Release, table: str = "appeals") -> str:
    return release.table_path(table).read_text()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> str:
    """The clock stands still; the stamp it gives."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2023, 6, 28, 18, 30, 5)

    monkeypatch.setattr(releases, "datetime", Stopped)
    return "20230628-183005"


def test_before_the_first_release_nothing_is_current(warehouse):
    assert warehouse.current_id() is None
    assert warehouse.current() is None
    assert warehouse.releases() == []
    assert warehouse.leftovers() == []


def test_publishing_makes_a_release_current(warehouse):
    first = publish(warehouse, "first")
    assert warehouse.current() == first
    second = publish(warehouse, "second")
    assert warehouse.current() == second
    assert content_of(second) == "second"
    assert content_of(first) == "first"
    assert warehouse.releases() == [first, second]
    assert warehouse.leftovers() == []


def test_leaving_without_publishing_leaves_no_trace(warehouse):
    old = publish(warehouse)
    before = sorted(warehouse.folder.rglob("*"))
    with warehouse.stage() as staging:
        (staging.folder / "appeals.parquet").write_text("half")
    assert sorted(warehouse.folder.rglob("*")) == before
    assert warehouse.current() == old


def test_a_failure_on_the_way_leaves_no_trace(warehouse):
    old = publish(warehouse)
    before = sorted(warehouse.folder.rglob("*"))
    with pytest.raises(ZeroDivisionError), warehouse.stage() as staging:
        (staging.folder / "appeals.parquet").write_text("half")
        raise ZeroDivisionError
    assert sorted(warehouse.folder.rglob("*")) == before
    assert warehouse.current() == old


def test_what_is_being_staged_is_no_release_yet(warehouse):
    old = publish(warehouse)
    with warehouse.stage() as staging:
        (staging.folder / releases.MANIFEST).write_text("{}")
        assert warehouse.releases() == [old]
        assert warehouse.current() == old


def test_a_table_carried_over_is_the_same_file_and_outlives_the_release_it_came_from(warehouse):
    with warehouse.stage() as staging:
        (staging.folder / "parks.parquet").write_text("parks")
        first = staging.publish(Manifest(staging.release_id, AS_OF, AS_OF, {}))
    second = publish(warehouse, carry=("parks",))
    assert second.table_path("parks").stat().st_ino == first.table_path("parks").stat().st_ino
    for file in first.folder.iterdir():
        file.unlink()
    first.folder.rmdir()
    assert content_of(second, "parks") == "parks"
    assert second.table_names == ("appeals", "parks")


def test_where_links_are_refused_a_table_is_carried_over_as_a_copy(warehouse, monkeypatch):
    def refuse(*_):
        raise PermissionError("no links on this disk")

    first = publish(warehouse, "first")
    monkeypatch.setattr(releases.os, "link", refuse)
    with warehouse.stage() as staging:
        staging.carry_over("appeals")
        second = staging.publish(Manifest(staging.release_id, AS_OF, AS_OF, {}))
    assert content_of(second) == "first"
    assert second.table_path("appeals").stat().st_ino != first.table_path("appeals").stat().st_ino


def test_carrying_over_says_what_is_missing(warehouse):
    with pytest.raises(ReleaseError, match="没有上一版本，无法沿用表 parks"):
        publish(warehouse, carry=("parks",))
    old = publish(warehouse)
    with pytest.raises(ReleaseError, match=f"{old.release_id} 没有表 parks"):
        publish(warehouse, carry=("parks",))
    assert warehouse.current() == old


def test_rollback_goes_to_the_release_before_and_to_the_one_named(warehouse):
    first, second, third = (publish(warehouse, text) for text in ("1", "2", "3"))
    assert warehouse.rollback() == second
    assert warehouse.current() == second
    assert warehouse.rollback() == first
    assert warehouse.rollback(third.release_id) == third
    assert warehouse.current() == third
    assert warehouse.releases() == [first, second, third]


def test_rollback_says_when_there_is_nothing_to_go_back_to(warehouse):
    with pytest.raises(ReleaseError, match="没有更早的版本"):
        warehouse.rollback()
    only = publish(warehouse)
    with pytest.raises(ReleaseError, match="没有更早的版本"):
        warehouse.rollback()
    assert warehouse.current() == only


def test_the_next_release_after_a_rollback_builds_on_what_is_current(warehouse):
    publish(warehouse, "first")
    publish(warehouse, "second")
    warehouse.rollback()
    with warehouse.stage() as staging:
        staging.carry_over("appeals")
        third = staging.publish(Manifest(staging.release_id, AS_OF, AS_OF, {}))
    assert content_of(third) == "first"
    assert warehouse.current() == third


def test_an_id_that_does_not_exist_names_those_that_do(warehouse):
    with pytest.raises(ReleaseError, match="没有版本 20200101-000000；现有：没有任何版本"):
        warehouse.release("20200101-000000")
    first, second = publish(warehouse), publish(warehouse)
    with pytest.raises(ReleaseError) as caught:
        warehouse.rollback("20200101-000000")
    assert f"{first.release_id}、{second.release_id}" in str(caught.value)
    assert warehouse.current() == second


def test_two_publishes_within_one_second_get_different_ids_in_order(warehouse, stopped_clock):
    ids = [publish(warehouse).release_id for _ in range(3)]
    assert ids == [stopped_clock, f"{stopped_clock}a", f"{stopped_clock}b"]
    assert [r.release_id for r in warehouse.releases()] == ids
    assert warehouse.current_id() == ids[-1]


def test_a_load_that_begins_while_another_runs_is_turned_away_and_told_who_runs(warehouse):
    with warehouse.stage() as slow:
        with pytest.raises(BusyError, match=f"进程 {os.getpid()} 自 .* 起正在载入"):
            publish(warehouse)
        last = slow.publish(Manifest(slow.release_id, AS_OF, AS_OF, {}))
    assert warehouse.releases() == [last]


def test_a_manifest_comes_back_as_it_was_written(warehouse):
    release = publish(warehouse)
    manifest = Release(release.folder).manifest
    assert manifest.data_as_of == AS_OF
    assert manifest.tables["appeals"].files == ("诉求.csv",)
    assert manifest.tables["appeals"].loaded_in == release.release_id
    assert manifest.label == "演示数据"
    assert Manifest.from_json(manifest.to_json()) == manifest


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"release_id": 1, "loaded_at": "x"}'])
def test_a_manifest_that_cannot_be_read_is_named(warehouse, text):
    release = publish(warehouse)
    (release.folder / releases.MANIFEST).write_text(text)
    with pytest.raises(ReleaseError, match=f"版本 {release.release_id} 的清单"):
        _ = Release(release.folder).manifest


def test_a_current_release_that_is_gone_is_an_error_and_not_an_empty_warehouse(warehouse):
    publish(warehouse)
    warehouse.current_file.write_text("20200101-000000\n")
    with pytest.raises(ReleaseError, match="没有版本 20200101-000000"):
        warehouse.current()


KILLED_WHILE_STAGING = """
with warehouse.stage() as staging:
    (staging.folder / "appeals.parquet").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
KILLED_BEFORE_THE_SWITCH = """
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
Warehouse.switch_to = die
with warehouse.stage() as staging:
    (staging.folder / "appeals.parquet").write_text("new")
    moment = datetime(2023, 6, 28)
    staging.publish(Manifest(staging.release_id, moment, moment, {}))
"""
KILLED_DURING_THE_SWITCH = """
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
pathlib.Path.replace = die
with warehouse.stage() as staging:
    (staging.folder / "appeals.parquet").write_text("new")
    moment = datetime(2023, 6, 28)
    staging.publish(Manifest(staging.release_id, moment, moment, {}))
"""


def run_until_killed(warehouse: Warehouse, script: str) -> None:
    head = (
        "import os, pathlib, signal, sys\n"
        "from datetime import datetime\n"
        "from fuqi.store.releases import Manifest, Warehouse\n"
        "warehouse = Warehouse(pathlib.Path(sys.argv[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", head + script, str(warehouse.folder)],
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == -9, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_process_killed_while_staging_leaves_the_old_release_and_a_folder_that_is_listed(
    warehouse,
):
    old = publish(warehouse, "old")
    run_until_killed(warehouse, KILLED_WHILE_STAGING)
    assert warehouse.current() == old
    assert content_of(old) == "old"
    assert warehouse.releases() == [old]
    (leftover,) = warehouse.leftovers()
    assert (leftover / "appeals.parquet").read_text() == "half"
    assert publish(warehouse, "next") == warehouse.current()
    assert warehouse.leftovers() == []
    assert not leftover.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("script", [KILLED_BEFORE_THE_SWITCH, KILLED_DURING_THE_SWITCH])
def test_a_process_killed_before_it_switched_leaves_the_old_release_current(warehouse, script):
    old = publish(warehouse, "old")
    run_until_killed(warehouse, script)
    assert warehouse.current() == old
    assert old.manifest.data_as_of == AS_OF
    assert [content_of(r) for r in warehouse.releases()] == ["old", "new"]
    assert content_of(publish(warehouse, "next")) == "next"
