"""The manifest of a release: how every table and every file came into it, written beside the tables."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any


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

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "TableEntry":
        """The entry that `asdict` made `content` of."""
        lists = {
            key: tuple(content[key]) for key in ("files", "columns") if content.get(key) is not None
        }
        return cls(**{**content, **lists})


@dataclass(frozen=True)
class FileOutcome:
    """What came of one sheet of one file; `table` is empty when it fits no table.

    `rows_read` = `loaded` + `refused` + `superseded` + `outdated`, and `loaded` = `new` + `changed` +
    `identical`, beside the release before. Outdated rows of an incremental load went back in time: they are
    flagged, and not loaded. The other flagged rows are among those loaded. `mapping` names the mapping
    file that was used, and is empty where the contract's own headers were found.
    """

    file: str
    sheet: str = ""
    table: str = ""
    rows_read: int = 0
    loaded: int = 0
    refused: int = 0
    flagged: int = 0
    superseded: int = 0
    new: int = 0
    changed: int = 0
    identical: int = 0
    outdated: int = 0
    is_incremental: bool = False
    ignored_columns: tuple[str, ...] = ()
    reason: str = ""
    mapping: str = ""

    @property
    def place(self) -> str:
        """The file, and the sheet where it has several, as a person names them."""
        return f"{self.file}〔{self.sheet}〕" if self.sheet else self.file

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "FileOutcome":
        """The outcome that `asdict` made `content` of; entries of other versions are passed over."""
        known = {f.name: content[f.name] for f in fields(cls) if f.name in content}
        return cls(**{**known, "ignored_columns": tuple(known.get("ignored_columns", ()))})


@dataclass(frozen=True)
class Completed:
    """What a side list did: its rows, the cases they are about, and how many of these it changed.

    `side_list` and `table` are titles.
    """

    side_list: str
    table: str
    rows: int
    cases: int
    changed: int


@dataclass(frozen=True)
class Manifest:
    """`files` and `completed` tell of the load that made the release, `based_on` of the release in use then.

    All are empty in manifests written before they were kept.
    """

    release_id: str
    loaded_at: datetime
    data_as_of: datetime
    tables: dict[str, TableEntry]
    files: tuple[FileOutcome, ...] = field(default=())
    based_on: str | None = None
    completed: tuple[Completed, ...] = ()

    @property
    def label(self) -> str:
        """What the sources call themselves, such as 演示数据; empty for real data."""
        return "、".join(sorted({t.label for t in self.tables.values() if t.label}))

    @property
    def row_count(self) -> int:
        return sum(entry.rows for entry in self.tables.values())

    @property
    def not_loaded(self) -> tuple[str, ...]:
        """The tables whose rows came from the release before; side lists may have completed them."""
        return tuple(
            name for name, entry in self.tables.items() if entry.loaded_in != self.release_id
        )

    def to_json(self) -> str:
        content = {
            "release_id": self.release_id,
            "loaded_at": self.loaded_at.isoformat(timespec="seconds"),
            "data_as_of": self.data_as_of.isoformat(timespec="seconds"),
            "based_on": self.based_on,
            "tables": {name: asdict(entry) for name, entry in self.tables.items()},
            "files": [asdict(file) for file in self.files],
            "completed": [asdict(done) for done in self.completed],
        }
        return json.dumps(content, ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        content = json.loads(text)
        return cls(
            release_id=content["release_id"],
            loaded_at=datetime.fromisoformat(content["loaded_at"]),
            data_as_of=datetime.fromisoformat(content["data_as_of"]),
            tables={
                name: TableEntry.from_content(entry) for name, entry in content["tables"].items()
            },
            files=tuple(map(FileOutcome.from_content, content.get("files", ()))),
            based_on=content.get("based_on"),
            completed=tuple(Completed(**done) for done in content.get("completed", ())),
        )
