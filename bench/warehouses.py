"""Warehouses to measure over: the demo's, and larger ones that are made once and kept."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.results import OUT, RefusalError
from bench.served import environment
from fuqi import paths
from fuqi.store import Warehouse

KEPT = OUT / "warehouses"
DEMO_APPEALS = 2300
"""Up to so many are the demo exports as they stand."""


class MakingError(RefusalError):
    """A warehouse could not be made; what the command printed is in it."""


@contextmanager
def demo() -> Iterator[Path]:
    """A warehouse with `data/exports` in it, as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        _load(paths.EXPORTS, Path(folder))
        yield Path(folder)


def of_size(appeals: int, kept: Path = KEPT) -> Path:
    """A warehouse with so many appeals, made by the demo generator and the intake unless `kept` holds it already.

    Raises MakingError with what the commands said; then nothing is kept.
    """
    place = kept / (f"{appeals}" if appeals > DEMO_APPEALS else "demo")
    if Warehouse(place).current_id() is not None:
        return place
    kept.mkdir(parents=True, exist_ok=True)
    if appeals <= DEMO_APPEALS:
        _load(paths.EXPORTS, place)
        return place
    with tempfile.TemporaryDirectory(dir=kept) as folder:
        exports, unfinished = Path(folder) / "exports", Path(folder) / "warehouse"
        _fuqi(["demo", "--appeals", str(appeals), "--folder", str(exports)], unfinished)
        _load(exports, unfinished)
        unfinished.rename(place)
    return place


def appeals(warehouse: Path) -> int:
    """The appeals of the current release; MakingError when there is no release."""
    release = Warehouse(warehouse).current()
    if release is None:
        raise MakingError(f"{warehouse} holds no release; load one with FUQI_WAREHOUSE={warehouse}")
    return release.manifest.tables["appeals"].rows


def _load(source: Path, warehouse: Path) -> None:
    _fuqi(["intake", str(source)], warehouse)


def _fuqi(arguments: list[str], warehouse: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-m", "fuqi", *arguments],
        cwd=paths.PROJECT,
        env=environment(warehouse),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = f"{done.stdout}\n{done.stderr}"[-2000:]
        raise MakingError(f"fuqi {' '.join(arguments)} ended with {done.returncode}:\n{said}")
