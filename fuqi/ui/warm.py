"""What the first reader would otherwise wait for: imports, a new release opened, and what its pages ask at first."""

import logging
import threading
import time
from contextlib import suppress

import duckdb
import pyarrow as pa

from fuqi import charts, maps, paths, settings
from fuqi.access import WHOLE
from fuqi.settings import Settings, SettingsError
from fuqi.store import QueryError, ReleaseError, Warehouse
from fuqi.store.queries import BUILDING
from fuqi.ui import asked, filters, frontend
from fuqi.ui.filters import Filters
from fuqi.ui.view import View

log = logging.getLogger("fuqi.warm")

MOST_SECONDS = 60
"""How long asking ahead may take; the rest is left to whoever needs it."""
CANNOT_WARM = (ReleaseError, QueryError, SettingsError, OSError, duckdb.Error)
"""What a reader will be told of on the page; here it only ends the warming of that release."""


def imports() -> None:
    """Import what Streamlit and its libraries import only when they draw for the first time."""
    import altair.utils.schemapi as schema
    import pandas  # noqa: F401
    import PIL.Image
    import pyarrow.dataset
    import pyarrow.pandas_compat  # noqa: F401
    import streamlit.emojis
    import streamlit.material_icon_names  # noqa: F401

    PIL.Image.preinit()
    # Charts are checked against Vega-Lite's schema by the tests; here that takes as long as drawing them.
    schema.disable_debug_mode()
    rows = pa.table({"step": ["a"], "value": [1]})
    charts.spec_of(
        charts.titled(charts.counts_by_name(rows, "step", "value", axis="value"), "", "")
    )
    # A browser may fetch here the boundaries of a map that another server of the same address has drawn.
    with suppress(maps.BoundaryError):
        maps.serve(maps.Boundaries.load())


def keep_warm(is_over: threading.Event) -> None:
    """Open the release in use, and each one that follows it, until it is over; looks as often as open pages do."""
    frontend.compress_ahead()
    warmed: tuple[str | None, Settings] | None = None
    while True:
        seconds = Settings().refresh_seconds
        try:
            current = settings.load()
            seconds = current.refresh_seconds
            release_id = Warehouse(paths.WAREHOUSE).current_id()
            if (release_id, current) != warmed:
                warmed = release_id, current
                if release_id is not None:
                    ask_ahead(release_id, current, is_over)
        except CANNOT_WARM as error:
            log.warning("a release could not be opened ahead of its readers: %s", error)
        if is_over.wait(seconds):
            return


def ask_ahead(release_id: str, current: Settings, is_over: threading.Event) -> None:
    """Open the release and ask every query that a page asks of its own accord, for the period that is preset."""
    began_at = time.monotonic()
    release = Warehouse(paths.WAREHOUSE).release(release_id)
    opened = asked.database(release_id, current, WHOLE, asked.stay)
    today = release.manifest.data_as_of.date()
    period = filters.presets(today, current)[filters.DEFAULT_PRESET]
    view = View(release, Filters(period, None, None), current)
    for name, query in opened.queries.items():
        if query.folder in BUILDING or not set(query.params) <= set(view.params):
            continue
        for instead in (
            {},
            {"start_date": period.previous.first, "end_date": period.previous.last},
        ):
            if is_over.is_set() or time.monotonic() - began_at > MOST_SECONDS:
                return
            if set(instead) <= set(query.params):
                params = view.given(name, instead)
                asked.rows(release_id, current, WHOLE, name, params, asked.stay)
