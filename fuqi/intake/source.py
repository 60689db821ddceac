"""Where a load comes from: the files of a folder and what its `source.toml` says about them."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fuqi.contract.model import Contract
from fuqi.intake.errors import IntakeError
from fuqi.intake.places import EXPORT_DATUMS

SOURCE_FILE = "source.toml"
LOCAL_ZONE = ZoneInfo("Asia/Shanghai")
KNOWN_ENTRIES = {"label", "exported_at", "load", "files"}
KNOWN_FILE_ENTRIES = {"pattern", "table", "datum", "mapping", "load"}
FULL, INCREMENTAL = "full", "incremental"


@dataclass(frozen=True)
class FileRule:
    """What `source.toml` says about the files whose name fits `pattern`."""

    pattern: str
    table: str | None = None
    datum: str | None = None
    mapping: str | None = None
    load: str | None = None


@dataclass(frozen=True)
class Source:
    """The files of one load, out of `folder`.

    `label` is empty for real data and names anything else, such as 演示数据. `load` says whether the files
    replace their tables (full) or bring news to them (incremental). `folders` are those beside the files, whose
    contents are not part of the load.
    """

    files: tuple[Path, ...]
    label: str = ""
    exported_at: datetime | None = None
    rules: tuple[FileRule, ...] = ()
    folder: Path = Path()
    load: str = FULL
    folders: tuple[Path, ...] = ()

    def is_incremental(self, *names: str, usual: str | None = None) -> bool:
        """Whether a file of these names brings news to its table instead of replacing it.

        `usual` is how a table is loaded unless a rule for the file says otherwise, whatever holds for the source.
        """
        return (self.rule_for(*names).load or usual or self.load) == INCREMENTAL

    def rule_for(self, *names: str) -> FileRule:
        """The first rule that fits one of a file's names; a rule without statements when none does."""
        for rule in self.rules:
            if any(fnmatch(name, rule.pattern) for name in names):
                return rule
        return FileRule(pattern="*")


def open_source(place: Path, contract: Contract) -> Source:
    """The files of a folder, or one file, by name; `source.toml` beside them is obeyed.

    Raises IntakeError when the place does not exist, holds no file, or `source.toml` has an entry
    that is not understood.
    """
    folders: tuple[Path, ...] = ()
    if place.is_dir():
        folder, files = place, sorted(path for path in place.iterdir() if _is_export(path))
        folders = tuple(sorted(p for p in place.iterdir() if p.is_dir() and _holds_files(p)))
    elif place.is_file():
        folder, files = place.parent, [place]
    else:
        raise IntakeError(f"找不到 {place}；请给出存放导出文件的文件夹，或一个文件。")
    if not files:
        inside = f"，只有文件夹 {'、'.join(f.name for f in folders)}" if folders else ""
        raise IntakeError(f"{place} 里没有文件{inside}；请把导出的表格直接放进去再载入。")
    description = folder / SOURCE_FILE
    if not description.is_file():
        return Source(tuple(files), folder=folder, folders=folders)
    try:
        content = tomllib.loads(description.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IntakeError(
            f"{SOURCE_FILE} 读不出：{error}；请按 TOML 格式、以 UTF-8 保存。"
        ) from error
    _refuse_unknown(content, KNOWN_ENTRIES, SOURCE_FILE)
    label = content.get("label", "")
    if not isinstance(label, str):
        raise IntakeError(f"{SOURCE_FILE} 的 label 是 {label!r}；应为文字。")
    rules = content.get("files", [])
    if not isinstance(rules, list):
        raise IntakeError(f"{SOURCE_FILE} 的 files 是 {rules!r}；应写成 [[files]] 小节。")
    return Source(
        files=tuple(files),
        label=label,
        exported_at=_exported_at(content.get("exported_at")),
        rules=tuple(_rule(entry, contract) for entry in rules),
        folder=folder,
        load=_load(content, SOURCE_FILE) or FULL,
        folders=folders,
    )


def modified_at(file: Path) -> datetime:
    """When the file was last written, as Shanghai local time."""
    return as_local(datetime.fromtimestamp(file.stat().st_mtime, LOCAL_ZONE))


def as_local(moment: datetime) -> datetime:
    """The moment as Shanghai local time without a zone; one without a zone is taken as such."""
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(LOCAL_ZONE).replace(tzinfo=None)


def _is_export(path: Path) -> bool:
    # "~$" is the lock file that a spreadsheet program keeps beside an open workbook.
    # A TOML file describes: source.toml, or a mapping that it names.
    return (
        path.is_file() and path.suffix.lower() != ".toml" and not path.name.startswith((".", "~$"))
    )


def _holds_files(folder: Path) -> bool:
    return any(path.is_file() and not path.name.startswith(".") for path in folder.rglob("*"))


def _exported_at(value: object) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return as_local(value)
    if isinstance(value, date):
        return datetime.combine(value, time(23, 59, 59))
    raise IntakeError(
        f"{SOURCE_FILE} 的 exported_at 是 {value!r}；应写成 exported_at = 2023-06-28 18:00:00，不加引号。"
    )


def _rule(entry: dict[str, Any], contract: Contract) -> FileRule:
    if not isinstance(entry, dict) or not isinstance(entry.get("pattern"), str):
        raise IntakeError(
            f'{SOURCE_FILE} 的 [[files]] 缺少 pattern；应写明文件名，如 pattern = "诉求*.xlsx"。'
        )
    place = f"{SOURCE_FILE} 的 [[files]] {entry['pattern']}"
    _refuse_unknown(entry, KNOWN_FILE_ENTRIES, place)
    _load(entry, place)
    rule = FileRule(**entry)
    if rule.table is not None and rule.table not in contract.names:
        raise IntakeError(f"{place}：没有表 {rule.table}；可用的表：{'、'.join(contract.names)}。")
    if rule.datum is not None and rule.datum not in EXPORT_DATUMS:
        raise IntakeError(f"{place}：不认识坐标系 {rule.datum}；可用：{'、'.join(EXPORT_DATUMS)}。")
    if not isinstance(rule.mapping, str | None):
        raise IntakeError(f"{place} 的 mapping 是 {rule.mapping!r}；应为映射的名称。")
    if rule.mapping is not None and rule.table is not None:
        raise IntakeError(f"{place}：mapping 已说明是哪张表；请去掉 table。")
    return rule


def _load(content: dict[str, Any], place: str) -> str | None:
    load = content.get("load")
    if load not in (None, FULL, INCREMENTAL):
        raise IntakeError(
            f"{place} 的 load 是 {load!r}；可用：{FULL}（整表替换）、{INCREMENTAL}（增量）。"
        )
    return load


def _refuse_unknown(content: dict[str, Any], known: set[str], place: str) -> None:
    if unknown := sorted(set(content) - known):
        raise IntakeError(
            f"{place} 有不认识的条目：{'、'.join(unknown)}；可用：{'、'.join(sorted(known))}。"
        )
