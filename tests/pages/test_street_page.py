"""街道: a street's numbers against a count in plain Python, its lists, the way to a case, and what other roles see."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fuqi import paths
from fuqi.access import STREET, Account
from fuqi.store import Database
from fuqi.ui import identity
from fuqi.ui.street import ORDERS
from tests.conftest import copied
from tests.ledger import appeal, publish_ledger, subdistricts
from tests.pages.conftest import OpenPage
from tests.pages.plain_figures import Asked, PlainFigures
from tests.pages.test_pages import cards, flat_maps
from tests.plain import street as plain
from tests.test_street_queries import expected_list

LISTED = "全部诉求"
ASKED = plain.Asked(plain.datetime(2023, 6, 28, 18), date(2023, 4, 1), date(2023, 6, 28))


def frames(opened: AppTest) -> dict[str, list[dict]]:
    """The tables of the page by what they show."""
    found = {}
    for frame in opened.dataframe:
        rows = frame.value.to_dict("records")
        columns = set(frame.value.columns)
        if "taken_days" in columns:
            found["cases"] = rows
        elif "urgency" in columns:
            found["today"] = rows
        elif "community_label" in columns:
            found["communities"] = rows
        elif "subdistrict_name" in columns and "visits_owed_count" in columns:
            found["streets"] = rows
    return found


def numbers(rows: list[dict]) -> list[str]:
    return [row["appeal_id"] for row in rows]


def said_of_list(opened: AppTest) -> str:
    (caption,) = [c.value for c in opened.caption if "显示前" in c.value]
    return caption


def tables(figures: PlainFigures) -> dict[str, list]:
    return {"appeals": figures.rows("appeals")}


@pytest.mark.parametrize("street", ["华强北街道", "沙头街道", "园岭街道"])
def test_cards_lists_and_communities_of_a_street_are_what_plain_python_counts(
    street: str, open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page("street", street=street)

    assert not opened.exception
    assert cards(opened) == figures.street(Asked(street=street))
    shown = frames(opened)
    urgent = sorted(
        (case["due_at"], case["appeal_id"], plain.urgency(case, ASKED))
        for case in plain.known_cases(tables(figures), ASKED.as_of)
        if case["subdistrict_name"] == street and plain.urgency(case, ASKED)
    )
    listed = shown.get("today", [])
    assert [(r["due_at"], r["appeal_id"], r["urgency"]) for r in listed] == urgent
    assert bool(urgent) != any("没有超期的诉求" in info.value for info in opened.info)
    names = ("appeals", "communities", "parks", "cadres", "assignments", "visits", "stations")
    work = plain.work_of_places({n: figures.rows(n) for n in (*names, "station_services")}, ASKED)
    counted = {place[1]: counts for place, counts in work.items() if place[0] == street}
    assert {row["community_label"] for row in shown["communities"]} == set(counted)
    for row in shown["communities"]:
        counts = counted[row["community_label"]]
        for column in ("open_count", "overdue_count", "unheld_count", "visits_owed_count"):
            assert row[column] == counts[column]
        assert row["station_count"] == counts["station_count"]
        assert row["received_count"] == counts["received_count"]
        due, hits = counts["due_count"], counts["on_time_count"]
        assert (f"（{hits}/{due}）" in row["on_time_rate_with_n"]) if due else True
    expected = expected_list(tables(figures), ASKED.as_of, street, "", "all", "deadline")
    assert numbers(shown["cases"]) == expected[:50]
    assert said_of_list(opened).startswith(f"共 {len(expected)} 件，显示前 50 件；")


@pytest.mark.parametrize("kind", ["挂点", "服务站"])
def test_the_map_shows_the_whole_street_also_where_a_community_is_chosen(
    kind: str, open_page: OpenPage
) -> None:
    def seen(**asked: str) -> list[float]:
        opened = open_page("street", street="福保街道", **asked)
        opened.segmented_control(key="street_map").set_value(kind).run()
        (areas,) = flat_maps(opened)
        first = next(iter(areas.values()))
        return [len(areas), *(first[name] for name in ("longitude", "latitude", "scale"))]

    assert seen() == seen(community="石厦社区")
    assert seen()[0] == 10


def test_without_a_street_the_page_shows_them_all_and_asks_to_choose(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page("street")

    assert [s.value for s in opened.subheader] == ["请选择一个街道"]
    assert not flat_maps(opened) and set(frames(opened)) == {"streets"}
    (rows,) = frames(opened).values()
    assert len(rows) == 10
    for row in rows:
        alone = figures.street(Asked(street=row["subdistrict_name"]))
        for label, column in (
            ("超期未办结", "overdue_count"),
            ("今日到期", "due_today_count"),
            ("明日到期", "due_tomorrow_count"),
            ("无人挂点", "unheld_count"),
            ("欠走访", "visits_owed_count"),
        ):
            assert alone[label].value == f"{row[column]:,}"
        known = figures.resolution(Asked(street=row["subdistrict_name"]))["满意率"]
        assert row["satisfied_rate_with_n"] == f"{known.value}（{known.n.replace(' ', '')}）"


def test_more_is_read_fifty_at_a_time_or_all_at_once_and_a_search_begins_anew(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    street = "华强北街道"
    opened = open_page("street", street=street)
    every = expected_list(tables(figures), ASKED.as_of, street, "", "all", "deadline")

    opened.button(key="more_cases").click().run()
    assert numbers(frames(opened)["cases"]) == every[:100]

    opened.button(key="all_cases").click().run()
    assert numbers(frames(opened)["cases"]) == every
    assert "more_cases" not in [b.key for b in opened.button]

    opened.text_input(key="case_search").set_value(" 有限公司 ").run()
    found = expected_list(tables(figures), ASKED.as_of, street, "有限公司", "all", "deadline")
    assert 50 < len(found) < len(every)
    assert numbers(frames(opened)["cases"]) == found[:50]
    assert f"共 {len(found)} 件，显示前 50 件" in said_of_list(opened)
    assert "查找“有限公司”" in said_of_list(opened)

    opened.segmented_control(key="case_state").set_value("未办结").run()
    opened.selectbox(key="case_order").select("按历时，长的在前").run()
    found = expected_list(tables(figures), ASKED.as_of, street, "有限公司", "open", "longest")
    assert numbers(frames(opened)["cases"]) == found
    assert "未办结" in said_of_list(opened)

    opened.text_input(key="case_search").set_value("%").run()
    assert "cases" not in frames(opened)
    assert any("没有这样的诉求" in info.value for info in opened.info)


def test_closed_cases_are_read_only_for_a_page_that_open_ones_do_not_fill(
    tmp_path: Path,
    open_page: OpenPage,
    use_warehouse: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received, late, due = datetime(2023, 6, 1, 9), datetime(2023, 6, 9), datetime(2023, 7, 1)
    closed = {"closed_at": datetime(2023, 6, 20), "outcome": "解决"}
    cases = [
        *(appeal(n, received, due_at=late, title="超期") for n in range(1, 61)),
        *(appeal(n, received, due_at=due, title="未到期") for n in range(61, 73)),
        *(appeal(n, received, due_at=due, title="已办结", **closed) for n in range(73, 101)),
    ]
    rows = {"subdistricts": subdistricts("福保街道"), "appeals": cases}
    publish_ledger(tmp_path, rows)
    use_warehouse(tmp_path)
    asked = []
    run = Database.run

    def noting(database: Database, name: str, params: dict, *further: object) -> object:
        asked.append((params["case_state"], params["offset_rows"]) if name == "case_list" else None)
        return run(database, name, params, *further)

    monkeypatch.setattr(Database, "run", noting)
    opened = open_page("street", street="福保街道")
    opened.button(key="more_cases").click().run()

    assert len(frames(opened)["cases"]) == 100
    assert set(asked) - {None} == {("open", 0), ("all", 50)}

    def asked_with(order: str, state: str, search: str = "") -> set[tuple[str, int]]:
        asked.clear()
        opened.selectbox(key="case_order").select(order)
        opened.segmented_control(key="case_state").set_value(state)
        opened.text_input(key="case_search").set_value(search).run()
        return set(asked) - {None}

    by_deadline, by_receipt, _ = ORDERS
    assert asked_with(by_receipt, "全部") == {("all", 0)}
    assert asked_with(by_receipt, "全部", "到期") == {("open", 0)}
    assert asked_with(by_deadline, "全部", "已办结") == {("all", 0)}
    assert asked_with(by_deadline, "已超期") == {("overdue", 0)}
    assert asked_with(by_deadline, "已办结") == {("closed", 0)}


def test_what_is_taken_away_of_the_list_is_what_it_shows(open_page: OpenPage) -> None:
    opened = open_page("street", street="华强北街道")
    opened.button(key="more_cases").click().run()
    opened.selectbox(key="case_order").select("按受理时间，新的在前").run()

    shown = opened.session_state["shown_on_page"]
    (listed,) = [item for item in shown.items.values() if item.title == "全部诉求"]

    assert listed.n == len(frames(opened)["cases"]) == 50
    assert listed.scope == "华强北街道 · 按受理时间，新的在前"
    assert "下载的就是显示出来的 50 件" in said_of_list(opened)


def test_a_link_to_a_case_opens_it_above_the_communities(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    street = "沙头街道"
    case = expected_list(tables(figures), ASKED.as_of, street, "", "closed", "received")[0]

    opened = open_page("street", street=street, case=case)

    assert not opened.exception
    assert len(opened.text_input) == 2
    assert opened.text_input(key="case").value == case
    bold = [m.value for m in opened.markdown if m.value.startswith("**")]
    assert [case in text for text in bold[1:]].index(True) < [
        "挂点地图" in text for text in bold[1:]
    ].index(True)


def test_a_community_narrows_the_cards_and_lists_and_not_the_table_beside(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    street, community = "福保街道", "福保社区"

    opened = open_page("street", community=community)

    assert cards(opened) == figures.street(Asked(street=street), community)
    assert {row["community_name"] for row in frames(opened)["cases"]} == {community}
    assert len(frames(opened)["communities"]) > 3


def test_owed_visits_are_as_many_as_the_page_of_assignments_lists(
    open_page: OpenPage,
) -> None:
    owed = cards(open_page("street"))["欠走访"].value

    (late,) = [
        frame.value
        for frame in open_page("assignments", tab="走访").dataframe
        if {"visit_count", "last_visited_date"} <= set(frame.value.columns)
    ]
    assert owed == str(len(late)) != "0"


# ---- roles


@pytest.fixture
def as_account(demo_warehouse, tmp_path, open_page: OpenPage, monkeypatch):
    warehouse = copied(demo_warehouse, tmp_path / "warehouse")

    def open_as(streets: tuple[str, ...], **link: str) -> AppTest:
        monkeypatch.setattr(paths, "WAREHOUSE", warehouse.folder)
        account = Account("clerk", frozenset({STREET}), streets)
        monkeypatch.setattr(identity, "read", lambda: account)
        return open_page("street", **link)

    return open_as


def test_an_account_of_one_street_stands_there_and_sees_the_district_as_totals(
    as_account, figures: PlainFigures
) -> None:
    opened = as_account(("福保街道",))

    assert cards(opened) == figures.street(Asked(street="福保街道"))
    assert "全区" in cards(opened)["超期未办结"].n
    assert {"today", "communities", "cases"} == set(frames(opened))


def test_an_account_of_two_streets_chooses_between_them(as_account) -> None:
    opened = as_account(("福保街道", "沙头街道"))

    rows = frames(opened)["streets"]
    assert [row["subdistrict_name"] for row in rows] == ["沙头街道", "福保街道"]
    assert not any("全区" in card.n for card in cards(opened).values())


def test_a_street_is_not_compared_with_itself(open_page: OpenPage, use_warehouse, tmp_path) -> None:
    rows = {
        "subdistricts": subdistricts("福保街道"),
        "appeals": [appeal(1, plain.datetime(2023, 6, 1, 9))],
    }
    publish_ledger(tmp_path, rows)
    use_warehouse(tmp_path)

    opened = open_page("street", street="福保街道")

    assert not opened.exception
    assert cards(opened)["超期未办结"].n.startswith("未办结 1")
    assert not any("全区" in card.n for card in cards(opened).values())
