"""A ledger of several streets: every value tells whose row it stands in, and some rows lead from one to another."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tests.ledger import AS_OF, subdistricts

Row = dict[str, Any]
Tables = dict[str, list[Row]]

STREETS = ("园岭街道", "南园街道", "福田街道", "福保街道")
OWNED = (
    *("appeals", "parks", "stations", "enterprises", "teams", "financing", "activities", "permits"),
    *("party_orgs", "station_services", "visits", "subdistricts", "communities"),
)
"""Tables whose rows name the street they belong to."""
EVERYBODYS = ("measures", "service_catalog", "published_figures")


def drawn_tables(seed: int, *, crosses: bool) -> Tables:
    """Rows of every table; with `crosses`, cadres hold and visit things elsewhere, firms have other streets' teams."""
    chance = Random(seed)  # noqa: S311 - drawn rows, no secret
    tables: Tables = {
        name: [] for name in (*OWNED, *EVERYBODYS, "assignments", "cadres", "intake_problems")
    }
    tables["subdistricts"] = subdistricts(*STREETS)
    for street in STREETS:
        _places(chance, tables, street)
    if crosses:
        tables["cadres"] += [
            _cadre(f"区直{number}", None, "区直部门") for number in range(chance.randint(1, 2))
        ]
    for street in STREETS:
        _events(chance, tables, street, crosses)
    _everybodys(tables)
    tables["intake_problems"] = [
        {
            "severity": "refused",
            "table_name": "appeals",
            "file": f"台账·{street}.xlsx",
            "reason": "重复",
            "value": f"值·{street}",
        }
        for street in STREETS
    ]
    return tables


def seen_rows(tables: Mapping[str, list[Row]], streets: tuple[str, ...]) -> Tables:
    """What somebody of those streets sees, row by row, as the house has decided it."""
    seen: Tables = {name: list(tables[name]) for name in EVERYBODYS}
    seen["intake_problems"] = []
    for name in OWNED:
        seen[name] = [row for row in tables[name] if row["subdistrict_name"] in streets]

    def keys(name: str, key: str) -> set[Any]:
        return {row[key] for row in seen[name]}

    own_cadres = {r["cadre_id"] for r in tables["cadres"] if r["subdistrict_name"] in streets}
    seen["assignments"] = [
        row
        for row in tables["assignments"]
        if row.get("park_id") in keys("parks", "park_id")
        or row.get("community_name") in keys("communities", "community_name")
        or row.get("enterprise_id") in keys("enterprises", "enterprise_id")
        or row.get("team_id") in keys("teams", "team_id")
        or row.get("cadre_id") in own_cadres
    ]
    met = (
        own_cadres
        | {row.get("cadre_id") for row in seen["assignments"]}
        | keys("visits", "cadre_id")
        | keys("teams", "leader_cadre_id")
    )
    seen["cadres"] = [row for row in tables["cadres"] if row["cadre_id"] in met]
    return seen


def cadres_named(seen: Mapping[str, list[Row]], streets: tuple[str, ...]) -> set[str]:
    """The cadres whose shortened name they see: their own, those who hold something or lead a team of theirs."""
    return (
        {row["cadre_id"] for row in seen["cadres"] if row["subdistrict_name"] in streets}
        | {row["cadre_id"] for row in seen["assignments"] if row.get("cadre_id")}
        | {row["leader_cadre_id"] for row in seen["teams"]}
    )


def _places(chance: Random, tables: Tables, street: str) -> None:
    def one(name: str, **row: Any) -> Row:
        row = {"subdistrict_name": street, **row}
        tables[name].append(row)
        return row

    longitude = 114.0 + STREETS.index(street) / 100
    for number in range(2):
        mark = f"{street}{number}"
        position = {"longitude": longitude + number / 1000, "latitude": 22.54}
        one(
            "communities",
            community_code=f"代码·{mark}",
            community_name=f"社区·{mark}",
            **position,
        )
        one(
            "parks",
            park_id=f"P·{mark}",
            park_name=f"园区·{mark}",
            park_kind=chance.choice(["产业园", "商圈"]),
            area_name=chance.choice(["片区甲", None]),
            community_name=f"社区·{mark}",
            **position,
        )
        one(
            "stations",
            station_id=f"站·{mark}",
            station_name=f"站名·{mark}",
            station_kind=chance.choice(["专业市场", "产业园区"]),
            community_name=f"社区·{mark}",
            address=f"地址·{mark}",
            services=f"服务·{mark}",
            opened_date=date(2023, 3, 6),
            **position,
        )
        one(
            "party_orgs",
            party_org_id=f"D·{mark}",
            party_org_name=f"支部·{mark}",
            is_mobile=bool(number),
            community_name=f"社区·{mark}",
            founded_date=date(2021, 7, 1),
            member_count=12,
        )
        tables["cadres"].append(_cadre(mark, street, "街道"))
    one(
        "teams",
        team_id=f"T·{street}",
        team_name=f"组·{street}",
        team_number=_number(street, 1),
        leader_cadre_id=f"G·{street}0",
        topic=f"方向·{street}",
        formed_date=date(2022, 6, 15),
    )


def _cadre(mark: str, street: str | None, unit_kind: str) -> Row:
    return {
        "cadre_id": f"G·{mark}",
        # The first letter of a name is shown: every cadre has one of its own, told from all others.
        "cadre_name": chr(0x6C00 + sum(map(ord, mark)) % 4000) + "某某",
        "unit_name": f"单位·{mark}",
        "unit_kind": unit_kind,
        "subdistrict_name": street,
        "role": "助企干部",
        "start_date": date(2023, 3, 1),
    }


def _events(chance: Random, tables: Tables, street: str, crosses: bool) -> None:
    def somewhere() -> str:
        return chance.choice(STREETS) if crosses and chance.random() < 0.4 else street

    def one_of(name: str, key: str) -> Any:
        where = somewhere()
        return chance.choice([r[key] for r in tables[name] if r["subdistrict_name"] == where])

    def cadre() -> str:
        if crosses and chance.random() < 0.3:
            return chance.choice([r["cadre_id"] for r in tables["cadres"]])
        return chance.choice(
            [r["cadre_id"] for r in tables["cadres"] if r["subdistrict_name"] == street]
        )

    def moment(number: int) -> datetime:
        # Seconds no other row has, so that a moment tells whose it is.
        seconds = STREETS.index(street) * 15 + number % 15
        day = AS_OF - timedelta(days=chance.randint(0, 60))
        return day.replace(hour=chance.randint(9, 16), minute=number % 60, second=seconds)

    def one(name: str, **row: Any) -> None:
        tables[name].append({"subdistrict_name": street, **row})

    for number in range(chance.choice([3, 6])):
        mark = f"{street}{number}"
        one(
            "enterprises",
            enterprise_id=f"E·{mark}",
            enterprise_name=f"企业·{mark}",
            entity_kind="企业",
            is_small_business=chance.random() < 0.7,
            industry=f"行业·{street}",
            community_name=f"社区·{street}{number % 2}",
            park_id=one_of("parks", "park_id"),
            longitude=114.0 + STREETS.index(street) / 100 + number / 10000,
            latitude=22.54,
            party_member_count=chance.choice([0, 2]),
            party_org_id=chance.choice([None, one_of("party_orgs", "party_org_id")]),
            last_visited_date=chance.choice([None, date(2023, 5, 11)]),
            has_party_instructor=chance.random() < 0.5,
            converted_date=chance.choice([None, date(2023, 5, 1)]),
        )
    for number in range(chance.choice([8, 16])):
        mark = f"{street}{number}"
        received = moment(number)
        closed = received + timedelta(hours=chance.randint(1, 300))
        is_closed = closed <= AS_OF and chance.random() < 0.7
        one(
            "appeals",
            appeal_id=f"SQ·{mark}",
            title=f"标题·{mark}",
            content=f"内容·{mark}",
            category_path=chance.choice(["融资->贷款利率", "融资->额度", "用工", f"专有·{street}"]),
            source=chance.choice(["走访", "热线"]),
            enterprise_id=f"E·{street}{number % 3}",
            enterprise_name=f"企业·{street}{number % 3}",
            contact_name=f"{chr(0x7530 + STREETS.index(street))}小明",
            contact_phone=f"1380000{_number(street, number):04d}"[:11],
            community_name=f"社区·{street}{number % 2}",
            park_id=chance.choice([None, one_of("parks", "park_id")]),
            station_id=chance.choice([None, one_of("stations", "station_id")]),
            visit_id=chance.choice([None, f"V·{somewhere()}0"]),
            unit_name=chance.choice(["区金融工作局", f"承办·{street}"]),
            received_at=received,
            assigned_at=received + timedelta(minutes=5),
            first_response_at=chance.choice([None, received + timedelta(hours=2)]),
            closed_at=closed if is_closed else None,
            due_at=chance.choice([received + timedelta(days=3), closed]),
            extension_count=chance.choice([0, 1]),
            returned_count=chance.choice([0, 1]),
            outcome=chance.choice(["解决", "未解决"]) if is_closed else None,
            rating=chance.choice([None, "满意", "不满意"]) if is_closed else None,
        )
    for number in range(4):
        mark = f"{street}{number}"
        kind = chance.choice(["园区商圈", "社区"])
        one(
            "visits",
            visit_id=f"V·{mark}",
            visited_at=moment(number),
            cadre_id=cadre(),
            object_kind=kind,
            park_id=f"P·{street}{number % 2}" if kind == "园区商圈" else None,
            community_name=f"社区·{street}{number % 2}",
            appeal_count=1,
            note=f"情况·{mark}",
        )
        one(
            "station_services",
            service_record_id=f"F·{mark}",
            station_id=f"站·{street}{number % 2}",
            service_id=chance.choice(["S01", "S02", "F1"]),
            requested_at=moment(number),
            completed_at=moment(number) + timedelta(days=61),
            process=chance.choice(["站内办理", "外送办理"]),
            enterprise_name=f"企业·{mark}",
        )
        one(
            "permits",
            permit_id=f"X·{mark}",
            permit_kind="食品经营许可",
            is_green_channel=chance.random() < 0.5,
            enterprise_name=f"店·{mark}",
            applied_date=date(2023, 5, 4) + timedelta(days=number),
            issued_date=chance.choice([None, date(2023, 5, 20)]),
            statutory_days=20,
            promised_days=8,
        )
        one(
            "activities",
            activity_id=f"H·{mark}",
            activity_name=f"活动·{mark}",
            activity_kind=chance.choice(["直播", "银企对接会"]),
            started_at=moment(number),
            park_id=chance.choice([None, one_of("parks", "park_id")]),
            participant_count=_number(street, number),
            sales_yuan=float(_number(street, number)),
        )
        one(
            "financing",
            deal_id=f"R·{mark}",
            programme=chance.choice(["跨境N+1知识产权证券化", "银企对接低息融资"]),
            enterprise_id=f"E·{street}{number % 3}",
            enterprise_name=f"企业·{street}{number % 3}",
            team_id=chance.choice([None, one_of("teams", "team_id")]),
            activity_id=chance.choice([None, f"H·{somewhere()}{number}"]),
            amount_yuan=float(_number(street, 50 + number)),
            applied_date=date(2023, 4, 3) + timedelta(days=number),
            funded_date=chance.choice([None, date(2023, 6, 1)]),
        )
        held: Row = {
            "assignment_id": f"A·{mark}",
            "holder_kind": "干部",
            "object_kind": kind,
            "cadre_id": cadre(),
            "start_date": date(2023, 3, 1),
        }
        held["park_id" if kind == "园区商圈" else "community_name"] = (
            f"P·{street}{number % 2}" if kind == "园区商圈" else f"社区·{street}{number % 2}"
        )
        tables["assignments"].append(held)
    tables["assignments"].append(
        {
            "assignment_id": f"A·{street}组",
            "holder_kind": "小组",
            "team_id": one_of("teams", "team_id"),
            "object_kind": "企业",
            "enterprise_id": f"E·{street}0",
            "plan": f"方案·{street}",
            "outcome": f"成效·{street}",
            "start_date": date(2023, 3, 1),
        }
    )


def _everybodys(tables: Tables) -> None:
    tables["measures"] = [{"measure_id": "01", "measure_name": "措施一", "status": "无数据"}]
    tables["service_catalog"] = [
        {"service_id": s, "service_name": s, "service_group": group, "is_name_published": True}
        for s, group in (("S01", "站点服务"), ("S02", "站点服务"), ("F1", "六大功能"))
    ]
    tables["published_figures"] = [
        {
            "figure_id": figure,
            "programme": "项目",
            "label": figure,
            "value": 3.0,
            "unit": "条",
            "as_of_date": date(2023, 6, 28),
            "source": "公开报道",
        }
        for figure in ("appeals_resolved", "fubao_team_number", "live_events", "market_entities")
    ]


def _number(street: str, number: int) -> int:
    """A number that no other street's row has, and that no count or sum comes to by chance."""
    return 7_000_003 + STREETS.index(street) * 1_000_033 + number * 10_007
