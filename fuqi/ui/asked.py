"""The store as pages ask it: databases and rows that all sessions share, and a wait that a changed filter ends."""

import ctypes
import threading
from contextlib import suppress
from typing import Any

import duckdb
import pyarrow as pa
import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import get_run_yield_check

from fuqi import paths
from fuqi.access import WHOLE, Scope
from fuqi.settings import Settings
from fuqi.store import Database, Warehouse
from fuqi.ui.answers import Answers, Stoppable, Wait, stay

MOST_DATABASES = 24
MOST_BYTES = 128 * 1024 * 1024
"""What the rows kept for all readers together may weigh."""
SECONDS_UNSEEN = 0.1
"""How long a wait goes on before it is looked after; the note comes up half a second later (`st.spinner`)."""
SECONDS_BETWEEN_LOOKS = 0.05
OPENING = "正在打开这个版本的数据，请稍候……"
WORKING = "正在计算……可以直接改筛选条件，不必等它算完。"

Params = tuple[tuple[str, Any], ...]

DATABASES: Answers[Database] = Answers(MOST_DATABASES, ends_alone=True)
ROWS: Answers[pa.Table] = Answers(MOST_BYTES, pa.Table.get_total_buffer_size)


def database(release_id: str, current: Settings, seen: Scope, wait: Wait | None = None) -> Database:
    """One database a release, settings and scope: a street's holds the rows of that street and no others.

    Opening goes on when a reader leaves, because the next one needs it; databases of releases and settings that are
    two changes old are given up.
    """
    warehouse = paths.WAREHOUSE
    made_of = (warehouse, release_id, current)

    def opened(_: Stoppable) -> Database:
        fresh = Database(
            Warehouse(warehouse).release(release_id),
            current,
            scope=seen,
            district=lambda: database(release_id, current, WHOLE, stay),
        )
        with suppress(duckdb.Error):  # whoever asks will be told
            fresh.answer_ahead()
        _give_up_before(made_of)
        return fresh

    return DATABASES.ask((*made_of, seen), opened, wait or _looking_after(OPENING))


def rows(
    release_id: str,
    current: Settings,
    seen: Scope,
    name: str,
    params: Params,
    wait: Wait | None = None,
) -> pa.Table:
    """The rows of a query, kept for all who may see the same.

    The query is interrupted when this run of the script is over, as after a change of filters, unless another session
    waits for the same rows.
    """

    def worked_out(stoppable: Stoppable) -> pa.Table:
        asked = database(release_id, current, seen, stay)
        return asked.run(name, dict(params), stoppable)

    key = (paths.WAREHOUSE, release_id, current, seen, name, params)
    return ROWS.ask(key, worked_out, wait or _looking_after(WORKING))


_latest: list[tuple] = []
_latest_lock = threading.Lock()


def _give_up_before(made_of: tuple) -> None:
    """Keep what belongs to this release and to the one before, which open pages may still be drawn from."""
    with _latest_lock:
        if made_of in _latest:
            _latest.remove(made_of)
        _latest.append(made_of)
        del _latest[:-2]
        kept = [*_latest]
    DATABASES.forget(lambda key: key[:3] not in kept)
    ROWS.forget(lambda key: key[:3] not in kept)
    _give_memory_back()


def _give_memory_back() -> None:
    """Have the allocator return what a database has left; without that a server keeps some 60 MB with each release."""
    with suppress(OSError, AttributeError):  # not every system has one that can be told
        ctypes.CDLL(None).malloc_trim(0)


def _looking_after(note: str) -> Wait:
    """Waits as a page does: the reader is told after a while, and a run that is over waits no longer."""

    def wait(is_over: threading.Event) -> None:
        if is_over.wait(SECONDS_UNSEEN):
            return
        leave_if_over = get_run_yield_check() or (lambda: None)
        with st.spinner(note):
            while not is_over.wait(SECONDS_BETWEEN_LOOKS):
                leave_if_over()

    return wait
