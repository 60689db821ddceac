"""Each page for each kind of account, run by Streamlit's own driver: nothing breaks, nothing of others is drawn."""

from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from fuqi import access, audit, paths
from fuqi.access import AUDITOR, DATA_KEEPER, LEADERSHIP, STREET, Account
from fuqi.store import Warehouse
from fuqi.ui import identity
from tests.conftest import copied
from tests.kpi_cards import shown_cards
from tests.pages.conftest import PARTS, OpenPage

MINE, THEIRS = "福保街道", "华强北街道"
OF_A_STREET = Account("clerk", frozenset({STREET}), (MINE,))
OF_TWO = Account("two", frozenset({STREET}), (MINE, "沙头街道"))
KEEPER = Account("keeper", frozenset({DATA_KEEPER}))
READER = Account("reader", frozenset({AUDITOR}))
LEADER = Account("leader", frozenset({LEADERSHIP}))
PAGES = (
    *("overview", "street", "resolution", "comparison", "common", "assignments", "stations"),
    *("small_business", "financing", "definitions"),
)


@pytest.fixture
def guarded(demo_warehouse: Path, tmp_path: Path, open_page: OpenPage, monkeypatch):
    """Opens a page as somebody, on a warehouse whose log may be written to."""
    warehouse = copied(demo_warehouse, tmp_path / "warehouse")
    monkeypatch.setattr(paths, "WAREHOUSE", warehouse.folder)

    def as_(account: Account | identity.Absent, page: str, **link: str) -> AppTest:
        monkeypatch.setattr(identity, "read", lambda: account)
        return open_page(page, **link)

    return as_


def drawn(opened: AppTest) -> str:
    """Everything that the page sent to the screen, tables and charts included."""
    return "".join(str(block.proto) for block in opened.main) + "".join(
        frame.value.to_csv() for frame in opened.dataframe
    )


@pytest.fixture
def of_others(demo_warehouse: Path) -> set[str]:
    """Numbers and names that stand in rows of other streets alone; names of streets stand on every map."""
    release = Warehouse(demo_warehouse).current()
    found = set()
    for table, column in (
        ("appeals", "appeal_id"),
        ("parks", "park_name"),
        ("stations", "station_name"),
        ("stations", "address"),
        ("activities", "activity_name"),
        ("financing", "deal_id"),
        ("permits", "permit_id"),
    ):
        rows = pq.read_table(release.table_path(table)).to_pylist()
        mine = {row[column] for row in rows if row["subdistrict_name"] in OF_TWO.streets}
        found |= {row[column] for row in rows} - mine
    return {text for text in found if len(text) > 4}


@pytest.mark.parametrize("page", [*PAGES, *PARTS])
@pytest.mark.parametrize("account", [OF_A_STREET, OF_TWO], ids=["one street", "two streets"])
def test_every_page_works_for_a_street_and_draws_no_other(guarded, of_others, account, page):
    opened = guarded(account, page)
    assert not opened.exception
    assert not list(opened.error)
    shown = drawn(opened)
    assert [text for text in of_others if text in shown] == []
    if page in ("overview", "comparison", "street"):
        assert MINE in shown
    if page in ("resolution", "assignments", "stations"):  # so that the test can see them
        leaders = drawn(guarded(LEADER, page))
        assert len([text for text in of_others if text in leaders]) > 4


def test_a_link_to_another_street_says_so_and_stays_at_home(guarded):
    opened = guarded(OF_A_STREET, "resolution", street=THEIRS)
    (toast,) = opened.toast
    assert toast.value == f"链接里的街道“{THEIRS}”不存在，或不在您的权限内，已显示{MINE}。"
    assert opened.query_params["street"] in (MINE, [MINE])
    street = opened.selectbox(key="street")
    assert (street.value, street.options) == (MINE, [MINE])


def test_a_case_of_another_street_is_not_found(guarded, demo_warehouse):
    release = Warehouse(demo_warehouse).current()
    rows = pq.read_table(release.table_path("appeals")).to_pylist()
    theirs = next(r for r in rows if r["subdistrict_name"] == THEIRS and not r["is_void"])
    mine = next(r for r in rows if r["subdistrict_name"] == MINE and not r["is_void"])
    number = theirs["appeal_id"]
    refused = guarded(OF_A_STREET, "resolution", case=number)
    assert any(f"没有工单“{number}”" in info.value for info in refused.info)
    found = guarded(OF_A_STREET, "resolution", case=mine["appeal_id"])
    assert not any("没有工单" in info.value for info in found.info)
    assert not any("没有工单" in i.value for i in guarded(LEADER, "resolution", case=number).info)


@pytest.mark.parametrize(
    ("account", "page"),
    [
        (OF_A_STREET, "data"),
        (OF_A_STREET, "audit"),
        (LEADER, "audit"),
        (access.OPEN_ACCOUNT, "audit"),
        (KEEPER, "resolution"),
        (KEEPER, "overview"),
        (READER, "data"),
    ],
)
def test_a_page_for_other_roles_is_refused_and_shows_nothing(guarded, account, page):
    opened = guarded(account, page)
    assert len(opened.error) == 1 and "没有查看" in opened.error[0].value
    assert not shown_cards(opened) and not opened.dataframe


def test_nobody_sees_nothing(guarded):
    opened = guarded(identity.Absent("请先登录。", can_sign_in=True), "resolution")
    assert [info.value for info in opened.info] == ["请先登录。"]
    assert not shown_cards(opened) and not opened.dataframe
    assert [b.label for b in opened.button] == ["登录"]


def test_a_keeper_sees_the_report_and_no_more(guarded):
    opened = guarded(KEEPER, "data")
    assert not opened.exception and not opened.error
    assert opened.dataframe


def test_a_view_is_recorded_once_a_page_and_filter(guarded):
    opened = guarded(OF_A_STREET, "stations")
    opened.run()
    opened.run()
    log = paths.WAREHOUSE / audit.FOLDER
    (entry,) = audit.read(log)
    assert (entry.account, entry.action, entry.page) == ("clerk", "view", "福企服务站")
    assert entry.filters == {"street": MINE} and entry.roles == MINE
    opened.selectbox(key="period").set_value("上月").run()
    assert [e.filters.get("period") for e in audit.read(log)] == [None, "上月"]


def test_where_everybody_may_look_nobody_is_recorded(guarded):
    opened = guarded(access.OPEN_ACCOUNT, "stations")
    assert not opened.exception
    assert list(audit.read(paths.WAREHOUSE / audit.FOLDER)) == []


def test_the_log_is_read_by_day_account_and_action(guarded):
    log = paths.WAREHOUSE / audit.FOLDER
    now = datetime.now(audit.LOCAL_ZONE)
    audit.record(log, "clerk", "view", "诉求办理", {"street": MINE}, at=now)
    audit.record(log, "other", "export", "诉求办理", rows=5, reason="周报", at=now)
    opened = guarded(READER, "audit")
    assert not opened.exception
    (frame,) = opened.dataframe
    assert list(frame.value["账号"])[1:] == [
        "other",
        "clerk",
    ]  # newest first, the reader's own view on top or later
    opened.selectbox(key="audit_action").set_value("导出").run()
    assert list(opened.dataframe[0].value["事由"]) == ["周报"]
    opened.selectbox(key="audit_account").set_value("clerk").run()
    assert not opened.dataframe


def test_what_cannot_be_recorded_is_said_on_the_page(guarded):
    (paths.WAREHOUSE / audit.FOLDER).write_text("in the way")
    opened = guarded(OF_A_STREET, "stations")
    assert any("审计日志写不进去" in warning.value for warning in opened.warning)


def test_a_login_that_ended_meanwhile_gets_no_more_rows(guarded, monkeypatch):
    account = Account("clerk", frozenset({LEADERSHIP}), login="a1")
    opened = guarded(account, "stations")
    assert shown_cards(opened)
    access.EndedLogins(paths.WAREHOUSE / access.ended.FOLDER).add("a1")
    monkeypatch.setattr(identity, "read", lambda: identity.Absent("已退出登录。", can_sign_in=True))
    opened.run()
    assert not shown_cards(opened) and opened.info[0].value == "已退出登录。"
