"""Stations and what they did: the definitions, and plain Python on drawn ledgers."""

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.drawn_ledgers import SMALL
from tests.ledger import AS_OF
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
            subdistrict_name=draw(st.sampled_from(STREETS[:-1])),
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
