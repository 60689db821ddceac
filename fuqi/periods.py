"""The periods a page offers by name, and those that a release keeps medians for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fuqi.settings import Settings


@dataclass(frozen=True)
class Period:
    """Two days, both included."""

    first: date
    last: date

    @property
    def previous(self) -> "Period":
        """As many days, ending the day before."""
        days = self.last - self.first + timedelta(days=1)
        return Period(self.first - days, self.last - days)

    @property
    def step(self) -> str:
        """The step a trend over this period is drawn in: day, week or month."""
        days = (self.last - self.first).days + 1
        return "day" if days <= 31 else "week" if days <= 200 else "month"


def presets(today: date, settings: Settings) -> dict[str, Period]:
    """The periods offered by name; `today` is the day of the data, not of the clock."""
    month = today.replace(day=1)
    last_month_end = month - timedelta(days=1)
    return {
        "今日": Period(today, today),
        "本周": Period(today - timedelta(days=today.weekday()), today),
        "本月": Period(month, today),
        "上月": Period(last_month_end.replace(day=1), last_month_end),
        "本季度": Period(today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today),
        "今年": Period(today.replace(month=1, day=1), today),
        "报告月": _report_month(today, settings.report_month_day),
        "启动以来": Period(min(settings.programme_start, today), today),
    }


def kept(today: date, settings: Settings) -> tuple[Period, ...]:
    """Those offered by name and the ones before them, which changes are told from: what hardly anybody goes beyond."""
    offered = presets(today, settings).values()
    periods = {*offered, *(period.previous for period in offered)}
    return tuple(sorted(periods, key=lambda period: (period.first, period.last)))


def spans(as_of: datetime, settings: Settings, first_known: date | None) -> tuple[Period, ...]:
    """The kept periods, and the weeks that a rise up to the end of an offered one is told from.

    `first_known` is the first day with appeals, None where there are none. The last weeks end with the last day that is
    over at `as_of`; of those before them, whole ones count that the data reach back to, as `rise_spans.sql` has it.
    """
    today = as_of.date()
    found = set(kept(today, settings))
    last_over = (as_of + timedelta(seconds=1)).date() - timedelta(days=1)
    for offered in presets(today, settings).values():
        last = min(offered.last, last_over)
        recent = last - timedelta(days=7 * settings.common_recent_weeks - 1)
        found.add(Period(recent, last))
        weeks = 0 if first_known is None else (recent - first_known).days // 7
        earlier = recent - timedelta(days=7 * min(settings.common_earlier_weeks, weeks))
        if earlier < recent:
            found.add(Period(earlier, recent - timedelta(days=1)))
    return tuple(sorted(found, key=lambda span: (span.first, span.last)))


def _report_month(today: date, last_day: int) -> Period:
    """The running month of an office that cuts on `last_day`: from the day after it in the month before."""
    first = today.replace(day=last_day) + timedelta(days=1)
    if first > today:
        end_of_last_month = today.replace(day=1) - timedelta(days=1)
        first = end_of_last_month.replace(day=last_day) + timedelta(days=1)
    return Period(first, today)
