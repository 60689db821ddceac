"""The roll-ups of a release: worked out once, when its tables stand, and kept beside them."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fuqi.settings import Settings
from fuqi.store import Database, Release, rollups
from fuqi.store.queries import Query
from fuqi.store.queries import load as load_queries


def write(
    release: Release, settings: Settings, *, queries: Mapping[str, Query] | None = None
) -> Mapping[str, int]:
    """Work out every roll-up of the release at the moment of its data; gives the rows of each by name.

    Raises OSError or duckdb.Error, and then there is no folder of them, or the one from before.
    """
    asked = load_queries() if queries is None else queries
    moment = {"as_of": release.manifest.data_as_of}
    with being_replaced(release, settings, asked) as unfinished:
        database = Database(release, settings, queries=asked, works_out_in=unfinished)
        try:
            return {name: database.work_out(name, moment) for name in rollups.names(asked)}
        finally:
            database.close()


@contextmanager
def being_replaced(
    release: Release, settings: Settings, queries: Mapping[str, Query]
) -> Iterator[Path]:
    """A folder to write the roll-ups of a release into; it takes the place of theirs when it is left without an error.

    It appears whole or not at all: whoever opens the release meanwhile finds the one from before or goes through the
    ledger.
    """
    folder = release.folder / rollups.FOLDER
    unfinished = folder.with_name(f".{rollups.FOLDER}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        yield unfinished
        shutil.rmtree(unfinished / "overflow", ignore_errors=True)
        made_of = rollups.fingerprint(release.manifest.data_as_of, settings, queries)
        (unfinished / rollups.MADE_OF).write_text(json.dumps(made_of), encoding="utf-8")
        # A query that runs meanwhile misses its file for the moment between two renames, and no longer.
        before = folder.with_name(f".{rollups.FOLDER}-before")
        shutil.rmtree(before, ignore_errors=True)
        if folder.exists():
            folder.rename(before)
        unfinished.rename(folder)
        shutil.rmtree(before, ignore_errors=True)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
