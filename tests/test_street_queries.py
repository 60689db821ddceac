"""The queries of the page 街道 against a slow count in plain Python, on ledgers drawn at random and on the demo."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuqi.settings import Settings
from fuqi.store import Warehouse
from tests.drawn_ledgers import SMALL, drawn_appeal, periods
from tests.ledger import AS_OF, appeal, subdistricts
from tests.plain import street as plain
from tests.questions import WITHOUT_LIMITS, Row, Run, asking, opened
from tests.several_streets import STREETS, Tables, drawn_tables

BEFORE_A_HOLIDAY = datetime(2023, 6, 21, 18)
"""The eve of the Dragon Boat Festival: the next working day is Sunday the 25th, a make-up day."""
MOMENTS = st.sampled_from([AS_OF, BEFORE_A_HOLIDAY, datetime(2023, 6, 30, 8), datetime(2023, 7, 1)])
SEEDS = st.integers(0, 10**6)
FEW = settings(SMALL, max_examples=5)
"""Each ledger is asked some dozens of questions."""
SETTINGS = Settings(
    deadline_limits=(), visits_per_quarter=2, common_min_count=3, common_min_firms=2
)
STATES = ("all", "open", "overdue", "due_today", "closed")
ORDERS = ("deadline", "received", "longest")


def drawn(seed: int, as_of: datetime) -> Tables:
    """Rows of every table in four streets; cases often of one firm and topic, with deadlines at edges of days."""
    chance = Random(seed)  # noqa: S311 - a drawn ledger, no secret
    tables = drawn_tables(seed, crosses=True)
    cases = []
    for number in range(chance.choice([90, 90, 10, 0])):
        case = drawn_appeal(chance, number, as_of)
        street = case["subdistrict_name"]
        elsewhere = chance.choice(STREETS)
        case |= {
            "community_name": chance.choice(
                [
                    None,
                    *[f"社区·{street}{n}" for n in (0, 0, 0, 1)],
                    f"社区·{elsewhere}0",
                    "无名社区",
                ]
            ),
            "enterprise_id": chance.choice([None, *(f"E{n}" for n in range(4))]),
            "enterprise_name": chance.choice([None, "甲公司", "乙公司 50%", "丙_行", "FuQi"]),
            "unit_name": chance.choice([None, "区金融工作局", "街道办"]),
            "title": chance.choice([None, f"诉求{number}", "贷款 100% 被拒", "税_务"]),
        }
        if chance.random() < 0.4:
            day = as_of.date() + timedelta(days=chance.randint(-1, 5))
            clock = chance.choice(["00:00:00", "12:00:00", "23:59:59"])
            case["due_at"] = datetime.fromisoformat(f"{day} {clock}")
        cases.append(case)
    tables["appeals"] = cases
    for term in tables["assignments"]:
        if chance.random() < 0.5:
            ended = as_of.date() - timedelta(days=chance.choice([0, 1, 10, 80, 100]))
            term["end_date"] = max(term["start_date"], ended)
    tables["visits"] = [visit for visit in tables["visits"] if chance.random() < 0.6]
    return tables


def counts(row: Row) -> dict[str, int]:
    return {name: row[name] for name in plain.COUNTS if name in row}


# ---------------------------------------------------------------- the counts


@given(SEEDS, MOMENTS, periods())
@FEW
def test_counts_of_places_are_what_plain_python_counts(seed, as_of, period):
    tables = drawn(seed, as_of)
    asked = plain.Asked(as_of, *period, 2, 3, 2)
    work = plain.work_of_places(tables, asked)
    with opened(SETTINGS, as_of=as_of, **tables) as run:
        dates = {"start_date": period[0], "end_date": period[1]}
        for street in (None, *STREETS):
            (row,) = run("street_totals", subdistrict=street, **dates)
            expected = plain.total(work, street)
            assert counts(row) == {name: expected[name] for name in counts(row)}
            listed = run("community_work", subdistrict=street, **dates)
            assert {(r["subdistrict_name"], r["community_name"]): counts(r) for r in listed} == {
                place: {name: n for name, n in of_place.items() if name in counts(listed[0])}
                for place, of_place in work.items()
                if street in (None, place[0])
            }
            assert all(
                r["due_by_tomorrow_count"] == r["due_today_count"] + r["due_tomorrow_count"]
                for r in listed
            )
        for street, community in [place for place in work if place[1]][:6]:
            (row,) = run("street_totals", subdistrict=street, community=community, **dates)
            expected = plain.total(work, street, community)
            assert counts(row) == {name: expected[name] for name in counts(row)}
        (district,) = run("district_totals", subdistrict="福保街道", **dates)
        expected = plain.total(work)
        assert counts(district) == {name: expected[name] for name in counts(district)}
        assert district["street_count"] == len(STREETS)
        side = run("streets_side_by_side", **dates)
        assert [r["subdistrict_name"] for r in side] == list(STREETS)
        for row in side:
            expected = plain.total(work, row["subdistrict_name"])
            assert counts(row) == {name: expected[name] for name in counts(row)}
            rated = expected["rated_count"]
            share = expected["satisfied_count"] / rated if rated else None
            assert row["satisfied_rate"] == share


SHARES = {
    "overdue_share": ("overdue_count", "open_count"),
    "due_today_share": ("due_today_count", "open_count"),
    "due_tomorrow_share": ("due_tomorrow_count", "open_count"),
    "unheld_share": ("unheld_count", "object_count"),
    "visits_owed_share": ("visits_owed_count", "held_in_quarter_count"),
    "repeated_share": ("repeated_count", "received_count"),
    "idle_station_share": ("idle_station_count", "station_count"),
    "on_time_rate": ("on_time_count", "due_count"),
}


@given(SEEDS)
@FEW
def test_shares_are_of_the_counts_beside_them_and_unknown_without_any(seed):
    with opened(SETTINGS, **drawn(seed, AS_OF)) as run:
        for name in ("street_totals", "district_totals"):
            (row,) = run(name)
            for share, (hits, n) in SHARES.items():
                assert row[share] == (row[hits] / row[n] if row[n] else None)


@given(SEEDS, MOMENTS)
@FEW
def test_owed_visits_are_those_the_page_of_assignments_counts_this_quarter(seed, as_of):
    asked = plain.Asked(as_of, as_of.date(), as_of.date())
    with opened(SETTINGS, as_of=as_of, **drawn(seed, as_of)) as run:
        for street in (None, *STREETS):
            (here,) = run("street_totals", subdistrict=street)
            (there,) = run(
                "assignment_totals",
                subdistrict=street,
                start_date=asked.quarter_begins,
                end_date=as_of.date(),
            )
            assert here["held_in_quarter_count"] == there["held_in_period_count"]
            assert here["visits_owed_count"] == (
                there["held_in_period_count"] - there["frequent_count"]
            )
            assert here["unheld_count"] == there["unheld_count"]


@given(SEEDS, MOMENTS)
@FEW
def test_an_open_case_is_late_due_today_or_due_tomorrow_once_and_listed_by_its_deadline(
    seed, as_of
):
    tables = drawn(seed, as_of)
    asked = plain.Asked(as_of, as_of.date(), as_of.date())
    urgent = [
        (case["due_at"], case["appeal_id"], plain.urgency(case, asked), case["subdistrict_name"])
        for case in plain.known_cases(tables, as_of)
        if plain.urgency(case, asked)
    ]
    with opened(SETTINGS, as_of=as_of, **tables) as run:
        for street in (None, "福保街道"):
            expected = sorted(u[:3] for u in urgent if street in (None, u[3]))
            rows = run("due_by_tomorrow", subdistrict=street, most_rows=1000)
            assert [(r["due_at"], r["appeal_id"], r["urgency"]) for r in rows] == expected
            few = run("due_by_tomorrow", subdistrict=street, most_rows=2)
            assert few == rows[:2]
            (total,) = run("street_totals", subdistrict=street)
            named = ("overdue_count", "due_today_count", "due_tomorrow_count")
            assert sum(total[name] for name in named) == len(rows)


def test_days_off_before_the_next_working_day_are_its_eve():
    def due(number: int, moment: datetime) -> Row:
        return appeal(number, BEFORE_A_HOLIDAY - timedelta(days=2), due_at=moment)

    cases = [
        due(1, datetime(2023, 6, 21, 17, 59, 59)),
        due(2, BEFORE_A_HOLIDAY),
        due(3, datetime(2023, 6, 21, 23, 59, 59)),
        due(4, datetime(2023, 6, 22)),
        due(5, datetime(2023, 6, 24, 12)),
        due(6, datetime(2023, 6, 25, 23, 59, 59)),
        due(7, datetime(2023, 6, 26)),
    ]
    with opened(as_of=BEFORE_A_HOLIDAY, appeals=cases) as run:
        (row,) = run("street_totals")
        assert (row["overdue_count"], row["due_today_count"], row["due_tomorrow_count"]) == (
            1,
            2,
            3,
        )
        assert [r["urgency"] for r in run("due_by_tomorrow")] == [
            "已超期",
            *["今日到期"] * 2,
            *["明日到期"] * 3,
        ]


@pytest.mark.parametrize(
    ("changed", "repeated"),
    [
        pytest.param({}, 5, id="five of three firms"),
        pytest.param({"enterprise_name": "甲"}, 0, id="two firms only"),
        pytest.param({"community_name": None}, 0, id="one names no community"),
        pytest.param({"category_path": "融资->担保"}, 0, id="one of another subcategory"),
        pytest.param({"category_path": "融资"}, 0, id="one without a subcategory"),
        pytest.param({"received_at": datetime(2023, 3, 31, 23)}, 0, id="one before the period"),
        pytest.param({"is_void": True}, 0, id="one void"),
        pytest.param({"subdistrict_name": "园岭街道"}, 0, id="one of another street"),
    ],
)
def test_cases_repeat_where_enough_firms_of_a_community_file_the_same(changed, repeated):
    firms = ("甲", "甲", "乙", "乙", "丙")
    cases = [
        appeal(number, datetime(2023, 5, 4, 9), community_name="福保社区", enterprise_name=firm)
        for number, firm in enumerate(firms)
    ]
    cases[-1] |= changed
    with opened(appeals=cases) as run:
        (row,) = run("street_totals")
        assert row["repeated_count"] == repeated


@pytest.mark.parametrize("unknown", [{"category_path": "融资"}, {"community_name": None}])
def test_cases_without_a_subcategory_or_a_community_repeat_nothing(unknown):
    cases = [
        appeal(number, datetime(2023, 5, 4, 9), enterprise_name=f"企业{number}")
        | {"community_name": "福保社区"}
        | unknown
        for number in range(9)
    ]
    with opened(appeals=cases) as run:
        (row,) = run("street_totals")
        assert (row["received_count"], row["repeated_count"]) == (9, 0)


# ---------------------------------------------------------------- the list of all cases


def expected_list(
    tables: Tables, as_of: datetime, street: str | None, search: str, state: str, order: str
) -> list[str]:
    """The numbers of the cases that are to be listed, in their order."""
    asked = plain.Asked(as_of, as_of.date(), as_of.date())

    def is_found(case: Row) -> bool:
        fields = ("appeal_id", "title", "enterprise_name", "unit_name")
        return any(search.lower() in (case.get(f) or "").lower() for f in fields)

    def is_in_state(case: Row) -> bool:
        return {
            "all": True,
            "open": case["closed_at"] is None,
            "overdue": plain.urgency(case, asked) == "已超期",
            "due_today": plain.urgency(case, asked) == "今日到期",
            "closed": case["closed_at"] is not None,
        }[state]

    def place(case: Row) -> tuple[Any, ...]:
        due = (case["due_at"] - datetime(2000, 1, 1)).total_seconds() if case["due_at"] else None
        taken = (case["closed_at"] or as_of) - case["received_at"]
        is_closed = case["closed_at"] is not None
        by_deadline = (is_closed, due is None, -(due or 0) if is_closed else due or 0)
        return {
            "deadline": by_deadline,
            "received": (-(case["received_at"] - datetime(2000, 1, 1)).total_seconds(),),
            "longest": (-taken.total_seconds(),),
        }[order] + (case["appeal_id"],)

    cases = [
        case
        for case in plain.known_cases(tables, as_of)
        if street in (None, case["subdistrict_name"]) and is_found(case) and is_in_state(case)
    ]
    return [case["appeal_id"] for case in sorted(cases, key=place)]


@given(
    SEEDS,
    MOMENTS,
    st.sampled_from(["", "0%", "_", "贷款", "fuqi", "SQ0000", "街道办", "没有", "'"]),
)
@FEW
def test_the_list_is_found_sorted_and_cut_into_pages_without_losing_a_case(seed, as_of, search):
    tables = drawn(seed, as_of)
    with opened(SETTINGS, as_of=as_of, **tables) as run:
        for number, state in enumerate(STATES):
            order = ORDERS[(seed + number) % 3]
            for street in (None, "福保街道"):
                asked = {"search": search, "case_state": state, "subdistrict": street}
                expected = expected_list(tables, as_of, street, search, state, order)
                open_ones = expected_list(tables, as_of, street, search, "open", order)
                open_count = len(set(open_ones) & set(expected))
                counted = {"case_count": len(expected), "open_count": open_count}
                assert run("case_count", **asked) == [counted]
                read: list[str] = []
                for page in range(len(expected) // 7 + 1):
                    rows = run(
                        "case_list", **asked, case_order=order, most_rows=7, offset_rows=7 * page
                    )
                    assert len(rows) == min(7, len(expected) - 7 * page)
                    read += [row["appeal_id"] for row in rows]
                assert read == expected


@given(SEEDS, MOMENTS, st.sampled_from(["", "贷款"]))
@FEW
def test_cases_of_one_community_are_counted_in_every_state(seed, as_of, search):
    tables = drawn(seed, as_of)
    lies_in = {
        a["appeal_id"]: (a["community_name"], a["subdistrict_name"]) for a in tables["appeals"]
    }
    with opened(SETTINGS, as_of=as_of, **tables) as run:
        for state in STATES:
            every = expected_list(tables, as_of, None, search, state, "deadline")
            for community in {community for community, _ in lies_in.values()} - {None}:
                asked = {"community": community, "search": search, "case_state": state}
                here = [lies_in[case][1] for case in every if lies_in[case][0] == community]
                assert run("case_count", **asked)[0]["case_count"] == len(here)
                in_street = run("case_count", **asked, subdistrict="福保街道")
                assert in_street[0]["case_count"] == here.count("福保街道")


@given(SEEDS, MOMENTS, st.sampled_from(["", "贷款", "SQ0000"]))
@FEW
def test_a_page_that_open_cases_fill_is_the_same_of_open_cases_alone(seed, as_of, search):
    with opened(SETTINGS, as_of=as_of, **drawn(seed, as_of)) as run:
        asked = {"search": search, "case_order": "deadline"}
        (counted,) = run("case_count", search=search)
        for up_to in range(1, counted["open_count"] + 1):
            page = {"most_rows": min(3, up_to), "offset_rows": max(0, up_to - 3)}
            whole = run("case_list", **asked, **page, case_state="all")
            assert whole == run("case_list", **asked, **page, case_state="open")
            assert len(whole) == page["most_rows"]


@pytest.mark.parametrize("order", ORDERS)
def test_cases_alike_in_everything_stand_in_the_order_of_their_numbers(order):
    cases = [
        appeal(number, datetime(2023, 6, 1, 9), due_at=datetime(2023, 6, 30))
        for number in (5, 2, 9, 1, 7)
    ]
    with opened(appeals=cases) as run:
        pages = [
            run("case_list", case_order=order, most_rows=2, offset_rows=n)[0]["appeal_id"]
            for n in range(5)
        ]
        assert pages == ["SQ00001", "SQ00002", "SQ00005", "SQ00007", "SQ00009"]


@pytest.mark.parametrize("search", ["100%", "a_b", r"back\slash", "it's", "(", "[甲", "*"])
def test_what_is_typed_is_looked_for_as_it_stands(search):
    cases = [
        appeal(1, datetime(2023, 6, 1), title=f"前{search}后"),
        appeal(2, datetime(2023, 6, 1), title="前100x后 aXb backslash its 甲"),
    ]
    with opened(appeals=cases) as run:
        assert [r["appeal_id"] for r in run("case_list", search=search)] == ["SQ00001"]
        assert run("case_count", search=search) == [{"case_count": 1, "open_count": 1}]


@pytest.mark.parametrize(
    ("search", "found"),
    [("abc", 2), ("ABC", 2), ("甲Abc", 1), ("企业甲", 2), ("１", 1), ("ß", 1), ("ｂ", 1)],
)
def test_a_text_is_found_in_whatever_case(search, found):
    cases = [
        appeal(1, datetime(2023, 6, 1), title="企业甲ABC", unit_name=None),
        appeal(2, datetime(2023, 6, 1), title=None, enterprise_name="xAbc企业甲"),
        appeal(3, datetime(2023, 6, 1), title="１Ｂß", enterprise_name=None),
    ]
    with opened(appeals=cases) as run:
        assert run("case_count", search=search) == [{"case_count": found, "open_count": found}]


def test_an_unknown_state_or_order_is_an_error_and_not_an_empty_list():
    with opened(appeals=[appeal(1, datetime(2023, 6, 1))]) as run:
        for wrong in ({"case_state": "late"}, {"case_order": "name"}):
            with pytest.raises(Exception, match="is none of"):
                run("case_list", **wrong)
        with pytest.raises(Exception, match="is none of"):
            run("case_count", case_state="late")


# ---------------------------------------------------------------- the demo


@pytest.fixture(scope="module")
def demo(demo_warehouse: Path) -> Tables:
    release = Warehouse(demo_warehouse).current()
    names = ("appeals", "communities", "parks", "cadres", "assignments", "visits", "stations")
    return {
        name: pq.read_table(release.table_path(name)).to_pylist()
        for name in (*names, "station_services", "subdistricts")
    }


@pytest.mark.parametrize(
    "period", [(date(2023, 4, 1), date(2023, 6, 28)), (date(2022, 6, 1), date(2023, 6, 28))]
)
def test_every_street_and_community_of_the_demo_counts_up(demo, demo_warehouse, period):
    asked = plain.Asked(AS_OF, *period)
    work = plain.work_of_places(demo, asked)
    dates = {"start_date": period[0], "end_date": period[1]}

    def check(run: Run) -> None:
        streets = [row["subdistrict_name"] for row in demo["subdistricts"]]
        assert len(streets) == 10
        for street in streets:
            (row,) = run("street_totals", subdistrict=street, **dates)
            expected = plain.total(work, street)
            assert counts(row) == {name: expected[name] for name in counts(row)}
        listed = run("community_work", **dates)
        assert len(listed) >= 92
        for row in listed:
            expected = work[row["subdistrict_name"], row["community_name"]]
            assert counts(row) == {name: expected[name] for name in counts(row)}
        (district,) = run("district_totals", **dates)
        assert counts(district) == {n: plain.total(work)[n] for n in counts(district)}
        assert district["repeated_count"] > 0 and district["visits_owed_count"] > 0

    _on_the_demo(demo_warehouse, check)


def test_the_list_of_a_street_of_the_demo_is_in_its_order(demo, demo_warehouse):
    def check(run: Run) -> None:
        for order in ORDERS:
            for search, street in (("", "福保街道"), ("贷款", None), ("有限公司", "华强北街道")):
                expected = expected_list(demo, AS_OF, street, search, "all", order)
                rows = run(
                    "case_list", subdistrict=street, search=search, case_order=order, most_rows=5000
                )
                assert [row["appeal_id"] for row in rows] == expected
                assert len(expected) > 50

    _on_the_demo(demo_warehouse, check)


def _on_the_demo(warehouse: Path, check: Callable[[Run], None]) -> None:
    with asking(Warehouse(warehouse).current(), WITHOUT_LIMITS) as run:
        check(run)


def test_a_street_without_anything_has_its_communities_and_zeros():
    rows = {
        "subdistricts": subdistricts("福保街道"),
        "communities": [
            {"community_code": "1", "community_name": "甲社区", "subdistrict_name": "福保街道"}
        ],
    }
    with opened(**rows) as run:
        (row,) = run("community_work")
        assert row["community_label"] == "甲社区"
        assert counts(row) == {
            name: int(name in ("object_count", "unheld_count")) for name in counts(row)
        }
        (total,) = run("street_totals")
        assert total["on_time_rate"] is None and total["unheld_share"] == 1
