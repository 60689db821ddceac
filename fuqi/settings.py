"""Settings: weights, limits and minimums that an office decides, read from `data/settings.toml`."""

import tomllib
from dataclasses import dataclass, field, fields
from datetime import date
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from fuqi import paths
from fuqi.worktime import WORKING_DAYS, Limit, OfficeHours, WorktimeError

ACCESS_MODES = ("open", "oidc", "proxy")
TEXT_LISTS = (
    "proxy_addresses",
    "leadership_roles",
    "street_roles",
    "data_keeper_roles",
    "auditor_roles",
)

KINDS = {
    date: "日期，如 2022-06-01",
    int: "整数",
    float: "数字",
    bool: "true 或 false",
    str: "文字",
    OfficeHours: '时段的列表，如 ["09:00-12:00", "14:00-18:00"]',
    tuple: "由 category、amount、unit 组成的表，每个类型一个 [[deadline_limits]]",
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
    response_weight: float = 30.0
    resolved_weight: float = 35.0
    satisfied_weight: float = 35.0
    common_min_count: int = 5
    common_min_firms: int = 3
    common_min_ratio: float = 1.5
    common_fdr: float = 0.05
    common_recent_weeks: int = 4
    common_earlier_weeks: int = 12
    rounding: str = "half_up"
    report_month_day: int = 25
    visits_per_quarter: int = 1
    station_radius_metres: int = 500
    office_hours: OfficeHours = field(default_factory=OfficeHours)
    deadline_limits: tuple = (
        Limit("政策咨询", 24, "hours"),
        Limit("*", 3, WORKING_DAYS),
    )
    refresh_seconds: int = 8
    boundary_note: str = "示意边界，非行政区划标准界线"
    map_approval_number: str = ""
    briefing_office: str = ""
    tile_url: str = ""
    tile_attribution: str = ""
    max_lost_share: float = 0.2
    uploads: bool = False
    access: str = "open"
    account_claim: str = "sub"
    roles_claim: str = "roles"
    streets_claim: str = "streets"
    proxy_addresses: tuple = ()
    account_header: str = "X-Fuqi-Account"
    roles_header: str = "X-Fuqi-Roles"
    streets_header: str = "X-Fuqi-Streets"
    leadership_roles: tuple = ("leadership", "区领导")
    street_roles: tuple = ("street", "街道")
    data_keeper_roles: tuple = ("data_keeper", "数据管理员")
    auditor_roles: tuple = ("auditor", "审计")
    requests_per_minute: int = 1200
    connections_per_address: int = 200
    query_threads: int = 0
    query_memory_mb: int = 3600

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            expected = (int, float) if entry.type is float else (entry.type,)
            if type(value) not in expected:  # a bool is no int, a datetime no date
                raise SettingsError(f"设置 {entry.name} 是 {value!r}，应为 {KINDS[entry.type]}")
        for name in (
            "min_n",
            "refresh_seconds",
            "common_min_count",
            "common_min_firms",
            "common_min_ratio",
            "common_recent_weeks",
            "common_earlier_weeks",
            "visits_per_quarter",
            "station_radius_metres",
            "requests_per_minute",
            "connections_per_address",
        ):
            if getattr(self, name) < 1:
                raise SettingsError(f"设置 {name} 是 {getattr(self, name)}，至少应为 1")
        for name in (
            "response_weight",
            "resolved_weight",
            "satisfied_weight",
            "query_threads",
            "query_memory_mb",
        ):
            if getattr(self, name) < 0:
                raise SettingsError(f"设置 {name} 是 {getattr(self, name)}，不能小于 0")
        if not self.response_weight + self.resolved_weight + self.satisfied_weight:
            raise SettingsError("综合得分的三个权重都是 0，至少一个应大于 0")
        if self.access not in ACCESS_MODES:
            raise SettingsError(
                f"设置 access 是 {self.access!r}，应为 {'、'.join(ACCESS_MODES)} 之一"
            )
        for address in self.proxy_addresses:
            if not _is_network(address):
                raise SettingsError(
                    f"设置 proxy_addresses 里有 {address!r}，应为 10.0.0.5 或 10.0.0.0/24 这样的地址"
                )
        if self.access == "proxy" and not self.proxy_addresses:
            raise SettingsError(
                "设置 access 是 proxy，而 proxy_addresses 是空的；请写明反向代理的地址"
            )
        if self.tile_url and not _is_tile_url(self.tile_url):
            raise SettingsError(
                f"设置 tile_url 是 {self.tile_url!r}，应为含 {{x}}、{{y}}、{{z}} 的 http(s) 地址，或空"
            )
        if not 0 <= self.max_lost_share <= 1:
            raise SettingsError(f"设置 max_lost_share 是 {self.max_lost_share}，应在 0 与 1 之间")
        if not 0 < self.common_fdr < 1:
            raise SettingsError(f"设置 common_fdr 是 {self.common_fdr}，应大于 0 且小于 1")
        if not 1 <= self.report_month_day <= 28:
            raise SettingsError(
                f"设置 report_month_day 是 {self.report_month_day}，应在 1 与 28 之间"
            )
        if self.rounding not in ("half_up", "truncate"):
            raise SettingsError(f"设置 rounding 是 {self.rounding!r}，应为 half_up 或 truncate")


def _is_network(address: str) -> bool:
    try:
        ip_network(address, strict=False)
    except ValueError:
        return False
    return True


def _is_tile_url(url: str) -> bool:
    """Whether an address can be filled in with column, row and level of a tile."""
    try:
        filled = url.format(x=1, y=2, z=3)
    except (KeyError, IndexError, ValueError):
        return False
    names_all = all(name in url for name in ("{x}", "{y}", "{z}"))
    return names_all and filled.startswith(("http://", "https://"))


def load(path: Path = paths.SETTINGS) -> Settings:
    """The settings in `path`; what it leaves out, or a missing file, takes the defaults.

    Raises SettingsError naming the entry that is at fault.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return Settings()
    return _in_file(path, status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


@lru_cache(maxsize=8)
def _in_file(path: Path, *_: int) -> Settings:
    """The settings of a file as it was at a moment: each request asks for them, and reading takes a millisecond."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path.name} 不是有效的 TOML：{error}") from error
    if unknown := set(content) - {f.name for f in fields(Settings)}:
        raise SettingsError(f"{path.name} 里有不认识的设置：{'、'.join(sorted(unknown))}")
    return Settings(**{name: _parsed(name, value) for name, value in content.items()})


def _parsed(name: str, value: Any) -> Any:
    """A value as the dataclass keeps it: lists of TOML become office hours and limits."""
    if not isinstance(value, list):
        return value
    if name in TEXT_LISTS:
        if not all(isinstance(entry, str) and entry for entry in value):
            raise SettingsError(f'设置 {name} 是 {value!r}，应为文字的列表，如 ["街道"]')
        return tuple(value)
    try:
        if name == "office_hours":
            return OfficeHours.parse(value)
        if name == "deadline_limits":
            return tuple(_limit(entry) for entry in value)
    except WorktimeError as error:
        raise SettingsError(f"设置 {name}：{error}") from error
    return value


def _limit(entry: Any) -> Limit:
    kinds = {
        "category": (str,),
        "amount": (int, float),
        "unit": (str,),
        "counts_receipt_day": (bool,),
    }
    if not isinstance(entry, dict) or not {"category", "amount", "unit"} <= set(entry):
        raise SettingsError(f"设置 deadline_limits 里有 {entry!r}，应为 {KINDS[tuple]}")
    for key, value in entry.items():
        if type(value) not in kinds.get(key, ()):
            raise SettingsError(f"设置 deadline_limits 的 {key} 是 {value!r}，不认识或类型不对")
    return Limit(**entry)
