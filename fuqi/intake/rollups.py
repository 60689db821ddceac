"""The roll-ups of a release: worked out once, when its tables stand, and kept beside them."""

import json
import shutil
from collections.abc import Mapping

from fuqi.settings import Settings
from fuqi.store import Database, Release, rollups
from fuqi.store.queries import Query
from fuqi.store.queries import load as load_queries


def write(
    release: Release, settings: Settings, *, queries: Mapping[str, Query] | None = None
) -> Mapping[str, int]:
    """Work out every roll-up of the release at the moment of its data; gives the rows of each by name.

    The folder appears whole or not at all: whoever opens the release meanwhile goes through the ledger. Raises OSError
    or duckdb.Error, and then there is no folder.
    """
    asked = load_queries() if queries is None else queries
    folder = release.folder / rollups.FOLDER
    unfinished = folder.with_name(f".{rollups.FOLDER}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    database = Database(release, settings, queries=asked, works_out_in=unfinished)
    moment = {"as_of": release.manifest.data_as_of}
    try:
        counts = {name: database.work_out(name, moment) for name in rollups.names(asked)}
    finally:
        database.close()
    shutil.rmtree(unfinished / "overflow", ignore_errors=True)
    made_of = rollups.fingerprint(release.manifest.data_as_of, settings, asked)
    (unfinished / rollups.MADE_OF).write_text(json.dumps(made_of), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    return counts
