"""共性诉求 as Streamlit runs it: the sentence first, the lists behind it, and what it says when nothing stands out."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fuqi import paths
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts
from tests.pages.conftest import OpenPage
from tests.pages.plain_figures import PlainFigures

PAGE = "common"
BLOCK = """
from fuqi import ui
ui.shared_problem_block(ui.page("街道", "？"))
"""


def sentences(opened: AppTest) -> str:
    return "\n".join(m.value for m in opened.markdown)


def hints(opened: AppTest) -> str:
    return "\n".join(i.value for i in opened.info)


def table_with(opened: AppTest, column: str) -> Any:
    (found,) = [t.value for t in opened.dataframe if column in t.value.columns]
    return found


def demo_appeals(figures: PlainFigures, first: date, last: date) -> list[dict[str, Any]]:
    return [
        row
        for row in figures.rows("appeals")
        if not row["is_void"]
        and first <= row["received_at"].date() <= last
        and row["received_at"] <= AS_OF
    ]


def test_the_first_sentence_names_hetao_with_the_counts_plain_python_finds(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page(PAGE)

    counted = demo_appeals(figures, date(2023, 4, 1), date(2023, 6, 28))
    parks = {p["park_id"] for p in figures.rows("parks") if p["area_name"] == "河套"}
    there = [row for row in counted if row["park_id"] in parks]
    about = [row for row in there if row["category_path"].endswith("融资难融资贵")]
    everywhere = [row for row in counted if row["category_path"].endswith("融资难融资贵")]
    firms = len({row["enterprise_id"] for row in about} - {None})
    assert not opened.exception
    said = sentences(opened)
    assert "本季度有 **1** 项共性诉求：**河套片区 · 融资 / 融资难融资贵**" in said
    assert f"（{len(about)}/{len(there)}）" in said
    assert f"（{len(everywhere) - len(about)}/{len(counted) - len(there)}）" in said
    assert f"涉及至少 {firms} 家企业" in said
    assert "没有发现超出偶然的增多" in hints(opened)
    assert len(table_with(opened, "case_state")) == len(about)
    by_firm = table_with(opened, "last_received_date")
    assert by_firm["received_count"].sum() == len(about)
    assert len(by_firm) == firms + 1  # those without a name are one row


def test_choosing_another_problem_lists_its_firms_and_appeals(open_page: OpenPage) -> None:
    opened = open_page(PAGE)
    listed = table_with(opened, "location_quotient")
    other = listed.iloc[2]

    opened.selectbox(key="problem").select(other["problem"]).run()

    assert not opened.exception
    cases = table_with(opened, "case_state")
    assert len(cases) == other["received_count"]
    assert (cases["case_state"] != "已办结").sum() == other["open_count"]


def test_a_case_of_the_list_opens_below_it(open_page: OpenPage) -> None:
    opened = open_page(PAGE)
    number = table_with(opened, "case_state")["appeal_id"].iloc[0]

    opened.text_input(key="case").set_value(number).run()

    assert not opened.exception
    assert f"**{number}　" in sentences(opened)


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"street": "福保街道"}, "本季度福保街道有 **1** 项共性诉求"),
        ({"category": "融资"}, "本季度“融资”类有 **1** 项共性诉求"),
        ({"from_": "2023-05-01", "to": "2023-05-31"}, "上月有 **1** 项共性诉求"),
        ({"from_": "2023-04-15", "to": "2023-05-31"}, "2023-05-31 有 **1** 项共性诉求"),
    ],
)
def test_the_sentence_says_what_the_filters_chose(
    link: dict[str, str], said: str, open_page: OpenPage
) -> None:
    assert said in sentences(open_page(PAGE, **link))


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"street": "园岭街道"}, "本季度园岭街道没有发现超出偶然的共性诉求。检验了"),
        ({"period": "本月"}, "本月没有发现超出偶然的共性诉求。检验了"),
        ({"from_": "2021-01-01", "to": "2021-01-31"}, "没有可以检验的共性诉求：受理 0 件"),
    ],
)
def test_when_nothing_stands_out_the_page_says_what_was_tested(
    link: dict[str, str], said: str, open_page: OpenPage
) -> None:
    opened = open_page(PAGE, **link)

    assert not opened.exception
    assert said in hints(opened)
    if "检验了" in said:
        assert "至少 5 件、3 家写明的企业、占比为其他地方的 1.5 倍，误判比例不超过 5%" in hints(
            opened
        )
    assert not opened.get("vega_lite_chart")
    assert not opened.dataframe


def test_before_there_are_weeks_to_compare_the_page_says_so(open_page: OpenPage) -> None:
    opened = open_page(PAGE, from_="2022-06-01", to="2022-06-10")

    assert "2022-06-10 之前的数据不足以比较最近 4 周与此前各周" in hints(opened)


RISING = [
    *(
        appeal(n, datetime(2023, 6, 5, 9), enterprise_id=f"E{n}", category_path="停车")
        for n in range(12)
    ),
    *(
        appeal(1000 + n, datetime(2023, 3, 8, 9) + timedelta(days=n % 112), category_path="用工")
        for n in range(224)
    ),
]


def test_what_rises_is_told_drawn_and_listed(
    open_page: OpenPage, use_warehouse: Callable[[Path], None], tmp_path: Path
) -> None:
    publish_ledger(tmp_path, {"subdistricts": subdistricts("福保街道"), "appeals": RISING})
    use_warehouse(tmp_path)

    opened = open_page(PAGE)

    assert not opened.exception
    assert "近 4 周有 **1** 项诉求明显增多：**全区 · 停车**，12 件" in sentences(opened)
    assert "没有可以检验的共性诉求" in hints(opened)
    assert len(opened.get("vega_lite_chart")) == 1
    assert list(opened.selectbox(key="problem").options) == [
        "近期增多：全区 · 停车（12 件）",
        "近期增多：福保街道 · 停车（12 件）",
    ]
    assert len(table_with(opened, "case_state")) == 12


def test_without_names_of_firms_the_page_says_that_it_cannot_tell(
    open_page: OpenPage, use_warehouse: Callable[[Path], None], tmp_path: Path
) -> None:
    nameless = [
        appeal(n, datetime(2023, 6, 5, 9), category_path="停车" if n < 20 else "用工")
        | {"subdistrict_name": "福保街道" if n < 20 else "莲花街道"}
        for n in range(120)
    ]
    streets = subdistricts("福保街道", "莲花街道")
    publish_ledger(tmp_path, {"subdistricts": streets, "appeals": nameless})
    use_warehouse(tmp_path)

    assert "没有写明企业，无法判断涉及几家" in hints(open_page(PAGE))


@pytest.fixture
def block(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    monkeypatch.setattr(paths, "WAREHOUSE", demo_warehouse)

    def opened(**parameters: str) -> AppTest:
        script = AppTest.from_string(BLOCK, default_timeout=60)
        script.query_params.update(parameters)
        return script.run()

    return opened


def test_the_block_for_other_pages_names_the_problem_of_its_street(
    block: Callable[..., AppTest],
) -> None:
    concerned = block(street="福保街道")
    other = block(street="园岭街道")

    assert not concerned.exception
    assert "本季度福保街道的共性诉求\n\n* **河套片区 · 融资 / 融资难融资贵**" in sentences(
        concerned
    )
    assert not other.exception
    assert "河套" not in sentences(other)
    assert [c.value for c in other.caption if "没有发现超出偶然的共性诉求" in c.value]
