"""The audit log: nothing is lost, nothing mixed, nothing changed, nothing personal kept."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuqi import audit, paths
from fuqi.audit import AuditError, Entry

MOMENT = datetime(2026, 11, 22, 9, 30, tzinfo=audit.LOCAL_ZONE)


def test_a_line_says_who_did_what_where_and_with_which_filters(tmp_path):
    written = audit.record(
        tmp_path,
        "zhang",
        "export",
        "诉求办理",
        {"street": "福保街道", "community": None, "from": date(2023, 4, 1)},
        271,
        "周报",
        roles="街道",
        release_id="20230628-180000",
        at=MOMENT,
    )
    assert list(audit.read(tmp_path)) == [written]
    assert written == Entry(
        at="2026-11-22T09:30:00.000+08:00",
        account="zhang",
        roles="街道",
        action="export",
        page="诉求办理",
        filters={"street": "福保街道", "from": "2023-04-01"},
        release_id="20230628-180000",
        rows=271,
        reason="周报",
    )
    (file,) = tmp_path.glob("*.jsonl")
    assert file.name == "2026-11-22.jsonl"


def test_a_day_begins_at_midnight_here(tmp_path):
    audit.record(tmp_path, "a", "view", at=datetime(2026, 11, 22, 16, 0, tzinfo=UTC))
    audit.record(tmp_path, "b", "view", at=datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC))
    assert {f.name for f in tmp_path.glob("*.jsonl")} == {"2026-11-22.jsonl", "2026-11-23.jsonl"}
    assert [e.account for e in audit.read(tmp_path)] == ["b", "a"]
    assert [e.account for e in audit.read(tmp_path, first=date(2026, 11, 23))] == ["a"]
    assert [e.account for e in audit.read(tmp_path, last=date(2026, 11, 22))] == ["b"]


def test_a_file_that_grows_too_large_is_left_for_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr(audit, "MOST_BYTES", 500)
    for number in range(25):
        audit.record(tmp_path, f"account{number}", "view", at=MOMENT)
    files = sorted(tmp_path.glob("*.jsonl"))
    assert len(files) > 10  # so that the tenth and the second file are told apart
    assert all(f.stat().st_size <= 500 for f in files)
    assert [e.account for e in audit.read(tmp_path)] == [f"account{n}" for n in range(25)]


def test_an_unknown_action_is_a_mistake_of_the_caller(tmp_path):
    with pytest.raises(ValueError, match="'look'"):
        audit.record(tmp_path, "a", "look")


@given(st.text(), st.text(), st.dictionaries(st.text(max_size=5), st.text(max_size=30), max_size=3))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_whatever_is_written_is_one_line_that_comes_back(
    tmp_path_factory, account, reason, filters
):
    folder = tmp_path_factory.mktemp("audit")
    written = audit.record(folder, account, "view", "页", filters, reason=reason, at=MOMENT)
    audit.record(folder, "next", "view", at=MOMENT)
    assert list(audit.read(folder)) == [written, audit_entry("next")]
    (file,) = folder.glob("*.jsonl")
    assert file.read_bytes().count(b"\n") == 2


def audit_entry(account: str) -> Entry:
    return Entry("2026-11-22T09:30:00.000+08:00", account, "", "view", "", {})


def test_no_telephone_number_stays_in_a_reason(tmp_path):
    reason = "张三 138 0000 1111 要求，身份证 44030419900101123X\n第二行" + "长" * 900
    written = audit.record(tmp_path, "a", "export", reason=reason)
    assert written.reason.startswith("张三 ****** 要求，身份证 ****** 第二行")
    assert len(written.reason) == audit.LONGEST_REASON


def test_many_threads_write_whole_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(audit, "MOST_BYTES", 20_000)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: audit.record(tmp_path, f"a{n}", "view", at=MOMENT), range(400)))
    assert {e.account for e in audit.read(tmp_path)} == {f"a{n}" for n in range(400)}
    lines = [line for f in tmp_path.glob("*.jsonl") for line in f.read_text().splitlines()]
    assert len(lines) == len([json.loads(line) for line in lines]) == 400


WRITER = """
import sys
from datetime import datetime
from pathlib import Path
from fuqi import audit
audit.MOST_BYTES = 9000
for number in range(60):
    audit.record(Path(sys.argv[1]), f"{sys.argv[2]}-{number}", "export", reason="x" * number)
"""


def test_many_processes_write_whole_lines(tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name], cwd=paths.PROJECT)
        for name in "abcd"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    found = [e.account for e in audit.read(tmp_path)]
    assert sorted(found) == sorted(f"{name}-{n}" for name in "abcd" for n in range(60))
    for name in "abcd":  # each writer's own order is kept
        assert [a for a in found if a.startswith(name)] == [f"{name}-{n}" for n in range(60)]


def test_what_a_crash_cut_off_swallows_no_other_line(tmp_path):
    audit.record(tmp_path, "before", "view", at=MOMENT)
    (file,) = tmp_path.glob("*.jsonl")
    with file.open("ab") as log:
        log.write(b'{"at": "2026-11-22T09')
    audit.record(tmp_path, "after", "view", at=MOMENT)
    assert [e.account for e in audit.read(tmp_path)] == ["before", "after"]


def test_a_filter_takes_little_room_and_tells_no_phone_number(tmp_path: Path):
    said = {"from": "x" * 5000, "about": "查找“139 1234 5678”", "case": "SQ20230605002"}
    entry = audit.record(tmp_path, "a", "view", filters=said, at=MOMENT)
    assert entry.filters == {
        "from": "x" * 300,
        "about": "查找“******”",
        "case": "SQ20230605002",
    }


def test_what_cannot_be_written_down_is_said(tmp_path: Path):
    blocked = tmp_path / "audit"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(AuditError, match="审计日志写不进去"):
        audit.record(blocked, "a", "export")


def test_what_left_the_house_is_on_the_disk_before_it_leaves(tmp_path, monkeypatch):
    flushed: list[int] = []
    monkeypatch.setattr(audit.os, "fsync", flushed.append)
    for action in ("view", "refused"):
        audit.record(tmp_path, "a", action, at=MOMENT)
    assert flushed == []
    for action in set(audit.ACTIONS) - {"view", "refused"}:
        flushed.clear()
        audit.record(tmp_path, "a", action, at=MOMENT)
        assert flushed, action
