"""What is personal in an export never comes out whole: not from a query, not in a report, however it was written."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuqi import contract
from fuqi.access import Scope
from fuqi.store import Database, load_queries, names
from fuqi.store.queries import STAGING
from tests.drawn_ledgers import SMALL
from tests.ledger import publish_ledger
from tests.test_query_files import PARAMS, one_row_of_everything

FULL_WIDTH = str.maketrans("0123456789X+-", "０１２３４５６７８９Ｘ＋－")
SEPARATORS = ("", "-", " ", ".", "－", "—", "　", "·", "/")

digits = st.integers(0, 9).map(str)


@st.composite
def mobile_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """The eleven digits, and a way they are written."""
    number = "1" + draw(st.sampled_from("3456789")) + "".join(draw(st.tuples(*[digits] * 9)))
    one, other = draw(st.sampled_from(SEPARATORS)), draw(st.sampled_from(SEPARATORS))
    cut = draw(st.sampled_from([(3, 7), (4, 7), (3, 6), (5, 8)]))
    written = f"{number[: cut[0]]}{one}{number[cut[0] : cut[1]]}{other}{number[cut[1] :]}"
    prefix = draw(st.sampled_from(["", "", "86", "+86", "+86-", "+86 ", "0086", "(+86)"]))
    return number, _as_written(draw, prefix + written)


@st.composite
def land_lines(draw: st.DrawFn) -> tuple[str, str]:
    area = draw(st.sampled_from(["0755", "010", "0769"]))
    number = draw(st.sampled_from("2345678")) + "".join(draw(st.tuples(*[digits] * 7)))
    one, other = draw(st.sampled_from(SEPARATORS)), draw(st.sampled_from(SEPARATORS))
    closing = draw(st.sampled_from(["", "(", "（"]))
    opened = f"{closing}{area}{ {'(': ')', '（': '）'}.get(closing, one) }"
    return area + number, _as_written(draw, f"{opened}{number[:4]}{other}{number[4:]}")


@st.composite
def identity_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """An identity number of 18 characters, or of 15 as until 1999, and a way it is written."""
    born = draw(st.dates(date(1930, 1, 1), date(1999, 12, 31)))
    serial = "".join(draw(st.tuples(*[digits] * 3)))
    if draw(st.booleans()):
        number = f"440304{born:%Y%m%d}{serial}{draw(st.sampled_from('0123456789X'))}"
        one = draw(st.sampled_from(SEPARATORS))
        written = f"{number[:6]}{one}{number[6:14]}{one}{number[14:]}"
        return number, _as_written(draw, draw(st.sampled_from([written, written.lower()])))
    number = f"440304{born:%y%m%d}{serial}"
    return number, _as_written(draw, number)


def _as_written(draw: st.DrawFn, text: str) -> str:
    return text.translate(FULL_WIDTH) if draw(st.booleans()) else text


NUMBERS = st.one_of(mobile_numbers(), land_lines(), identity_numbers())
AROUND = st.sampled_from(["", "请联系", "电话：", "身份证", "，", "ID：", "工单 ", "（", "\n"])


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text with numbers in it, and those numbers."""
    found = draw(st.lists(st.tuples(AROUND, NUMBERS), min_size=1, max_size=3))
    return "，".join(around + written for around, (_, written) in found), [
        number for _, (number, _) in found
    ]


def bare(text: str) -> str:
    """Digits and X alone, in one width."""
    return re.sub(
        r"[^0-9X]", "", text.translate(str.maketrans("０１２３４５６７８９Ｘx", "0123456789XX"))
    )


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database(publish_ledger(tmp_path_factory.mktemp("empty")))
    yield opened
    opened.close()


def masked(database: Database, text: str) -> str:
    (shown,) = database._connection.cursor().execute("select mask_text(?)", [text]).fetchall()[0]
    return shown


@given(texts())
@settings(max_examples=250, deadline=None, derandomize=True)
def test_no_number_in_a_free_text_stays_whole(database, drawn):
    text, numbers = drawn
    shown = masked(database, text)
    for number in numbers:
        assert bare(number) not in bare(shown), (text, shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("138-0000-1111", "138****1111"),
        ("+86 138 0000 1111", "+86 138****1111"),
        ("１３８００００１１１１", "138****1111"),
        ("0755-83456789", "075****6789"),
        ("（0755）8345 6789", "（075****6789"),
        ("座机83456789转8", "座机****6789转8"),
        ("身份证440304199001011234", "身份证440***************"),
        ("身份证44030419900101123X。", "身份证440***************。"),
        ("440304900101123", "440************"),
        ("李某13800001111，王某13900002222", "李某138****1111，王某139****2222"),
        # What is no number of a person stays.
        ("工单 20230504001", "工单 20230504001"),
        ("统一代码 91440300MA5EQ1234X", "统一代码 91440300MA5EQ1234X"),
        ("贷款 500 万元，2023-05-04 09:12:00 到账", "贷款 500 万元，2023-05-04 09:12:00 到账"),
        ("营业面积 1300 平方米，租金 15000 元", "营业面积 1300 平方米，租金 15000 元"),
    ],
)
def test_what_a_masked_text_reads_like(database, text, shown):
    assert masked(database, text) == shown


# ---------------------------------------------------------------- names inside free text

CADRES = [("G1", "陈某某"), ("G2", "高峰"), ("G3", "文明"), ("G4", "欧阳文静"), ("G5", "张 江")]


@pytest.mark.parametrize(
    ("text", "written", "shown"),
    [
        # Whoever stands in the row.
        ("李明反映融资贵，李明来电", "李明", "李*反映融资贵，李*来电"),
        ("高峰反映早高峰停车难", "高峰", "高*反映早高*停车难"),
        ("联系李 明先生", "李明", "联系李*先生"),
        ("李明，王芳到场", "李明、王芳 13800001111", "李*，王*到场"),
        ("李明到场", "李 明", "李*到场"),
        ("李明到场", "李明（店长）", "李*到场"),
        ("John Li met the client Li", "Li", "John L* met the client L*"),
        ("JOHN SMITH来电", "John Smith", "J*********来电"),
        ("john smith来电", "John Smith", "J*********来电"),
        ("买买提·艾力来访", "买买提·艾力", "买*****来访"),
        # What stands there in place of a name is none.
        ("企业反映负责人出差", "企业", "企业反映负责人出差"),
        ("负责人说市民多", "负责人", "负责人说市民多"),
        ("某企业来电", "某", "某企业来电"),
        ("李某反映", None, "李某反映"),
        # The register: three characters anywhere, two beside an office.
        ("由陈某某跟进，欧阳文静协助", None, "由陈**跟进，欧***协助"),
        ("早高峰拥堵，创建文明城区", None, "早高峰拥堵，创建文明城区"),
        ("请高峰书记协调，文明施工", None, "请高*书记协调，文明施工"),
        ("联系干部：文明", None, "联系干部：文*"),
        ("组长主任高峰到场", None, "组长主任高*到场"),
        ("张江主任已联系", None, "张*主任已联系"),
        ("张江科学城", None, "张江科学城"),
    ],
)
def test_what_a_text_reads_like_without_names(text, written, shown):
    register = names.Register.of(CADRES)
    connection = duckdb.connect()
    names.teach(connection, register)
    found = connection.execute("select mask_names(?, ?, null)", [text, written]).fetchall()
    assert found == [(shown,)]


def test_the_cadre_of_a_visit_is_a_name_of_its_row():
    connection = duckdb.connect()
    names.teach(connection, names.Register.of(CADRES))
    rows = connection.execute(
        "select mask_names(note, null, cadre) from (values (1, '高峰时段走访', 'G2'), (2, '高峰时段走访', 'G1'), "
        "(3, null, 'G1'), (4, '', 'G404')) as t (n, note, cadre) order by n"
    ).fetchall()
    assert rows == [("高*时段走访",), ("高峰时段走访",), (None,), ("",)]


HAN = st.text(st.characters(min_codepoint=0x9E80, max_codepoint=0x9F80), min_size=1, max_size=4)
PLAIN = st.text(st.sampled_from("企业反映融资，。 1a\n的"), max_size=8)


@given(st.lists(st.tuples(PLAIN, HAN), min_size=1, max_size=4), PLAIN, st.data())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_no_name_of_the_row_or_the_register_stays_in_its_text(drawn, end, data):
    people = [f"欧{given_name}" for _, given_name in drawn]
    text = "".join(words + person for (words, _), person in zip(drawn, people, strict=True)) + end
    registered = [(f"G{n}", person) for n, person in enumerate(people) if data.draw(st.booleans())]
    others = [person for person in people if person not in {name for _, name in registered}]
    separator = data.draw(st.sampled_from(["、", "，", "/", " 13800001111；"]))
    connection = duckdb.connect()
    names.teach(connection, names.Register.of(registered))
    ((shown,),) = connection.execute(
        "select mask_names(?, ?, null)", [text, separator.join(others)]
    ).fetchall()
    short = {name for _, name in registered if len(name) == 2}
    for person in people:
        assert person not in shown or person in short, (text, shown)
    assert len(shown) == len(text)


# ---------------------------------------------------------------- every personal column, every query

NAMES = st.text(st.characters(min_codepoint=0x9E80, max_codepoint=0x9F80), min_size=2, max_size=4)


@given(st.data())
@settings(SMALL, max_examples=4)
def test_no_personal_value_comes_out_of_any_query(data):
    tables = one_row_of_everything()
    secrets: list[str] = []
    personal = 0
    for table in contract.load().tables:
        for row in tables[table.name]:
            for column in table.columns:
                if not column.personal:
                    continue
                personal += 1
                if column.personal == "name":
                    name = "欧" + data.draw(NAMES)
                    row[column.name] = name
                    secrets.append(name[1:])
                elif column.personal == "phone":
                    number, written = data.draw(st.one_of(mobile_numbers(), land_lines()))
                    row[column.name] = written
                    secrets.append(bare(number))
                else:
                    row[column.name], numbers = data.draw(texts())
                    secrets += [bare(number) for number in numbers]
    _name_them_in_texts(tables)
    tables["intake_problems"] = [
        {
            "severity": "refused",
            "table_name": "appeals",
            "file": "台账.xlsx",
            "column_title": title,
            "reason": "重复",
            "value": value,
            "record": value,
        }
        for title, value in (
            ("联系人", "欧阳文静"),
            ("标题、联系人", "欧阳文静"),
            ("联系电话", "13812345678"),
        )
    ]
    secrets += ["阳文静", "13812345678"]
    assert personal > 8
    with TemporaryDirectory() as folder:
        release = publish_ledger(Path(folder), tables)
        for scope in (Scope(), Scope(("福保街道",), True)):
            opened = Database(release, scope=scope)
            for query in load_queries().values():
                if query.folder != STAGING or not query.params:
                    rows = _rows(opened, query)
                    _assert_none(rows, secrets, query.name)
            for name in release.table_names:
                _assert_none(_table(opened, name), secrets, name)
            opened.close()


def _name_them_in_texts(tables: dict[str, list[dict[str, Any]]]) -> None:
    """The names of the row, and one of the register, in every free text of it."""
    cadre = tables["cadres"][0]
    for table in contract.load().tables:
        own = [c.name for c in table.columns if c.personal == "name"]
        for row in tables[table.name]:
            for column in table.columns:
                if column.personal == "text" and row.get(column.name):
                    held = [row[name] for name in own if row.get(name)]
                    row[column.name] = "，".join(
                        [row[column.name], *held, cadre["cadre_name"], "到场"]
                    )


def _assert_none(rows: list[dict[str, Any]], secrets: list[str], where: str) -> None:
    for text in _texts(rows):
        for secret in secrets:
            assert secret not in text and (not secret[0].isdigit() or secret not in bare(text)), (
                where
            )


def _rows(database: Database, query: Any) -> list[dict[str, Any]]:
    if query.folder == STAGING:
        return _table(database, query.name)
    return database.run(query.name, {p: PARAMS[p] for p in query.params}).to_pylist()


def _table(database: Database, name: str) -> list[dict[str, Any]]:
    return database._connection.cursor().sql(f'select * from "{name}"').to_arrow_table().to_pylist()


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for value in found.values():
            yield from _texts(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from _texts(value)
    elif found is not None and not isinstance(found, date | datetime):
        yield str(found)
