"""What somebody of one street is given: their rows and no others, in every table and from every query."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuqi import contract
from fuqi.access import NOTHING, WHOLE, Scope
from fuqi.contract import Access
from fuqi.settings import Settings
from fuqi.store import Database, Query, Release, load_queries, parameters
from fuqi.store.narrowing import MADE_BY_LOADS, PROBLEMS
from fuqi.store.queries import STAGING
from tests.drawn_ledgers import SMALL
from tests.ledger import AS_OF, publish_ledger
from tests.several_streets import (
    EVERYBODYS,
    OWNED,
    STREETS,
    Tables,
    cadres_named,
    drawn_tables,
    seen_rows,
)

CURRENT = Settings(min_n=1, common_min_count=1, common_min_firms=1, common_min_ratio=1.0)
MINE, THEIRS = "福保街道", "园岭街道"
QUERIES = load_queries()

SEEDS = st.integers(0, 10**6)

FEW = settings(SMALL, max_examples=3)
"""A ledger is asked some hundreds of questions."""


def params(street: str | None, object_street: str) -> dict[str, Any]:
    """Every parameter of every query, the filters at `street`, everything else about `object_street`."""
    mark = f"{object_street}0"
    return {
        **parameters(
            AS_OF,
            date(2023, 4, 1),
            date(2023, 6, 28),
            CURRENT,
            subdistrict=street,
        ),
        "service_group": "站点服务",
        "longest_days": 14,
        "place_kind": "街道",
        "place_id": object_street,
        "topic_level": 1,
        "topic": "融资",
        "object_kind": "园区商圈",
        "object_id": f"P·{mark}",
        "compared_at": datetime(2023, 5, 1),
        "common_fdr": 1.0,
        "case_id": f"SQ·{mark}",
        "most_rows": 1000,
        "weeks_around": 4,
        "search": "",
        "case_state": "all",
        "case_order": "deadline",
        "offset_rows": 0,
        "days_before": 7,
        "cells_a_side": 2,
        "site_longitudes": (114.05,),
        "site_latitudes": (22.52,),
        "permit_kind": "食品经营许可",
    }


def attempts() -> dict[str, dict[str, Any]]:
    """Ways of asking: nothing chosen, everything at home, everything at another street, in each comparison."""
    theirs = params(THEIRS, THEIRS)
    mark = f"{THEIRS}0"
    narrowed = {"community": f"社区·{mark}", "park_id": f"P·{mark}", "station_id": f"站·{mark}"}
    community = {"object_kind": "社区", "object_id": f"社区·{mark}"}
    place = {"place_kind": "社区", "place_id": f"社区·{mark}"}
    return {
        "nothing chosen": params(None, MINE),
        "own street": params(MINE, MINE),
        "another street": theirs,
        "no street, things of another": params(None, THEIRS),
        "place of another": {**params(None, THEIRS), **narrowed, **place, **community},
        **{
            f"compared by {by}": {**params(None, MINE), "compared_by": by}
            for by in ("unit", "category", "community")
        },
    }


@contextmanager
def released(tables: Tables, reach_of: Release | None = None) -> Iterator[Release]:
    """A release of these rows; with `reach_of`, the distances to stations are those that release has for the firms."""
    with tempfile.TemporaryDirectory() as folder:
        release = publish_ledger(Path(folder), tables)
        if reach_of is not None:
            firms = {row["enterprise_id"] for row in tables["enterprises"]}
            known = pq.read_table(reach_of.table_path("enterprise_reach"))
            kept = [name in firms for name in known["enterprise_id"].to_pylist()]
            pq.write_table(known.filter(kept), release.table_path("enterprise_reach"))
        yield release


@contextmanager
def databases(release: Release, *scopes: Scope) -> Iterator[list[Database]]:
    """The whole district, then the scopes, which may ask it."""
    whole = Database(release, CURRENT)
    opened = [whole]
    try:
        opened += [Database(release, CURRENT, scope=s, district=lambda: whole) for s in scopes]
        yield opened
    finally:
        for database in opened:
            database.close()


def run(database: Database, query: Query, known: dict[str, Any]) -> list[dict[str, Any]]:
    return database.run(query.name, {p: known[p] for p in query.params}).to_pylist()


def table_of(database: Database, name: str) -> list[dict[str, Any]]:
    return database._connection.cursor().sql(f'select * from "{name}"').to_arrow_table().to_pylist()


# ---------------------------------------------------------------- every table says whose its rows are


def test_every_table_says_who_sees_its_rows():
    undeclared = [t.name for t in contract.load().tables if t.access == Access()]
    assert undeclared == [], "a table of the contract without [access] stays empty for every street"


def test_the_tables_are_narrowed_as_the_house_decided():
    declared = {t.name: t.access for t in contract.load().tables}
    assert {n for n, a in declared.items() if a.own == "subdistrict_name"} == {*OWNED, "cadres"}
    assert {n for n, a in declared.items() if a.everyone} == set(EVERYBODYS)
    assert {n for n, a in declared.items() if a.via} == {
        "assignments",
        *(t.name for t in contract.load().tables if t.completes),
    }
    assert set(MADE_BY_LOADS) == {"enterprise_reach"}


@given(SEEDS, st.booleans(), st.sets(st.sampled_from(STREETS), min_size=1, max_size=2))
@FEW
def test_a_table_holds_the_rows_of_the_scope_and_no_others(seed, crosses, streets):
    tables = drawn_tables(seed, crosses=crosses)
    mine = tuple(sorted(streets))
    expected = seen_rows(tables, mine)
    with released(tables) as release, databases(release, Scope(mine, False)) as (whole, narrow):
        for table in contract.load().tables:
            if table.completes:
                continue
            key = itemgetter(*table.key)
            stored = table_of(narrow, table.name)
            assert sorted(map(key, stored)) == sorted(map(key, expected[table.name])), table.name
            before = {key(row): row for row in table_of(whole, table.name)}
            for row in stored:
                known = before[key(row)]
                if table.name == "cadres" and row["cadre_id"] not in cadres_named(expected, mine):
                    assert row["cadre_name"] == "**"
                    known = {**known, "cadre_name": "**"}
                assert row == known
        assert table_of(narrow, PROBLEMS) == []
        firms = {row["enterprise_id"] for row in expected["enterprises"]}
        assert {r["enterprise_id"] for r in table_of(narrow, "enterprise_reach")} == firms


def test_who_sees_nothing_sees_nothing():
    tables = drawn_tables(7, crosses=True)
    with released(tables) as release, databases(release, NOTHING) as (_, nobody):
        for table in (*release.table_names,):
            if table not in EVERYBODYS:
                assert table_of(nobody, table) == [], table


def test_a_data_keeper_of_no_street_sees_the_report_and_nothing_else():
    tables = drawn_tables(7, crosses=True)
    with released(tables) as release, databases(release, Scope((), True)) as (_, keeper):
        assert len(table_of(keeper, PROBLEMS)) == len(STREETS)
        assert "record" not in table_of(keeper, PROBLEMS)[0]
        assert [t for t in OWNED if table_of(keeper, t)] == []


def test_a_table_that_says_nothing_stays_empty_for_a_street(tmp_path):
    tables = drawn_tables(7, crosses=True)
    with released(tables) as release:
        new = release.folder / "secrets_of_streets.parquet"
        duckdb.sql(f"copy (select '{MINE}' as subdistrict_name, 1 as n) to '{new}'")
        with databases(release, Scope((MINE,), False)) as (whole, narrow):
            assert len(table_of(whole, "secrets_of_streets")) == 1
            assert table_of(narrow, "secrets_of_streets") == []


def test_a_release_without_the_column_that_says_whose_a_row_is_shows_none_of_the_table():
    tables = drawn_tables(7, crosses=False)
    with released(tables) as release:
        path = release.table_path("permits")
        known = pq.read_table(path)
        pq.write_table(known.drop_columns("subdistrict_name"), path)
        connection = Database(release, CURRENT, scope=Scope((MINE,)), queries={})
        assert table_of(connection, "permits") == []
        connection.close()


def test_a_narrower_database_reads_no_file_not_even_of_its_release():
    tables = drawn_tables(7, crosses=False)
    with released(tables) as release, databases(release, Scope((MINE,), False)) as (_, narrow):
        file = release.table_path("appeals")
        with pytest.raises(duckdb.Error, match=r"[Pp]ermission|disabled"):
            narrow._connection.cursor().sql(f"select * from read_parquet('{file}')").fetchall()
        with pytest.raises(duckdb.Error):
            narrow._connection.execute("set enable_external_access = true")


# ---------------------------------------------------------------- no query gives anything of another street


def values(found: Any) -> Iterator[Any]:
    """Everything in a result, inside lists and structs too."""
    if isinstance(found, dict):
        for value in found.values():
            yield from values(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from values(value)
    elif found is not None:
        yield found


def telling(rows: Tables) -> set[Any]:
    """Values that tell whose row they stand in: texts with a street's name, long numbers, moments to the second."""
    found = set()
    for value in values(list(rows.values())):
        is_text = isinstance(value, str) and any(street in value for street in STREETS)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and value > 10**6
        if is_text or is_number or (isinstance(value, datetime) and value.second):
            found.add(value)
    return found


@dataclass(frozen=True)
class Forbidden:
    """Values that must not come out, and texts that may: a number of one's own may hold another street's name."""

    values: frozenset[Any]
    allowed: frozenset[Any]

    @cached_property
    def texts(self) -> re.Pattern[str]:
        known = [v for v in self.values | self.allowed if isinstance(v, str)]
        return re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True))))

    def within(self, rows: list[dict[str, Any]]) -> list[Any]:
        """What of them stands in the rows, inside longer texts too."""
        found: list[Any] = []
        for value in values(rows):
            if isinstance(value, str):
                found += [text for text in self.texts.findall(value) if text in self.values]
            elif value in self.values:
                found.append(value)
        return found


@given(SEEDS, st.booleans())
@FEW
def test_no_query_gives_a_value_that_only_other_streets_rows_have(seed, crosses):
    tables = drawn_tables(seed, crosses=crosses)
    allowed = telling(seen_rows(tables, (MINE,)))
    forbidden = Forbidden(frozenset(telling(tables) - allowed), frozenset(allowed))
    assert len(forbidden.values) > 300
    with released(tables) as release, databases(release, Scope((MINE,), False)) as (whole, narrow):
        told = 0
        for name, known in attempts().items():
            for query in QUERIES.values():
                if query.folder == STAGING and not query.params:
                    rows = table_of(narrow, query.name)
                elif query.folder == STAGING:
                    continue  # a function that the others call
                else:
                    rows = run(narrow, query, known)
                    if name == "nothing chosen":
                        told += bool(forbidden.within(run(whole, query, known)))
                assert forbidden.within(rows) == [], f"{query.name}, {name}"
        assert told > 25, "the whole district gives such values, so the test can see them"


WITH_ELSEWHERE = {
    # What a street's own cadres, firms and teams have elsewhere counts, though its rows are not seen.
    "cadre_holdings",
    "assignment_totals",
    "one_plus_one_gaps",
    "service_by_unit_kind",
    "proposal_candidates",
    "judged_small_businesses",
    "coverage_totals",
    "coverage_by_subdistrict",
    "coverage_by_community",
    "uncovered_small_businesses",
    "published_vs_computed",
    "published_reconciliation",
    "small_business_visits_by_month",
}
NEVER_KNOWN = {"elsewhere_before_count", "elsewhere_after_count", "elsewhere_change_ratio"}
"""Columns about other streets: nothing there, where a release without other streets would say 0."""


@given(SEEDS, st.booleans())
@FEW
def test_the_rows_are_those_of_a_release_that_holds_nothing_else(seed, crosses):
    tables = drawn_tables(seed, crosses=crosses)
    seen = seen_rows(tables, (MINE,))
    named = cadres_named(seen, (MINE,))
    for row in seen["cadres"]:
        if row["cadre_id"] not in named:
            tables["cadres"][tables["cadres"].index(row)] = {**row, "cadre_name": "＊"}
    with (
        released(tables) as release,
        released(seen, release) as theirs,
    ):
        narrow = Database(release, CURRENT, scope=Scope((MINE,), False))
        alone = Database(theirs, CURRENT)
        compared = 0
        for known in (params(None, MINE), params(MINE, MINE)):
            for query in QUERIES.values():
                if query.folder == STAGING or (crosses and query.name in WITH_ELSEWHERE):
                    continue
                assert plain(run(narrow, query, known)) == plain(run(alone, query, known)), (
                    query.name
                )
                compared += 1
        narrow.close()
        alone.close()
        assert compared > 100


def plain(rows: list[dict[str, Any]]) -> list[str]:
    """Rows without an order, and without what nobody else's rows can say; sums of floats may end a digit apart."""
    return sorted(
        json.dumps(
            {
                k: round(v, 6) if isinstance(v, float) else str(v).replace("＊*", "**")
                for k, v in row.items()
                if k not in NEVER_KNOWN
            },
            sort_keys=True,
            ensure_ascii=False,
        )
        for row in rows
    )


# ---------------------------------------------------------------- what a query says of the whole district


def district_queries() -> dict[str, Query]:
    return {name: q for name, q in QUERIES.items() if q.district is not None}


def test_few_queries_speak_of_the_whole_district():
    assert set(district_queries()) == {
        "resolution_by_subdistrict",
        "units_compared",
        "appeals_around_meetings",
        "published_vs_computed",
        "published_reconciliation",
        "district_totals",
    }


@given(SEEDS)
@FEW
def test_the_own_row_of_a_comparison_of_streets_is_the_one_that_the_leadership_sees(seed):
    tables = drawn_tables(seed, crosses=True)
    with released(tables) as release, databases(release, Scope((MINE,), False)) as (whole, narrow):
        known = params(None, MINE)
        on_time, due = district_on_time(tables)
        for name, column, n, rate, verdict in (
            (
                *("resolution_by_subdistrict", "subdistrict_name", "due_count"),
                *("district_on_time_rate", "on_time_verdict"),
            ),
            (
                *("units_compared", "compared_name", "denominator_count"),
                *("district_rate", "rate_verdict"),
            ),
        ):
            everybody = run(whole, QUERIES[name], known)
            assert len(everybody) == len(STREETS)
            (own,) = run(narrow, QUERIES[name], known)
            (seen,) = [row for row in everybody if row[column] == MINE]
            streets = sum(row[n] > 0 for row in everybody)
            is_told = streets >= 3 and due >= known["min_n"]
            assert own[rate] == (on_time / due if is_told else None)
            hidden = set() if is_told else {rate, verdict}
            assert {k: own[k] for k in own if k not in hidden} == {
                k: seen[k] for k in seen if k not in hidden
            }
            assert is_told or own[verdict] in ("样本不足", "无应办结", "无应计")


def test_a_rate_of_the_district_is_not_that_of_one_other_street():
    """Somebody who knows of a single case elsewhere on a day is not told how it went."""
    tables = drawn_tables(3, crosses=False)
    (case, *_) = [row for row in tables["appeals"] if row["subdistrict_name"] == THEIRS]
    lone = {**case, "is_void": False, "closed_at": case["received_at"], "outcome": "未解决"}
    tables["appeals"] = [lone]
    with released(tables) as release, databases(release, Scope((MINE,), False)) as (whole, narrow):
        day = lone["received_at"].date()
        known = {**params(None, MINE), "start_date": day, "end_date": day, "min_n": 1}
        known |= {"measure": "resolved_rate", "compared_by": "street"}
        compared = QUERIES["units_compared"]
        assert {row["district_rate"] for row in run(whole, compared, known)} == {0.0}
        assert [row["district_rate"] for row in run(narrow, compared, known)] == [None]
        totals = QUERIES["district_totals"]
        assert run(whole, totals, known)[0]["received_count"] == 1
        assert run(narrow, totals, known)[0]["received_count"] is None


def district_on_time(tables: Tables) -> tuple[int, int]:
    """Cases of the period closed on time, and cases due, over all streets, by hand."""
    cases = [
        row
        for row in tables["appeals"]
        if date(2023, 4, 1) <= row["received_at"].date() <= date(2023, 6, 28)
        and row["received_at"] <= AS_OF
    ]
    due = [row for row in cases if row["closed_at"] or row["due_at"] <= AS_OF]
    return sum(bool(r["closed_at"] and r["closed_at"] <= r["due_at"]) for r in due), len(due)


def test_published_figures_stand_beside_the_district_not_beside_one_street():
    tables = drawn_tables(3, crosses=True)
    with (
        released(tables) as release,
        databases(release, Scope((MINE,), False), Scope((THEIRS,), False)) as (whole, mine, theirs),
    ):
        query, known = QUERIES["published_vs_computed"], params(None, MINE)
        everything = {r["figure_id"]: r for r in run(whole, query, known)}
        assert {r["figure_id"]: r for r in run(mine, query, known)} == {
            k: r for k, r in everything.items() if k != "live_events"
        }
        assert {r["figure_id"] for r in run(theirs, query, known)} == {
            "appeals_resolved",
            "market_entities",
        }
        assert everything["market_entities"]["computed_value"] == len(tables["enterprises"]) / 10000


def test_elsewhere_is_the_rest_of_the_district_where_the_own_street_is_chosen_and_unknown_otherwise():
    tables = drawn_tables(5, crosses=True)
    with released(tables) as release, databases(release, Scope((MINE,), False)) as (whole, narrow):
        query = QUERIES["appeals_around_meetings"]
        chosen = params(MINE, MINE)
        assert run(narrow, query, chosen) == run(whole, query, chosen)
        assert run(narrow, query, params(THEIRS, THEIRS)) == []
        (total, *_) = run(narrow, query, params(None, MINE))
        assert total["elsewhere_before_count"] is None


COUNTED = {
    "open_count": [
        *("open_count", "overdue_count", "due_today_count", "due_tomorrow_count"),
        *("overdue_share", "due_today_share", "due_tomorrow_share"),
    ],
    "received_count": ["received_count", "repeated_count", "repeated_share"],
    "due_count": ["due_count", "on_time_count", "on_time_rate"],
    "object_count": ["object_count", "unheld_count", "unheld_share"],
    "held_in_quarter_count": ["held_in_quarter_count", "visits_owed_count", "visits_owed_share"],
    "station_count": ["station_count", "idle_station_count", "idle_station_share"],
}
"""What is left out of the district's totals where the count it is of lies in too few streets."""


@given(SEEDS)
@FEW
def test_the_totals_of_the_district_are_one_row_that_names_no_street(seed):
    tables = drawn_tables(seed, crosses=True)
    with (
        released(tables) as release,
        databases(release, Scope((MINE,), False), Scope((MINE, THEIRS), False), NOTHING) as opened,
    ):
        whole, narrow, two, nothing = opened
        query = QUERIES["district_totals"]
        assert not {"subdistrict", "community", "park_id", "station_id"} & set(query.params)
        (everything,) = run(whole, query, params(None, MINE))
        assert {type(value) for value in everything.values()} <= {int, float, type(None)}
        assert everything["street_count"] == len(STREETS)
        assert everything["object_count"] == len(tables["parks"]) + len(tables["communities"])
        by_street = [run(whole, QUERIES["street_totals"], params(s, s))[0] for s in STREETS]
        for database, own in ((narrow, 1), (two, 2)):
            hidden = {
                part
                for n, parts in COUNTED.items()
                if sum(row[n] > 0 for row in by_street) < own + 2
                for part in parts
            }
            for known in attempts().values():
                (told,) = run(database, query, known)
                assert {name for name in told if told[name] is None} >= hidden
                assert {k: told[k] for k in told if k not in hidden} == {
                    k: everything[k] for k in everything if k not in hidden
                }
        (none,) = run(nothing, query, params(None, MINE))
        assert {none[name] for name in none if name.endswith("_count")} == {0}


@pytest.mark.parametrize(("number", "told"), [(1, 1), (2, 3), (3, 4)])
def test_totals_of_a_district_with_hardly_any_other_street_are_the_own_ones(number, told):
    tables = drawn_tables(3, crosses=False)
    kept = (MINE, *[s for s in STREETS if s != MINE][:number])
    smaller = {
        name: [r for r in rows if r.get("subdistrict_name", MINE) in kept]
        for name, rows in tables.items()
        if name in (*OWNED, *EVERYBODYS)
    }
    with released(smaller) as release, databases(release, Scope((MINE,), False)) as (whole, narrow):
        known = params(None, MINE)
        (row,) = run(narrow, QUERIES["district_totals"], known)
        (own,) = run(
            whole, QUERIES["street_totals"], {**known, "subdistrict": MINE, "community": None}
        )
        (everything,) = run(whole, QUERIES["district_totals"], known)
        assert row["street_count"] == told
        expected = {**(everything if told > 1 else own)}
        if told > 1:
            by_street = [run(whole, QUERIES["street_totals"], params(s, s))[0] for s in kept]
            for n, parts in COUNTED.items():
                if sum(street[n] > 0 for street in by_street) < 3:
                    expected.update(dict.fromkeys(parts))
        assert {n: row[n] for n in own if n in row} == {n: expected[n] for n in own if n in row}
        assert own["object_count"] < everything["object_count"]


@pytest.mark.parametrize("number", [1, 2])
def test_of_a_district_with_hardly_any_other_street_nothing_is_said(number):
    tables = drawn_tables(3, crosses=False)
    kept = (MINE, *[s for s in STREETS if s != MINE][:number])
    smaller = {
        name: [r for r in rows if r.get("subdistrict_name", MINE) in kept]
        for name, rows in tables.items()
        if name in (*OWNED, *EVERYBODYS)
    }
    with released(smaller) as release, databases(release, Scope((MINE,), False)) as (whole, narrow):
        query, known = QUERIES["resolution_by_subdistrict"], params(None, MINE)
        (own,) = run(narrow, query, known)
        rate = run(whole, query, known)[0]["district_on_time_rate"]
        assert own["district_on_time_rate"] == (own["on_time_rate"] if number == 1 else rate)


# ---------------------------------------------------------------- many at once, and the same one twice


def test_a_scope_is_the_same_in_any_order():
    assert Scope(("b", "a"), False) == Scope(("a", "b", "a"), False)
    assert hash(Scope(("b", "a"))) == hash(Scope(("a", "b")))
    assert WHOLE.is_whole and not Scope(None, sees_problems=False).is_whole


def test_what_is_opened_for_one_street_stays_though_its_files_go():
    tables = drawn_tables(3, crosses=False)
    with released(tables) as release, databases(release, Scope((MINE,), False)) as (_, narrow):
        before = run(narrow, QUERIES["open_totals"], params(None, MINE))
        shutil.rmtree(release.folder)
        assert run(narrow, QUERIES["open_totals"], params(None, MINE)) == before
