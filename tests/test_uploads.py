"""Uploads: kept under a name that is no path, prepared by a process of their own, and never lost in silence."""

import asyncio
import errno
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from fuqi import cli, health, paths, settings, uploads
from fuqi.store import Warehouse
from fuqi.ui import server
from fuqi.uploads import Order, Result, Upload, UploadError
from tests.conftest import copied
from tests.small_exports import ROWS, write_csv, write_small_exports

SECONDS_TO_PREPARE = 60
NEWS = {**ROWS["诉求"][1], "工单编号": "SQ20230628003"}
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP and no SIGKILL")


@pytest.fixture
def warehouse(tmp_path: Path, small_warehouse: Path) -> Warehouse:
    return copied(small_warehouse, tmp_path / "warehouse")


@pytest.fixture
def news(tmp_path: Path) -> bytes:
    return write_csv(tmp_path / "诉求.csv", [NEWS]).read_bytes()


def outcome(upload: Upload) -> Result:
    deadline = time.monotonic() + SECONDS_TO_PREPARE
    while (result := upload.result) is None:
        assert time.monotonic() < deadline, upload.progress
        time.sleep(0.1)
    return result


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("企业诉求台账_6月.xlsx", "企业诉求台账_6月.xlsx"),
        ("../../../etc/诉求.csv", "诉求.csv"),
        (r"C:\exports\诉求.csv", "诉求.csv"),
        ("/诉求.csv", "诉求.csv"),
        ("..csv.csv", "csv.csv"),
        (".诉求.csv", "诉求.csv"),
        ("~$诉求.xlsx", "诉求.xlsx"),
        ('诉<求>:"|?*.csv', "诉_求______.csv"),
        ("诉\x00求\n.csv", "诉_求_.csv"),
        ("CON.csv", "_CON.csv"),
        ("诉求.CSV", "诉求.CSV"),
        ("e\u0301.csv", "\u00e9.csv"),
    ],
)
def test_an_uploaded_file_keeps_its_name_and_never_becomes_a_path(given, kept):
    assert uploads.file_name(given) == kept


def test_names_that_are_too_long_are_cut_between_characters():
    kept = uploads.file_name("诉" * 300 + ".xlsx")
    assert len(kept.encode()) <= uploads.LONGEST_NAME_BYTES
    assert set(kept.removesuffix(".xlsx")) == {"诉"}


def test_files_of_one_name_are_all_kept():
    assert uploads.file_name("诉求.csv", ["诉求.csv"]) == "诉求(2).csv"
    assert uploads.file_name("诉求.CSV", ["诉求.csv", "诉求(2).CSV"]) == "诉求(3).CSV"


@pytest.mark.parametrize("given", ["诉求.exe", "诉求", "诉求.csv/", "..", "", ".csv", "诉求.html"])
def test_what_is_no_export_is_not_taken(given):
    with pytest.raises(UploadError, match="不能载入文件"):
        uploads.file_name(given)


def test_uploads_that_cannot_be_meant_are_turned_away_and_leave_nothing(warehouse, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    for files, reason in (
        ([("诉求.csv", b"12345"), ("服务站.csv", b"678901")], "合计超过"),
        ([], "没有选择文件"),
        ([("诉求.csv", b"")] * (uploads.MOST_FILES + 1), "一次最多"),
        ([("source.toml", b"")], "没有导出文件"),
    ):
        with pytest.raises(UploadError, match=reason):
            uploads.start(files, Order(), warehouse)
    assert not (warehouse.folder / "uploads").exists()


def test_an_upload_becomes_a_candidate_and_its_files_go(warehouse, news):
    before = warehouse.current_id()
    upload = uploads.start(
        [("../诉求.csv", memoryview(news))], Order(is_incremental=True), warehouse
    )
    result = outcome(upload)
    assert result.state == uploads.READY, upload.progress
    assert warehouse.candidate(result.candidate).manifest.files[0].file == "诉求.csv"
    assert warehouse.current_id() == before
    assert not (upload.folder / uploads.FILES).exists()
    assert uploads.find(upload.upload_id, warehouse) == upload
    upload.remove()
    assert uploads.find(upload.upload_id, warehouse) is None
    assert warehouse.candidates() != []


def test_what_could_not_be_done_is_begun_again_as_soon_as_that_is_known(warehouse, news):
    with warehouse.stage():
        upload = uploads.start([("诉求.csv", news)], Order(is_incremental=True), warehouse)
        for _ in range(2):
            result = outcome(upload)
            assert result.state == uploads.BUSY, upload.progress
            uploads.again(upload, warehouse)  # its process may not have ended yet
        outcome(upload)
    for _ in range(2):
        uploads.again(upload, warehouse)
    assert outcome(upload).state == uploads.READY
    uploads.again(upload, warehouse)
    assert len(warehouse.candidates()) == 1


def test_source_toml_is_obeyed_when_it_is_uploaded_too(warehouse, tmp_path):
    folder = write_small_exports(tmp_path / "exports", label="演示数据")
    files = [(file.name, file.read_bytes()) for file in folder.iterdir()]
    result = outcome(uploads.start(files, Order(), warehouse))
    assert warehouse.candidate(result.candidate).manifest.label == "演示数据"


def test_a_full_disk_is_told_and_leaves_nothing(warehouse, news, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UploadError, match="检查磁盘空间"):
        uploads.start([("诉求.csv", news)], Order(), warehouse)
    assert not list((warehouse.folder / "uploads").iterdir())


@POSIX
def test_a_load_that_is_killed_says_so_and_the_next_one_runs(warehouse, news):
    files = [("诉求.csv", news)]
    upload = uploads.start(files, Order(is_incremental=True), warehouse)
    process = uploads._processes[upload.folder]
    os.kill(process.pid, signal.SIGKILL)
    result = outcome(upload)
    assert result.state == uploads.DIED
    assert "内存不足" in result.message
    assert health.examine(warehouse, settings.Settings()).is_sound
    assert (
        outcome(uploads.start(files, Order(is_incremental=True), warehouse)).state == uploads.READY
    )


@POSIX
def test_another_server_sees_that_a_load_still_runs(warehouse, news, monkeypatch):
    upload = uploads.start([("诉求.csv", news)], Order(is_incremental=True), warehouse)
    process = uploads._processes[upload.folder]
    deadline = time.monotonic() + SECONDS_TO_PREPARE
    while not (upload.folder / ".lock").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        monkeypatch.setattr(uploads, "_processes", {})
        assert upload.result is None
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert outcome(upload).state == uploads.READY


def test_what_nobody_came_back_for_is_cleared_by_a_later_upload(warehouse, news):
    old = uploads.start([("诉求.csv", news)], Order(is_incremental=True), warehouse)
    outcome(old)
    uploads._processes[old.folder].wait()
    past = time.time() - 3600 * (uploads.KEPT_HOURS + 1)
    os.utime(old.folder, (past, past))
    new = uploads.start([("诉求.csv", news)], Order(is_incremental=True), warehouse)
    assert outcome(new).state == uploads.READY
    assert [p.name for p in (warehouse.folder / "uploads").iterdir()] == [new.upload_id]


def test_a_preview_on_the_command_line_is_published_or_discarded_there(
    warehouse, tmp_path, news, monkeypatch, capsys
):
    monkeypatch.setattr(paths, "WAREHOUSE", warehouse.folder)
    preview = ["intake", str(tmp_path / "诉求.csv"), "--incremental", "--preview"]
    for _ in range(2):
        assert cli.main(preview) == 0
    first, second = (c.release_id for c in warehouse.candidates())
    assert f"待发布的版本 {second}" in capsys.readouterr().out
    assert cli.main(["releases"]) == 0
    assert f"? {first}  待发布" in capsys.readouterr().out
    assert first in health.examine(warehouse, settings.Settings()).text()
    assert cli.main(["publish", first]) == 0
    assert warehouse.current_id() == first
    assert cli.main(["publish", second]) == 1
    assert "重新预览" in capsys.readouterr().err
    assert cli.main(["discard", second]) == 0
    assert cli.main(["discard", second]) == 1
    assert warehouse.candidates() == []


# ---------------------------------------------------------------- the route that takes files


def status_of(method: str, path: str) -> int:
    """What the gate answers, 200 when it lets the request through."""
    answered = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        answered.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    asyncio.run(server.UploadGate(app)(scope, receive, send))
    return answered[0]["status"]


@pytest.mark.parametrize(
    ("content", "status"),
    [("uploads = true", 200), ("uploads = false", 403), ("", 403), ("uploads = 1", 403)],
)
def test_files_are_turned_away_at_the_door_while_uploads_are_off(
    tmp_path, monkeypatch, content, status
):
    file = tmp_path / "settings.toml"
    file.write_text(content, encoding="utf-8")
    monkeypatch.setattr("fuqi.settings.load.__defaults__", (file,))
    for place in ("/_stcore/upload_file/session/file", "/base/_stcore/upload_file/session/file"):
        assert status_of("PUT", place) == status
        assert status_of("POST", place) == status
        assert status_of("OPTIONS", place) == 200
    assert status_of("GET", "/data") == 200
