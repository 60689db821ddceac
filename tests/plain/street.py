"""What a place has to do, counted slowly from rows: no SQL, nothing of ours."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import chinese_calendar

Row = Mapping[str, Any]
Tables = Mapping[str, Iterable[Row]]
Place = tuple[str | None, str | None]
"""Street and community."""

COUNTS = (
    *("open_count", "overdue_count", "due_today_count", "due_tomorrow_count"),
    *("received_count", "due_count", "on_time_count", "rated_count", "satisfied_count"),
    *("repeated_count", "object_count", "unheld_count", "held_in_quarter_count"),
    *("visits_owed_count", "station_count", "idle_station_count"),
)


@dataclass(frozen=True)
class Asked:
    """The moment, the period with both its days, and the settings that matter."""

    as_of: datetime
    first: date
    last: date
    visits_per_quarter: int = 1
    least_count: int = 5
    least_firms: int = 3

    @property
    def today(self) -> date:
        return self.as_of.date()

    @property
    def next_working_day(self) -> date:
        day = self.today + timedelta(days=1)
        while not chinese_calendar.is_workday(day):
            day += timedelta(days=1)
        return day

    @property
    def quarter_begins(self) -> date:
        return date(self.today.year, {0: 1, 1: 4, 2: 7, 3: 10}[(self.today.month - 1) // 3], 1)


def known_cases(tables: Tables, as_of: datetime) -> list[dict[str, Any]]:
    """The cases that count at the moment, as they were known then."""
    found = []
    for row in tables.get("appeals", ()):
        if row.get("is_void") or row["received_at"] > as_of:
            continue
        case = dict(row)
        if case.get("closed_at") is not None and case["closed_at"] > as_of:
            case["closed_at"] = None
        if case.get("closed_at") is None:
            case["closed_at"] = case["outcome"] = case["rating"] = None
        found.append(case)
    return found


def is_late(case: Row, as_of: datetime) -> bool:
    """Open, and its deadline is over."""
    return case["closed_at"] is None and case.get("due_at") is not None and case["due_at"] < as_of


def urgency(case: Row, asked: Asked) -> str | None:
    """已超期, 今日到期, 明日到期, or nothing of that."""
    if case["closed_at"] is not None or case.get("due_at") is None:
        return None
    if is_late(case, asked.as_of):
        return "已超期"
    day = case["due_at"].date()
    if day == asked.today:
        return "今日到期"
    return "明日到期" if asked.today < day <= asked.next_working_day else None


def work_of_places(tables: Tables, asked: Asked) -> dict[Place, dict[str, int]]:
    """The counts of every street and community that has any, or is in the register."""
    work: dict[Place, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    for row in tables.get("communities", ()):
        work[row["subdistrict_name"], row["community_name"]]  # a row of zeros
    _count_cases(work, tables, asked)
    _count_objects(work, tables, asked)
    _count_stations(work, tables, asked)
    return dict(work)


def total(
    work: Mapping[Place, Mapping[str, int]], street: str | None = None, community: str | None = None
) -> dict[str, int]:
    """The counts of one street or community, or of all of them."""
    chosen = [
        counts
        for (of_street, of_community), counts in work.items()
        if street in (None, of_street) and community in (None, of_community)
    ]
    return {name: sum(counts[name] for counts in chosen) for name in COUNTS}


def _count_cases(work: dict[Place, dict[str, int]], tables: Tables, asked: Asked) -> None:
    alike: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for case in known_cases(tables, asked.as_of):
        street, community = case["subdistrict_name"], case.get("community_name")
        counts = work[street, community]
        counts["open_count"] += case["closed_at"] is None
        named = {"已超期": "overdue_count", "今日到期": "due_today_count"}
        named["明日到期"] = "due_tomorrow_count"
        if (known := urgency(case, asked)) is not None:
            counts[named[known]] += 1
        if not asked.first <= case["received_at"].date() <= asked.last:
            continue
        counts["received_count"] += 1
        due, closed = case.get("due_at"), case["closed_at"]
        if due is not None and (closed is not None or due <= asked.as_of):
            counts["due_count"] += 1
            counts["on_time_count"] += closed is not None and closed <= due
        counts["rated_count"] += case["rating"] is not None
        counts["satisfied_count"] += case["rating"] in ("满意", "基本满意")
        kind, _, rest = case["category_path"].partition("->")
        smaller = rest.partition("->")[0].strip()
        if community is not None and smaller:
            alike[street, community, kind.strip(), smaller].append(case)
    for (street, community, *_), cases in alike.items():
        firms = {c.get("enterprise_id") or c.get("enterprise_name") for c in cases} - {None}
        if len(cases) >= asked.least_count and len(firms) >= asked.least_firms:
            work[street, community]["repeated_count"] += len(cases)


def _count_objects(work: dict[Place, dict[str, int]], tables: Tables, asked: Asked) -> None:
    objects = {("园区商圈", row["park_id"]): row for row in tables.get("parks", ())}
    objects |= {("社区", row["community_name"]): row for row in tables.get("communities", ())}
    cadres = {row["cadre_id"]: row for row in tables.get("cadres", ())}
    quarter = _days(asked.quarter_begins, asked.today)
    days_held: dict[tuple[str, str], set[date]] = defaultdict(set)
    for row in tables.get("assignments", ()):
        cadre = cadres.get(row.get("cadre_id"))
        thing = _object(row)
        if row["holder_kind"] != "干部" or cadre is None or thing not in objects:
            continue
        begins = max(row["start_date"], cadre["start_date"])
        ends = min(e for e in (row.get("end_date"), cadre.get("end_date"), date.max) if e)
        days_held[thing] |= {day for day in quarter if begins <= day <= ends}
    visits: dict[tuple[str, str], int] = defaultdict(int)
    for row in tables.get("visits", ()):
        if row["visited_at"] <= asked.as_of and row["visited_at"].date() >= asked.quarter_begins:
            visits[_object(row)] += 1
    for thing, row in objects.items():
        counts = work[row["subdistrict_name"], row.get("community_name")]
        counts["object_count"] += 1
        counts["unheld_count"] += asked.today not in days_held[thing]
        if days_held[thing]:
            counts["held_in_quarter_count"] += 1
            counts["visits_owed_count"] += visits[thing] < asked.visits_per_quarter


def _object(row: Row) -> tuple[str, str]:
    kind = row["object_kind"]
    return kind, row.get("community_name") if kind == "社区" else row.get("park_id")


def _count_stations(work: dict[Place, dict[str, int]], tables: Tables, asked: Asked) -> None:
    served = {
        row["station_id"]
        for row in tables.get("station_services", ())
        if row.get("process") in (None, "站内办理")
        and row["requested_at"] <= asked.as_of
        and asked.first <= row["requested_at"].date() <= asked.last
    }
    for row in tables.get("stations", ()):
        opened, closed = row.get("opened_date"), row.get("closed_date")
        if (opened is None or opened <= asked.today) and (closed is None or closed > asked.today):
            counts = work[row["subdistrict_name"], row.get("community_name")]
            counts["station_count"] += 1
            counts["idle_station_count"] += row["station_id"] not in served


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
