"""Releases: immutable folders of parquet files, one of them current.

A warehouse is a folder with `releases/<id>/` and the file `CURRENT`, which holds the id in use. A release is
prepared in a staging folder on the same disk, moved into place, and switched in by replacing `CURRENT`: a
reader sees the old release or the new one, never half of one. Whoever writes holds the warehouse's lock (`lock`),
so what lies in staging while nobody holds it was left by a load that died, and the next load clears it away.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from string import ascii_lowercase
from typing import Any
from zoneinfo import ZoneInfo

from fuqi.store import lock

MANIFEST = "manifest.json"
STAGING_PREFIX = ".staging-"
SCRATCH_SUFFIX = ".scratch"
POINTER_PREFIX = ".CURRENT-"
LOCAL_ZONE = ZoneInfo("Asia/Shanghai")


class ReleaseError(RuntimeError):
    """The warehouse has no such release, or one of its files is not what it should be."""


@dataclass(frozen=True)
class TableEntry:
    """How one table came into a release; `loaded_in` is the release whose intake read its files.

    `columns` names the columns of the contract that at least one of its files had, filled or not; None in
    manifests that were written before it was recorded. `is_foreign` marks another city's export, mapped for trial.
    """

    rows: int
    refused: int
    flagged: int
    files: tuple[str, ...]
    label: str
    loaded_in: str
    columns: tuple[str, ...] | None = None
    is_foreign: bool = False

    def absent(self, *columns: str) -> tuple[str, ...]:
        """Those of the columns that no file had; none where that is unknown."""
        return () if self.columns is None else tuple(c for c in columns if c not in self.columns)


@dataclass(frozen=True)
class Manifest:
    release_id: str
    loaded_at: datetime
    data_as_of: datetime
    tables: dict[str, TableEntry]

    @property
    def label(self) -> str:
        """What the sources call themselves, such as 演示数据; empty for real data."""
        return "、".join(sorted({t.label for t in self.tables.values() if t.label}))

    def to_json(self) -> str:
        content = {
            "release_id": self.release_id,
            "loaded_at": self.loaded_at.isoformat(timespec="seconds"),
            "data_as_of": self.data_as_of.isoformat(timespec="seconds"),
            "tables": {name: asdict(entry) for name, entry in self.tables.items()},
        }
        return json.dumps(content, ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        content = json.loads(text)
        return cls(
            release_id=content["release_id"],
            loaded_at=datetime.fromisoformat(content["loaded_at"]),
            data_as_of=datetime.fromisoformat(content["data_as_of"]),
            tables={name: _entry(entry) for name, entry in content["tables"].items()},
        )


def _entry(content: dict[str, Any]) -> TableEntry:
    lists = {
        key: tuple(content[key]) for key in ("files", "columns") if content.get(key) is not None
    }
    return TableEntry(**{**content, **lists})


@dataclass(frozen=True)
class Release:
    folder: Path

    @property
    def release_id(self) -> str:
        return self.folder.name

    @cached_property
    def manifest(self) -> Manifest:
        """Raises ReleaseError when the manifest is missing or cannot be read."""
        path = self.folder / MANIFEST
        try:
            return Manifest.from_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ReleaseError(
                f"版本 {self.release_id} 的清单 {path.name} 读不出：{error}"
            ) from error

    def table_path(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"

    @property
    def table_names(self) -> tuple[str, ...]:
        return tuple(sorted(path.stem for path in self.folder.glob("*.parquet")))


@dataclass(frozen=True)
class Staging:
    """A release in the making."""

    folder: Path
    release_id: str
    previous: Release | None
    warehouse: "Warehouse"

    @property
    def scratch(self) -> Path:
        """A folder for whatever does not fit into memory; it goes when the staging goes."""
        return self.folder.with_name(self.folder.name + SCRATCH_SUFFIX)

    def carry_over(self, table: str) -> None:
        """Take a table of the previous release unchanged: a hard link, or a copy where links are refused."""
        if self.previous is None:
            raise ReleaseError(f"没有上一版本，无法沿用表 {table}")
        source, target = self.previous.table_path(table), self.folder / f"{table}.parquet"
        try:
            os.link(source, target)
        except FileNotFoundError as error:
            raise ReleaseError(f"上一版本 {self.previous.release_id} 没有表 {table}") from error
        except OSError:
            shutil.copy2(source, target)

    def publish(self, manifest: Manifest) -> Release:
        """Move the folder into place and make it the current release."""
        (self.folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        for path in self.folder.iterdir():
            _flush(path)
        _flush(self.folder)
        release = Release(self.warehouse.releases_folder / self.release_id)
        self.folder.rename(release.folder)
        try:
            _flush(self.warehouse.releases_folder)
            self.warehouse.switch_to(release.release_id)
        except OSError:
            # A full disk: a release that nobody was told of must not turn up in a rollback.
            if self.warehouse.current_id() != release.release_id:
                shutil.rmtree(release.folder, ignore_errors=True)
            raise
        return release


@dataclass(frozen=True)
class Warehouse:
    folder: Path

    @property
    def releases_folder(self) -> Path:
        return self.folder / "releases"

    @property
    def current_file(self) -> Path:
        return self.folder / "CURRENT"

    def current_id(self) -> str | None:
        """The id of the release in use, None when nothing was ever published. One small read, no parsing."""
        try:
            return self.current_file.read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None

    def current(self) -> Release | None:
        """The release in use; ReleaseError when `CURRENT` names one that is gone."""
        release_id = self.current_id()
        return None if release_id is None else self.release(release_id)

    def release(self, release_id: str) -> Release:
        folder = self.releases_folder / release_id
        if not (folder / MANIFEST).is_file():
            known = "、".join(r.release_id for r in self.releases()) or "没有任何版本"
            raise ReleaseError(f"没有版本 {release_id}；现有：{known}")
        return Release(folder)

    def releases(self) -> list[Release]:
        """Every published release, the oldest first."""
        if not self.releases_folder.is_dir():
            return []
        return [
            Release(folder)
            for folder in sorted(self.releases_folder.iterdir())
            if not folder.name.startswith(".") and (folder / MANIFEST).is_file()
        ]

    def rollback(self, release_id: str | None = None, *, wait_seconds: float = 0.0) -> Release:
        """Make an earlier release current: the one named, or the one before the current.

        Raises lock.BusyError when somebody else writes to the warehouse for longer than `wait_seconds`.
        """
        with lock.held(self.folder, "回退版本", wait_seconds):
            if release_id is None:
                current = self.current_id()
                earlier = [r for r in self.releases() if current and r.release_id < current]
                if not earlier:
                    raise ReleaseError("没有更早的版本可以回退")
                release_id = earlier[-1].release_id
            release = self.release(release_id)
            self.switch_to(release.release_id)
            return release

    def prune(self, keep: int, *, wait_seconds: float = 0.0) -> list[Release]:
        """Remove all but the `keep` newest releases, never the current one; gives those removed.

        A table that a later release shares stays: the file has a name in each of them.
        """
        if keep < 1:
            raise ReleaseError(f"要保留的版本数是 {keep}；至少应为 1。")
        with lock.held(self.folder, "清理旧版本", wait_seconds):
            current = self.current_id()
            removed = [r for r in self.releases()[:-keep] if r.release_id != current]
            for release in removed:
                # Out of the list before its files go: a release that lacks tables is never offered.
                doomed = release.folder.with_name(f"{STAGING_PREFIX}{release.release_id}.pruned")
                release.folder.rename(doomed)
                shutil.rmtree(doomed)
            return removed

    def switch_to(self, release_id: str) -> None:
        beside = self.folder / f"{POINTER_PREFIX}{os.getpid()}"
        try:
            beside.write_text(release_id + "\n", encoding="utf-8")
            _flush(beside)
            beside.replace(self.current_file)
        finally:
            beside.unlink(missing_ok=True)
        _flush(self.folder)

    @contextmanager
    def stage(self, *, wait_seconds: float = 0.0) -> Iterator[Staging]:
        """A folder to write the next release's tables into; it is removed when left without publishing.

        What loads that died left behind is cleared away first. Raises lock.BusyError when somebody else
        writes to the warehouse for longer than `wait_seconds`.
        """
        with lock.held(self.folder, "载入", wait_seconds):
            self.releases_folder.mkdir(parents=True, exist_ok=True)
            for leftover in self._unfinished():
                _remove(leftover)
            folder = self._new_folder()
            release_id = folder.name.removeprefix(STAGING_PREFIX)
            staging = Staging(folder, release_id, self.current(), self)
            try:
                yield staging
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                shutil.rmtree(staging.scratch, ignore_errors=True)

    def new_refused_folder(self) -> Path:
        """An empty folder, named by the moment, for the report of a load that was refused."""
        stamp = datetime.now(LOCAL_ZONE).strftime("%Y%m%d-%H%M%S")
        for suffix in ("", *ascii_lowercase):
            folder = self.folder / "refused" / f"{stamp}{suffix}"
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            return folder
        raise ReleaseError(f"一秒内拒绝了太多次载入（{stamp}），请稍后再试")

    def holder(self) -> str | None:
        """Who is writing to the warehouse and since when, None when nobody is."""
        return lock.holder(self.folder)

    def leftovers(self) -> list[Path]:
        """What an interrupted load left behind; nothing while somebody is writing, for it may be theirs."""
        return [] if self.holder() else self._unfinished()

    def _unfinished(self) -> list[Path]:
        return sorted(
            [
                *self.releases_folder.glob(f"{STAGING_PREFIX}*"),
                *self.folder.glob(f"{POINTER_PREFIX}*"),
            ]
        )

    def _new_folder(self) -> Path:
        """A staging folder under an id that no release and no other load has; making it takes the id."""
        # Ids sort by the time the load began; loads that begin within one second get a running letter.
        stamp = datetime.now(LOCAL_ZONE).strftime("%Y%m%d-%H%M%S")
        for suffix in ("", *ascii_lowercase):
            folder = self.releases_folder / f"{STAGING_PREFIX}{stamp}{suffix}"
            if (self.releases_folder / f"{stamp}{suffix}").exists():
                continue
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
        raise ReleaseError(f"一秒内开始了太多次载入（{stamp}），请稍后再试")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Have the disk keep what was written; directories too, where the system allows it."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no directories
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
