"""Targets an office has set itself: by KPI, from a day to a day, for the district or one street.

Read from `data/targets.toml`; see there for what an entry holds and which of several counts.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fuqi import paths, wording
from fuqi.settings import SettingsError
from fuqi.store import Kpi, kpis

REACHED, MISSED, NO_DIFFERENCE, TOO_FEW = "达标", "未达标", "与目标无显著差异", "样本不足"
Z = 1.959964
"""The 97.5% point of the normal distribution: 95% lie within."""
ENTRIES = ("measure", "value", "from", "to", "street")


class TargetsError(SettingsError):
    """The targets file holds an entry that is not understood, or two that contradict each other."""


@dataclass(frozen=True)
class Target:
    """What a KPI is to reach from `first` to `last`, both included; for the whole district without `street`."""

    measure: str
    value: float
    first: date
    last: date
    street: str | None = None

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        place = self.street or "全区"
        return f"{self.measure} {place} {wording.period(self.first, self.last)} 目标 {self.value:g}"


@dataclass(frozen=True)
class Targets:
    entries: tuple[Target, ...] = ()

    def __post_init__(self) -> None:
        for place, one in enumerate(self.entries):
            for other in self.entries[place + 1 :]:
                # The later beginning wins; two that begin on one day leave it open.
                if (one.measure, one.street, one.first) == (
                    other.measure,
                    other.street,
                    other.first,
                ):
                    raise TargetsError(
                        f"两个目标重叠且不分先后：“{one}”与“{other}”；请删去一个，或改起始日期"
                    )

    def at(self, measure: str, day: date, street: str | None = None) -> Target | None:
        """The target that counts on a day: the street's own before the district's, the later begun before the other."""
        found = [
            t
            for t in self.entries
            if t.measure == measure and t.covers(day) and t.street in (None, street)
        ]
        return max(found, key=lambda t: (t.street is not None, t.first), default=None)


def judged(kpi: Kpi, target: Target, value: float | None, n: int | None, min_n: int) -> str | None:
    """How a value stands to its target; None where there is no value.

    A rate over fewer than `min_n` cases, or a median of fewer, is not judged, and a rate whose 95% interval (Wilson)
    holds the target does not differ from it. A count needs no minimum.
    """
    if value is None or math.isnan(value):
        return None
    is_rate = kpi.column.endswith("_rate")
    if n is not None and n < min_n and not kpi.column.endswith("_count"):
        return TOO_FEW
    if is_rate and n:
        low, high = wilson(value, n)
        if low <= target.value <= high:
            return NO_DIFFERENCE
    is_reached = value <= target.value if kpi.is_low_good else value >= target.value
    return REACHED if is_reached else MISSED


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95% score interval of a share of n (Wilson 1927), as the macros of the queries have it."""
    middle = share + Z**2 / (2 * n)
    half = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    scale = 1 + Z**2 / n
    low, high = (middle - half) / scale, (middle + half) / scale
    return (0.0 if share == 0 else max(0.0, low)), (1.0 if share == 1 else min(1.0, high))


def shown(target: Target, rounding: str = "half_up") -> str:
    """A target's value as its KPI is shown."""
    if target.measure.endswith("_rate"):
        return wording.percent(target.value, _decimals(target.value * 100), rounding)
    if target.measure.endswith("_working_hours"):
        return wording.working_hours(target.value)
    if target.measure.endswith("_hours"):
        return wording.hours(target.value)
    return wording.number(target.value, _decimals(target.value))


def load(path: Path | None = None) -> Targets:
    """The targets in the file; none when there is no such file. TargetsError names the entry at fault."""
    path = paths.TARGETS if path is None else path
    if not path.is_file():
        return Targets()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetsError(f"{path.name} 不是有效的 TOML：{error}") from error
    if unknown := set(content) - {"targets"}:
        raise TargetsError(
            f"{path.name} 里有不认识的条目：{'、'.join(sorted(unknown))}；每个目标写成一个 [[targets]]"
        )
    entries = content.get("targets", [])
    if not isinstance(entries, list):
        raise TargetsError(f"{path.name} 的 targets 应写成一个个 [[targets]]")
    return Targets(
        tuple(
            _target(entry, f"{path.name} 的第 {number} 个目标")
            for number, entry in enumerate(entries, 1)
        )
    )


def _target(entry: Mapping[str, Any], place: str) -> Target:
    if not isinstance(entry, dict):
        raise TargetsError(f"{place}是 {entry!r}；应写成一个 [[targets]]")
    if unknown := set(entry) - set(ENTRIES):
        raise TargetsError(
            f"{place}有不认识的条目：{'、'.join(sorted(unknown))}；可用：{'、'.join(ENTRIES)}"
        )
    if missing := [name for name in ENTRIES[:4] if name not in entry]:
        raise TargetsError(f"{place}缺少 {'、'.join(missing)}")
    measure, value, first, last = (entry[name] for name in ENTRIES[:4])
    kpi = kpis().get(measure) if isinstance(measure, str) else None
    if kpi is None or kpi.is_low_good is None:
        known = "、".join(k.column for k in kpis().values() if k.is_low_good is not None)
        raise TargetsError(f"{place}的 measure 是 {measure!r}；可设目标的指标：{known}")
    if type(value) not in (int, float) or not math.isfinite(value) or value < 0:
        raise TargetsError(f"{place}的 value 是 {value!r}；应为不小于 0 的数字")
    if measure.endswith("_rate") and value > 1:
        raise TargetsError(f"{place}的 value 是 {value!r}；比率写成 0 到 1，95% 写作 0.95")
    for name, day in (("from", first), ("to", last)):
        if not isinstance(day, date) or isinstance(day, datetime):
            raise TargetsError(f"{place}的 {name} 是 {day!r}；应为日期，如 2023-01-01，不加引号")
    if first > last:
        raise TargetsError(f"{place}的 from {first} 晚于 to {last}")
    street = entry.get("street")
    if street is not None and (not isinstance(street, str) or not street.strip()):
        raise TargetsError(f"{place}的 street 是 {street!r}；应为街道名称，全区的目标不写 street")
    return Target(measure, float(value), first, last, street)


def _decimals(value: float) -> int:
    """As many decimals as the value needs, two at most."""
    return next((d for d in (0, 1) if round(value, 6) == round(value, d)), 2)
