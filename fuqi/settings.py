"""Settings: weights, limits and minimums that an office decides, read from `data/settings.toml`."""

import tomllib
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from fuqi import paths


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

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            expected = (int, float) if field.type is float else (field.type,)
            if type(value) not in expected:  # a bool is no int, a datetime no date
                raise SettingsError(
                    f"setting {field.name} is {value!r}; a {field.type.__name__} is expected"
                )
        for name in ("min_n", "refresh_seconds"):
            if getattr(self, name) < 1:
                raise SettingsError(
                    f"setting {name} is {getattr(self, name)}; at least 1 is expected"
                )
        if not 0 <= self.max_lost_share <= 1:
            raise SettingsError(
                f"setting max_lost_share is {self.max_lost_share}; a share from 0 to 1 is expected"
            )
        if self.rounding not in ("half_up", "truncate"):
            raise SettingsError(f"setting rounding is {self.rounding!r}; use half_up or truncate")


def load(path: Path = paths.SETTINGS) -> Settings:
    """The settings in `path`; what it leaves out, or a missing file, takes the defaults.

    Raises SettingsError naming the entry that is at fault.
    """
    if not path.is_file():
        return Settings()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path.name}: not valid TOML - {error}") from error
    if unknown := set(content) - {f.name for f in fields(Settings)}:
        raise SettingsError(f"{path.name}: unknown settings {sorted(unknown)}")
    return Settings(**content)
