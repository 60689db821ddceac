"""Settings: weights, limits and minimums that an office decides, read from `data/settings.toml`."""

import tomllib
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from fuqi import paths

KINDS = {
    date: "日期，如 2022-06-01",
    int: "整数",
    float: "数字",
    bool: "true 或 false",
    str: "文字",
}


class SettingsError(ValueError):
    """The settings file names something unknown or holds a value of the wrong type."""


@dataclass(frozen=True)
class Settings:
    """See `data/settings.toml` for what each one means."""

    programme_start: date = date(2022, 6, 1)
    assignments_start: date = date(2023, 3, 1)
    min_n: int = 30
    partial_counts_as_resolved: bool = False
    basically_satisfied_counts: bool = True
    rounding: str = "half_up"
    refresh_seconds: int = 8
    boundary_note: str = "示意边界，非行政区划标准界线"
    map_approval_number: str = ""
    max_lost_share: float = 0.2
    uploads: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            expected = (int, float) if field.type is float else (field.type,)
            if type(value) not in expected:  # a bool is no int, a datetime no date
                raise SettingsError(f"设置 {field.name} 是 {value!r}，应为 {KINDS[field.type]}")
        for name in ("min_n", "refresh_seconds"):
            if getattr(self, name) < 1:
                raise SettingsError(f"设置 {name} 是 {getattr(self, name)}，至少应为 1")
        if not 0 <= self.max_lost_share <= 1:
            raise SettingsError(f"设置 max_lost_share 是 {self.max_lost_share}，应在 0 与 1 之间")
        if self.rounding not in ("half_up", "truncate"):
            raise SettingsError(f"设置 rounding 是 {self.rounding!r}，应为 half_up 或 truncate")


def load(path: Path = paths.SETTINGS) -> Settings:
    """The settings in `path`; what it leaves out, or a missing file, takes the defaults.

    Raises SettingsError naming the entry that is at fault.
    """
    if not path.is_file():
        return Settings()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path.name} 不是有效的 TOML：{error}") from error
    if unknown := set(content) - {f.name for f in fields(Settings)}:
        raise SettingsError(f"{path.name} 里有不认识的设置：{'、'.join(sorted(unknown))}")
    return Settings(**content)
