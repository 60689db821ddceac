"""Releases: published whole or not at all, kept for going back, shared where nothing changed."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from fuqi import paths
from fuqi.store import (
    BusyError,
    FileOutcome,
    Manifest,
    Release,
    ReleaseError,
    TableEntry,
    Warehouse,
    releases,
)
from fuqi.store.manifest import Completed

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


# ---------------------------------------------------------------- candidates


def prepare(warehouse: Warehouse, content: str = "rows") -> Release:
    with warehouse.stage() as staging:
        (staging.folder / "appeals.parquet").write_text(content)
        return staging.keep_as_candidate(Manifest(staging.release_id, AS_OF, AS_OF, {}))


def test_a_candidate_is_no_release_until_it_is_published(warehouse):
    old = publish(warehouse, "old")
    candidate = prepare(warehouse, "new")
    assert warehouse.candidates() == [candidate]
    assert warehouse.current() == old
    assert warehouse.releases() == [old]
    assert warehouse.leftovers() == []
    for refused in (warehouse.rollback, warehouse.release):
        with pytest.raises(
            ReleaseError, match=f"没有版本 {candidate.release_id}；现有：{old.release_id}"
        ):
            refused(candidate.release_id)
    assert warehouse.publish_candidate(candidate.release_id) == candidate
    assert warehouse.current() == candidate
    assert warehouse.releases() == [old, candidate]
    assert warehouse.candidates() == []
    assert content_of(warehouse.current()) == "new"
    assert warehouse.rollback() == old
    assert warehouse.rollback(candidate.release_id) == candidate


def test_a_candidate_outlives_the_loads_after_it(warehouse):
    publish(warehouse)
    first, second = prepare(warehouse, "1"), prepare(warehouse, "2")
    assert [content_of(c) for c in warehouse.candidates()] == ["1", "2"]
    publish(warehouse)
    assert warehouse.candidates() == [first, second]


def test_the_first_release_of_all_may_be_a_candidate(warehouse):
    candidate = prepare(warehouse)
    assert warehouse.current() is None
    warehouse.publish_candidate(candidate.release_id)
    assert warehouse.current() == candidate


def test_publishing_a_candidate_twice_is_publishing_it_once(warehouse):
    old = publish(warehouse, "old")
    candidate = prepare(warehouse)
    for _ in range(2):
        assert warehouse.publish_candidate(candidate.release_id) == candidate
    assert warehouse.releases() == [old, candidate]


def test_a_candidate_is_refused_once_another_release_is_in_use(warehouse):
    old = publish(warehouse, "old")
    candidate = prepare(warehouse)
    newer = publish(warehouse, "newer")
    with pytest.raises(ReleaseError) as caught:
        warehouse.publish_candidate(candidate.release_id)
    assert f"对照版本 {old.release_id} 准备的，现在使用的是版本 {newer.release_id}" in str(
        caught.value
    )
    assert "重新预览" in str(caught.value)
    assert warehouse.current() == newer
    warehouse.rollback(old.release_id)
    assert warehouse.publish_candidate(candidate.release_id) == warehouse.current() == candidate


def test_of_two_candidates_only_the_one_published_first_gets_in(warehouse):
    publish(warehouse)
    first, second = prepare(warehouse, "1"), prepare(warehouse, "2")
    warehouse.publish_candidate(first.release_id)
    with pytest.raises(ReleaseError, match="重新预览"):
        warehouse.publish_candidate(second.release_id)
    assert warehouse.current() == first


def test_publishing_says_when_a_candidate_was_discarded_or_replaced(warehouse):
    publish(warehouse)
    discarded, replaced = prepare(warehouse), prepare(warehouse)
    assert warehouse.discard_candidate(discarded.release_id)
    assert not discarded.folder.exists()
    with pytest.raises(ReleaseError, match=f"没有待发布的版本 {discarded.release_id}"):
        warehouse.publish_candidate(discarded.release_id)
    warehouse.publish_candidate(replaced.release_id)
    last = publish(warehouse)
    with pytest.raises(ReleaseError, match="可在历史版本中回退"):
        warehouse.publish_candidate(replaced.release_id)
    assert warehouse.current() == last


def test_discarding_touches_nothing_that_was_published(warehouse):
    old = publish(warehouse, "old")
    candidate = prepare(warehouse)
    warehouse.publish_candidate(candidate.release_id)
    for published in (old, candidate):
        assert not warehouse.discard_candidate(published.release_id)
    assert not warehouse.discard_candidate("20200101-000000")
    assert warehouse.releases() == [old, candidate]


def test_a_candidate_is_neither_published_nor_discarded_while_somebody_writes(warehouse):
    publish(warehouse)
    candidate = prepare(warehouse)
    with warehouse.stage():
        for decide in (warehouse.publish_candidate, warehouse.discard_candidate):
            with pytest.raises(BusyError):
                decide(candidate.release_id)
    assert warehouse.candidates() == [candidate]


def test_prune_removes_candidates_that_are_out_of_date_and_old_reports_of_refusals(
    warehouse, stopped_clock
):
    old = publish(warehouse)
    stale = prepare(warehouse)
    current = publish(warehouse)
    fresh = [prepare(warehouse) for _ in range(3)]
    damaged = prepare(warehouse)
    (damaged.folder / releases.MANIFEST).write_text("{")
    reports = [warehouse.new_refused_folder() for _ in range(4)]
    (reports[0] / "intake_problems.csv").write_text("old")
    removed = warehouse.prune(3)
    assert removed.releases == ()
    assert set(removed.candidates) == {stale, fresh[0], damaged}
    assert removed.reports == tuple(reports[:1])
    assert warehouse.releases() == [old, current]
    assert warehouse.candidates() == fresh[1:]
    assert [report.exists() for report in reports] == [False, True, True, True]


def test_a_manifest_keeps_what_came_of_each_file(warehouse):
    found = FileOutcome(
        "诉求.xlsx",
        "六月",
        "appeals",
        rows_read=9,
        loaded=7,
        refused=2,
        new=7,
        ignored_columns=("备注",),
        mapping="guadian8",
    )
    done = Completed("延期清单", "企业诉求工单", rows=3, cases=2, changed=1)
    base = publish(warehouse)
    with warehouse.stage() as staging:
        manifest = Manifest(staging.release_id, AS_OF, AS_OF, {}, (found,), completed=(done,))
        release = staging.publish(manifest)
    assert Release(release.folder).manifest.files == (found,)
    assert Release(release.folder).manifest.completed == (done,)
    assert Release(release.folder).manifest.based_on == base.release_id


def test_a_manifest_of_an_earlier_version_is_read_and_so_is_one_of_a_later(warehouse):
    content = json.loads(publish(warehouse).manifest.to_json())
    later = {**content, "files": [{"file": "诉求.csv", "not_known_yet": 1}]}
    assert Manifest.from_json(json.dumps(later)).files == (FileOutcome("诉求.csv"),)
    del content["files"], content["based_on"]
    earlier = Manifest.from_json(json.dumps(content))
    assert earlier.files == ()
    assert earlier.based_on is None


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
    assert run_script(warehouse, script) == -9


def run_script(warehouse: Warehouse, script: str, *arguments: str) -> int:
    """The exit code of a process that runs the script on the warehouse; negative when it was killed."""
    head = (
        "import os, pathlib, signal, sys\n"
        "from datetime import datetime\n"
        "from fuqi.store.releases import Manifest, Warehouse\n"
        "warehouse = Warehouse(pathlib.Path(sys.argv[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", head + script, str(warehouse.folder), *arguments],
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.stderr, done.stderr
    return done.returncode


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
    assert warehouse.releases() == [old]
    with pytest.raises(ReleaseError, match="没有更早的版本"):
        warehouse.rollback()
    assert warehouse.leftovers() != []
    assert content_of(publish(warehouse, "next")) == "next"
    assert warehouse.leftovers() == []
    assert [content_of(r) for r in warehouse.releases()] == ["old", "next"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_clearing_away_that_is_itself_cut_short_offers_no_half_release(warehouse, monkeypatch):
    old = publish(warehouse, "old")
    run_until_killed(warehouse, KILLED_BEFORE_THE_SWITCH)

    def cut_short(folder, **_):
        (folder / releases.SWITCHING_MARK).unlink(missing_ok=True)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(releases.shutil, "rmtree", cut_short)
        with pytest.raises(KeyboardInterrupt):
            publish(warehouse)
    assert warehouse.releases() == [old]
    publish(warehouse)
    assert warehouse.leftovers() == []


KILLED_AT_STEP = """
steps = 0
def or_die(step):
    def run(*arguments, **options):
        global steps
        steps += 1
        if steps == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return step(*arguments, **options)
    return run
for name in ("replace", "rename", "unlink", "write_text", "mkdir"):
    setattr(pathlib.Path, name, or_die(getattr(pathlib.Path, name)))
os.fsync = or_die(os.fsync)
os.unlink, os.rmdir = or_die(os.unlink), or_die(os.rmdir)
getattr(warehouse, sys.argv[3])(sys.argv[4])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("step", range(1, 8))
@pytest.mark.parametrize("decision", ["publish_candidate", "discard_candidate"])
def test_a_decision_killed_at_any_step_is_taken_or_not_taken(warehouse, decision, step):
    old = publish(warehouse, "old")
    candidate = prepare(warehouse, "new")
    code = run_script(warehouse, KILLED_AT_STEP, str(step), decision, candidate.release_id)
    assert code == -9 or step > 3, "the script took fewer steps than it is killed at"
    current = warehouse.current()
    assert current in ((old, candidate) if decision == "publish_candidate" else (old,))
    assert content_of(current) == ("old" if current == old else "new")
    assert warehouse.releases() == ([old] if current == old else [old, candidate])
    for offered in warehouse.candidates():
        assert content_of(offered) == "new"
    following = publish(warehouse, "next")
    assert warehouse.current() == following
    assert warehouse.leftovers() == []
    assert warehouse.rollback() == (candidate if current == candidate else old)
    assert set(warehouse.releases()) == {old, current, following}
