"""The KPIs of appeals in plain Python, slowly and word by word from their definitions: no SQL, nothing of `fuqi`.

`resolution_figures` gives what each query of `queries/resolution` must say of a ledger, column by column.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.plain import working_time
from tests.plain.arithmetic import Row, quantile, share, wilson
from tests.plain.working_time import PlainLimit, Span

EVERY_OTHER = "*"


@dataclass(frozen=True)
class Rules:
    """What an office set: its limits by category ("*" for every other one) and its hours."""

    limits: Mapping[str, PlainLimit] = field(default_factory=dict)
    spans: tuple[Span, ...] = working_time.USUAL


@dataclass(frozen=True)
class Asked:
    """What the queries are asked with; both days are included, None is everything."""

    as_of: datetime
    first: date
    last: date
    street: str | None = None
    category: str | None = None
    step: str = "week"
    min_n: int = 30
    partial: bool = False
    basically: bool = True
    weights: tuple[float, float, float] = (30, 35, 35)
    longest_days: int = 14

    @property
    def due_soon_at(self) -> datetime:
        return working_time.next_working_day(self.as_of)


@dataclass(frozen=True)
class Ledger:
    appeals: Sequence[Row]
    streets: Sequence[str]
    """By their codes."""
    parks: Mapping[str, Row] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)


class Case:
    """A not-void appeal as it was known at a moment."""

    def __init__(self, row: Row, as_of: datetime, ledger: Ledger) -> None:
        def by_then(column: str) -> datetime | None:
            moment = row.get(column)
            return moment if moment is not None and moment <= as_of else None

        self.row = row
        self.id = row["appeal_id"]
        self.street = row["subdistrict_name"]
        levels = [level.strip() for level in row["category_path"].split("->")]
        self.category = levels[0]
        self.subcategory = (levels[1] or None) if len(levels) > 1 else None
        self.received: datetime = row["received_at"]
        self.day = self.received.date()
        self.assigned, self.accepted = by_then("assigned_at"), by_then("accepted_at")
        self.response, self.closed = by_then("first_response_at"), by_then("closed_at")
        self.outcome = row.get("outcome") if self.closed else None
        self.rating = row.get("rating") if self.closed else None
        self.extensions = row.get("extension_count") or 0
        self.returns = row.get("returned_count") or 0
        self.redone = row.get("redone_count") or 0
        self.park = ledger.parks.get(row.get("park_id") or "", {})
        self.spans = ledger.rules.spans

        self.due: datetime | None = row.get("due_at")
        self.is_due_worked_out = False
        limits = ledger.rules.limits
        limit = limits.get(self.category, limits.get(EVERY_OTHER))
        if self.due is None and not self.extensions and limit:
            self.due = limit.deadline(self.received, self.spans)
            self.is_due_worked_out = True

        # 应办结: closed, or the deadline has come.
        self.is_due = self.due is not None and (self.closed is not None or self.due <= as_of)
        self.is_on_time = bool(self.due and self.closed and self.closed <= self.due)
        self.is_overdue = bool(self.due and not self.closed and as_of > self.due)
        # 当日: until the midnight that ends the day of receipt.
        midnight = datetime.combine(self.day, datetime.min.time()) + timedelta(days=1)
        self.is_same_day = self.response is not None and self.response < midnight
        self.is_response_due = self.response is not None or as_of >= midnight
        a_day_later = self.received + timedelta(hours=24)
        self.is_24h = self.response is not None and self.response <= a_day_later
        self.is_24h_due = self.response is not None or as_of >= a_day_later

    def hours_until(self, moment: datetime | None) -> float | None:
        return None if moment is None else (moment - self.received).total_seconds() / 3600

    def working_hours_until(self, moment: datetime | None) -> float | None:
        if moment is None:
            return None
        return working_time.working_seconds(self.received, moment, self.spans) / 3600

    def staged(self) -> Row:
        """The row of `judged_cases`."""
        passed_on = (
            "appeal_id title source enterprise_id enterprise_name subdistrict_name community_name park_id "
            "station_id visit_id unit_name received_at"
        )
        return {
            **{column: self.row.get(column) for column in passed_on.split()},
            "category": self.category,
            "subcategory": self.subcategory,
            "park_name": self.park.get("park_name"),
            "area_name": self.park.get("area_name"),
            "received_date": self.day,
            "assigned_at": self.assigned,
            "accepted_at": self.accepted,
            "first_response_at": self.response,
            "closed_at": self.closed,
            "due_at": self.due,
            "is_due_worked_out": self.is_due_worked_out,
            "extension_count": self.extensions,
            "returned_count": self.returns,
            "redone_count": self.redone,
            "outcome": self.outcome,
            "rating": self.rating,
            "first_response_hours": self.hours_until(self.response),
            "first_response_working_hours": self.working_hours_until(self.response),
            "resolution_hours": self.hours_until(self.closed),
            "resolution_working_hours": self.working_hours_until(self.closed),
            "is_closed": self.closed is not None,
            "is_due": self.is_due,
            "is_on_time": self.is_on_time,
            "is_overdue": self.is_overdue,
            "is_response_due": self.is_response_due,
            "is_same_day_response": self.is_same_day,
            "is_response_24h_due": self.is_24h_due,
            "is_response_24h": self.is_24h,
        }


def resolution_figures(ledger: Ledger, asked: Asked) -> dict[str, list[Row]]:
    """Rows by query, in the order in which the query gives them."""
    void = [r for r in ledger.appeals if r.get("is_void")]
    counting = [r for r in ledger.appeals if not r.get("is_void")]
    cases = [Case(r, asked.as_of, ledger) for r in counting if r["received_at"] <= asked.as_of]

    def chosen(
        found: Iterable[Case], *, street: bool = True, category: bool = True, period: bool = True
    ) -> list[Case]:
        return [
            c
            for c in found
            if (not street or asked.street in (None, c.street))
            and (not category or asked.category in (None, c.category))
            and (not period or asked.first <= c.day <= asked.last)
        ]

    found = chosen(cases)
    whenever = chosen(cases, period=False)
    known_void = [Case(r, asked.as_of, ledger) for r in void if r["received_at"] <= asked.as_of]
    return {
        "judged_cases": sorted((c.staged() for c in cases), key=lambda r: r["appeal_id"]),
        "timed_appeals": sorted(
            (_timed(Case(r, datetime.max, ledger)) for r in counting), key=lambda r: r["appeal_id"]
        ),
        "resolution_totals": [{**totals(found, asked), "void_count": len(chosen(known_void))}],
        "open_totals": [open_totals(whenever, asked)],
        "open_by_subdistrict": open_by_street(
            chosen(cases, street=False, period=False), ledger, asked
        ),
        "resolution_trend": trend(whenever, asked),
        "resolution_by_subdistrict": ranking(chosen(cases, street=False), ledger, asked),
        "appeals_by_category": by_category(chosen(cases, category=False)),
        "categories": categories(cases),
        "resolution_time_distribution": time_taken(found, asked),
        "open_by_age": ages(whenever, asked),
        "appeals_urgent": urgent(whenever, asked),
    }


def _timed(case: Case) -> Row:
    """A row of `timed_appeals`: what does not depend on the moment of judgement."""
    staged = {
        column: value
        for column, value in case.staged().items()
        if not column.startswith("is_") or column == "is_due_worked_out"
    }
    return {**staged, "outcome": case.row.get("outcome"), "rating": case.row.get("rating")}


def totals(found: list[Case], asked: Asked) -> Row:
    def count(is_one: Callable[[Case], Any]) -> int:
        return sum(1 for c in found if is_one(c))

    resolved = {"解决", "部分解决"} if asked.partial else {"解决"}
    satisfied = {"满意", "基本满意"} if asked.basically else {"满意"}
    n = len(found)
    counts = {
        "received_count": n,
        "closed_count": count(lambda c: c.closed),
        "open_count": count(lambda c: not c.closed),
        "due_count": count(lambda c: c.is_due),
        "on_time_count": count(lambda c: c.is_on_time),
        "without_deadline_count": count(lambda c: c.due is None),
        "worked_out_deadline_count": count(lambda c: c.is_due_worked_out),
        "response_due_count": count(lambda c: c.is_response_due),
        "same_day_response_count": count(lambda c: c.is_same_day),
        "response_24h_due_count": count(lambda c: c.is_24h_due),
        "response_24h_count": count(lambda c: c.is_24h),
        "outcome_count": count(lambda c: c.outcome),
        "resolved_count": count(lambda c: c.outcome in resolved),
        "rated_count": count(lambda c: c.rating),
        "satisfied_count": count(lambda c: c.rating in satisfied),
        "returned_case_count": count(lambda c: c.returns >= 1),
        "redone_case_count": count(lambda c: c.redone >= 1),
        "extended_case_count": count(lambda c: c.extensions >= 1),
        "responded_count": count(lambda c: c.response),
    }
    rates = {
        "closed_rate": share(counts["closed_count"], n),
        "on_time_rate": share(counts["on_time_count"], counts["due_count"]),
        "same_day_response_rate": share(
            counts["same_day_response_count"], counts["response_due_count"]
        ),
        "response_24h_rate": share(counts["response_24h_count"], counts["response_24h_due_count"]),
        "resolved_rate": share(counts["resolved_count"], counts["outcome_count"]),
        "satisfied_rate": share(counts["satisfied_count"], counts["rated_count"]),
        "rated_rate": share(counts["rated_count"], counts["closed_count"]),
        "returned_rate": share(counts["returned_case_count"], n),
        "redone_rate": share(counts["redone_case_count"], n),
        "extended_rate": share(counts["extended_case_count"], n),
    }
    lengths = {}
    for name, moments in {
        "first_response": [(c, c.response) for c in found if c.response],
        "resolution": [(c, c.closed) for c in found if c.closed],
    }.items():
        natural = [c.hours_until(moment) for c, moment in moments]
        working = [c.working_hours_until(moment) for c, moment in moments]
        for word, q in (("median", 0.5), ("p90", 0.9)):
            lengths[f"{word}_{name}_hours"] = quantile(natural, q)
            lengths[f"{word}_{name}_working_hours"] = quantile(working, q)
    parts = [rates[f"{name}_rate"] for name in ("same_day_response", "resolved", "satisfied")]
    return {**counts, **rates, **lengths, "composite_score": score(parts, asked.weights)}


def score(parts: Sequence[float | None], weights: Sequence[float]) -> float | None:
    """Out of 100; none when a part that weighs anything has no denominator."""
    weighed = [(part, weight) for part, weight in zip(parts, weights, strict=True) if weight]
    if any(part is None for part, _ in weighed):
        return None
    return 100 * sum(part * weight for part, weight in weighed) / sum(w for _, w in weighed)


def open_totals(found: list[Case], asked: Asked) -> Row:
    still_open = [c for c in found if c.closed is None]
    return {
        "open_count": len(still_open),
        "overdue_count": sum(c.is_overdue for c in still_open),
        "due_soon_count": sum(
            c.due is not None and asked.as_of <= c.due <= asked.due_soon_at for c in still_open
        ),
        "unanswered_count": sum(c.response is None for c in still_open),
    }


def open_by_street(found: list[Case], ledger: Ledger, asked: Asked) -> list[Row]:
    """Those with most overdue first, then with most open; equals by their codes."""
    rows = []
    for street in ledger.streets:
        total = open_totals([c for c in found if c.street == street], asked)
        counts = {column: total[column] for column in ("open_count", "overdue_count")}
        rows.append({"subdistrict_name": street, **counts})
    return sorted(rows, key=lambda row: (-row["overdue_count"], -row["open_count"]))


def trend(found: list[Case], asked: Asked) -> list[Row]:
    days = {asked.first + timedelta(days=n) for n in range((asked.last - asked.first).days + 1)}
    closed_days = [c.closed.date() for c in found if c.closed]
    rows = []
    for start in sorted({_step_of(day, asked.step) for day in days}):
        received = [c for c in found if c.day in days and _step_of(c.day, asked.step) == start]
        total = totals(received, asked)
        whole_step = [day for day in _around(start) if _step_of(day, asked.step) == start]
        rows.append(
            {
                "step_date": start,
                "is_whole": set(whole_step) <= days,
                "closed_count": sum(
                    d in days and _step_of(d, asked.step) == start for d in closed_days
                ),
                **{
                    column: total[column]
                    for column in (
                        "received_count",
                        "due_count",
                        "response_due_count",
                        "on_time_rate",
                        "same_day_response_rate",
                        "resolved_rate",
                        "satisfied_rate",
                        "median_resolution_hours",
                    )
                },
            }
        )
    return rows


def _step_of(day: date, step: str) -> date:
    if step == "day":
        return day
    return day - timedelta(days=day.weekday()) if step == "week" else day.replace(day=1)


def _around(start: date) -> list[date]:
    return [start + timedelta(days=n) for n in range(31)]


OF_A_STREET = (
    *("received_count", "closed_count", "due_count", "on_time_count"),
    *("response_due_count", "same_day_response_count", "response_24h_due_count"),
    *("response_24h_count", "responded_count", "outcome_count", "resolved_count"),
    *("rated_count", "satisfied_count", "closed_rate", "on_time_rate"),
    *("same_day_response_rate", "response_24h_rate", "resolved_rate", "satisfied_rate"),
    *("rated_rate", "median_first_response_hours", "median_resolution_hours"),
    "median_resolution_working_hours",
)


def ranking(found: list[Case], ledger: Ledger, asked: Asked) -> list[Row]:
    """By street; a rank counts the ranked streets that do better, so equals share one."""
    rows = []
    for street in ledger.streets:
        here = [c for c in found if c.street == street]
        total = totals(here, asked)
        low, high = wilson(total["on_time_count"], total["due_count"])
        rows.append(
            {
                "subdistrict_name": street,
                "overdue_count": sum(c.is_overdue for c in here),
                "on_time_low": low,
                "on_time_high": high,
                **{column: total[column] for column in OF_A_STREET},
            }
        )
    district = share(
        sum(r["on_time_count"] for r in rows),
        sum(r["due_count"] for r in rows),
    )
    ranked = [r["on_time_rate"] for r in rows if r["due_count"] and r["due_count"] >= asked.min_n]
    for row in rows:
        is_ranked = bool(row["due_count"]) and row["due_count"] >= asked.min_n
        rate = row["on_time_rate"]
        row["on_time_rank"] = 1 + sum(other > rate for other in ranked) if is_ranked else None
        row["district_on_time_rate"] = district
        if not row["due_count"]:
            verdict = "无应办结"
        elif not is_ranked:
            verdict = "样本不足"
        elif row["on_time_low"] <= district <= row["on_time_high"]:
            verdict = "与全区无显著差异"
        else:
            verdict = "高于全区" if rate > district else "低于全区"
        row["on_time_verdict"] = verdict
    unranked = len(rows) + 1
    return sorted(rows, key=lambda r: (r["on_time_rank"] or unranked, -r["due_count"]))


def by_category(found: list[Case]) -> list[Row]:
    rows, so_far = [], 0
    for name, received in _most_frequent(c.category for c in found):
        here = [c for c in found if c.category == name]
        so_far += received
        due, on_time = sum(c.is_due for c in here), sum(c.is_on_time for c in here)
        rows.append(
            {
                "category": name,
                "received_count": received,
                "overdue_count": sum(c.is_overdue for c in here),
                "due_count": due,
                "on_time_count": on_time,
                "median_resolution_hours": quantile(
                    [c.hours_until(c.closed) for c in here if c.closed], 0.5
                ),
                "on_time_rate": share(on_time, due),
                "received_share": received / len(found),
                "cumulative_share": so_far / len(found),
            }
        )
    return rows


def categories(found: list[Case]) -> list[Row]:
    return [
        {"category": name, "received_count": n}
        for name, n in _most_frequent(c.category for c in found)
    ]


def _most_frequent(names: Iterable[str]) -> list[tuple[str, int]]:
    """The most frequent first; equally frequent ones by name."""
    return sorted(Counter(names).items(), key=lambda counted: (-counted[1], counted[0]))


def time_taken(found: list[Case], asked: Asked) -> list[Row]:
    longest = asked.longest_days
    closed = [(min((c.closed - c.received).days, longest), c) for c in found if c.closed]
    return [
        {
            "days_taken": days,
            "closed_count": sum(taken == days for taken, _ in closed),
            "late_count": sum(
                taken == days and c.due is not None and c.closed > c.due for taken, c in closed
            ),
            "is_rest": days == longest,
        }
        for days in range(longest + 1)
    ]


BANDS = ("1天内", "1–3天", "3–7天", "7–14天", "14–30天", "30天以上")


def ages(found: list[Case], asked: Asked) -> list[Row]:
    edges = [*(timedelta(days=n) for n in (0, 1, 3, 7, 14, 30)), timedelta.max]
    rows = []
    for number, (band, (low, high)) in enumerate(zip(BANDS, pairwise(edges), strict=True), 1):
        here = [c for c in found if not c.closed and low <= asked.as_of - c.received < high]
        rows.append(
            {
                "band_order": number,
                "band": band,
                "open_count": len(here),
                "overdue_count": sum(c.is_overdue for c in here),
            }
        )
    return rows


def urgent(found: list[Case], asked: Asked) -> list[Row]:
    pressing = [c for c in found if not c.closed and c.due and c.due <= asked.due_soon_at]
    return [
        {
            "appeal_id": c.id,
            "urgency": "已超期" if c.is_overdue else "即将超期",
            "title": c.row.get("title"),
            "category": c.category,
            "subdistrict_name": c.street,
            "enterprise_name": c.row.get("enterprise_name"),
            "unit_name": c.row.get("unit_name"),
            "received_at": c.received,
            "due_at": c.due,
            "overdue_hours": (asked.as_of - c.due).total_seconds() / 3600,
            "extension_count": c.extensions,
        }
        for c in sorted(pressing, key=lambda c: (c.due, c.id))
    ]
