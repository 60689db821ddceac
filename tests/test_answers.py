"""Answers shared by all readers: one work for all who ask at once, stopped when nobody waits, kept within bounds."""

import gc
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from fuqi import paths
from fuqi.ui.answers import AbandonedError, Answers
from tests.visitor import Drawn, Visitor

ENDLESS = (
    "select count(*) from range(2000000) a, range(2000000) b where hash(a.range * b.range) % 7 = 3"
)
SECONDS_TO_GIVE_UP = 30
"""How long a test waits for what has to happen at once."""


class LeftError(Exception):
    """What somebody's wait ends with who does not want the answer any more."""


class Query:
    """A query of a cursor of its own as work, with what became of it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, sql: str) -> None:
        self.cursor, self.sql = connection.cursor(), sql
        self.has_begun, self.has_ended = threading.Event(), threading.Event()
        self.ended_with: object = None

    def __call__(self, stoppable) -> pa.Table:
        try:
            stoppable(self.cursor.interrupt)
            self.has_begun.set()
            rows = self.cursor.sql(self.sql).to_arrow_table()
        except Exception as error:
            self.ended_with = error
            raise
        else:
            self.ended_with = "rows"
            return rows
        finally:
            self.has_ended.set()


class Reader(threading.Thread):
    """Somebody who asks, and may leave."""

    def __init__(self, answers: Answers, key: str, work) -> None:
        super().__init__(daemon=True)
        self.asking = answers, key, work
        self.leaves = threading.Event()
        self.got: object = None
        self.start()

    def run(self) -> None:
        answers, key, work = self.asking
        try:
            self.got = answers.ask(key, work, self._wait)
        except (LeftError, duckdb.Error, ValueError) as error:
            self.got = error

    def _wait(self, is_over: threading.Event) -> None:
        while not is_over.wait(0.005):
            if self.leaves.is_set():
                raise LeftError

    def leave(self) -> None:
        self.leaves.set()
        self.join(SECONDS_TO_GIVE_UP)
        assert isinstance(self.got, LeftError)


def held(answers: Answers, key: str, count: int) -> None:
    """Wait until so many wait for the answer of the key."""
    deadline = time.monotonic() + SECONDS_TO_GIVE_UP
    while answers._under_way[key].waiting < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def test_a_query_that_nobody_waits_for_any_more_is_interrupted(connection):
    answers, query = Answers(10), Query(connection, ENDLESS)
    reader = Reader(answers, "slow", query)
    assert query.has_begun.wait(SECONDS_TO_GIVE_UP)
    reader.leave()
    assert query.has_ended.wait(SECONDS_TO_GIVE_UP)
    assert isinstance(query.ended_with, duckdb.InterruptException)
    assert len(answers) == 0


def test_a_query_goes_on_while_one_of_its_readers_waits(connection):
    answers, query = Answers(10), Query(connection, ENDLESS)
    first, second = Reader(answers, "slow", query), Reader(answers, "slow", query)
    assert query.has_begun.wait(SECONDS_TO_GIVE_UP)
    held(answers, "slow", 2)
    first.leave()
    assert not query.has_ended.wait(0.3)
    second.leave()
    assert query.has_ended.wait(SECONDS_TO_GIVE_UP)
    assert isinstance(query.ended_with, duckdb.InterruptException)


def test_the_query_of_another_reader_is_not_touched(connection):
    answers, slow = Answers(10), Query(connection, ENDLESS)
    let_go = threading.Event()
    other = Query(connection, "select 7 as seven")

    def held_back(stoppable) -> pa.Table:
        stoppable(other.cursor.interrupt)
        let_go.wait(SECONDS_TO_GIVE_UP)
        return other(lambda _: None)

    leaving, staying = Reader(answers, "slow", slow), Reader(answers, "other", held_back)
    assert slow.has_begun.wait(SECONDS_TO_GIVE_UP)
    leaving.leave()
    assert slow.has_ended.wait(SECONDS_TO_GIVE_UP)
    let_go.set()
    staying.join(SECONDS_TO_GIVE_UP)
    assert staying.got["seven"].to_pylist() == [7]


def test_who_asks_again_after_all_have_left_gets_an_answer(connection):
    answers, query = Answers(10), Query(connection, ENDLESS)
    reader = Reader(answers, "key", query)
    assert query.has_begun.wait(SECONDS_TO_GIVE_UP)
    reader.leave()
    assert answers.ask("key", lambda _: "fresh") == "fresh"
    assert query.has_ended.wait(SECONDS_TO_GIVE_UP)
    assert answers.ask("key", lambda _: "another") == "fresh"


def test_work_left_before_it_could_be_interrupted_does_not_begin(connection):
    answers, query = Answers(10), Query(connection, "select 1")
    let_go = threading.Event()

    def prepared(stoppable) -> pa.Table:
        let_go.wait(SECONDS_TO_GIVE_UP)
        return query(stoppable)

    Reader(answers, "key", prepared).leave()
    let_go.set()
    assert query.has_ended.wait(SECONDS_TO_GIVE_UP)
    assert isinstance(query.ended_with, AbandonedError)
    assert not query.has_begun.is_set()


def test_what_many_ask_at_once_is_worked_out_once():
    answers, let_go, begun = Answers(10), threading.Event(), []

    def work(_) -> object:
        begun.append(1)
        let_go.wait(SECONDS_TO_GIVE_UP)
        return object()

    readers = [Reader(answers, "key", work) for _ in range(50)]
    held(answers, "key", 50)
    let_go.set()
    for reader in readers:
        reader.join(SECONDS_TO_GIVE_UP)
    assert len(begun) == 1
    assert len({id(reader.got) for reader in readers}) == 1
    assert answers.ask("key", work) is readers[0].got
    assert (answers.asked_count, answers.found_count) == (51, 50)


def test_an_error_reaches_all_who_wait_and_is_not_kept():
    answers, let_go = Answers(10), threading.Event()

    def fails(_) -> object:
        let_go.wait(SECONDS_TO_GIVE_UP)
        raise ValueError("no such table")

    readers = [Reader(answers, "key", fails) for _ in range(3)]
    held(answers, "key", 3)
    let_go.set()
    for reader in readers:
        reader.join(SECONDS_TO_GIVE_UP)
        assert str(reader.got) == "no such table"
    assert answers.ask("key", lambda _: "now there is") == "now there is"


def test_work_that_the_machine_has_no_thread_for_fails_and_can_be_asked_for_again(monkeypatch):
    answers: Answers[int] = Answers(10)
    done: list[int] = []

    def work(number: int, stoppable) -> int:
        stoppable(lambda: None)
        done.append(number)
        return number

    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="thread"):
            answers.ask("key", lambda stoppable: work(1, stoppable))
    again = Reader(answers, "key", lambda stoppable: work(2, stoppable))
    again.join(SECONDS_TO_GIVE_UP)
    assert again.got == 2
    assert done == [2], "what failed is not worked out for nobody when there is a thread again"


def test_answers_weigh_no_more_than_they_may_and_the_longest_unasked_go_first():
    answers = Answers(100, weigh=len)
    for key in ("a", "b", "c"):
        answers.ask(key, lambda _, key=key: key * 30)
    answers.ask("a", lambda _: "asked again")
    answers.ask("d", lambda _: "d" * 30)
    assert answers.weight == 90
    made = {key: answers.ask(key, lambda _: "made again") for key in ("a", "c", "d")}
    assert made == {"a": "a" * 30, "c": "c" * 30, "d": "d" * 30}
    assert answers.ask("b", lambda _: "made again") == "made again"


def test_an_answer_heavier_than_all_may_be_is_given_and_not_kept():
    answers = Answers(100, weigh=len)
    answers.ask("small", lambda _: "small")
    assert answers.ask("large", lambda _: "x" * 101) == "x" * 101
    assert answers.ask("large", lambda _: "again") == "again"
    assert answers.ask("small", lambda _: "again") == "small"


def test_what_is_forgotten_is_made_again():
    answers = Answers(100, weigh=len)
    for key in (("old", 1), ("old", 2), ("new", 1)):
        answers.ask(key, lambda _: "rows")
    answers.forget(lambda key: key[0] == "old")
    assert (len(answers), answers.weight) == (1, 4)
    assert answers.ask(("old", 1), lambda _: "made again") == "made again"


def test_what_is_forgotten_leaves_the_memory_without_a_search_for_circles():
    class Rows:
        pass

    answers, let_go = Answers(100), threading.Event()

    def slow(_) -> Rows:
        let_go.wait(SECONDS_TO_GIVE_UP)
        return Rows()

    reader = Reader(answers, "key", slow)
    held(answers, "key", 1)
    gc.disable()
    try:
        let_go.set()
        rows = weakref.ref(answers.ask("key", slow))
        reader.join(SECONDS_TO_GIVE_UP)
        assert reader.got is rows() is not None
        reader.got = None
        answers.forget(lambda _: True)
        deadline = time.monotonic() + SECONDS_TO_GIVE_UP
        while rows() is not None:  # until the thread that made them is done
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        gc.enable()


def test_a_failed_work_leaves_the_memory_without_a_search_for_circles():
    class Held:
        pass

    answers, let_go = Answers(100), threading.Event()
    made: list[weakref.ref] = []

    def fails(_) -> str:
        let_go.wait(SECONDS_TO_GIVE_UP)
        held_by_the_frame = Held()
        made.append(weakref.ref(held_by_the_frame))
        raise ValueError("failed")

    gc.disable()
    try:
        reader = Reader(answers, "key", fails)
        held(answers, "key", 1)
        let_go.set()
        reader.join(SECONDS_TO_GIVE_UP)
        assert isinstance(reader.got, ValueError)
        reader.got = None
        with pytest.raises(ValueError, match="failed"):
            answers.ask("key", fails)
        deadline = time.monotonic() + SECONDS_TO_GIVE_UP
        while any(one() is not None for one in made):
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        gc.enable()
    assert len(made) == 2


def test_work_that_ends_alone_is_kept_for_the_next(connection):
    answers, let_go, has_ended = Answers(10, ends_alone=True), threading.Event(), threading.Event()

    def opens(_) -> str:
        let_go.wait(SECONDS_TO_GIVE_UP)
        has_ended.set()
        return "opened"

    Reader(answers, "key", opens).leave()
    let_go.set()
    assert has_ended.wait(SECONDS_TO_GIVE_UP)
    assert answers.ask("key", lambda _: "opened twice") == "opened"


PAGE = """
import threading
import duckdb
import streamlit as st
from fuqi.access import WHOLE
from fuqi.settings import Settings
from fuqi.ui import asked

@st.cache_resource
def store():
    class Slow:
        connection = duckdb.connect()
        lock = threading.Lock()
        def run(self, name, params, stoppable):
            with self.lock:
                cursor = self.connection.cursor()
            stoppable(cursor.interrupt)
            try:
                rows = cursor.sql(dict(params)["sql"]).to_arrow_table()
            except duckdb.InterruptException:
                print("interrupted", flush=True)
                raise
            print("finished", flush=True)
            return rows
    return Slow()

asked.database = lambda *_: store()
sql = st.text_input("query") or "select 1 as n"
rows = asked.rows("r", Settings(), WHOLE, "any", (("sql", sql),))
st.markdown(f"counted {rows['n'][0].as_py()}")
"""


@pytest.fixture(scope="module")
def slow_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a server with a page that asks any query through `fuqi.ui.asked`, and what it prints."""
    folder = tmp_path_factory.mktemp("slow")
    (folder / "page.py").write_text(PAGE, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    printed = folder / "printed.txt"
    command = [sys.executable, "-m", "streamlit", "run", str(folder / "page.py")]
    options = [
        f"--server.port={port}",
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--browser.gatherUsageStats=false",
        "--browser.serverAddress=localhost",
    ]
    with (
        printed.open("w", encoding="utf-8") as written,
        subprocess.Popen(
            [*command, *options], cwd=paths.PROJECT, stdout=written, stderr=subprocess.STDOUT
        ) as server,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_there(f"{address}/_stcore/health")
            yield address, printed
        finally:
            server.terminate()


def _wait_until_there(url: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_GIVE_UP * 2
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def begin(page: Drawn, sql: str) -> None:
    """Type a query, and take what comes until the page says that it is working."""
    (field,) = page.elements("text_input")
    message = BackMsg()
    message.rerun_script.query_string = ""
    state = message.rerun_script.widget_states.widgets.add()
    state.id, state.string_value = field.id, sql
    page.socket.send(message.SerializeToString())
    while True:
        got = page._receive(SECONDS_TO_GIVE_UP)
        shown = got.delta.new_transient.elements if got.HasField("delta") else ()
        if any("正在计算" in element.spinner.text for element in shown):
            return


def times_printed(printed: Path, word: str, wanted: int) -> int:
    """How often the server printed the word, once it has done so as often as wanted, or too long passed."""
    deadline = time.monotonic() + SECONDS_TO_GIVE_UP
    while True:
        count = printed.read_text(encoding="utf-8").split().count(word)
        if count >= wanted or time.monotonic() > deadline:
            return count
        time.sleep(0.05)


def test_a_changed_filter_interrupts_the_query_of_before_and_no_other(slow_page):
    address, printed = slow_page
    with Visitor(address).open("/") as one, Visitor(address).open("/") as other:
        assert "counted 1" in one.text
        finished = times_printed(printed, "finished", 1)
        begin(one, ENDLESS.replace("count(*)", "count(*) as n"))
        begin(other, ENDLESS.replace("count(*)", "count(*) + 1 as n"))
        one.type("query", "select 42 as n")
        assert "counted 42" in one.text
        assert times_printed(printed, "interrupted", 1) == 1
        assert times_printed(printed, "finished", finished + 1) == finished + 1
        time.sleep(0.5)
        assert times_printed(printed, "interrupted", 1) == 1, "the other reader's query goes on"
    # Whoever closes the page wants the answer no more.
    assert times_printed(printed, "interrupted", 2) == 2
    assert times_printed(printed, "finished", finished + 1) == finished + 1
