"""Frozen periods: stored once, never lost, and compared with today."""

import json
import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from fuqi import cli, frozen, paths
from fuqi.frozen import FrozenError
from fuqi.settings import Settings
from fuqi.store import BusyError, Query, Release, Warehouse, lock
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts

MAY = datetime(2023, 5, 2, 9)
LATER = AS_OF + timedelta(days=10)


def ledger(folder: Path, *, closed: int, as_of: datetime = AS_OF) -> Release:
    """Ten appeals of May, the first `closed` of them closed a day later, in a new release."""
    rows = [
        appeal(
            number,
            MAY + timedelta(hours=number),
            due_at=MAY + timedelta(days=5),
            closed_at=MAY + timedelta(days=1) if number < closed else None,
        )
        for number in range(10)
    ]
    return publish_ledger(
        folder, {"appeals": rows, "subdistricts": subdistricts("福保街道", "华强北街道")}, as_of
    )


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    ledger(tmp_path / "warehouse", closed=6)
    return Warehouse(tmp_path / "warehouse")


def totals(file: Path) -> dict:
    return json.loads(file.read_text(encoding="utf-8"))["rows"]["resolution_totals"][0]


# ---------------------------------------------------------------- periods


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2023-05", date(2023, 5, 1), date(2023, 5, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-12", date(2023, 12, 1), date(2023, 12, 31)),
        ("2023-Q2", date(2023, 4, 1), date(2023, 6, 30)),
        ("2023-Q4", date(2023, 10, 1), date(2023, 12, 31)),
        ("2023-W20", date(2023, 5, 15), date(2023, 5, 21)),
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 3)),
        ("2023-05-26..2023-06-25", date(2023, 5, 26), date(2023, 6, 25)),
        ("2023-05-26", date(2023, 5, 26), date(2023, 5, 26)),
    ],
)
def test_period_is_read_with_both_its_ends(text, first, last):
    assert frozen.period(text) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["2023", "2023-13", "2023-Q5", "2023-W54", "2023-02-30", "2023-06-25..2023-05-26", "../x", ""],
)
def test_period_that_is_none_is_refused(text):
    with pytest.raises(FrozenError, match="时段"):
        frozen.period(text)


# ---------------------------------------------------------------- freezing


def test_figures_are_stored_with_all_that_made_them(warehouse):
    file = frozen.freeze(warehouse, "2023-05", Settings(min_n=7))
    assert file == warehouse.folder / "frozen" / "2023-05.json"
    one = frozen.find(warehouse, date(2023, 5, 1), date(2023, 5, 31))
    row = one.rows["resolution_totals"][0]
    assert (row["received_count"], row["closed_count"], row["closed_rate"]) == (10, 6, 0.6)
    assert one.rows["open_totals"][0]["open_count"] == 4
    streets = {r["subdistrict_name"]: r for r in one.rows["resolution_by_subdistrict"]}
    assert {s: r["received_count"] for s, r in streets.items()} == {"福保街道": 10, "华强北街道": 0}
    assert (one.as_of, one.release_id) == (AS_OF, warehouse.current_id())
    assert one.settings["min_n"] == 7
    assert one.settings["deadline_limits"][0]["category"] == "政策咨询"
    assert set(one.files) >= {
        "fuqi/store/macros.sql",
        "queries/resolution/resolution_totals.sql",
        "queries/staging/judged_cases.sql",
        "queries/staging/timed_appeals.sql",
    }
    assert "queries/stations/station_totals.sql" not in one.files


def test_earlier_moment_judges_as_it_was_then(warehouse):
    earlier = MAY + timedelta(hours=23)
    file = frozen.freeze(warehouse, "2023-05", Settings(), as_of=earlier)
    assert (totals(file)["received_count"], totals(file)["closed_count"]) == (10, 0)
    assert json.loads(file.read_text())["as_of"] == earlier.isoformat()


def test_frozen_figures_stay_when_cases_are_closed_later(warehouse):
    file = frozen.freeze(warehouse, "2023-05", Settings())
    before = file.read_bytes()
    ledger(warehouse.folder, closed=10, as_of=LATER)
    with pytest.raises(FrozenError, match="--replace"):
        frozen.freeze(warehouse, "2023-05", Settings())
    assert file.read_bytes() == before


def test_replacing_keeps_every_older_state_under_a_number(warehouse):
    file = frozen.freeze(warehouse, "2023-05", Settings())
    states = [file.read_bytes()]
    for closed in (8, 10):
        ledger(warehouse.folder, closed=closed, as_of=LATER)
        assert frozen.freeze(warehouse, "2023-05", Settings(), replace=True) == file
        states.append(file.read_bytes())
    assert totals(file)["closed_count"] == 10
    folder = warehouse.folder / "frozen"
    assert [(folder / f"2023-05.{n}.json").read_bytes() for n in (1, 2)] == states[:2]
    assert [one.name for one in frozen.listed(warehouse)] == ["2023-05"]


def test_same_days_under_another_name_are_one_period(warehouse):
    file = frozen.freeze(warehouse, "2023-05", Settings())
    with pytest.raises(FrozenError, match="封存为 2023-05"):
        frozen.freeze(warehouse, "2023-05-01..2023-05-31", Settings())
    again = frozen.freeze(warehouse, "2023-05-01..2023-05-31", Settings(), replace=True)
    assert again == file


@pytest.mark.parametrize(
    ("name", "as_of", "told"),
    [("2023-07", None, "还没有开始"), ("2023-05", LATER, "晚于数据截止时间")],
)
def test_what_the_data_cannot_tell_is_not_frozen(warehouse, name, as_of, told):
    with pytest.raises(FrozenError, match=told):
        frozen.freeze(warehouse, name, Settings(), as_of=as_of)
    assert not (warehouse.folder / "frozen").exists()


def test_without_a_release_nothing_is_frozen(tmp_path):
    with pytest.raises(FrozenError, match="还没有载入过数据"):
        frozen.freeze(Warehouse(tmp_path), "2023-05", Settings())


def test_failing_write_leaves_the_old_figures_and_nothing_else(warehouse, monkeypatch):
    file = frozen.freeze(warehouse, "2023-05", Settings())
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(frozen.os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        frozen.freeze(warehouse, "2023-05", Settings(), replace=True)
    assert [f.name for f in file.parent.iterdir()] == ["2023-05.json"]
    assert file.read_bytes() == before


def test_freezing_waits_for_whoever_writes(warehouse):
    with lock.held(warehouse.folder, "载入"), pytest.raises(BusyError, match="载入"):
        frozen.freeze(warehouse, "2023-05", Settings())


def test_pruning_releases_leaves_what_is_frozen(warehouse):
    file = frozen.freeze(warehouse, "2023-05", Settings())
    ledger(warehouse.folder, closed=10, as_of=LATER)
    assert warehouse.prune(1)
    assert totals(file)["closed_count"] == 6


def test_file_that_cannot_be_read_is_named(warehouse):
    file = frozen.freeze(warehouse, "2023-05", Settings())
    file.write_text(file.read_text()[:100], encoding="utf-8")
    with pytest.raises(FrozenError, match=r"2023-05\.json"):
        frozen.listed(warehouse)


# ---------------------------------------------------------------- why today differs


def changes(warehouse: Warehouse, settings: Settings) -> list[str]:
    one = frozen.find(warehouse, date(2023, 5, 1), date(2023, 5, 31))
    return one.changes(warehouse.current(), settings)


def test_nothing_changed_is_said_as_nothing(warehouse):
    frozen.freeze(warehouse, "2023-05", Settings())
    assert changes(warehouse, Settings()) == []
    moved = Settings(rounding="truncate", refresh_seconds=30, common_fdr=0.1)
    assert changes(warehouse, moved) == []


def test_changed_setting_is_named(warehouse):
    frozen.freeze(warehouse, "2023-05", Settings())
    (told,) = changes(warehouse, replace(Settings(), min_n=5, deadline_limits=()))
    assert told == "设置已改：没有时限时推算的时限、最低样本数"


def test_later_data_are_told_with_both_moments(warehouse):
    frozen.freeze(warehouse, "2023-05", Settings())
    before = warehouse.current_id()
    after = ledger(warehouse.folder, closed=10, as_of=LATER)
    moment, data = changes(warehouse, Settings())
    assert "2023-06-28 18:00" in moment and "2023-07-08 18:00" in moment
    assert before in data and after.release_id in data


def test_changed_query_is_named_by_its_file(warehouse, monkeypatch):
    frozen.freeze(warehouse, "2023-05", Settings())
    queries = dict(frozen.load_queries())
    staging: Query = queries["timed_appeals"]
    queries["timed_appeals"] = replace(staging, sql=staging.sql + "\n-- mended")
    monkeypatch.setattr(frozen, "load_queries", lambda: queries)
    assert changes(warehouse, Settings()) == ["口径已改：queries/staging/timed_appeals.sql"]


def test_changed_calendar_is_told(warehouse, monkeypatch):
    frozen.freeze(warehouse, "2023-05", Settings())
    known = frozen.worktime.calendar
    holiday = date(2023, 5, 4)

    def other(first: date, last: date):
        for day in known(first, last):
            yield replace(day, is_working_day=False) if day.day == holiday else day

    monkeypatch.setattr(frozen.worktime, "calendar", other)
    assert changes(warehouse, Settings()) == ["工作日历已改"]


def test_version_is_that_of_the_queries_and_of_nothing_else(warehouse, monkeypatch):
    file = frozen.freeze(warehouse, "2023-05", Settings())
    version = json.loads(file.read_text())["version"]
    again = frozen.freeze(warehouse, "2023-W18", Settings(min_n=3))
    assert json.loads(again.read_text())["version"] == version
    queries = dict(frozen.load_queries())
    queries["open_totals"] = replace(queries["open_totals"], sql=queries["open_totals"].sql + " ")
    monkeypatch.setattr(frozen, "load_queries", lambda: queries)
    other = frozen.freeze(warehouse, "2023-W19", Settings())
    assert json.loads(other.read_text())["version"] != version


# ---------------------------------------------------------------- the commands


def test_commands_freeze_and_list(warehouse, monkeypatch, capsys):
    monkeypatch.setattr(paths, "WAREHOUSE", warehouse.folder)
    assert cli.main(["frozen"]) == 0
    assert "还没有封存的时段" in capsys.readouterr().out
    assert cli.main(["freeze", "2023-06", "--as-of", "2023-06-15"]) == 0
    assert "还没有结束" in capsys.readouterr().err
    assert cli.main(["freeze", "2023-05"]) == 0
    assert capsys.readouterr().err == ""
    assert cli.main(["freeze", "2023-05"]) == 1
    assert "--replace" in capsys.readouterr().err
    assert cli.main(["freeze", "2023-05", "--replace"]) == 0
    capsys.readouterr()
    assert cli.main(["frozen"]) == 0
    may, june = capsys.readouterr().out.splitlines()
    assert may.startswith("2023-05  2023-05-01 至 2023-05-31  截至 2023-06-28 18:00 判定")
    assert june.startswith("2023-06  ") and "截至 2023-06-15 23:59 判定" in june


def test_frozen_folder_is_no_release(warehouse):
    frozen.freeze(warehouse, "2023-05", Settings())
    assert [r.release_id for r in warehouse.releases()] == [warehouse.current_id()]
    shutil.rmtree(warehouse.folder / "frozen")
    assert frozen.listed(warehouse) == []
