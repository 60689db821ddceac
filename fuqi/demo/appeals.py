"""The appeals (企业诉求): when they arrive, what about, how they are answered and closed."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import numpy as np

from fuqi import worktime
from fuqi.demo import names
from fuqi.demo.areas import Areas, Row
from fuqi.demo.entities import Entities
from fuqi.demo.shares import (
    CADRES_LIFT,
    CATEGORIES,
    CLOSED_IN_DAYS,
    EXTENDED,
    GROWTH,
    HETAO_APPEALS,
    HETAO_AREA,
    HOLIDAY_LOAD,
    HOUR_WEIGHTS,
    OTHER_LIMIT,
    PARK_APPEALS,
    QUIET_DAYS,
    RATED,
    RATINGS,
    SOURCES,
    STREETS,
    WEEKEND_LOAD,
    WORKING_DAY_LIMIT,
    Category,
)
from fuqi.demo.timeline import (
    CADRES_START,
    EXPORTED_AT,
    LAST_DAY,
    PROGRAMME_START,
    days,
    moment,
)

CLOSED = {"解决": 2300, "部分解决": 180, "解释说明": 200, "未解决": 75}
"""Closed appeals that are not void, by outcome."""
VOID = 35
OPEN_OVERDUE = 18
OPEN_DUE_SOON = 15
OPEN_RECENT = 34
"""Received on the last two days, due later than within one working day."""
OPEN_EXTENDED = 14
UNANSWERED_TODAY = 6
DAY_END = 18 * 60
LAST_MINUTE_OF_DAY = 24 * 60 - 1
PHONE_IN_CONTENT = 0.08
RETURNED = 0.045
REDONE = 0.03
OVERDUE_EXAMPLES_SINCE = date(2023, 5, 15)


class _Draw:
    """Draws appeals one by one; keeps what all of them need."""

    def __init__(
        self,
        rng: np.random.Generator,
        areas: Areas,
        entities: Entities,
        stations: list[Row],
        visits: list[Row],
    ) -> None:
        self.rng = rng
        self.areas = areas
        self.entities = entities
        self.calendar = days(PROGRAMME_START)
        load = np.array([_load(day) for day in self.calendar])
        self.load = load / load.sum()
        self.hours = np.array(list(HOUR_WEIGHTS), dtype=int)
        weight = np.array(list(HOUR_WEIGHTS.values()))
        self.hour_load = weight / weight.sum()
        self.streets = list(STREETS)
        self.street_load = np.array([s.appeals for s in STREETS.values()])
        self.street_load /= self.street_load.sum()
        self.stations: dict[str, list[Row]] = {}
        for station in stations:
            if station["closed_date"] is None:
                self.stations.setdefault(station["subdistrict_name"], []).append(station)
        self.visits: dict[date, list[Row]] = {}
        for visit in visits:
            self.visits.setdefault(visit["visited_at"].date(), []).append(visit)

    def choice(self, values: list, weights: np.ndarray | list[float]) -> object:
        weights = np.asarray(weights, dtype=float)
        return values[self.rng.choice(len(values), p=weights / weights.sum())]

    def received(self, day: date | None = None) -> datetime:
        """A moment of receipt, on `day` or on a day drawn by the programme's load."""
        while True:
            chosen = day or self.calendar[self.rng.choice(len(self.calendar), p=self.load)]
            hour = int(self.rng.choice(self.hours, p=self.hour_load))
            at = moment(chosen, 60 * hour + self.rng.integers(60))
            if at < EXPORTED_AT - timedelta(minutes=20):
                return at

    def appeal(self, received: datetime) -> Row:
        """Everything known when an appeal arrives: where from, what about, from whom."""
        rng, source = self.rng, str(self.choice(list(SOURCES), list(SOURCES.values())))
        street = str(self.choice(self.streets, self.street_load))
        station = visit = None
        if source == "走访" and received.date() >= CADRES_START:
            visit, received = self._visit_before(received)
            source = source if visit else "网上"
        if source == "福企服务站":
            open_then = [s for s in self.stations[street] if s["opened_date"] <= received.date()]
            station = open_then[rng.integers(len(open_then))] if open_then else None
            source = source if station else "热线"
        firm = self._firm(street, visit, station)
        entities, areas = self.entities, self.areas
        community = areas.communities[entities.community[firm]]
        park = None if entities.park[firm] < 0 else areas.parks[entities.park[firm]]
        in_hetao = park is not None and park.area == HETAO_AREA
        category = self._category(community.street, in_hetao)
        is_known = rng.random() < 0.78
        text = category.content.format(firm=entities.name_of(firm) if is_known else "该商户")
        phone = names.phone(rng)
        if rng.random() < PHONE_IN_CONTENT:
            text += f"请联系{phone}。"
        local = category.unit.startswith(("街道", "市场", "税务"))
        unit = f"{community.street.removesuffix('街道')}{category.unit}" if local else category.unit
        return {
            "title": category.title,
            "content": text,
            "category_path": category.path,
            "source": source,
            "enterprise_id": entities.id_of(firm) if is_known else None,
            "enterprise_name": entities.name_of(firm) if is_known else None,
            "contact_name": names.person(rng),
            "contact_phone": phone if rng.random() < 0.9 else None,
            "subdistrict_name": community.street,
            "community_name": community.name,
            "park_id": park.id if park else None,
            "station_id": station["station_id"] if station else None,
            "visit_id": visit["visit_id"] if visit else None,
            "unit_name": unit,
            "received_at": received,
            "extension_count": 0,
            "returned_count": int(rng.random() < RETURNED),
            "redone_count": 0,
            "is_void": False,
        }

    def _visit_before(self, received: datetime) -> tuple[Row | None, datetime]:
        """A visit of that day to a park or community, and the moment its appeal was entered."""
        pool = [v for v in self.visits.get(received.date(), []) if v["object_kind"] != "企业"]
        if not pool:
            return None, received
        visit = pool[self.rng.integers(len(pool))]
        entered = visit["visited_at"] + timedelta(minutes=int(self.rng.integers(10, 90)))
        if entered >= EXPORTED_AT:
            return None, received
        visit["appeal_count"] += 1
        return visit, entered

    def _firm(self, street: str, visit: Row | None, station: Row | None) -> int:
        rng, entities, areas = self.rng, self.entities, self.areas
        if visit is not None and visit["park_id"]:
            return entities.one_in_park(rng, int(visit["park_id"][1:]) - 1)
        if visit is not None or station is not None:
            name = (visit or station)["community_name"]
            return entities.one_in_community(rng, areas.number[name])
        parks = areas.parks_of(street)
        hetao = [p for p in parks if areas.parks[p].area == HETAO_AREA]
        if rng.random() < HETAO_APPEALS.get(street, 0.0):
            return entities.one_in_park(rng, hetao[rng.integers(len(hetao))])
        others = [p for p in parks if p not in hetao]
        if rng.random() < PARK_APPEALS:
            return entities.one_in_park(rng, others[rng.integers(len(others))])
        communities = areas.communities_of(street)
        sizes = np.diff(entities.starts)[communities]
        return entities.one_in_community(rng, int(self.choice(communities, sizes)))

    def _category(self, street: str, in_hetao: bool) -> Category:
        weights = [
            c.share
            * (c.hetao if in_hetao else 1.0)
            * (c.huaqiangbei if street == "华强北街道" else 1.0)
            for c in CATEGORIES
        ]
        return self.choice(list(CATEGORIES), weights)

    def answer(self, row: Row) -> None:
        """Adds when the appeal was handed out, accepted and first answered."""
        rng, received = self.rng, row["received_at"]
        street = STREETS[row["subdistrict_name"]]
        midnight = moment(received.date(), LAST_MINUTE_OF_DAY)
        left = (midnight - received).total_seconds() / 60
        if rng.random() < street.same_day and left >= 3:
            first = received + timedelta(
                minutes=int(min(max(3, rng.lognormal(np.log(55), 0.9)), max(3, left * 0.9)))
            )
            first = min(first, midnight)
        else:
            next_day = worktime.add_working_days(received, 1).date()
            first = moment(next_day, 9 * 60 + rng.integers(150))
        wait = (first - received).total_seconds() / 60
        row["assigned_at"] = received + timedelta(minutes=int(wait * rng.uniform(0.15, 0.35)))
        row["accepted_at"] = received + timedelta(minutes=int(wait * rng.uniform(0.45, 0.8)))
        row["first_response_at"] = first

    def close(self, row: Row, outcome: str) -> bool:
        """Adds deadline, close and rating; False when it would close after the export."""
        rng, received = self.rng, row["received_at"]
        street = STREETS[row["subdistrict_name"]]
        limit = limit_of(row)
        shares = np.array(CLOSED_IN_DAYS[limit])
        shares = shares * street.pace ** np.arange(len(shares))
        taken = int(rng.choice(len(shares), p=shares / shares.sum()))
        is_late = rng.random() < street.late * (2.0 if outcome == "未解决" else 1.0)
        if rng.random() < EXTENDED:
            more = int(rng.choice([3, 5]))
            taken = int(rng.integers(limit, limit + more + 1))
            limit += more
            row["extension_count"] = 1
        if is_late:
            taken = limit + int(rng.geometric(0.4))
        first = row["first_response_at"]
        if taken == 0 and (received.hour >= 16 or not worktime.is_working_day(received.date())):
            taken = 1
        if taken == 0 and first.date() > received.date():
            taken = 1
        day = worktime.add_working_days(received, taken).date()
        earliest = first + timedelta(minutes=15)
        closed = moment(day, rng.integers(9 * 60 + 30, 17 * 60 + 50))
        if closed < earliest:
            closed = max(earliest, moment(day, 17 * 60 + rng.integers(50)))
        if closed > EXPORTED_AT:
            return False
        row |= {"closed_at": closed, "outcome": outcome, "due_at": due_at(received, limit)}
        row["redone_count"] = int(rng.random() < REDONE * (3 if outcome == "未解决" else 1))
        if rng.random() < RATED:
            good, fair, bad = RATINGS[outcome]
            if is_late:
                good, fair, bad = good * 0.67, fair + good * 0.15, bad + good * 0.18
            row["rating"] = self.choice(["满意", "基本满意", "不满意"], [good, fair, bad])
        return True


def draw(
    rng: np.random.Generator,
    areas: Areas,
    entities: Entities,
    stations: list[Row],
    visits: list[Row],
) -> list[Row]:
    """All appeals, oldest first; counts the appeals taken on a visit in `visits`."""
    drawing = _Draw(rng, areas, entities, stations, visits)
    rows: list[Row] = []
    for outcome, count in CLOSED.items():
        rows += _closed(drawing, outcome, count)
    for row in _closed(drawing, "解释说明", VOID):
        rows.append(row | {"is_void": True, "closed_at": None, "outcome": None, "rating": None})
    rows += _open(drawing)
    rows.sort(key=lambda row: (row["received_at"], row["title"], row["contact_name"]))
    number, day = 0, None
    for row in rows:
        number = number + 1 if row["received_at"].date() == day else 1
        day = row["received_at"].date()
        row["appeal_id"] = f"SQ{day:%Y%m%d}{number:03d}"
    return rows


def limit_of(row: Row) -> int:
    """Working days allowed for an appeal of this category."""
    return WORKING_DAY_LIMIT.get(row["category_path"].split("->")[0], OTHER_LIMIT)


def due_at(received: datetime, limit: int) -> datetime:
    """The end of office hours `limit` working days after the day of receipt."""
    return moment(worktime.add_working_days(received, limit).date(), DAY_END)


def _closed(drawing: _Draw, outcome: str, count: int) -> list[Row]:
    rows: list[Row] = []
    while len(rows) < count:
        row = drawing.appeal(drawing.received())
        drawing.answer(row)
        if row["first_response_at"] <= EXPORTED_AT and drawing.close(row, outcome):
            rows.append(row)
        else:
            _take_back(drawing, row)
    return rows


def _take_back(drawing: _Draw, row: Row) -> None:
    """An appeal that is not kept is not counted at its visit either."""
    for visit in drawing.visits.get(row["received_at"].date(), []):
        if visit["visit_id"] == row["visit_id"]:
            visit["appeal_count"] -= 1


def _open(drawing: _Draw) -> list[Row]:
    """The open appeals: overdue, due within one working day, recent, and extended ones."""
    rng = drawing.rng
    soon = worktime.add_working_days(EXPORTED_AT, 1)
    workdays = [d for d in drawing.calendar if worktime.is_working_day(d)]
    rows: list[Row] = []

    def take(
        count: int,
        from_days: Sequence[date],
        extend_to: tuple[int, int] | None,
        fits: Callable[[datetime], bool],
    ) -> None:
        kept = 0
        while kept < count:
            row = drawing.appeal(drawing.received(from_days[rng.integers(len(from_days))]))
            drawing.answer(row)
            limit = limit_of(row)
            if extend_to is not None:
                limit += int(rng.integers(*extend_to))
                row["extension_count"] = 1 + int(rng.random() < 0.2)
            row["due_at"] = due_at(row["received_at"], limit)
            if not fits(row["due_at"]):
                _take_back(drawing, row)
                continue
            if row["first_response_at"] > EXPORTED_AT:
                row["first_response_at"] = None
                for column in ("assigned_at", "accepted_at"):
                    row[column] = row[column] if row[column] <= EXPORTED_AT else None
            rows.append(row)
            kept += 1

    past = [d for d in workdays if d >= OVERDUE_EXAMPLES_SINCE and d < date(2023, 6, 21)]
    take(OPEN_OVERDUE - 4, past[-12:], None, lambda due: due < EXPORTED_AT)
    take(4, past, (3, 6), lambda due: due < EXPORTED_AT)
    take(OPEN_DUE_SOON, workdays[-3:], None, lambda due: EXPORTED_AT < due <= soon)
    take(OPEN_RECENT, workdays[-2:], None, lambda due: due > soon)
    take(OPEN_EXTENDED, past, (3, 25), lambda due: soon < due < datetime(2023, 7, 20))
    today = [row for row in rows if row["received_at"].date() == LAST_DAY]
    today.sort(key=lambda row: row["received_at"])
    for row in today[-UNANSWERED_TODAY:]:
        row |= {"first_response_at": None, "accepted_at": None}
    return rows


def _load(day: date) -> float:
    """How many appeals arrive on `day`, measured by a usual working day at the start."""
    progress = (day - PROGRAMME_START).days / (LAST_DAY - PROGRAMME_START).days
    load = GROWTH[0] + (GROWTH[1] - GROWTH[0]) * progress
    if day >= CADRES_START:
        load *= CADRES_LIFT
    for first, last, factor in QUIET_DAYS:
        if date.fromisoformat(first) <= day <= date.fromisoformat(last):
            load *= factor
    if worktime.is_working_day(day):
        return load
    return load * (WEEKEND_LOAD if day.isoweekday() > 5 else HOLIDAY_LOAD)
