"""Formats of exports: the same rows out of every dialect, batches, archives, totals, metres, and broken files."""

import csv
import io
import os
import random
import zipfile
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import geocoordinates_ffi as geo
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from fuqi import contract, paths
from fuqi.intake import IntakeError, archives, places, readers, run, sheets, values
from fuqi.intake.recognise import recognise
from fuqi.store.releases import Warehouse
from tests.intake_rows import published, reported
from tests.small_exports import ROWS, write_csv, write_small_exports
from tests.small_xls import write_xls

FUZZ_ROUNDS = int(os.environ.get("FUQI_FUZZ_ROUNDS", "3"))
"""Damaged copies of each demo export; 500 by hand before a release."""

HEADER = ["工单编号", "诉求内容", "备注", "数量"]
EXPORTS = sorted(f for f in paths.EXPORTS.iterdir() if f.suffix in readers.READABLE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_exports(tmp_path / "exports")


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


def tables(alphabet: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    """Small tables whose rows begin with a number, so that none is blank."""
    cell = st.text(alphabet, max_size=12)
    row = st.tuples(st.integers(1, 10**6).map(str), cell, cell, cell).map(list)
    return st.lists(row, min_size=1, max_size=6)


PRINTED = st.characters(categories=["L", "N", "P", "S", "Zs"], include_characters="\n,;\t\"'")
IN_GBK = st.characters(
    codec="gbk", categories=["L", "N", "P", "S", "Zs"], include_characters="\n,;\t\"'"
)


def delimited(rows: list[list[str]], delimiter: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([HEADER, *rows])
    return text.getvalue()


def read_back(file: Path, place: str = "") -> list[list[str]]:
    (sheet,) = readers.read(file, place)
    assert sheet.head[0] == HEADER
    body = pa.concat_tables(sheet.body(1), promote_options="default")
    cells = [body[f"c{position}"].to_pylist() for position in range(len(HEADER))]
    return [[cell or "" for cell in row] for row in zip(*cells, strict=True)]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@given(rows=tables(PRINTED))
@settings(max_examples=15, deadline=None)
def test_delimited_file_reads_back(encoding: str, delimiter: str, rows: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "诉求.csv"
        file.write_bytes(delimited(rows, delimiter).encode(encoding))
        assert read_back(file) == rows


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@given(rows=tables(IN_GBK))
@settings(max_examples=15, deadline=None)
def test_gbk_file_reads_back(delimiter: str, rows: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "诉求.csv"
        file.write_bytes(delimited(rows, delimiter).encode("gbk"))
        assert read_back(file) == rows


def test_more_semicolons_than_commas_do_not_make_a_semicolon_file(tmp_path: Path) -> None:
    file = tmp_path / "服务站.csv"
    file.write_text("站点编号,服务事项\n007,甲;乙;丙;丁\n008,甲;乙\n", encoding="utf-8")
    (sheet,) = readers.read(file)
    (body,) = sheet.body(1)
    assert body["c1"].to_pylist() == ["甲;乙;丙;丁", "甲;乙"]


@given(rows=tables(PRINTED))
@settings(max_examples=25, deadline=None)
def test_workbook_reads_back(rows: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "诉求.xlsx"
        with xlsxwriter.Workbook(str(file)) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([HEADER, *rows]):
                for position, cell in enumerate(row):
                    sheet.write_string(number, position, cell)
        assert read_back(file) == rows


@given(rows=tables(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=25, deadline=None)
def test_parquet_file_reads_back(rows: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "诉求.parquet"
        columns = zip(*rows, strict=True)
        pq.write_table(pa.table(dict(zip(HEADER, map(list, columns), strict=True))), file)
        assert read_back(file) == rows


@given(rows=tables(PRINTED))
@settings(max_examples=15, deadline=None)
def test_archived_file_reads_back(rows: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        file = archive(Path(folder) / "诉求.zip", {"六月/诉求.csv": delimited(rows, ",")})
        with archives.unpacked(file) as members:
            ((name, content),) = members
            assert name == "六月/诉求.csv"
            assert read_back(content) == rows


TITLES = ["工单编号", "诉求内容", "受理时间", "延期次数", "经度"]
NAMES = ["appeal_id", "content", "received_at", "extension_count", "longitude"]
INNER = st.characters(
    codec="gb18030",
    categories=["L", "Nd", "P", "S", "Zs"],
    include_characters="\n,;\t\"'",
    exclude_characters="０１２３４５６７８９",
)
APPEALS = st.lists(
    st.tuples(
        st.from_regex(r"0[0-9]{3,8}", fullmatch=True),
        # Between two letters: blanks at the ends of a cell are nobody's text.
        st.text(INNER, max_size=12).map("甲{}乙".format),
        st.datetimes(datetime(1990, 1, 1), datetime(2049, 12, 31)).map(lambda m: m.replace(microsecond=0)),
        st.none() | st.integers(0, 10**9),
        st.none() | st.floats(100, 120).map(lambda x: round(x, 7)),
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


def as_csv(file: Path, rows: list[tuple], data: st.DataObject) -> Path:
    shown = data.draw(st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S"]))
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=data.draw(st.sampled_from([",", "\t", ";"])),
        lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])),
        quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    )
    writer.writerow(TITLES)
    writer.writerows(
        [key, content, f"{moment:{shown}}", *rest] for key, content, moment, *rest in rows
    )
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
    file.write_bytes(text.getvalue().encode(encoding))
    return file


def as_xlsx(file: Path, rows: list[tuple], data: st.DataObject) -> Path:
    above = data.draw(
        st.sampled_from([[], [["诉求台账"]], [["诉求台账"], [], ["填报单位：", "区"]]])
    )
    with xlsxwriter.Workbook(str(file), {"default_date_format": "yyyy/m/d h:mm"}) as book:
        book.add_worksheet("空表")
        sheet = book.add_worksheet("台账")
        for number, row in enumerate([*above, TITLES, *rows]):
            for position, cell in enumerate(row):
                write = sheet.write_string if isinstance(cell, str) else sheet.write
                write(number, position, cell)
    return file


def as_xls(file: Path, rows: list[tuple], data: st.DataObject) -> Path:
    return write_xls(file, {"空表": [], "台账": [["诉求台账"], TITLES, *rows]})


def as_parquet(file: Path, rows: list[tuple], data: st.DataObject) -> Path:
    kinds = [pa.string(), pa.string(), pa.timestamp("us"), pa.int64(), pa.float64()]
    columns = [pa.array(c, kind) for c, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
    pq.write_table(pa.table(dict(zip(TITLES, columns, strict=True))), file)
    return file


WRITERS = {".csv": as_csv, ".xlsx": as_xlsx, ".xls": as_xls, ".parquet": as_parquet}


def typed_back(file: Path) -> list[tuple]:
    """What the intake makes of the file's rows, cleaned and typed by the contract."""
    (sheet,) = readers.read(file)
    found = recognise(sheet.head, contract.load(), "appeals")
    columns = {name: found.table.column(name) for name in NAMES}
    with duckdb.connect() as connection:
        body = pa.concat_tables(sheet.body(found.header_end), promote_options="default")
        connection.register("raw", body)
        kinds = {name: kind for name, kind, *_ in connection.execute("describe raw").fetchall()}
        raws = {name: found.columns[name].column for name in NAMES}
        said = [f"{values.cleaned(c, raws[n], kinds[raws[n]])} as {n}" for n, c in columns.items()]
        typed = [values.typed(c, n, kinds[raws[n]]) for n, c in columns.items()]
        return connection.execute(
            f"select {', '.join(typed)} from (select _row, {', '.join(said)} from raw) order by _row"
        ).fetchall()


@pytest.mark.parametrize("is_zipped", [False, True], ids=["plain", "zipped"])
@pytest.mark.parametrize("suffix", WRITERS)
@given(rows=APPEALS, data=st.data())
@settings(max_examples=25, deadline=None)
def test_text_numbers_and_moments_come_back_out_of_every_dialect(
    suffix: str, is_zipped: bool, rows: list[tuple], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        file = WRITERS[suffix](Path(folder) / f"诉求{suffix}", rows, data)
        if not is_zipped:
            assert typed_back(file) == rows
            return
        with archives.unpacked(
            archive(Path(folder) / "六月.zip", {file.name: file.read_bytes()})
        ) as members:
            assert typed_back(members[0][1]) == rows


def test_batches_keep_the_row_numbers_and_grow_as_wide_as_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "CELLS_IN_A_BATCH", 4)
    file = tmp_path / "诉求.csv"
    file.write_text('编号,内容\n1,"甲\n乙"\n\n , \n2\n3,丙\n4,丁,戊\n', encoding="utf-8")
    (sheet,) = readers.read(file)
    batches = list(sheet.body(1))
    assert len(batches) > 2
    whole = pa.concat_tables(batches, promote_options="default")
    assert whole.to_pydict() == {
        "_row": [2, 5, 6, 7],
        "_cells": [2, 1, 2, 3],
        "c0": ["1", "2", "3", "4"],
        "c1": ["甲\n乙", None, "丙", "丁"],
        "c2": [None, None, None, "戊"],
    }


def test_large_file_loads_like_a_small_one(
    folder: Path, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    appeal = ROWS["诉求"][0]
    rows = [{**appeal, "工单编号": f"A{number:03}"} for number in range(9)]
    write_csv(folder / "诉求.csv", [*rows, {**appeal, "工单编号": "B", "受理时间": "昨天"}])
    with (folder / "诉求.csv").open("a", encoding="utf-8") as file:
        file.write("合计" + "," * (len(appeal) - 1) + "\n" + "C" + "," * (len(appeal) + 1) + "x\n")
    monkeypatch.setattr(readers, "CELLS_IN_A_BATCH", 2 * len(appeal))
    monkeypatch.setattr(sheets, "ROWS_AT_ONCE", 4)
    outcome = run(folder, warehouse)
    assert [key for (key,) in published(outcome, "appeals", "appeal_id")] == [
        row["工单编号"] for row in rows
    ]
    refused = {(p["row"], p["value"], p["reason"]) for p in reported(outcome, "refused")}
    assert (11, "昨天", values.UNREADABLE["timestamp"]) in refused
    assert (13, None, "列数多于表头，可能有未加引号的分隔符") in refused
    assert (12, "合计行（“合计”），不是记录，没有载入") in {
        (p["row"], p["reason"]) for p in reported(outcome, "ignored")
    }


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (b'V9,"2023-06-01\n', "请检查引号是否成对"),
        (b"V9,\xff\xff\n", "既不是 UTF-8 也不是 GB18030"),
        (b"x" * 2000 + b"\n", "有一行超过 1,000 个字符"),
        (b"V9" + b"," * 200 + b"\n", "有一行分成 201 格，上限是 100 格"),
    ],
)
def test_fault_far_down_in_a_file_refuses_all_of_it(
    folder: Path, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, end: bytes, told: str
) -> None:
    monkeypatch.setattr(readers, "CELLS_IN_A_BATCH", 8)
    monkeypatch.setattr(readers, "LONGEST_LINE", 1000)
    monkeypatch.setattr(readers, "MOST_COLUMNS", 100)
    monkeypatch.setattr(sheets, "ROWS_AT_ONCE", 4)
    visit = {"走访编号": "", "走访时间": "2023-06-01", "所属街道": "福保街道"}
    visit |= {"干部编号": "G0123", "走访对象类型": "园区商圈", "园区编号": "P001"}
    file = write_csv(folder / "0走访.csv", [{**visit, "走访编号": f"V{n}"} for n in range(20)])
    assert len(published(run(folder, warehouse), "visits")) == 20
    file.write_bytes(file.read_bytes() + end)
    outcome = run(folder, warehouse)
    (refused,) = reported(outcome, "refused")
    assert (refused["file"], refused["row"]) == ("0走访.csv", None)
    assert told in refused["reason"]
    assert "visits" in outcome.carried_over


def test_workbook_of_excel_97_with_titles_merged_cells_and_a_hidden_sheet(
    folder: Path, warehouse: Warehouse
) -> None:
    (folder / "诉求.csv").unlink()
    received = datetime(2023, 6, 28, 9, 5)
    rows = [
        ["福田区企业诉求台账"],
        ["工单编号", "登记时间", "所属街道", "诉求类型", "延期次数"],
        ["007", received, "福保街道", "融资", 2.0],
        ["008", "２０２３/６/２７　９：０５", None, "融资", None],
        ["合计", None, None, None, 2.0],
    ]
    write_xls(
        folder / "诉求.xls",
        {"台账": rows, "空表": [], "下拉": [["工单编号"], ["x"]]},
        merged=[(2, 3, 2, 2)],
        hidden=["下拉"],
    )
    outcome = run(folder, warehouse)
    columns = "appeal_id, received_at, subdistrict_name, extension_count"
    assert published(outcome, "appeals", columns) == [
        ("007", received, "福保街道", 2),
        ("008", datetime(2023, 6, 27, 9, 5), "福保街道", None),
    ]
    assert [(p["sheet"], p["row"]) for p in reported(outcome, "ignored")] == [
        ("下拉", None),
        ("台账", 5),
    ]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (pa.array([b"\xff\xfe", b"x"]).view(pa.string()), "不是可读的 parquet 文件"),
        (pa.array([[1], [2]], pa.list_(pa.decimal256(40, 2))), "内容读不出"),
        (pa.array([2**62, 0]).view(pa.timestamp("ms")), "不是可读的 parquet 文件"),
        (pa.array([2**31 - 1, 0], pa.int32()).view(pa.date32()), "不是可读的 parquet 文件"),
    ],
    ids=[
        "text that is none",
        "numbers DuckDB does not have",
        "moment beyond all calendars",
        "day beyond all calendars",
    ],
)
def test_damaged_column_of_a_parquet_file_refuses_the_file(
    column: pa.Array, told: str, folder: Path, warehouse: Warehouse
) -> None:
    visit = ["走访时间", "所属街道", "干部编号", "走访对象类型"]
    columns = {"走访编号": ["1", "2"]} | {title: ["x", "x"] for title in visit} | {"备注": column}
    pq.write_table(pa.table(columns), folder / "0走访.parquet", version="2.6")
    (refused,) = reported(run(folder, warehouse), "refused")
    assert refused["file"] == "0走访.parquet"
    assert told in refused["reason"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.5, None], pa.float16()),
        pa.array([1, None]).cast(pa.decimal256(40, 2)),
        pa.array(["2", None]).dictionary_encode(),
    ],
    ids=lambda column: str(column.type),
)
def test_parquet_types_that_duckdb_does_not_know_are_read(
    column: pa.Array, folder: Path, warehouse: Warehouse
) -> None:
    appeals = {
        title: [appeal.get(title, "") for appeal in ROWS["诉求"]] for title in ROWS["诉求"][0]
    }
    (folder / "诉求.csv").unlink()
    pq.write_table(pa.table(appeals | {"备注": column}), folder / "诉求.parquet")
    outcome = run(folder, warehouse)
    assert len(published(outcome, "appeals")) == 2
    assert [p["column_title"] for p in reported(outcome, "ignored")] == ["备注"]


def archive(file: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return file


def test_archive_loads_member_by_member(folder: Path, warehouse: Warehouse) -> None:
    members = {file.name: file.read_bytes() for file in folder.glob("*.csv")}
    for file in folder.glob("*.csv"):
        file.unlink()
    archive(folder / "六月.zip", {**members, "说明.docx": b"", "__MACOSX/._x.csv": b"x"})
    outcome = run(folder, warehouse)
    assert len(published(outcome, "appeals")) == 2
    assert warehouse.current().manifest.tables["appeals"].files == ("六月.zip/诉求.csv",)
    assert [p["file"] for p in reported(outcome, "ignored")] == ["六月.zip/说明.docx"]


def test_rule_of_the_source_fits_the_name_of_a_member(folder: Path, warehouse: Warehouse) -> None:
    members = {"站.csv": (folder / "服务站.csv").read_bytes()}
    (folder / "服务站.csv").unlink()
    archive(folder / "六月.zip", members)
    with (folder / "source.toml").open("a", encoding="utf-8") as source:
        source.write('[[files]]\npattern = "站*"\ndatum = "WGS84"\n')
    position = published(run(folder, warehouse), "stations", "longitude, latitude")
    assert position == [(114.0537, 22.5237)]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"../诉求.csv": b"x"}, r"成员 \.\./诉求\.csv 的路径指向压缩包之外"),
        ({"/etc/诉求.csv": b"x"}, "路径指向压缩包之外"),
        ({"..\\诉求.csv": b"x"}, "路径指向压缩包之外"),
        ({f"{number}.csv": b"" for number in range(archives.MOST_MEMBERS + 1)}, "有 201 个文件，最多 200"),
        ({"诉求.csv": b"0" * (archives.RATIO_COUNTS_FROM + 2**20)}, "诉求.csv 解压后膨胀"),
        ({}, "压缩包是空的"),
    ],
)  # fmt: skip
def test_dangerous_archive_is_refused_with_its_member_named(
    tmp_path: Path, warehouse: Warehouse, members: dict[str, bytes], message: str
) -> None:
    file = archive(tmp_path / "六月.zip", members)
    with pytest.raises(IntakeError, match=message):
        run(file, warehouse)


def test_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 100)
    file = archive(tmp_path / "六月.zip", {"甲.csv": b"x" * 60, "乙.csv": b"x" * 60})
    with pytest.raises(IntakeError, match=r"解压到成员 乙[.]csv 时超过"):
        run(file, warehouse)


def test_damaged_member_is_named_and_an_archive_that_is_none_is_said_so(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    file = archive(tmp_path / "六月.zip", {"诉求.csv": os.urandom(2000)})
    content = bytearray(file.read_bytes())
    content[500] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(IntakeError, match=r"成员 诉求[.]csv 已损坏"):
        run(file, warehouse)
    file.write_bytes(b"PK nothing")
    with pytest.raises(IntakeError, match="压缩包打不开"):
        run(file, warehouse)


def test_member_name_that_windows_wrote_in_gbk_is_read(tmp_path: Path) -> None:
    # zipfile itself marks names as UTF-8; in the file both places of the name are replaced by GBK bytes.
    file = archive(tmp_path / "六月.zip", {"abcd.csv": b"x"})
    file.write_bytes(file.read_bytes().replace(b"abcd", "诉求".encode("gbk")))
    with archives.unpacked(file) as members:
        assert [name for name, _ in members] == ["诉求.csv"]


def test_total_rows_are_left_out_and_reported(folder: Path, warehouse: Warehouse) -> None:
    appeal = ROWS["诉求"][0]
    blank = dict.fromkeys(appeal, "")
    write_csv(
        folder / "诉求.csv",
        [
            appeal,
            {**blank, "诉求标题": "福保街道小计", "延期次数": "0"},
            {**appeal, "工单编号": "A2", "诉求标题": "小计"},
            {**blank, "工单编号": "合 计：", "延期次数": "0"},
            {**blank, "工单编号": "Grand Total", "延期次数": "0"},
            {**blank, "诉求标题": "Total Fina 公司来电", "延期次数": "0"},
        ],
    )
    outcome = run(folder, warehouse)
    assert [row for (row,) in published(outcome, "appeals", "appeal_id")] == [
        "A2", "SQ20230504001",
    ]  # fmt: skip
    # What only begins like a total is a row without a key, and is refused like one.
    assert {p["row"] for p in reported(outcome, "refused")} == {7}
    told = {(p["row"], p["reason"]) for p in reported(outcome, "ignored")}
    assert told == {
        (3, "合计行（“福保街道小计”），不是记录，没有载入"),
        (5, "合计行（“合 计：”），不是记录，没有载入"),
        (6, "合计行（“Grand Total”），不是记录，没有载入"),
    }
    assert "1 × 合计行（“合 计：”）" in outcome.summary()


FUTIAN_POINT = (114.0537, 22.5237)


def in_baidu_metres() -> tuple[float, float]:
    point = geo.wgs84_to_bd09(geo.Wgs84(lat=FUTIAN_POINT[1], lon=FUTIAN_POINT[0]))
    metres = geo.baidu_mercator_from_bd09(point)
    return metres.x, metres.y


def stations_at(folder: Path, *positions: tuple[float, float]) -> None:
    station = ROWS["服务站"][0]
    write_csv(
        folder / "服务站.csv",
        [
            station | {"站点编号": str(number), "经度": str(x), "纬度": str(y)}
            for number, (x, y) in enumerate(positions)
        ],
    )


def test_metres_of_baidus_map_are_known_by_their_range(folder: Path, warehouse: Warehouse) -> None:
    stations_at(folder, in_baidu_metres())
    outcome = run(folder, warehouse)
    columns = "round(longitude, 4), round(latitude, 4)"
    assert published(outcome, "stations", columns) == [FUTIAN_POINT]


def test_metres_beside_degrees_are_not_guessed(folder: Path, warehouse: Warehouse) -> None:
    stations_at(folder, in_baidu_metres(), FUTIAN_POINT)
    outcome = run(folder, warehouse)
    columns = "station_id, longitude is null"
    assert published(outcome, "stations", columns) == [("0", True), ("1", False)]


def test_metres_of_web_mercator_are_not_taken_for_baidus(
    folder: Path, warehouse: Warehouse
) -> None:
    stations_at(folder, (12_696_400.0, 2_572_300.0))  # the south of Futian in EPSG:3857
    assert published(run(folder, warehouse), "stations", "longitude") == [(None,)]


def test_declared_metres_are_converted_also_where_the_range_decides_nothing(
    folder: Path, warehouse: Warehouse
) -> None:
    stations_at(folder, in_baidu_metres(), (1e9, 1e300), (0, 0))
    with (folder / "source.toml").open("a", encoding="utf-8") as source:
        source.write('[[files]]\npattern = "服务站*"\ndatum = "BD-09 metres"\n')
    columns = "station_id, round(longitude, 4)"
    assert published(run(folder, warehouse), "stations", columns) == [
        ("0", FUTIAN_POINT[0]),
        ("1", None),
        ("2", None),
    ]


@pytest.mark.parametrize("datum", ["degrees", "metres"])
def test_longitude_in_the_latitude_column_is_put_right_and_flagged(
    folder: Path, warehouse: Warehouse, datum: str
) -> None:
    x, y = in_baidu_metres() if datum == "metres" else FUTIAN_POINT
    stations_at(folder, (y, x), (x, y))
    with (folder / "source.toml").open("a", encoding="utf-8") as source:
        source.write('[[files]]\npattern = "服务站*"\ndatum = "WGS84"\n')
    outcome = run(folder, warehouse)
    columns = "station_id, round(longitude, 4), round(latitude, 4)"
    assert published(outcome, "stations", columns) == [("0", *FUTIAN_POINT), ("1", *FUTIAN_POINT)]
    told = [p["row"] for p in reported(outcome, "flagged") if p["reason"] == places.SWAPPED]
    assert told == [2]


def test_position_in_another_street_is_kept_and_flagged(folder: Path, warehouse: Warehouse) -> None:
    elsewhere = {"经度": "114.0870", "纬度": "22.5480"}  # 华强北, where the row says 福保
    write_csv(folder / "企业.csv", [ROWS["企业"][0] | elsewhere])
    outcome = run(folder, warehouse)
    assert published(outcome, "enterprises", "longitude") == [(114.087,)]
    (flagged,) = reported(outcome, "flagged")
    assert (flagged["row"], flagged["reason"]) == (2, "坐标不在所填街道范围内")


def test_community_of_another_street_is_kept_and_flagged(
    folder: Path, warehouse: Warehouse
) -> None:
    appeal = ROWS["诉求"][0] | {"所属社区": "华航社区"}
    write_csv(folder / "诉求.csv", [appeal, ROWS["诉求"][1]])
    outcome = run(folder, warehouse)
    assert len(published(outcome, "appeals")) == 2
    (flagged,) = reported(outcome, "flagged")
    assert (flagged["row"], flagged["value"], flagged["reason"]) == (
        2, "福保街道、华航社区", "社区不属于所填街道",
    )  # fmt: skip


def damaged(content: bytes, chance: random.Random) -> bytes:
    """A copy with a few bytes changed, a piece cut out, or the end lost."""
    copy = bytearray(content)
    way = chance.choice(["bytes", "piece", "end"])
    if way == "bytes":
        for _ in range(chance.randint(1, 20)):
            copy[chance.randrange(len(copy))] = chance.randrange(256)
    elif way == "piece":
        start = chance.randrange(len(copy))
        del copy[start : start + chance.randint(1, 200)]
    else:
        del copy[chance.randrange(len(copy)) :]
    return bytes(copy)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("fuzz")
    warehouse = Warehouse(folder / "warehouse")
    run(write_small_exports(folder / "exports"), warehouse)
    return warehouse


@pytest.mark.parametrize("file", EXPORTS, ids=lambda file: file.name)
def test_damaged_export_publishes_whole_tables_or_nothing(
    file: Path, loaded: Warehouse, tmp_path: Path
) -> None:
    if file.suffix == ".parquet":
        short = tmp_path / file.name
        pq.write_table(pq.read_table(file).slice(0, 500), short)
        file = short
    content, chance = file.read_bytes(), random.Random(file.name)  # noqa: S311 - broken bytes
    tables = set(loaded.current().manifest.tables)
    (tmp_path / "in").mkdir()
    for _ in range(FUZZ_ROUNDS):
        before = loaded.current_id()
        target = tmp_path / "in" / file.name
        target.write_bytes(damaged(content, chance))
        try:
            outcome = run(target, loaded, max_lost_share=1.0)
        except IntakeError:
            assert loaded.current_id() == before
        else:
            assert loaded.current_id() == outcome.release.release_id
            assert tables <= set(outcome.release.table_names)
        assert loaded.leftovers() == []
