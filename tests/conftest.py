"""What several test folders share: the demo exports, loaded once."""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuqi import audit, intake, paths
from fuqi.store import Warehouse, lock
from tests.small_exports import write_small_exports

NOT_SHARED = shutil.ignore_patterns(lock.LOCK_FILE, audit.FOLDER)
"""A lock or a log that two warehouses shared by a hard link would be one."""


def load_exports(folder: Path, warehouse: Path) -> str:
    """Load `folder` as a data keeper does, with `python -m fuqi intake`; gives what the command printed."""
    done = subprocess.run(
        [sys.executable, "-m", "fuqi", "intake", str(folder)],
        cwd=paths.PROJECT,
        env={**os.environ, "FUQI_WAREHOUSE": str(warehouse), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"intake of {folder} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(autouse=True)
def _loggers_stay_on() -> Iterator[None]:
    """Names the test that silences the log: setting logging up turns off, unless told not to, all loggers there are."""
    yield
    known = logging.root.manager.loggerDict.values()
    ours = [log for log in known if isinstance(log, logging.Logger) and log.name.startswith("fuqi")]
    off = [log.name for log in ours if log.disabled]
    for log in ours:
        log.disabled = False
    assert not off, f"this test switched off the loggers {', '.join(off)}"


@pytest.fixture(scope="session")
def demo_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with `data/exports` in it, for reading only."""
    folder = tmp_path_factory.mktemp("demo") / "warehouse"
    load_exports(paths.EXPORTS, folder)
    return folder


@pytest.fixture(scope="module")
def changing_warehouse(demo_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same data in a warehouse of the module's own, which its tests may load into."""
    folder = tmp_path_factory.mktemp("changing") / "warehouse"
    shutil.copytree(demo_warehouse, folder, copy_function=_link_or_copy, ignore=NOT_SHARED)
    return folder


@pytest.fixture(scope="session")
def small_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with the small exports in it, for copying only."""
    folder = tmp_path_factory.mktemp("small")
    intake.run(write_small_exports(folder / "exports"), Warehouse(folder / "warehouse"))
    return folder / "warehouse"


@pytest.fixture
def warehouse(tmp_path: Path, small_warehouse: Path) -> Warehouse:
    """A warehouse of the test's own that holds the small exports."""
    return copied(small_warehouse, tmp_path / "warehouse")


@pytest.fixture
def today(tmp_path: Path) -> Path:
    """An empty folder for what is loaded after them."""
    folder = tmp_path / "today"
    folder.mkdir()
    return folder


def copied(warehouse: Path, to: Path) -> Warehouse:
    """A warehouse of a test's own with the same releases."""
    shutil.copytree(warehouse, to, copy_function=_link_or_copy, ignore=NOT_SHARED)
    return Warehouse(to)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
