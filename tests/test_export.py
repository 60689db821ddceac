"""Tables, charts and maps as files: what a spreadsheet, a viewer and a printer make of them."""

import csv
import io
import math
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import altair as alt
import openpyxl
import pyarrow as pa
import pylopdf_fonts_zh_cn
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image, ImageFont

from fuqi import export, inert, look, maps, paths
from fuqi.export import pictures
from fuqi.maps import layers
from fuqi.store import Database
from tests.ledger import publish_ledger
from tests.test_charts_and_maps import CHARTS, TABLES, Run, runner

FACTS = export.Facts(
    "各街道一览",
    "总览",
    datetime(2023, 6, 28, 18),
    "20230628-180000",
    datetime(2023, 6, 29, 9, 30),
    scope="沙头街道 · 融资 · 2023-04-01 至 2023-06-28",
    n=3,
    label="演示数据",
    account="陈某",
    notes=("示意边界，非行政区划标准界线",),
)
SAID = (
    "沙头街道 · 融资 · 2023-04-01 至 2023-06-28",
    "2023-06-28 18:00",
    "20230628-180000",
    "演示数据",
    "陈某",
    "2023-06-29 09:30",
    "示意边界，非行政区划标准界线",
)
BOUNDARIES = maps.Boundaries.load()
FRAME = maps.Frame()


# ---------------------------------------------------------------- texts that stay texts

FORMULAS = [
    "=1+1",
    "+A1",
    "-A1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n@x",
    "  =HYPERLINK(1)",
    "　=cmd|' /C calc'!A0",
    "\u00a0-2+3",
    "＝1+1",
    "＋A1",
    "－A1",
    "＠SUM(A1)",
    "-1+cmd|' /C calc'!A0",
    "+1(2)",
    "-",
    "=",
]
NUMBERS = [
    "-3",
    "+341",
    "-1.51百分点",
    "+0.3小时",
    "-1,234.50",
    "-5%",
    "+12 人次",
    "－",
    "x=1",
    "a@b",
]
ODD = ["\u202egnp.exe", "\u200f左", "\x00\x07\x1b[31m", "<img src=x onerror=alert(1)>", "\ufeff=1"]


def as_read(text: str) -> str:
    """The cell that a spreadsheet gets from our CSV for a text."""
    sheet = export.Sheet(FACTS, (export.Column("说明"),), ((text,),))
    return list(csv.reader(io.StringIO(export.as_csv(sheet).decode("utf-8-sig"), "")))[1][0]


def is_inert(cell: str) -> bool:
    """Whether no spreadsheet takes the cell for a formula: written apart from the code that is tested."""
    body = cell.strip()
    if not body or body[0] not in "=+-@＝＋－＠":
        return cell[:1] not in ("\t", "\r", "\n")
    return body == cell.strip() and re.fullmatch(r"[+-][0-9][0-9,.]* ?[%一-鿿]*", body) is not None


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_could_be_a_formula_begins_with_an_apostrophe(text):
    assert as_read(text).startswith("'")
    assert as_read(text)[1:].strip() == inert.readable(text).replace("\r", "\n").strip()


@pytest.mark.parametrize("text", [n for n in NUMBERS if n != "－"])
def test_a_plain_number_and_a_sign_further_back_stay_as_they_are(text):
    assert as_read(text) == text


@pytest.mark.parametrize("text", ODD)
def test_odd_characters_are_made_visible(text):
    cell = as_read(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff]", cell)
    assert is_inert(cell)
    assert len(cell) >= len(text)


def test_markup_is_left_as_the_text_it_is():
    assert as_read("<img src=x onerror=alert(1)>") == "<img src=x onerror=alert(1)>"


@given(st.text(st.sampled_from("=+-@＝＋－＠\t\r\n\x00\u202e\u200f 　1a,;\"'%天(|!"), max_size=12))
@settings(max_examples=400, deadline=None)
def test_whatever_is_in_a_cell_no_spreadsheet_works_it_out(text):
    assert is_inert(as_read(text))


# ---------------------------------------------------------------- tables

ROWS = pa.table(
    {
        "station_id": ["007", "=1+1", "8" * 40],
        "on_time_rate": [94.35, None, 28.5],
        "service_count": [1234, -3, 0],
        "funded_yuan": [612.5, None, 0.0],
        "median_funding_days": [12.5, float("nan"), 3.0],
        "median_response_working_days": [1.0, 2.5, None],
        "change_points": [-1.5, 0.25, None],
        "rise_ratio": [2.5, None, 1.0],
        "received_at": [datetime(2023, 6, 28, 9, 5), None, datetime(2023, 1, 1)],
        "held_since": [date(2023, 3, 1), None, date(2022, 6, 1)],
        "week_counts": [[1, 2, 3], [], None],
        "is_held": [True, False, None],
        "entities_per_station": [3806.9, None, 1.0],
    },
    schema=pa.schema(
        {
            "station_id": pa.string(),
            "on_time_rate": pa.float64(),
            "service_count": pa.int64(),
            "funded_yuan": pa.float64(),
            "median_funding_days": pa.float64(),
            "median_response_working_days": pa.float64(),
            "change_points": pa.float64(),
            "rise_ratio": pa.float64(),
            "received_at": pa.timestamp("us"),
            "held_since": pa.date32(),
            "week_counts": pa.list_(pa.int64()),
            "is_held": pa.bool_(),
            "entities_per_station": pa.float64(),
        }
    ),
)
HEADINGS = {name: f"列{n}" for n, name in enumerate(ROWS.column_names)}
SHEET = export.sheet_of(ROWS, HEADINGS, FACTS)


def opened(*sheets: export.Sheet, **about: Any) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(export.as_workbook(list(sheets), **about)))


def cells(page: Worksheet, row: int) -> list[Any]:
    return [cell.value for cell in page[row]]


def test_a_csv_holds_numbers_bare_texts_quoted_and_days_as_days():
    lines = export.as_csv(SHEET).decode("utf-8-sig").split("\r\n")
    assert lines[1] == (
        '"007","94.35%",1234,612.5,12.5,1.0,-1.5,2.5,"2023-06-28 09:05","2023-03-01","1、2、3","是",3807'
    )
    assert lines[2].startswith('"\'=1+1","",-3,')
    assert "nan" not in "".join(lines).lower()


def test_a_csv_says_the_units_in_its_headings():
    header = next(csv.reader([export.as_csv(SHEET).decode("utf-8-sig").split("\r\n")[0]]))
    assert header[3:8] == ["列3（万元）", "列4（天）", "列5（个工作日）", "列6（百分点）", "列7"]


def test_a_csv_begins_with_its_header_and_ends_with_what_it_is_about():
    written = export.as_csv(SHEET)
    assert written.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    assert lines[0][0] == "列0"
    assert lines[1 + ROWS.num_rows] == []
    below = dict(lines[2 + ROWS.num_rows :])
    assert below["标题"] == "各街道一览"
    assert below["行数"] == "3"
    assert set(SAID) <= set(below.values())


def test_a_file_of_somebody_who_is_not_logged_in_says_so():
    assert "未登录" in export.as_csv(replace(SHEET, facts=replace(FACTS, account=""))).decode()


def test_the_cells_of_a_workbook_have_their_types():
    (page,) = opened(SHEET).worksheets
    assert cells(page, 3)[0] == "列0"
    assert cells(page, 4) == [
        "007",
        0.9435,
        1234,
        612.5,
        12.5,
        1.0,
        -1.5,
        2.5,
        datetime(2023, 6, 28, 9, 5),
        datetime(2023, 3, 1),
        "1、2、3",
        "是",
        3807,
    ]
    formats = [cell.number_format for cell in page[4]]
    assert formats[1] == "0.00%"
    assert formats[8:10] == ["yyyy-mm-dd hh:mm", "yyyy-mm-dd"]
    assert cells(page, 6)[1] == 0.285
    assert cells(page, 5)[4] is None


def test_the_header_of_a_workbook_stays_in_sight_and_can_be_filtered():
    (page,) = opened(SHEET).worksheets
    assert page.freeze_panes == "A4"
    assert page.auto_filter.ref == "A3:M6"


def test_columns_are_wide_enough_for_chinese():
    names = ["深圳市福田区华强北街道荔村社区党群服务中心", "短"]
    rows = pa.table({"a": names, "b": ["1", "2"]})
    (page,) = opened(export.sheet_of(rows, {"a": "站点", "b": "按时办结率"}, FACTS)).worksheets
    assert page.column_dimensions["A"].width >= 2 * len(names[0])
    assert page.column_dimensions["B"].width >= 2 * len("按时办结率")


@pytest.mark.parametrize("text", [*FORMULAS, *ODD, "http://localhost/x", "{=1}", "_x0041_"])
def test_nothing_in_a_workbook_is_a_formula_or_a_link(text):
    title = f"{text}表"
    sheet = export.Sheet(
        replace(FACTS, title=title, scope=text, account=text, notes=(text,)),
        (export.Column(text),),
        ((text,),),
    )
    book = opened(sheet, about=sheet.facts, definitions={text: text})
    found = [
        cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None
    ]
    assert {cell.data_type for cell in found} <= {"s", "n"}
    assert not any(cell.hyperlink for cell in found)
    read = book.worksheets[1]["A4"].value
    assert read == inert.readable(text).replace("\r", "\n")


def test_a_long_text_is_whole_and_one_too_long_for_a_cell_says_that_it_was_cut():
    long, too_long = "长" * 10_000, "长" * 40_000
    sheet = export.Sheet(FACTS, (export.Column("内容"),), ((long,), (too_long,)))
    (page,) = opened(sheet).worksheets
    assert page["A4"].value == long
    assert page["A5"].value.startswith("长" * 30_000)
    assert "共40,000字" in page["A5"].value
    assert long in export.as_csv(sheet).decode("utf-8-sig")


def test_every_sheet_says_title_filters_n_release_account_and_time():
    (page,) = opened(SHEET).worksheets
    assert page["A1"].value == "各街道一览"
    assert [said for said in SAID if said not in page["A2"].value] == []
    assert "共 3 行" in page["A2"].value


def test_a_workbook_of_a_page_begins_with_what_it_is_and_what_its_kpis_mean():
    book = opened(
        SHEET, SHEET, about=replace(FACTS, title="总览"), definitions={"办结率": "办结 / 受理"}
    )
    assert book.sheetnames == ["说明", "各街道一览", "各街道一览（2）"]
    said = [cell for row in book["说明"].iter_rows(values_only=True) for cell in row]
    assert set(SAID) <= set(said)
    assert {"总览", "办结率", "办结 / 受理", "各街道一览（2）", 3} <= set(said)


@given(st.lists(st.text(max_size=40), max_size=8))
@settings(max_examples=200, deadline=None)
def test_names_of_sheets_are_such_as_excel_takes(titles):
    names: list[str] = []
    for title in titles:
        names.append(export.sheet_name(title, names))
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= 31
        assert not set(name) & set("[]:*?/\\")
        assert name.strip("'") == name
        assert name.lower() != "history"


def test_sheets_of_one_long_title_are_told_apart():
    title = "比其他地方多几倍的诉求与涉及的企业清单（按区位商从高到低排列）"
    names = [export.sheet_name(title, [])]
    names.append(export.sheet_name(title, names))
    assert names[0] != names[1]
    assert max(map(len, names)) <= 31


# ---------------------------------------------------------------- pictures


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    database = Database(publish_ledger(tmp_path_factory.mktemp("exported"), TABLES))
    yield runner(database)
    database.close()


EACH_CHART = pytest.mark.parametrize(("query", "draw"), CHARTS.values(), ids=CHARTS)
Draw = Callable[[pa.Table], alt.TopLevelMixin]


def drawn_texts(svg: bytes) -> list[str]:
    root = etree.fromstring(svg)
    return ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]


@EACH_CHART
def test_a_chart_is_a_picture_with_all_that_is_known_of_it(run: Run, query: str, draw: Draw):
    texts = drawn_texts(export.as_svg(draw(run(query)), FACTS))
    joined = "".join(texts)
    assert "各街道一览" in texts
    assert [said for said in SAID if said not in joined] == []
    assert "共 3 行" in joined


@EACH_CHART
def test_a_chart_is_not_changed_by_its_export(run: Run, query: str, draw: Draw):
    chart = draw(run(query))
    before = chart.to_dict()
    export.as_svg(chart, FACTS)
    export.words_of(chart)
    assert chart.to_dict() == before


def test_a_chart_of_more_rows_than_altair_allows_is_drawn():
    rows = pa.table({"n": list(range(6000)), "d": [date(2023, 6, 28)] * 6000})
    chart = alt.Chart(rows).mark_point().encode(x="n:Q", y="d:T").properties(height=200)
    (values,) = pictures.picture(chart, FACTS)["datasets"].values()
    assert len(values) == 6000
    assert values[0]["d"] == "2023-06-28T00:00:00"


LONG = "受理与办结、当日响应率与满意率之间的关系（虚线为上期受理，横线为95%置信区间）" * 4


def test_long_lines_are_broken_and_none_is_wider_than_the_picture(run: Run):
    query, draw = CHARTS["flow_trend"]
    facts = replace(
        FACTS, title=LONG, scope="abcdefghij klmnop 2023-04-01 " * 12, notes=("W" * 300,)
    )
    svg = etree.fromstring(export.as_svg(draw(run(query)), facts))
    width = float(svg.get("width"))
    small = pictures.NOTE_SIZE
    for size, said in ((pictures.TITLE_SIZE, LONG), (small, facts.scope), (small, "W" * 300)):
        font = ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), size)
        lines = pictures.wrapped(said, pictures.WIDTH, size)
        assert "".join(lines).replace(" ", "") == said.replace(" ", "")
        assert len(lines) > 1
        assert max(font.getlength(line) for line in lines) <= pictures.WIDTH < width
    assert LONG in "".join(drawn_texts(etree.tostring(svg)))


def test_a_png_has_twice_the_pixels_of_the_drawing(run: Run):
    query, draw = CHARTS["flow_trend"]
    chart = draw(run(query))
    svg = etree.fromstring(export.as_svg(chart, FACTS))
    with Image.open(io.BytesIO(export.as_png(chart, FACTS))) as picture:
        assert picture.width == pytest.approx(2 * float(svg.get("width")), abs=2)
        assert picture.info["dpi"][0] == pytest.approx(144, abs=0.1)


def test_the_text_of_a_pdf_can_be_selected_and_its_font_is_in_it(run: Run):
    query, draw = CHARTS["flow_trend"]
    pdf = export.as_pdf(draw(run(query)), FACTS)
    assert b"/FontFile3" in pdf
    fonts = re.findall(rb"/BaseFont /(\S+)", pdf)
    assert fonts and all(b"NotoSansSC" in font for font in fonts)
    (cmap,) = re.findall(rb"beginbfchar(.*?)endbfchar", pdf, re.S) or [b""]
    letters = {
        bytes.fromhex(code.decode()).decode("utf-16-be")
        for code in re.findall(rb"<[0-9a-fA-F]+> <([0-9a-fA-F]+)>", cmap)
    }
    assert set("各街道一览演示数据") <= letters


# Only what a machine without fonts has: none. The same script is run there and here.
DRAWING = """
    import sys
    from datetime import datetime
    import altair as alt, pyarrow as pa
    from fuqi import export
    from fuqi.export import pictures
    if sys.argv[2] == "unregistered":
        pictures.register_fonts = lambda: None
    rows = pa.table({"街道": ["沙头街道", "华强北街道"], "n": [3, 5]})
    chart = alt.Chart(rows).mark_bar().encode(x="n:Q", y="街道:N").properties(height=200)
    noon = datetime(2023, 6, 28, 12)
    facts = export.Facts("受理与办结", "总览", noon, "1", noon, label="演示数据")
    open(sys.argv[1], "wb").write(export.as_png(chart, facts))
"""


def drawn_in(folder: Path, name: str, mode: str, environment: dict[str, str]) -> Image.Image:
    file = folder / name
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DRAWING), str(file), mode],
        cwd=paths.PROJECT,
        env={**os.environ, **environment},
        check=True,
        timeout=120,
    )
    return Image.open(file).convert("RGB")


def test_chinese_is_drawn_on_a_machine_without_any_font(tmp_path):
    (tmp_path / "no fonts").mkdir()
    config = tmp_path / "fonts.conf"
    config.write_text(
        f"<?xml version='1.0'?><fontconfig><dir>{tmp_path / 'no fonts'}</dir></fontconfig>",
        encoding="utf-8",
    )
    bare = {"FONTCONFIG_FILE": str(config)}
    here = drawn_in(tmp_path, "here.png", "registered", {})
    there = drawn_in(tmp_path, "there.png", "registered", bare)
    without = drawn_in(tmp_path, "without.png", "unregistered", bare)
    assert there.tobytes() == here.tobytes()
    assert without.tobytes() != here.tobytes()
    assert ink(here) > 1.5 * ink(without), "what is drawn without the font is not Chinese"


def ink(picture: Image.Image) -> int:
    """Dark pixels of the title's line."""
    line = picture.crop((0, 0, 400, 80)).convert("L")
    return sum(line.histogram()[:128])


# ---------------------------------------------------------------- maps

POINT = {"longitude": 114.05, "latitude": 22.53}


def a_map(**frame: Any) -> tuple[maps.DistrictMap, maps.Frame]:
    """One of everything that maps are made of."""
    stood = maps.Frame(**frame)
    fills = dict.fromkeys(BOUNDARIES.streets.label_points, look.SEQUENCE[2])
    made = [
        *layers.areas(BOUNDARIES, stood, fills=fills),
        *layers.cells("cells", [(114.04, 22.52), (114.06, 22.55)], [1, 9], metres=200, steps=[5]),
        layers.lines("lines", [layers.Line((114.03, 22.52), (114.06, 22.55), "线")]),
        layers.points("points", [layers.Point(**POINT, colour=look.UNHELD, name="点", radius=7)]),
        layers.names(BOUNDARIES, stood),
    ]
    legend = (
        maps.LegendEntry(look.UNHELD, "无人挂点"),
        maps.LegendEntry(look.RECEIVED, "街道办至其干部挂点的园区商圈", is_line=True),
    )
    return maps.DistrictMap(layers.deck(made, BOUNDARIES, stood), legend, "图"), stood


def map_spec(**frame: Any) -> dict[str, Any]:
    return pictures.picture(export.map_chart(*a_map(**frame)), FACTS)


def values_of(spec: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [v for rows in spec["datasets"].values() for v in rows if key in v]


def test_a_map_has_every_area_with_its_fill_and_its_legend_in_words():
    spec = map_spec()
    polygons = [v for v in values_of(spec, "geometry") if v["geometry"]["type"] != "LineString"]
    assert len(polygons) == len(BOUNDARIES.streets.features)
    assert {v["fill"] for v in polygons} == {look.css(look.rgba(look.SEQUENCE[2]))}
    texts = drawn_texts(export.as_svg(export.map_chart(*a_map()), FACTS))
    names = {name.removesuffix("街道") for name in BOUNDARIES.streets.label_points}
    assert names | {"无人挂点", "街道办至其干部挂点的园区商圈"} <= set(texts)
    assert any("示意边界" in text for text in texts)


@pytest.mark.parametrize("frame", [{}, {"subdistrict": "沙头街道"}, {"width": 350, "height": 330}])
def test_a_point_stands_where_the_screen_has_it(frame):
    shown, stood = a_map(**frame)
    view = shown.deck.initial_view_state

    def mercator(latitude: float) -> float:
        return math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))

    # Pixels of the screen, as deck.gl has them: 512 * 2^zoom around the world; the picture is as much larger.
    around = 512 * 2**view.zoom
    enlarged = 720 / stood.width
    x = stood.width / 2 + (POINT["longitude"] - view.longitude) / 360 * around
    y = (
        stood.height / 2
        - (mercator(POINT["latitude"]) - mercator(view.latitude)) / (2 * math.pi) * around
    )
    svg = export.as_svg(export.map_chart(shown, stood), FACTS).decode()
    (at,) = {
        (float(px), float(py))
        for px, py, fill in re.findall(
            r'transform="translate\(([-\d.]+),([-\d.]+)\)"[^>]*fill="([^"]+)"', svg
        )
        if fill.startswith("rgba(122,63,176")
    }
    assert at == pytest.approx((x * enlarged, y * enlarged), abs=0.5)


def test_a_point_is_as_large_as_the_screen_has_it():
    shown, stood = a_map()
    (radius,) = {row["radius"] for layer in shown.deck.layers for row in points_of(layer)}
    svg = export.as_svg(export.map_chart(shown, stood), FACTS).decode()
    (drawn,) = re.findall(r'd="M([\d.]+),0A[^"]*"[^>]*fill="rgba\(122,63,176', svg)
    assert float(drawn) == pytest.approx(radius, abs=0.01)


def points_of(layer: Any) -> list[dict[str, Any]]:
    return layer.data if layer.type == "ScatterplotLayer" else []


def test_a_kind_of_layer_that_cannot_be_drawn_is_named():
    shown, stood = a_map()
    shown.deck.layers.append(type(shown.deck.layers[0])("HexagonLayer", [POINT], id="odd"))
    with pytest.raises(export.UnknownLayerError, match=r"odd.*HexagonLayer"):
        export.map_chart(shown, stood)


def test_tiles_are_left_out_of_a_still_map():
    shown, stood = a_map(tile_url="http://localhost/{z}/{x}/{y}.png")
    assert export.map_chart(shown, stood).to_dict()["layer"]
    assert "localhost" not in export.as_svg(export.map_chart(shown, stood), FACTS).decode()


def test_an_empty_map_is_still_a_picture():
    stood = FRAME
    shown = maps.DistrictMap(
        layers.deck(layers.areas(BOUNDARIES, stood), BOUNDARIES, stood), (), "图"
    )
    assert export.as_png(export.map_chart(shown, stood), FACTS).startswith(b"\x89PNG")


NOT_IN_XML = ("a\x00b", "\x1b[31m", "\x0b", "\ufffe", "\uffff", "\x85\u2028")


def test_a_character_that_xml_does_not_have_does_not_end_the_process():
    # The converter would: the pictures are made apart, or no other test would be run. Each text is told first, so
    # that the last one printed is the one that ended the process.
    program = textwrap.dedent(
        """
        import sys, ast
        import pyarrow as pa
        from fuqi import charts, export
        from tests.test_export import FACTS
        for text in sys.argv[1:]:
            print(text, flush=True)
            rows = pa.table({"name": [ast.literal_eval(text), "b"], "n": [2, 1]})
            chart = charts.counts_by_name(rows, "name", "n", "n")
            for made in (export.as_png(chart, FACTS), export.as_figure(chart, 300, 200)):
                assert made.startswith(b"\\x89PNG"), made[:8]
        """
    )
    written = [ascii(text) for text in NOT_IN_XML]
    done = subprocess.run(
        [sys.executable, "-c", program, *written],
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == written, done.stderr[-500:]
    assert done.returncode == 0, (done.stdout, done.stderr[-500:])
