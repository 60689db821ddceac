"""The page 小个专 as Streamlit runs it: cards, the sentence on gaps, the tabs, the reconciliation."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fuqi.ui import small_business
from tests.ledger import publish_ledger, subdistricts
from tests.pages.conftest import OpenPage
from tests.pages.plain_figures import Card
from tests.pages.test_pages import cards, chart_specs, flat_maps

STREETS = ("福保街道", "园岭街道")
COMMUNITIES = (("石厦社区", STREETS[0]), ("新港社区", STREETS[0]), ("园东社区", STREETS[1]))
SPRING = date(2023, 5, 4)
UseWarehouse = Callable[[Path], None]


def firm(number: int, community: str, **columns: Any) -> dict[str, Any]:
    return {
        "enterprise_id": f"E{number:04d}",
        "enterprise_name": f"小店{number}",
        "entity_kind": "个体工商户",
        "is_small_business": True,
        "subdistrict_name": dict(COMMUNITIES)[community],
        "community_name": community,
        **columns,
    }


FIRMS = [
    firm(1, "石厦社区", party_member_count=2, party_org_id="D1", last_visited_date=SPRING),
    firm(2, "石厦社区", party_member_count=1),
    firm(3, "石厦社区"),
    firm(4, "石厦社区"),
    firm(5, "新港社区", has_party_instructor=True),
    firm(6, "园东社区"),
    firm(7, "园东社区", last_visited_date=SPRING, converted_date=SPRING),
    firm(8, "园东社区", is_small_business=False),
]
TABLES: dict[str, list[dict[str, Any]]] = {
    "subdistricts": subdistricts(*STREETS),
    "communities": [
        {"community_code": str(n), "community_name": name, "subdistrict_name": street}
        for n, (name, street) in enumerate(COMMUNITIES)
    ],
    "enterprises": FIRMS,
    "party_orgs": [
        {
            "party_org_id": "D1",
            "party_org_name": "石厦第一党支部",
            "is_mobile": False,
            "subdistrict_name": STREETS[0],
            "community_name": "石厦社区",
            "member_count": 9,
            "founded_date": date(2021, 7, 1),
        }
    ],
    "permits": [
        {
            "permit_id": f"X{number}",
            "permit_kind": kind,
            "is_green_channel": kind == "食品经营许可",
            "enterprise_name": f"小店{number}",
            "subdistrict_name": STREETS[0],
            "applied_date": date(2023, 6, 21),
            "issued_date": issued,
            "statutory_days": 20,
            "promised_days": 1,
        }
        for number, (kind, issued) in enumerate(
            (
                ("食品经营许可", date(2023, 6, 25)),
                ("食品经营许可", date(2023, 6, 27)),
                ("营业执照", date(2023, 6, 25)),
                ("营业执照", None),
            )
        )
    ],
}


@pytest.fixture
def open_ledger(
    open_page: OpenPage, use_warehouse: UseWarehouse, tmp_path: Path
) -> Callable[..., AppTest]:
    """The page on the rows above, or on others given by table."""

    def opened(
        absent: dict[str, tuple[str, ...]] | None = None,
        tables: dict[str, list[dict[str, Any]]] | None = None,
        **link: str,
    ) -> AppTest:
        publish_ledger(tmp_path, {**TABLES, **(tables or {})}, absent=absent)
        use_warehouse(tmp_path)
        return open_page("small_business", **link)

    return opened


def said(opened: AppTest) -> str:
    return "\n".join(e.value for e in (*opened.markdown, *opened.info, *opened.caption))


def table_with(opened: AppTest, column: str) -> Any:
    (found,) = [t.value for t in opened.dataframe if column in t.value.columns]
    return found


def headings(opened: AppTest) -> set[str]:
    return {spec["title"]["text"] for spec in chart_specs(opened)}


def show(opened: AppTest, tab: str) -> AppTest:
    opened.session_state["parts"] = tab
    return opened.run()


def test_cards_on_the_demo_say_what_was_published(open_page: OpenPage) -> None:
    opened = open_page("small_business", period="启动以来")

    assert not opened.exception
    shown = cards(opened)
    assert shown["组织覆盖率"].value == shown["工作覆盖率"].value == "100.00%"
    assert shown["走访小个专"].value.startswith("529,8")
    assert shown["食品许可绿色通道用时"].value == "3个工作日"
    assert "全区没有覆盖缺口" in said(opened)
    (areas,) = flat_maps(opened)
    assert len(areas) == 92
    agreed = table_with(opened, "判断")
    assert list(agreed["判断"]) == ["一致"] * 5
    published = table_with(opened, "看板计算")
    assert "商事主体" in set(published["指标"])
    assert "商事主体" not in set(agreed["甲"]) | set(agreed["乙"])


def test_cards_say_what_can_be_counted_by_hand(open_ledger: Callable[..., AppTest]) -> None:
    shown = cards(open_ledger())

    assert shown == {
        "组织覆盖率": Card("50.00%", "1 / 2"),
        "工作覆盖率": Card("40.00%", "2 / 5"),
        "走访小个专": Card("2", "小个专 7"),
        "个转企": Card("1", "今年个转企 1"),
        "食品许可绿色通道用时": Card("2个工作日", "绿色通道发证 2"),
    }


def test_a_community_narrows_what_lies_in_it(open_ledger: Callable[..., AppTest]) -> None:
    opened = open_ledger(community="石厦社区")

    shown = cards(opened)
    assert shown["组织覆盖率"] == Card("50.00%", "1 / 2")
    assert shown["工作覆盖率"] == Card("0.00%", "0 / 2")
    assert "石厦社区还有 3 户小个专没有覆盖" in said(opened)
    # Its neighbours stay on the map and in the table, those of other streets do not.
    assert list(table_with(opened, "period_visited_rate")["community_name"]) == [
        "石厦社区",
        "新港社区",
    ]


def test_gaps_are_named_with_their_places_and_firms(
    open_ledger: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_business, "MOST_FIRMS", 3)
    opened = open_ledger()

    words = said(opened)
    assert "全区还有 4 户小个专没有覆盖" in words
    assert "有党员而无党组织 1 户，无党员而未走访指导 3 户" in words
    assert "石厦社区（3 户）、园东社区（1 户）" in words
    assert "前 3 户，另有 1 户未列出" in words
    firms = table_with(opened, "coverage_gap")
    assert list(firms["enterprise_name"]) == ["小店2", "小店3", "小店4"]
    assert list(firms["coverage_gap"]) == ["有党员无党组织", "无党员未走访指导", "无党员未走访指导"]
    assert table_with(opened, "period_visited_rate")["community_name"].iloc[0] == "石厦社区"


def test_a_list_that_holds_every_gap_says_so(open_ledger: Callable[..., AppTest]) -> None:
    assert "列出全部 4 户" in said(open_ledger())


def test_what_cannot_be_computed_is_said_and_nothing_is_listed(
    open_ledger: Callable[..., AppTest],
) -> None:
    opened = open_ledger(absent={"enterprises": ("has_party_instructor",)})

    assert not opened.exception
    assert "覆盖情况不可算：导出里没有“有党建指导员”" in said(opened)
    assert cards(opened)["工作覆盖率"] == Card("不可算", "导出缺少列：有党建指导员")
    assert cards(opened)["组织覆盖率"] == Card("50.00%", "1 / 2")
    assert "未覆盖的小个专" not in [s.value for s in opened.subheader]


def test_streets_can_be_seen_instead_of_communities(open_ledger: Callable[..., AppTest]) -> None:
    opened = open_ledger()
    opened.session_state["coverage_level"] = "按街道"
    opened.session_state["coverage_measure"] = "organisation_coverage_rate"
    opened.run()

    assert not opened.exception
    assert list(table_with(opened, "period_visited_rate")["subdistrict_name"]) == list(STREETS)
    (areas,) = flat_maps(opened)
    assert "组织覆盖率 50.00%（1/2） 样本不足" in {area["detail"] for area in areas.values()}


def test_only_the_tab_on_the_screen_is_worked_out(open_ledger: Callable[..., AppTest]) -> None:
    opened = open_ledger()
    first = headings(opened)
    assert "各街道走访" in first
    assert not {h for h in first if "用时" in h or "去年" in h}

    permits = headings(show(opened, "证照"))
    assert {h for h in permits if "用时" in h}
    assert "各街道走访" not in permits


def test_permits_of_a_kind_are_shown_with_their_limits(open_ledger: Callable[..., AppTest]) -> None:
    opened = show(open_ledger(), "证照")

    kinds = table_with(opened, "median_permit_working_days")
    food = kinds[kinds["permit_kind"] == "食品经营许可"].iloc[0]
    assert (
        food["promised_working_days"],
        food["median_permit_working_days"],
        food["permit_issued_count"],
    ) == (1, 2, 2)
    assert (food["within_promise_rate"], food["within_promise_count"], food["promised_count"]) == (
        50,
        1,
        2,
    )
    waiting = table_with(opened, "left_working_days")
    assert list(waiting["permit_state"]) == ["已超承诺"]
    assert list(waiting["waited_working_days"]) == [4]
    assert {"食品经营许可：绿色通道用时分布"} <= headings(opened)

    opened.session_state["permit_kind"] = "营业执照"
    assert "营业执照：普通办理用时分布" in headings(opened.run())


def test_conversions_stand_beside_last_year(open_ledger: Callable[..., AppTest]) -> None:
    last_year = [
        firm(20 + n, "石厦社区", converted_date=day)
        for n, day in enumerate((date(2022, 6, 28), date(2022, 6, 29), date(2022, 12, 31)))
    ]
    opened = show(open_ledger(tables={"enterprises": [*FIRMS, *last_year]}), "个转企")

    assert "个转企 **1** 户，去年同期 1 户，相同；2022 年全年 3 户" in said(opened)


def test_scenes_that_nobody_used_are_listed(open_ledger: Callable[..., AppTest]) -> None:
    scene = {"service_id": "C01", "service_name": "注册登记", "service_group": "十大场景"}
    tables = {"service_catalog": [{**scene, "is_name_published": True}]}
    opened = show(open_ledger(tables=tables), "场景与功能")

    used = table_with(opened, "shown_service_name")
    assert [(r["shown_service_name"], r["service_count"]) for _, r in used.iterrows()] == [
        ("注册登记", 0)
    ]


@pytest.mark.parametrize("tab", ["党组织与走访", "个转企", "场景与功能", "证照"])
def test_every_tab_opens_on_a_release_without_rows(
    tab: str, open_page: OpenPage, use_warehouse: UseWarehouse, tmp_path: Path
) -> None:
    publish_ledger(tmp_path)
    use_warehouse(tmp_path)

    opened = show(open_page("small_business"), tab)

    assert not opened.exception
    assert not opened.error
    assert "全区没有小个专" in said(opened)
    assert cards(opened)["组织覆盖率"] == Card("不可算", "0 / 0")
