"""The button of the overview that makes a briefing: of the street on the screen, of the account's own rows."""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fuqi import audit, paths
from fuqi.access import LEADERSHIP, STREET, Account, Refused
from fuqi.ui import downloads, identity
from tests.conftest import copied
from tests.pages.conftest import OpenPage

MINE, THEIRS = "福保街道", "华强北街道"
LEADER = Account("leader", frozenset({LEADERSHIP}))
OF_A_STREET = Account("clerk", frozenset({STREET}), (MINE,))
OF_TWO = Account("two", frozenset({STREET}), (MINE, "沙头街道"))

briefing = import_module("fuqi.ui.briefing")
"""The module: the function of that name stands before it."""

Offered = dict[str, Callable[[], bytes]]


@pytest.fixture
def offered(demo_warehouse: Path, tmp_path: Path, open_page: OpenPage, monkeypatch):
    """Opens the overview as somebody; gives the page and what each button would make."""
    warehouse = copied(demo_warehouse, tmp_path / "warehouse")
    monkeypatch.setattr(paths, "WAREHOUSE", warehouse.folder)
    made: Offered = {}
    deliver = downloads.delivered

    def noted(title, kind, make, **said):
        if title != briefing.TITLE:
            return deliver(title, kind, make, **said)
        made[kind] = deliver(title, kind, make, **{**said, "reason": "周报"})
        return made[kind]

    monkeypatch.setattr(downloads, "delivered", noted)

    def as_(account: Account, **link: str) -> tuple[AppTest, Offered]:
        monkeypatch.setattr(identity, "read", lambda: account)
        opened = open_page("overview", **link)
        assert not opened.exception
        return opened, made

    return as_


def text_of(page: bytes) -> str:
    return re.sub(r"<style>.*?</style>|<[^>]+>", "", page.decode())


def test_the_weeks_offered_end_with_the_one_of_the_data_and_the_last_whole_one_is_chosen(offered):
    opened, made = offered(LEADER)
    weeks = opened.selectbox(key="briefing_week")
    assert weeks.options[:2] == [
        "2023年第26周（06-26 至 07-02） 未结束",
        "2023年第25周（06-19 至 06-25）",
    ]
    assert weeks.value.name == "2023-W25"
    assert set(made) == {"docx", "pdf", "html"}


def test_a_briefing_is_of_the_street_and_of_the_week_on_the_screen(offered):
    opened, made = offered(LEADER, street=THEIRS)
    opened.selectbox(key="briefing_week").select_index(2).run()
    said = text_of(made["html"]())
    assert f"{THEIRS}企业诉求办理情况简报" in said
    assert "2023年第24期" in said


def test_without_a_street_it_is_of_the_district(offered):
    _, made = offered(LEADER)
    assert "福田区企业诉求办理情况简报" in text_of(made["html"]())


def test_a_street_gets_its_own_briefing_whatever_the_link_says(offered):
    _, made = offered(OF_A_STREET, street=THEIRS)
    said = text_of(made["html"]())
    assert f"{MINE}企业诉求办理情况简报" in said
    assert THEIRS not in said and "拒收" not in said
    assert "所辖范围内的其他地方" in said


def test_an_account_of_two_streets_gets_both_together(offered):
    _, made = offered(OF_TWO)
    said = text_of(made["html"]())
    assert "沙头街道、福保街道企业诉求办理情况简报" in said or (
        "福保街道、沙头街道企业诉求办理情况简报" in said
    )
    assert THEIRS not in said


def test_each_file_is_what_it_is_called(offered):
    _, made = offered(OF_A_STREET)
    assert made["docx"]().startswith(b"PK")
    assert made["pdf"]().startswith(b"%PDF")


def test_who_took_which_briefing_is_written_down_before_it_is_made(offered, monkeypatch):
    _, made = offered(OF_A_STREET)
    made["html"]()
    entries = [e for e in audit.read(paths.WAREHOUSE / audit.FOLDER) if e.action == "export"]
    (entry,) = entries
    assert (entry.account, entry.page, entry.reason) == ("clerk", "总览", "周报")
    assert entry.filters == {
        "street": MINE,
        "week": "2023-W25",
        "about": MINE,
        "item": "周简报",
        "format": "html",
    }

    def full(*_, **__):
        raise audit.AuditError("审计日志写不进去")

    monkeypatch.setattr(audit, "record", full)
    with pytest.raises(downloads.NotDelivered, match="审计日志写不进去"):
        made["html"]()


def test_nothing_is_made_for_a_login_that_has_ended(offered, monkeypatch):
    _, made = offered(OF_A_STREET)
    monkeypatch.setattr(identity, "is_still", lambda account: False)
    with pytest.raises(Refused, match="登录已结束"):
        made["html"]()
