"""The page 口径: every definition of the headers, found by words, with the settings in force."""

from fuqi.store import kpis
from tests.pages.conftest import OpenPage


def texts(opened) -> str:
    return "\n".join(e.value for e in (*opened.markdown, *opened.caption, *opened.subheader))


def test_every_kpi_stands_on_the_page(open_page: OpenPage) -> None:
    opened = open_page("definitions")
    assert not opened.exception
    shown = texts(opened)
    for kpi in kpis().values():
        assert f"**{kpi.label}**" in shown
        for part in kpi.definition.split(" / "):
            assert part in shown
    assert "`queries/resolution/resolution_totals.sql`" in shown
    assert "政策咨询 24小时" in shown


def test_search_leaves_what_it_asks_for(open_page: OpenPage) -> None:
    opened = open_page("definitions")
    opened.text_input(key="definition").set_value("满意度 评价率").run()
    shown = texts(opened)
    assert "**评价率**" in shown and "**按时办结率**" not in shown
    opened.text_input(key="definition").set_value("没有这样的词").run()
    assert "没有符合的指标" in opened.info[0].value
