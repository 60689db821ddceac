"""Roll-ups give the numbers of the ledger, and count only as long as nothing else decides them."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuqi import contract, definitions, frozen, health, periods, settings
from fuqi.access import Scope
from fuqi.intake import rollups as intake_rollups
from fuqi.intake import run
from fuqi.settings import Settings
from fuqi.store import (
    Database,
    Making,
    Release,
    Warehouse,
    kept_periods,
    parameters,
    rollups,
)
from fuqi.store.queries import BUILDING, STAGING, Query, load
from fuqi.worktime import OfficeHours
from tests.drawn_ledgers import CATEGORIES, PARKS, SMALL, appeal_ledgers, drawn_appeal
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts
from tests.questions import STREETS, at
from tests.small_exports import OPEN, write_csv
from tests.test_query_files import PARAMS

SETTINGS = Settings(
    programme_start=date(2023, 6, 1),
    # Few appeals are drawn: whatever rises or is shared is a finding.
    common_min_count=2,
    common_min_firms=1,
    common_min_ratio=1.0,
    common_fdr=0.9999,
    common_recent_weeks=1,
    common_earlier_weeks=3,
)
QUERIES = load()
ROLLED_UP = (
    "resolution_totals",
    "resolution_trend",
    "resolution_by_subdistrict",
    "resolution_funnel",
    "resolution_time_distribution",
    "appeals_by_category",
    "appeals_urgent",
    "categories",
    "limit_use_distribution",
    "open_by_age",
    "open_by_subdistrict",
    "open_totals",
    "rates_changed",
    "same_day_by_hour",
    "units_compared",
    "street_totals",
    "district_totals",
    "community_work",
    "streets_side_by_side",
    "due_by_tomorrow",
    "held_object_list",
    "published_vs_computed",
    "shared_problem_totals",
    "shared_problems",
    "rising_problems",
    "object_facts",
    "appeals_around_meetings",
)
"""What pages ask of appeals and roll-ups answer alone."""
IN_PART = ("case_count", "case_list", "object_appeals")
"""Lists of cases: what is open, and how many there are, comes of roll-ups, closed ones of the ledger."""
COMPARED = (*ROLLED_UP, *IN_PART)
MEETING = {
    "activity_id": "H1",
    "activity_kind": "银企对接会",
    "started_at": datetime(2023, 6, 14, 15),
    "subdistrict_name": STREETS[0],
}
OBJECTS = (
    {"object_kind": "社区", "object_id": "福保社区"},
    {"object_kind": "园区商圈", "object_id": PARKS[0]["park_id"]},
)
COUNTED_LIVE = {"problem_repeats", "topic_firms", "rise_firms"}
"""What is not kept for every period: different firms of other days than those offered by name."""


def release_of(folder: str | Path, ledger: list[dict[str, Any]]) -> Release:
    tables = {
        "subdistricts": subdistricts(*STREETS),
        "parks": PARKS,
        "appeals": [filed_by(row, number) for number, row in enumerate(ledger)],
        "activities": [MEETING],
    }
    return publish_ledger(Path(folder), tables)


def filed_by(row: dict[str, Any], number: int) -> dict[str, Any]:
    """The appeal, filed by one of a few firms, some known by name alone and some not at all."""
    return {
        **row,
        "enterprise_id": None if number % 4 == 0 else f"E{number % 9}",
        "enterprise_name": None if number % 8 == 0 else f"企业{number % 9}",
    }


@contextmanager
def both(ledger: list[dict[str, Any]], **more: Any) -> Iterator[tuple[Database, Database]]:
    """The same release opened with its roll-ups and without any."""
    with tempfile.TemporaryDirectory() as folder:
        release = release_of(folder, ledger)
        intake_rollups.write(release, SETTINGS)
        rolled_up = Database(release, SETTINGS, **more)
        plain = Database(release, SETTINGS, kept={}, **more)
        assert set(rollups.names(QUERIES)) <= set(rolled_up.kept)
        assert not plain.kept
        try:
            yield rolled_up, plain
        finally:
            rolled_up.close()
            plain.close()


def drawing(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - no secret hangs on it


def asked(chance: Random, as_of: datetime = AS_OF) -> dict[str, Any]:
    """Filters at random: half of the periods are those that pages offer."""
    if chance.random() < 0.5:
        period = chance.choice(periods.kept(AS_OF.date(), SETTINGS))
    else:
        first = AS_OF.date() - timedelta(days=chance.randint(0, 45))
        period = periods.Period(first, first + timedelta(days=chance.randint(0, 45)))
    return parameters(
        as_of,
        period.first,
        period.last,
        replace(SETTINGS, min_n=chance.choice([1, 5])),
        step=chance.choice(["day", "week", "month"]),
        subdistrict=chance.choice([None, *STREETS]),
        category=chance.choice([None, *CATEGORIES]),
        compared_by=chance.choice(["street", "unit", "category", "community"]),
        measure=chance.choice(["on_time_rate", "resolved_rate", "satisfied_rate"]),
        community=chance.choice([None, "福保社区"]),
    ) | {
        "longest_days": chance.choice([2, 14]),
        "least_streets": chance.choice([0, 2]),
        # Mostly as set, for which rows are held.
        "common_min_count": chance.choice([2, 2, 2, 1]),
        "most_rows": 20,
        "offset_rows": chance.choice([0, 3]),
        "weeks_around": 4,
        "search": chance.choice(["", "", "SQ0001", "企业1"]),
        "case_state": chance.choice(["all", "open", "overdue", "due_today", "closed"]),
        "case_order": chance.choice(["deadline", "received", "longest"]),
        **chance.choice(OBJECTS),
    }


def rows(database: Database, name: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    return database.run(name, {p: params[p] for p in database.query(name).params}).to_pylist()


@SMALL
@given(ledger=appeal_ledgers(), seed=st.integers(0, 10**6))
def test_roll_ups_and_the_ledger_give_the_same_numbers(ledger, seed):
    chance = drawing(seed)
    with both(ledger) as (rolled_up, plain):
        for _ in range(3):
            params = asked(chance)
            for name in COMPARED:
                assert rows(rolled_up, name, params) == rows(plain, name, params), (name, params)


def test_what_rises_and_what_is_shared_comes_out_of_roll_ups_too():
    def filed(number: int, days: int, **more: Any) -> dict[str, Any]:
        received_at = datetime.combine(AS_OF.date() - timedelta(days=days), time(9))
        return appeal(number, received_at, subdistrict_name=STREETS[number % 3], **more)

    usual = [filed(n, 1 + n % 28, category_path="用工->招聘") for n in range(84)]
    usual += [filed(n, 1 + n % 28, category_path="融资->抵押") for n in range(84, 100)]
    risen = [
        filed(
            n, 1 + n % 7, category_path="融资->贷款利率", park_id="P001", community_name="福保社区"
        )
        for n in range(100, 140)
    ]
    with both(usual + risen) as (rolled_up, plain):
        for name in ("本季度", "上月", "本周"):
            period = periods.presets(AS_OF.date(), SETTINGS)[name]
            params = parameters(AS_OF, period.first, period.last, SETTINGS)
            for query in ("shared_problem_totals", "shared_problems", "rising_problems"):
                told = rows(rolled_up, query, params)
                assert told == rows(plain, query, params), (query, name)
                if name == "本季度":
                    assert told
                    assert query == "shared_problem_totals" or len({r["seen_in"] for r in told}) > 1


@SMALL
@given(ledger=appeal_ledgers(), seed=st.integers(0, 10**6))
def test_a_street_has_its_own_numbers_with_roll_ups_too(ledger, seed):
    chance = drawing(seed)
    with both(ledger, scope=Scope(("福保街道",))) as (rolled_up, plain):
        for _ in range(2):
            params = asked(chance)
            for name in COMPARED:
                assert rows(rolled_up, name, params) == rows(plain, name, params), (name, params)


@SMALL
@given(ledger=appeal_ledgers(), hours=st.integers(1, 900))
def test_another_moment_is_judged_by_the_ledger(ledger, hours):
    chance = drawing(hours)
    with both(ledger) as (rolled_up, plain):
        params = asked(chance, AS_OF - timedelta(hours=hours))
        for name in COMPARED:
            assert rows(rolled_up, name, params) == rows(plain, name, params), (name, params)


@pytest.fixture(scope="module")
def demo_both(demo_warehouse: Path) -> Iterator[tuple[Database, Database]]:
    release = Warehouse(demo_warehouse).current()
    current = settings.load()
    databases = Database(release, current), Database(release, current, kept={})
    yield databases
    for database in databases:
        database.close()


@pytest.mark.parametrize(
    "query", [q for q in QUERIES.values() if q.folder not in BUILDING], ids=lambda q: q.name
)
def test_every_query_says_the_same_of_the_demo_with_what_is_held_and_without(demo_both, query):
    prepared, plain = demo_both
    as_of = prepared.release.manifest.data_as_of
    named = periods.presets(as_of.date(), settings.load())
    found = of_the_demo(plain)
    for name, street, community in (
        ("本季度", None, None),
        ("上月", "福保街道", None),
        ("启动以来", "福保街道", found["community"]),
    ):
        shared = parameters(
            as_of,
            named[name].first,
            named[name].last,
            settings.load(),
            subdistrict=street,
            community=community,
            station_id=found["station_id"] if community else None,
        )
        all_of_them = {**PARAMS, **shared, "case_id": found["case_id"]}
        params = {p: all_of_them[p] for p in query.params}
        told = prepared.run(query.name, params).to_pylist()
        assert told == plain.run(query.name, params).to_pylist(), (name, street, community)
        if "case_id" in query.params or (community and query.name == "station_facts"):
            assert told


def of_the_demo(database: Database) -> dict[str, str]:
    """A case of a street, its community, and a station there that serves."""
    columns = ("case_id", "community", "station_id")
    (first, *_) = database.execute(
        "select appeal_id, appeals.community_name, station_services.station_id "
        "from appeals inner join stations using (community_name) "
        "inner join station_services on station_services.station_id = stations.station_id "
        "where appeals.subdistrict_name = '福保街道' and not coalesce(is_void, false) order by all limit 1"
    )
    return dict(zip(columns, first, strict=True))


def test_what_a_query_asks_for_at_another_moment_is_not_held_for_one():
    found = rollups.asked_at_other_moments(QUERIES)
    assert "held_objects" in found, "assignment_changes compares two moments"
    assert "held_terms" in found, "which held_objects reads"
    assert not found & {*rollups.names(QUERIES), "team_work"}


@pytest.mark.parametrize("name", ROLLED_UP)
def test_a_page_does_not_go_through_the_ledger(name):
    read, waiting = set(), [name]
    while waiting:
        query = QUERIES[waiting.pop()]
        for table in query.reads:
            read.add(table)
            if table not in COUNTED_LIVE and table in QUERIES and QUERIES[table].folder == STAGING:
                waiting.append(table)
    assert read & {*rollups.names(QUERIES), *COUNTED_LIVE}
    assert not read & {rollups.LEDGER, "judged_cases", "appeals"}


@pytest.mark.parametrize("name", IN_PART)
def test_what_is_open_of_a_list_comes_of_a_roll_up(name):
    assert {"open_cases", "found_open_cases"} & set(QUERIES[name].reads)
    assert name != "case_count" or "case_counts" in QUERIES[name].reads


def test_open_cases_are_searched_in_a_roll_up():
    assert QUERIES["found_open_cases"].reads == ("open_cases",)
    assert {"open_cases", "case_counts"} <= set(rollups.names(QUERIES))


def test_a_load_leaves_roll_ups_that_count(small_warehouse):
    database = Database(Warehouse(small_warehouse).current(), settings.load())
    try:
        assert set(database.kept) == {rollups.LEDGER, *rollups.names(QUERIES)}
    finally:
        database.close()


LEDGER = [
    appeal(1, at(1, 17), closed_at=at(2, 9), first_response_at=at(1, 17, 30)),
    appeal(2, at(1, 9), closed_at=at(3, 9), first_response_at=at(1, 10)),
    appeal(3, at(4, 9)),
]


@pytest.mark.parametrize(
    "changed",
    [
        replace(SETTINGS, programme_start=date(2023, 5, 1)),
        replace(SETTINGS, report_month_day=20),
        replace(SETTINGS, deadline_limits=()),
        replace(
            SETTINGS,
            office_hours=replace(
                SETTINGS.office_hours, spans=((time(8), time(12)), (time(13), time(17)))
            ),
        ),
    ],
    ids=["programme start", "reporting month", "deadlines", "office hours"],
)
def test_after_a_change_of_settings_the_ledger_answers(tmp_path, changed):
    release = release_of(tmp_path, LEDGER)
    intake_rollups.write(release, SETTINGS)
    assert rollups.kept(release, SETTINGS, QUERIES)
    assert rollups.kept(release, replace(SETTINGS, min_n=7), QUERIES), "asked at each query"
    assert not rollups.kept(release, changed, QUERIES)
    intake_rollups.write(release, changed)
    assert rollups.kept(release, changed, QUERIES)


def test_doctor_says_when_roll_ups_no_longer_count(small_warehouse, warehouse):
    assert "汇总" not in health.examine(Warehouse(small_warehouse), settings.load()).text()
    changed = replace(settings.load(), report_month_day=3)
    report = health.examine(warehouse, changed)
    assert "提示：没有可用的汇总" in report.text()
    assert report.is_sound


def test_a_roll_up_that_is_gone_takes_the_others_with_it(tmp_path):
    release = release_of(tmp_path, LEDGER)
    intake_rollups.write(release, SETTINGS)
    rollups.file(release.folder / rollups.FOLDER, "open_cases").unlink()
    assert not rollups.kept(release, SETTINGS, QUERIES)


def test_after_a_change_of_sql_the_ledger_answers(tmp_path):
    release = release_of(tmp_path, LEDGER)
    intake_rollups.write(release, SETTINGS)
    for name in ("judged_cases", "case_counts"):
        assert not rollups.kept(release, SETTINGS, rewritten(name))


@pytest.mark.parametrize("name", ["team_work", "kept_topic_firms", "found_open_cases"])
def test_after_a_change_of_sql_that_they_are_not_made_of_they_still_count(small_warehouse, name):
    release = Warehouse(small_warehouse).current()
    assert rollups.kept(release, settings.load(), QUERIES)
    assert rollups.kept(release, settings.load(), rewritten(name))


@pytest.mark.parametrize(
    ("code", "decides"),
    [
        ("macros.sql", True),
        ("worktime_sql.py", True),
        ("names.py", True),
        ("../periods.py", True),
        ("kept_periods.py", True),
        ("search.sql", False),
        ("rollups.py", False),
    ],
)
def test_a_change_of_code_counts_where_they_are_made_of_it(
    small_warehouse, monkeypatch, code, decides
):
    release = Warehouse(small_warehouse).current()
    changed, as_it_is = (Path(rollups.__file__).parent / code).resolve(), Path.read_text

    def one_changed(file: Path, *args: Any, **kwargs: Any) -> str:
        return as_it_is(file, *args, **kwargs) + ("\n" if file.resolve() == changed else "")

    assert changed.is_file()
    assert rollups.kept(release, settings.load(), QUERIES)
    monkeypatch.setattr(Path, "read_text", one_changed)
    assert bool(rollups.kept(release, settings.load(), QUERIES)) is not decides


def test_no_macro_of_searches_decides_a_figure_that_is_kept_or_frozen():
    written = Path(rollups.__file__).with_name("search.sql").read_text(encoding="utf-8")
    macros = re.findall(r"create macro (\w+)", written)
    frozen_too = {
        each for name in frozen.QUERIES for each in definitions.with_staging(name, QUERIES)
    }
    kept = {QUERIES[name] for name in rollups.deciding(QUERIES)}
    assert "is_found" in macros
    for query in frozen_too | kept:
        assert not re.search(rf"\b({'|'.join(macros)})\(", query.sql), query.name


def test_what_is_personal_decides_them(small_warehouse, monkeypatch):
    release = Warehouse(small_warehouse).current()
    assert rollups.kept(release, settings.load(), QUERIES)
    known = contract.load()
    firm = known["appeals"].column("enterprise_name")
    assert not firm.personal
    columns = [replace(c, personal="name") if c == firm else c for c in known["appeals"].columns]
    appeals = replace(known["appeals"], columns=tuple(columns))
    tables = tuple(appeals if t.name == "appeals" else t for t in known.tables)
    monkeypatch.setattr(contract, "load", lambda: replace(known, tables=tables))
    assert not rollups.kept(release, settings.load(), QUERIES)


def test_how_long_an_office_day_is_decides_them(small_warehouse, monkeypatch):
    release = Warehouse(small_warehouse).current()
    assert rollups.kept(release, settings.load(), QUERIES)
    monkeypatch.setattr(OfficeHours, "seconds_a_day", 1)
    assert not rollups.kept(release, settings.load(), QUERIES)


def rewritten(name: str) -> dict[str, Query]:
    return {**QUERIES, name: replace(QUERIES[name], sql=QUERIES[name].sql + "\n-- other")}


def test_roll_ups_that_were_not_finished_do_not_count(tmp_path):
    release = release_of(tmp_path, LEDGER)
    broken = replace(QUERIES["hour_counts"], sql="select 1 / 0 as n, error('no')")
    with pytest.raises(duckdb.Error):
        intake_rollups.write(release, SETTINGS, queries={**QUERIES, "hour_counts": broken})
    assert not rollups.kept(release, SETTINGS, QUERIES)
    database = Database(release, SETTINGS)
    try:
        (totals,) = rows(database, "resolution_totals", asked(drawing(1)))
        assert totals["received_count"] is not None
    finally:
        database.close()
    intake_rollups.write(release, SETTINGS)
    assert rollups.kept(release, SETTINGS, QUERIES)
    assert not [p for p in release.folder.iterdir() if p.name.startswith(".")]


def test_many_rows_are_read_from_the_file_and_say_the_same(tmp_path, monkeypatch):
    release = release_of(tmp_path, LEDGER)
    intake_rollups.write(release, SETTINGS)
    in_memory = Database(release, SETTINGS)
    monkeypatch.setattr("fuqi.store.database.MOST_ROWS_IN_MEMORY", 1)
    from_files = Database(release, SETTINGS)
    try:
        for seed in range(5):
            params = asked(drawing(seed))
            for name in COMPARED:
                assert rows(from_files, name, params) == rows(in_memory, name, params), name
    finally:
        in_memory.close()
        from_files.close()


# ---------------------------------------------------------------- a release that follows another


def later(ledger: list[dict[str, Any]], chance: Random, as_of: datetime) -> list[dict[str, Any]]:
    """The ledger some time later: cases gone on, corrected, gone and come."""
    rows = [dict(row) for row in ledger if chance.random() < 0.97]
    for row in rows:
        draw = chance.random()
        if draw < 0.15 and row.get("closed_at") is None:
            row |= {"first_response_at": as_of, "closed_at": as_of, "outcome": "解决"}
        elif draw < 0.2:
            row |= {"community_name": "福保社区", "is_void": chance.random() < 0.3}
        elif draw < 0.22:
            row["received_at"] -= timedelta(days=chance.randint(0, 3))
    first = len(ledger) + 1000
    return rows + [drawn_appeal(chance, first + n, as_of) for n in range(chance.choice([0, 4]))]


def published(folder: Path, ledger: list[dict[str, Any]], as_of: datetime) -> Release:
    tables = {
        "subdistricts": subdistricts(*STREETS),
        "parks": PARKS,
        "appeals": [filed_by(row, number) for number, row in enumerate(ledger)],
        "activities": [MEETING],
    }
    return publish_ledger(folder, tables, as_of)


def kept_rows(release: Release) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each file, in its order."""
    files = rollups.kept(release, SETTINGS, QUERIES)
    assert set(files) == {rollups.LEDGER, *rollups.names(QUERIES)}
    return {name: duckdb.read_parquet(str(path)).fetchall() for name, path in files.items()}


@SMALL
@given(ledger=appeal_ledgers(), seed=st.integers(0, 10**6))
def test_going_on_from_the_release_before_gives_what_working_out_everything_gives(ledger, seed):
    chance = drawing(seed)
    with tempfile.TemporaryDirectory() as folder:
        first = published(Path(folder, "first"), ledger, AS_OF)
        intake_rollups.write(first, SETTINGS)
        hours = chance.choice([0, 1, 6, 24, 100])
        as_of = AS_OF + timedelta(hours=hours)
        second = published(Path(folder, "second"), later(ledger, chance, as_of), as_of)
        intake_rollups.write(second, SETTINGS, previous=first)
        gone_on = kept_rows(second)
        intake_rollups.write(second, SETTINGS)
        for name, rows in kept_rows(second).items():
            # Rows that are equal in what a file is ordered by may change places.
            assert sorted(map(repr, gone_on[name])) == sorted(map(repr, rows)), name


def test_what_is_worked_out_a_period_at_a_time_stands_as_if_it_were_at_once(tmp_path):
    chance = drawing(7)
    ledger = [drawn_appeal(chance, number, AS_OF) for number in range(60)]
    release = published(tmp_path, ledger, AS_OF)
    intake_rollups.write(release, SETTINGS)
    files = kept_rows(release)
    listed = [query for query in QUERIES.values() if kept_periods.LISTED & set(query.reads)]
    assert len(listed) == 4
    at_once = Database(release, SETTINGS, making=Making(tmp_path / "overflow"))
    try:
        for query in listed:
            rows = at_once.execute(query.sql, {"as_of": AS_OF})
            assert rows
            assert files[query.name] == rows, query.name
    finally:
        at_once.close()


def marked(release: Release, name: str, change: str) -> None:
    """Falsify a file of roll-ups, so that it shows what is taken over from it."""
    file = rollups.file(release.folder / rollups.FOLDER, name)
    table = duckdb.sql(f"select * replace ({change}) from read_parquet('{file}')").to_arrow_table()
    file.unlink()
    pq.write_table(table, file)


def test_days_that_nothing_touches_are_taken_over(tmp_path):
    first = published(tmp_path / "first", LEDGER, AS_OF)
    intake_rollups.write(first, SETTINGS)
    marked(first, "case_counts", "received_count + 100 as received_count")
    marked(first, rollups.LEDGER, "'taken over' as title")
    changed = [dict(row) for row in LEDGER]
    changed[2] |= {"closed_at": at(6), "first_response_at": at(4, 10)}
    second = published(tmp_path / "second", changed, AS_OF + timedelta(days=1))
    intake_rollups.write(second, SETTINGS, previous=first)
    rows = kept_rows(second)
    by_day = {row[1].day: row[6] for row in rows["case_counts"] if row[0] == "street"}
    assert by_day == {1: 102, 4: 1}
    assert [row[1] == "taken over" for row in rows[rollups.LEDGER]] == [True, True, False]


@pytest.mark.parametrize("what", ["settings", "year", "parks", "earlier", "columns"])
def test_nothing_is_taken_over_when_something_else_decides_the_rows(tmp_path, what):
    first = published(tmp_path / "first", LEDGER, AS_OF)
    intake_rollups.write(
        first, replace(SETTINGS, deadline_limits=()) if what == "settings" else SETTINGS
    )
    marked(first, "case_counts", "received_count + 100 as received_count")
    as_of = {"year": datetime(2024, 1, 3), "earlier": AS_OF - timedelta(days=1)}.get(what, AS_OF)
    tables = {"subdistricts": subdistricts(*STREETS), "parks": PARKS, "appeals": LEDGER}
    if what == "parks":
        tables["parks"] = [{**PARKS[0], "park_name": "改名"}, *PARKS[1:]]
    absent = {"appeals": ("due_at",)} if what == "columns" else None
    second = publish_ledger(tmp_path / "second", tables, as_of, absent=absent)
    intake_rollups.write(second, SETTINGS, previous=first)
    assert all(row[6] < 100 for row in kept_rows(second)["case_counts"])


def test_a_daily_load_goes_on_from_the_release_before(warehouse, today):
    before = warehouse.current()
    marked(before, "case_counts", "received_count + 100 as received_count")
    write_csv(today / "诉求.csv", [OPEN])
    outcome = run(today, warehouse, incremental=True)
    files = rollups.kept(outcome.release, settings.load(), QUERIES)
    counts = duckdb.read_parquet(str(files["case_counts"])).fetchall()
    assert any(row[6] > 100 for row in counts)
