"""The nearest open station of every enterprise: right, kept up to date, and counted as the definitions say."""

import random
from datetime import date, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuqi import health
from fuqi.intake import Outcome, run
from fuqi.settings import Settings
from fuqi.store import Database, Release, Warehouse, reach
from tests.drawn_ledgers import SMALL
from tests.ledger import AS_OF, publish_ledger, subdistricts
from tests.plain.arithmetic import differences, quantile
from tests.plain.great_circle import Position, east_of, metres_between, north_of
from tests.questions import STREETS, Row, asking, opened
from tests.small_exports import ROWS, write_csv
from tests.test_station_queries import station

HERE: Position = (114.0537, 22.5237)
TODAY = AS_OF.date()
RADIUS = Settings.station_radius_metres
TABLE = f"{reach.TABLE}.parquet"


def enterprise(number: int, place: Position | None = HERE, **columns: Any) -> Row:
    longitude, latitude = place or (None, None)
    return {
        "enterprise_id": f"E{number:04d}",
        "is_small_business": True,
        "subdistrict_name": "福保街道",
        "community_name": "石厦社区",
        "longitude": longitude,
        "latitude": latitude,
        **columns,
    }


def at_place(number: int, place: Position | None, **columns: Any) -> Row:
    longitude, latitude = place or (None, None)
    return station(number, longitude=longitude, latitude=latitude, **columns)


def is_open(row: Row, day: date = TODAY) -> bool:
    return (row.get("opened_date") or day) <= day < (row.get("closed_date") or date.max)


def nearest(row: Row, stations: list[Row], day: date = TODAY) -> tuple[float, str] | None:
    """Metres and number of the nearest open station, to the millimetre; the lowest number of equals."""
    if row["longitude"] is None:
        return None
    place = (row["longitude"], row["latitude"])
    return min(
        (
            (round(metres_between(place, (s["longitude"], s["latitude"])), 3), s["station_id"])
            for s in stations
            if s["longitude"] is not None and is_open(s, day)
        ),
        default=None,
    )


def kept(release: Release) -> list[Row]:
    return pq.read_table(release.table_path(reach.TABLE)).to_pylist()


# ---------------------------------------------------------------- the distances


@st.composite
def places(draw: st.DrawFn) -> Position | None:
    """Points of a coarse lattice, so that places coincide and stations are equally far; some far off, some nowhere."""
    step = draw(st.sampled_from([0.0, 0.00049, 0.003]))
    x, y = draw(st.integers(-3, 3)), draw(st.integers(-3, 3))
    return draw(
        st.sampled_from(
            [*[(114.05 + x * step, 22.54 + y * step)] * 3, None, (121.5, 31.2), (-70.0, -33.0)]
        )
    )


@st.composite
def reach_ledgers(draw: st.DrawFn) -> dict[str, list[Row]]:
    days = [None, TODAY, TODAY + timedelta(days=1), date(2023, 3, 6)]
    stations = [
        at_place(
            number,
            draw(places()),
            opened_date=draw(st.sampled_from(days)),
            closed_date=draw(st.sampled_from([None, None, TODAY, TODAY + timedelta(days=1)])),
        )
        for number in draw(st.permutations(range(draw(st.integers(0, 7)))))
    ]
    enterprises = [
        enterprise(
            number,
            draw(places()),
            is_small_business=draw(st.sampled_from([True, False, None])),
            subdistrict_name=draw(st.sampled_from(STREETS[:2])),
            community_name=draw(st.sampled_from(["甲社区", "乙社区"])),
        )
        for number in range(draw(st.integers(0, 25)))
    ]
    return {"stations": stations, "enterprises": enterprises}


@SMALL
@given(ledger=reach_ledgers())
def test_the_nearest_station_is_the_one_that_plain_python_finds(ledger, tmp_path_factory):
    release = publish_ledger(tmp_path_factory.mktemp("drawn"), ledger)
    rows = kept(release)
    assert [r["enterprise_id"] for r in rows] == [e["enterprise_id"] for e in ledger["enterprises"]]
    for row in rows:
        expected = nearest(row, ledger["stations"])
        if expected is None:
            assert (row["nearest_station_id"], row["nearest_station_metres"]) == (None, None)
            continue
        metres, number = expected
        assert row["nearest_station_metres"] == pytest.approx(metres, abs=0.0021)
        if abs(row["nearest_station_metres"] - metres) < 0.0005:
            chosen = next(
                s for s in ledger["stations"] if s["station_id"] == row["nearest_station_id"]
            )
            away = metres_between(
                (row["longitude"], row["latitude"]), (chosen["longitude"], chosen["latitude"])
            )
            assert away == pytest.approx(metres, abs=0.0021)
            assert row["nearest_station_id"] == number or away != pytest.approx(metres, abs=1e-7)


def test_of_stations_equally_near_the_lowest_number_counts(tmp_path):
    corners = [north_of(HERE, 300), north_of(HERE, -300), HERE, HERE, HERE]
    stations = [
        at_place(number, place) for number, place in zip((9, 8, 5, 4, 6), corners, strict=True)
    ]
    release = publish_ledger(
        tmp_path,
        {"stations": stations, "enterprises": [enterprise(1), enterprise(2, north_of(HERE, 150))]},
    )
    assert [r["nearest_station_id"] for r in kept(release)] == ["004", "004"]


@pytest.mark.parametrize("away", [north_of, east_of])
def test_a_centimetre_decides_at_the_radius(away):
    places = [away(HERE, RADIUS + metres) for metres in (-0.01, 0.01)]
    with opened(
        stations=[at_place(1, HERE)],
        enterprises=[enterprise(n, place) for n, place in enumerate(places)],
    ) as ask:
        (totals,) = ask("reach_totals")
        (facts,) = ask("station_facts", station_id="001")
    assert (totals["reached_count"], totals["judged_count"]) == (1, 2)
    assert facts["near_count"] == 1


def test_the_nearest_stations_of_the_demo_are_those_of_plain_python(demo_warehouse):
    release = Warehouse(demo_warehouse).current()
    stations = pq.read_table(release.table_path("stations")).to_pylist()
    rows = pq.read_table(release.table_path(reach.TABLE))
    enterprises = pq.read_table(
        release.table_path("enterprises"), columns=["enterprise_id", "longitude", "latitude"]
    )
    assert rows.num_rows == enterprises.num_rows == 552_000
    assert rows.column("enterprise_id").equals(enterprises.column("enterprise_id"))
    sample = random.Random(1).sample(range(rows.num_rows), 400)  # noqa: S311 - a sample, no secret
    for number in sample:
        (row,) = rows.slice(number, 1).to_pylist()
        (known,) = enterprises.slice(number, 1).to_pylist()
        metres, station_id = nearest(known, stations)
        assert row["nearest_station_metres"] == pytest.approx(metres, abs=0.0011)
        assert row["nearest_station_id"] == station_id


# ---------------------------------------------------------------- what is counted


def expected_totals(rows: list[Row], stations: list[Row]) -> Row:
    judged = [(r, found) for r in rows if (found := nearest(r, stations))]
    reached = [r for r, (metres, _) in judged if metres <= RADIUS]
    small = [r for r, _ in judged if r["is_small_business"]]
    small_reached = [r for r in reached if r["is_small_business"]]
    return {
        "entity_count": len(rows),
        "unplaced_count": sum(r["longitude"] is None for r in rows),
        "judged_count": len(judged),
        "reached_count": len(reached),
        "unreached_count": len(judged) - len(reached),
        "station_coverage_rate": len(reached) / len(judged) if judged else None,
        "small_judged_count": len(small),
        "small_reached_count": len(small_reached),
        "small_station_coverage_rate": len(small_reached) / len(small) if small else None,
    }


@SMALL
@given(
    ledger=reach_ledgers(),
    street=st.sampled_from([None, *STREETS[:2]]),
    community=st.sampled_from([None, "甲社区"]),
    min_n=st.integers(1, 4),
)
def test_coverage_by_area_agrees_with_plain_python(ledger, street, community, min_n):
    stations = ledger["stations"]
    rows = [e for e in ledger["enterprises"] if street in (None, e["subdistrict_name"])]
    within = [e for e in rows if community in (None, e["community_name"])]
    by_community = {}
    for row in rows:
        key = (row["subdistrict_name"], row["community_name"])
        by_community.setdefault(key, []).append(row)
    expected = []
    for (its_street, name), its_rows in by_community.items():
        counted = expected_totals(its_rows, stations)
        enough = counted["judged_count"] >= min_n
        expected.append(
            {"subdistrict_name": its_street, "community_name": name, **counted, "is_enough": enough}
        )
    rates = [r["station_coverage_rate"] for r in expected if r["is_enough"]]
    for row in expected:
        rate = row["station_coverage_rate"]
        row["worst_rank"] = 1 + sum(r < rate for r in rates) if row["is_enough"] else None
    with opened(Settings(min_n=min_n), **ledger) as ask:
        totals = ask("reach_totals", subdistrict=street, community=community)
        found = ask("reach_by_community", subdistrict=street)
        by_street = ask("stations_by_subdistrict")
    assert differences(totals, [expected_totals(within, stations)], every_column=True) == []
    ranks = [r["worst_rank"] for r in found]
    assert ranks == sorted(ranks, key=lambda rank: (rank is None, rank))
    in_order = [
        sorted(rows, key=itemgetter("subdistrict_name", "community_name"))
        for rows in (found, expected)
    ]
    assert differences(*in_order, every_column=True) == []
    for row in by_street:
        own = [e for e in ledger["enterprises"] if e["subdistrict_name"] == row["subdistrict_name"]]
        counted = expected_totals(own, stations)
        assert {name: row[name] for name in counted if name in row} == {
            name: value for name, value in counted.items() if name in row
        }


@SMALL
@given(
    ledger=reach_ledgers(),
    side=st.sampled_from([1, 2, 4]),
    street=st.sampled_from([None, STREETS[0]]),
)
def test_cells_hold_every_enterprise_with_a_position_once(ledger, side, street):
    rows = [
        e
        for e in ledger["enterprises"]
        if e["longitude"] is not None and street in (None, e["subdistrict_name"])
    ]
    reached = [r for r in rows if (found := nearest(r, ledger["stations"])) and found[0] <= RADIUS]
    with opened(**ledger) as ask:
        cells = ask("reach_cells", cells_a_side=side, subdistrict=street)
    assert sum(c["entity_count"] for c in cells) == len(rows)
    assert sum(c["unreached_count"] for c in cells) == len(rows) - len(reached)
    assert len({(c["grid_column"], c["grid_row"]) for c in cells}) == len(cells)
    for row in rows:
        across, up = side * reach.CELL_LONGITUDE / 2, side * reach.CELL_LATITUDE / 2
        holding = [
            c
            for c in cells
            if abs(c["longitude"] - row["longitude"]) <= across * 1.000001
            and abs(c["latitude"] - row["latitude"]) <= up * 1.000001
        ]
        assert holding, row
    for cell in cells:
        assert cell["longitude"] == pytest.approx(
            (cell["grid_column"] + 0.5) * side * reach.CELL_LONGITUDE
        )
        assert cell["latitude"] == pytest.approx(
            (cell["grid_row"] + 0.5) * side * reach.CELL_LATITUDE
        )


@SMALL
@given(ledger=reach_ledgers(), sites=st.lists(places().filter(bool), min_size=1, max_size=4))
def test_what_proposed_sites_reach_is_counted_enterprise_by_enterprise(ledger, sites):
    rows = [e for e in ledger["enterprises"] if e["longitude"] is not None]
    left, expected = [], []
    for row in rows:
        found = nearest(row, ledger["stations"])
        if not found or found[0] > RADIUS:
            left.append((row["longitude"], row["latitude"]))
    for rank, site in enumerate(sites, 1):
        new = [place for place in left if metres_between(site, place) <= RADIUS]
        left = [place for place in left if place not in new]
        expected.append(
            {
                "site_rank": rank,
                "newly_reached_count": len(new),
                "reached_count": len(rows) - len(left),
                "placed_count": len(rows),
                "reached_with_sites_rate": (len(rows) - len(left)) / len(rows) if rows else None,
            }
        )
    with opened(**ledger) as ask:
        found = ask(
            "reach_of_sites",
            cells_a_side=1,
            site_longitudes=tuple(x for x, _ in sites),
            site_latitudes=tuple(y for _, y in sites),
        )
    assert differences(found, expected) == []


def test_a_site_is_named_after_the_community_its_cell_lies_in():
    with opened(
        enterprises=[
            enterprise(1),
            enterprise(2),
            enterprise(3, community_name="福保社区"),
            enterprise(4, north_of(HERE, 400), community_name="福保社区"),
        ]
    ) as ask:
        (cell, _) = ask("reach_cells", cells_a_side=1)
        (site,) = ask(
            "reach_of_sites",
            cells_a_side=1,
            site_longitudes=(cell["longitude"],),
            site_latitudes=(cell["latitude"],),
        )
    assert (site["subdistrict_name"], site["community_name"]) == ("福保街道", "石厦社区")


@SMALL
@given(ledger=reach_ledgers())
def test_what_is_near_a_station_is_counted_whoever_is_nearest(ledger):
    placed = [e for e in ledger["enterprises"] if e["longitude"] is not None]
    with opened(**ledger) as ask:
        for one in ledger["stations"]:
            (facts,) = ask("station_facts", station_id=one["station_id"])
            near = [
                e
                for e in placed
                if one["longitude"] is not None
                and metres_between(
                    (one["longitude"], one["latitude"]), (e["longitude"], e["latitude"])
                )
                <= RADIUS
            ]
            assert facts["is_open"] == is_open(one)
            assert facts["near_count"] == len(near)
            assert facts["near_small_count"] == sum(bool(e["is_small_business"]) for e in near)


def test_quick_tests_by_month_are_medians_of_days_and_of_minutes():
    def quick_test(number: int, asked: datetime, minutes: int | None, process: str | None) -> Row:
        return {
            "service_record_id": f"F{number}",
            "station_id": "001",
            "service_id": "S02",
            "requested_at": asked,
            "completed_at": None if minutes is None else asked + timedelta(minutes=minutes),
            "process": process,
            "subdistrict_name": "福保街道",
        }

    january, march = datetime(2023, 1, 31, 9), datetime(2023, 3, 1, 0)
    sent = [
        quick_test(n, january, minutes, "外送办理") for n, minutes in enumerate((1440, 1441, 5000))
    ]
    here = [
        quick_test(10 + n, march, minutes, process)
        for n, (minutes, process) in enumerate(
            ((4, "站内办理"), (6, None), (9, "站内办理"), (None, "站内办理"))
        )
    ]
    late = quick_test(20, AS_OF + timedelta(seconds=1), 1, "站内办理")
    unfinished = quick_test(21, AS_OF - timedelta(minutes=3), 4, "站内办理")
    other = {**quick_test(22, march, 99, "站内办理"), "service_id": "S01"}
    with opened(
        stations=[station(1, community_name="石厦社区")],
        station_services=[*sent, *here, late, unfinished, other],
    ) as ask:
        rows = ask("quick_tests_by_month")
        elsewhere = ask("quick_tests_by_month", community="福保社区")
    expected = [
        {
            "month_date": date(2023, 1, 1),
            "sent_out_test_days": quantile([1440, 1441, 5000], 0.5) / 1440,
            "sent_out_test_count": 3,
            "on_site_test_minutes": None,
            "on_site_test_count": 0,
            "unfinished_test_count": 0,
        },
        {
            "month_date": date(2023, 3, 1),
            "sent_out_test_days": None,
            "sent_out_test_count": 0,
            "on_site_test_minutes": 6,
            "on_site_test_count": 3,
            "unfinished_test_count": 1,
        },
        {
            "month_date": date(2023, 6, 1),
            "sent_out_test_days": None,
            "sent_out_test_count": 0,
            "on_site_test_minutes": None,
            "on_site_test_count": 0,
            "unfinished_test_count": 1,
        },
    ]
    assert differences(rows, expected, every_column=True) == []
    assert elsewhere == []


def test_an_export_without_positions_makes_coverage_not_computable():
    with opened(
        absent={"stations": ("longitude", "latitude")},
        stations=[at_place(1, None)],
        enterprises=[enterprise(1)],
    ) as ask:
        (totals,) = ask("reach_totals")
    assert totals["station_coverage_rate"] is None
    assert (totals["judged_count"], totals["unplaced_count"]) == (0, 0)


# ---------------------------------------------------------------- the load


def loaded(today: Path, warehouse: Warehouse, **files: list[dict[str, str]]) -> Outcome:
    for name, rows in files.items():
        write_csv(today / f"{name}.csv", rows)
    return run(today, warehouse, incremental=True)


def reached(release: Release) -> list[tuple[str | None, int | None]]:
    return [
        (
            r["nearest_station_id"],
            None if r["nearest_station_metres"] is None else round(r["nearest_station_metres"]),
        )
        for r in kept(release)
    ]


STATION, FIRM = ROWS["服务站"][0], ROWS["企业"][0]
FIRST = [("007", 7)]
"""What the small exports give: their station, in GCJ-02, lies 7 m from their enterprise."""
FAR_FIRM = {**FIRM, "主体编号": "E2", "经度": "114.0600", "纬度": "22.5300"}


def is_carried_over(outcome: Outcome, before: Release) -> bool:
    return outcome.release.table_path(reach.TABLE).samefile(before.table_path(reach.TABLE))


def test_a_load_of_other_tables_carries_the_distances_over(warehouse, today):
    before = warehouse.current()
    assert reached(before) == FIRST
    assert is_carried_over(loaded(today, warehouse, 诉求=ROWS["诉求"]), before)


def test_a_new_enterprise_and_a_new_station_are_measured_at_once(warehouse, today):
    nowhere = {**FAR_FIRM, "主体编号": "E3", "经度": "", "纬度": ""}
    first = loaded(today, warehouse, 企业=[FAR_FIRM, nowhere]).release
    assert [number for number, _ in reached(first)] == ["007", "007", None]
    beside_station = (float(FIRM["经度"]), float(FIRM["纬度"]))  # 7 m from it
    expected = metres_between(beside_station, (float(FAR_FIRM["经度"]), float(FAR_FIRM["纬度"])))
    assert reached(first)[1][1] == pytest.approx(expected, abs=8)
    assert [r["cell_column"] is None for r in kept(first)] == [False, False, True]
    (today / "企业.csv").unlink()
    nearer = {**STATION, "站点编号": "008", "经度": "114.0652", "纬度": "22.5273"}
    second = loaded(today, warehouse, 服务站=[nearer])
    assert [number for number, _ in reached(second.release)] == ["007", "008", None]
    assert "enterprises" in second.carried_over


def test_a_station_that_closes_or_moves_is_measured_again(warehouse, today):
    write_csv(today / "服务站.csv", [{**STATION, "纬度": "22.5327"}])
    moved = run(today, warehouse, incremental=True).release
    assert [(number, 990 < metres < 1010) for number, metres in reached(moved)] == [("007", True)]
    write_csv(today / "服务站.csv", [{**STATION, "停用日期": "2023-06-28"}])
    assert reached(run(today, warehouse, incremental=True).release) == [(None, None)]


def test_the_same_rows_are_measured_again_when_the_data_are_of_another_day(warehouse, today):
    write_csv(today / "园区.csv", ROWS["园区"])
    before = warehouse.current()
    day_before_it_opened = datetime(2023, 3, 5, 18)
    first = run(today, warehouse, incremental=True, data_as_of=day_before_it_opened)
    assert reached(first.release) == [(None, None)]
    second = run(today, warehouse, incremental=True, data_as_of=day_before_it_opened)
    assert is_carried_over(second, first.release)
    third = run(today, warehouse, incremental=True, data_as_of=datetime(2023, 3, 6, 0))
    assert reached(third.release) == reached(before) == FIRST


def test_a_release_of_an_earlier_version_gets_its_distances_with_the_next_load(warehouse, today):
    warehouse.current().table_path(reach.TABLE).unlink()
    assert reached(loaded(today, warehouse, 诉求=ROWS["诉求"]).release) == FIRST


def test_a_release_without_distances_opens_and_says_nothing_of_coverage(tmp_path):
    release = publish_ledger(
        tmp_path,
        {
            "subdistricts": subdistricts(*STREETS),
            "stations": [at_place(1, HERE)],
            "enterprises": [enterprise(1)],
        },
    )
    release.table_path(reach.TABLE).unlink()
    with asking(release, Settings()) as ask:
        (totals,) = ask("reach_totals")
        (facts,) = ask("station_facts", station_id="001")
    assert (totals["station_coverage_rate"], totals["judged_count"]) == (None, 0)
    assert facts["near_count"] == 0


def test_the_table_has_the_columns_and_types_it_is_opened_with_when_it_is_missing(tmp_path):
    release = publish_ledger(tmp_path / "with", {"enterprises": [enterprise(1)]})
    without = publish_ledger(tmp_path / "without", {})
    without.table_path(reach.TABLE).unlink()
    schemas = []
    for each in (release, without):
        database = Database(each)
        cursor = database._connection.cursor()
        schemas.append(cursor.execute(f"describe {reach.TABLE}").fetchall())
        database.close()
    assert schemas[0] == schemas[1]
    assert [row[0] for row in schemas[0]] == list(reach.COLUMNS)


# ---------------------------------------------------------------- doctor


def test_doctor_measures_some_again_and_finds_what_does_not_fit(warehouse):
    assert health.examine(warehouse, Settings()).is_sound
    path = warehouse.current().table_path(reach.TABLE)
    rows = pq.read_table(path)
    place = rows.column_names.index("nearest_station_metres")
    wrong = rows.set_column(place, "nearest_station_metres", pa.array([610.5]))
    for spoiled, told in (
        (wrong, "重新计算了 1 家，1 家不符"),
        (rows.slice(0, 0), "有 0 行，企业有 1 行"),
    ):
        path.unlink()  # not written over: other tests share the file
        pq.write_table(spoiled, path)
        report = health.examine(warehouse, Settings())
        assert [told in fault for fault in report.faults] == [True], report.faults
    path.unlink()
    (fault,) = health.examine(warehouse, Settings()).faults
    assert "最近站点" in fault and "重新载入" in fault
