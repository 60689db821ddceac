"""The queries of 融资与活动 in plain Python over rows of tables: slow, and by the words of their definitions."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.plain.arithmetic import quantile, share, wilson

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What every one of these is asked with; both days are included, no street is the district."""

    as_of: datetime
    first: date
    last: date
    street: str | None = None

    @property
    def today(self) -> date:
        return self.as_of.date()

    def has(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.last

    def is_here(self, row: Row) -> bool:
        return self.street in (None, row["subdistrict_name"])


def cell(row: Row, name: str) -> Any:
    """A column that the row need not fill."""
    return row.get(name)


# ---------------------------------------------------------------- deals


def deals(asked: Asked, tables: dict[str, list[Row]], *, everywhere: bool = False) -> list[Row]:
    """The deals known on the day, each with what has come of it by then."""
    known = []
    for row in tables.get("financing", []):
        applied, funded = cell(row, "applied_date"), cell(row, "funded_date")
        if funded is not None and funded > asked.today:
            funded = None
        if applied is not None and applied > asked.today and funded is None:
            continue  # nobody has asked yet
        if everywhere or asked.is_here(row):
            took = (funded - applied).days if funded and applied else None
            waits = (asked.today - applied).days if applied and not funded else None
            firm = cell(row, "enterprise_id") or row["enterprise_name"]
            known.append(
                {**row, "applied": applied, "funded": funded, "took": took}
                | {"waits": waits, "firm": firm}
            )
    return known


def usual(known: list[Row]) -> dict[str, float | None]:
    """By programme, the days that nine of ten of its funded deals took."""
    return {
        programme: quantile(
            [d["took"] for d in known if is_of(d, programme) and d["took"] is not None], 0.9
        )
        for programme in {d["programme"] for d in known}
    }


def is_of(deal: Row, programme: str) -> bool:
    return deal["programme"] == programme


def is_slow(deal: Row, usual_days: dict[str, float | None]) -> bool:
    nine_of_ten = usual_days[deal["programme"]]
    return deal["waits"] is not None and nine_of_ten is not None and deal["waits"] > nine_of_ten


def money(rows: list[Row]) -> float:
    return float(sum(r["amount_yuan"] for r in rows))


def firms(rows: list[Row]) -> int:
    return len({r["firm"] for r in rows})


def period_of(asked: Asked, known: list[Row], usual_days: dict[str, float | None]) -> Row:
    """The counts that totals, programmes and streets have in common."""
    wanted = [d for d in known if asked.has(d["applied"])]
    funded = [d for d in known if asked.has(d["funded"])]
    took = [d["took"] for d in funded if d["took"] is not None]
    waiting = [d for d in known if d["funded"] is None]
    return {
        "asked_count": len(wanted),
        "asked_yuan": money(wanted),
        "funded_count": len(funded),
        "funded_firm_count": firms(funded),
        "funded_yuan": money(funded),
        "timed_deal_count": len(took),
        "median_funding_days": quantile(took, 0.5),
        "p90_funding_days": quantile(took, 0.9),
        "waiting_deal_count": len(waiting),
        "waiting_yuan": money(waiting),
        "longest_waiting_days": max(
            (d["waits"] for d in waiting if d["waits"] is not None), default=None
        ),
        "slow_deal_count": sum(is_slow(d, usual_days) for d in waiting),
    }


def financing_totals(asked: Asked, tables: dict[str, list[Row]]) -> list[Row]:
    known = deals(asked, tables)
    return [{"known_deal_count": len(known), **period_of(asked, known, usual(known))}]


def financing_by_programme(asked: Asked, tables: dict[str, list[Row]]) -> list[Row]:
    known = deals(asked, tables)
    usual_days = usual(known)
    rows = []
    for programme in {d["programme"] for d in known}:
        own = [d for d in known if is_of(d, programme)]
        so_far = [d for d in own if d["funded"] and d["funded"] <= asked.last]
        first_asked = min((d["applied"] for d in own if d["applied"]), default=None)
        first_funded = min((d["funded"] for d in so_far), default=None)
        begins = [d["applied"] or d["funded"] for d in own if d["applied"] or d["funded"]]
        rows.append(
            {
                "programme": programme,
                **period_of(asked, own, usual_days),
                "total_funded_count": len(so_far),
                "total_firm_count": firms(so_far),
                "total_funded_yuan": money(so_far),
                "first_applied_date": first_asked,
                "first_funded_date": first_funded,
                "first_funding_months": whole_months(first_asked, first_funded),
                "begins": min(begins, default=date.max),
            }
        )
    rows.sort(key=lambda row: (row["begins"], row["programme"]))
    return [{k: v for k, v in row.items() if k != "begins"} for row in rows]


def whole_months(first: date | None, last: date | None) -> int | None:
    """Months that have passed in full from one day to the other."""
    if first is None or last is None:
        return None
    months = 12 * (last.year - first.year) + last.month - first.month
    return months - 1 if last.day < first.day else months


def financing_by_subdistrict(asked: Asked, tables: dict[str, list[Row]]) -> list[Row]:
    known = deals(asked, tables, everywhere=True)
    shown = (
        "asked_count", "asked_yuan", "funded_count", "funded_firm_count", "funded_yuan",
        "timed_deal_count", "median_funding_days", "waiting_deal_count", "waiting_yuan",
    )  # fmt: skip
    rows = []
    for street in sorted(tables["subdistricts"], key=lambda s: s["subdistrict_code"]):
        name = street["subdistrict_name"]
        counts = period_of(asked, [d for d in known if d["subdistrict_name"] == name], usual(known))
        named = {"subdistrict_code": street["subdistrict_code"], "subdistrict_name": name}
        rows.append(named | {column: counts[column] for column in shown})
    return rows


def financing_by_team(asked: Asked, tables: dict[str, list[Row]]) -> list[Row]:
    teams = {t["team_id"]: t for t in tables.get("teams", [])}
    by_team = defaultdict(list)
    for deal in deals(asked, tables):
        by_team[cell(deal, "team_id")].append(deal)
    rows = []
    for team_id, own in by_team.items():
        team = teams.get(team_id, {})
        funded = [d for d in own if asked.has(d["funded"])]
        so_far = [d for d in own if d["funded"] and d["funded"] <= asked.last]
        rows.append(
            {
                "team_title": cell(team, "team_name") or team_id or "未登记小组",
                "topic": cell(team, "topic"),
                "funded_count": len(funded),
                "funded_yuan": money(funded),
                "total_funded_count": len(so_far),
                "total_firm_count": firms(so_far),
                "total_funded_yuan": money(so_far),
                "waiting_deal_count": sum(d["funded"] is None for d in own),
            }
        )
    return sorted(rows, key=lambda row: row["team_title"])


def waiting_deals(asked: Asked, tables: dict[str, list[Row]]) -> list[Row]:
    known = deals(asked, tables)
    usual_days = usual(known)
    teams = {t["team_id"]: t["team_name"] for t in tables.get("teams", [])}
    rows = []
    for deal in (d for d in known if d["funded"] is None):
        state = "等待偏久" if is_slow(deal, usual_days) else "等待中"
        rows.append(
            {
                "deal_id": deal["deal_id"],
                "programme": deal["programme"],
                "enterprise_name": deal["enterprise_name"],
                "subdistrict_name": deal["subdistrict_name"],
                "team_title": teams.get(cell(deal, "team_id"), cell(deal, "team_id")),
                "amount_yuan": deal["amount_yuan"],
                "applied_date": deal["applied"],
                "waiting_days": deal["waits"],
                "p90_funding_days": usual_days[deal["programme"]],
                "waiting_state": "提出日期不详" if deal["waits"] is None else state,
            }
        )
    return sorted(
        rows, key=lambda r: (r["waiting_days"] is None, -(r["waiting_days"] or 0), r["deal_id"])
    )


def financing_trend(asked: Asked, tables: dict[str, list[Row]], step: str) -> list[Row]:
    known = [d for d in deals(asked, tables) if not d["funded"] or d["funded"] <= asked.last]
    rows = []
    for first, after in steps(asked, step):
        for programme in sorted({d["programme"] for d in known}):
            own = [d for d in known if is_of(d, programme) and d["funded"]]
            here = [d for d in own if asked.has(d["funded"]) and first <= d["funded"] < after]
            so_far = [d for d in own if d["funded"] < after]
            rows.append(
                {
                    "step_date": first,
                    "programme": programme,
                    "is_whole": is_whole(asked, first, after),
                    "funded_count": len(here),
                    "funded_yuan": money(here),
                    "total_funded_count": len(so_far),
                    "total_funded_yuan": money(so_far),
                }
            )
    return rows


def steps(asked: Asked, step: str) -> list[tuple[date, date]]:
    """First day of each day, week or month of the period, and the first day after it."""
    found, day = [], asked.first
    while day <= asked.last:
        if step == "day":
            first, after = day, day + timedelta(days=1)
        elif step == "week":
            first = day - timedelta(days=day.weekday())
            after = first + timedelta(days=7)
        else:
            first = day.replace(day=1)
            after = (first + timedelta(days=31)).replace(day=1)
        found.append((first, after))
        day = after
    return found


def is_whole(asked: Asked, first: date, after: date) -> bool:
    return asked.first <= first and after - timedelta(days=1) <= asked.last


# ---------------------------------------------------------------- activities


def activities(asked: Asked, tables: dict[str, list[Row]]) -> list[Row]:
    """The activities of the period, each with the financing that names it and has arrived."""
    arrived = defaultdict(list)
    for deal in deals(asked, tables, everywhere=True):
        if deal["funded"]:
            arrived[cell(deal, "activity_id")].append(deal)
    return [
        {
            "participant_count": None,
            "sales_yuan": None,
            "park_id": None,
            **row,
            "day": row["started_at"].date(),
            "linked_deal_count": len(arrived[row["activity_id"]]),
            "linked_firm_count": firms(arrived[row["activity_id"]]),
            "linked_yuan": money(arrived[row["activity_id"]]),
        }
        for row in tables.get("activities", [])
        if row["started_at"] <= asked.as_of
        and asked.has(row["started_at"].date())
        and asked.is_here(row)
    ]


def total(rows: list[Row], column: str) -> Any:
    """The sum of what is given; None when nothing is."""
    given = [r[column] for r in rows if r[column] is not None]
    return sum(given) if given else None


def activity_totals(asked: Asked, tables: dict[str, list[Row]]) -> list[Row]:
    held = activities(asked, tables)
    live = [a for a in held if a["activity_kind"] == "直播"]
    meetings = [a for a in held if a["activity_kind"] == "银企对接会"]
    first = min((a["day"] for a in live), default=None)
    last = max((a["day"] for a in live), default=None)
    came = total(meetings, "participant_count") or 0
    brought = sum(a["linked_firm_count"] for a in meetings if a["participant_count"] is not None)
    return [
        {
            "activity_count": len(held),
            "attendance_count": total(held, "participant_count") or 0,
            "live_event_count": len(live),
            "live_reported_count": sum(a["sales_yuan"] is not None for a in live),
            "live_first_date": first,
            "live_last_date": last,
            "meeting_count": len(meetings),
            "meeting_attendance_count": came,
            "meeting_firm_count": brought,
            "meeting_deal_count": sum(a["linked_deal_count"] for a in meetings),
            "meeting_yuan": float(sum(a["linked_yuan"] for a in meetings)),
            "live_sales_yuan": total(live, "sales_yuan") if live else 0.0,
            "live_days": (last - first).days + 1 if live else None,
            "meeting_firm_rate": share(brought, came),
        }
    ]


def activities_by_kind(asked: Asked, tables: dict[str, list[Row]]) -> list[Row]:
    held = activities(asked, tables)
    rows = []
    for kind, count in Counter(a["activity_kind"] for a in held).items():
        own = [a for a in held if a["activity_kind"] == kind]
        came = sorted(a["participant_count"] for a in own if a["participant_count"] is not None)
        rows.append(
            {
                "activity_kind": kind,
                "activity_count": count,
                "attendance_count": sum(came),
                "median_participants": came[(len(came) - 1) // 2] if came else None,
                "sales_yuan": total(own, "sales_yuan"),
                "activity_with_deal_count": sum(a["linked_deal_count"] > 0 for a in own),
                "linked_deal_count": sum(a["linked_deal_count"] for a in own),
                "linked_firm_count": sum(a["linked_firm_count"] for a in own),
                "linked_yuan": float(sum(a["linked_yuan"] for a in own)),
                "last_held_date": max(a["day"] for a in own),
            }
        )
    return sorted(rows, key=lambda row: (-row["activity_count"], row["activity_kind"]))


def activities_trend(asked: Asked, tables: dict[str, list[Row]], step: str) -> list[Row]:
    held = activities(asked, tables)
    rows = []
    for first, after in steps(asked, step):
        for kind in sorted({a["activity_kind"] for a in held}):
            own = [a for a in held if a["activity_kind"] == kind and first <= a["day"] < after]
            rows.append(
                {
                    "step_date": first,
                    "activity_kind": kind,
                    "is_whole": is_whole(asked, first, after),
                    "activity_count": len(own),
                    "attendance_count": total(own, "participant_count") or 0,
                    "sales_yuan": total(own, "sales_yuan"),
                }
            )
    return rows


def activity_list(asked: Asked, tables: dict[str, list[Row]]) -> list[Row]:
    parks = {p["park_id"]: p["park_name"] for p in tables.get("parks", [])}
    shown = (
        "activity_id", "activity_name", "activity_kind", "started_at", "subdistrict_name", "park_id",
        "participant_count", "sales_yuan", "linked_deal_count", "linked_firm_count", "linked_yuan",
    )  # fmt: skip
    held = sorted(activities(asked, tables), key=lambda a: a["activity_id"])
    held.sort(key=lambda a: a["started_at"], reverse=True)
    return [{c: a[c] for c in shown} | {"park_name": parks.get(a["park_id"])} for a in held]


def live_sales_course(asked: Asked, tables: dict[str, list[Row]]) -> list[Row]:
    parks = {p["park_id"]: p["park_name"] for p in tables.get("parks", [])}
    published = next(
        (
            10_000.0 * f["value"]
            for f in tables.get("published_figures", [])
            if f["figure_id"] == "live_sales"
        ),
        None,
    )
    live = [a for a in activities(asked, tables) if a["activity_kind"] == "直播"]
    live.sort(key=lambda a: (a["started_at"], a["activity_id"]))
    rows, so_far = [], 0.0
    for number, event in enumerate(live, start=1):
        so_far += event["sales_yuan"] or 0
        rows.append(
            {
                "event_number": number,
                "activity_id": event["activity_id"],
                "activity_name": event["activity_name"],
                "started_at": event["started_at"],
                "day_number": (event["day"] - live[0]["day"]).days + 1,
                "subdistrict_name": event["subdistrict_name"],
                "park_name": parks.get(event["park_id"]),
                "participant_count": event["participant_count"],
                "sales_yuan": event["sales_yuan"],
                "cumulative_sales_yuan": so_far,
                "published_yuan": published,
                "is_published_reached": published is not None and so_far >= published,
            }
        )
    return rows


# ---------------------------------------------------------------- before and after


def appeals_around_meetings(
    asked: Asked, tables: dict[str, list[Row]], weeks: int, min_n: int
) -> list[Row]:
    received = [
        (a["received_at"].date(), a["subdistrict_name"], a["category_path"].split("->")[0].strip())
        for a in tables.get("appeals", [])
        if a["received_at"] <= asked.as_of and not cell(a, "is_void")
    ]
    known_since = min((day for day, _, _ in received), default=None)
    wanted = [(day, street) for day, street, category in received if category == "融资"]
    counted = []
    for meeting in activities(asked, tables):
        if meeting["activity_kind"] != "银企对接会":
            continue
        day, street = meeting["day"], meeting["subdistrict_name"]
        before = {day - timedelta(days=n) for n in range(1, 7 * weeks + 1)}
        after = {day + timedelta(days=n) for n in range(1, 7 * weeks + 1)}
        if known_since:
            before = {d for d in before if d >= known_since}
        after = {d for d in after if d <= asked.today}
        counted.append(
            {
                "street": street,
                "before_days": len(before),
                "after_days": len(after),
                "before_count": sum(d in before and s == street for d, s in wanted),
                "after_count": sum(d in after and s == street for d, s in wanted),
                "elsewhere_before_count": sum(d in before and s != street for d, s in wanted),
                "elsewhere_after_count": sum(d in after and s != street for d, s in wanted),
            }
        )
    if not counted:
        return []
    streets = sorted({c["street"] for c in counted})
    return [
        _compared("合计", counted, min_n),
        *(_compared(s, [c for c in counted if c["street"] == s], min_n) for s in streets),
    ]


def _compared(name: str, counted: list[Row], min_n: int) -> Row:
    row = {column: sum(c[column] for c in counted) for column in counted[0] if column != "street"}
    before, after = row["before_count"], row["after_count"]
    days_before, days_after = row["before_days"], row["after_days"]
    low, high = wilson(after, before + after)
    verdict = "变化可能只是偶然"
    if not before + after:
        verdict = "前后都没有诉求"
    elif not days_before or not days_after:
        verdict = "一边没有数据"
    elif before + after < min_n:
        verdict = "样本不足"
    elif low > days_after / (days_before + days_after):
        verdict = "之后更多"
    elif high < days_after / (days_before + days_after):
        verdict = "之后更少"
    others = row["elsewhere_before_count"], row["elsewhere_after_count"]
    return {
        "meeting_street": name,
        "is_total": name == "合计",
        "meeting_count": len(counted),
        "around_count": before + after,
        **row,
        "before_weekly": share(7 * before, days_before),
        "after_weekly": share(7 * after, days_after),
        "weekly_change_ratio": share(after * days_before, before * days_after),
        "least_change_ratio": None
        if low is None
        else share(low * days_before, (1 - low) * days_after),
        "most_change_ratio": (
            None
            if high is None or high == 1
            else share(high * days_before, (1 - high) * days_after)
        ),
        "elsewhere_change_ratio": share(others[1] * days_before, others[0] * days_after),
        "meeting_change_verdict": verdict,
    }


# ---------------------------------------------------------------- the ten measures


def measures_by_status(tables: dict[str, list[Row]]) -> list[Row]:
    listed = tables.get("measures", [])
    return [
        {
            "status": status,
            "measure_count": sum(m["status"] == status for m in listed),
            "last_updated_date": max(
                (m["updated_date"] for m in listed if m["status"] == status and m["updated_date"]),
                default=None,
            ),
        }
        for status in ("无数据", "未启动", "推进中", "已落地")
    ]
