"""What was published of each programme can be pointed at on a screen, and comes out of the export files as well.

`PROGRAMMES` says where: an element a line. What it shows is compared with a count over the files of `data/exports` by
plain readers (tests/plain/exports.py), which know nothing of the intake, the queries or the pages.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fuqi import paths
from fuqi.settings import Settings
from fuqi.store import Warehouse
from tests.kpi_cards import shown_cards
from tests.plain.exports import FIGURES, LOAN, N1, QUARTER_START, Exports
from tests.questions import asking

PORTAL = paths.PROJECT / "fuqi" / "ui" / "portal.py"
SECONDS_TO_RUN = 120

AS_PUBLISHED = {
    "appeals_resolved": "约 2300 条",
    "parks_per_cadre": "1 个",
    "communities_per_cadre": "1 个",
    "measures": "10 条",
    "fubao_team_number": "34 组",
    "n1_firms": "9 家",
    "n1_amount": "6000 万元",
    "n1_months": "9 个月",
    "n1_first_funded": "20230214 日期",
    "stations": "145 个",
    "station_consultations": "余 600 人次",
    "quick_test_before": "1 天",
    "quick_test_after": "5 分钟",
    "party_orgs": "1363 个",
    "mobile_party_orgs": "60 个",
    "org_coverage": "100 %",
    "work_coverage": "100 %",
    "small_business_visited": "约 53 万户",
    "small_business_share": "近 96 %",
    "market_entities": "55.2 万户",
    "business_entities": "55 万户",
    "small_business_check": "53.0 万户",
    "functions": "6 项",
    "scenes": "10 个",
    "low_interest_financing": "9.3 亿元",
    "live_events": "余 30 场",
    "live_sales": "超 6000 万元",
    "live_days": "不到 30 天",
    "conversions_2022": "1130 户",
    "conversions_2022_huaqiangbei": "302 户",
    "permit_days_before": "8 个工作日",
    "permit_days_after": "3 个工作日",
    "subdistricts": "10 个",
    "communities": "92 个",
}
"""Qualifier, value and unit as they were published on 2023-06-28."""


@dataclass(frozen=True)
class Screen:
    """A page as a link opens it, and the tab that is in front."""

    page: str
    tab: str | None = None
    link: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join(filter(None, (self.page, self.tab, *(value for _, value in self.link))))


@dataclass(frozen=True)
class Element:
    """One thing on a screen: what it shows there, and what the export files say it has to show."""

    screen: Screen
    what: str
    shows: Callable[[AppTest], Any]
    expected: Callable[[Exports], Any]
    figure: str | None = None


def published(screen: Screen, *figures: str) -> list[Element]:
    """Rows of the table 公布数字与看板计算: what the dashboard computed for each of the figures."""
    return [
        Element(
            screen,
            f"公布数字 {figure}",
            lambda opened, figure=figure: computed_beside(opened, figure),
            lambda files, figure=figure: files.in_words(figure),
            figure,
        )
        for figure in figures
    ]


def card(screen: Screen, label: str, expected: Callable[[Exports], str]) -> list[Element]:
    """The KPI card of that label."""

    def value(opened: AppTest) -> str:
        return shown_cards(opened)[label].value

    return [Element(screen, f"卡片 {label}", value, expected)]


def cell(
    screen: Screen, row: tuple[str, str], column: str, expected: Callable[[Exports], Any]
) -> list[Element]:
    """The cell of `column` in the row whose other column holds a value: `row` is that column and value."""
    key, name = row

    def value(opened: AppTest) -> Any:
        tables = [t.value for t in opened.dataframe if {key, column} <= set(t.value.columns)]
        (found,) = [v for t in tables for v in t.loc[t[key] == name, column].tolist()]
        return found

    return [Element(screen, f"{name} {column}", value, expected)]


def rows(
    screen: Screen, column: str, expected: Callable[[Exports], int], holding: str | None = None
) -> list[Element]:
    """How many rows the table with that column has, or how many of them hold that value in it."""

    def count(opened: AppTest) -> int:
        (table,) = [t.value for t in opened.dataframe if column in t.value.columns]
        return sum(holding in (None, value) for value in table[column].tolist())

    return [Element(screen, f"{column} {holding or ''}的行数", count, expected)]


def heading(screen: Screen, text: str) -> list[Element]:
    """A section of the page by its heading."""
    return [
        Element(
            screen,
            f"标题 {text}",
            lambda opened: text in headings_of(opened),
            lambda files: True,
        )
    ]


def headings_of(opened: AppTest) -> list[str]:
    """Those of sections, and of the promises' boxes."""
    bodies = "".join(html.proto.body for html in opened.get("html"))
    return [*(s.value for s in opened.subheader), *re.findall("<h3>(.*?)</h3>", bodies)]


def computed_beside(opened: AppTest, figure: str) -> str:
    """What a page's table of published figures shows as computed, for one figure."""
    (row,) = [f for f in the_exports().published if f["数字编号"] == figure]
    tables = [t.value for t in opened.dataframe if {"项目", "看板计算"} <= set(t.value.columns)]
    (found,) = [
        shown["看板计算"]
        for table in tables
        for shown in table.to_dict("records")
        if (shown["项目"], shown["指标"]) == (row["项目"], row["指标"])
    ]
    return found


@cache
def the_exports() -> Exports:
    return Exports(paths.EXPORTS)


def hetao_appeals(files: Exports, category: str | None = None) -> int:
    """Appeals of this quarter from the parks of 河套."""
    return sum(
        a["园区编号"] in files.hetao
        and a["received"].date() >= QUARTER_START
        and category in (None, a["category"])
        for a in files.counted
    )


def one_and_one(files: Exports) -> str:
    """The share of cadres who hold exactly one park or circle and exactly one community."""
    fulfilled = sum(h["园区商圈"] == h["社区"] == 1 for h in files.holdings.values())
    return f"{100 * fulfilled / len(files.holdings):.2f}%"


SINCE_THE_START = (("period", "启动以来"),)
IN_2022 = (("from", "2022-01-01"), ("to", "2022-12-31"))

OVERVIEW, COMMON, STATIONS = Screen("overview"), Screen("common"), Screen("stations")
TESTS = Screen("stations", link=(("tab", "快检与公布数字"),))
ASSIGNMENTS, TEAMS = Screen("assignments"), Screen("assignments", link=(("tab", "小组"),))
RESOLUTION, FINANCING = Screen("resolution", link=SINCE_THE_START), Screen("financing")
EVENTS = Screen("financing", link=(("tab", "活动"),))
LIVE = Screen("financing", link=(("tab", "直播"),))
MEASURES = Screen("financing", link=(("tab", "十条措施"),))
SMALL, SCENES = Screen("small_business"), Screen("small_business", tab="场景与功能")
CONVERTED = Screen("small_business", tab="个转企", link=IN_2022)
PERMITS = Screen("small_business", tab="证照", link=SINCE_THE_START)

N1_DEALS, LOANS = ("programme", N1), ("programme", LOAN)
HETAO = ("problem", "河套片区 · 融资")

PROGRAMMES: dict[str, list[Element]] = {
    "万名干部助企行": [
        *published(OVERVIEW, "appeals_resolved"),
        *heading(OVERVIEW, "快"),
        *card(RESOLUTION, "受理量", lambda e: f"{len(e.counted):,}"),
    ],
    "组工助企行": [
        *published(OVERVIEW, "parks_per_cadre", "communities_per_cadre"),
        *published(TEAMS, "parks_per_cadre", "communities_per_cadre"),
        *card(OVERVIEW, "无人挂点", lambda e: f"{len(e.unheld)}"),
        *card(ASSIGNMENTS, "无人挂点", lambda e: f"{len(e.unheld)}"),
        *card(ASSIGNMENTS, "1+1达标率", one_and_one),
        *rows(ASSIGNMENTS, "held_state", lambda e: len(e.unheld), holding="无人挂点"),
    ],
    "精准助企十条措施": [
        *published(MEASURES, "measures"),
        *heading(MEASURES, "精准助企十条措施"),
        *rows(MEASURES, "measure_id", lambda e: len(e.measures)),
        *rows(MEASURES, "status", lambda e: e.without_text, holding="无数据"),
    ],
    "专项服务小组": [
        *published(OVERVIEW, "fubao_team_number"),
        *published(TEAMS, "fubao_team_number"),
        *card(TEAMS, "专项服务小组", lambda e: f"{len(e.teams)}"),
        *cell(
            FINANCING,
            ("team_title", "福保街道第34组"),
            "total_funded_count",
            lambda e: sum(d["小组编号"] == "T-FB-34" for d in e.funded(N1)),
        ),
    ],
    "共性诉求": [
        *cell(COMMON, HETAO, "received_count", lambda e: hetao_appeals(e, "融资")),
        *cell(COMMON, HETAO, "place_count", hetao_appeals),
    ],
    "跨境“N+1”知识产权证券化": [
        *published(FINANCING, "n1_firms", "n1_amount", "n1_months", "n1_first_funded"),
        *published(TEAMS, "n1_firms", "n1_amount", "n1_months", "n1_first_funded"),
        *heading(TEAMS, "案例：跨境“N+1”知识产权证券化"),
        *cell(FINANCING, N1_DEALS, "total_firm_count", lambda e: e.figure("n1_firms")),
        *cell(FINANCING, N1_DEALS, "total_funded_yuan", lambda e: e.figure("n1_amount")),
        *cell(FINANCING, N1_DEALS, "first_funding_months", lambda e: e.figure("n1_months")),
        *cell(
            FINANCING,
            N1_DEALS,
            "first_funded_date",
            lambda e: min(d["funded"] for d in e.funded(N1)),
        ),
    ],
    "福企服务站": [
        *published(TESTS, "stations", "station_consultations"),
        *published(TESTS, "quick_test_before", "quick_test_after"),
        *card(STATIONS, "福企服务站", lambda e: f"{len(e.stations)}"),
        *rows(STATIONS, "station_id", lambda e: len(e.stations)),
    ],
    "小个专党委": [
        *published(SMALL, "party_orgs", "mobile_party_orgs", "org_coverage", "work_coverage"),
        *published(SMALL, "small_business_visited", "small_business_share"),
        *card(SMALL, "组织覆盖率", lambda e: f"{e.figure('org_coverage'):.2f}%"),
        *card(SMALL, "工作覆盖率", lambda e: f"{e.figure('work_coverage'):.2f}%"),
        *card(SMALL, "走访小个专", lambda e: f"{1e4 * e.figure('small_business_visited'):,.0f}"),
    ],
    "小个专党群服务中心（华强北）": [
        *published(SMALL, "functions"),
        *rows(SCENES, "service_group", lambda e: e.figure("functions"), holding="六大功能"),
    ],
    "场景化服务": [
        *published(SMALL, "scenes"),
        *rows(SCENES, "service_group", lambda e: e.figure("scenes"), holding="十大场景"),
    ],
    "银企对接会、政企银": [
        *published(FINANCING, "low_interest_financing"),
        *cell(FINANCING, LOANS, "total_funded_yuan", lambda e: e.funded_yuan(LOAN) / 1e4),
        *card(FINANCING, "待到账", lambda e: f"{len(e.waiting)}"),
        *heading(EVENTS, "银企对接会之后"),
    ],
    "直播华强北": [
        *published(FINANCING, "live_events", "live_sales", "live_days"),
        *card(LIVE, "直播销售额", lambda e: f"{e.figure('live_sales'):,.0f}万元"),
        *rows(LIVE, "cumulative_sales_yuan", lambda e: len(e.live)),
    ],
    "个转企": [
        *published(SMALL, "conversions_2022", "conversions_2022_huaqiangbei"),
        *card(CONVERTED, "个转企", lambda e: f"{e.figure('conversions_2022'):,}"),
        *cell(
            CONVERTED,
            ("subdistrict_name", "华强北街道"),
            "converted_count",
            lambda e: e.figure("conversions_2022_huaqiangbei"),
        ),
    ],
    "证照": [
        *published(SMALL, "permit_days_before", "permit_days_after"),
        *card(
            PERMITS,
            "食品许可绿色通道用时",
            lambda e: f"{e.figure('permit_days_after'):g}个工作日",
        ),
    ],
    "核对": [
        *published(SMALL, "market_entities", "business_entities", "small_business_check"),
        *published(SMALL, "subdistricts", "communities"),
        *cell(
            SMALL, ("甲", "计算：小个专"), "甲的数值", lambda e: e.in_words("small_business_check")
        ),
        *cell(SMALL, ("甲", "计算：小个专"), "判断", lambda e: "一致"),
    ],
}
"""Every programme that something was published of, and where it stands; a new element is a new line."""

EACH_ELEMENT = pytest.mark.parametrize(
    ("programme", "element"),
    [(programme, element) for programme, elements in PROGRAMMES.items() for element in elements],
    ids=lambda part: part if isinstance(part, str) else f"{part.screen}: {part.what}",
)
EACH_FIGURE = pytest.mark.parametrize("figure", AS_PUBLISHED)


@pytest.fixture(scope="module")
def files() -> Exports:
    return the_exports()


@pytest.fixture(scope="module")
def screen(demo_warehouse: Path) -> Iterator[Callable[[Element], AppTest]]:
    """Opens the screen of an element, once for all elements that stand on it."""
    opened: dict[Screen, AppTest] = {}

    def open_for(element: Element) -> AppTest:
        asked = element.screen
        if asked not in opened:
            page = AppTest.from_file(str(PORTAL), default_timeout=SECONDS_TO_RUN)
            page.switch_page(f"../../pages/{asked.page}.py")
            page.query_params.update(dict(asked.link))
            if asked.tab:
                page.session_state["parts"] = asked.tab
            opened[asked] = page.run()
        return opened[asked]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(paths, "WAREHOUSE", demo_warehouse)
        yield open_for


@pytest.fixture(scope="module")
def computed(demo_warehouse: Path) -> dict[str, float | None]:
    """What the dashboard's own query computes, by the figure's number."""
    with asking(Warehouse(demo_warehouse).current(), Settings()) as run:
        return {r["figure_id"]: r["computed_value"] for r in run("published_vs_computed")}


@EACH_ELEMENT
def test_element_of_a_programme_shows_what_the_export_files_say(programme, element, screen, files):
    opened = screen(element)
    assert not opened.exception

    shown, expected = element.shows(opened), element.expected(files)

    assert expected is not None
    if isinstance(expected, float):
        assert math.isclose(shown, expected, rel_tol=1e-9), f"{programme}: {element.what}"
    else:
        assert shown == expected, f"{programme}: {element.what}"


@EACH_FIGURE
def test_query_computes_what_plain_readers_find_in_the_files(figure, computed, files):
    plain = files.figure(figure)
    if plain is None:
        assert computed[figure] is None
    else:
        assert computed[figure] == pytest.approx(plain, rel=1e-9)


@EACH_FIGURE
def test_figure_stands_in_the_export_as_it_was_published(figure, files):
    (row,) = [f for f in files.published if f["数字编号"] == figure]
    assert (
        " ".join(filter(None, (row["限定词"], row["公布值"], row["单位"]))) == AS_PUBLISHED[figure]
    )
    assert row["公布日期"] == "2023-06-28"
    assert row["出处"]


def test_every_published_figure_is_pointed_at_by_an_element(files):
    pointed_at = {e.figure for elements in PROGRAMMES.values() for e in elements if e.figure}
    assert {f["数字编号"] for f in files.published} == pointed_at == set(AS_PUBLISHED)
    assert set(FIGURES) == set(AS_PUBLISHED)


def test_every_programme_has_an_element_that_is_counted_from_the_files(files):
    assert len(PROGRAMMES) == 15
    for programme, elements in PROGRAMMES.items():
        counted = [e for e in elements if e.expected(files) not in (None, True)]
        assert counted, f"{programme}: no element with a number"


def test_plain_readers_refuse_the_rows_that_the_intake_refuses(demo_warehouse, files):
    kept = {
        "appeals": len(files.appeals),
        "assignments": len(files.assignments),
        "station_services": len(files.services),
        "party_orgs": len(files.party_orgs),
        "financing": len(files.deals),
        "enterprises": files.entities.num_rows,
    }
    tables = Warehouse(demo_warehouse).current().manifest.tables
    assert kept == {name: tables[name].rows for name in kept}
    refused = sum(tables[name].refused for name in kept)
    assert refused >= 5, "the demo has wrong rows for the plain readers to leave out"
