"""What is worked out when a release is opened answers what it was worked out for, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import duckdb
import pytest

from fuqi import periods, settings
from fuqi.access import Scope
from fuqi.settings import Settings
from fuqi.store import Database, Release, Warehouse, calls, parameters, rollups
from fuqi.store.parameters import standing
from fuqi.store.queries import BUILDING, load

QUERIES = load()
SETTINGS = settings.load()


@pytest.fixture(scope="module")
def release(demo_warehouse) -> Release:
    return Warehouse(demo_warehouse).current()


@pytest.fixture(scope="module")
def prepared(release) -> Iterator[Database]:
    database = Database(release, SETTINGS)
    yield database
    database.close()


@pytest.fixture(scope="module")
def live(release) -> Iterator[Database]:
    database = Database(release, SETTINGS, kept={})
    yield database
    database.close()


def params_of(database: Database, name: str, asked_by: Settings, **chosen) -> dict:
    as_of = database.release.manifest.data_as_of
    first, last = chosen.pop("period", (date(2023, 4, 1), as_of.date()))
    shared = parameters(as_of, first, last, asked_by, **chosen)
    sites = {"site_longitudes": (114.05,), "site_latitudes": (22.53,), "cells_a_side": 2}
    return {p: {**sites, **shared}[p] for p in database.query(name).params}


# ---------------------------------------------------------------- calls in a text


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("select a from q($as_of::timestamp) as x", 'select a from "q" as x'),
        ("select a from q(least($a, (1))), q ($b)", 'select a from "q", "q"'),
        ("select a from other_q($a), q_too($b)", "select a from other_q($a), q_too($b)"),
        ("select q from t where (q) > 1", "select q from t where (q) > 1"),
    ],
)
def test_a_table_takes_the_place_of_a_call(sql, read):
    assert calls.answered_by_tables(sql, frozenset({"q"})) == read


def test_another_is_asked_about_the_same_period_only():
    sql = "q($as_of, $start_date::date, $end_date::date) q($as_of, $quarter_date, $as_of::date)"
    assert calls.asked_of(sql, {"q": "kept_q"}, calls.PERIOD) == (
        "kept_q($as_of, $start_date::date, $end_date::date) q($as_of, $quarter_date, $as_of::date)"
    )


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_what_nobody_chooses_is_passed_on_as_it_is(query):
    """Rows are held for one value of each such parameter: a call that gave another one would get them all the same."""
    known = standing(datetime(2023, 6, 28), Settings())
    other = rollups.asked_at_other_moments(QUERIES)
    for name in query.reads:
        read = QUERIES.get(name)
        if read is None or read.folder not in BUILDING or name in other or not read.params:
            continue
        for arguments in calls.arguments_of(calls.without_comments(query.sql), name):
            given = calls.parameters_in(arguments)
            assert set(read.params) & set(known) <= given, arguments


# ---------------------------------------------------------------- the same numbers


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("reach_totals", {"station_radius_metres": 150}),
        ("reach_cells", {"station_radius_metres": 150}),
        ("stations_by_subdistrict", {"station_radius_metres": 150}),
        ("assignment_totals", {"visits_per_quarter": 2}),
        ("street_totals", {"visits_per_quarter": 2}),
        ("street_totals", {"common_min_count": 2, "common_min_firms": 1}),
        ("streets_side_by_side", {"basically_satisfied_counts": False}),
        ("published_vs_computed", {"programme_start": date(2023, 6, 1)}),
        ("shared_problems", {"common_min_count": 3, "common_fdr": 0.5}),
        ("shared_problem_totals", {"common_min_count": 2}),
        ("shared_problem_totals", {"common_recent_weeks": 2, "common_min_count": 2}),
        ("rising_problems", {"common_recent_weeks": 2, "common_fdr": 0.9}),
    ],
)
def test_other_settings_are_not_answered_by_what_is_held(prepared, live, name, changed):
    asked = params_of(prepared, name, replace(SETTINGS, **changed))
    told = prepared.run(name, asked).to_pylist()
    assert told == live.run(name, asked).to_pylist()
    if name != "rising_problems":
        as_set = prepared.run(name, params_of(prepared, name, SETTINGS)).to_pylist()
        assert told != as_set, "the settings asked by make no difference: nothing is shown"


@pytest.mark.parametrize(
    "name",
    [
        *("assignment_totals", "assignments_by_subdistrict", "service_by_unit_kind"),
        *("held_object_list", "street_totals", "streets_side_by_side", "community_work"),
        *("shared_problem_totals", "shared_problems", "rising_problems", "briefing_extent"),
        *("categories", "rates_changed", "reach_by_community", "reach_of_sites"),
    ],
)
@pytest.mark.parametrize("narrowed", [{}, {"subdistrict": "福田街道"}], ids=["all", "one street"])
def test_every_period_has_its_own_numbers(prepared, live, name, narrowed):
    today = prepared.release.manifest.data_as_of.date()
    offered = periods.presets(today, SETTINGS)
    asked = [offered["本季度"], offered["上月"], offered["本季度"].previous]
    asked.append(replace(offered["本季度"], first=offered["本季度"].first + timedelta(days=1)))
    asked.append(replace(offered["本月"], last=today - timedelta(days=1)))
    for period in asked:
        given = params_of(prepared, name, SETTINGS, period=(period.first, period.last), **narrowed)
        told = prepared.run(name, given).to_pylist()
        assert told == live.run(name, given).to_pylist(), period


def test_a_kept_period_is_looked_up(prepared):
    """Were it worked out each time, all numbers would still be right."""
    today = prepared.release.manifest.data_as_of.date()
    quarter = periods.presets(today, SETTINGS)["本季度"]
    given = params_of(prepared, "street_totals", SETTINGS, period=(quarter.first, quarter.last))
    for query, expected in {
        "street_totals": "kept_place_work",
        "assignment_totals": "kept_served_objects",
        "resolution_totals": "kept_hours_quantiles",
        "shared_problem_totals": "kept_topic_changes",
        "shared_problems": "kept_topic_tests",
    }.items():
        text = prepared._text(QUERIES[query], prepared._known_of(given))
        assert f"{expected}(" in text
        assert "case_counts(" not in text


def test_a_street_holds_nothing_of_the_others(release):
    database = Database(release, SETTINGS, scope=Scope(("福保街道",)))
    try:
        tables = database.execute(
            "select table_name from duckdb_columns() where column_name = 'subdistrict_name'"
        )
        told = {
            name
            for (name,) in tables
            for (street,) in database.execute(f'select distinct subdistrict_name from "{name}"')
            if street not in (None, "福保街道") and name not in ("cadres", "subdistricts", "teams")
        }
        assert told == set()
        assert database.execute("select count(*) from span_firms where place_kind <> '街道'") == [
            (0,)
        ]
    finally:
        database.close()


# ---------------------------------------------------------------- the spans of a rise


@pytest.mark.parametrize("seed", range(20))
def test_spans_are_those_that_the_query_asks_for(seed):
    """`rise_spans.sql` works out which weeks count; the spans that are counted at a load have to be the same."""
    chance = Random(seed)  # noqa: S311 - no secret hangs on it
    as_of = datetime(2023, chance.randint(1, 12), chance.randint(1, 28), 18)
    if chance.random() < 0.3:
        as_of = as_of.replace(hour=23, minute=59, second=59)
    first_known = as_of.date() - timedelta(days=chance.choice([0, 6, 7, 13, 14, 40, 90, 800]))
    asked_by = Settings(
        common_recent_weeks=chance.choice([1, 2, 4]), common_earlier_weeks=chance.choice([1, 3, 12])
    )
    counted = {(s.first, s.last) for s in periods.spans(as_of, asked_by, first_known)}
    connection = duckdb.connect()
    connection.execute("create table topic_days as select $1::date as received_date", [first_known])
    sql = calls.answered_by_tables(
        calls.without_comments(QUERIES["rise_spans"].sql), frozenset({"topic_days"})
    )
    for period in periods.presets(as_of.date(), asked_by).values():
        assert (period.first, period.last) in counted
        given = standing(as_of, asked_by) | {"end_date": period.last}
        asked = {name: given[name] for name in calls.parameters_in(sql)}
        ((last, recent, weeks, earlier),) = connection.execute(sql, asked).fetchall()
        assert (recent, last) in counted
        if weeks > 0:
            assert (earlier, recent - timedelta(days=1)) in counted
