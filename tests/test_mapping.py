"""Mapping files: exports of another shape become tables of the contract, and mistakes are named."""

import re
import shutil
import textwrap
import tomllib
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from fuqi import cli, contract, paths
from fuqi.intake import IntakeError, mapping, propose, run
from fuqi.intake.foreign import LABEL
from fuqi.store.releases import Warehouse
from tests.intake_rows import published, reported
from tests.small_exports import write_csv, write_small_exports

EXAMPLES = paths.MAPPINGS / "examples"

FOREIGN_ROWS = [
    {"No": "1", "Opened": "06/05/2023 09:00 PM", "Kind": "A", "Sub": "x", "Area": "福保街道", "Lamp": "red"},
    {"No": "2", "Opened": "06/06/2023 12:30 AM", "Kind": "B", "Sub": "", "Area": "福保街道", "Lamp": "blue"},
]  # fmt: skip

MAPPING = """
table = "appeals"
date_formats = ["%m/%d/%Y %I:%M %p"]

[columns]
appeal_id = "No"
received_at = "Opened"
category_path = { join = ["Kind", "Sub"], with = "->" }
subdistrict_name = "Area"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_exports(tmp_path / "exports")


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture
def foreign_file(folder: Path) -> Path:
    (folder / "诉求.csv").unlink()
    return write_csv(folder / "cases.csv", FOREIGN_ROWS)


def written(folder: Path, text: str, name: str = "cases") -> Path:
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_mapping_of_the_command_line_reads_what_the_contract_does_not_know(
    folder: Path, foreign_file: Path, warehouse: Warehouse, tmp_path: Path
) -> None:
    file = written(tmp_path, 'pattern = "cases*"\n' + MAPPING)
    outcome = run(folder, warehouse, mapping=file)
    assert published(outcome, "appeals", "appeal_id, received_at, category_path") == [
        ("1", datetime(2023, 6, 5, 21), "A->x"),
        ("2", datetime(2023, 6, 6, 0, 30), "B"),
    ]
    assert {p["column_title"] for p in reported(outcome, "ignored")} == {"Lamp"}
    assert "cases.csv → appeals（映射 cases）：" in outcome.summary()


def test_mapping_named_in_the_source_file_stands_beside_the_exports(
    folder: Path, foreign_file: Path, warehouse: Warehouse
) -> None:
    written(folder, MAPPING)
    with (folder / "source.toml").open("a", encoding="utf-8") as source:
        source.write('[[files]]\npattern = "cases*"\nmapping = "cases"\n')
    assert len(published(run(folder, warehouse), "appeals")) == 2


@pytest.mark.parametrize("name", ["../cases", "../../cases", "a/cases"])
def test_mapping_is_a_name_and_no_way_to_other_folders(
    name: str, folder: Path, foreign_file: Path, warehouse: Warehouse, tmp_path: Path
) -> None:
    written(tmp_path, MAPPING)
    written(folder.parent, MAPPING)
    with (folder / "source.toml").open("a", encoding="utf-8") as source:
        source.write(f'[[files]]\npattern = "cases*"\nmapping = "{name}"\n')
    with pytest.raises(IntakeError, match="不是一个名称"):
        run(folder, warehouse)


def test_mapping_that_does_not_exist_is_named(folder: Path, warehouse: Warehouse) -> None:
    with (folder / "source.toml").open("a", encoding="utf-8") as source:
        source.write('[[files]]\npattern = "*"\nmapping = "nowhere"\n')
    with pytest.raises(IntakeError, match=r"找不到映射 nowhere(.|\n)*nyc311"):
        run(folder, warehouse)


def mapped(folder: Path, warehouse: Warehouse, text: str, columns: str) -> list[tuple]:
    file = written(folder.parent, 'pattern = "cases*"\n' + text)
    return published(run(folder, warehouse, mapping=file), "appeals", columns)


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("", datetime(2023, 6, 5, 21)),
        ('time_zone = "America/New_York"', datetime(2023, 6, 6, 9)),
        ('time_zone = "America/New_York"\nkeep_local_time = true', datetime(2023, 6, 5, 21)),
    ],
)
def test_moments_become_shanghai_time_unless_the_mapping_keeps_the_clock(
    folder: Path, foreign_file: Path, warehouse: Warehouse, zone: str, first: datetime
) -> None:
    assert mapped(folder, warehouse, zone + MAPPING, "received_at")[0] == (first,)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ('time_zone = "America/New_York"', datetime(2023, 6, 6, 9)),
        ('time_zone = "America/New_York"\nkeep_local_time = true', datetime(2023, 6, 5, 21)),
        ('date_formats = ["%m/%d/%Y"]', datetime(2023, 6, 6, 9)),
    ],
)
def test_parquet_moment_with_its_own_zone_is_shifted_once(
    folder: Path, warehouse: Warehouse, entries: str, expected: datetime
) -> None:
    (folder / "诉求.csv").unlink()
    rows = {key: [row[key] for row in FOREIGN_ROWS[:1]] for key in FOREIGN_ROWS[0]}
    moments = pa.array([datetime(2023, 6, 6, 1)], pa.timestamp("us", "UTC"))
    pq.write_table(pa.table(rows | {"Opened": moments}), folder / "cases.parquet")
    text = MAPPING.replace('date_formats = ["%m/%d/%Y %I:%M %p"]', entries)
    assert mapped(folder, warehouse, text, "received_at") == [(expected,)]


def test_date_cells_of_a_workbook_need_no_format(folder: Path, warehouse: Warehouse) -> None:
    (folder / "诉求.csv").unlink()
    with xlsxwriter.Workbook(
        str(folder / "cases.xlsx"), {"default_date_format": "m/d/yyyy"}
    ) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [*FOREIGN_ROWS[0], "Due"])
        for number, row in enumerate(FOREIGN_ROWS, start=1):
            sheet.write_row(number, 0, [*row.values(), "06/09/2023"])
        sheet.write_datetime(2, 1, datetime(2023, 6, 5, 21, 30))
        sheet.write_datetime(2, 6, datetime(2023, 6, 10))
    text = MAPPING.replace("]\n", ', "%m/%d/%Y"]\n', 1) + 'due_at = "Due"'
    assert mapped(folder, warehouse, text, "received_at, due_at") == [
        (datetime(2023, 6, 5, 21), datetime(2023, 6, 9, 23, 59, 59)),
        (datetime(2023, 6, 5, 21, 30), datetime(2023, 6, 10, 23, 59, 59)),
    ]


def test_faulty_shipped_mapping_is_reported_and_stops_nothing_that_does_not_ask_for_it(
    folder: Path, foreign_file: Path, warehouse: Warehouse, tmp_path: Path, monkeypatch
) -> None:
    shipped = tmp_path / "mappings"
    shipped.mkdir()
    monkeypatch.setattr(paths, "MAPPINGS", shipped)
    written(shipped, MAPPING)
    written(shipped, MAPPING + 'colour = "Lamp"', "broken")
    outcome = run(folder, warehouse)
    assert len(published(outcome, "appeals")) == 2
    (told,) = [p for p in reported(outcome, "ignored") if p["file"] == "broken.toml"]
    assert re.search(r"broken[.]toml 的 \[columns\] colour：.*不用这个映射", told["reason"])
    assert told["reason"] in outcome.summary()
    with (folder / "source.toml").open("a", encoding="utf-8") as source:
        source.write('[[files]]\npattern = "cases*"\nmapping = "broken"\n')
    with pytest.raises(IntakeError, match=r"broken[.]toml 的 \[columns\] colour"):
        run(folder, warehouse)


def test_value_of_an_undeclared_date_format_is_refused_and_not_guessed(
    folder: Path, warehouse: Warehouse
) -> None:
    (folder / "诉求.csv").unlink()
    changed = [FOREIGN_ROWS[0], {**FOREIGN_ROWS[1], "Opened": "2023-06-05 21:00"}]
    write_csv(folder / "cases.csv", changed)
    file = written(folder.parent, 'pattern = "cases*"\n' + MAPPING)
    (refused,) = reported(run(folder, warehouse, mapping=file), "refused")
    assert (refused["row"], refused["column_title"], refused["value"]) == (
        3, "Opened", "2023-06-05 21:00",
    )  # fmt: skip


def test_deadline_that_is_a_day_lasts_to_the_end_of_that_day_in_its_zone(
    folder: Path, warehouse: Warehouse
) -> None:
    (folder / "诉求.csv").unlink()
    write_csv(folder / "cases.csv", [{**FOREIGN_ROWS[0], "Due": "06/09/2023"}])
    text = MAPPING.replace("]\n", ', "%m/%d/%Y"]\ntime_zone = "America/New_York"\n', 1)
    assert mapped(folder, warehouse, text + 'due_at = "Due"', "due_at") == [
        (datetime(2023, 6, 10, 11, 59, 59),)
    ]


def test_values_constants_and_first_filled_headers(
    folder: Path, foreign_file: Path, warehouse: Warehouse
) -> None:
    text = MAPPING + (
        'title = ["Sub", "Kind"]\nrating = "Lamp"\nis_void = "Lamp"\n'
        '[constants]\nsource = "热线"\nextension_count = 2\n'
        '[values.rating]\nRED = "不满意"\nred = "满意"\n"*" = ""\n'
        '[values.is_void]\nblue = true\n"*" = false\n'
    )
    columns = "appeal_id, title, rating, is_void, source, extension_count"
    assert mapped(folder, warehouse, text, columns) == [
        ("1", "x", "满意", False, "热线", 2),
        ("2", "B", None, True, "热线", 2),
    ]


def test_value_that_is_not_listed_passes_and_is_judged_like_any_other(
    folder: Path, foreign_file: Path, warehouse: Warehouse
) -> None:
    text = MAPPING + 'rating = "Lamp"\n[values.rating]\nred = "满意"\n'
    file = written(folder.parent, 'pattern = "cases*"\n' + text)
    (refused,) = reported(run(folder, warehouse, mapping=file), "refused")
    assert (refused["column_title"], refused["value"]) == ("Lamp", "blue")


def test_row_number_file_name_and_date_in_a_number(folder: Path, warehouse: Warehouse) -> None:
    (folder / "诉求.csv").unlink()
    write_csv(folder / "cases_福保街道.csv", [{"No": "A20230605-7", "Kind": "A"}])
    text = (
        'table = "appeals"\ndate_formats = ["%m/%d/%Y"]\n[columns]\n'
        "appeal_id = { row_number = true }\n"
        'category_path = "Kind"\n'
        'subdistrict_name = { file_name = "_(.*)[.]" }\n'
        'received_at = { date_from = "No" }\n'
    )
    assert mapped(folder, warehouse, text, "appeal_id, subdistrict_name, received_at") == [
        ("2", "福保街道", datetime(2023, 6, 5))
    ]


def test_header_the_file_does_not_have_is_named_with_its_entry(
    folder: Path, foreign_file: Path, warehouse: Warehouse
) -> None:
    text = MAPPING.replace('"No"', '"Number"').replace('"Sub"', '"Subkind"')
    file = written(folder.parent, 'pattern = "cases*"\n' + text)
    message = "映射 cases 要的列不在表头中：appeal_id = “Number”；category_path = “Subkind”"
    with pytest.raises(IntakeError, match="缺少必需的表：企业诉求工单") as error:
        run(folder, warehouse, mapping=file)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MAPPING + "[", "cases.toml 读不出"),
        ('tabel = "x"' + MAPPING, "tabel：不认识的条目"),
        (MAPPING.replace("appeals", "apeals"), "没有表 'apeals'"),
        (MAPPING + 'colour = "Lamp"', r"\[columns\] colour：.*没有列 colour"),
        (MAPPING.replace('received_at = "Opened"', ""), "缺少“企业诉求工单”的必填列 received_at（受理时间）"),
        (MAPPING + 'longitude = "X"', "请加上 latitude"),
        (MAPPING + "title = 3", r"\[columns\] title：是 3"),
        (MAPPING + "title = { sql = 'drop' }", "看不懂 sql"),
        (MAPPING + "title = { join = [] }", "列名的列表"),
        (MAPPING + "title = { file_name = '(' }", "正则表达式"),
        (MAPPING + "title = { date_from = 'No', pattern = '(?=a)(b)' }", "正则表达式"),
        (MAPPING + '[constants]\nappeal_id = "1"', "两处只留一处"),
        (MAPPING + '[values.title]\na = "b"', r"\[values.title\]：title 没有来源"),
        (MAPPING + 'source = "Lamp"\n[values.source]\nred = "飞鸽"', "“飞鸽”不可用"),
        (MAPPING.replace('["%m/%d/%Y %I:%M %p"]', '["%Q"]'), "看不懂格式 '%Q'"),
        ('datum = "北京54"' + MAPPING, "datum：是 '北京54'"),
        ('time_zone = "Futian"' + MAPPING, "没有时区 'Futian'"),
        ('areas = "mars"' + MAPPING, "areas：是 'mars'"),
        ("keep_local_time = 1" + MAPPING, "keep_local_time：是 1；可用：true、false"),
    ],
)  # fmt: skip
def test_mistake_in_a_mapping_names_the_file_and_the_entry(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(IntakeError, match=message):
        mapping.load(written(tmp_path, text), contract.load())


def test_mapping_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"nowhere[.]toml 打不开"):
        mapping.load(tmp_path / "nowhere.toml", contract.load())


def test_foreign_export_loads_alone_under_a_label_of_its_own(warehouse: Warehouse) -> None:
    outcome = run(EXAMPLES / "nyc311.csv", warehouse)
    assert outcome.release.manifest.label == LABEL
    assert published(outcome, "subdistricts", "subdistrict_name") == [("NORTH",), ("SOUTH",)]
    assert published(outcome, "communities", "community_name") == [("04 NORTH",), ("09 SOUTH",)]
    assert published(outcome, "appeals", "appeal_id, longitude, source") == [
        ("1", -73.92, "热线"),
        ("2", None, None),
    ]
    assert reported(outcome, "flagged") == []


def test_later_trial_load_learns_new_areas(warehouse: Warehouse, tmp_path: Path) -> None:
    run(EXAMPLES / "nyc311.csv", warehouse)
    text = (EXAMPLES / "nyc311.csv").read_text("utf-8")
    later = tmp_path / "nyc311_later.csv"
    later.write_text(text.replace("SOUTH", "WEST"), encoding="utf-8")
    outcome = run(later, warehouse)
    assert len(published(outcome, "appeals")) == 2
    assert [name for (name,) in published(outcome, "subdistricts", "subdistrict_name")] == [
        "NORTH", "SOUTH", "WEST",
    ]  # fmt: skip


def test_after_a_trial_a_real_load_still_needs_its_registers(
    folder: Path, warehouse: Warehouse
) -> None:
    trial = run(EXAMPLES / "nyc311.csv", warehouse)
    (folder / "园区.csv").unlink()
    with pytest.raises(IntakeError, match="缺少必需的表：产业园与商圈"):
        run(folder, warehouse)
    assert warehouse.current_id() == trial.release.release_id


def test_foreign_areas_do_not_enter_a_release_that_has_streets(
    folder: Path, warehouse: Warehouse
) -> None:
    first = run(folder, warehouse)
    with pytest.raises(IntakeError, match="“企业诉求工单”没有一行可用"):
        run(EXAMPLES / "nyc311.csv", warehouse)
    assert warehouse.current_id() == first.release.release_id


@pytest.fixture
def example(folder: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The small exports with one example file instead of their appeals."""
    (folder / "诉求.csv").unlink()
    shutil.copy(EXAMPLES / request.param, folder)
    return folder


@pytest.mark.parametrize("example", ["wangge24.csv"], indirect=True)
def test_grid_export_of_24_columns(example: Path, warehouse: Warehouse) -> None:
    outcome = run(example, warehouse)
    columns = (
        "appeal_id, category_path, source, subdistrict_name, due_at, extension_count, is_void, "
        "round(longitude, 4), round(latitude, 4)"
    )
    assert published(outcome, "appeals", columns) == [
        ("W2023050400001", "企业服务->停车", "走访", "福保街道", datetime(2023, 5, 8, 18), 0, False, 114.0585, 22.5185),
        ("W2023062000002", "环境卫生->垃圾清运", "热线", "华强北街道", datetime(2023, 6, 29, 18), 1, False,
         114.084, 22.545),
        ("W2023062100003", "环境卫生->垃圾清运", None, "华强北街道", datetime(2023, 6, 28, 18), 0, True, None, None),
    ]  # fmt: skip
    assert reported(outcome, "refused") == reported(outcome, "flagged") == []


@pytest.mark.parametrize("example", ["jiesujiban21.csv"], indirect=True)
def test_hotline_export_of_21_columns_has_its_received_day_in_the_number(
    example: Path, warehouse: Warehouse
) -> None:
    outcome = run(example, warehouse)
    columns = "appeal_id, received_at, closed_at, due_at, outcome, rating, source"
    assert published(outcome, "appeals", columns) == [
        ("GD20230504000123", datetime(2023, 5, 4), datetime(2023, 5, 8, 16, 30), None, "解决", "满意", "热线"),
        ("GD20230601000007", datetime(2023, 6, 1), None, None, None, None, "网上"),
    ]  # fmt: skip
    (refused,) = reported(outcome, "refused")
    assert (refused["row"], refused["value"], refused["reason"]) == (4, "临-0009", "必填项为空")


@pytest.mark.parametrize("example", ["福保街道_guadian8.csv"], indirect=True)
def test_export_of_8_columns_takes_its_street_from_the_file_name(
    example: Path, warehouse: Warehouse
) -> None:
    outcome = run(example, warehouse)
    columns = "appeal_id, subdistrict_name, received_at, accepted_at, is_void"
    first, second = published(outcome, "appeals", columns)
    assert first == (
        "深圳市某某科技有限公司/申请人才住房/2023/5/4 9:12",
        "福保街道",
        datetime(2023, 5, 4, 9, 12),
        datetime(2023, 5, 4, 10, 5),
        False,
    )
    assert second[1:] == ("福保街道", datetime(2023, 6, 1, 15), None, True)


def test_messages_and_replies(warehouse: Warehouse) -> None:
    outcome = run(EXAMPLES / "zh_gov_messages.csv", warehouse)
    assert published(outcome, "appeals", "appeal_id, received_at, closed_at") == [
        ("1", datetime(2019, 4, 25, 9, 32, 9), datetime(2019, 5, 10, 14, 56, 53)),
        ("2", datetime(2019, 4, 26), datetime(2019, 4, 27, 8)),
    ]


def test_worked_example_of_the_documentation_loads(folder: Path, warehouse: Warehouse) -> None:
    text = (paths.PROJECT / "docs" / "mappings.md").read_text(encoding="utf-8")
    _, export, rest = text.split("```", 2)
    toml = re.search(r"   ```toml\n(.*?)   ```", rest, re.DOTALL)[1]
    (folder / "诉求.csv").unlink()
    (folder / "cases_may.csv").write_text(export.lstrip("\n"), encoding="utf-8")
    file = written(folder.parent, textwrap.dedent(toml))
    columns = "appeal_id, received_at, category_path, subdistrict_name, source, outcome"
    assert published(run(folder, warehouse, mapping=file), "appeals", columns) == [
        ("C-7", datetime(2023, 5, 4, 9, 12), "Finance->Loans", "福保街道", "热线", "解决"),
        ("C-8", datetime(2023, 6, 27, 15), "Traffic", "华强北街道", "网上", None),
    ]


def test_every_shipped_mapping_has_an_example() -> None:
    names = {file.stem for file in paths.MAPPINGS.glob("*.toml")}
    assert names == {name for name in names if list(EXAMPLES.glob(f"*{name}*"))}


def test_own_export_is_not_taken_by_a_shipped_mapping(folder: Path, warehouse: Warehouse) -> None:
    told: list[str] = []
    run(folder, warehouse, progress=told.append)
    assert not [message for message in told if "映射" in message]


def test_own_export_with_all_the_headers_of_a_mapping_stays_an_own_export(
    folder: Path, warehouse: Warehouse
) -> None:
    headers = (
        "公司名称",
        "诉求标题",
        "诉求类型",
        "状态",
        "发起时间",
        "派单时间",
        "受理时间",
        "催办详细",
    )
    row = dict.fromkeys(headers, "") | {"诉求类型": "融资", "受理时间": "2023-05-04 09:12"}
    row |= {
        "工单编号": "A1",
        "所属街道": "福保街道",
        "所属社区": "福保社区",
        "联系电话": "13800001111",
    }
    write_csv(folder / "诉求.csv", [row])
    assert published(run(folder, warehouse), "appeals", "appeal_id") == [("A1",)]


def test_proposal_finds_formats_choices_and_what_is_open(tmp_path: Path) -> None:
    file = write_csv(
        tmp_path / "cases.csv",
        [{**row, "受理时间": f"13/0{n}/2023", "满意度": "好"} for n, row in enumerate(FOREIGN_ROWS, 1)],
    )  # fmt: skip
    text = propose(file, "appeals")
    content = tomllib.loads(text)
    assert content["columns"] == {"received_at": "受理时间", "rating": "满意度"}
    assert content["date_formats"] == ["%d/%m/%Y"]
    assert content["values"] == {"rating": {}}
    assert '# OPEN: "好" = "…"' in text
    assert "cannot do without appeal_id" in text
    assert '"No"' in text


def test_proposal_leaves_a_date_that_reads_two_ways_open(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "cases.csv", [{"受理时间": "05/06/2023", "工单编号": "1"}])
    assert "# OPEN: the dates fit these formats as well: " in propose(file, "appeals")


def test_proposal_is_for_the_table_and_not_for_the_cover_sheet(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "cases.xlsx")) as book:
        book.add_worksheet("cover").write_row(0, 0, ["Export of June"])
        book.add_worksheet("data").write_row(0, 0, ["Case", "Opened", "Theme"])
    text = propose(tmp_path / "cases.xlsx", "appeals")
    assert '# "Case": nothing' in text


def test_proposal_knows_metres_by_their_range() -> None:
    assert '# datum = "BD-09 metres"' in propose(EXAMPLES / "wangge24.csv", "appeals")


def test_completed_proposal_loads(folder: Path, foreign_file: Path, warehouse: Warehouse) -> None:
    text = propose(foreign_file, "appeals")
    answers = {"appeal_id": "No", "category_path": "Kind", "subdistrict_name": "Area"} | {
        "received_at": "Opened"
    }
    for column, header in answers.items():
        text = text.replace(f'# {column} = "…"', f'{column} = "{header}"')
    text = text.replace('pattern = "*.csv"', 'pattern = "cases*"')
    file = written(folder.parent, text, "completed")
    assert len(published(run(folder, warehouse, mapping=file), "appeals")) == 2


def test_command_prints_a_proposal_and_names_a_table_it_does_not_know(
    foreign_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["map", str(foreign_file)]) == 0
    assert 'table = "appeals"   # a guess' in capsys.readouterr().out
    assert cli.main(["map", str(foreign_file), "--table", "apeals"]) == 1
    assert "没有表 apeals" in capsys.readouterr().err
