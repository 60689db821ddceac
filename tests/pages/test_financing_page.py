"""融资与活动 as Streamlit runs it: its cards, sentences and lists against plain Python, and its empty states."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from fuqi import wording
from fuqi.store import kpis
from tests.kpi_cards import shown_cards
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts
from tests.pages.conftest import OpenPage
from tests.pages.plain_figures import PlainFigures
from tests.plain import financing as plain
from tests.plain.financing import Asked

QUARTER = (date(2023, 4, 1), date(2023, 6, 28))
SINCE_THE_START = (date(2022, 6, 1), date(2023, 6, 28))
TABS = ("融资", "活动", "直播", "十条措施")
LOAN = "银企对接低息融资"
TABLES = (
    "financing", "activities", "teams", "parks", "measures", "published_figures", "appeals",
    "subdistricts",
)  # fmt: skip

UseWarehouse = Callable[[Path], None]


@pytest.fixture
def tables(figures: PlainFigures) -> dict[str, list[dict[str, Any]]]:
    return {name: figures.rows(name) for name in TABLES}


def cards(opened: AppTest) -> dict[str, str]:
    return {label: card.value for label, card in shown_cards(opened).items()}


def table_with(opened: AppTest, *columns: str) -> pd.DataFrame:
    """The one table of the page that has these columns."""
    (found,) = [t.value for t in opened.dataframe if set(columns) <= set(t.value.columns)]
    return found


def texts(opened: AppTest) -> str:
    shown = [*opened.markdown, *opened.caption, *opened.info]
    return "\n".join(e.value for e in shown)


def deal(number: int, **columns: Any) -> dict[str, Any]:
    return {
        "deal_id": f"R{number}",
        "programme": LOAN,
        "enterprise_name": f"企业{number}",
        "subdistrict_name": "福保街道",
        "amount_yuan": 1_000_000.0 * number,
        **columns,
    }


def show(
    tmp_path: Path, use: UseWarehouse, open_page: OpenPage, tab: str = "融资", **tables: Any
) -> AppTest:
    """The tab of the page on a release of these rows."""
    publish_ledger(tmp_path, {"subdistricts": subdistricts("福保街道", "华强北街道"), **tables})
    use(tmp_path)
    opened = open_page("financing", tab=tab)
    assert not opened.exception
    assert not opened.error
    return opened


# ---- the numbers


@pytest.mark.parametrize(
    ("link", "period", "street"),
    [
        pytest.param({}, QUARTER, None, id="this quarter"),
        pytest.param({"period": "启动以来"}, SINCE_THE_START, None, id="since the start"),
        pytest.param({"street": "华强北街道"}, QUARTER, "华强北街道", id="a street"),
        pytest.param(
            {"from_": "2021-01-01", "to": "2021-01-31"},
            (date(2021, 1, 1), date(2021, 1, 31)),
            None,
            id="before anything",
        ),
    ],
)
def test_cards_say_what_plain_python_counts(link, period, street, open_page, tables):
    opened = open_page("financing", **link)

    asked = Asked(AS_OF, *period, street)
    (money,), (events,) = (
        plain.financing_totals(asked, tables),
        plain.activity_totals(asked, tables),
    )
    assert not opened.exception
    assert cards(opened) == {
        "到账金额": in_yuan(money["funded_yuan"]),
        "融资企业": str(money["funded_firm_count"]),
        "到账用时中位数": in_days(money["median_funding_days"]),
        "待到账": str(money["waiting_deal_count"]),
        "直播销售额": in_yuan(events["live_sales_yuan"]),
    }
    shown = shown_cards(opened)
    timed = f"计时笔数 {money['timed_deal_count']}"
    assert timed in shown["到账用时中位数"].notes, "the median stands with its n"
    assert f"直播场次 {events['live_event_count']}" in shown["直播销售额"].notes


def in_yuan(value: float) -> str:
    """Up to two decimals of 亿 or 万, as the demo's amounts need them."""
    for size, unit in ((1e8, "亿元"), (1e4, "万元")):
        if value >= size:
            return f"{f'{value / size:,.2f}'.rstrip('0').rstrip('.')}{unit}"
    return f"{value:,.0f}元"


def in_days(value: float | None) -> str:
    return "不可算" if value is None else f"{value:g}天"


def test_amounts_in_tables_are_in_wan_and_say_so(open_page, tables):
    opened = open_page("financing", period="启动以来")

    programmes = table_with(opened, "programme", "asked_yuan")
    expected = plain.financing_by_programme(Asked(AS_OF, *SINCE_THE_START), tables)
    assert programmes["funded_yuan"].tolist() == [r["funded_yuan"] / 10_000 for r in expected]
    (shown,) = [t for t in opened.dataframe if t.value.equals(programmes)]
    headings = json.loads(shown.proto.columns)
    assert headings["funded_yuan"]["label"] == "到账金额（万元）"


def test_streets_of_the_table_add_up_to_the_card(open_page):
    opened = open_page("financing")

    streets = table_with(opened, "subdistrict_name", "funded_yuan")
    assert len(streets) == 10
    assert wording.yuan(float(streets["funded_yuan"].sum()) * 10_000) == cards(opened)["到账金额"]


@pytest.mark.parametrize(("tab", "seen"), [("融资", 2), ("活动", 1)])
def test_every_median_and_ratio_of_a_table_stands_with_its_n(tab, seen, open_page):
    opened = open_page("financing", tab=tab)

    shown = [
        (table.value.columns, column)
        for table in opened.dataframe
        for column in set(table.value.columns) & {"median_funding_days", "weekly_change_ratio"}
    ]
    assert len(shown) == seen
    for columns, column in shown:
        assert kpis()[column].counts[1] in columns, column


@pytest.mark.parametrize("tab", TABS)
def test_headings_are_chinese(tab, open_page):
    opened = open_page("financing", tab=tab)

    headings = []
    for table in opened.dataframe:
        configured = json.loads(table.proto.columns or "{}")
        headings += [configured.get(c, {}).get("label", c) for c in table.value.columns]
    assert len(headings) > 10
    assert not [h for h in headings if re.search(r"[A-Za-z]{3,}", h)]


# ---- events


def test_list_of_activities_shows_the_kind_asked_for(open_page, tables):
    opened = open_page("financing", tab="活动")
    everything = table_with(opened, "activity_name", "activity_kind")

    (choice,) = [c for c in opened.button_group if c.key == "activity_kind"]
    choice.set_value("银企对接会").run()

    held = plain.activity_list(Asked(AS_OF, *QUARTER), tables)
    shown = table_with(opened, "activity_name", "activity_kind")
    assert len(everything) == len(held) == 44
    assert shown["activity_name"].tolist() == [
        a["activity_name"] for a in held if a["activity_kind"] == "银企对接会"
    ]
    assert len(shown) == 3


def test_live_selling_says_the_day_on_which_the_published_figure_was_reached(open_page, tables):
    opened = open_page("financing", tab="直播")

    course = plain.live_sales_course(Asked(AS_OF, *QUARTER), tables)
    reached = next(e for e in course if e["cumulative_sales_yuan"] >= 60_000_000)
    (sentence,) = [m.value for m in opened.markdown if m.value.startswith("直播 ")]
    assert f"直播 **{len(course)}** 场" in sentence
    assert "累计销售 **6,128万元**" in sentence
    assert f"第 {reached['day_number']} 天（第 {reached['event_number']} 场）" in sentence


def test_what_followed_meetings_is_said_with_its_counts_and_is_no_cause(open_page, tables):
    opened = open_page("financing", period="启动以来", tab="活动")

    asked = Asked(AS_OF, *SINCE_THE_START)
    (events,) = plain.activity_totals(asked, tables)
    total = plain.appeals_around_meetings(asked, tables, 4, 30)[0]
    brought, around = (
        next(m.value for m in opened.markdown if start in m.value)
        for start in ("银企对接会 **", "场对接会的举办街道")
    )
    assert f"{events['meeting_firm_count']} / {events['meeting_attendance_count']}" in brought
    assert f"**{events['meeting_deal_count']}** 笔" in brought
    assert (
        f"（{total['before_count']} 件）" in around and f"（{total['after_count']} 件）" in around
    )
    assert "变化可能只是偶然" in around
    assert "不等于因果" in around
    listed = table_with(opened, "meeting_street")
    assert listed["meeting_street"].tolist()[0] == "合计"


def test_few_appeals_around_a_meeting_are_said_to_be_few(open_page, tmp_path, use_warehouse):
    meeting = {"activity_id": "H1", "activity_name": "对接会", "activity_kind": "银企对接会"}
    meeting |= {"started_at": datetime(2023, 6, 5, 14), "subdistrict_name": "福保街道"}
    appeals = [appeal(n, datetime(2023, 6, 4 + 2 * (n % 2), 9)) for n in range(5)]

    opened = show(tmp_path, use_warehouse, open_page, "活动", activities=[meeting], appeals=appeals)

    assert "前后合计不足 30 件，变化可能只是偶然" in texts(opened)


# ---- what is on its way


def test_deals_on_their_way_are_listed_with_how_long_they_have_waited(
    open_page, tmp_path, use_warehouse
):
    deals = [
        deal(1, applied_date=date(2023, 6, 1), funded_date=date(2023, 6, 11)),
        deal(2, applied_date=date(2023, 6, 20)),
        deal(3, applied_date=date(2023, 3, 20)),
        deal(4),
    ]

    opened = show(tmp_path, use_warehouse, open_page, financing=deals)

    waiting = table_with(opened, "waiting_state")
    assert waiting["enterprise_name"].tolist() == ["企业3", "企业2", "企业4"]
    assert waiting["waiting_state"].tolist() == ["等待偏久", "等待中", "提出日期不详"]
    assert waiting["waiting_days"].tolist()[:2] == [100, 8]
    assert cards(opened)["待到账"] == "3"
    assert cards(opened)["到账用时中位数"] == "10天"


def test_nothing_on_its_way_is_said_to_be_nothing(open_page):
    opened = open_page("financing")

    assert "已提出的融资都已到账，没有待到账的。" in [i.value for i in opened.info]


# ---- the ten measures, and what is not there


def test_ten_measures_without_data_say_so_and_show_nothing_made_up(open_page):
    opened = open_page("financing", tab="十条措施")

    register = table_with(opened, "measure_id")
    assert register["status"].tolist() == ["无数据"] * 10
    assert register["lead_unit"].isna().all() and register["updated_date"].isna().all()
    assert "登记措施 **10** 条：无数据 10 条。" in texts(opened)
    assert "措施文本未公布" in texts(opened)


def test_measures_under_way_are_counted_by_status(open_page, tmp_path, use_warehouse):
    statuses = ["推进中", "已落地", "推进中"]
    listed = [
        {"measure_id": f"{n:02d}", "measure_name": "措施", "status": status}
        for n, status in enumerate(statuses)
    ]

    opened = show(tmp_path, use_warehouse, open_page, "十条措施", measures=listed)

    assert "登记措施 **3** 条：推进中 2 条，已落地 1 条。" in texts(opened)


@pytest.mark.parametrize(
    ("tab", "hint"),
    [
        ("融资", "已提出的融资都已到账，没有待到账的。"),
        ("活动", "时段内没有银企对接会。"),
        ("直播", "时段内没有直播。"),
        ("十条措施", "没有载入十条措施。"),
    ],
)
def test_release_without_rows_is_a_hint_and_no_error(tab, hint, open_page, tmp_path, use_warehouse):
    opened = show(tmp_path, use_warehouse, open_page, tab)

    assert hint in [i.value for i in opened.info]
    assert cards(opened)["到账金额"] == "0元"
    assert cards(opened)["到账用时中位数"] == "不可算"


def test_export_without_the_day_of_arrival_says_which_column_is_missing(
    open_page, tmp_path, use_warehouse
):
    publish_ledger(
        tmp_path,
        {"subdistricts": subdistricts("福保街道"), "financing": [deal(1)]},
        absent={"financing": ("funded_date",)},
    )
    use_warehouse(tmp_path)

    opened = open_page("financing")

    assert not opened.exception
    assert cards(opened)["到账金额"] == cards(opened)["待到账"] == "不可算"
    assert "导出缺少列：到账日期" in shown_cards(opened)["到账金额"].notes
