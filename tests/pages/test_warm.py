"""What is ready before the first reader comes, and what a second reader of the same page no longer costs."""

import threading
from dataclasses import replace
from datetime import date, datetime

import pytest

from fuqi import settings
from fuqi.access import WHOLE
from fuqi.settings import Settings
from fuqi.store import Warehouse, load_queries, parameters
from fuqi.ui import asked, drawn, warm

PAGES = (
    "overview",
    "resolution",
    "resolution.steps",
    "stations",
    "assignments",
    "small_business",
    "financing",
)


@pytest.fixture
def everything_forgotten():
    for answers in (asked.DATABASES, asked.ROWS, drawn.SPECS, drawn.MAPS):
        answers.forget(lambda _: True)


@pytest.fixture
def misses(monkeypatch):
    """The names of the queries that were run, rather than found, since the last look."""
    run, names = asked.Database.run, []

    def noted(database, name, *given):
        names.append(name)
        return run(database, name, *given)

    monkeypatch.setattr(asked.Database, "run", noted)

    def since() -> list[str]:
        seen = sorted(names)
        names.clear()
        return seen

    return since


def test_the_first_reader_of_a_release_finds_what_its_pages_ask(
    open_page, demo_warehouse, everything_forgotten, misses
):
    release_id = Warehouse(demo_warehouse).current_id()
    known = set(parameters(datetime(2023, 6, 28), date(2023, 4, 1), date(2023, 6, 28), Settings()))
    of_all_pages = {n for n, query in load_queries().items() if set(query.params) <= known}
    open_page("overview")
    assert "resolution_totals" in misses(), "without warming, the reader waits for it"
    asked.ROWS.forget(lambda _: True)
    warm.ask_ahead(release_id, settings.load(), threading.Event())
    assert misses()
    for page in PAGES:
        assert not open_page(page).exception
        # What a page asks with parameters or for a period of its own cannot be asked ahead.
        assert not set(misses()) & of_all_pages - {"small_business_visits_by_month"}, page


def test_warming_stops_when_the_server_does(
    demo_warehouse, open_page, everything_forgotten, misses
):
    is_over = threading.Event()
    is_over.set()
    warm.ask_ahead(Warehouse(demo_warehouse).current_id(), settings.load(), is_over)
    assert misses() == []


def test_a_release_that_cannot_be_opened_ends_no_more_than_its_own_warming(
    monkeypatch, caplog, tmp_path, open_page
):
    is_over = threading.Event()
    looks = []

    class Looked(threading.Event):
        def wait(self, timeout=None):
            looks.append(timeout)
            return len(looks) == 2

    (tmp_path / "CURRENT").write_text("20230101-000000", encoding="utf-8")
    monkeypatch.setattr(warm.paths, "WAREHOUSE", tmp_path)
    warm.keep_warm(Looked())
    assert len(looks) == 2
    assert "ahead of its readers" in caplog.text
    assert not is_over.is_set()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_another_reader_has_seen_asks_and_draws_nothing_anew(open_page, page, misses):
    open_page(page)
    misses()
    drawn_before = drawn.SPECS.asked_count, drawn.SPECS.found_count
    maps_before = drawn.MAPS.asked_count, drawn.MAPS.found_count
    assert not open_page(page).exception
    assert misses() == []
    for answers, (asked_count, found_count) in (
        (drawn.SPECS, drawn_before),
        (drawn.MAPS, maps_before),
    ):
        assert answers.asked_count - asked_count == answers.found_count - found_count


def test_what_is_two_changes_old_is_given_up(
    demo_warehouse, open_page, everything_forgotten, misses
):
    open_page("definitions")  # the pages' place of the warehouse is the demo's from here on
    release_id = Warehouse(demo_warehouse).current_id()
    first, second, third = (replace(settings.load(), min_n=n) for n in (21, 22, 23))

    def ask(of: Settings) -> list[str]:
        asked.rows(release_id, of, WHOLE, "place_list", (), asked.stay)
        return misses()

    misses()
    assert ask(first) == ask(second) == ["place_list"]
    assert ask(first) == [], "pages that are open are still drawn from the one before"
    ask(third)
    assert ask(second) == [], "now the one before"
    assert ask(first) == ["place_list"], "two changes old"
