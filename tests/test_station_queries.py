"""Stations and what they did: the definitions, and plain Python on drawn ledgers."""

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.drawn_ledgers import SMALL
from tests.ledger import AS_OF, appeal
from tests.plain.arithmetic import differences, quantile
from tests.questions import QUARTER, STREETS, Row, at, opened


def station(number: int, **columns: Any) -> Row:
    return {
        "station_id": f"{number:03d}",
        "station_name": f"福企服务站{number}",
        "station_kind": "专业市场",
        "subdistrict_name": "福保街道",
        "longitude": 114.05,
        "latitude": 22.52,
        **columns,
    }


def service(number: int, of: int, moment: datetime, **columns: Any) -> Row:
    return {
        "service_record_id": f"F{number}",
        "station_id": f"{of:03d}",
        "service_id": "S01",
        "requested_at": moment,
        "process": "站内办理",
        "subdistrict_name": "福保街道",
        **columns,
    }


def test_a_station_is_open_from_its_first_day_until_the_day_before_it_closes():
    today, tomorrow = AS_OF.date(), AS_OF.date() + timedelta(days=1)
    with opened(
        stations=[
            station(1, opened_date=today),
            station(2, opened_date=tomorrow),
            station(3, closed_date=today),
            station(4, closed_date=tomorrow),
            station(5),
        ]
    ) as run:
        assert run("station_totals")[0]["station_count"] == 3
        assert [r["station_id"] for r in run("station_list")] == ["001", "004", "005"]
        by_street = {
            r["subdistrict_name"]: r["station_count"] for r in run("stations_by_subdistrict")
        }
        assert by_street["福保街道"] == 3


def test_tests_sent_to_a_laboratory_are_no_services_of_the_station():
    with opened(
        stations=[station(1), station(2)],
        station_services=[
            service(1, 1, at(5, 9), service_id="S02", completed_at=at(5, 9, 5)),
            service(2, 1, at(5, 9), service_id="S02", completed_at=at(6, 9), process="外送办理"),
            service(3, 1, at(5, 9), process=None),
        ],
    ) as run:
        (row,) = run("station_totals")
    assert (row["service_count"], row["consultation_count"], row["quick_test_count"]) == (2, 1, 1)
    assert (row["quick_test_minutes"], row["idle_station_count"]) == (5, 1)


def test_a_quick_test_takes_time_once_it_is_known_to_be_done():
    done = service(1, 1, AS_OF - timedelta(minutes=5), service_id="S02", completed_at=AS_OF)
    later = AS_OF + timedelta(seconds=1)
    not_yet = service(2, 1, AS_OF - timedelta(minutes=9), service_id="S02", completed_at=later)
    with opened(stations=[station(1)], station_services=[done, not_yet]) as run:
        (row,) = run("station_totals")
    assert (row["quick_test_count"], row["quick_test_minutes"]) == (2, 5)


def test_station_numbers_keep_their_zeros():
    with opened(stations=[station(7)]) as run:
        assert run("station_list")[0]["station_id"] == "007"


def test_the_services_of_the_period_are_the_same_in_totals_trend_and_list():
    with opened(
        stations=[station(1), station(2, closed_date=date(2023, 6, 20))],
        station_services=[service(1, 1, at(5)), service(2, 2, at(5))],
    ) as run:
        (row,) = run("station_totals")
        trend = sum(r["service_count"] for r in run("station_services_trend"))
        by_street = sum(r["service_count"] for r in run("stations_by_subdistrict"))
    assert row["service_count"] == trend == by_street


# ---------------------------------------------------------------- ledgers drawn at random


@st.composite
def station_ledgers(draw: st.DrawFn) -> dict[str, list[Row]]:
    stations = [
        station(
            n,
            station_kind=draw(st.sampled_from(["专业市场", "产业园区"])),
            subdistrict_name=draw(st.sampled_from(STREETS[:-1])),
            community_name=draw(st.sampled_from([None, "甲社区", "乙社区"])),
            opened_date=draw(
                st.sampled_from([None, date(2023, 3, 6), AS_OF.date(), date(2023, 7, 1)])
            ),
            closed_date=draw(st.sampled_from([None, None, AS_OF.date(), date(2023, 7, 1)])),
        )
        for n in range(draw(st.integers(0, 6)))
    ]
    services = []
    for _ in range(draw(st.integers(0, 40)) if stations else 0):
        of = draw(st.integers(0, len(stations) - 1))
        day = draw(st.sampled_from([QUARTER[0] - timedelta(days=1), QUARTER[0], at(5), QUARTER[1]]))
        requested_at = datetime(day.year, day.month, day.day, draw(st.sampled_from([0, 9, 18, 19])))
        completed_at = requested_at + timedelta(minutes=draw(st.integers(0, 30)))
        services.append(
            service(
                len(services),
                of,
                requested_at,
                service_id=draw(st.sampled_from(["S01", "S02", "S03"])),
                process=draw(st.sampled_from([None, "站内办理", "外送办理"])),
                completed_at=draw(st.sampled_from([None, completed_at])),
                subdistrict_name=stations[of]["subdistrict_name"],
            )
        )
    return {"stations": stations, "station_services": services}


@SMALL
@given(ledger=station_ledgers(), street=st.sampled_from([None, *STREETS]))
def test_every_station_query_agrees_with_plain_python(ledger, street):
    today = AS_OF.date()
    shown = [
        s
        for s in ledger["stations"]
        if (s["opened_date"] is None or s["opened_date"] <= today)
        and (s["closed_date"] is None or s["closed_date"] > today)
        and street in (None, s["subdistrict_name"])
    ]
    counted = [
        s
        for s in ledger["station_services"]
        if QUARTER[0] <= s["requested_at"].date() <= QUARTER[1]
        and s["requested_at"] <= AS_OF
        and s["process"] != "外送办理"
    ]
    per_station = {
        s["station_id"]: [x for x in counted if x["station_id"] == s["station_id"]] for s in shown
    }
    given_there = [x for x in counted if street in (None, x["subdistrict_name"])]
    minutes = [
        (x["completed_at"] - x["requested_at"]).total_seconds() / 60
        for x in given_there
        if x["service_id"] == "S02" and x["completed_at"] and x["completed_at"] <= AS_OF
    ]
    expected_totals = {
        "station_count": len(shown),
        "service_count": len(given_there),
        "consultation_count": sum(x["service_id"] == "S01" for x in given_there),
        "quick_test_count": sum(x["service_id"] == "S02" for x in given_there),
        "idle_station_count": sum(not services for services in per_station.values()),
        "quick_test_minutes": quantile(minutes, 0.5),
    }
    order = sorted(
        shown,
        key=lambda s: (-len(per_station[s["station_id"]]), STREETS.index(s["subdistrict_name"])),
    )
    expected_list = [
        {
            "station_id": s["station_id"],
            "service_count": len(per_station[s["station_id"]]),
            "consultation_count": sum(
                x["service_id"] == "S01" for x in per_station[s["station_id"]]
            ),
            "last_service_date": max(
                (x["requested_at"].date() for x in per_station[s["station_id"]]), default=None
            ),
        }
        for s in order
    ]
    with opened(**ledger) as run:
        found_totals = run("station_totals", subdistrict=street)
        found_list = run("station_list", subdistrict=street)
    assert differences(found_totals, [expected_totals]) == []
    assert differences(found_list, expected_list) == []


@SMALL
@given(
    ledger=station_ledgers(),
    community=st.sampled_from([None, "甲社区"]),
    station_id=st.sampled_from([None, "000", "001", "404"]),
)
def test_a_community_and_a_station_narrow_what_was_given_there(ledger, community, station_id):
    lies_in = {s["station_id"]: s for s in ledger["stations"]}

    def is_shown(number: str) -> bool:
        return station_id in (None, number) and (
            community is None or lies_in[number]["community_name"] == community
        )

    today = AS_OF.date()
    shown = [
        s
        for s in ledger["stations"]
        if is_shown(s["station_id"])
        and (s["opened_date"] or today) <= today < (s["closed_date"] or date.max)
    ]
    given_there = [
        x
        for x in ledger["station_services"]
        if QUARTER[0] <= x["requested_at"].date() <= QUARTER[1]
        and x["requested_at"] <= AS_OF
        and x["process"] != "外送办理"
        and is_shown(x["station_id"])
    ]
    catalogue = [
        {"service_id": s, "service_name": s, "service_group": "站点服务"}
        for s in ("S01", "S02", "S03")
    ]
    where = {"community": community, "station_id": station_id}
    with opened(**ledger, service_catalog=catalogue) as run:
        (totals,) = run("station_totals", **where)
        trend = run("station_services_trend", **where)
        by_service = run("station_services_by_kind", service_group="站点服务", **where)
        by_kind = run("stations_by_kind", community=community)
        listed = run("station_list", community=community)
    assert (totals["station_count"], totals["service_count"]) == (len(shown), len(given_there))
    assert sum(r["service_count"] for r in trend) == len(given_there)
    assert {r["service_id"]: r["service_count"] for r in by_service} == {
        s: sum(x["service_id"] == s for x in given_there) for s in ("S01", "S02", "S03")
    }
    if station_id is None:
        assert {r["station_id"] for r in listed} == {s["station_id"] for s in shown}
        busy = {x["station_id"] for x in given_there}
        for kind in {s["station_kind"] for s in shown}:
            (row,) = [r for r in by_kind if r["station_kind"] == kind]
            own = {s["station_id"] for s in shown if s["station_kind"] == kind}
            assert row["station_count"] == len(own)
            assert row["idle_station_count"] == len(own - busy)
            assert row["service_count"] == sum(x["station_id"] in own for x in given_there)
        assert sum(r["station_count"] for r in by_kind) == len(shown)


def test_consultations_are_counted_since_the_programmes_day_whatever_the_period():
    moments = [
        datetime(2023, 2, 28, 23, 59),
        datetime(2023, 3, 1),
        at(5),
        AS_OF + timedelta(seconds=1),
    ]
    services = [service(n, 1, moment) for n, moment in enumerate(moments)]
    other = service(9, 1, at(5), service_id="S03")
    with opened(stations=[station(1), station(2)], station_services=[*services, other]) as run:
        rows = run("station_list", start_date=date(2023, 6, 1), end_date=date(2023, 6, 4))
    assert [(r["service_count"], r["consultations_since_count"]) for r in rows] == [(0, 2), (0, 0)]


def test_appeals_of_a_station_are_those_received_there_in_the_period_newest_first():
    def received(number: int, moment: datetime, **columns: Any) -> Row:
        return appeal(number, moment, **{"station_id": "007", **columns})

    rows = [
        received(1, at(1), due_at=at(2)),
        received(2, at(3), closed_at=at(4), outcome="解决"),
        received(3, at(5), due_at=AS_OF + timedelta(days=3)),
        received(4, at(5), station_id="008"),
        received(5, at(5), is_void=True),
        received(6, datetime(2023, 3, 31, 23)),
    ]
    with opened(stations=[station(7)], appeals=rows) as run:
        found = run("station_appeals", station_id="007")
    assert [(r["appeal_id"], r["case_state"]) for r in found] == [
        ("SQ00003", "办理中"),
        ("SQ00002", "解决"),
        ("SQ00001", "已超期"),
    ]
