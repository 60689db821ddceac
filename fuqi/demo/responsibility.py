"""Who is responsible for what: cadres, teams, assignments and the visits made."""

from datetime import date, timedelta

import numpy as np

from fuqi.demo import names
from fuqi.demo.areas import Areas, Row
from fuqi.demo.entities import Entities
from fuqi.demo.timeline import (
    CADRES_START,
    LAST_DAY,
    PROGRAMME_START,
    QUARTER_START,
    days,
    moment,
    office_minute,
    working_days,
)

ORGANISATION_DEPARTMENT = "区委组织部"
# fmt: off
DISTRICT_UNITS = (
    "区发展和改革局", "区工业和信息化局", "区科技创新局", "区财政局", "区人力资源局",
    "区住房和建设局", "区企业服务中心", "区金融工作局", "区司法局", "区统计局",
    "区政务服务数据管理局", "区投资推广署",
)
# fmt: on
DISTRICT_FIRMS = ("区属国企（产业服务公司）", "区属国企（建设公司）", "区属国企（物业公司）")
DEPARTMENT_LEADERS = 7
DEPARTMENT_STAFF = 18
STREET_STAFF = 15
UNIT_STAFF = 185
FIRM_STAFF = 50
ENDED_TERMS = 14
REASSIGNED = 30
TWO_PARKS = 4
NO_COMMUNITY = 4
NEVER_HELD_PARKS = ("P062", "P040")
NEVER_HELD_COMMUNITIES = ("翰岭社区", "新港社区")
LOST_PARK = "P055"
LOST_COMMUNITY = "梅岗社区"
"""Held until the term of its only holder ended on LOST_DATE."""
LOST_DATE = date(2023, 5, 31)
STALE_PARKS = ("P017", "P036", "P043", "P048", "P064")
STALE_COMMUNITIES = ("锦龙社区", "梅京社区", "沙嘴社区", "福山社区", "侨香社区", "康欣社区")
"""Held, but not visited since the quarter began."""

FUBAO_TEAMS = 34
OTHER_TEAMS = 2
N1_TEAM = "T-FB-34"
N1_TOPIC = "知识产权证券化"
N1_FIRMS = 9
STREET_LETTERS = {
    "南园街道": "NY",
    "园岭街道": "YL",
    "福田街道": "FT",
    "沙头街道": "ST",
    "香蜜湖街道": "XM",
    "梅林街道": "ML",
    "莲花街道": "LH",
    "华富街道": "HF",
    "福保街道": "FB",
    "华强北街道": "HQ",
}
TOPICS = ("融资对接", "用工服务", "产业空间", "政策辅导", "市场开拓", "上市培育", "科技项目申报")
PLANS = (
    "梳理融资需求，对接两家银行，一季度内形成授信方案",
    "组织专场招聘，协调技工学校实习生",
    "排查周边空置场地，协助选址和谈租",
    "辅导申报产业资金，逐项核对材料",
    "安排专利体检，制定知识产权布局计划",
)
OUTCOMES = (
    "已获银行授信",
    "已招录员工十余名",
    "已签订租赁意向",
    "资金申报材料已受理",
    "方案执行中",
    None,
    None,
)
NOTES = (
    "了解经营和用工情况",
    "宣讲惠企政策，发放服务指南",
    "收集融资需求，转服务小组跟进",
    "查看园区停车和消防情况",
    "与商户座谈，暂无新增诉求",
    "跟进上次诉求办理情况",
    "了解订单和外贸情况",
    "协调物业解决装卸货问题",
    "走访新入驻企业",
    "联系人出差，已电话沟通",
)
RARE_NAME_NOTE = "与企业负责人李䶮座谈，了解出口退税需求"
"""A given name outside GBK: only GB18030 can hold it."""
VISITS = 9000
ENTERPRISE_VISITS = 0.38


def cadres(rng: np.random.Generator, areas: Areas) -> list[Row]:
    """420 cadres; those of streets have served since 2022-06, the others since 2023-03."""
    posts: list[tuple[str, str, str | None, str]] = [
        (ORGANISATION_DEPARTMENT, ORGANISATION_DEPARTMENT, None, "部务会成员")
    ] * DEPARTMENT_LEADERS
    posts += [(ORGANISATION_DEPARTMENT, ORGANISATION_DEPARTMENT, None, "助企干部")] * (
        DEPARTMENT_STAFF
    )
    for street in areas.streets:
        office = f"{street}办事处"
        posts.append((office, "街道", street, "街道组织委员"))
        posts += [(office, "街道", street, "助企干部")] * STREET_STAFF
    posts += [
        (DISTRICT_UNITS[n % len(DISTRICT_UNITS)], "区直部门", None, "助企干部")
        for n in range(UNIT_STAFF)
    ]
    posts += [
        (DISTRICT_FIRMS[n % len(DISTRICT_FIRMS)], "区属国企", None, "助企干部")
        for n in range(FIRM_STAFF)
    ]
    rows: list[Row] = []
    for number, (unit, kind, street, role) in enumerate(posts, start=1):
        joined_later = role == "助企干部" and rng.random() < 0.10
        start = PROGRAMME_START if kind == "街道" else CADRES_START
        rows.append(
            {
                "cadre_id": f"G{number:04d}",
                "cadre_name": names.person(rng),
                "unit_name": unit,
                "unit_kind": kind,
                "subdistrict_name": street,
                "role": role,
                "start_date": date(2023, int(rng.integers(3, 6)), 20) if joined_later else start,
                "end_date": None,
            }
        )
    staff = [row for row in rows if row["role"] == "助企干部" and row["unit_kind"] != "街道"]
    for row in rng.choice(np.array(staff, dtype=object), ENDED_TERMS, replace=False):
        row["start_date"] = CADRES_START
        row["end_date"] = date(2023, int(rng.integers(4, 7)), 15)
    staff = [row for row in staff if row["end_date"] is not None]
    staff[0]["end_date"] = LOST_DATE
    return rows


def teams(rng: np.random.Generator, areas: Areas, cadre_rows: list[Row]) -> list[Row]:
    """34 teams in 福保街道, two in every other street, each led by a cadre of its street."""
    rows: list[Row] = []
    for street in areas.streets:
        count = FUBAO_TEAMS if street == "福保街道" else OTHER_TEAMS
        leaders = [c["cadre_id"] for c in cadre_rows if c["subdistrict_name"] == street]
        for number in range(1, count + 1):
            key = f"T-{STREET_LETTERS[street]}-{number:02d}"
            formed = working_days(date(2022, 6, 6), date(2023, 3, 31))
            rows.append(
                {
                    "team_id": key,
                    "team_name": f"{street}第{number}组",
                    "subdistrict_name": street,
                    "team_number": number,
                    "leader_cadre_id": leaders[number % len(leaders)],
                    "topic": N1_TOPIC if key == N1_TEAM else TOPICS[rng.integers(len(TOPICS))],
                    "formed_date": date(2022, 6, 15)
                    if key == N1_TEAM
                    else formed[rng.integers(len(formed))],
                }
            )
    return rows


def assignments(
    rng: np.random.Generator,
    areas: Areas,
    cadre_rows: list[Row],
    team_rows: list[Row],
    entities: Entities,
) -> tuple[list[Row], list[int]]:
    """Terms of holding a park, community or enterprise, and the rows of the nine N+1 firms."""
    rows = _cadre_assignments(rng, areas, cadre_rows)
    n1_firms: list[int] = []
    for team in team_rows:
        is_n1 = team["team_id"] == N1_TEAM
        held = _firms_of(rng, areas, team, entities, N1_FIRMS if is_n1 else None)
        if is_n1:
            n1_firms = held
        for firm in held:
            start = max(team["formed_date"] + timedelta(days=1), PROGRAMME_START)
            rows.append(
                _assignment("小组", start, None, team_id=team["team_id"], object_kind="企业")
                | {
                    "enterprise_id": entities.id_of(firm),
                    "plan": "归集专利组成资产包，跨境“N+1”知识产权证券化融资"
                    if is_n1
                    else PLANS[rng.integers(len(PLANS))],
                    "outcome": "2023年2月14日到账"
                    if is_n1
                    else OUTCOMES[rng.integers(len(OUTCOMES))],
                }
            )
    rows.sort(key=lambda row: row["start_date"])
    for number, row in enumerate(rows, start=1):
        row["assignment_id"] = f"A{number:05d}"
    return rows, n1_firms


def _assignment(
    holder: str,
    start: date,
    end: date | None,
    object_kind: str,
    cadre_id: str | None = None,
    team_id: str | None = None,
    park_id: str | None = None,
    community: str | None = None,
) -> Row:
    return {
        "holder_kind": holder,
        "cadre_id": cadre_id,
        "team_id": team_id,
        "object_kind": object_kind,
        "park_id": park_id,
        "community_name": community,
        "enterprise_id": None,
        "start_date": start,
        "end_date": end,
        "plan": None,
        "outcome": None,
    }


class _Objects:
    """Deals out parks or communities so that each one that may be held gets a holder first."""

    def __init__(self, rng: np.random.Generator, by_street: dict[str, list[str]]) -> None:
        self.rng = rng
        self.by_street = {street: list(rng.permutation(ids)) for street, ids in by_street.items()}
        self.waiting = {street: list(ids) for street, ids in self.by_street.items()}

    def next(self, street: str | None) -> str:
        if street is None:
            # Cadres of district units go where most objects still wait.
            street = max(self.waiting, key=lambda s: (len(self.waiting[s]), self.rng.random()))
        if not self.waiting[street]:
            self.waiting[street] = list(self.rng.permutation(self.by_street[street]))
        return str(self.waiting[street].pop())


def _cadre_assignments(rng: np.random.Generator, areas: Areas, cadre_rows: list[Row]) -> list[Row]:
    parks = _Objects(
        rng,
        {
            street: [
                areas.parks[p].id
                for p in areas.parks_of(street)
                if areas.parks[p].id not in (*NEVER_HELD_PARKS, LOST_PARK)
            ]
            for street in areas.streets
        },
    )
    communities = _Objects(
        rng,
        {
            street: [
                areas.communities[c].name
                for c in areas.communities_of(street)
                if areas.communities[c].name not in (*NEVER_HELD_COMMUNITIES, LOST_COMMUNITY)
            ]
            for street in areas.streets
        },
    )
    in_force = [c for c in cadre_rows if c["end_date"] is None and c["role"] == "助企干部"]
    chosen = rng.permutation(len(in_force))[: TWO_PARKS + NO_COMMUNITY + REASSIGNED]
    ids = [in_force[i]["cadre_id"] for i in chosen]
    two_parks = set(ids[:TWO_PARKS])
    no_community = set(ids[TWO_PARKS : TWO_PARKS + NO_COMMUNITY])
    reassigned = set(ids[TWO_PARKS + NO_COMMUNITY :])
    rows: list[Row] = []
    for cadre in cadre_rows:
        key, street = cadre["cadre_id"], cadre["subdistrict_name"]
        start, end = max(cadre["start_date"], CADRES_START), cadre["end_date"]
        lost = end == LOST_DATE
        park = LOST_PARK if lost else parks.next(street)
        community = LOST_COMMUNITY if lost else communities.next(street)
        if key in reassigned:
            moved = date(2023, 4, 28) if start < date(2023, 4, 1) else date(2023, 6, 9)
            rows.append(_assignment("干部", start, moved, "园区商圈", key, park_id=park))
            later = park
            while later == park:
                later = parks.next(street)
            rows.append(
                _assignment("干部", moved + timedelta(days=1), end, "园区商圈", key, park_id=later)
            )
        else:
            rows.append(_assignment("干部", start, end, "园区商圈", key, park_id=park))
        if key in two_parks:
            second = park
            while second == park:
                second = parks.next(street)
            rows.append(_assignment("干部", start, end, "园区商圈", key, park_id=second))
        if key not in no_community:
            rows.append(_assignment("干部", start, end, "社区", key, community=community))
    return _kept_in_force(rows, parks, communities)


def _kept_in_force(rows: list[Row], parks: _Objects, communities: _Objects) -> list[Row]:
    """The rows; an object whose last holder moved away is taken by a holder from a crowd."""
    for kind, column, pool in (
        ("园区商圈", "park_id", parks),
        ("社区", "community_name", communities),
    ):
        current = [r for r in rows if r["object_kind"] == kind and r["end_date"] is None]
        count: dict[str, int] = {}
        for row in current:
            count[row[column]] = count.get(row[column], 0) + 1
        for ids in pool.by_street.values():
            for empty in (str(i) for i in ids if count.get(str(i), 0) == 0):
                crowd = max((str(i) for i in ids), key=lambda i: count.get(i, 0))
                row = next(r for r in current if r[column] == crowd)
                row[column] = empty
                count[crowd] -= 1
                count[empty] = 1
    return rows


def _firms_of(
    rng: np.random.Generator, areas: Areas, team: Row, entities: Entities, count: int | None
) -> list[int]:
    street = team["subdistrict_name"]
    parks = areas.parks_of(street)
    if count is not None:
        parks = [p for p in parks if areas.parks[p].area and areas.parks[p].kind == "产业园"]
    found: list[int] = []
    while len(found) < (count or int(rng.integers(3, 7))):
        firm = entities.one_in_park(rng, parks[rng.integers(len(parks))])
        if entities.is_company[firm] and firm not in found:
            found.append(firm)
    return found


def visits(
    rng: np.random.Generator,
    areas: Areas,
    assignment_rows: list[Row],
    team_rows: list[Row],
    entities: Entities,
) -> list[Row]:
    """Visits by the holders to what they held on that day, in working hours, oldest first."""
    leaders = {team["team_id"]: team["leader_cadre_id"] for team in team_rows}
    park_numbers = {park.id: number for number, park in enumerate(areas.parks)}
    weights = np.array([_visit_weight(rng, row) for row in assignment_rows])
    open_days = working_days(CADRES_START)
    all_days = days(CADRES_START)
    rows: list[Row] = []
    for index in rng.choice(len(assignment_rows), VISITS, p=weights / weights.sum()):
        held = assignment_rows[index]
        first = max(held["start_date"], CADRES_START)
        last = min(held["end_date"] or LAST_DAY, LAST_DAY)
        if _is_stale(held):
            last = min(last, QUARTER_START - timedelta(days=1))
        pool = [d for d in (all_days if rng.random() < 0.03 else open_days) if first <= d <= last]
        if not pool:
            continue
        row: Row = {
            "visited_at": moment(pool[rng.integers(len(pool))], office_minute(rng)),
            "cadre_id": held["cadre_id"] or leaders[held["team_id"]],
            "object_kind": held["object_kind"],
            "park_id": held["park_id"],
            "community_name": held["community_name"],
            "enterprise_id": None,
            "enterprise_name": None,
            "appeal_count": 0,
            "note": NOTES[rng.integers(len(NOTES))],
        }
        firm: int | None = None
        if held["object_kind"] == "企业":
            firm = int(held["enterprise_id"][1:]) - 1
        elif rng.random() < ENTERPRISE_VISITS:
            firm = (
                entities.one_in_park(rng, park_numbers[held["park_id"]])
                if held["object_kind"] == "园区商圈"
                else entities.one_in_community(rng, areas.number[held["community_name"]])
            )
        if firm is not None:
            row |= {
                "object_kind": "企业",
                "park_id": entities.park_of(firm),
                "community_name": entities.community_of(firm),
                "enterprise_id": entities.id_of(firm),
                "enterprise_name": entities.name_of(firm),
            }
        elif held["park_id"] is not None:
            row["community_name"] = areas.parks[park_numbers[held["park_id"]]].community
        community = areas.communities[areas.number[row["community_name"]]]
        rows.append(row | {"subdistrict_name": community.street})
    rows.sort(key=lambda row: (row["visited_at"], row["cadre_id"]))
    for number, row in enumerate(rows, start=1):
        row["visit_id"] = f"V{number:06d}"
    for row in rows[250::1900]:
        row["note"] = RARE_NAME_NOTE
    rows[100]["note"] = f"商户留电话{names.phone(rng)}，希望街道回电"
    return rows


def _is_stale(assignment: Row) -> bool:
    # A visit to a firm counts for its community too, so stale communities get none of these either.
    return assignment["park_id"] in STALE_PARKS or assignment["community_name"] in STALE_COMMUNITIES


def _visit_weight(rng: np.random.Generator, assignment: Row) -> float:
    if _is_stale(assignment):
        return 0.25
    if assignment["object_kind"] == "企业":
        return 0.0 if rng.random() < 0.15 else 1.6
    last = min(assignment["end_date"] or LAST_DAY, LAST_DAY)
    term = (last - max(assignment["start_date"], CADRES_START)).days / 119
    return float(rng.lognormal(0, 0.5) * term)
