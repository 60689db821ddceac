"""The queries behind 诉求办理's drawings and the single case, against plain Python over the same rows."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from statistics import median
from typing import Any

import pytest

from fuqi import contract
from fuqi.settings import Settings
from fuqi.store import Database, TableEntry, Warehouse, parameters
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts
from tests.questions import QUARTER, opened

Row = dict[str, Any]
STAGES = ("assigned_at", "accepted_at", "first_response_at", "closed_at")


def drawn(seed: int, count: int = 150) -> list[Row]:
    """Appeals of spring with any of their events missing, some void, some after the moment of judgement."""
    random = Random(seed)  # noqa: S311 - drawn cases are no secret
    rows = []
    for number in range(count):
        received = datetime(2023, 3, 25) + timedelta(minutes=random.randrange(97 * 24 * 60))
        events = {
            name: received + timedelta(minutes=random.choice((0, 30, 600, 1500, 6000, 20000)))
            for name in STAGES
            if random.random() < 0.75
        }
        due = received + timedelta(minutes=random.choice((-60, 0, 600, 1500, 6000)))
        rows.append(
            appeal(
                number,
                received,
                **events,
                due_at=due if random.random() < 0.8 else None,
                rating=random.choice(("满意", "不满意", None)) if "closed_at" in events else None,
                is_void=random.random() < 0.05,
                category_path=random.choice(("融资->贷款利率", "融资->抵押", "用工")),
                subdistrict_name=random.choice(("福保街道", "南园街道")),
                park_id=random.choice(("P1", "P2", None)),
            )
        )
    return rows


def counted(rows: list[Row], street: str | None = None, category: str | None = None) -> list[Row]:
    """Those that count in the quarter, with nothing known that happened after the moment of judgement."""
    found = []
    for row in rows:
        if row["is_void"] or row["received_at"] > AS_OF:
            continue
        if not QUARTER[0] <= row["received_at"].date() <= QUARTER[1]:
            continue
        if street not in (None, row["subdistrict_name"]):
            continue
        if category not in (None, row["category_path"].split("->")[0]):
            continue
        known = {name: row.get(name) for name in STAGES}
        known = {n: m if m is not None and m <= AS_OF else None for n, m in known.items()}
        rating = row["rating"] if known["closed_at"] else None
        found.append({**row, **known, "rating": rating})
    return found


ASKED = pytest.mark.parametrize(
    "asked",
    [{}, {"subdistrict": "福保街道"}, {"category": "融资"}],
    ids=["all", "a street", "a category"],
)
SEEDED = pytest.mark.parametrize("seed", range(4))


def expected_of(rows: list[Row], asked: dict[str, str]) -> list[Row]:
    return counted(rows, asked.get("subdistrict"), asked.get("category"))


@SEEDED
@ASKED
def test_the_funnel_counts_each_stage_by_itself(seed, asked):
    rows = drawn(seed)
    cases = expected_of(rows, asked)
    with opened(appeals=rows) as run:
        stages = run("resolution_funnel", **asked)
    assert [s["stage_name"] for s in stages] == ["受理", "派单", "签收", "响应", "办结", "评价"]
    columns = ("received_at", *STAGES, "rating")
    assert [s["reached_count"] for s in stages] == [
        sum(c[name] is not None for c in cases) for name in columns
    ]
    assert {s["received_count"] for s in stages} == {len(cases)}
    for stage, name in zip(stages[1:5], STAGES, strict=True):
        hours = [
            (c[name] - c["received_at"]).total_seconds() / 3600
            for c in cases
            if c[name] is not None
        ]
        assert stage["median_hours"] == pytest.approx(median(hours))
        assert stage["reached_share"] == pytest.approx(len(hours) / len(cases))


@SEEDED
@ASKED
def test_hours_of_receipt_agree_with_a_count(seed, asked):
    rows = drawn(seed, 600)
    due, same_day, received = Counter(), Counter(), Counter()
    for case in expected_of(rows, asked):
        place = (case["received_at"].isoweekday(), case["received_at"].hour)
        answered = case["first_response_at"]
        received[place] += 1
        due[place] += answered is not None or case["received_at"].date() < AS_OF.date()
        same_day[place] += answered is not None and answered.date() == case["received_at"].date()
    with opened(appeals=rows) as run:
        found = run("same_day_by_hour", **asked)
    assert {
        (r["weekday_number"], r["received_hour"]): (
            r["received_count"],
            r["response_due_count"],
            r["same_day_response_count"],
        )
        for r in found
    } == {place: (n, due[place], same_day[place]) for place, n in received.items()}
    for r in found:
        n = r["response_due_count"]
        assert r["same_day_response_rate"] == (r["same_day_response_count"] / n if n else None)


def tenth_of(case: Row) -> int:
    """The tenth of its time allowed in which a case was closed; 20 for whatever took more than twice of it."""
    allowed = case["due_at"] - case["received_at"]
    taken = case["closed_at"] - case["received_at"]
    if taken <= allowed:
        return next(n for n in range(10) if taken * 10 < allowed * (n + 1) or n == 9)
    return next((n for n in range(10, 20) if taken * 10 < allowed * (n + 1)), 20)


@SEEDED
@ASKED
def test_time_against_the_limit_agrees_with_a_count(seed, asked):
    rows = drawn(seed, 400)
    expected = Counter(
        tenth_of(case)
        for case in expected_of(rows, asked)
        if case["closed_at"] and case["due_at"] and case["due_at"] > case["received_at"]
    )
    with opened(appeals=rows) as run:
        found = run("limit_use_distribution", **asked)
    assert [r["tenth"] for r in found] == list(range(21))
    assert {r["tenth"]: r["closed_count"] for r in found if r["closed_count"]} == dict(expected)
    assert sum(expected.values()) > 20
    assert [r["tenth"] for r in found if r["is_late"]] == list(range(10, 21))
    assert [r["tenth"] for r in found if r["is_rest"]] == [20]


@pytest.mark.parametrize(
    ("minutes", "tenth"),
    [(0, 0), (59, 0), (60, 1), (599, 9), (600, 9), (601, 10), (660, 11), (1199, 19), (1200, 20)],
)
def test_at_the_limit_itself_a_case_is_in_time(minutes, tenth):
    received = datetime(2023, 6, 5, 9)
    case = appeal(
        1,
        received,
        due_at=received + timedelta(minutes=600),
        closed_at=received + timedelta(minutes=minutes),
    )
    with opened(appeals=[case]) as run:
        assert [r["tenth"] for r in run("limit_use_distribution") if r["closed_count"]] == [tenth]


# ---------------------------------------------------------------- the single case

NINE = datetime(2023, 6, 5, 9)
CASE = appeal(
    7,
    NINE,
    title="请联系13800001111",
    content="联系人电话 13912345678",
    assigned_at=NINE + timedelta(minutes=10),
    first_response_at=NINE + timedelta(hours=1),
    closed_at=AS_OF + timedelta(seconds=1),
    due_at=NINE + timedelta(days=4),
    visit_id="V1",
    station_id="S1",
)


def test_a_case_shows_its_visit_and_station_and_no_phone_number():
    with opened(
        appeals=[CASE],
        stations=[{"station_id": "S1", "station_name": "石厦站"}],
        visits=[
            {"visit_id": "V1", "cadre_id": "G1", "visited_at": NINE, "note": "电话13800001111"}
        ],
        cadres=[{"cadre_id": "G1", "cadre_name": "陈某某", "unit_name": "区财政局"}],
    ) as run:
        (facts,) = run("case_detail", case_id="SQ00007")
    assert (facts["station_name"], facts["visited_at"]) == ("石厦站", NINE)
    assert (facts["visitor_name"], facts["visitor_unit"]) == ("陈**", "区财政局")
    assert (facts["is_closed"], facts["is_overdue"]) == (False, True)
    assert facts["age_hours"] == (AS_OF - NINE).total_seconds() / 3600
    assert not {"13800001111", "13912345678"} & set("".join(map(str, facts.values())).split())
    assert "138****1111" in facts["title"] + facts["visit_note"]
    assert "139****5678" in facts["content"]


@pytest.mark.parametrize("number", ["SQ00008", "", "' or 1=1 --"])
def test_a_number_that_is_not_there_gives_nothing(number):
    with opened(appeals=[CASE, appeal(8, NINE, is_void=True)]) as run:
        assert run("case_detail", case_id=number) == []
        assert run("case_timeline", case_id=number) == []
        assert run("similar_cases", case_id=number) == []


def test_a_case_that_came_from_no_station_and_no_visit_is_shown_all_the_same():
    visit = {"visit_id": "V1", "visited_at": NINE, "note": "走访", "object_kind": "园区商圈"}
    with opened(
        appeals=[appeal(1, NINE), appeal(2, NINE, visit_id="V1", station_id="001")],
        visits=[{**visit, "cadre_id": "G404"}],
    ) as run:
        (alone,) = run("case_detail", case_id="SQ00001")
        (unknown,) = run("case_detail", case_id="SQ00002")
    assert (alone["station_name"], alone["visited_at"], alone["visitor_unit"]) == (None,) * 3
    assert (unknown["visit_note"], unknown["station_name"]) == ("走访", None)
    assert unknown["visitor_name"] is None


def test_a_timeline_is_in_order_and_knows_nothing_of_the_future_but_the_deadline():
    at_the_same_moment = appeal(8, CASE["received_at"], assigned_at=AS_OF)
    with opened(appeals=[CASE, at_the_same_moment]) as run:
        events = run("case_timeline", case_id="SQ00007")
    assert [(e["event_name"], e["happened_at"]) for e in events] == [
        ("受理", NINE),
        ("派单", CASE["assigned_at"]),
        ("首次联系", CASE["first_response_at"]),
        ("办结时限", CASE["due_at"]),
    ]
    assert [e["hours_since_receipt"] for e in events] == pytest.approx([0, 1 / 6, 1, 96])
    assert [e["is_deadline"] for e in events] == [False, False, False, True]
    assert events[3]["event_label"] == "办结时限　06-09 09:00"


def test_similar_cases_are_of_the_street_and_category_those_of_the_park_first():
    def other(number: int, **columns: Any) -> Row:
        return appeal(number, NINE + timedelta(days=number), **columns)

    rows = [
        appeal(1, NINE, park_id="P1", category_path="融资->抵押"),
        other(2, category_path="融资->抵押"),
        other(3, park_id="P1", closed_at=AS_OF, outcome="解释说明"),
        other(4, park_id="P1", category_path="融资->抵押", closed_at=AS_OF),
        other(5, category_path="融资->贷款利率", due_at=AS_OF - timedelta(seconds=1)),
        other(6, category_path="用工"),
        other(7, subdistrict_name="南园街道"),
        other(8, is_void=True),
        other(9, park_id="P2", category_path="融资->抵押"),
        appeal(10, NINE, category_path="用工"),  # at the same moment as the first
    ]
    with opened(appeals=rows) as run:
        found = run("similar_cases", case_id="SQ00001")
        assert [r["appeal_id"][-1] for r in found] == ["4", "3", "9", "2", "5"]
        assert [r["case_state"] for r in found] == [
            "已办结",
            "解释说明",
            "办理中",
            "办理中",
            "已超期",
        ]
        assert len(run("similar_cases", case_id="SQ00001", most_rows=2)) == 2


# ---------------------------------------------------------------- columns that an export does not have


def released_without(tmp_path, *columns: str) -> Database:
    """One closed case, in a release whose appeals came without these columns."""
    closed = appeal(
        1, NINE, first_response_at=NINE, closed_at=NINE + timedelta(hours=2), outcome="解决"
    )
    release = publish_ledger(
        tmp_path, {"appeals": [closed], "subdistricts": subdistricts("福保街道")}
    )
    warehouse = Warehouse(tmp_path)
    with warehouse.stage() as staging:
        for table in release.table_names:
            staging.carry_over(table)
        names = [c.name for c in contract.load()["appeals"].columns if c.name not in columns]
        entry = TableEntry(1, 0, 0, (), "", staging.release_id, columns=tuple(names))
        tables = {**release.manifest.tables, "appeals": entry}
        return Database(
            staging.publish(replace(release.manifest, release_id=staging.release_id, tables=tables))
        )


def run(database: Database, name: str) -> list[Row]:
    known = parameters(AS_OF, *QUARTER, Settings())
    return database.run(name, {p: known[p] for p in database.query(name).params}).to_pylist()


def run_totals(database: Database) -> Row:
    (row,) = run(database, "resolution_totals")
    return row


def test_without_a_deadline_column_nothing_is_on_time_or_late(tmp_path):
    row = run_totals(released_without(tmp_path, "due_at"))
    assert (row["on_time_rate"], row["due_count"], row["worked_out_deadline_count"]) == (None, 0, 0)
    assert row["same_day_response_rate"] == 1
    with_column = run_totals(released_without(tmp_path / "with"))
    assert (with_column["on_time_rate"], with_column["worked_out_deadline_count"]) == (1, 1)


def test_a_rate_whose_column_is_absent_is_null_and_not_zero(tmp_path):
    database = released_without(tmp_path, "first_response_at", "outcome")
    row = run_totals(database)
    assert row["same_day_response_rate"] is None
    assert row["resolved_rate"] is None
    assert row["composite_score"] is None
    assert row["closed_rate"] == 1
    absent = {kpi.column: database.absent(kpi) for kpi in database.query("resolution_totals").kpis}
    assert absent["composite_score"] == ("首次联系时间", "办理结果")
    assert absent["closed_rate"] == ()


def test_a_stage_whose_column_is_absent_says_which(tmp_path):
    database = released_without(tmp_path, "assigned_at")
    by_name = {s["stage_name"]: s for s in run(database, "resolution_funnel")}
    assert (by_name["派单"]["reached_count"], by_name["派单"]["absent_column"]) == (
        None,
        "派单时间",
    )
    assert (by_name["签收"]["reached_count"], by_name["签收"]["absent_column"]) == (0, None)


def test_a_tenth_of_the_time_that_no_case_took_counts_none():
    with opened(appeals=[]) as run:
        rows = run("limit_use_distribution")
    assert [(r["tenth"], r["closed_count"]) for r in rows] == [(n, 0) for n in range(21)]


def test_the_stages_are_numbered_in_their_order():
    with opened(appeals=[]) as run:
        rows = run("resolution_funnel")
    assert [r["stage_order"] for r in rows] == [1, 2, 3, 4, 5, 6]
