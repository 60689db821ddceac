"""The intake: from files as offices export them to the typed tables of a release."""

import csv
import json
import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import geocoordinates_ffi as geo
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from fuqi import contract
from fuqi.intake import IntakeError, Outcome, run, values
from fuqi.intake.recognise import normalised, recognise
from fuqi.store.releases import Warehouse
from tests.small_exports import ROWS, write_csv, write_small_exports

APPEAL = ROWS["诉求"][0]
DEAL = {
    "融资编号": "R1",
    "融资项目": "银企对接低息融资",
    "企业名称": "甲",
    "所属街道": "福保街道",
}
METRES_PER_DEGREE = 111_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_exports(tmp_path / "exports")


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


def rows(
    outcome: Outcome, table: str, columns: str = "*", order: str = "1"
) -> list[tuple[Any, ...]]:
    path = outcome.release.table_path(table)
    with duckdb.connect() as connection:
        return connection.execute(f"select {columns} from '{path}' order by {order}").fetchall()


def problems(outcome: Outcome, severity: str) -> list[dict[str, Any]]:
    table = pq.read_table(outcome.release.table_path("intake_problems"))
    return [row for row in table.to_pylist() if row["severity"] == severity]


def appeals(folder: Path, *changes: dict[str, str]) -> None:
    """Replace the appeals by one sound appeal a change, numbered A1, A2, …"""
    found = [
        {**APPEAL, "工单编号": f"A{number}", **change} for number, change in enumerate(changes, 1)
    ]
    headers = list(dict.fromkeys(key for row in found for key in row))
    write_csv(folder / "诉求.csv", [{h: row.get(h, "") for h in headers} for row in found])


def workbook(file: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(str(file)) as book:
        moment = book.add_format({"num_format": "yyyy/m/d h:mm"})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for number, line in enumerate(lines):
                for position, cell in enumerate(line):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(number, position, cell, moment)
                    else:
                        sheet.write(number, position, cell)
    return file


def test_small_exports_load_without_a_problem(folder: Path, warehouse: Warehouse) -> None:
    outcome = run(folder, warehouse)
    assert outcome.problems == {}
    assert rows(outcome, "stations", "station_id") == [("007",)]
    assert warehouse.current().manifest.data_as_of == datetime(2023, 6, 28, 18)
    assert warehouse.current().manifest.tables["appeals"].rows == 2


def test_parquet_files_have_the_columns_and_types_of_the_contract(
    folder: Path, warehouse: Warehouse
) -> None:
    outcome = run(folder, warehouse)
    for table in contract.load().tables:
        with duckdb.connect() as connection:
            described = connection.execute(
                f"describe from '{outcome.release.table_path(table.name)}'"
            ).fetchall()
        assert [(name, kind.lower()) for name, kind, *_ in described] == [
            (column.name, column.sql_type) for column in table.stored_columns
        ]


def test_optional_table_that_never_came_is_an_empty_table(
    folder: Path, warehouse: Warehouse
) -> None:
    assert rows(run(folder, warehouse), "visits") == []


def test_header_is_found_below_title_rows_and_beside_other_sheets(
    folder: Path, warehouse: Warehouse
) -> None:
    (folder / "诉求.csv").unlink()
    received = datetime(2023, 5, 4, 9, 12)
    workbook(
        folder / "诉求台账.xlsx",
        {
            "说明": [["填表说明"], ["请勿修改表头"]],
            "空": [],
            "台账": [
                ["福田区企业诉求台账"],
                [],
                ["填报单位：区企服中心", "", "", "2023年6月"],
                ["序号", "工单编号*", "登记 时间", "所属街道", "问题分类"],
                [1, "0012", received, "福保街道", "融资"],
            ],
        },
    )
    outcome = run(folder, warehouse)
    assert rows(outcome, "appeals", "appeal_id, received_at") == [("0012", received)]
    ignored = {(p["sheet"], p["column_title"]) for p in problems(outcome, "ignored")}
    assert ignored == {("台账", "序号"), ("说明", None)}


def test_row_number_is_the_one_seen_in_the_workbook(folder: Path, warehouse: Warehouse) -> None:
    (folder / "诉求.csv").unlink()
    header = ["工单编号", "登记时间", "所属街道", "诉求类型"]
    workbook(
        folder / "诉求台账.xlsx",
        {
            "六月": [
                ["企业诉求台账"],
                header,
                ["A1", "2023-06-01 9:00", "福保街道", "融资"],
                [],
                ["A2", "六月一日", "福保街道", "融资"],
            ]
        },
    )
    outcome = run(folder, warehouse)
    (refused,) = problems(outcome, "refused")
    assert refused | {"record": json.loads(refused["record"])} == {
        "severity": "refused",
        "table_name": "appeals",
        "file": "诉求台账.xlsx",
        "sheet": "六月",
        "row": 5,
        "column_title": "登记时间",
        "value": "六月一日",
        "reason": "日期读不懂，应为 2023-06-28 或 2023/6/28 9:05",
        "record": {
            "工单编号": "A2", "登记时间": "六月一日", "所属街道": "福保街道", "诉求类型": "融资",
        },
    }  # fmt: skip


def test_header_of_two_rows_with_merged_cells(folder: Path, warehouse: Warehouse) -> None:
    (folder / "服务站.csv").unlink()
    with xlsxwriter.Workbook(str(folder / "服务站.xlsx")) as book:
        sheet = book.add_worksheet()
        for position, title in enumerate(["站点编号", "站点名称", "站点类型", "所属街道"]):
            sheet.merge_range(0, position, 1, position, title)
        sheet.merge_range(0, 4, 0, 5, "位置")
        sheet.write_row(1, 4, ["经度", "纬度"])
        sheet.write_row(2, 0, ["001", "甲站", "专业市场", "", 114.0537, 22.5237])
        sheet.write_row(3, 0, ["002", "乙站", "专业市场", "", 114.0537, 22.5237])
        sheet.merge_range(2, 3, 3, 3, "福保街道")
    outcome = run(folder, warehouse)
    assert rows(outcome, "stations", "station_id, subdistrict_name, longitude is null") == [
        ("001", "福保街道", False),
        ("002", "福保街道", False),
    ]


def test_two_row_header_of_a_csv_file_is_read() -> None:
    head = [
        ["站点编号", "站点名称", "站点类型", "所属街道", "位置", ""],
        ["", "", "", "", "经度", "纬度"],
        ["001", "甲站", "专业市场", "福保街道", "114", "22"],
    ]
    found = recognise(head, contract.load())
    assert (found.table.name, found.header_end) == ("stations", 2)
    assert found.columns["longitude"].position == 4


def test_gb18030_file_with_tabs_and_line_breaks_in_cells(
    folder: Path, warehouse: Warehouse
) -> None:
    text = "工单编号\t受理时间\t所属街道\t诉求类型\t诉求内容\n"
    text += 'A1\t2023-06-01\t福保街道\t融资\t"第一行\n第二行，𠮷"\n'
    (folder / "诉求.csv").write_bytes(text.encode("gb18030"))
    outcome = run(folder, warehouse)
    assert rows(outcome, "appeals", "content") == [("第一行\n第二行，𠮷",)]


def test_file_in_no_known_encoding_is_reported_and_the_rest_goes_on(
    folder: Path, warehouse: Warehouse
) -> None:
    (folder / "走访.csv").write_bytes(b"\x81\x20\xff\xff\xff")
    (folder / "坏的.xlsx").write_bytes(b"PK\x03\x04 nothing")
    (folder / "坏的.parquet").write_bytes(b"nothing")
    outcome = run(folder, warehouse)
    reasons = {p["file"]: p["reason"] for p in problems(outcome, "refused")}
    assert set(reasons) == {"走访.csv", "坏的.xlsx", "坏的.parquet"}
    assert "既不是 UTF-8 也不是 GB18030" in reasons["走访.csv"]
    assert outcome.release is not None


def test_unclosed_quote_refuses_the_file_and_does_not_swallow_rows(
    folder: Path, warehouse: Warehouse
) -> None:
    (folder / "走访.csv").write_text('走访编号,走访时间\nV1,"2023-06-01\nV2,2023-06-02\n', "utf-8")
    (refused,) = problems(run(folder, warehouse), "refused")
    assert "引号" in refused["reason"]


def test_file_that_fits_no_table_is_reported(folder: Path, warehouse: Warehouse) -> None:
    write_csv(folder / "食堂菜单.csv", [{"菜名": "白切鸡", "价格": "28"}])
    (folder / "说明.docx").write_bytes(b"")
    outcome = run(folder, warehouse)
    (refused,) = problems(outcome, "refused")
    assert (refused["file"], refused["row"]) == ("食堂菜单.csv", None)
    assert [p["file"] for p in problems(outcome, "ignored")] == ["说明.docx"]
    assert "食堂菜单.csv：未载入" in outcome.summary()


def test_table_without_a_required_column_is_named(folder: Path, warehouse: Warehouse) -> None:
    write_csv(
        folder / "走访.csv",
        [{"走访编号": "V1", "走访时间": "2023-06-01", "所属街道": "福保街道", "干部编号": "G0123"}],
    )
    (refused,) = problems(run(folder, warehouse), "refused")
    assert refused["reason"] == "最像“走访记录”，但缺少必填列：走访对象类型"


def test_unknown_column_is_reported_as_ignored(folder: Path, warehouse: Warehouse) -> None:
    appeals(folder, {"领导批示": "请办"})
    outcome = run(folder, warehouse)
    assert [p["column_title"] for p in problems(outcome, "ignored")] == ["领导批示"]


def test_row_with_a_delimiter_too_many_is_refused(folder: Path, warehouse: Warehouse) -> None:
    text = (folder / "诉求.csv").read_text("utf-8-sig").replace("装卸货停车难", "装卸货,停车难")
    (folder / "诉求.csv").write_text(text, "utf-8")
    refused = problems(run(folder, warehouse), "refused")
    assert (3, "列数多于表头，可能有未加引号的分隔符") in {(p["row"], p["reason"]) for p in refused}


def test_several_files_of_one_table_are_stacked(folder: Path, warehouse: Warehouse) -> None:
    write_csv(folder / "诉求补录.csv", [{**APPEAL, "工单编号": "X9"}])
    outcome = run(folder, warehouse)
    assert ("X9",) in rows(outcome, "appeals", "appeal_id")
    assert warehouse.current().manifest.tables["appeals"].files == ("诉求.csv", "诉求补录.csv")


def reading(table: str, column: str, raw: str) -> Any:
    """What the intake makes of one raw text; None when it says nothing or cannot be read."""
    declared = contract.load()[table].column(column)
    cleaned = values.cleaned(declared, "raw", "VARCHAR")
    with duckdb.connect() as connection:
        ((value,),) = connection.execute(
            f"select {values.typed(declared, 'value', 'VARCHAR')} "
            f"from (select {cleaned} as value from (select $1 as raw))",
            [raw],
        ).fetchall()
    return value


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2023-06-28", datetime(2023, 6, 28)),
        ("2023/6/28 9:05", datetime(2023, 6, 28, 9, 5)),
        ("2023.6.28 9:05:07", datetime(2023, 6, 28, 9, 5, 7)),
        ("2023年6月28日", datetime(2023, 6, 28)),
        ("2023年6月28日 9时05分", datetime(2023, 6, 28, 9, 5)),
        ("２０２３－０６－２８　０９：０５", datetime(2023, 6, 28, 9, 5)),
        ("20230628", datetime(2023, 6, 28)),
        ("20230628090507", datetime(2023, 6, 28, 9, 5, 7)),
        ("2023-06-28T09:05:07+08:00", datetime(2023, 6, 28, 9, 5, 7)),
        ("2023-06-28 09:05:07.250", datetime(2023, 6, 28, 9, 5, 7, 250_000)),
        ("45105", datetime(2023, 6, 28)),
        ("45105.3784722222", datetime(2023, 6, 28, 9, 5)),
    ],
)
def test_spellings_of_a_moment(raw: str, moment: datetime) -> None:
    assert reading("appeals", "received_at", raw) == moment


@pytest.mark.parametrize(
    "raw", ["2023-13-01", "昨天", "28/06/2023", "0223-06-28", "7", "2023-02-29"]
)
def test_unreadable_moment_refuses_the_row(folder: Path, warehouse: Warehouse, raw: str) -> None:
    appeals(folder, {}, {"受理时间": raw})
    (refused,) = problems(run(folder, warehouse), "refused")
    assert (refused["row"], refused["column_title"], refused["value"]) == (3, "受理时间", raw)


def test_deadline_without_a_time_is_the_end_of_that_day(folder: Path, warehouse: Warehouse) -> None:
    appeals(
        folder,
        {"办结时限": "2023-05-09"},
        {"办结时限": "45055"},
        {"办结时限": "2023-05-09 00:00"},
        {"办结时限": "2023/5/9 17:30"},
    )
    assert rows(run(folder, warehouse), "appeals", "appeal_id, due_at") == [
        ("A1", datetime(2023, 5, 9, 23, 59, 59)),
        ("A2", datetime(2023, 5, 9, 23, 59, 59)),
        ("A3", datetime(2023, 5, 9)),
        ("A4", datetime(2023, 5, 9, 17, 30)),
    ]


def test_words_for_nothing_are_empty(folder: Path, warehouse: Warehouse) -> None:
    words = ["不详", "无", "—", "-", "N/A", "null", "空", "／", " "]
    appeals(folder, *({"满意度": word, "办结时限": word} for word in words))
    outcome = run(folder, warehouse)
    assert set(rows(outcome, "appeals", "rating, due_at")) == {(None, None)}
    assert problems(outcome, "refused") == []


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("是", True), ("Ｙ", True), ("1", True), ("TRUE", True), ("有", True),
     ("否", False), ("n", False), ("0", False), ("false", False), ("无", False)],
)  # fmt: skip
def test_words_for_yes_and_no(raw: str, expected: bool) -> None:
    assert reading("enterprises", "has_party_instructor", raw) is expected


@pytest.mark.parametrize(
    ("raw", "yuan"),
    [("3000000", 3e6), ("3,000,000.5", 3000000.5), ("300万", 3e6), ("1.1万元", 11000),
     ("0.06亿", 6e6), ("３００万元", 3e6), ("5元", 5)],
)  # fmt: skip
def test_numbers_with_separators_and_units(raw: str, yuan: float) -> None:
    assert reading("financing", "amount_yuan", raw) == yuan


UNREADABLE_NUMBERS = ["约300万", "3,00", "1.2.3", "300万美元"]


def test_unreadable_number_refuses_the_row(folder: Path, warehouse: Warehouse) -> None:
    appeals(folder, {}, *({"延期次数": raw} for raw in UNREADABLE_NUMBERS))
    refused = problems(run(folder, warehouse), "refused")
    assert [(p["column_title"], p["value"]) for p in refused] == [
        ("延期次数", raw) for raw in UNREADABLE_NUMBERS
    ]


def test_percentage_is_a_share() -> None:
    assert reading("published_figures", "value", "96%") == 0.96


def test_integer_with_a_fraction_is_refused_not_rounded(folder: Path, warehouse: Warehouse) -> None:
    appeals(folder, {"延期次数": "2.0"}, {"延期次数": "1.6"})
    outcome = run(folder, warehouse)
    assert rows(outcome, "appeals", "extension_count") == [(2,)]
    assert [p["value"] for p in problems(outcome, "refused")] == ["1.6"]


def test_header_that_counts_in_ten_thousands_scales_the_numbers(
    folder: Path, warehouse: Warehouse
) -> None:
    write_csv(folder / "融资.csv", [DEAL | {"融资金额（万元）": "300"}])
    assert rows(run(folder, warehouse), "financing", "amount_yuan") == [(3e6,)]


def test_leading_zeros_stay_and_numbers_in_text_cells_get_no_decimal_point(
    folder: Path, warehouse: Warehouse
) -> None:
    (folder / "服务站.csv").unlink()
    header = ["站点编号", "站点名称", "站点类型", "所属街道"]
    lines = [["００７", "甲", "专业市场", "福保街道"], [12, "乙（2号）", "专业市场", "福保街道"]]
    workbook(folder / "服务站.xlsx", {"s": [header, *lines]})
    appeals(folder, {"站点编号": "007"})
    outcome = run(folder, warehouse)
    assert rows(outcome, "stations", "station_id, station_name") == [
        ("007", "甲"),
        ("12", "乙（2号）"),
    ]


def test_phone_number_in_full_width_digits_becomes_maskable(
    folder: Path, warehouse: Warehouse
) -> None:
    appeals(
        folder,
        {
            "诉求内容": "请联系１３８００００１１１１，谢谢！",
            "联系电话": "１３８－００００－１１１１",
        },
    )
    assert rows(run(folder, warehouse), "appeals", "content, contact_phone") == [
        ("请联系13800001111，谢谢！", "138-0000-1111")
    ]


@pytest.mark.parametrize(
    "spelled", ["福保街道办", "福保办", "福保街道办事处", "福保", " 福保 街道", "福保街道"]
)
def test_street_in_another_spelling_gets_its_usual_name(
    folder: Path, warehouse: Warehouse, spelled: str
) -> None:
    appeals(folder, {"所属街道": spelled, "所属社区": "石厦"})
    assert rows(run(folder, warehouse), "appeals", "subdistrict_name, community_name") == [
        ("福保街道", "石厦社区")
    ]


def test_unknown_street_community_and_station_are_refused(
    folder: Path, warehouse: Warehouse
) -> None:
    appeals(folder, {}, {"所属街道": "东门街道"}, {"所属社区": "翠竹社区"}, {"站点编号": "999"})
    outcome = run(folder, warehouse)
    assert {(p["row"], p["column_title"], p["value"]) for p in problems(outcome, "refused")} == {
        (3, "所属街道", "东门街道"),
        (4, "所属社区", "翠竹社区"),
        (5, "站点编号", "999"),
    }


def test_unknown_team_flags_a_row_and_keeps_it(folder: Path, warehouse: Warehouse) -> None:
    teams = [{"小组编号": "T1", "小组名称": "第1组", "所属街道": "福保街道", "组号": "1"}]
    deal = {
        "融资编号": "R1",
        "融资项目": "银企对接低息融资",
        "企业名称": "甲",
        "所属街道": "福保街道",
    }
    write_csv(folder / "小组.csv", teams)
    write_csv(folder / "融资.csv", [{**deal, "融资金额": "1", "小组编号": "T2"}])
    outcome = run(folder, warehouse)
    assert rows(outcome, "financing", "team_id") == [("T2",)]
    assert [p["value"] for p in problems(outcome, "flagged")] == ["T2"]


def metres_between(a: tuple[float, float], b: tuple[float, float]) -> float:
    return (
        ((a[0] - b[0]) * METRES_PER_DEGREE * 0.924) ** 2 + ((a[1] - b[1]) * METRES_PER_DEGREE) ** 2
    ) ** 0.5


FUTIAN_POINT = (114.0537, 22.5237)


def in_datum(datum: str) -> tuple[float, float]:
    point = geo.Wgs84(lat=FUTIAN_POINT[1], lon=FUTIAN_POINT[0])
    if datum == "WGS84":
        return FUTIAN_POINT
    shifted = geo.wgs84_to_gcj02(point) if datum == "GCJ-02" else geo.wgs84_to_bd09(point)
    return shifted.lon, shifted.lat


@pytest.mark.parametrize(
    ("headers", "datum"),
    [
        (("经度", "纬度"), "GCJ-02"),
        (("百度经度", "百度纬度"), "BD-09"),
        (("经度(BD-09)", "纬度(BD-09)"), "BD-09"),
        (("经度（WGS-84）", "纬度（WGS-84）"), "WGS84"),
        (("高德经度", "高德纬度"), "GCJ-02"),
    ],
)
def test_station_position_arrives_in_wgs84(
    folder: Path, warehouse: Warehouse, headers: tuple[str, str], datum: str
) -> None:
    station = {k: v for k, v in ROWS["服务站"][0].items() if k not in ("经度", "纬度")}
    station |= dict(zip(headers, map(str, in_datum(datum)), strict=True))
    write_csv(folder / "服务站.csv", [station])
    (position,) = rows(run(folder, warehouse), "stations", "longitude, latitude")
    assert metres_between(position, FUTIAN_POINT) < 1


def test_source_file_states_a_datum_that_wins(folder: Path, warehouse: Warehouse) -> None:
    longitude, latitude = in_datum("BD-09")
    station = ROWS["服务站"][0] | {"经度": str(longitude), "纬度": str(latitude)}
    write_csv(folder / "服务站.csv", [station])
    with (folder / "source.toml").open("a", encoding="utf-8") as file:
        file.write('[[files]]\npattern = "服务站*"\ndatum = "BD-09"\n')
    (position,) = rows(run(folder, warehouse), "stations", "longitude, latitude")
    assert metres_between(position, FUTIAN_POINT) < 1


def test_impossible_position_is_emptied_and_flagged(folder: Path, warehouse: Warehouse) -> None:
    cases = [
        ("23.1291", "113.2644", "位置不在福田区及周边，坐标已清空"),
        ("0", "0", "位置不在福田区及周边，坐标已清空"),
        ("12696000.1", "2560000.2", "位置不在福田区及周边，坐标已清空"),
        ("114.0537", "", "经度、纬度只有一个，坐标已清空"),
    ]
    station = ROWS["服务站"][0]
    write_csv(
        folder / "服务站.csv",
        [
            station | {"站点编号": str(number), "经度": longitude, "纬度": latitude}
            for number, (longitude, latitude, _) in enumerate(cases)
        ],
    )
    outcome = run(folder, warehouse)
    assert set(rows(outcome, "stations", "longitude, latitude")) == {(None, None)}
    reported = {p["row"]: p["reason"] for p in problems(outcome, "flagged")}
    assert reported == {row: reason for row, (_, _, reason) in enumerate(cases, start=2)}
    assert warehouse.current().manifest.tables["stations"].flagged == len(cases)


def test_required_and_allowed_values_are_enforced(folder: Path, warehouse: Warehouse) -> None:
    appeals(folder, {}, {"诉求类型": ""}, {"满意度": "很满意"})
    refused = problems(run(folder, warehouse), "refused")
    assert [(p["row"], p["column_title"], p["reason"]) for p in refused] == [
        (3, "诉求类型", "必填项为空"),
        (4, "满意度", "取值应为：满意、基本满意、不满意"),
    ]


def test_contract_check_is_enforced_and_every_problem_of_a_row_is_told(
    folder: Path, warehouse: Warehouse
) -> None:
    appeals(folder, {}, {"办结时间": "2023-05-03 10:00", "首次联系时间": "2023-05-01 10:00"})
    outcome = run(folder, warehouse)
    assert {(p["row"], p["reason"]) for p in problems(outcome, "refused")} == {
        (3, "办结时间早于受理时间"),
        (3, "首次联系时间早于受理时间"),
    }
    assert warehouse.current().manifest.tables["appeals"].refused == 1


def test_unreadable_value_is_not_called_missing_too(folder: Path, warehouse: Warehouse) -> None:
    appeals(folder, {}, {"受理时间": "昨天"}, {"办结时间": "昨天"})
    refused = problems(run(folder, warehouse), "refused")
    assert [(p["row"], p["column_title"]) for p in refused] == [(3, "受理时间"), (4, "办结时间")]


def test_event_after_the_data_was_true_is_refused(folder: Path, warehouse: Warehouse) -> None:
    future = {"受理时间": "2023-06-28 18:00:01", "首次联系时间": "", "办结时间": "", "办理结果": ""}
    appeals(folder, {**future, "受理时间": "2023-06-28 18:00:00"}, future)
    outcome = run(folder, warehouse)
    assert [p["reason"] for p in problems(outcome, "refused")] == [
        "晚于数据截止时间 2023-06-28 18:00"
    ]
    assert rows(outcome, "appeals", "appeal_id") == [("A1",)]


def test_deadline_may_lie_in_the_future(folder: Path, warehouse: Warehouse) -> None:
    appeals(folder, {"办结时限": "2023-12-31"})
    assert problems(run(folder, warehouse), "refused") == []


def test_stated_moment_goes_before_the_one_in_the_source(
    folder: Path, warehouse: Warehouse
) -> None:
    outcome = run(folder, warehouse, data_as_of=datetime(2023, 6, 1))
    assert outcome.release.manifest.data_as_of == datetime(2023, 6, 1)
    assert rows(outcome, "appeals", "appeal_id") == [("SQ20230504001",)]


def test_without_a_stated_moment_a_row_cannot_push_it_past_its_file(
    folder: Path, warehouse: Warehouse
) -> None:
    (folder / "source.toml").unlink()
    appeals(
        folder, {}, {"受理时间": "2099-01-01", "首次联系时间": "", "办结时间": "", "办理结果": ""}
    )
    written = datetime(2023, 6, 28, 12).timestamp()
    for file in folder.iterdir():
        os.utime(file, (written, written))
    outcome = run(folder, warehouse)
    assert outcome.release.manifest.data_as_of == datetime(2023, 5, 8, 16, 30)
    assert [p["value"] for p in problems(outcome, "refused")] == ["2099-01-01"]


def test_newest_state_of_an_appeal_wins_and_the_older_is_superseded(
    folder: Path, warehouse: Warehouse
) -> None:
    still_open = {"首次联系时间": "", "办结时间": "", "办理结果": "", "满意度": ""}
    appeals(folder, {"工单编号": "A"}, {"工单编号": "A", **still_open})
    outcome = run(folder, warehouse)
    assert rows(outcome, "appeals", "appeal_id, outcome") == [("A", "解决")]
    assert [(p["row"], p["value"]) for p in problems(outcome, "superseded")] == [(3, "A")]
    assert problems(outcome, "refused") == []


def test_later_of_two_rows_of_the_same_moment_wins(folder: Path, warehouse: Warehouse) -> None:
    appeals(folder, {"工单编号": "A", "满意度": "满意"}, {"工单编号": "A", "满意度": "不满意"})
    assert rows(run(folder, warehouse), "appeals", "rating") == [("不满意",)]


def test_refused_row_does_not_supersede_a_sound_one(folder: Path, warehouse: Warehouse) -> None:
    appeals(folder, {"工单编号": "A"}, {"工单编号": "A", "满意度": "很满意"})
    assert rows(run(folder, warehouse), "appeals", "rating") == [("满意",)]


def test_no_row_is_lost(folder: Path, warehouse: Warehouse) -> None:
    appeals(
        folder,
        {},
        {"工单编号": "A1"},
        {"满意度": "很满意", "所属街道": "东门"},
        {"受理时间": "?"},
        {},
    )
    outcome = run(folder, warehouse)
    for file in outcome.files:
        assert file.rows_read == file.loaded + file.refused + file.superseded
    (of_appeals,) = (f for f in outcome.files if f.table == "appeals")
    assert (of_appeals.rows_read, of_appeals.refused, of_appeals.superseded) == (5, 2, 1)
    assert of_appeals.loaded == len(rows(outcome, "appeals"))


def test_report_opens_in_a_spreadsheet_with_chinese_headers(
    folder: Path, warehouse: Warehouse
) -> None:
    appeals(folder, {}, {"满意度": "=HYPERLINK(1)"})
    outcome = run(folder, warehouse)
    content = (outcome.release.folder / "intake_problems.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    header, line = csv.reader(content.decode("utf-8-sig").splitlines())
    assert header == ["程度", "表", "文件", "工作表", "行号", "列", "值", "原因", "原始行"]
    assert line[:7] == ["拒收", "企业诉求工单", "诉求.csv", "", "3", "满意度", "'=HYPERLINK(1)"]


def test_table_the_source_does_not_hold_is_carried_over(
    folder: Path, warehouse: Warehouse, tmp_path: Path
) -> None:
    write_csv(folder / "干部.csv", [*ROWS["干部"], {**ROWS["干部"][0], "助企身份": "不知道"}])
    first = run(folder, warehouse)
    only_appeals = tmp_path / "今天"
    only_appeals.mkdir()
    appeals(only_appeals, {"所属街道": "福保街道办", "站点编号": "007"}, {"站点编号": "999"})
    second = run(only_appeals, warehouse, max_lost_share=1.0)
    assert warehouse.current_id() == second.release.release_id
    assert rows(second, "stations") == rows(first, "stations")
    assert second.release.manifest.tables["stations"].loaded_in == first.release.release_id
    assert rows(second, "appeals", "appeal_id, subdistrict_name") == [("A1", "福保街道")]
    assert {p["table_name"] for p in problems(second, "refused")} == {"appeals", "cadres"}
    assert second.release.manifest.data_as_of == first.release.manifest.data_as_of


def test_missing_required_table_leaves_the_old_release_current(
    folder: Path, warehouse: Warehouse, tmp_path: Path
) -> None:
    (folder / "街道.csv").unlink()
    with pytest.raises(IntakeError, match="缺少必需的表：街道"):
        run(folder, warehouse)
    assert warehouse.current() is None
    assert warehouse.leftovers() == []


def test_required_table_without_a_sound_row_leaves_the_old_release_current(
    folder: Path, warehouse: Warehouse
) -> None:
    first = run(folder, warehouse)
    appeals(folder, {"受理时间": "?"})
    with pytest.raises(IntakeError, match=r"“企业诉求工单”没有一行可用(.|\n)*日期读不懂"):
        run(folder, warehouse)
    assert warehouse.current_id() == first.release.release_id


def test_source_without_a_usable_file_publishes_nothing(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    with pytest.raises(IntakeError, match="找不到"):
        run(tmp_path / "nowhere", warehouse)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(IntakeError, match="没有文件"):
        run(empty, warehouse)
    (empty / "x.xlsx").write_bytes(b"junk")
    with pytest.raises(IntakeError, match=r"没有一个文件能载入(.|\n)*x.xlsx"):
        run(empty, warehouse)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('labl = "演示数据"', "不认识的条目：labl"),
        ('[[files]]\npattern = "a"\ncolour = "red"', "不认识的条目：colour"),
        ('[[files]]\npattern = "a"\ntable = "apeals"', "没有表 apeals"),
        ('[[files]]\npattern = "a"\ndatum = "北京54"', "不认识坐标系 北京54"),
        ('exported_at = "昨天"', "exported_at"),
        ("label = ", "读不出"),
    ],
)
def test_source_file_with_a_mistake_is_named(
    folder: Path, warehouse: Warehouse, text: str, message: str
) -> None:
    (folder / "source.toml").write_text(text, encoding="utf-8")
    with pytest.raises(IntakeError, match=message):
        run(folder, warehouse)


def test_label_of_the_source_reaches_the_manifest(tmp_path: Path, warehouse: Warehouse) -> None:
    run(write_small_exports(tmp_path / "demo", label="演示数据"), warehouse)
    assert warehouse.current().manifest.label == "演示数据"


def test_one_file_is_a_source_and_keeps_the_folders_label(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    demo = write_small_exports(tmp_path / "demo", label="演示数据")
    run(demo, warehouse)
    run(demo / "诉求.csv", warehouse)
    entries = warehouse.current().manifest.tables
    assert entries["appeals"].label == "演示数据"
    assert entries["appeals"].loaded_in != entries["stations"].loaded_in


def test_parquet_keeps_its_types(folder: Path, warehouse: Warehouse) -> None:
    (folder / "企业.csv").unlink()
    firm: dict[str, list[Any]] = {header: [cell] for header, cell in ROWS["企业"][0].items()}
    firm |= {
        "主体编号": [7.0],
        "是否小个专": [True],
        "经度": [114.0486],
        "纬度": [float("nan")],
        "党员人数": [3],
        "最近走访日期": [date(2023, 5, 11)],
    }
    pq.write_table(pa.table(firm), folder / "企业.parquet")
    outcome = run(folder, warehouse)
    columns = "enterprise_id, is_small_business, longitude, party_member_count, last_visited_date"
    assert rows(outcome, "enterprises", columns) == [("7", True, None, 3, date(2023, 5, 11))]
    assert [p["row"] for p in problems(outcome, "flagged")] == [1]


def test_moment_with_a_zone_in_parquet_is_local_time(folder: Path, warehouse: Warehouse) -> None:
    (folder / "诉求.csv").unlink()
    table = pa.table(
        {
            "工单编号": ["A1"],
            "诉求类型": ["融资"],
            "所属街道": ["福保街道"],
            "受理时间": pa.array([datetime(2023, 6, 1, 1, 5)], pa.timestamp("us", "UTC")),
            "办结时限": [date(2023, 6, 5)],
        }
    )
    pq.write_table(table, folder / "诉求.parquet")
    assert rows(run(folder, warehouse), "appeals", "received_at, due_at") == [
        (datetime(2023, 6, 1, 9, 5), datetime(2023, 6, 5, 23, 59, 59))
    ]


def test_file_is_announced_with_its_rows(folder: Path, warehouse: Warehouse) -> None:
    told: list[str] = []
    run(folder, warehouse, progress=told.append)
    assert "读取 诉求.csv，2 行 → 企业诉求工单" in told


def test_header_variants_are_one_header() -> None:
    assert normalised(" 来电人 电话／账号*：") == normalised("来电人电话/账号")
    assert normalised("经度（GCJ-02）") == "经度(gcj-02)"
