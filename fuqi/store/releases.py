"""Releases: immutable folders of parquet files, one of them current.

A warehouse is a folder with `releases/<id>/` and the file `CURRENT`, which holds the id in use. A release is
prepared in a staging folder on the same disk, moved into place, and switched in by replacing `CURRENT`: a
reader sees the old release or the new one, never half of one. Whoever writes holds the warehouse's lock (`lock`),
so what lies in staging while nobody holds it was left by a load that died, and the next load clears it away.

A folder in `releases/` with a mark in it was never current: a candidate, which waits for somebody to publish or
discard it, or what a load left that died just before the switch. It counts as a release from the moment `CURRENT`
names it; the mark goes right after.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from string import ascii_lowercase
from zoneinfo import ZoneInfo

from fuqi.store import lock
from fuqi.store.manifest import Manifest, TableEntry

__all__ = ["Manifest", "Pruned", "Release", "ReleaseError", "Staging", "TableEntry", "Warehouse"]

MANIFEST = "manifest.json"
STAGING_PREFIX = ".staging-"
SCRATCH_SUFFIX = ".scratch"
POINTER_PREFIX = ".CURRENT-"
CANDIDATE_MARK = ".candidate"
SWITCHING_MARK = ".switching"
MARKS = (CANDIDATE_MARK, SWITCHING_MARK)
LOCAL_ZONE = ZoneInfo("Asia/Shanghai")


class ReleaseError(RuntimeError):
    """The warehouse has no such release, or one of its files is not what it should be."""


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
class Pruned:
    """What `Warehouse.prune` removed: releases, candidates, and reports of loads that were refused."""

    releases: tuple[Release, ...] = ()
    candidates: tuple[Release, ...] = ()
    reports: tuple[Path, ...] = ()


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

    def prepared(self, manifest: Manifest) -> Release:
        """The release as far as it stands, to work something out from its tables before anybody sees it."""
        (self.folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        return Release(self.folder)

    def publish(self, manifest: Manifest) -> Release:
        """Move the folder into place and make it the current release."""
        release = self._put_in_place(manifest, SWITCHING_MARK)
        try:
            _flush(self.warehouse.releases_folder)
            self.warehouse.switch_to(release.release_id)
        except OSError:
            # A full disk: a release that nobody was told of must not turn up in a rollback.
            if self.warehouse.current_id() != release.release_id:
                _remove(release.folder)
            raise
        return release

    def keep_as_candidate(self, manifest: Manifest) -> Release:
        """Move the folder into place for `Warehouse.publish_candidate`; the current release stays."""
        candidate = self._put_in_place(manifest, CANDIDATE_MARK)
        _flush(self.warehouse.releases_folder)
        return candidate

    def _put_in_place(self, manifest: Manifest, mark: str) -> Release:
        based_on = self.previous.release_id if self.previous else None
        manifest = replace(manifest, based_on=based_on)
        (self.folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        (self.folder / mark).touch()
        for path in self.folder.rglob("*"):
            _flush(path)
        _flush(self.folder)
        release = Release(self.warehouse.releases_folder / self.release_id)
        self.folder.rename(release.folder)
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
        """The published release of that id; ReleaseError names those there are when it is none of them."""
        folder = self.releases_folder / release_id
        is_published = release_id == self.current_id() or not _marks(folder)
        if not is_published or not (folder / MANIFEST).is_file():
            known = "、".join(r.release_id for r in self.releases()) or "没有任何版本"
            raise ReleaseError(f"没有版本 {release_id}；现有：{known}")
        return Release(folder)

    def releases(self) -> list[Release]:
        """Every published release, the oldest first."""
        current = self.current_id()
        return [r for r in self._complete() if r.release_id == current or not _marks(r.folder)]

    def candidates(self) -> list[Release]:
        """What was prepared and waits to be published or discarded, the oldest first."""
        current = self.current_id()
        return [
            r
            for r in self._complete()
            if r.release_id != current and CANDIDATE_MARK in _marks(r.folder)
        ]

    def candidate(self, release_id: str) -> Release | None:
        """The candidate of that id; None when there is none, or none any more."""
        return next((c for c in self.candidates() if c.release_id == release_id), None)

    def publish_candidate(self, release_id: str, *, wait_seconds: float = 0.0) -> Release:
        """Make a candidate the current release; when it is that already, nothing is done.

        Raises ReleaseError when it is gone, or another release became current since it was prepared: what
        was shown of it, and the tables it carries over, are then out of date. Raises lock.BusyError when
        somebody else writes to the warehouse for longer than `wait_seconds`.
        """
        with lock.held(self.folder, "发布版本", wait_seconds):
            current = self.current_id()
            if release_id == current:
                return self.release(release_id)
            candidate = self.candidate(release_id)
            if candidate is None:
                if any(r.release_id == release_id for r in self.releases()):
                    raise ReleaseError(
                        f"版本 {release_id} 发布过，已被别的版本取代；可在历史版本中回退"
                    )
                raise ReleaseError(f"没有待发布的版本 {release_id}，可能已被放弃；请重新预览")
            based_on = candidate.manifest.based_on
            if based_on != current:
                raise ReleaseError(
                    f"版本 {release_id} 是对照{_named(based_on)}准备的，现在使用的是{_named(current)}；"
                    "请放弃它，重新预览后再发布"
                )
            self.switch_to(release_id)
            return candidate

    def discard_candidate(self, release_id: str, *, wait_seconds: float = 0.0) -> bool:
        """Remove a candidate; False when there was none. Never touches what was published."""
        with lock.held(self.folder, "放弃版本", wait_seconds):
            candidate = self.candidate(release_id)
            if candidate is not None:
                shutil.rmtree(_set_aside(candidate.folder))
            return candidate is not None

    def _complete(self) -> list[Release]:
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

    def prune(self, keep: int, *, wait_seconds: float = 0.0) -> Pruned:
        """Remove all but the `keep` newest releases, never the current one; gives what was removed.

        A table that a later release shares stays: the file has a name in each of them. Of the reports of
        refused loads the `keep` newest stay, and of the candidates those that can still be published.
        """
        if keep < 1:
            raise ReleaseError(f"要保留的版本数是 {keep}；至少应为 1。")
        with lock.held(self.folder, "清理旧版本", wait_seconds):
            current = self.current_id()
            removed = Pruned(
                tuple(r for r in self.releases()[:-keep] if r.release_id != current),
                tuple(
                    c
                    for place, c in enumerate(reversed(self.candidates()))
                    if place >= keep or not _is_based_on(current, c)
                ),
                tuple(sorted(self._refused_folder.glob("*"))[:-keep]),
            )
            for release in (*removed.releases, *removed.candidates):
                shutil.rmtree(_set_aside(release.folder))
            for report in removed.reports:
                shutil.rmtree(report)
            return removed

    def switch_to(self, release_id: str) -> None:
        """Have `CURRENT` name another release; for those who hold the lock."""
        # A mark that outlived its switch, by a kill, would hide a release that was in use.
        self._settle(self.current_id())
        beside = self.folder / f"{POINTER_PREFIX}{os.getpid()}"
        try:
            beside.write_text(release_id + "\n", encoding="utf-8")
            _flush(beside)
            beside.replace(self.current_file)
        finally:
            beside.unlink(missing_ok=True)
        _flush(self.folder)
        self._settle(release_id)

    def _settle(self, release_id: str | None) -> None:
        """Take the marks off a release that is, or was, in use."""
        if release_id is not None:
            for mark in MARKS:
                (self.releases_folder / release_id / mark).unlink(missing_ok=True)

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

    @property
    def _refused_folder(self) -> Path:
        return self.folder / "refused"

    def new_refused_folder(self) -> Path:
        """An empty folder, named by the moment, for the report of a load that was refused."""
        stamp = datetime.now(LOCAL_ZONE).strftime("%Y%m%d-%H%M%S")
        for suffix in ("", *ascii_lowercase):
            folder = self._refused_folder / f"{stamp}{suffix}"
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
        current = self.current_id()
        unswitched = {mark.parent for mark in self.releases_folder.glob(f"*/{SWITCHING_MARK}")}
        return sorted(
            {
                *self.releases_folder.glob(f"{STAGING_PREFIX}*"),
                *(folder for folder in unswitched if folder.name != current),
                *self.folder.glob(f"{POINTER_PREFIX}*"),
            }
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


def _marks(folder: Path) -> set[str]:
    return {mark for mark in MARKS if (folder / mark).exists()}


def _is_based_on(release_id: str | None, candidate: Release) -> bool:
    try:
        return candidate.manifest.based_on == release_id
    except ReleaseError:
        return False


def _named(release_id: str | None) -> str:
    return f"版本 {release_id} " if release_id else "空库"


def _remove(path: Path) -> None:
    """Remove what may be half a release, or a file, as far as it goes."""
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    if not path.name.startswith(STAGING_PREFIX):
        path = _set_aside(path)
    shutil.rmtree(path, ignore_errors=True)


def _set_aside(folder: Path) -> Path:
    """Take a release out of the list before its files go, so that one that lacks tables is never offered."""
    return folder.rename(folder.with_name(f"{STAGING_PREFIX}{folder.name}.pruned"))


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
