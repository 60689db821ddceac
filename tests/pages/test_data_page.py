"""The page 数据 says what the intake's own files say, and takes new data: upload, preview, publish, go back."""

import csv
import io
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from streamlit.testing.v1 import AppTest

from fuqi import contract, intake
from fuqi.store import Warehouse
from tests.conftest import copied
from tests.pages.conftest import OpenPage
from tests.small_exports import ROWS

SECONDS_TO_PREPARE = 60
OPEN = ROWS["诉求"][1]
NEWS = {**OPEN, "工单编号": "SQ20230628003", "诉求标题": "新到的诉求"}
WRONG = {**OPEN, "工单编号": "SQ20230628004", "受理时间": "2023/13/45"}


def frame(opened: AppTest, *columns: str):
    """The first table on the page that has those columns."""
    return next(d.value for d in opened.dataframe if {*columns} <= {*d.value.columns})


def own_downloads(opened: AppTest) -> list[str]:
    """What the page itself offers for download, beside what every page has: the things shown, and all of them."""
    return [
        button.proto.label
        for button in opened.get("download_button")
        if not (button.key or "").startswith("export_page")
    ]


def report(warehouse: Path) -> list[dict[str, str]]:
    release = Warehouse(warehouse).current()
    assert release is not None
    with (release.folder / "intake_problems.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_of_the_release_stands_with_its_rows(
    open_page: OpenPage, demo_warehouse: Path
) -> None:
    shown = frame(open_page("data"), "table_name", "row_count")
    manifest = Warehouse(demo_warehouse).current().manifest
    tables = contract.load()
    assert dict(zip(shown["table_name"], shown["row_count"], strict=True)) == {
        tables[name].title: entry.rows for name, entry in manifest.tables.items()
    }


def test_every_file_of_the_release_stands_with_what_came_of_it(
    open_page: OpenPage, demo_warehouse: Path
) -> None:
    shown = frame(open_page("data"), "file", "read_count").to_dict("records")
    manifest = Warehouse(demo_warehouse).current().manifest
    assert [row["file"] for row in shown] == [file.file for file in manifest.files]
    for row in shown:
        assert (
            row["read_count"]
            == row["loaded_count"] + row["refused_count"] + row["superseded_count"]
        )
    assert sum(row["refused_count"] for row in shown) == sum(
        entry.refused for entry in manifest.tables.values()
    )
    (appeals,) = (row for row in shown if row["file"].startswith("企业诉求台账"))
    assert appeals["table_name"] == contract.load()["appeals"].title
    assert appeals["ignored_columns"] == "序号、备注2"


def test_problems_are_those_of_the_report_file(open_page: OpenPage, demo_warehouse: Path) -> None:
    opened = open_page("data")
    counts, rows = frame(opened, "problem_count", "examples"), frame(opened, "row_number")
    written = report(demo_warehouse)
    assert counts["problem_count"].sum() == len(written)
    assert {
        (row["file"], row["reason"]): row["problem_count"] for row in counts.to_dict("records")
    } == Counter((row["文件"], row["原因"]) for row in written)
    assert Counter(rows["reason"]) == Counter(row["原因"] for row in written)
    refused = [row for row in written if row["程度"] == "拒收"]
    assert len(refused) > 10
    assert list(rows["severity_name"][: len(refused)]) == ["拒收"] * len(refused)
    first = next(row for row in refused if row["值"] and row["列"] == "登记时间")
    named = counts[(counts["file"] == first["文件"]) & (counts["reason"] == first["原因"])]
    assert f"第{first['行号']}行 登记时间：{first['值']}" in named["examples"].item()


def test_original_rows_with_names_in_the_clear_are_not_on_the_screen(
    open_page: OpenPage, demo_warehouse: Path
) -> None:
    opened = open_page("data")
    written = report(demo_warehouse)
    assert any("联系人" in row["原始行"] for row in written)
    for shown in opened.dataframe:
        assert "联系人" not in shown.value.to_csv()
    assert own_downloads(opened) == []
    with ZipFile(io.BytesIO(opened.session_state["shown_on_page"].workbook())) as workbook:
        texts = workbook.read("xl/sharedStrings.xml").decode()
    assert "问题明细" in texts
    assert "联系人" not in texts


# ---------------------------------------------------------------- taking new data


@pytest.fixture
def switch_uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Switches uploads on or off, as a change of data/settings.toml does."""
    file = tmp_path / "settings.toml"
    monkeypatch.setattr("fuqi.settings.load.__defaults__", (file,))

    def switch(is_on: bool) -> None:
        file.write_text(f"uploads = {str(is_on).lower()}\n", encoding="utf-8")

    switch(True)
    return switch


@pytest.fixture
def warehouse(
    tmp_path: Path,
    small_warehouse: Path,
    open_page: OpenPage,
    use_warehouse: Callable[[Path], None],
    switch_uploads: Callable[[bool], None],
) -> Warehouse:
    """The small exports in a warehouse of the test's own, with uploads switched on."""
    own = copied(small_warehouse, tmp_path / "warehouse")
    use_warehouse(own.folder)
    return own


def as_csv(*rows: dict[str, str]) -> bytes:
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return "\n".join(lines).encode("utf-8-sig")


def upload(opened: AppTest, *files: tuple[str, bytes], is_incremental: bool = True) -> AppTest:
    """Choose files and click 预览; gives the page as it is right after."""
    if is_incremental:
        opened.segmented_control[0].set_value("增量").run()
    opened.file_uploader[0].set_value([(n, c, "text/csv") for n, c in files]).run()
    return opened.button(key="preview").click().run()


def wait(opened: AppTest) -> AppTest:
    """The page once the preview is there, or the reason why there is none."""
    deadline = time.monotonic() + SECONDS_TO_PREPARE
    while any("正在读取和核对" in m.value for m in opened.markdown):
        assert time.monotonic() < deadline, "the preview was never ready"
        time.sleep(0.2)
        opened.run()
    return opened


def said(opened: AppTest) -> str:
    boxes = (*opened.success, *opened.warning, *opened.error, *opened.info)
    return "\n".join(box.value.replace("\\", "") for box in boxes)


def keys(opened: AppTest) -> set[str]:
    return {button.key for button in opened.button}


def count_appeals(warehouse: Warehouse) -> int:
    return warehouse.current().manifest.tables["appeals"].rows


def test_news_are_previewed_and_shown_to_nobody_before_they_are_published(
    warehouse: Warehouse, open_page: OpenPage
) -> None:
    before = warehouse.current_id()
    opened = wait(upload(open_page("data"), ("今天的诉求.csv", as_csv(OPEN, NEWS, WRONG))))
    assert not opened.exception
    (candidate,) = warehouse.candidates()
    assert warehouse.current_id() == before
    assert count_appeals(warehouse) == 2
    (read,) = frame(opened, "file", "read_count").to_dict("records")
    assert (read["file"], read["load_mode"]) == ("今天的诉求.csv", "增量")
    assert read["table_name"] == contract.load()["appeals"].title
    counted = {k: v for k, v in read.items() if k.endswith("_count") and v}
    assert counted == {
        "read_count": 3,
        "loaded_count": 2,
        "new_count": 1,
        "identical_count": 1,
        "refused_count": 1,
    }
    (change,) = frame(opened, "rows_before").to_dict("records")
    assert [change[f"rows_{c}"] for c in ("before", "after", "difference")] == [2, 3, 1]
    (problem,) = frame(opened, "examples").to_dict("records")
    assert problem["examples"] == "第4行 受理时间：2023/13/45"
    assert own_downloads(opened) == ["下载问题明细"]

    opened.button(key="publish").click().run()

    assert warehouse.current() == candidate
    assert count_appeals(warehouse) == 3
    assert f"已发布版本 {candidate.release_id}" in said(opened)
    assert "publish" not in keys(opened)
    assert frame(opened, "file", "read_count")["file"].tolist() == ["今天的诉求.csv"]


def test_a_preview_tells_the_problems_of_its_own_files(
    warehouse: Warehouse, open_page: OpenPage, tmp_path: Path
) -> None:
    (tmp_path / "诉求.csv").write_bytes(as_csv(WRONG))
    intake.run(tmp_path / "诉求.csv", warehouse, incremental=True)
    opened = wait(
        upload(open_page("data"), ("园区.csv", as_csv({**ROWS["园区"][0], "备注": "新"})))
    )
    told = [d.value for d in opened.dataframe if "examples" in d.value.columns]
    assert [t["file"].tolist() for t in told] == [["园区.csv"], ["诉求.csv"]]
    assert told[0]["examples"].tolist() == ["备注"]
    assert "企业诉求工单" in "".join(c.value for c in opened.caption if "不变" in c.value)


def test_a_side_list_is_shown_with_the_cases_it_changes(
    warehouse: Warehouse, open_page: OpenPage
) -> None:
    later = {
        "工单编号": OPEN["工单编号"],
        "延期后时限": "2023-07-05 18:00:00",
        "延期理由": "等待审批",
    }
    opened = wait(upload(open_page("data"), ("延期清单.csv", as_csv(later))))
    captions = [caption.value for caption in opened.caption]
    (told,) = (text for text in captions if "按编号补充" in text)
    assert told == "“延期清单”按编号补充“企业诉求工单”：1 行、1 件，其中 1 件因此不同于原表。"
    assert not any("不变" in text and "企业诉求工单" in text for text in captions)
    opened.button(key="publish").click().run()
    assert warehouse.current().manifest.completed[0].changed == 1


def test_clicks_that_arrive_twice_do_one_thing(warehouse: Warehouse, open_page: OpenPage) -> None:
    opened = open_page("data")
    opened.segmented_control[0].set_value("增量").run()
    opened.file_uploader[0].set_value([("诉求.csv", as_csv(NEWS), "text/csv")]).run()
    again = open_page("data")
    opened.button(key="preview").click().run()
    opened = wait(opened)
    assert len(warehouse.candidates()) == 1
    other = again.run()
    for page in (opened, other):
        page.button(key="publish").click().run()
        assert "已发布版本" in said(page)
    assert len(warehouse.releases()) == 2


def test_a_candidate_of_a_closed_browser_waits_for_whoever_comes_next(
    warehouse: Warehouse, open_page: OpenPage
) -> None:
    wait(upload(open_page("data"), ("诉求.csv", as_csv(NEWS))))
    (candidate,) = warehouse.candidates()
    next_keeper = open_page("data")
    assert frame(next_keeper, "rows_before")["rows_after"].tolist() == [3]
    next_keeper.button(key="discard").click().run()
    assert f"已放弃版本 {candidate.release_id}" in said(next_keeper)
    assert warehouse.candidates() == []
    assert "publish" not in keys(next_keeper)
    assert count_appeals(warehouse) == 2


def test_a_preview_that_another_release_has_overtaken_cannot_be_published(
    warehouse: Warehouse, open_page: OpenPage, tmp_path: Path
) -> None:
    opened = wait(upload(open_page("data"), ("诉求.csv", as_csv(NEWS))))
    (tmp_path / "诉求.csv").write_bytes(as_csv({**NEWS, "工单编号": "SQ20230628009"}))
    overtaking = intake.run(tmp_path / "诉求.csv", warehouse, incremental=True).release

    opened.button(key="publish").click().run()  # drawn before, clicked after

    assert "没有执行" in said(opened)
    assert "重新预览" in said(opened)
    assert warehouse.current() == overtaking
    assert opened.button(key="publish").disabled
    opened.button(key="discard").click().run()
    assert warehouse.candidates() == []


def test_two_sessions_keep_their_own_uploads(warehouse: Warehouse, open_page: OpenPage) -> None:
    mine, theirs = open_page("data"), open_page("data")
    upload(mine, ("甲.csv", as_csv(NEWS)))
    assert "files_0" in {u.key for u in theirs.run().file_uploader}
    wait(mine)
    wait(upload(theirs, ("乙.csv", as_csv({**NEWS, "诉求标题": "另一件"}))))
    first, second = warehouse.candidates()
    assert mine.run().selectbox(key="candidate").value == first.release_id
    assert theirs.selectbox(key="candidate").value == second.release_id
    mine.button(key="discard").click().run()
    assert warehouse.candidates() == [second]


def test_a_refused_load_says_why_with_its_report(warehouse: Warehouse, open_page: OpenPage) -> None:
    before = warehouse.current_id()
    opened = wait(
        upload(
            open_page("data"),
            ("诉求.csv", as_csv(WRONG)),
            ("说明 [点](x) <b>.csv", "甲,乙\n1,2\n".encode()),
            is_incremental=False,
        )
    )
    assert not opened.exception
    assert "没有载入，看板保持原样" in said(opened)
    assert "没有一行可用" in said(opened)
    assert str(warehouse.folder) not in said(opened)
    files = frame(opened, "file", "read_count")
    assert files["file"].tolist() == ["诉求.csv", "说明 [点](x) _b_.csv"]
    assert files["refused_count"].tolist()[0] == 1
    assert files["loaded_count"].tolist() == [0, 0]
    assert files["not_loaded_reason"].tolist()[0] == ""
    assert files["not_loaded_reason"].tolist()[1].startswith("表头不像任何一张表")
    assert "第2行 受理时间：2023/13/45" in frame(opened, "examples")["examples"].tolist()
    assert own_downloads(opened) == ["下载问题明细"]
    assert (warehouse.candidates(), warehouse.current_id()) == ([], before)
    opened.button(key="dismiss").click().run()
    assert opened.file_uploader
    assert not list((warehouse.folder / "uploads").iterdir())


def test_a_full_load_that_loses_rows_is_refused_unless_that_is_allowed(
    warehouse: Warehouse, open_page: OpenPage
) -> None:
    opened = wait(upload(open_page("data"), ("诉求.csv", as_csv(OPEN)), is_incremental=False))
    assert "丢失的行超过上限 20%" in said(opened)
    opened.button(key="dismiss").click().run()
    opened.checkbox[0].check().run()
    wait(upload(opened, ("诉求.csv", as_csv(OPEN)), is_incremental=False))
    assert frame(opened, "rows_before")["rows_difference"].tolist() == [-1]


def test_while_somebody_else_writes_nothing_is_lost_and_a_second_try_does_it(
    warehouse: Warehouse, open_page: OpenPage
) -> None:
    with warehouse.stage():
        opened = wait(upload(open_page("data"), ("诉求.csv", as_csv(NEWS))))
        assert "另一次载入" in said(opened)
        assert "--wait" not in said(opened)
    opened.button(key="again").click().run()
    wait(opened)
    with warehouse.stage():
        opened.button(key="publish").click().run()
        assert "此刻有另一次载入或切换正在进行，没有执行" in said(opened)
    opened.button(key="publish").click().run()
    assert count_appeals(warehouse) == 3


def test_the_first_release_of_all_may_be_uploaded(
    tmp_path: Path, warehouse: Warehouse, open_page: OpenPage, use_warehouse: Callable[[Path], None]
) -> None:
    use_warehouse(tmp_path / "empty")
    opened = open_page("data")
    files = [(f"{name}.csv", as_csv(*rows)) for name, rows in ROWS.items()]
    wait(upload(opened, *files, is_incremental=False))
    opened.button(key="publish").click().run()
    assert count_appeals(Warehouse(tmp_path / "empty")) == 2
    assert [title.value for title in opened.title] == ["数据"]


def test_going_back_asks_once_more(warehouse: Warehouse, open_page: OpenPage) -> None:
    opened = wait(upload(open_page("data"), ("诉求.csv", as_csv(NEWS))))
    opened.button(key="publish").click().run()
    old, new = warehouse.releases()
    assert f"switch_{new.release_id}" not in keys(opened)
    opened.button(key=f"switch_{old.release_id}").click().run()
    assert warehouse.current() == new
    opened.button(key="confirm_switch").click().run()
    assert warehouse.current() == old
    assert f"现用版本已换为 {old.release_id}" in said(opened)
    assert f"switch_{new.release_id}" in keys(opened)


def test_going_back_is_put_off_when_the_release_in_use_changed_meanwhile(
    warehouse: Warehouse, open_page: OpenPage, tmp_path: Path
) -> None:
    opened = wait(upload(open_page("data"), ("诉求.csv", as_csv(NEWS))))
    opened.button(key="publish").click().run()
    old, _ = warehouse.releases()
    opened.button(key=f"switch_{old.release_id}").click().run()
    (tmp_path / "诉求.csv").write_bytes(as_csv({**NEWS, "工单编号": "SQ20230628009"}))
    overtaking = intake.run(tmp_path / "诉求.csv", warehouse, incremental=True).release
    opened.button(key="confirm_switch").click().run()
    assert warehouse.current() == overtaking
    assert "没有切换" in said(opened)


# ---------------------------------------------------------------- switched off


def test_switched_off_the_page_offers_nothing_to_click(
    warehouse: Warehouse, open_page: OpenPage, switch_uploads: Callable[[bool], None]
) -> None:
    wait(upload(open_page("data"), ("诉求.csv", as_csv(NEWS))))
    switch_uploads(False)
    opened = open_page("data")
    assert "网页上传未开启" in "".join(c.value for c in opened.caption)
    assert not opened.file_uploader
    assert not opened.button
    assert own_downloads(opened) == []
    assert f"版本 {warehouse.current_id()}" in "".join(m.value for m in opened.markdown)


def test_a_click_on_a_page_drawn_before_the_switch_does_nothing(
    warehouse: Warehouse, open_page: OpenPage, switch_uploads: Callable[[bool], None]
) -> None:
    opened = wait(upload(open_page("data"), ("诉求.csv", as_csv(NEWS))))
    other = open_page("data")
    other.file_uploader[0].set_value([("诉求.csv", as_csv(NEWS), "text/csv")]).run()
    switch_uploads(False)
    opened.button(key="publish").click().run()
    assert "网页上传已关闭，没有执行" in said(opened)
    assert count_appeals(warehouse) == 2
    other.button(key="preview").click().run()
    assert "网页上传已关闭，没有执行" in said(other)
    assert len(warehouse.candidates()) == 1
    assert not list((warehouse.folder / "uploads").iterdir())
