"""Rows that are wrong on purpose, for the intake to refuse, and untidy cells for it to read.

None of the wrong rows carries a published figure: whether refused or kept, the figures stay the same.
"""

import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from fuqi.demo.areas import Row
from fuqi.demo.files import slashed

REFUSED = "refused"
FLAGGED = "flagged"
SUPERSEDED = "superseded"


@dataclass(frozen=True)
class WrongRow:
    """A copy of a sound row with changes, put back `place` of the way down its table."""

    table: str
    reason: str
    changes: Row
    effect: str = REFUSED
    place: float = 0.5
    like: Row = field(default_factory=dict)
    """What the copied row has to hold."""


NOT_COUNTED: Row = {"outcome": "解释说明", "is_void": False}

WRONG_ROWS = (
    WrongRow(
        "appeals",
        "办结时间早于受理时间",
        {
            "appeal_id": "SQ20230412901",
            "received_at": datetime(2023, 4, 12, 15, 30),
            "assigned_at": None,
            "accepted_at": None,
            "first_response_at": None,
            "closed_at": datetime(2023, 4, 11, 16, 0),
        },
        place=0.63,
        like=NOT_COUNTED,
    ),
    WrongRow(
        "appeals",
        "受理时间无法识别：2023/13/45",
        {"appeal_id": "SQ20230515902", "received_at": "2023/13/45"},
        place=0.81,
        like=NOT_COUNTED,
    ),
    WrongRow(
        "appeals",
        "受理时间为“不详”，该列必填",
        {"appeal_id": "SQ20221108903", "received_at": "不详"},
        place=0.33,
        like=NOT_COUNTED,
    ),
    WrongRow(
        "appeals",
        "东门街道不是本区街道",
        {
            "appeal_id": "SQ20230302904",
            "subdistrict_name": "东门街道",
            "community_name": None,
            "park_id": None,
            "station_id": None,
            "visit_id": None,
        },
        place=0.55,
        like=NOT_COUNTED,
    ),
    WrongRow(
        "appeals",
        "未办结却有办理结果",
        {"appeal_id": "SQ20230606905", "closed_at": None, "rating": None},
        place=0.92,
        like=NOT_COUNTED,
    ),
    WrongRow("appeals", "缺少工单编号", {"appeal_id": None}, place=0.71, like=NOT_COUNTED),
    WrongRow(
        "permits",
        "证照类型不在允许范围：食品许可",
        {"permit_id": "X90001", "permit_kind": "食品许可"},
        place=0.4,
    ),
    WrongRow(
        "stations",
        "缺少站点编号",
        {"station_id": None, "station_name": "待编号福企服务站"},
        place=1.0,
    ),
    WrongRow(
        "visits",
        "干部编号 G9999 不在干部名册",
        {"visit_id": "V900001", "cadre_id": "G9999"},
        place=0.77,
    ),
    WrongRow(
        "assignments",
        "结束日期早于开始日期",
        {"assignment_id": "A90001", "end_date": datetime(2022, 12, 31).date()},
        place=0.6,
        like={"object_kind": "社区"},
    ),
    WrongRow(
        "financing",
        "融资金额为“不详”，该列必填",
        {"deal_id": "R9001", "amount_yuan": "不详"},
        place=0.5,
        like={"programme": "银企对接低息融资"},
    ),
    WrongRow(
        "station_services",
        "完成时间早于申请时间",
        {"service_record_id": "F900001", "completed_at": datetime(2023, 2, 28, 9, 0)},
        place=0.66,
        like={"service_id": "S03"},
    ),
    WrongRow("party_orgs", "缺少党组织编号", {"party_org_id": None}, place=0.2),
)

SUPERSEDED_APPEALS = 2
"""Appeals that also appear in an earlier state, still open; the newer state has to win."""
SUPERSEDED_REASON = "工单编号重复，以最新状态为准"

SWAPPED_STATION = "香岭福企服务站"
SWAPPED_REASON = "经纬度颠倒，位置在本区之外；站点保留，不上图"


def add(tables: dict[str, list[Row]]) -> None:
    """Adds the wrong rows and the earlier states of some appeals."""
    for wrong in WRONG_ROWS:
        rows = tables[wrong.table]
        place = int(wrong.place * (len(rows) - 1))
        model = next(
            row
            for row in rows[place // 2 :]
            if all(row.get(name) == value for name, value in wrong.like.items())
        )
        rows.insert(place if wrong.place < 1 else len(rows), copy.copy(model) | wrong.changes)
    _add_earlier_states(tables["appeals"])


def swap_position(stations: list[Row]) -> None:
    """Swaps longitude and latitude of one station; call it when positions are final."""
    for row in stations:
        if row["station_name"] == SWAPPED_STATION:
            row["longitude"], row["latitude"] = row["latitude"], row["longitude"]


def _add_earlier_states(appeals: list[Row]) -> None:
    closed = [
        n
        for n, row in enumerate(appeals)
        if row.get("closed_at") is not None
        and row["outcome"] == "解决"
        and row["closed_at"] - row["received_at"] > timedelta(days=2)
    ]
    for number in sorted(
        closed[len(closed) // 3 :: len(closed) // 3][:SUPERSEDED_APPEALS], reverse=True
    ):
        earlier = appeals[number] | {"closed_at": None, "outcome": None, "rating": None}
        appeals.insert(number, earlier | {"accepted_at": None, "first_response_at": None})


def untidy_amounts(financing: list[Row]) -> None:
    """Writes a few round amounts as people do: 650万."""
    for row in financing[5::40]:
        amount = row["amount_yuan"]
        if isinstance(amount, int) and amount % 10_000 == 0:
            row["amount_yuan"] = f"{amount // 10_000}万"


def untidy(rng: np.random.Generator, appeals: list[Row], aliases: dict[str, list[str]]) -> None:
    """Writes cells as people do: street aliases, dates as text, full-width digits, spaces."""
    times = (
        "received_at",
        "assigned_at",
        "accepted_at",
        "first_response_at",
        "closed_at",
        "due_at",
    )
    wide = str.maketrans("0123456789:/", "０１２３４５６７８９：／")
    for row in appeals:
        chance = rng.random(4)
        if chance[0] < 0.07 and row["subdistrict_name"] in aliases:
            options = aliases[row["subdistrict_name"]]
            row["subdistrict_name"] = options[rng.integers(len(options))]
        if chance[1] < 0.08:
            for name in times:
                if isinstance(row.get(name), datetime):
                    row[name] = slashed(row[name])
                    if chance[1] < 0.01:
                        row[name] = row[name].translate(wide)
        if chance[2] < 0.03:
            row["category_path"] = f" {row['category_path'].replace('->', ' -> ')} "
        if chance[3] < 0.05:
            row["备注2"] = "电话回访" if chance[3] < 0.03 else "转办"
