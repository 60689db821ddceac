"""Limits: a load that would do harm is refused as a whole, its report kept, the release in use untouched."""

import csv
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from fuqi import cli, paths, settings
from fuqi.intake import IntakeError, archives, run, workbooks
from fuqi.store import Release, Warehouse
from tests.conftest import copied
from tests.small_exports import CLOSED, OPEN, ROWS, write_csv, write_small_exports


def firms(count: int) -> list[dict[str, str]]:
    return [{**ROWS["企业"][0], "主体编号": f"E{number}"} for number in range(count)]


@pytest.fixture(scope="module")
def ten_firms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse that holds the small exports, with ten firms; for copying only."""
    folder = tmp_path_factory.mktemp("ten")
    exports = write_small_exports(folder / "exports")
    write_csv(exports / "企业.csv", firms(10))
    run(exports, Warehouse(folder / "warehouse"))
    return folder / "warehouse"


@pytest.fixture
def warehouse(tmp_path: Path, ten_firms: Path) -> Warehouse:
    return copied(ten_firms, tmp_path / "warehouse")


def workbook(file: Path, rows: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file


def rewritten(file: Path, old: bytes, new: bytes) -> None:
    """Change the first worksheet of a workbook behind the back of the program that wrote it."""
    with zipfile.ZipFile(file) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    place = "xl/worksheets/sheet1.xml"
    assert old in parts[place]
    parts[place] = parts[place].replace(old, new)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in parts.items():
            book.writestr(name, part)


def reasons(release: Release) -> list[tuple[str, str]]:
    """File and reason of every problem in the report for spreadsheets."""
    text = (release.folder / "intake_problems.csv").read_text(encoding="utf-8-sig")
    return [(line["文件"], line["原因"]) for line in csv.DictReader(text.splitlines())]


# ---------------------------------------------------------------- rows that would be lost


def test_load_that_would_lose_too_many_rows_is_refused_with_before_and_after(warehouse, today):
    old = warehouse.current()
    write_csv(today / "企业.csv", firms(7))
    with pytest.raises(IntakeError, match=r"（enterprises）现有 10 行，载入后 7 行.* 3 行.*30.0%"):
        run(today, warehouse)
    assert warehouse.current() == old
    assert warehouse.releases() == [old]


def test_as_many_lost_rows_as_the_limit_allows_are_accepted(warehouse, today):
    write_csv(today / "企业.csv", firms(8))
    assert run(today, warehouse).release.manifest.tables["enterprises"].rows == 8


def test_other_rows_in_their_place_do_not_hide_a_loss(warehouse, today):
    others = [{**firm, "主体编号": f"X{n}"} for n, firm in enumerate(firms(10))]
    write_csv(today / "企业.csv", others)
    with pytest.raises(IntakeError, match="10 行不再出现"):
        run(today, warehouse)


def test_rows_that_are_refused_count_as_lost(warehouse, today):
    wrong = [{**firm, "所属街道": "东门街道"} for firm in firms(3)]
    write_csv(today / "企业.csv", [*wrong, *firms(10)[3:]])
    with pytest.raises(IntakeError, match="现有 10 行，载入后 7 行"):
        run(today, warehouse)


def test_incremental_load_loses_nothing(warehouse, today):
    write_csv(today / "企业.csv", firms(1))
    outcome = run(today, warehouse, incremental=True)
    assert outcome.release.manifest.tables["enterprises"].rows == 10


def test_loss_is_accepted_when_it_is_said_to_be_meant(warehouse, today, monkeypatch, capsys):
    monkeypatch.setattr(paths, "WAREHOUSE", warehouse.folder)
    write_csv(today / "企业.csv", firms(2))
    assert cli.main(["intake", str(today)]) == 1
    assert "--accept-loss" in capsys.readouterr().err
    assert cli.main(["intake", str(today), "--accept-loss"]) == 0
    assert warehouse.current().manifest.tables["enterprises"].rows == 2


def test_setting_says_how_much_may_be_lost(warehouse, today, monkeypatch):
    monkeypatch.setattr(paths, "WAREHOUSE", warehouse.folder)
    monkeypatch.setattr(settings, "load", lambda: settings.Settings(max_lost_share=0.5))
    write_csv(today / "企业.csv", firms(5))
    assert cli.main(["intake", str(today)]) == 0


# ---------------------------------------------------------------- the report of a refused load


def test_report_of_a_refused_load_is_kept_and_named(warehouse, today, monkeypatch, capsys):
    wrong = {**CLOSED, "受理时间": "昨天"}
    write_csv(today / "诉求.csv", [wrong])
    with pytest.raises(IntakeError) as caught:
        run(today, warehouse)
    monkeypatch.setattr(paths, "WAREHOUSE", warehouse.folder)
    report = caught.value.report
    assert report.parent == warehouse.folder / "refused"
    assert str(report) not in str(caught.value)  # it is shown on a page, too
    assert cli.main(["intake", str(today)]) == 1
    assert f"问题明细：{report.parent}" in capsys.readouterr().err
    found = reasons(Release(report))
    assert ("诉求.csv", "日期读不懂，应为 2023-06-28 或 2023/6/28 9:05") in found
    assert ("（整次载入）", "“企业诉求工单”没有一行可用") in found
    assert Warehouse(warehouse.folder).releases() == [warehouse.current()]


def test_report_is_kept_when_no_file_could_be_read(warehouse, today):
    (today / "坏的.xlsx").write_bytes(b"junk")
    with pytest.raises(IntakeError) as caught:
        run(today, warehouse)
    assert [file for file, _ in reasons(Release(caught.value.report))] == [
        "坏的.xlsx",
        "（整次载入）",
    ]


# ---------------------------------------------------------------- files that are not what they claim


def refused_reason(warehouse: Warehouse, today: Path, name: str) -> str:
    """Why a file was refused, loaded beside a sound one."""
    write_csv(today / "服务站.csv", ROWS["服务站"])
    outcome = run(today, warehouse)
    return dict(reasons(outcome.release))[name]


def test_workbook_that_unpacks_to_a_multiple_of_itself_is_not_read(warehouse, today, monkeypatch):
    file = workbook(today / "诉求.xlsx", [list(OPEN), list(OPEN.values())])
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/media/image1.xml", b"0" * (archives.RATIO_COUNTS_FROM + 1))
    monkeypatch.setattr("fuqi.intake.readers.read", lambda *_: pytest.fail("it was read"))
    with pytest.raises(IntakeError, match="不像正常导出的表格"):
        run(today, warehouse)


def test_cell_at_the_far_corner_does_not_fill_the_memory(warehouse, today):
    file = workbook(today / "诉求.xlsx", [list(OPEN), list(OPEN.values())])
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(OPEN))
        sheet.write_row(1, 0, list(OPEN.values()))
        sheet.write(1_048_575, 16_383, "x")
    assert "第 1,048,576 行、第 16,384 列" in refused_reason(warehouse, today, "诉求.xlsx")


def test_formulas_that_were_never_computed_are_told(warehouse, today):
    file = workbook(today / "诉求.xlsx", [list(OPEN), list(OPEN.values()), ["=A2", "=B2"]])
    rewritten(file, b"</f><v>0</v>", b"</f><v></v>")
    outcome = run(today, warehouse, max_lost_share=1.0)
    ((place, reason),) = reasons(outcome.release)
    assert (place, reason.startswith("有 2 个公式没有算出的值")) == ("诉求.xlsx", True)


def test_sheet_of_formulas_alone_is_said_to_be_that(warehouse, today):
    file = workbook(today / "诉求.xlsx", [["=1+1", "=2"]])
    rewritten(file, b"<v>0</v>", b"")
    with pytest.raises(IntakeError, match="文件是空的，只有没算出值的公式"):
        run(today, warehouse)


def test_computed_formulas_are_values_like_any_other(warehouse, today):
    with xlsxwriter.Workbook(str(today / "诉求.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(OPEN))
        sheet.write_row(1, 0, list(OPEN.values()))
        sheet.write_formula(1, list(OPEN).index("延期次数"), "=1+1", None, 2)
    outcome = run(today, warehouse, incremental=True)
    assert reasons(outcome.release) == []
    assert outcome.files[0].changed == 1


def test_values_of_a_workbook_with_macros_are_read(warehouse, today):
    file = workbook(today / "诉求.xlsx", [list(OPEN), [*OPEN.values()]])
    with zipfile.ZipFile(file, "a") as book:
        book.writestr("xl/vbaProject.bin", b"never run")
    file.rename(today / "诉求.xlsm")
    outcome = run(today, warehouse, incremental=True)
    assert (outcome.files[0].file, outcome.files[0].identical) == ("诉求.xlsm", 1)


@pytest.mark.parametrize(("length", "refused"), [(33_000, 0), (40_000, 1)])
def test_cell_longer_than_a_spreadsheet_holds_refuses_its_row(warehouse, today, length, refused):
    write_csv(today / "诉求.csv", [{**OPEN, "诉求内容": "诉" * length}, CLOSED])
    outcome = run(today, warehouse, incremental=True)
    assert outcome.files[0].refused == refused
    assert [r.partition("，")[0] for _, r in reasons(outcome.release)] == [
        "单元格内容过长"
    ] * refused


def test_member_with_a_wrong_checksum_is_no_readable_workbook(tmp_path):
    file = workbook(tmp_path / "a.xlsx", [["诉求"] * 3])
    with zipfile.ZipFile(file) as book:
        offset = book.getinfo("xl/worksheets/sheet1.xml").header_offset
    content = bytearray(file.read_bytes())
    content[offset + 80] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(workbooks.UnreadableFileError, match="不是可读的表格文件"):
        workbooks.formulas_without_value(file)
