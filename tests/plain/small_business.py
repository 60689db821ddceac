"""What the page 小个专 shows, counted in plain Python: no SQL, nothing of fuqi but the rows a test states.

Working days are counted one by one over the State Council's calendar as the package `chinesecalendar` tells it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import chinese_calendar

from tests.plain.arithmetic import Row, quantile, share

GAPS = {True: "有党员无党组织", False: "无党员未走访指导"}


@dataclass(frozen=True)
class Asked:
    """Moment of judgement, period with both days included, and a place (None: everywhere)."""

    as_of: datetime
    first: date
    last: date
    street: str | None = None
    community: str | None = None

    @property
    def today(self) -> date:
        return self.as_of.date()

    def holds(self, row: Row) -> bool:
        return self.street in (None, row["subdistrict_name"]) and self.community in (
            None,
            row["community_name"],
        )


def has_members(enterprise: Row) -> bool:
    return bool(enterprise.get("party_member_count"))


def register(orgs: Sequence[Row]) -> dict[str, date | None]:
    """When each organisation was founded, by its number."""
    return {o["party_org_id"]: o.get("founded_date") for o in orgs}


def is_organised(enterprise: Row, founded: Mapping[str, date | None], asked: Asked) -> bool:
    """Covered by an organisation that the register knows and that was founded by then."""
    named = enterprise.get("party_org_id")
    if named is None:
        return False
    if not founded:
        return True
    return named in founded and (founded[named] or asked.today) <= asked.today


def is_visited(enterprise: Row, asked: Asked) -> bool:
    day = enterprise.get("last_visited_date")
    return day is not None and day <= asked.today


def gap(enterprise: Row, founded: Mapping[str, date | None], asked: Asked) -> str | None:
    if has_members(enterprise):
        return None if is_organised(enterprise, founded, asked) else GAPS[True]
    is_worked = is_visited(enterprise, asked) or enterprise.get("has_party_instructor") is True
    return None if is_worked else GAPS[False]


def coverage(enterprises: Iterable[Row], orgs: Sequence[Row], asked: Asked) -> Row:
    """The counts and rates of these enterprises, wherever they are."""
    founded = register(orgs)
    small = [e for e in enterprises if e["is_small_business"]]
    with_members = [e for e in small if has_members(e)]
    without = [e for e in small if not has_members(e)]
    organised = [e for e in with_members if is_organised(e, founded, asked)]
    worked = [e for e in without if gap(e, founded, asked) is None]
    visited = [e for e in small if is_visited(e, asked)]
    in_period = [e for e in visited if asked.first <= e["last_visited_date"] <= asked.last]
    return {
        "small_business_count": len(small),
        "with_members_count": len(with_members),
        "organised_count": len(organised),
        "organisation_coverage_rate": share(len(organised), len(with_members)),
        "without_members_count": len(without),
        "worked_count": len(worked),
        "work_coverage_rate": share(len(worked), len(without)),
        "uncovered_count": len([e for e in small if gap(e, founded, asked)]),
        "visited_business_count": len(visited),
        "period_visited_count": len(in_period),
        "period_visited_rate": share(len(in_period), len(small)),
    }


def by_community(
    communities: Sequence[Row], enterprises: Sequence[Row], orgs: Sequence[Row], asked: Asked
) -> list[Row]:
    """The most uncovered first, then the least visited in the period; those without small businesses last of these."""
    rows = []
    for community in communities:
        if not asked.holds(community):
            continue
        there = [
            e
            for e in enterprises
            if e["community_name"] == community["community_name"]
            and asked.street in (None, e["subdistrict_name"])
        ]
        rows.append({"community_name": community["community_name"], **coverage(there, orgs, asked)})

    def place(row: Row) -> tuple[int, bool, float]:
        rate = row["period_visited_rate"]
        return (-row["uncovered_count"], rate is None, rate or 0.0)

    return sorted(rows, key=place)


def uncovered(
    streets: Sequence[str], enterprises: Sequence[Row], orgs: Sequence[Row], asked: Asked
) -> list[Row]:
    founded = register(orgs)
    found = [
        {
            "subdistrict_name": e["subdistrict_name"],
            "community_name": e["community_name"],
            "coverage_gap": gap(e, founded, asked),
            "enterprise_id": e["enterprise_id"],
        }
        for e in enterprises
        if e["is_small_business"] and asked.holds(e) and gap(e, founded, asked)
    ]
    return sorted(
        found,
        key=lambda row: (
            streets.index(row["subdistrict_name"]),
            row["community_name"],
            row["coverage_gap"] != GAPS[True],
            row["enterprise_id"],
        ),
    )


def months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + timedelta(days=31)).replace(day=1)


def is_whole_month(month: date, first: date, last: date) -> bool:
    end = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return month >= first and end <= last


def visits_by_month(enterprises: Sequence[Row], asked: Asked) -> list[Row]:
    days = [
        e["last_visited_date"]
        for e in enterprises
        if e["is_small_business"]
        and asked.holds(e)
        and is_visited(e, asked)
        and e["last_visited_date"] <= asked.last
    ]
    return [
        {
            "step_date": month,
            "is_whole": is_whole_month(month, date.min, asked.last),
            "visited_count": sum(day.replace(day=1) == month for day in days),
            "visited_by_then_count": sum(day.replace(day=1) <= month for day in days),
        }
        for month in months(asked.first, asked.last)
    ]


def standing(orgs: Sequence[Row], asked: Asked) -> list[Row]:
    return [
        o
        for o in orgs
        if (o.get("founded_date") is None or o["founded_date"] <= asked.today) and asked.holds(o)
    ]


def party_org_totals(orgs: Sequence[Row], asked: Asked) -> Row:
    here = standing(orgs, asked)
    members = Counter[bool]()
    for org in here:
        members[org["is_mobile"]] += org.get("member_count") or 0
    return {
        "party_org_count": sum(not o["is_mobile"] for o in here),
        "mobile_party_org_count": sum(o["is_mobile"] for o in here),
        "party_org_member_count": members[False],
        "mobile_member_count": members[True],
    }


def party_orgs_by_year(orgs: Sequence[Row], asked: Asked) -> list[Row]:
    dated = [o for o in standing(orgs, asked) if o.get("founded_date")]
    if not dated:
        return []
    years = range(min(o["founded_date"].year for o in dated), asked.today.year + 1)

    def count(is_mobile: bool, wanted: Iterable[int]) -> int:
        return sum(o["is_mobile"] == is_mobile and o["founded_date"].year in wanted for o in dated)

    return [
        {
            "founded_year": year,
            "founded_count": count(False, [year]),
            "mobile_founded_count": count(True, [year]),
            "standing_count": count(False, range(year + 1)),
            "mobile_standing_count": count(True, range(year + 1)),
        }
        for year in years
    ]


def same_day_last_year(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def conversions(enterprises: Sequence[Row], asked: Asked) -> Row:
    """In the period, this year so far, the same days of last year, last year; for the place asked."""
    days = [
        e["converted_date"]
        for e in enterprises
        if e.get("converted_date") and e["converted_date"] <= asked.today and asked.holds(e)
    ]
    last_year = asked.today.year - 1
    return {
        "converted_count": sum(asked.first <= day <= asked.last for day in days),
        "this_year_count": sum(day.year == asked.today.year for day in days),
        "last_year_same_count": sum(
            date(last_year, 1, 1) <= day <= same_day_last_year(asked.today) for day in days
        ),
        "last_year_count": sum(day.year == last_year for day in days),
    }


def conversions_by_month(enterprises: Sequence[Row], asked: Asked) -> list[Row]:
    days = [
        e["converted_date"]
        for e in enterprises
        if e.get("converted_date") and e["converted_date"] <= asked.today and asked.holds(e)
    ]
    this_year = asked.today.year
    rows = []
    for month in range(1, 13):
        has_begun = month <= asked.today.month
        now = [d for d in days if (d.year, d.month) == (this_year, month)]
        before = [d for d in days if (d.year, d.month) == (this_year - 1, month)]
        same = [d for d in before if d <= same_day_last_year(asked.today)]
        ends = (date(this_year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        rows.append(
            {
                "month_number": month,
                "this_year_month_count": len(now) if has_begun else None,
                "last_year_same_month_count": len(same) if has_begun else None,
                "last_year_month_count": len(before),
                "is_whole": ends <= asked.today,
            }
        )
    return rows


def used_services(
    catalogue: Sequence[Row], services: Sequence[Row], stations: Sequence[Row], asked: Asked
) -> list[Row]:
    """Functions and scenes by how often they were used in the place and period asked, unused ones too."""
    lies_in = {s["station_id"]: s.get("community_name") for s in stations}
    given = [
        s
        for s in services
        if s["requested_at"] <= asked.as_of
        and s.get("process") != "外送办理"
        and asked.first <= s["requested_at"].date() <= asked.last
        and asked.street in (None, s["subdistrict_name"])
        and asked.community in (None, lies_in.get(s["station_id"]))
    ]
    rows = []
    for offered in catalogue:
        if offered["service_group"] not in ("六大功能", "十大场景"):
            continue
        used = [s["requested_at"].date() for s in given if s["service_id"] == offered["service_id"]]
        name = offered["service_name"]
        if not offered["is_name_published"] and "名称未公布" not in name:
            name += "（名称未公布）"
        rows.append(
            {
                "service_group": offered["service_group"],
                "service_id": offered["service_id"],
                "shown_service_name": name,
                "service_count": len(used),
                "month_counts": [
                    sum(day.replace(day=1) == month for day in used)
                    for month in months(asked.first, asked.last)
                ],
            }
        )
    # 六大功能 stands before 十大场景, as their first characters do in Unicode.
    return sorted(rows, key=lambda r: (r["service_group"], -r["service_count"], r["service_id"]))


# ---------------------------------------------------------------- permits


def working_days(received: date, until: date) -> int:
    """Working days after the day of receipt, the last day included."""
    return sum(
        chinese_calendar.is_workday(received + timedelta(days=n))
        for n in range(1, (until - received).days + 1)
    )


@dataclass(frozen=True)
class Permit:
    row: Mapping[str, Any]
    is_issued: bool
    days: int

    @property
    def promised(self) -> int | None:
        return self.row.get("promised_days")

    @property
    def is_late(self) -> bool:
        return self.promised is not None and self.days > self.promised

    def is_issued_within(self, asked: Asked) -> bool:
        return self.is_issued and asked.first <= self.row["issued_date"] <= asked.last


def judged_permits(permits: Sequence[Row], asked: Asked) -> list[Permit]:
    """Received by then, in the street asked; what is issued later is still open."""
    judged = []
    for row in permits:
        if row["applied_date"] > asked.today or asked.street not in (None, row["subdistrict_name"]):
            continue
        issued = row.get("issued_date")
        is_issued = issued is not None and issued <= asked.today
        until = issued if is_issued else asked.today
        judged.append(Permit(row, is_issued, working_days(row["applied_date"], until)))
    return judged


def taken(permits: Iterable[Permit], asked: Asked) -> Row:
    """What permits issued in the period took."""
    issued = [p for p in permits if p.is_issued_within(asked)]
    promised = [p for p in issued if p.promised is not None]
    within = [p for p in promised if not p.is_late]
    return {
        "permit_issued_count": len(issued),
        "median_permit_working_days": quantile([p.days for p in issued], 0.5),
        "p90_permit_working_days": quantile([p.days for p in issued], 0.9),
        "within_promise_count": len(within),
        "promised_count": len(promised),
        "within_promise_rate": share(len(within), len(promised)),
    }


def permit_totals(permits: Sequence[Row], asked: Asked) -> Row:
    judged = judged_permits(permits, asked)
    of_food = {
        is_green: taken(
            [
                p
                for p in judged
                if p.row["permit_kind"] == "食品经营许可" and p.row["is_green_channel"] == is_green
            ],
            asked,
        )
        for is_green in (True, False)
    }
    everything = taken(judged, asked)
    still_open = [p for p in judged if not p.is_issued]
    return {
        "permit_issued_count": everything["permit_issued_count"],
        "green_food_issued_count": of_food[True]["permit_issued_count"],
        "green_food_permit_working_days": of_food[True]["median_permit_working_days"],
        "ordinary_food_issued_count": of_food[False]["permit_issued_count"],
        "ordinary_food_permit_working_days": of_food[False]["median_permit_working_days"],
        "within_promise_count": everything["within_promise_count"],
        "promised_count": everything["promised_count"],
        "within_promise_rate": everything["within_promise_rate"],
        "permit_open_count": len(still_open),
        "permit_late_count": sum(p.is_late for p in still_open),
    }


def channel(permit: Permit) -> str:
    return "绿色通道" if permit.row["is_green_channel"] else "普通办理"


def permits_by_kind(permits: Sequence[Row], asked: Asked) -> list[Row]:
    groups: dict[tuple[str, str], list[Permit]] = {}
    for permit in judged_permits(permits, asked):
        groups.setdefault((permit.row["permit_kind"], channel(permit)), []).append(permit)
    rows = []
    for (kind, way), inside in sorted(groups.items()):
        still_open = [p for p in inside if not p.is_issued]
        rows.append(
            {
                "permit_kind": kind,
                "channel": way,
                "statutory_working_days": max(
                    (p.row["statutory_days"] for p in inside if p.row.get("statutory_days")),
                    default=None,
                ),
                "promised_working_days": max(
                    (p.promised for p in inside if p.promised is not None), default=None
                ),
                **taken(inside, asked),
                "permit_open_count": len(still_open),
                "longest_open_working_days": max((p.days for p in still_open), default=None),
                "permit_late_count": sum(p.is_late for p in still_open),
            }
        )
    return rows


def permits_by_month(permits: Sequence[Row], kind: str, asked: Asked) -> list[Row]:
    judged = [p for p in judged_permits(permits, asked) if p.row["permit_kind"] == kind]
    rows = []
    for way in ("普通办理", "绿色通道"):
        for month in months(asked.first, asked.last):
            inside = [
                p
                for p in judged
                if channel(p) == way
                and p.is_issued_within(asked)
                and p.row["issued_date"].replace(day=1) == month
            ]
            whole = is_whole_month(month, asked.first, asked.last)
            found = {"step_date": month, "channel": way, "is_whole": whole, **taken(inside, asked)}
            del found["within_promise_rate"]
            rows.append(found)
    return rows


def permit_days(permits: Sequence[Row], kind: str, asked: Asked) -> list[Row]:
    issued = [
        p
        for p in judged_permits(permits, asked)
        if p.row["permit_kind"] == kind and p.is_issued_within(asked)
    ]
    longest = max((p.days for p in issued), default=-1)
    return [
        {
            "channel": way,
            "working_days": days,
            "permit_issued_count": sum(channel(p) == way and p.days == days for p in issued),
            "late_count": sum(channel(p) == way and p.days == days and p.is_late for p in issued),
        }
        for way in sorted({channel(p) for p in issued})
        for days in range(longest + 1)
    ]


def open_permits(permits: Sequence[Row], asked: Asked) -> list[Row]:
    still_open = [p for p in judged_permits(permits, asked) if not p.is_issued]

    def left(permit: Permit) -> int | None:
        return None if permit.promised is None else permit.promised - permit.days

    def state(permit: Permit) -> str:
        days = left(permit)
        if days is None:
            return "无承诺时限"
        return "已超承诺" if days < 0 else "今日到承诺时限" if days == 0 else "承诺时限内"

    rows = [
        {
            "permit_state": state(p),
            "permit_id": p.row["permit_id"],
            "waited_working_days": p.days,
            "left_working_days": left(p),
            "applied_date": p.row["applied_date"],
        }
        for p in still_open
    ]
    return sorted(
        rows,
        key=lambda r: (
            r["left_working_days"] is None,
            r["left_working_days"] or 0,
            r["applied_date"],
            r["permit_id"],
        ),
    )
