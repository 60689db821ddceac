"""Formats of exports: the same rows out of every dialect, archives, totals, metres, and files that are broken."""

import csv
import io
import os
import random
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import geocoordinates_ffi as geo
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from fuqi import paths
from fuqi.intake import IntakeError, archives, readers, run
from fuqi.store.releases import Warehouse
from tests.intake_rows import published, reported
from tests.small_exports import ROWS, write_csv, write_small_exports

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
        ],
    )
    outcome = run(folder, warehouse)
    assert [row for (row,) in published(outcome, "appeals", "appeal_id")] == [
        "A2", "SQ20230504001",
    ]  # fmt: skip
    assert reported(outcome, "refused") == []
    told = {(p["row"], p["reason"]) for p in reported(outcome, "ignored")}
    assert told == {
        (3, "合计行（“福保街道小计”），不是记录，没有载入"),
        (5, "合计行（“合 计：”），不是记录，没有载入"),
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
    content, chance = file.read_bytes(), random.Random(file.name)  # noqa: S311
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
