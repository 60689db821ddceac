"""What a benchmark could get wrong without anybody noticing: its arithmetic, and what it takes for a page's work."""

import asyncio
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import elements, load, memory, page_queries, pages, results, served, soak, visitors
from bench.results import Sample
from fuqi import paths, settings
from fuqi.store import load_queries

LITERAL = re.compile(r'view\.(?:query|previous)\(\s*"(\w+)"')


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([5.0], 0.95, 5.0),
        (range(1, 101), 0.95, 95),
        (range(1, 101), 0.5, 50),
        ([3, 1, 2], 0.5, 2),
        (range(1, 20), 0.95, 19),
        (range(1, 21), 0.95, 19),
        ([4, 2], 1.0, 4),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values, share, expected):
    assert results.percentile(list(values), share) == expected


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.1)])
def test_a_percentile_of_nothing_is_refused(values, share):
    with pytest.raises(ValueError, match="percentile"):
        results.percentile(values, share)


def test_a_sample_keeps_its_n_and_is_empty_without_values():
    assert Sample.of(iter([3.0, 1.0, 2.0, 10.0])) == Sample(4, 2.5, 10.0, 10.0)
    assert Sample.of([]) == Sample(0, None, None, None)


def test_a_ratio_needs_both_sides():
    assert results.ratio(3.0, 1.5) == 2.0
    assert results.ratio(None, 1.5) is None
    assert results.ratio(3.0, None) is None
    assert results.ratio(3.0, 0.0) is None


@pytest.mark.parametrize(
    ("value", "said"), [(2.5, "met"), (2.51, "MISSED"), (0, "met"), (None, "not measured")]
)
def test_a_target_is_met_up_to_its_bound_and_never_without_a_value(value, said):
    assert results.verdict(value, 2.5) == said


def test_a_table_stands_in_columns_also_under_chinese():
    lines = results.table(["page", "ms"], [["总览", 5.25], ["resolution", 1234.5]]).splitlines()
    assert lines == [
        "page           ms",
        "----------  -----",
        "总览          5.2",
        "resolution  1,234",
    ]


# ---------------------------------------------------------------- pages


def _measured(name: str, change_ms: float, first_ms: float) -> pages.Measured:
    settled = pages.Settled(1.0, change_ms, 1024, "dom")
    opened = pages.Settled(1.0, first_ms, 2048, "canvas", 10.0, 0.0)
    turns = [
        pages.Turn([100.0], [40.0], [1.0], [50.0]),
        pages.Turn([300.0], [60.0], [1.0], [150.0]),
    ]
    return pages.Measured(
        name,
        first_load=[opened],
        next_load=[opened],
        changes={"street": [settled]},
        kept=[settled, settled],
        turns=turns,
    )


def test_a_page_is_compared_with_the_baselines_around_it():
    found = _measured("overview", 125.0, 401.0).summary()
    assert found["change_ratio"] == 2.5
    assert found["change_verdict"] == "met"
    assert found["first_load_ratio"] == pytest.approx(2.005)
    assert found["first_load_verdict"] == "MISSED"
    assert found["next_load_ratio"] == pytest.approx(4.01)
    assert found["kept_ratio"] == 2.5


def test_one_element_takes_what_its_page_takes_more_than_the_page_without_any():
    kinds = {
        "none": {"number": 0, "settled_ms": Sample.of([80.0])},
        "chart": {"number": 10, "settled_ms": Sample.of([280.0])},
    }
    assert elements.of_one(kinds, "chart", "settled_ms") == 20.0
    assert elements.of_one(kinds, "none", "settled_ms") is None


def test_every_kind_of_element_that_is_measured_can_be_drawn():
    from streamlit.testing.v1 import AppTest

    script = Path(elements.__file__).with_name("elements_page.py")
    for kind in elements.NUMBERS:
        page = AppTest.from_file(str(script))
        page.query_params.update({"kind": kind, "number": "3"})
        page.run()
        assert not page.exception, kind
        assert len(page.main.children) == (4 if kind != "none" else 1), kind


def test_every_page_of_the_navigation_is_measured_but_the_auditors():
    there = {file.stem for file in paths.PAGES.glob("*.py")}
    assert {page_queries.page_of(name) for name in pages.PAGES} == there - {"audit"}


def test_a_page_is_opened_by_its_link():
    assert pages.path_of("overview") == "/"
    assert pages.path_of("stations.sites") == "/stations?tab=再开一站"
    assert pages.path_of("street") == "/street?street=福保街道"


@pytest.fixture
def pages_over(small_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "WAREHOUSE", small_warehouse)


@pytest.mark.usefixtures("pages_over")
def test_the_queries_noted_are_all_those_that_a_page_names():
    noted = page_queries.asked_by("overview", {})
    source = (paths.PAGES / "overview.py").read_text(encoding="utf-8")
    named = set(LITERAL.findall(source))
    assert len(named) > 10
    assert named <= {name for name, _ in noted}
    declared = load_queries()
    assert all(set(params) == set(declared[name].params) for name, params in noted)


@pytest.mark.usefixtures("pages_over")
def test_the_queries_noted_have_the_filters_of_the_link_and_none_is_kept_from_before():
    chosen = {"from": "2023-05-02", "to": "2023-05-20"}
    first = page_queries.asked_by("resolution", chosen)
    assert page_queries.asked_by("resolution", chosen) == first
    (totals, *_) = [params for name, params in first if name == "resolution_totals"]
    assert (totals["start_date"], totals["end_date"]) == (date(2023, 5, 2), date(2023, 5, 20))


# ---------------------------------------------------------------- servers and visitors


def test_settings_of_a_measured_server_differ_in_what_was_given_alone(tmp_path, monkeypatch):
    kept = tmp_path / "kept.toml"
    kept.write_text(
        'min_n = 7\nrefresh_seconds = 9\n[[deadline_limits]]\ncategory = "*"\namount = 2\n'
        'unit = "working_days"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(paths, "SETTINGS", kept)
    (tmp_path / "own").mkdir()
    found = settings.load(served.other_settings(tmp_path / "own", served.STILL))
    assert (found.min_n, len(found.deadline_limits)) == (7, 1)
    for name, value in served.STILL.items():
        assert getattr(found, name) == value


def test_memory_of_a_process_counts_its_children():
    sleeping = "import time; time.sleep(60)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {sleeping!r}])"
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        while not memory.children(process.pid):
            assert process.poll() is None
        alone, whole = memory.of(process.pid), memory.of(process.pid, with_children=True)
        assert 0 < alone.pss_mb <= alone.rss_mb < whole.rss_mb
        assert memory.peak_rss_mb(process.pid) >= alone.rss_mb * 0.99
    finally:
        for child in memory.children(process.pid):
            os.kill(child, 9)
        process.wait()
    with pytest.raises(ProcessLookupError):
        memory.of(process.pid)


def test_visitors_change_a_filter_and_are_counted(tmp_path):
    with served.baseline("one metric", tmp_path) as server:
        orders = visitors.Orders([server.address], 2, 1.5, 0.4, [["", ""]], ["option"])
        found = asyncio.run(visitors.all_visits(orders))
        assert found["errors"] == []
        assert len(found["opened_ms"]) == 2
        assert len(found["changed_ms"]) >= 4
        assert all(0 < ms < 60_000 for ms in found["changed_ms"])
        assert memory.cpu_seconds(server.process_id) > 0
    refused = visitors.Measured()
    asyncio.run(visitors.visit(orders, 0, refused, {server.address: "token"}))
    assert len(refused.errors) == 1
    assert refused.opened_ms == []


def test_a_page_that_fails_is_an_error_of_the_load(tmp_path, monkeypatch):
    failing = tmp_path / "failing_page.py"
    failing.write_text("raise ValueError('broken')\n", encoding="utf-8")
    monkeypatch.setitem(served.BASELINES, "failing", str(failing))
    with served.baseline("failing", tmp_path) as server:
        orders = visitors.Orders([server.address], 1, 0.0, 0.1, [["", ""]], ["option"])
        assert asyncio.run(visitors.all_visits(orders))["errors"]


def test_pages_that_visitors_open_are_there():
    for name, _ in load.PAGES:
        assert (paths.PAGES / f"{name or 'overview'}.py").is_file()


# ---------------------------------------------------------------- soak


def looks(minutes: int, growth_a_minute: float) -> list[soak.Look]:
    return [
        {"minute": m / 2, **dict.fromkeys(soak.MEASURES, 100 + growth_a_minute * m / 2)}
        for m in range(2 * minutes + 1)
    ]


@pytest.mark.parametrize(
    ("growth_a_minute", "said"), [(0.0, "met"), (0.5, "met"), (1.0, "MISSED"), (-1.0, "met")]
)
def test_the_verdict_compares_the_last_five_minutes_with_minutes_five_to_ten(growth_a_minute, said):
    found = soak.judged(looks(30, growth_a_minute), 30)["js_heap_mb"]
    assert found["early"] == 100 + 7.5 * growth_a_minute
    assert found["late"] == 100 + 27.5 * growth_a_minute
    assert found["slope_an_hour"] == pytest.approx(60 * growth_a_minute)
    assert found["verdict"] == said


def test_what_grew_in_the_first_five_minutes_alone_is_flat():
    grown = [{**look, "js_heap_mb": 10.0 if look["minute"] < 5 else 80.0} for look in looks(30, 0)]
    found = soak.judged(grown, 30)["js_heap_mb"]
    assert (found["growth"], found["slope_an_hour"], found["verdict"]) == (0.0, 0.0, "met")


def test_a_soak_without_looks_has_no_verdict():
    assert soak.judged([], 30)["dom_nodes"]["verdict"] == "not measured"


# ---------------------------------------------------------------- the command


def test_a_benchmark_that_is_not_there_is_named(capsys):
    assert command.main(["speed"]) == 2
    assert "'speed'" in capsys.readouterr().err


def test_without_chromium_the_benchmark_says_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command.main(["pages", "--warehouse", str(tmp_path)]) == 1
    assert "no Chromium found" in capsys.readouterr().err
