"""How numbers, dates and figures read in Chinese."""

import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

NOT_COMPUTABLE = "不可算"
SHARES = ("_rate", "_low", "_high", "_share")
"""Endings of columns that hold shares from 0 to 1."""

_ROUNDINGS = {"half_up": ROUND_HALF_UP, "truncate": ROUND_DOWN}


def number(value: float | None, digits: int = 0) -> str:
    """`12,345` or `1.50`; 不可算 for a missing value. Halves round up, as people expect."""
    if value is None or math.isnan(value):
        return NOT_COMPUTABLE
    return f"{_rounded(value, digits, 'half_up'):,}"


def percent(share: float | None, digits: int = 2, rounding: str = "half_up") -> str:
    """A share from 0 to 1 as `94.35%`; `rounding` is the setting of that name."""
    if share is None or math.isnan(share):
        return NOT_COMPUTABLE
    return f"{_in_percent(share, digits, rounding)}%"


def rounded_percent(share: float | None, rounding: str = "half_up") -> float | None:
    """A share as the percentage that `percent` writes, for a table that has to sort it."""
    return None if share is None else float(_in_percent(share, 2, rounding))


def hours(value: float | None) -> str:
    """Natural hours as `45分钟`, `6.5小时` or `3.2天`."""
    if value is None or math.isnan(value):
        return NOT_COMPUTABLE
    minutes = _rounded(value * 60, 0, "half_up")
    if minutes < 60:
        return f"{minutes}分钟"
    if value < 48:
        return f"{_rounded(value, 1, 'half_up')}小时"
    return f"{_rounded(value / 24, 1, 'half_up')}天"


def working_hours(value: float | None) -> str:
    """Working hours as `45分钟` or `11.5工时`: a working day has fewer hours than a day."""
    if value is None or math.isnan(value):
        return NOT_COMPUTABLE
    minutes = _rounded(value * 60, 0, "half_up")
    return f"{minutes}分钟" if minutes < 60 else f"{_rounded(value, 1, 'half_up')}工时"


def yuan(value: float | None) -> str:
    """An amount in 元 as people say it: `9.3亿元`, `6,128万元`, `8,000元`, with two decimals at most."""
    if value is None or math.isnan(value):
        return NOT_COMPUTABLE
    exact, in_wan = (_rounded(value / size, 2, "half_up") for size in (1, 10_000))
    if abs(exact) < 10_000:
        return f"{_plain(exact)}元"
    if abs(in_wan) < 10_000:
        return f"{_plain(in_wan)}万元"
    return f"{_plain(_rounded(value / 100_000_000, 2, 'half_up'))}亿元"


def days(value: float | None, unit: str = "天") -> str:
    """Days as `12天` or `12.5天`; working days with their own `unit`."""
    if value is None or math.isnan(value):
        return NOT_COMPUTABLE
    return f"{_plain(_rounded(value, 1, 'half_up'))}{unit}"


def moment(value: datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M")


def period(first: date, last: date) -> str:
    return f"{first:%Y-%m-%d} 至 {last:%Y-%m-%d}"


def figure(value: float | None, unit: str) -> str:
    """A published or computed figure with its unit; the unit 日期 marks a day written as 20230214."""
    if value is None or math.isnan(value):
        return NOT_COMPUTABLE
    if unit == "日期":
        text = f"{value:.0f}"
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    shown = f"{Decimal(repr(round(value, 2))).normalize():,f}"
    return f"{shown}{unit}" if unit == "%" else f"{shown} {unit}"


def published(qualifier: str | None, value: float, unit: str) -> str:
    """A figure as it was published: `约2,300 条`, but `600余 人次`."""
    shown = figure(value, unit)
    if qualifier == "余":
        amount, space, rest = shown.partition(" ")
        return f"{amount}余{space}{rest}"
    return f"{qualifier or ''}{shown}"


def difference(value: float | None, unit: str) -> str:
    """Computed minus published, signed; — where nothing was computed."""
    if value is None:
        return "—"
    if abs(value) < 0.005:
        return "0"
    if unit == "日期":
        return "不同"
    return f"{'+' if value > 0 else ''}{figure(value, unit)}"


def comparison(
    names: str,
    whole: str,
    verdicts: Sequence[str],
    is_low_good: bool,
    min_n: int,
    units: Sequence[str] = (),
) -> str:
    """What the verdicts of units say together, in a sentence; `names` is what they are, `whole` the area around them.

    `units` are their own names, in the order of the verdicts: where one alone is compared, as for somebody who sees one
    street, it is called by its name.

    `verdicts` are those of the query units_compared: 高于…, 低于…, 与…无显著差异, 样本不足, 无应计 or 不参加比较.
    """
    above = sum(v.startswith("高于") for v in verdicts)
    below = sum(v.startswith("低于") for v in verdicts)
    alike = sum(v.startswith("与") for v in verdicts)
    ranked = above + below + alike
    unranked = [
        f"{count}个{reason}"
        for reason in ("样本不足", "无应计")
        if (count := sum(v == reason for v in verdicts))
    ]
    rest = f"（另有{'、'.join(unranked)}，不参加排名）" if unranked else ""
    if not ranked:
        return f"没有{names}达到{min_n}件的最低样本数，不作比较{rest}。"
    sides = [(above, f"{above}个显著高于{whole}"), (below, f"{below}个显著低于{whole}")]
    if not is_low_good:
        sides.reverse()  # the worse side first
    good = "，此项低者为好" if is_low_good else ""
    if ranked == 1:
        place = next(i for i, v in enumerate(verdicts) if v.startswith(("高于", "低于", "与")))
        unit = units[place] if units else f"这个{names}"
        if alike:
            return f"{unit}与{whole}无显著差异，高一些、低一些可能只是偶然{rest}。"
        return f"{unit}显著{'高于' if above else '低于'}{whole}{good}{rest}。"
    found = [text for count, text in sides if count]
    if not found:
        return f"{ranked}个{names}都与{whole}无显著差异，名次先后可能只是偶然{rest}。"
    if alike:
        found.append("其余差异可能只是偶然")
    return f"{ranked}个{names}中，{'，'.join(found)}{good}{rest}。"


def _in_percent(share: float, digits: int, rounding: str) -> Decimal:
    # A share is a quotient of counts: ten digits bring back what binary fractions blur (0.285 * 100).
    exact = Decimal(repr(round(share * 100, 10)))
    return exact.quantize(Decimal(1).scaleb(-digits), _ROUNDINGS[rounding])


def _rounded(value: float, digits: int, rounding: str) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), _ROUNDINGS[rounding])


def _plain(value: Decimal) -> str:
    """Without zeros behind the last digit that says something; nothing is never minus nothing."""
    return f"{value.normalize() + 0:,f}"
