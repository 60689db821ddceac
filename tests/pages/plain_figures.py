"""The figures of a page, counted in plain Python over the rows of a release: no SQL, none of our queries.

The counting follows the definitions of the KPIs word by word and slowly, so that a query that computes something
else is found out.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import chinese_calendar
import pyarrow.parquet as pq

from tests.plain import street as plain_street
from tests.plain.great_circle import Position, metres_between

Row = dict[str, Any]

AS_OF = datetime(2023, 6, 28, 18)
"""The moment the demo exports are from, a Wednesday; the next working day is the Thursday."""
NEXT_WORKING_DAY = AS_OF + timedelta(days=1)

FOR_EVER = date.max
"""The last day of a term that has not ended."""


@dataclass(frozen=True)
class Card:
    """What a KPI card says: its value, and the count below it ("" where there is none)."""

    value: str
    n: str = ""


@dataclass(frozen=True)
class Asked:
    """A choice of filters; both days are included, None is everything."""

    first: date = date(2023, 4, 1)
    last: date = date(2023, 6, 28)
    street: str | None = None
    category: str | None = None


@dataclass
class PlainFigures:
    """Counts over the tables of the current release of a warehouse."""

    warehouse: Path
    _tables: dict[str, list[Any]] = field(default_factory=dict)

    def cards(self, page: str, asked: Asked) -> dict[str, Card]:
        """The cards of that page by their label."""
        return {
            "overview": self.overview,
            "street": self.street,
            "resolution": self.resolution,
            "assignments": self.assignments,
            "stations": self.stations,
        }[page](asked)

    def overview(self, asked: Asked) -> dict[str, Card]:
        known = self.resolution(asked) | self.assignments(asked) | self.stations(asked)
        known |= self._covered(asked)
        shown = ("超期未办结", "按时办结率", "当日响应率", "满意率")
        shown += ("无人挂点", "走访覆盖率", "频次达标率", "1+1达标率")
        shown += ("未覆盖小个专", "工作覆盖率", "服务站覆盖率", "服务人次")
        return {label: known[label] for label in shown}

    def street(self, asked: Asked, community: str | None = None) -> dict[str, Card]:
        """Each card with its share, and beside those of a street the share of the district."""
        names = ("appeals", "communities", "parks", "cadres", "assignments", "visits")
        tables = {name: self.rows(name) for name in (*names, "stations", "station_services")}
        question = plain_street.Asked(AS_OF, asked.first, asked.last)
        work = plain_street.work_of_places(tables, question)
        here = plain_street.total(work, asked.street, community)
        whole = plain_street.total(work) if asked.street else None
        found = {}
        for label, hits, n, of_what, day in (
            ("超期未办结", "overdue_count", "open_count", "未办结", ""),
            ("今日到期", "due_today_count", "open_count", "未办结", "6月28日周三"),
            ("明日到期", "due_tomorrow_count", "open_count", "未办结", "6月29日周四"),
            ("无人挂点", "unheld_count", "object_count", "挂点对象", ""),
            ("欠走访", "visits_owed_count", "held_in_quarter_count", "本季有人挂点", ""),
            ("重复诉求", "repeated_count", "received_count", "受理量", ""),
            ("福企服务站", "idle_station_count", "station_count", "", ""),
            ("按时办结率", "on_time_count", "due_count", "", ""),
        ):
            value, share = f"{here[hits]:,}", _share(here[hits], here[n])
            lines = [line for line in (f"{of_what} {here[n]:,}", day) if of_what and line]
            if label == "福企服务站":
                value = f"{here[n]:,}"
                lines.append(f"时段内无服务 {share.n}")
            elif label == "按时办结率":
                value = share.value
                lines.append(share.n)
            elif here[hits]:
                lines.append(f"占 {share.value}")
            if whole is not None and whole[n]:
                beside = _share(whole[hits], whole[n])
                lines += [f"全区 {beside.value}", beside.n]
            found[label] = Card(value, "；".join(lines))
        return found

    def resolution(self, asked: Asked) -> dict[str, Card]:
        return self._open(asked) | self._judged(asked)

    def assignments(self, asked: Asked) -> dict[str, Card]:
        objects = {("园区商圈", p["park_id"]) for p in self._within(asked, "parks")}
        objects |= {("社区", c["community_name"]) for c in self._within(asked, "communities")}
        today = AS_OF.date()
        cadres = {c["cadre_id"]: c for c in self.rows("cadres")}
        serving = {
            name
            for name, c in cadres.items()
            if c["start_date"] <= today <= (c["end_date"] or today)
        }
        held_now, held_in_period = set(), set()
        held_by: dict[str, set[tuple[str, str]]] = {cadre: set() for cadre in serving}
        for a in self.rows("assignments"):
            if a["cadre_id"] is None or a["object_kind"] == "企业":
                continue
            cadre = cadres[a["cadre_id"]]
            held = (a["object_kind"], a["park_id"] or a["community_name"])
            first = max(a["start_date"], cadre["start_date"])
            last = min(end or FOR_EVER for end in (a["end_date"], cadre["end_date"]))
            if first <= today <= last:
                held_now.add(held)
                held_by[a["cadre_id"]].add(held)
            if first <= min(last, asked.last, today) and last >= asked.first:
                held_in_period.add(held)
        held_in_period &= objects
        frequent = self._frequent(held_in_period, asked)
        visited = {
            (v["object_kind"], v["park_id"] or v["community_name"])
            for v in self.rows("visits")
            if asked.first <= v["visited_at"].date() <= asked.last
        }
        kinds = [sorted(kind for kind, _ in held) for held in held_by.values()]
        return {
            "无人挂点": _count(len(objects - held_now), "挂点对象", len(objects)),
            "走访覆盖率": _share(len(held_in_period & visited), len(held_in_period)),
            "频次达标率": _share(len(frequent), len(held_in_period)),
            "1+1达标率": _share(kinds.count(sorted(("园区商圈", "社区"))), len(serving)),
        }

    def _frequent(self, objects: set[tuple[str, str]], asked: Asked) -> set[tuple[str, str]]:
        """Those visited once at least in every quarter of the period in which somebody held them in the period."""
        cadres = {c["cadre_id"]: c for c in self.rows("cadres")}
        due: dict[tuple[str, str], set[tuple[int, int]]] = {key: set() for key in objects}
        for a in self.rows("assignments"):
            key = (a["object_kind"], a["park_id"] or a["community_name"])
            if a["cadre_id"] is None or key not in due:
                continue
            cadre = cadres[a["cadre_id"]]
            first = max(a["start_date"], cadre["start_date"], asked.first)
            last = min(
                *(end or FOR_EVER for end in (a["end_date"], cadre["end_date"])),
                *(asked.last, AS_OF.date()),
            )
            while first <= last:  # day by day, slowly
                due[key].add(_quarter(first))
                first += timedelta(days=1)
        made: dict[tuple[str, str], set[tuple[int, int]]] = {key: set() for key in objects}
        for v in self.rows("visits"):
            key = (v["object_kind"], v["park_id"] or v["community_name"])
            if key in made and v["visited_at"].date() <= asked.last:
                made[key].add(_quarter(v["visited_at"].date()))
        return {key for key in objects if due[key] <= made[key]}

    def stations(self, asked: Asked) -> dict[str, Card]:
        open_now = {
            s["station_id"]
            for s in self._within(asked, "stations")
            if (s["opened_date"] or AS_OF.date()) <= AS_OF.date()
            and (s["closed_date"] is None or s["closed_date"] > AS_OF.date())
        }
        given = [
            s
            for s in self.rows("station_services")
            if s["station_id"] in open_now
            and s["process"] != "外送办理"
            and asked.first <= s["requested_at"].date() <= asked.last
        ]
        name_of = {s["service_id"]: s["service_name"] for s in self.rows("service_catalog")}
        consultations = [s for s in given if name_of[s["service_id"]] == "政策咨询"]
        tests = [s for s in given if name_of[s["service_id"]] == "产品快检"]
        minutes = [(t["completed_at"] - t["requested_at"]).total_seconds() / 60 for t in tests]
        idle = open_now - {s["station_id"] for s in given}
        near = [e for e in self._reached() if asked.street in (None, e[0])]
        small = [e for e in near if e[1]]
        return {
            "服务站覆盖率": _share(sum(e[2] for e in near), len(near)),
            "小个专站点覆盖率": _share(sum(e[2] for e in small), len(small)),
            "福企服务站": Card(f"{len(open_now):,}"),
            "服务人次": _count(len(given), "福企服务站", len(open_now)),
            "咨询人次": _count(len(consultations), "服务人次", len(given)),
            "无服务记录站点": _count(len(idle), "福企服务站", len(open_now)),
            "产品快检用时": Card(
                f"{_rounded(median(minutes), 0)}分钟" if minutes else "不可算",
                f"快检次数 {len(tests):,}",
            ),
        }

    def _reached(self) -> list[tuple[str, bool, bool]]:
        """Street, whether small, and whether an open station is within 500 m, of every enterprise with a position."""
        if "reached" not in self._tables:
            placed = [
                (s["longitude"], s["latitude"])
                for s in self.rows("stations")
                if (s["opened_date"] or AS_OF.date()) <= AS_OF.date()
                and (s["closed_date"] is None or s["closed_date"] > AS_OF.date())
                and s["longitude"] is not None
            ]
            # Stations by squares of a hundredth of a degree, 1 km: those in the nine around are the only near ones.
            squares: dict[tuple[int, int], list[Position]] = {}
            for x, y in placed:
                for i in (-1, 0, 1):
                    for j in (-1, 0, 1):
                        squares.setdefault((int(x * 100) + i, int(y * 100) + j), []).append((x, y))
            columns = ["subdistrict_name", "is_small_business", "longitude", "latitude"]
            file = self.warehouse / "releases" / self.release_id() / "enterprises.parquet"
            self._tables["reached"] = [
                (
                    street,
                    small,
                    any(
                        metres_between((x, y), station) <= 500
                        for station in squares.get((int(x * 100), int(y * 100)), ())
                    ),
                )
                for street, small, x, y in zip(
                    *(c.to_pylist() for c in pq.read_table(file, columns=columns).columns),
                    strict=True,
                )
                if x is not None
            ]
        return self._tables["reached"]

    def _covered(self, asked: Asked) -> dict[str, Card]:
        """Small businesses with members want an organisation, those without a visit or an instructor."""
        if "covered" not in self._tables:
            today = AS_OF.date()
            standing = {
                o["party_org_id"]
                for o in self.rows("party_orgs")
                if (o["founded_date"] or today) <= today
            }
            columns = ["subdistrict_name", "is_small_business", "party_member_count"]
            columns += ["party_org_id", "last_visited_date", "has_party_instructor"]
            file = self.warehouse / "releases" / self.release_id() / "enterprises.parquet"
            self._tables["covered"] = [
                (
                    street,
                    bool(members),
                    org in standing if members else bool(visited and visited <= today) or told,
                )
                for street, is_small, members, org, visited, told in zip(
                    *(c.to_pylist() for c in pq.read_table(file, columns=columns).columns),
                    strict=True,
                )
                if is_small
            ]
        small = [e for e in self._tables["covered"] if asked.street in (None, e[0])]
        without = [is_covered for _, has_members, is_covered in small if not has_members]
        uncovered = sum(not is_covered for _, _, is_covered in small)
        return {
            "未覆盖小个专": _count(uncovered, "小个专", len(small)),
            "工作覆盖率": _share(sum(map(bool, without)), len(without)),
        }

    def release_id(self) -> str:
        return (self.warehouse / "CURRENT").read_text(encoding="utf-8").strip()

    def rows(self, table: str) -> list[Row]:
        if table not in self._tables:
            folder = self.warehouse / "releases" / self.release_id()
            self._tables[table] = pq.read_table(folder / f"{table}.parquet").to_pylist()
        return self._tables[table]

    def _within(self, asked: Asked, table: str) -> Iterator[Row]:
        return (r for r in self.rows(table) if asked.street in (None, r["subdistrict_name"]))

    def _appeals(self, asked: Asked) -> list[Row]:
        return [
            a
            for a in self._within(asked, "appeals")
            if not a["is_void"]
            and asked.category in (None, a["category_path"].split("->")[0].strip())
        ]

    def _open(self, asked: Asked) -> dict[str, Card]:
        still_open = [a for a in self._appeals(asked) if a["closed_at"] is None]
        overdue = [a for a in still_open if a["due_at"] and a["due_at"] < AS_OF]
        soon = [a for a in still_open if a["due_at"] and AS_OF <= a["due_at"] <= NEXT_WORKING_DAY]
        return {
            "超期未办结": _count(len(overdue), "未办结", len(still_open)),
            "即将超期": _count(len(soon), "未办结", len(still_open)),
        }

    def _judged(self, asked: Asked) -> dict[str, Card]:
        received = [
            a for a in self._appeals(asked) if asked.first <= a["received_at"].date() <= asked.last
        ]
        closed = [a for a in received if a["closed_at"]]
        due = [a for a in received if a["due_at"] and (a["closed_at"] or a["due_at"] <= AS_OF)]
        on_time = [a for a in due if a["closed_at"] and a["closed_at"] <= a["due_at"]]
        first = [(a["received_at"].date(), a["first_response_at"]) for a in received]
        to_answer = [1 for day, answer in first if answer or day < AS_OF.date()]
        same_day = [1 for day, answer in first if answer and answer.date() == day]
        outcomes = Counter(a["outcome"] for a in closed if a["outcome"])
        ratings = Counter(a["rating"] for a in closed if a["rating"])
        satisfied = ratings["满意"] + ratings["基本满意"]
        hours = [_office_hours(a["received_at"], a["closed_at"]) for a in closed]
        return {
            "受理量": Card(f"{len(received):,}"),
            "按时办结率": _share(len(on_time), len(due)),
            "当日响应率": _share(len(same_day), len(to_answer)),
            "解决率": _share(outcomes["解决"], outcomes.total()),
            "满意率": _share(satisfied, ratings.total()),
            "办结工时中位数": Card(_office_duration(hours), f"办结 {len(closed):,}"),
        }


@cache
def plain_figures(warehouse: Path) -> PlainFigures:
    """The figures of a warehouse that does not change; its tables are read once."""
    return PlainFigures(warehouse)


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3


def _count(value: int, of_what: str, n: int) -> Card:
    return Card(f"{value:,}", f"{of_what} {n:,}")


def _share(hits: int, n: int) -> Card:
    shown = f"{_rounded(Decimal(100 * hits) / n, 2)}%" if n else "不可算"
    return Card(shown, f"{hits:,} / {n:,}")


def _office_hours(start: datetime, end: datetime) -> float:
    """Hours between two moments that fall on a working day from 9 to 12 and from 14 to 18."""
    total, day = timedelta(), start.date()
    while day <= end.date():
        if chinese_calendar.is_workday(day):
            for opening, closing in ((9, 12), (14, 18)):
                first = max(start, datetime(day.year, day.month, day.day, opening))
                last = min(end, datetime(day.year, day.month, day.day, closing))
                total += max(last - first, timedelta())
        day += timedelta(days=1)
    return total.total_seconds() / 3600


def _office_duration(hours: list[float]) -> str:
    if not hours:
        return "不可算"
    middle = median(hours)
    return f"{_rounded(middle * 60, 0)}分钟" if middle < 1 else f"{_rounded(middle, 1)}工时"


def _rounded(value: float | Decimal, digits: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
