"""The script that breaks queries: what it changes, what it leaves alone, and which tests it runs."""

from pathlib import Path

import pytest

from bench import mutate_queries
from fuqi import paths

HEADER = "-- A title with = and <.\n--\n-- Reads:   judged_cases\n"


@pytest.fixture
def changed(tmp_path: Path):
    """A function that gives every way in which a condition may be broken."""

    def changed(sql: str) -> list[str]:
        file = tmp_path / "broken.sql"
        file.write_text(HEADER + sql + "\n", encoding="utf-8")
        texts = [mutant.text for mutant in mutate_queries.mutants("broken", file)]
        assert all(text.startswith(HEADER) for text in texts)
        assert len(set(texts)) == len(texts)
        return [text.removeprefix(HEADER).rstrip("\n") for text in texts]

    return changed


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("a <= b", ["a < b", "a > b"]),
        ("a >= b", ["a > b", "a < b"]),
        ("a < b", ["a <= b", "a >= b"]),
        ("a = 'x <= y'", ["a <> 'x <= y'"]),
        ("a <> b", ["a = b"]),
        ("a is null", ["a is not null"]),
        ("a is not null", ["a is null"]),
        ("a and b", ["a or b"]),
        ("a or b", ["a and b"]),
        ("where not a", ["where  a"]),
        ("min(a)", ["max(a)"]),
        ("quantile_cont(a, 0.5)", ["quantile_cont(a, 0.4)"]),
        ("a -> b", []),
        ("f(x := 'y')::bigint", []),
        ("-- a = b", []),
        ("min", []),
    ],
)
def test_an_operator_is_turned(changed, sql, expected):
    assert sorted(changed(sql)) == sorted(expected)


def test_each_bound_of_a_between_is_made_exclusive_and_its_and_stays(changed):
    assert sorted(changed("a::date between $b::date and $c::date and d")) == sorted(
        [
            "a::date > $b::date and a::date <= $c::date and d",
            "a::date >= $b::date and a::date < $c::date and d",
            "a::date between $b::date and $c::date or d",
        ]
    )


def test_a_filter_is_dropped_whole(changed):
    assert "count(*) as n" in changed("count(*) filter (where f(a) = (b)) as n")


def test_a_default_is_dropped(changed):
    assert "(f(a, b))" in changed("coalesce(f(a, b), 0)")


def test_every_query_that_chooses_rows_has_mutants():
    choosing = [f for f in paths.QUERIES.rglob("*.sql") if "\nwhere" in f.read_text("utf-8")]
    assert len(choosing) > 10
    for file in choosing:
        assert mutate_queries.mutants(file.stem, file), file.stem


def test_a_query_is_tested_with_those_that_read_it():
    files = {file.stem: file for file in paths.QUERIES.rglob("*.sql")}
    read_by = mutate_queries.readers(files)
    assert read_by["resolution_totals"] == {"resolution_totals"}
    assert {"timed_appeals", "judged_cases", "resolution_totals"} <= read_by["timed_appeals"]
    assert "timed_appeals" not in read_by["judged_cases"]
    assert read_by["macros"] == read_by["search"] == set(files)
    found = {file.name for file in mutate_queries.tests_of(read_by["judged_cases"])}
    assert "test_resolution_against_plain_python.py" in found
    assert "test_pages.py" not in found
