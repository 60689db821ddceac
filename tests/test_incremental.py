"""Incremental loads: news come in, nothing else changes; and every load says what it changed."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from fuqi.intake import FileOutcome, IntakeError, Outcome, run
from fuqi.store.releases import Warehouse
from tests.small_exports import CLOSED, OPEN, ROWS, write_csv, write_small_exports

NEWER = {"首次联系时间": "2023-06-28 09:00:00"}


def load(today: Path, warehouse: Warehouse, *appeals: dict[str, str]) -> Outcome:
    write_csv(today / "诉求.csv", list(appeals))
    return run(today, warehouse, incremental=True)


def appeals(outcome: Outcome, *columns: str) -> dict[str, tuple[Any, ...]]:
    """The given columns of every appeal, by its number."""
    path = outcome.release.table_path("appeals")
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select appeal_id, {', '.join(columns)} from '{path}'"
        ).fetchall()
    assert len({number for number, *_ in found}) == len(found)
    return {number: tuple(rest) for number, *rest in found}


def counts(file: FileOutcome) -> dict[str, int]:
    names = ("rows_read", "loaded", "new", "changed", "identical", "refused", "superseded")
    return {n: getattr(file, n) for n in (*names, "flagged", "outdated") if getattr(file, n)}


def test_newer_state_takes_the_place_of_the_stored_one_and_other_rows_stay(warehouse, today):
    outcome = load(today, warehouse, {**OPEN, **NEWER})
    found = appeals(outcome, "first_response_at", "outcome")
    assert found == {
        CLOSED["工单编号"]: (datetime(2023, 5, 4, 11), "解决"),
        OPEN["工单编号"]: (datetime(2023, 6, 28, 9), None),
    }
    assert warehouse.current().manifest.tables["appeals"].rows == 2


def test_row_of_an_unknown_key_is_added(warehouse, today):
    outcome = load(today, warehouse, {**OPEN, "工单编号": "SQ3"})
    assert set(appeals(outcome, "title")) == {CLOSED["工单编号"], OPEN["工单编号"], "SQ3"}


def test_row_that_goes_back_in_time_is_flagged_and_the_stored_one_stays(warehouse, today):
    reopened = {**CLOSED, "办结时间": "", "办理结果": "", "满意度": ""}
    outcome = load(today, warehouse, reopened)
    assert appeals(outcome, "outcome", "rating")[CLOSED["工单编号"]] == ("解决", "满意")
    report = pq.read_table(outcome.release.table_path("intake_problems")).to_pylist()
    assert [(p["severity"], p["row"], p["reason"]) for p in report] == [
        ("flagged", 2, "比已载入的状态旧，保留已载入的一行")
    ]
    assert counts(outcome.files[0]) == {"rows_read": 1, "flagged": 1, "outdated": 1}


@pytest.mark.parametrize("grown", ["重办次数", "退单次数"])
def test_case_that_is_done_again_is_reopened(warehouse, today, grown):
    again = {**CLOSED, "办结时间": "", "办理结果": "", "满意度": "", grown: "1"}
    outcome = load(today, warehouse, again)
    assert appeals(outcome, "closed_at", "rating")[CLOSED["工单编号"]] == (None, None)
    assert counts(outcome.files[0]) == {"rows_read": 1, "loaded": 1, "changed": 1}
    # An export from before the reopening comes late.
    outcome = load(today, warehouse, {**CLOSED, grown: "0"})
    assert appeals(outcome, "closed_at")[CLOSED["工单编号"]] == (None,)
    assert counts(outcome.files[0]) == {"rows_read": 1, "flagged": 1, "outdated": 1}
    # It is closed again; an empty count says nothing.
    outcome = load(today, warehouse, {**CLOSED, "办结时间": "2023-06-01 10:00:00", grown: ""})
    assert appeals(outcome, "closed_at")[CLOSED["工单编号"]] == (datetime(2023, 6, 1, 10),)


def test_reopened_state_wins_over_the_closed_one_of_the_same_file(warehouse, today):
    again = {**CLOSED, "办结时间": "", "办理结果": "", "满意度": "", "重办次数": "1"}
    write_csv(today / "诉求.csv", [again, {**CLOSED, "重办次数": "0"}, OPEN])
    outcome = run(today, warehouse)
    assert appeals(outcome, "redone_count", "outcome")[CLOSED["工单编号"]] == (1, None)
    assert counts(outcome.files[0])["superseded"] == 1


def test_other_state_of_the_same_moment_wins_as_the_later_one(warehouse, today):
    outcome = load(today, warehouse, {**CLOSED, "满意度": "不满意"})
    assert appeals(outcome, "rating")[CLOSED["工单编号"]] == ("不满意",)


def test_identical_rows_change_nothing_and_share_the_stored_file(warehouse, today):
    before = warehouse.current().table_path("appeals").stat().st_ino
    outcome = load(today, warehouse, OPEN, CLOSED)
    assert outcome.release.table_path("appeals").stat().st_ino == before
    assert counts(outcome.files[0]) == {"rows_read": 2, "loaded": 2, "identical": 2}


def test_every_row_of_a_file_is_counted_once(warehouse, today):
    outcome = load(
        today,
        warehouse,
        CLOSED,
        {**OPEN, **NEWER},
        OPEN,
        {**OPEN, "工单编号": "SQ3"},
        {**OPEN, "工单编号": "SQ4", "所属街道": "东门街道"},
        {**OPEN, "工单编号": "SQ5", "受理时间": "?"},
    )
    assert counts(outcome.files[0]) == {
        "rows_read": 6, "loaded": 3, "new": 1, "changed": 1, "identical": 1, "refused": 2,
        "superseded": 1,
    }  # fmt: skip
    assert (
        "（增量）：读取 6 行，载入 3 行（新增 1，变更 1，相同 1），拒收 2 行" in outcome.summary()
    )


def test_refused_row_leaves_the_stored_one(warehouse, today):
    outcome = load(today, warehouse, {**OPEN, **NEWER, "所属街道": "东门街道"})
    assert appeals(outcome, "first_response_at")[OPEN["工单编号"]] == (None,)


def test_column_that_is_not_there_says_nothing_and_an_empty_cell_does(warehouse, today):
    says = ("工单编号", "诉求类型", "所属街道", "受理时间", "诉求标题")
    row = {name: CLOSED[name] for name in says} | {"诉求标题": ""}
    outcome = load(today, warehouse, row)
    columns = ("title", "rating", "contact_phone", "closed_at")
    assert appeals(outcome, *columns)[CLOSED["工单编号"]] == (
        None, "满意", "13800001111", datetime(2023, 5, 8, 16, 30),
    )  # fmt: skip
    assert counts(outcome.files[0]) == {"rows_read": 1, "loaded": 1, "changed": 1}


def test_register_without_event_times_takes_the_news(warehouse, today):
    write_csv(today / "服务站.csv", [{**ROWS["服务站"][0], "站点名称": "新名"}])
    outcome = run(today, warehouse, incremental=True)
    assert pq.read_table(outcome.release.table_path("stations"))["station_name"].to_pylist() == [
        "新名"
    ]


def test_row_may_refer_to_what_came_in_earlier_and_to_what_comes_with_it(warehouse, today):
    write_csv(today / "服务站.csv", [{**ROWS["服务站"][0], "站点编号": "008"}])
    news = [{**OPEN, "工单编号": f"N{n}", "站点编号": n} for n in ("007", "008", "009")]
    outcome = load(today, warehouse, *news)
    assert {"N007", "N008"} <= set(appeals(outcome, "title"))
    assert "N009" not in appeals(outcome, "title")


def test_full_file_of_a_table_replaces_it_though_another_is_incremental(warehouse, today):
    write_csv(today / "诉求全量.csv", [CLOSED])
    write_csv(today / "诉求增量.csv", [{**OPEN, "工单编号": "SQ3"}])
    (today / "source.toml").write_text(
        '[[files]]\npattern = "*增量*"\nload = "incremental"\n', encoding="utf-8"
    )
    outcome = run(today, warehouse, max_lost_share=0.5)
    assert set(appeals(outcome, "title")) == {CLOSED["工单编号"], "SQ3"}


@pytest.mark.parametrize(
    "text", ['load = "incremental"', '[[files]]\npattern = "诉求*"\nload = "incremental"']
)
def test_source_file_may_ask_for_an_incremental_load(warehouse, today, text):
    (today / "source.toml").write_text(text, encoding="utf-8")
    write_csv(today / "诉求.csv", [{**OPEN, "工单编号": "SQ3"}])
    assert len(appeals(run(today, warehouse), "title")) == 3


def test_rules_that_are_no_list_are_named(warehouse, today):
    (today / "source.toml").write_text("files = 3", encoding="utf-8")
    with pytest.raises(IntakeError, match=r"files 是 3；应写成 \[\[files\]\] 小节"):
        load(today, warehouse, OPEN)


@pytest.mark.parametrize("text", ['load = "partial"', '[[files]]\npattern = "*"\nload = 1'])
def test_kind_of_load_that_does_not_exist_is_named(warehouse, today, text):
    (today / "source.toml").write_text(text, encoding="utf-8")
    write_csv(today / "诉求.csv", [OPEN])
    with pytest.raises(
        IntakeError, match=r"的 load 是 .*可用：full（整表替换）、incremental（增量）"
    ):
        run(today, warehouse)


def test_incremental_load_into_an_empty_warehouse_is_a_first_load(tmp_path):
    outcome = run(write_small_exports(tmp_path / "e"), Warehouse(tmp_path / "w"), incremental=True)
    assert {f.new for f in outcome.files if f.table == "appeals"} == {2}
    assert outcome.release.manifest.tables["appeals"].rows == 2


def test_full_load_says_what_it_changed_too(warehouse, today):
    write_csv(today / "诉求.csv", [CLOSED, {**OPEN, **NEWER}, {**OPEN, "工单编号": "SQ3"}])
    outcome = run(today, warehouse)
    assert counts(outcome.files[0]) == {
        "rows_read": 3, "loaded": 3, "new": 1, "changed": 1, "identical": 1,
    }  # fmt: skip


def test_old_file_does_not_take_the_moment_of_the_data_back(warehouse, today):
    (today / "source.toml").write_text("exported_at = 2023-05-10 18:00:00", encoding="utf-8")
    outcome = load(today, warehouse, CLOSED)
    assert outcome.release.manifest.data_as_of == datetime(2023, 6, 28, 18)


def test_old_full_file_does_not_take_back_the_moment_of_tables_that_stay(warehouse, today):
    (today / "source.toml").write_text("exported_at = 2023-05-10 18:00:00", encoding="utf-8")
    write_csv(today / "服务站.csv", ROWS["服务站"])
    assert run(today, warehouse).release.manifest.data_as_of == datetime(2023, 6, 28, 18)


def test_summary_is_about_this_load_and_the_report_about_the_release(warehouse, today):
    load(today, warehouse, {**OPEN, "多余的列": "x"})
    (today / "诉求.csv").unlink()
    write_csv(today / "服务站.csv", ROWS["服务站"])
    outcome = run(today, warehouse)
    assert outcome.problems == {}
    report = pq.read_table(outcome.release.table_path("intake_problems")).to_pylist()
    assert [p["column_title"] for p in report] == ["多余的列"]


def test_folder_inside_the_folder_is_not_loaded_and_that_is_told(warehouse, today):
    (today / "六月").mkdir()
    write_csv(today / "六月" / "企业.csv", ROWS["企业"])
    (today / "空的").mkdir()
    outcome = load(today, warehouse, OPEN)
    told = {f.place: f.reason for f in outcome.files if not f.table}
    assert told == {"六月": "子文件夹里的文件不载入；请移到上一层，或单独载入"}
    (today / "诉求.csv").unlink()
    with pytest.raises(IntakeError, match="没有文件，只有文件夹 六月；"):
        run(today, warehouse)


def test_label_of_the_rows_that_stay_stays(tmp_path, today):
    warehouse = Warehouse(tmp_path / "warehouse")
    run(write_small_exports(tmp_path / "exports", label="演示数据"), warehouse)
    load(today, warehouse, {**OPEN, **NEWER})
    assert warehouse.current().manifest.tables["appeals"].label == "演示数据"


# ---------------------------------------------------------------- what the files had


def given(warehouse: Warehouse, table: str = "appeals") -> tuple[str, ...] | None:
    return warehouse.current().manifest.tables[table].columns


KEPT = ("工单编号", "诉求类型", "所属街道", "受理时间")
KEPT_NAMES = ("appeal_id", "category_path", "subdistrict_name", "received_at")


def test_manifest_names_the_columns_that_the_files_had(warehouse, today):
    write_csv(today / "一.csv", [{name: CLOSED[name] for name in KEPT}])
    write_csv(today / "二.csv", [{name: OPEN[name] for name in (*KEPT, "办结时限", "满意度")}])
    stations = given(warehouse, "stations")
    run(today, warehouse)
    assert given(warehouse) == (*KEPT_NAMES, "due_at", "rating")
    assert given(warehouse, "stations") == stations
    assert "station_id" in stations
    assert "closed_date" not in stations
    assert given(warehouse, "permits") == ()


def test_column_of_the_rows_that_stay_is_not_absent(warehouse, today):
    before = given(warehouse)
    load(
        today, warehouse, {**{name: OPEN[name] for name in KEPT}, "派单时间": "2023-06-28 09:00:00"}
    )
    assert set(given(warehouse)) == {*before, "assigned_at"}
    assert warehouse.current().manifest.tables["appeals"].absent("rating", "visit_id") == (
        "visit_id",
    )


def test_manifest_written_before_says_of_no_column_that_it_is_absent(warehouse, today):
    manifest = warehouse.current().folder / "manifest.json"
    content = json.loads(manifest.read_text("utf-8"))
    for entry in content["tables"].values():
        del entry["columns"]
    manifest.write_text(json.dumps(content), "utf-8")
    load(today, warehouse, OPEN)
    assert given(warehouse) is given(warehouse, "stations") is None
    assert warehouse.current().manifest.tables["appeals"].absent("visit_id") == ()
    run(today, warehouse, max_lost_share=1)
    assert "visit_id" not in given(warehouse)
