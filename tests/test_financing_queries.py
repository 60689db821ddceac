"""融资与活动: the definitions, and plain Python on the demo and on drawn ledgers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuqi.store import Warehouse
from tests.drawn_ledgers import SMALL, appeal_ledgers
from tests.ledger import AS_OF, appeal, subdistricts
from tests.plain import financing as plain
from tests.plain.arithmetic import differences
from tests.plain.financing import Asked
from tests.questions import QUARTER, STREETS, WITHOUT_LIMITS, Row, Run, asking, at, opened

N1, LOAN = "跨境N+1知识产权证券化", "银企对接低息融资"
KINDS = ("直播", "银企对接会", "政策宣讲")
TODAY = AS_OF.date()


def deal(number: int, **columns: Any) -> Row:
    """A loan of 1,000,000 元 that nobody dated."""
    return {
        "deal_id": f"R{number:04d}",
        "programme": LOAN,
        "enterprise_id": f"E{number}",
        "enterprise_name": f"企业{number}",
        "subdistrict_name": "福保街道",
        "amount_yuan": 1_000_000.0,
        **columns,
    }


def activity(number: int, day: int, kind: str = "银企对接会", **columns: Any) -> Row:
    """An event of June 2023 at nine in the morning."""
    return {
        "activity_id": f"H{number:03d}",
        "activity_name": f"活动{number}",
        "activity_kind": kind,
        "started_at": at(day),
        "subdistrict_name": "福保街道",
        **columns,
    }


def june(day: int) -> date:
    return date(2023, 6, day)


def only_row(run: Run, name: str, **params: Any) -> Row:
    (row,) = run(name, **params)
    return row


# ---------------------------------------------------------------- what arrived, what is on its way


def test_money_counts_on_the_day_it_arrives_and_not_on_the_day_it_was_asked_for():
    asked_before = deal(1, applied_date=date(2023, 3, 20), funded_date=date(2023, 4, 1))
    arrived_after = deal(2, applied_date=june(28), funded_date=date(2023, 7, 1))
    with opened(financing=[asked_before, arrived_after]) as run:
        row = only_row(run, "financing_totals")
    assert (row["funded_count"], row["asked_count"]) == (1, 1)
    assert (row["waiting_deal_count"], row["waiting_yuan"]) == (1, 1_000_000)


@pytest.mark.parametrize(("day", "is_funded"), [(28, True), (29, False)])
def test_funding_counts_on_the_day_of_the_data_and_not_a_day_later(day, is_funded):
    with opened(financing=[deal(1, applied_date=june(1), funded_date=june(day))]) as run:
        row = only_row(run, "financing_totals")
    assert row["funded_count"] == is_funded
    assert row["waiting_deal_count"] == (not is_funded)
    assert row["longest_waiting_days"] == (None if is_funded else 27)


def test_deal_asked_for_after_the_moment_is_not_known_yet():
    with opened(financing=[deal(1, applied_date=june(29), funded_date=date(2023, 7, 9))]) as run:
        assert only_row(run, "financing_totals")["known_deal_count"] == 0
        assert run("waiting_deals") == run("financing_by_programme") == []


def test_deal_still_waiting_is_beside_the_median_and_not_in_it():
    quick = [deal(n, applied_date=june(1), funded_date=june(1 + n)) for n in (1, 2, 6)]
    with opened(financing=[*quick, deal(9, applied_date=date(2022, 6, 28))]) as run:
        row = only_row(run, "financing_totals")
        (waiting,) = run("waiting_deals")
    assert (row["timed_deal_count"], row["median_funding_days"]) == (3, 2)
    assert row["p90_funding_days"] == pytest.approx(5.2)
    assert (row["waiting_deal_count"], row["longest_waiting_days"]) == (1, 365)
    assert (row["slow_deal_count"], waiting["waiting_state"]) == (1, "等待偏久")


def test_deal_without_the_day_it_was_asked_for_has_an_amount_and_no_time():
    undated = deal(2, funded_date=june(5))
    unknown = deal(3)
    timed = deal(1, applied_date=june(1), funded_date=june(5))
    with opened(financing=[timed, undated, unknown]) as run:
        row = only_row(run, "financing_totals")
        states = [r["waiting_state"] for r in run("waiting_deals")]
    assert (row["funded_count"], row["timed_deal_count"], row["median_funding_days"]) == (2, 1, 4)
    assert (row["waiting_deal_count"], states) == (1, ["提出日期不详"])


def test_firm_with_two_deals_is_one_firm():
    same = [
        deal(1, funded_date=june(5)),
        deal(2, funded_date=june(6), enterprise_id="E1"),
        deal(3, funded_date=june(6), enterprise_id=None, enterprise_name="某店"),
        deal(4, funded_date=june(6), enterprise_id=None, enterprise_name="某店"),
    ]
    with opened(financing=same) as run:
        row = only_row(run, "financing_totals")
        (programme,) = run("financing_by_programme")
    assert (row["funded_count"], row["funded_firm_count"]) == (4, 2)
    assert programme["total_firm_count"] == 2


def test_wait_is_long_beside_its_own_programme_and_no_other():
    slow_by_nature = deal(1, programme=N1, applied_date=date(2022, 5, 14), funded_date=june(1))
    loan = deal(2, applied_date=june(1), funded_date=june(11))
    waiting = [
        deal(3, programme=N1, applied_date=june(1)),
        deal(4, applied_date=june(1)),
    ]
    with opened(financing=[slow_by_nature, loan, *waiting]) as run:
        states = {r["deal_id"]: r["waiting_state"] for r in run("waiting_deals")}
    assert states == {"R0003": "等待中", "R0004": "等待偏久"}


def test_months_to_the_first_deal_are_whole_ones():
    first = deal(1, programme=N1, applied_date=date(2022, 5, 14), funded_date=date(2023, 2, 14))
    a_day_short = deal(2, applied_date=date(2022, 5, 15), funded_date=date(2023, 2, 14))
    with opened(financing=[first, a_day_short]) as run:
        months = {r["programme"]: r["first_funding_months"] for r in run("financing_by_programme")}
    assert months == {N1: 9, LOAN: 8}


def test_what_arrived_before_the_period_is_in_the_sum_since_the_first_deal():
    deals = [deal(1, funded_date=date(2023, 3, 31)), deal(2, funded_date=june(1))]
    with opened(financing=deals) as run:
        trend = run("financing_trend", step="month")
        (programme,) = run("financing_by_programme")
    assert [r["funded_count"] for r in trend] == [0, 0, 1]
    assert [r["total_funded_yuan"] for r in trend] == [1_000_000, 1_000_000, 2_000_000]
    assert [r["is_whole"] for r in trend] == [True, True, False]
    assert (programme["funded_count"], programme["total_funded_count"]) == (1, 2)


def test_teams_stand_in_the_order_of_their_numbers_and_deals_without_one_come_last():
    teams = [
        {"team_id": f"T{n}", "team_name": f"第{n}组", "subdistrict_name": "福保街道"}
        | {"team_number": n}
        for n in (2, 10)
    ]
    deals = [
        deal(1, funded_date=june(1), amount_yuan=9e9),
        deal(2, funded_date=june(1), team_id="T10", amount_yuan=9e6),
        deal(3, funded_date=june(1), team_id="T2"),
    ]
    with opened(financing=deals, teams=teams) as run:
        titles = [r["team_title"] for r in run("financing_by_team")]
    assert titles == ["第2组", "第10组", "未登记小组"]


def test_export_without_the_day_of_arrival_makes_nothing_up():
    with opened(financing=[deal(1)], absent={"financing": ("funded_date",)}) as run:
        row = only_row(run, "financing_totals")
    assert row["funded_yuan"] is row["waiting_deal_count"] is row["median_funding_days"] is None


# ---------------------------------------------------------------- what events brought


def test_activity_brings_the_deals_that_name_it_once_they_arrived():
    meeting = activity(1, 5, participant_count=10)
    brought = [
        deal(1, activity_id="H001", applied_date=june(5), funded_date=june(20)),
        deal(2, activity_id="H001", applied_date=june(6), subdistrict_name="南园街道")
        | {"funded_date": june(28)},
        deal(3, activity_id="H001", applied_date=june(6), funded_date=june(29)),
        deal(4, funded_date=june(20)),
    ]
    with opened(activities=[meeting], financing=brought) as run:
        (listed,) = run("activity_list")
        row = only_row(run, "activity_totals", subdistrict="福保街道")
    assert (listed["linked_deal_count"], listed["linked_yuan"]) == (2, 2_000_000)
    assert (row["meeting_firm_count"], row["meeting_attendance_count"]) == (2, 10)
    assert row["meeting_firm_rate"] == 0.2


def test_meeting_whose_guests_nobody_counted_is_on_neither_side_of_the_rate():
    held = [activity(1, 5, participant_count=10), activity(2, 6)]
    deals = [deal(n, activity_id=f"H{n:03d}", funded_date=june(20)) for n in (1, 2)]
    with opened(activities=held, financing=deals) as run:
        row = only_row(run, "activity_totals")
    assert (row["meeting_firm_count"], row["meeting_attendance_count"]) == (1, 10)
    assert row["meeting_deal_count"] == 2


def test_activity_counts_once_it_has_started():
    begins = activity(1, 28, started_at=AS_OF)
    later = activity(2, 28, started_at=AS_OF + timedelta(seconds=1))
    with opened(activities=[begins, later]) as run:
        assert [r["activity_id"] for r in run("activity_list")] == ["H001"]


def test_live_events_without_any_sales_written_down_sold_nobody_knows_what():
    with opened(activities=[activity(1, 5, "直播")]) as run:
        assert only_row(run, "activity_totals")["live_sales_yuan"] is None
    with opened(activities=[activity(1, 5, "政策宣讲")]) as run:
        assert only_row(run, "activity_totals")["live_sales_yuan"] == 0


def test_live_sales_add_up_by_day_until_they_pass_the_published_figure():
    events = [
        activity(1, 3, "直播", sales_yuan=20_000_000.0),
        activity(2, 1, "直播", sales_yuan=39_999_999.0),
        activity(3, 4, "直播", sales_yuan=1.0),
        activity(4, 9, "直播"),
    ]
    unreported = activity(5, 1, "直播", started_at=at(1, 8))
    with opened(activities=[*events, unreported]) as run:
        first = run("live_sales_course")[0]
    assert (first["activity_id"], first["cumulative_sales_yuan"]) == ("H005", 0)
    published = {"figure_id": "live_sales", "value": 6000.0, "unit": "万元"}
    with opened(activities=events, published_figures=[published]) as run:
        course = run("live_sales_course")
    assert [r["day_number"] for r in course] == [1, 3, 4, 9]
    assert [r["is_published_reached"] for r in course] == [False, False, True, True]
    assert course[-1]["cumulative_sales_yuan"] == 60_000_000
    with opened(activities=events) as run:
        course = run("live_sales_course")
    assert {r["published_yuan"] for r in course} == {None}
    assert not any(r["is_published_reached"] for r in course)


# ---------------------------------------------------------------- before and after


def around(appeals: list[Row], *held: Row, **params: Any) -> Row:
    """The total of the comparison around these meetings, with a known past long before them."""
    past = appeal(9999, datetime(2022, 6, 1, 9), category_path="用工")
    with opened(activities=list(held), appeals=[past, *appeals]) as run:
        rows = run("appeals_around_meetings", **params)
    assert rows[0]["is_total"]
    return rows[0]


def test_day_of_the_meeting_belongs_to_neither_side():
    days = [datetime(2023, 5, 1, 9) + timedelta(days=n) for n in range(58)]  # to 27 June
    row = around([appeal(n, day) for n, day in enumerate(days)], activity(1, 1), weeks_around=1)
    assert (row["before_count"], row["after_count"]) == (7, 7)
    assert (row["before_days"], row["after_days"]) == (7, 7)
    assert (row["weekly_change_ratio"], row["before_weekly"]) == (1, 7)


def test_weeks_that_have_not_passed_are_not_taken_for_quiet_ones():
    one_a_day = [appeal(n, datetime(2023, 5, 1, 9) + timedelta(days=n)) for n in range(59)]
    row = around(one_a_day, activity(1, 21), weeks_around=4)
    assert (row["before_days"], row["after_days"], row["after_count"]) == (28, 7, 7)
    assert row["weekly_change_ratio"] == 1
    assert row["meeting_change_verdict"] == "变化可能只是偶然"


def test_only_financing_appeals_of_the_street_are_before_and_after():
    appeals = [
        appeal(1, at(4)),
        appeal(2, at(6)),
        appeal(3, at(6), category_path="用工->招聘"),
        appeal(4, at(6), subdistrict_name="南园街道"),
        appeal(5, at(6), is_void=True),
    ]
    row = around(appeals, activity(1, 5))
    assert (row["before_count"], row["after_count"]) == (1, 1)
    assert (row["elsewhere_before_count"], row["elsewhere_after_count"]) == (0, 1)
    assert row["meeting_change_verdict"] == "样本不足"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (20, 40, "之后更多"),
        (40, 20, "之后更少"),
        (25, 35, "变化可能只是偶然"),
        (14, 15, "样本不足"),
        (15, 15, "变化可能只是偶然"),
        (0, 30, "之后更多"),
        (0, 0, "前后都没有诉求"),
    ],
)
def test_difference_is_stated_only_where_chance_hardly_makes_it(before, after, verdict):
    appeals = [appeal(n, at(4)) for n in range(before)]
    appeals += [appeal(1000 + n, at(6)) for n in range(after)]
    row = around(appeals, activity(1, 5), weeks_around=3)
    assert row["meeting_change_verdict"] == verdict


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [(30, 20, "之后更多"), (30, 10, "变化可能只是偶然"), (60, 10, "之后更少")],
)
def test_shorter_side_is_weighed_by_its_days(before, after, verdict):
    appeals = [appeal(n, at(20)) for n in range(before)]
    appeals += [appeal(1000 + n, at(22)) for n in range(after)]
    row = around(appeals, activity(1, 21), weeks_around=3)
    assert (row["before_days"], row["after_days"]) == (21, 7)
    assert row["meeting_change_verdict"] == verdict


def test_days_before_the_first_appeal_are_not_taken_for_quiet_ones():
    with opened(activities=[activity(1, 5)], appeals=[appeal(1, at(3)), appeal(2, at(6))]) as run:
        row = run("appeals_around_meetings")[0]
    assert (row["before_days"], row["after_days"]) == (2, 23)


# ---------------------------------------------------------------- the ten measures


def test_every_status_is_counted_and_none_is_made_up():
    listed = [
        {"measure_id": "02", "measure_name": "措施二", "status": "推进中"}
        | {"updated_date": june(1)},
        {"measure_id": "01", "measure_name": "措施一", "status": "无数据"},
    ]
    with opened(measures=listed) as run:
        assert [r["measure_id"] for r in run("measure_register")] == ["01", "02"]
        counts = {r["status"]: r["measure_count"] for r in run("measures_by_status")}
        assert run("measure_register")[0]["updated_date"] is None
    assert counts == {"无数据": 1, "未启动": 0, "推进中": 1, "已落地": 0}


# ---------------------------------------------------------------- plain Python


def disagreements(run: Run, tables: dict[str, list[Row]], asked: Asked, step: str) -> list[str]:
    """Where the queries and plain Python differ; every column of every query is looked at."""
    params = {"as_of": asked.as_of, "start_date": asked.first, "end_date": asked.last}
    params |= {"subdistrict": asked.street, "step": step}
    expected = {
        "financing_totals": plain.financing_totals(asked, tables),
        "financing_by_programme": plain.financing_by_programme(asked, tables),
        "financing_by_subdistrict": plain.financing_by_subdistrict(asked, tables),
        "financing_by_team": plain.financing_by_team(asked, tables),
        "financing_trend": plain.financing_trend(asked, tables, step),
        "waiting_deals": plain.waiting_deals(asked, tables),
        "activity_totals": plain.activity_totals(asked, tables),
        "activities_by_kind": plain.activities_by_kind(asked, tables),
        "activities_trend": plain.activities_trend(asked, tables, step),
        "activity_list": plain.activity_list(asked, tables),
        "live_sales_course": plain.live_sales_course(asked, tables),
        "appeals_around_meetings": plain.appeals_around_meetings(asked, tables, 4, 5),
        "measures_by_status": plain.measures_by_status(tables),
    }
    found = []
    for name, rows in expected.items():
        answered = run(name, **params)
        if name == "financing_by_team":  # their order has a test of its own
            answered = sorted(answered, key=lambda row: row["team_title"])
        differing = differences(answered, rows, every_column=True)
        found += [f"{name}: {difference}" for difference in differing]
    return found


def drawn_tables(chance: Random) -> dict[str, list[Row]]:
    """Deals, activities and measures whose days meet the edges of the period and of the data."""
    days = [
        None,
        QUARTER[0] - timedelta(days=1),
        QUARTER[0],
        date(2023, 5, 14),
        date(2023, 5, 31),
        TODAY - timedelta(days=29),
        TODAY - timedelta(days=1),
        TODAY,
        TODAY + timedelta(days=1),
    ]
    activities = [
        {
            "activity_id": f"H{n:03d}",
            "activity_name": f"活动{n}",
            "activity_kind": chance.choice(KINDS),
            "started_at": datetime.combine(
                chance.choice(days[1:]), chance.choice([AS_OF.time(), datetime.min.time()])
            )
            + timedelta(seconds=chance.choice([0, 0, 1])),
            "subdistrict_name": chance.choice(STREETS[:-1]),
            "park_id": chance.choice([None, "P001", "P404"]),
            "participant_count": chance.choice([None, 0, 7, 30]),
            "sales_yuan": chance.choice([None, 0.0, 250_000.0, 12_000_000.0]),
        }
        for n in range(chance.choice([0, 1, 25]))
    ]
    deals = []
    for n in range(chance.choice([0, 1, 40])):
        applied, funded = chance.choice(days), chance.choice(days)
        if applied and funded and funded < applied:
            applied, funded = funded, applied
        deals.append(
            deal(
                n,
                programme=chance.choice([N1, LOAN]),
                enterprise_id=chance.choice([None, "E1", "E2", f"E{n}"]),
                enterprise_name=chance.choice(["甲", "乙"]),
                subdistrict_name=chance.choice(STREETS[:-1]),
                team_id=chance.choice([None, "T1", "T404"]),
                activity_id=chance.choice([None, "H000", "H001", "H404"]),
                amount_yuan=float(chance.choice([0, 50_000, 6_500_000])),
                applied_date=applied,
                funded_date=funded,
            )
        )
    statuses = ("无数据", "未启动", "推进中", "已落地")
    return {
        "financing": deals,
        "activities": activities,
        "teams": [
            {"team_id": "T1", "team_name": "第1组", "subdistrict_name": STREETS[0]}
            | {"team_number": 1, "topic": "用工"}
        ],
        "parks": [{"park_id": "P001", "park_name": "园区1"}],
        "measures": [
            {"measure_id": f"{n:02d}", "measure_name": "措施", "status": chance.choice(statuses)}
            | {"updated_date": chance.choice([None, TODAY])}
            for n in range(chance.choice([0, 10]))
        ],
        "published_figures": chance.choice(
            [[], [{"figure_id": "live_sales", "value": 1200.0, "unit": "万元"}]]
        ),
    }


@SMALL
@given(
    chance=st.randoms(use_true_random=True),
    appeals=appeal_ledgers(),
    street=st.sampled_from([None, *STREETS]),
    step=st.sampled_from(["day", "week", "month"]),
    period=st.sampled_from(
        [QUARTER, (date(2023, 5, 15), TODAY - timedelta(days=1)), (TODAY, TODAY)]
    ),
)
def test_every_query_agrees_with_plain_python_on_drawn_ledgers(
    chance, appeals, street, step, period
):
    tables = {**drawn_tables(chance), "appeals": appeals, "subdistricts": subdistricts(*STREETS)}
    with opened(replace(WITHOUT_LIMITS, min_n=5), **tables) as run:
        assert disagreements(run, tables, Asked(AS_OF, *period, street), step) == []


@pytest.fixture(scope="module")
def demo(demo_warehouse: Path) -> Iterator[tuple[Run, dict[str, list[Row]]]]:
    release = Warehouse(demo_warehouse).current()
    names = (
        "financing", "activities", "teams", "parks", "measures", "published_figures", "appeals",
        "subdistricts",
    )  # fmt: skip
    tables = {n: pq.read_table(release.folder / f"{n}.parquet").to_pylist() for n in names}
    with asking(release, replace(WITHOUT_LIMITS, min_n=5)) as run:
        yield run, tables


@pytest.mark.parametrize("street", [None, "福保街道", "华强北街道"])
@pytest.mark.parametrize(
    ("first", "step"), [(QUARTER[0], "week"), (date(2022, 6, 1), "month")], ids=["quarter", "all"]
)
def test_every_query_agrees_with_plain_python_on_the_demo(demo, street, first, step):
    run, tables = demo
    assert disagreements(run, tables, Asked(AS_OF, first, QUARTER[1], street), step) == []


def test_parts_of_the_demo_add_up_to_the_whole(demo):
    run, _ = demo
    whole = only_row(run, "financing_totals", start_date=date(2022, 6, 1))
    for name in ("financing_by_programme", "financing_by_subdistrict", "financing_by_team"):
        rows = run(name, start_date=date(2022, 6, 1))
        assert sum(r["funded_yuan"] for r in rows) == whole["funded_yuan"] == 990_000_000, name
        assert sum(r["funded_count"] for r in rows) == whole["funded_count"], name
    trend = run("financing_trend", start_date=date(2022, 6, 1), step="month")
    assert sum(r["funded_yuan"] for r in trend) == whole["funded_yuan"]
