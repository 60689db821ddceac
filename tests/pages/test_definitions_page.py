"""The page 口径: every definition of the headers, found by words, with the settings in force."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from streamlit.testing.v1 import AppTest

from fuqi import contract, settings
from fuqi import definitions as defined
from fuqi.settings import Limit, Settings
from fuqi.store import kpis, load_queries
from tests.kpi_cards import parsed
from tests.ledger import appeal, publish_ledger, subdistricts
from tests.pages.conftest import OpenPage

Lines = list[str]


def terms(opened: AppTest) -> dict[str, list[Lines]]:
    """By the term, which two may share, the lines of each: notes beside it, its meaning, and the small print."""
    found: dict[str, list[Lines]] = {}
    for html in opened.get("html"):
        for term in parsed(html.proto.body).iterfind(".//*[@class='fuqi-term']"):
            name, meaning = term
            notes = ["".join(note.itertext()) for note in name]
            said = found.setdefault((name.text or "").strip(), [])
            said.append([*notes, *texts_of(meaning)])
    return found


def texts_of(meaning: Element) -> Lines:
    """The lines of the meaning, then of the small print."""
    small = ["".join(line.itertext()) for line in meaning.iterfind("div")]
    above = [meaning.text, *(line.tail for line in meaning.iterfind("br"))]
    return [line for line in above if line] + small


def files(opened: AppTest) -> list[str]:
    """The lines above terms that say which file works them out."""
    lines = []
    for html in opened.get("html"):
        for line in parsed(html.proto.body).iterfind(".//*[@class='fuqi-file']"):
            lines.append("".join(line.itertext()))
    return lines


def test_every_kpi_stands_on_the_page_with_what_decides_it(open_page: OpenPage) -> None:
    opened = open_page("definitions")
    assert not opened.exception
    shown = terms(opened)
    assert {*shown} == {*(k.label for k in kpis().values()), *defined.SETTING_TITLES.values()}
    for kpi in kpis().values():
        numerator, _, denominator = kpi.definition.partition(" / ")
        meaning = [f"分子　{numerator}", f"分母　{denominator}"] if denominator else [numerator]
        assert any(
            [line for line in lines if line in meaning] == meaning for lines in shown[kpi.label]
        )
    assert sum(map(len, shown.values())) == len(kpis()) + len(defined.SETTING_TITLES)
    (on_time,) = shown["按时办结率"]
    assert on_time[0] == "高者为好"
    assert on_time[3] == "需要的列　企业诉求工单：办结时限、办结时间"
    assert on_time[4].startswith("取决于　没有时限时推算的时限（见页末）")


def test_the_columns_that_a_kpi_needs_stand_by_their_tables(open_page: OpenPage) -> None:
    shown = terms(open_page("definitions"))
    titles = contract.load()
    most_tables = 0
    for kpi in kpis().values():
        columns: dict[str, list[str]] = {}
        for need in kpi.needs:
            table, _, column = need.partition(".")
            named = columns.setdefault(titles[table].title, [])
            named.append(titles[table].column(column).title)
        line = "；".join(f"{table}：{'、'.join(named)}" for table, named in columns.items())
        said = [line for lines in shown[kpi.label] for line in lines if "需要的列" in line]
        assert (f"需要的列　{line}" in said) == bool(columns)
        most_tables = max(most_tables, len(columns))
    assert most_tables > 1


def test_every_query_that_defines_a_kpi_is_named_once_with_its_caveat(open_page: OpenPage) -> None:
    defining = [query for query in load_queries().values() if query.kpis]
    named = files(open_page("definitions"))
    assert len(named) == len(defining)
    for query in defining:
        (line,) = [n for n in named if f"queries/{query.folder}/{query.name}.sql " in n]
        assert not query.caveat.isascii() or line.endswith("计算。")
        assert query.caveat.isascii() or line.endswith(query.caveat)


def test_settings_stand_with_their_value_and_what_they_touch(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "load", lambda *_: Settings(min_n=47))
    shown = terms(open_page("definitions"))
    for name, titled in defined.SETTING_TITLES.items():
        (lines,) = shown[titled]
        assert lines[0].startswith(defined.stated(name, Settings(min_n=47))[:100])
    assert shown["最低样本数"][0][0] == "47"
    assert shown["办公时间"][0][1].startswith("影响　")
    touched = shown["没有时限时推算的时限"][0][1].removeprefix("影响　").split("、")
    assert "按时办结率" in touched and len(touched) == len(set(touched))


def test_what_an_export_does_not_have_is_said_where_it_is_needed(
    tmp_path: Path, open_page: OpenPage, use_warehouse: Callable[[Path], None]
) -> None:
    rows = {
        "subdistricts": subdistricts("福保街道"),
        "appeals": [appeal(1, datetime(2023, 6, 1, 9))],
    }
    publish_ledger(tmp_path, rows, absent={"appeals": ["due_at"]})
    use_warehouse(tmp_path)
    shown = terms(open_page("definitions"))
    (on_time,), (closed,) = shown["按时办结率"], shown["办结率"]
    assert on_time[:2] == ["高者为好", "不可算"]
    assert "需要的列　企业诉求工单：办结时限（本次数据没有）、办结时间" in on_time
    assert "需要的列　企业诉求工单：办结时间" in closed


def test_what_the_settings_say_is_shown_as_it_stands(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = '"><script>x</script> & <b>'
    limits = (Limit(odd, 24, "hours"),)
    monkeypatch.setattr(settings, "load", lambda *_: Settings(deadline_limits=limits))
    opened = open_page("definitions")
    assert terms(opened)["没有时限时推算的时限"][0][0] == f"{odd} 24小时（自然时间）"
    assert "<script" not in "".join(html.proto.body for html in opened.get("html"))


def test_search_leaves_what_it_asks_for(open_page: OpenPage) -> None:
    opened = open_page("definitions")
    opened.text_input(key="definition").set_value("满意度 评价率").run()
    shown = terms(opened)
    assert "评价率" in shown and "按时办结率" not in shown
    opened.text_input(key="definition").set_value("没有这样的词").run()
    assert "没有符合的指标" in opened.info[0].value
    assert {*terms(opened)} == {*defined.SETTING_TITLES.values()}
