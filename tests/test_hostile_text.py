"""Hostile texts through the intake, the files it writes, the terminal, the log: all is kept, and all lies still."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuqi import audit, brief, charts, contract, export, intake, maps, paths
from fuqi import settings as app_settings
from fuqi.export import Column, Facts, Sheet
from fuqi.intake import REPORT_CSV, Outcome
from fuqi.maps import layers
from fuqi.store import Database, Warehouse
from fuqi.ui.escaping import plain, plain_lines
from tests import hostile
from tests.active_content import active_parts

FEW = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MANY = settings(max_examples=300, deadline=None, derandomize=True)

WORDS = st.text(
    st.characters(
        exclude_categories=["Cs"], exclude_characters="\u0600\u0601\u0602\u0603\u0604\u0605"
    ),
    max_size=12,
)
"""Anything a UTF-8 file can hold."""


@st.composite
def hostile_texts(draw: st.DrawFn) -> str:
    """A known attack, alone or with anything around it, or several of them."""
    parts = draw(st.lists(st.sampled_from(hostile.TEXTS[:-1]), min_size=1, max_size=3))
    return f"{draw(WORDS)}{'，'.join(parts)}{draw(WORDS)}"


def distinct(text: str) -> str:
    """Texts of one value would name one street twice."""
    return re.sub(r"\W", "", unicodedata.normalize("NFKC", hostile.as_read(text)))


# ---------------------------------------------------------------- intake


@given(st.lists(hostile_texts(), min_size=3, max_size=5, unique_by=distinct))
@FEW
def test_every_row_is_taken_as_it_reads_or_refused_with_its_place(texts):
    with TemporaryDirectory() as folder:
        outcome = intake.run(
            hostile.write(Path(folder) / "exports", texts), Warehouse(Path(folder) / "warehouse")
        )
        written = hostile.rows_with(texts)
        problems = pq.read_table(outcome.release.table_path("intake_problems")).to_pylist()
        for table in contract.load().tables:
            rows = pq.read_table(outcome.release.table_path(table.name)).to_pylist()
            refused = [
                p
                for p in problems
                if p["table_name"] == table.name and p["severity"] in ("refused", "superseded")
            ]
            assert all(
                p["file"] and p["row"] and p["column_title"] and p["reason"] for p in refused
            )
            kept = len(written[table.name]) - len({p["row"] for p in refused})
            assert len(rows) == kept, (table.name, refused[:3])
            for column in hostile.free_columns(table):
                if column.references or column.name.endswith(("_id", "_code", "_name", "_phone")):
                    continue  # half-width, so that what is compared is spelled alike
                expected = {
                    hostile.as_read(row[column.title]) or None for row in written[table.name]
                }
                found = {row[column.name] for row in rows}
                assert found <= expected, (table.name, column.name, found - expected)
        _assert_report_lies_still(outcome)


def test_every_text_column_of_the_contract_takes_every_hostile_text(hostile_outcome):
    problems = pq.read_table(hostile_outcome.release.table_path("intake_problems")).to_pylist()
    assert [p for p in problems if p["severity"] == "refused"] == []
    columns = 0
    for table in contract.load().tables:
        rows = pq.read_table(hostile_outcome.release.table_path(table.name)).to_pylist()
        for column in hostile.free_columns(table):
            columns += 1
            texts = {row[column.name] for row in rows} - {None}
            assert len(texts) >= len(hostile.TEXTS) // 2, (table.name, column.name)
            for text in texts:
                assert not any(
                    unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\t\r\u200d"
                    for c in text
                ), (table.name, column.name, text)
    assert columns > 70


def test_a_refused_row_is_reported_where_it_stands_and_its_value_lies_still(tmp_path):
    folder = hostile.write(tmp_path / "exports", hostile.TEXTS[:3])
    rows = [
        {
            "街道代码": f"1{n}",
            "街道": text,
            "简称": "甲",
            "别名": "",
            "办事处经度": text,
            "办事处纬度": "22.5",
        }
        for n, text in enumerate(hostile.TEXTS)
    ]
    with (folder / "subdistricts.csv").open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL).writerows(rows)
    outcome = intake.run(folder, Warehouse(tmp_path / "warehouse"))
    problems = pq.read_table(outcome.release.table_path("intake_problems")).to_pylist()
    unreadable = [
        p for p in problems if p["column_title"] == "办事处经度" and p["severity"] == "refused"
    ]
    assert {p["value"] for p in unreadable} == set(hostile.TEXTS)
    assert len({p["row"] for p in unreadable}) == len(hostile.TEXTS)
    assert {(p["file"], p["reason"]) for p in unreadable} == {
        ("subdistricts.csv", "经度读不懂，应为 114.0486 这样的度数")
    }
    _assert_report_lies_still(outcome)


@pytest.fixture(scope="module")
def hostile_outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("hostile")
    return intake.run(hostile.write(folder / "exports"), Warehouse(folder / "warehouse"))


def _assert_report_lies_still(outcome: Outcome) -> None:
    report = (outcome.release.folder / REPORT_CSV).read_text(encoding="utf-8-sig")
    assert active_parts("csv", report.encode()) == []


# ---------------------------------------------------------------- files taken away

ANYTHING = st.one_of(hostile_texts(), st.sampled_from(hostile.TEXTS), st.text(max_size=30))
"""Lone surrogates among it: they cannot come out of a file, but out of an address."""


@given(st.lists(ANYTHING, min_size=1, max_size=5), ANYTHING)
@settings(MANY, max_examples=60)
def test_workbook_and_csv_hold_the_texts_and_compute_nothing(texts, title):
    sheet = _sheet(title, texts)
    book = openpyxl.load_workbook(io.BytesIO(export.as_workbook([sheet, sheet], sheet.facts)))
    assert len({name.lower() for name in book.sheetnames}) == 3
    for page in book:
        assert not re.search(r"[\[\]:*?/\\]", page.title) and 0 < len(page.title) <= 31
        for row in page.iter_rows():
            for cell in row:
                assert cell.data_type != "f" and cell.hyperlink is None
    cells = [row[0].value for row in book.worksheets[1].iter_rows(min_row=4)]
    assert len(cells) == len(texts)
    written = export.as_csv(sheet).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(written, newline="")))
    assert lines[0] == [lines[0][0]] and len(lines) > len(texts)
    assert active_parts("csv", export.as_csv(sheet)) == []
    assert active_parts("xlsx", export.as_workbook([sheet, sheet], sheet.facts)) == []
    for line in lines:
        assert not any(
            unicodedata.category(c) in ("Cc", "Cs")
            for cell in line
            for c in cell
            if c not in "\n\t\r"
        )


PICTURED = (
    *hostile.FORMULAS[:2],
    *hostile.MARKUP,
    *hostile.CODE[:4],
    *hostile.UNSEEN,
    "\ud800",
    hostile.LONG,
)


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_a_picture_of_the_texts_does_nothing(kind):
    rows = charts.drawable(
        pa.table({"name": [*PICTURED[:-2]], "count": [*range(len(PICTURED) - 2)]})
    )
    for title in (PICTURED[2], "\ud800"):
        facts = _sheet(title, []).facts
        drawn = charts.counts_by_name(rows, name="name", count="count", axis="件")
        assert active_parts(kind, export.PICTURES[kind](drawn, facts)) == []


def _sheet(title: str, texts: list[str]) -> Sheet:
    facts = Facts(
        title, title, hostile.AS_OF, title, hostile.AS_OF, scope=title, label=title, account=title
    )
    return Sheet(facts, (Column(title or "列"),), tuple((text,) for text in texts))


@pytest.mark.parametrize("kind", brief.FORMATS)
@pytest.mark.parametrize("area", [hostile.TEXTS[1], hostile.MARKUP[1], None])
def test_a_briefing_of_the_texts_does_nothing(kind, area, hostile_outcome):
    current = app_settings.load()
    database = Database(hostile_outcome.release, current)
    asked = brief.Request(brief.week("2023-W25"), area, datetime(2023, 6, 29, 9))
    made = brief.compose(
        asked,
        database.run,
        hostile_outcome.release.manifest,
        current,
        absent=database.absent,
        boundaries=maps.Boundaries.load(),
    )
    database.close()
    assert active_parts(kind, brief.FORMATS[kind](made)) == []


# ---------------------------------------------------------------- what the screen reads


@given(ANYTHING)
@MANY
def test_markdown_of_a_text_is_one_line_cut_and_without_markup(text):
    shown = plain(text)
    bare = re.sub(r"\\(.)", "", shown)
    assert not re.search(r"[`*_~$\[\]<&]", bare), shown
    assert not re.search(r":[A-Za-z+/_-]|www\.|@\w|--", bare, re.IGNORECASE), shown
    assert "\n" not in shown and not re.match(r"[-+#>=|]|\d+[.)]", shown)
    assert len(re.sub(r"\\(.)|\u2060|[\u2068\u2069]", r"\1", shown)) <= 60
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e")


def test_markdown_of_a_text_keeps_its_words():
    assert (
        plain("深圳市某某（福保）有限公司 2023-06-28 18:00")
        == "深圳市某某（福保）有限公司 2023-06-28 18:00"
    )
    assert plain("融资->贷款利率") == "融资->贷款利率"
    assert plain("a*b") == "a\\*b"
    assert plain("1. 甲") == "1\\. 甲"
    assert plain("长" * 61) == "长" * 59 + "…"
    assert plain("שלום 12") == "\u2068שלום 12\u2069"
    assert plain_lines("甲\n# 乙") == "甲  \n\\# 乙"


@given(ANYTHING)
@MANY
def test_a_tooltip_of_a_map_is_plain_text(text):
    shown = layers.text(text)
    assert not re.search(r"[<>{}@\"']", shown), shown
    assert len(shown) <= layers.LONGEST_TIP * 6


def test_a_number_that_the_map_would_compute_leads_nowhere():
    drawn = layers.points(
        "p",
        [
            layers.Point(114.0, 22.5, "#000000", "甲", goes_to={"park": id_})
            for id_ in ("@@=x", "P1")
        ],
    )
    assert [row["goes_to"] for row in drawn.data] == [{}, {"park": "P1"}]


# ---------------------------------------------------------------- terminal and log

RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
"""What moves a cursor, colours a terminal or turns a line around."""


def test_what_a_command_prints_moves_no_cursor(hostile_outcome, tmp_path):
    escape = "\x1b[2J\x1b]0;题\x07\u202e红\x9b31m"
    folder = tmp_path / "导出\x1b[31m"
    folder.mkdir()
    name = f"诉求{escape[:4]}.csv"
    rows = [
        {
            "工单编号": f"1{escape}",
            f"列{escape}": "x",
            "诉求类型": f"融资{escape}",
            "所属街道": f"街{escape}",
        }
        | {"受理时间": f"明天{escape}", "标题": escape},
        {
            "工单编号": f"2{escape}",
            f"列{escape}": "x",
            "诉求类型": f"融资{escape}",
            "所属街道": f"街{escape}",
        }
        | {"受理时间": "2023-06-01 09:00", "标题": escape},
    ]
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    warehouse = hostile_outcome.release.folder.parent.parent
    asked = ["--data", str(folder), "--start", "2023-06-01", "--end", "2023-06-30"]
    for command in (
        ["query", "resolution_by_subdistrict", *asked, "--format", "table"],
        ["query", "resolution_by_subdistrict", *asked, "--format", "json"],
        ["query", "resolution_by_subdistrict", *asked, "--format", "csv"],
        ["intake", str(folder)],
        ["map", str(folder / name)],
        ["doctor"],
        ["releases"],
        ["rollback", f"没有{escape}"],
    ):
        printed = _run(command, warehouse)
        assert printed and not RAW.search(printed.replace("\r\n", "\n")), (command, printed)


def _run(command: list[str], warehouse: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "fuqi", *command],
        cwd=paths.PROJECT,
        env={**os.environ, "FUQI_WAREHOUSE": str(warehouse), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
    )
    return done.stdout.decode() + done.stderr.decode()


@given(ANYTHING, ANYTHING)
@settings(MANY, max_examples=40)
def test_the_audit_log_has_a_line_an_entry_whatever_is_written(account, filtered):
    with TemporaryDirectory() as folder:
        for _ in range(2):
            audit.record(
                Path(folder),
                account,
                "view",
                filtered,
                MappingProxyType({"street": filtered}),
                reason=filtered,
                at=datetime(2023, 6, 28, 9),
            )
        (file,) = Path(folder).glob("*.jsonl")
        lines = file.read_bytes().decode().splitlines()
        assert len(lines) == 2
        assert [entry.account for entry in audit.read(Path(folder))] == [
            json.loads(lines[0])["account"]
        ] * 2
        assert not RAW.search("".join(lines))
