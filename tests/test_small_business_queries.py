"""小个专: the definitions at their edges, and plain Python on drawn ledgers and on the demo."""

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuqi.settings import Settings
from fuqi.store import Warehouse
from tests.drawn_ledgers import SMALL
from tests.ledger import AS_OF
from tests.plain import small_business as plain
from tests.plain.arithmetic import differences
from tests.questions import QUARTER, STREETS, Row, asking, opened

TODAY = AS_OF.date()
TOMORROW = TODAY + timedelta(days=1)
FOOD = "食品经营许可"
COMMUNITIES = [
    {"community_code": str(n), "community_name": name, "subdistrict_name": street}
    for n, (name, street) in enumerate(
        (
            ("园东社区", STREETS[0]),
            ("巴登社区", STREETS[1]),
            ("福安社区", STREETS[2]),
            ("石厦社区", STREETS[3]),
            ("新港社区", STREETS[3]),
            ("空社区", STREETS[4]),
        )
    )
]
SITUATIONS = (AS_OF, datetime(2023, 6, 25), datetime(2024, 2, 29, 10), datetime(2023, 12, 31, 23))


def firm(number: int, **columns: Any) -> Row:
    """A small business of 石厦社区 that nobody visited and that has no party member, unless said otherwise."""
    return {
        "enterprise_id": f"E{number:04d}",
        "enterprise_name": f"小店{number}",
        "entity_kind": "个体工商户",
        "is_small_business": True,
        "subdistrict_name": "福保街道",
        "community_name": "石厦社区",
        **columns,
    }


def org(org_id: str, **columns: Any) -> Row:
    return {
        "party_org_id": org_id,
        "party_org_name": f"党支部{org_id}",
        "is_mobile": False,
        "subdistrict_name": "福保街道",
        "community_name": "石厦社区",
        **columns,
    }


def permit(number: int, applied: date, issued: date | None = None, **columns: Any) -> Row:
    return {
        "permit_id": f"X{number:04d}",
        "permit_kind": FOOD,
        "is_green_channel": True,
        "enterprise_name": f"小店{number}",
        "subdistrict_name": "福保街道",
        "applied_date": applied,
        "issued_date": issued,
        "statutory_days": 20,
        "promised_days": 3,
        **columns,
    }


# ---------------------------------------------------------------- coverage


@pytest.mark.parametrize(
    ("columns", "counts"),
    [
        pytest.param({"party_member_count": None}, (0, 0, 1, 0), id="members not known"),
        pytest.param({"party_member_count": 0}, (0, 0, 1, 0), id="no members"),
        pytest.param({"party_member_count": 1}, (1, 0, 0, 0), id="a member, no organisation"),
        pytest.param(
            {"party_member_count": 1, "party_org_id": "D1"}, (1, 1, 0, 0), id="an organisation"
        ),
        pytest.param(
            {"party_member_count": 0, "party_org_id": "D1"}, (0, 0, 1, 0), id="without members"
        ),
        pytest.param(
            {"party_member_count": 1, "party_org_id": "D404"},
            (1, 0, 0, 0),
            id="unknown to the register",
        ),
        pytest.param(
            {"party_member_count": 1, "party_org_id": "D2"}, (1, 1, 0, 0), id="founded today"
        ),
        pytest.param(
            {"party_member_count": 1, "party_org_id": "D3"}, (1, 0, 0, 0), id="founded tomorrow"
        ),
        pytest.param(
            {"party_member_count": 1, "party_org_id": "D4"}, (1, 1, 0, 0), id="founded some day"
        ),
        pytest.param(
            {"party_member_count": 1, "last_visited_date": TODAY}, (1, 0, 0, 0), id="only visited"
        ),
        pytest.param({"last_visited_date": TODAY}, (0, 0, 1, 1), id="visited today"),
        pytest.param({"last_visited_date": TOMORROW}, (0, 0, 1, 0), id="visited tomorrow"),
        pytest.param({"last_visited_date": date(2019, 1, 1)}, (0, 0, 1, 1), id="visited long ago"),
        pytest.param({"has_party_instructor": True}, (0, 0, 1, 1), id="instructed"),
        pytest.param({"has_party_instructor": False}, (0, 0, 1, 0), id="not instructed"),
        pytest.param({"is_small_business": False}, (0, 0, 0, 0), id="no small business"),
    ],
)
def test_who_is_covered(columns, counts):
    orgs = [
        org("D1", founded_date=date(2020, 1, 1)),
        org("D2", founded_date=TODAY),
        org("D3", founded_date=TOMORROW),
        org("D4"),
    ]
    with opened(enterprises=[firm(1, **columns)], party_orgs=orgs) as run:
        (row,) = run("coverage_totals")
        listed = run("uncovered_small_businesses")
    names = ("with_members_count", "organised_count", "without_members_count", "worked_count")
    assert tuple(row[name] for name in names) == counts
    assert row["uncovered_count"] == counts[0] - counts[1] + counts[2] - counts[3] == len(listed)
    assert row["unorganised_count"] + row["unworked_count"] == len(listed)


def test_without_a_register_of_organisations_the_entity_says_itself_whether_it_has_one():
    firms = [
        firm(1, party_member_count=1, party_org_id="D1"),
        firm(2, party_member_count=1),
    ]
    with opened(enterprises=firms) as run:
        (row,) = run("coverage_totals")
    assert (row["organised_count"], row["with_members_count"]) == (1, 2)


def test_days_at_the_ends_of_the_period_are_in_it():
    first, last = QUARTER
    days = [first - timedelta(days=1), first, last, TOMORROW]
    with opened(enterprises=[firm(n, last_visited_date=d) for n, d in enumerate(days)]) as run:
        (row,) = run("coverage_totals")
        (earlier,) = run("coverage_totals", start_date=first, end_date=first)
    assert (row["period_visited_count"], row["visited_business_count"]) == (2, 3)
    assert (earlier["period_visited_count"], earlier["visited_business_count"]) == (1, 3)


def test_the_list_of_gaps_ends_where_it_is_told_to():
    with opened(enterprises=[firm(n) for n in range(5)]) as run:
        assert len(run("uncovered_small_businesses", most_rows=3)) == 3
        assert run("coverage_totals")[0]["uncovered_count"] == 5


@pytest.mark.parametrize(
    ("column", "gone"),
    [
        (
            "party_member_count",
            {"organisation_coverage_rate", "work_coverage_rate", "uncovered_count"},
        ),
        ("party_org_id", {"organisation_coverage_rate", "uncovered_count"}),
        ("has_party_instructor", {"work_coverage_rate", "uncovered_count"}),
        (
            "last_visited_date",
            {
                "work_coverage_rate",
                "uncovered_count",
                "visited_business_count",
                "period_visited_rate",
            },
        ),
    ],
)
def test_a_column_that_no_export_had_makes_its_figures_not_computable(column, gone):
    firms = [firm(1, party_member_count=1, party_org_id="D1"), firm(2, last_visited_date=TODAY)]
    with opened(enterprises=firms, absent={"enterprises": (column,)}) as run:
        for name in ("coverage_totals", "coverage_by_subdistrict", "coverage_by_community"):
            for row in run(name):
                assert {c for c in gone if c in row and row[c] is not None} == set(), name
    with opened(enterprises=firms) as run:
        assert {c for c in gone if run("coverage_totals")[0][c] is None} == set()


def test_an_entity_in_a_community_of_another_street_counts_once():
    strange = firm(1, subdistrict_name="园岭街道", community_name="石厦社区")
    with opened(enterprises=[strange], communities=COMMUNITIES) as run:
        assert sum(r["small_business_count"] for r in run("coverage_by_subdistrict")) == 1
        assert sum(r["small_business_count"] for r in run("coverage_by_community")) == 1
        assert run("coverage_totals", subdistrict="园岭街道")[0]["small_business_count"] == 1
        assert len(run("uncovered_small_businesses", subdistrict="园岭街道")) == 1


# ---------------------------------------------------------------- permits


@pytest.mark.parametrize(
    ("applied", "issued", "days"),
    [
        pytest.param(date(2023, 6, 20), date(2023, 6, 20), 0, id="the same day"),
        pytest.param(date(2023, 6, 20), date(2023, 6, 21), 1, id="the next day"),
        pytest.param(
            date(2023, 6, 21), date(2023, 6, 25), 1, id="over the holiday to a Sunday at work"
        ),
        pytest.param(date(2023, 6, 21), date(2023, 6, 24), 0, id="issued in the holiday"),
        pytest.param(date(2023, 6, 22), date(2023, 6, 25), 1, id="received in the holiday"),
        pytest.param(
            date(2023, 6, 22), date(2023, 6, 24), 0, id="received and issued in the holiday"
        ),
        pytest.param(date(2023, 6, 25), date(2023, 6, 26), 1, id="received on the Sunday at work"),
        pytest.param(date(2023, 6, 16), date(2023, 6, 19), 1, id="over a weekend"),
        pytest.param(date(2023, 6, 17), date(2023, 6, 18), 0, id="within a weekend"),
        pytest.param(date(2023, 6, 17), date(2023, 6, 19), 1, id="received on a Saturday"),
        pytest.param(
            date(2023, 6, 16), date(2023, 6, 28), 7, id="weekend, holiday and make-up day"
        ),
    ],
)
def test_working_days_of_a_permit(applied, issued, days):
    assert plain.working_days(applied, issued) == days
    with opened(permits=[permit(1, applied, issued), permit(2, applied)]) as run:
        (row,) = run("permits_by_kind")
        (waiting,) = run("open_permits", as_of=datetime.combine(issued, AS_OF.time()))[1:] or [{}]
    assert row["median_permit_working_days"] == days
    assert row["longest_open_working_days"] == plain.working_days(applied, TODAY)
    assert waiting.get("waited_working_days", days) == days


def test_the_last_promised_day_is_within_the_promise():
    applied = date(2023, 6, 19)
    on_time, late = date(2023, 6, 25), date(2023, 6, 26)
    permits = [permit(1, applied, on_time), permit(2, applied, late)]
    with opened(permits=[*permits, permit(3, applied, late, promised_days=None)]) as run:
        (row,) = run("permit_totals")
    assert (row["within_promise_count"], row["promised_count"]) == (1, 2)
    assert row["permit_issued_count"] == 3


def test_what_is_issued_after_the_moment_is_still_open():
    applied = date(2023, 6, 25)
    permits = [
        permit(1, applied, TOMORROW),
        permit(2, applied, TODAY),
        permit(3, TOMORROW),
        permit(4, date(2023, 6, 20)),
    ]
    with opened(permits=permits) as run:
        states = {r["permit_id"]: r["permit_state"] for r in run("open_permits")}
        (row,) = run("permit_totals")
    assert states == {"X0004": "已超承诺", "X0001": "今日到承诺时限"}
    assert (row["permit_open_count"], row["permit_late_count"], row["permit_issued_count"]) == (
        2,
        1,
        1,
    )


def test_permits_are_those_of_the_published_figure():
    permits = [permit(n, date(2023, 6, 19), day) for n, day in enumerate((TODAY, TOMORROW))]
    figure = {
        "figure_id": "permit_days_after",
        "programme": "证照",
        "label": "用时",
        "value": 3.0,
        "unit": "个工作日",
    }
    with opened(permits=permits, published_figures=[figure]) as run:
        (row,) = run("published_vs_computed")
        (total,) = run("permit_totals")
    assert row["computed_value"] == total["green_food_permit_working_days"] == 6


# ---------------------------------------------------------------- published figures


def figure(figure_id: str, value: float, **columns: Any) -> Row:
    return {
        "figure_id": figure_id,
        "programme": "小个专党委",
        "label": figure_id,
        "value": value,
        "unit": "万户",
        "as_of_date": TODAY,
        "source": "公开报道",
        **columns,
    }


PUBLISHED = [
    figure("market_entities", 55.2),
    figure("business_entities", 55.0),
    figure("small_business_share", 96.0, qualifier="近", unit="%"),
    figure("small_business_visited", 53.0, qualifier="约"),
]


def agreements(figures: list[Row], firms: list[Row] = ()) -> dict[int, str]:
    with opened(published_figures=figures, enterprises=list(firms)) as run:
        return {r["step_number"]: r["agreement"] for r in run("published_reconciliation")}


def test_the_published_figures_agree_with_one_another_within_their_rounding():
    with opened(published_figures=PUBLISHED) as run:
        product = run("published_reconciliation")[3]
    assert product["left_value"] == pytest.approx(52.992)
    assert product["right_value"] == 53
    assert product["leeway"] == pytest.approx(0.5 + (55.2 * 0.5 + 96 * 0.05 + 0.05 * 0.5) / 100)
    assert product["agreement"] == "一致"


def test_figures_that_differ_by_more_than_their_rounding_do_not_agree():
    visited = figure("small_business_visited", 54.0)
    assert agreements([*PUBLISHED[:3], visited])[4] == "不一致"
    assert agreements([*PUBLISHED[:3], figure("small_business_visited", 53.32)])[4] == "一致"
    assert agreements([*PUBLISHED[:3], figure("small_business_visited", 53.33)])[4] == "不一致"


def test_the_number_of_business_entities_enters_nothing():
    with_other = [*PUBLISHED[:1], figure("business_entities", 99.0), *PUBLISHED[2:]]
    with opened(published_figures=PUBLISHED) as run, opened(published_figures=with_other) as other:
        assert run("published_reconciliation") == other("published_reconciliation")


def test_computed_numbers_agree_only_when_they_are_equal():
    firms = [firm(n, last_visited_date=TODAY) for n in range(3)]
    assert agreements(PUBLISHED, firms)[5] == "一致"
    assert agreements(PUBLISHED, [*firms, firm(9)])[5] == "不一致"


def test_a_figure_that_is_missing_is_not_compared():
    found = agreements(PUBLISHED[1:])
    assert (found[1], found[4]) == ("不可比", "不可比")
    assert agreements([], [])[5] == "不可比"


# ---------------------------------------------------------------- scenes and functions


def test_unused_and_unnamed_services_are_listed():
    catalogue = [
        {"service_id": i, "service_name": n, "service_group": g, "is_name_published": p}
        for i, n, g, p in (
            ("S01", "政策咨询", "站点服务", True),
            ("F01", "功能一", "六大功能", False),
            ("C04", "场景四（名称未公布）", "十大场景", False),
            ("C01", "注册登记", "十大场景", True),
        )
    ]
    with opened(service_catalog=catalogue) as run:
        rows = run("scene_and_function_use")
    assert [(r["shown_service_name"], r["service_count"], r["month_counts"]) for r in rows] == [
        ("功能一（名称未公布）", 0, [0, 0, 0]),
        ("注册登记", 0, [0, 0, 0]),
        ("场景四（名称未公布）", 0, [0, 0, 0]),
    ]


# ---------------------------------------------------------------- ledgers drawn at random


def edge_days(as_of: datetime, first: date, last: date) -> list[date | None]:
    today = as_of.date()
    same_day = plain.same_day_last_year(today)
    day = timedelta(days=1)
    return [
        *(None, today, today + day, first - day, first, last, last + day),
        *(same_day, same_day + day, date(today.year, 1, 1), date(today.year - 1, 1, 1)),
        *(date(today.year - 1, 12, 31), date(today.year - 2, 6, 1), today.replace(day=1)),
    ]


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[plain.Asked, dict[str, list[Row]]]:
    """A situation to judge at, a period, a place, and rows whose days often meet their edges."""
    chance = draw(st.randoms(use_true_random=True))
    as_of = draw(st.sampled_from(SITUATIONS))
    today = as_of.date()
    first = today - timedelta(days=draw(st.sampled_from([0, 27, 88, 400])))
    last = min(today, first + timedelta(days=draw(st.sampled_from([0, 20, 88, 400]))))
    place = draw(
        st.sampled_from(
            [
                *[(None, None)] * 6,
                *((c["subdistrict_name"], c["community_name"]) for c in COMMUNITIES),
                *((street, None) for street in STREETS),
            ]
        )
    )
    days = edge_days(as_of, first, last)
    orgs = [
        org(
            f"D{n}",
            is_mobile=chance.random() < 0.2,
            founded_date=chance.choice([None, date(2019, 5, 1), *days]),
            member_count=chance.choice([None, 0, 3, 12]),
            **chance.choice(COMMUNITIES[:-1]),
        )
        for n in range(draw(st.sampled_from([0, 1, 6])))
    ]
    for each in orgs:
        del each["community_code"]
        each["community_name"] = chance.choice(
            [None, each["community_name"], each["community_name"]]
        )
    firms = [drawn_firm(chance, n, days) for n in range(draw(st.sampled_from([0, 1, 30, 90])))]
    permits = [drawn_permit(chance, n, today) for n in range(draw(st.sampled_from([0, 1, 40, 80])))]
    stations = [
        {
            "station_id": f"{n:03d}",
            "station_name": f"站{n}",
            "station_kind": "专业市场",
            "subdistrict_name": c["subdistrict_name"],
            "community_name": chance.choice([None, c["community_name"]]),
        }
        for n, c in enumerate(COMMUNITIES[:4])
    ]
    catalogue = [
        {
            "service_id": f"{group}{n}",
            "service_name": f"{name}{n}",
            "service_group": name,
            "is_name_published": n % 2 == 0,
        }
        for group, name in (("F", "六大功能"), ("C", "十大场景"), ("S", "站点服务"))
        for n in range(3)
    ]
    services = []
    for n in range(draw(st.sampled_from([0, 1, 60]))):
        station = chance.choice(stations)
        moment = datetime.combine(chance.choice([d for d in days if d]), as_of.time())
        services.append(
            {
                "service_record_id": str(n),
                "station_id": station["station_id"],
                "service_id": chance.choice(catalogue)["service_id"],
                "requested_at": moment + timedelta(minutes=chance.choice([-1, 0, 1])),
                "process": chance.choice([None, "站内办理", "外送办理"]),
                "subdistrict_name": station["subdistrict_name"],
            }
        )
    return plain.Asked(as_of, first, last, *place), {
        "communities": COMMUNITIES,
        "enterprises": firms,
        "party_orgs": orgs,
        "permits": permits,
        "stations": stations,
        "service_catalog": catalogue,
        "station_services": services,
    }


def drawn_firm(chance: Random, number: int, days: list[date | None]) -> Row:
    community = chance.choice(COMMUNITIES[:-1])
    return firm(
        number,
        is_small_business=chance.random() < 0.85,
        # A few stand under another street than their community: such rows are kept and flagged.
        subdistrict_name=chance.choice([*[community["subdistrict_name"]] * 9, STREETS[0]]),
        community_name=community["community_name"],
        party_member_count=chance.choice([None, 0, 0, 1, 1, 4]),
        party_org_id=chance.choice([None, "D0", "D1", "D2", "D3", "D404"]),
        last_visited_date=chance.choice([None, *days]),
        has_party_instructor=chance.choice([None, False, True]),
        converted_date=chance.choice([None, *days]),
    )


def drawn_permit(chance: Random, number: int, today: date) -> Row:
    applied = today - timedelta(days=chance.choice([-1, 0, 1, 2, 3, 4, 5, 6, 8, 13, 40, 95]))
    taken = chance.choice([None, 0, 1, 2, 3, 4, 5, 6, 10, 30])
    return permit(
        number,
        applied,
        None if taken is None else applied + timedelta(days=taken),
        permit_kind=chance.choice([FOOD, FOOD, "营业执照"]),
        is_green_channel=chance.random() < 0.5,
        subdistrict_name=chance.choice(STREETS[:-1]),
        promised_days=chance.choice([None, 0, 1, 3, 8]),
        statutory_days=chance.choice([None, 20]),
    )


def disagreements(
    run: Any, asked: plain.Asked, tables: dict[str, list[Row]]
) -> dict[str, list[str]]:
    """What every query of the page says otherwise than plain Python, by its name."""
    firms, orgs = tables["enterprises"], tables["party_orgs"]
    communities, permits = tables["communities"], tables["permits"]
    streets = [s["subdistrict_name"] for s in tables["subdistricts"]]
    in_street = {s: plain.Asked(asked.as_of, asked.first, asked.last, s) for s in streets}
    here = [e for e in firms if asked.holds(e)]
    gaps = plain.uncovered(streets, here, orgs, asked)
    by_street = {
        name: [{"subdistrict_name": s, **count(in_street[s])} for s in streets]
        for name, count in {
            "coverage_by_subdistrict": lambda a: plain.coverage(filter(a.holds, firms), orgs, a),
            "party_orgs_by_subdistrict": lambda a: plain.party_org_totals(orgs, a),
            "conversions_by_subdistrict": lambda a: plain.conversions(firms, a),
        }.items()
    }
    by_street["conversions_by_subdistrict"].sort(key=lambda row: -row["last_year_count"])
    expected = {
        **by_street,
        "coverage_totals": [plain.coverage(here, orgs, asked)],
        "coverage_by_community": plain.by_community(communities, firms, orgs, asked),
        "uncovered_small_businesses": gaps[:20],
        "small_business_visits_by_month": plain.visits_by_month(firms, asked),
        "party_org_totals": [plain.party_org_totals(orgs, asked)],
        "party_orgs_by_year": plain.party_orgs_by_year(orgs, asked),
        "conversion_totals": [plain.conversions(firms, asked)],
        "conversions_by_month": plain.conversions_by_month(firms, asked),
        "scene_and_function_use": plain.used_services(
            tables["service_catalog"], tables["station_services"], tables["stations"], asked
        ),
        "permit_totals": [plain.permit_totals(permits, asked)],
        "permits_by_kind": plain.permits_by_kind(permits, asked),
        "permits_by_month": plain.permits_by_month(permits, FOOD, asked),
        "permit_days_distribution": plain.permit_days(permits, FOOD, asked),
        "open_permits": plain.open_permits(permits, asked),
    }
    params = {
        "as_of": asked.as_of,
        "start_date": asked.first,
        "end_date": asked.last,
        "subdistrict": asked.street,
        "community": asked.community,
        "permit_kind": FOOD,
        "most_rows": 20,
    }
    found = {name: run(name, **params) for name in expected}
    trend = run("scene_and_function_trend", step="month", **params)
    found["trend"], expected["trend"] = (
        trend,
        plain_trend(expected["scene_and_function_use"], asked),
    )
    wrong = {name: differences(found[name], rows) for name, rows in expected.items()}
    return {name: lines for name, lines in wrong.items() if lines}


def plain_trend(used: list[Row], asked: plain.Asked) -> list[Row]:
    def count(group: str, place: int) -> int:
        return sum(r["month_counts"][place] for r in used if r["service_group"] == group)

    return [
        {
            "step_date": month,
            "is_whole": plain.is_whole_month(month, asked.first, asked.last),
            "function_use_count": count("六大功能", place),
            "scene_use_count": count("十大场景", place),
        }
        for place, month in enumerate(plain.months(asked.first, asked.last))
    ]


@SMALL
@given(ledgers())
def test_every_query_agrees_with_plain_python(drawn):
    asked, tables = drawn
    rows = {"subdistricts": [{"subdistrict_name": s} for s in STREETS], **tables}
    with opened(as_of=asked.as_of, **tables) as run:
        assert disagreements(run, asked, rows) == {}


def demo_tables(demo_warehouse: Path) -> dict[str, list[Row]]:
    """The rows of the demo that the page is made of, the enterprises without their names and positions."""
    release = Warehouse(demo_warehouse).current()
    names = ["subdistricts", "communities", "enterprises", "party_orgs", "permits"]
    names += ["stations", "service_catalog", "station_services"]
    unused = {"enterprise_name", "entity_kind", "industry", "park_id", "longitude", "latitude"}
    tables = {}
    for name in names:
        known = pq.read_schema(release.table_path(name)).names
        kept = [column for column in known if column not in unused]
        tables[name] = pq.read_table(release.table_path(name), columns=kept).to_pylist()
    for name, key in (("subdistricts", "subdistrict_code"), ("communities", "community_code")):
        tables[name].sort(key=lambda row, key=key: row[key])
    return tables


def test_every_query_agrees_with_plain_python_on_the_demo(demo_warehouse: Path):
    asked = plain.Asked(AS_OF, *QUARTER, "福保街道", "石厦社区")
    with asking(Warehouse(demo_warehouse).current(), Settings()) as run:
        assert disagreements(run, asked, demo_tables(demo_warehouse)) == {}


def test_the_demo_comes_to_the_published_figures(demo_warehouse: Path):
    """What was published, written down here as it was printed."""
    with asking(Warehouse(demo_warehouse).current(), Settings()) as run:
        (coverage,) = run("coverage_totals")
        (orgs,) = run("party_org_totals")
        converted = {r["subdistrict_name"]: r for r in run("conversions_by_subdistrict")}
        (permits,) = run("permit_totals", start_date=date(2022, 6, 1))
        agreed = [r["agreement"] for r in run("published_reconciliation")]
    assert (orgs["party_org_count"], orgs["mobile_party_org_count"]) == (1363, 60)
    assert (coverage["organisation_coverage_rate"], coverage["work_coverage_rate"]) == (1, 1)
    assert round(coverage["visited_business_count"] / 10_000) == 53
    assert sum(r["last_year_count"] for r in converted.values()) == 1130
    assert converted["华强北街道"]["last_year_count"] == 302
    assert permits["ordinary_food_permit_working_days"] == 8
    assert permits["green_food_permit_working_days"] == 3
    assert agreed == ["一致"] * 5
