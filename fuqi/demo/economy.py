"""Financing, activities, permits, the ten measures and the figures that were published."""

from datetime import date, timedelta

import numpy as np

from fuqi import worktime
from fuqi.demo.areas import Areas, Row
from fuqi.demo.entities import Entities
from fuqi.demo.responsibility import N1_TEAM
from fuqi.demo.shares import LIVE_EVENTS, LIVE_SALES_YUAN, LOW_INTEREST_YUAN, N1_YUAN, STREETS
from fuqi.demo.stations import DIGITS, around
from fuqi.demo.timeline import EXPORTED_AT, LAST_DAY, PROGRAMME_START, moment, working_days

LIVE_FIRST, LIVE_LAST = date(2023, 5, 20), date(2023, 6, 16)
"""28 days, both included."""
MEETINGS = 12
TALKS = 46
LOW_INTEREST_DEALS = 148
N1_APPLIED = date(2022, 5, 14)
N1_FUNDED = date(2023, 2, 14)
SOURCE = "2023年6月28日公开报道"

PERMITS = (
    # kind, green channel, count, statutory and promised working days, median, spread
    ("食品经营许可", False, 420, 20, 8, 8, 4),
    ("食品经营许可", True, 210, 20, 3, 3, 2),
    ("营业执照", False, 520, 3, 1, 1, 1),
    ("公共场所卫生许可", False, 150, 20, 7, 6, 3),
    ("公共场所卫生许可", True, 60, 20, 3, 3, 1),
)
GREEN_CHANNEL_START = date(2023, 3, 1)
PERMITS_IN_PROGRESS = 24


def activities(rng: np.random.Generator, areas: Areas) -> list[Row]:
    """33 live events in 华强北 with sales of 61,280,000 元, bank-firm meetings and policy talks."""
    rows: list[Row] = []
    span = (LIVE_LAST - LIVE_FIRST).days
    offsets = np.sort(np.concatenate([[0, span], rng.integers(0, span + 1, LIVE_EVENTS - 2)]))
    markets = [areas.parks[p].id for p in areas.parks_of("华强北街道")]
    sales = _parts(rng, LIVE_SALES_YUAN, LIVE_EVENTS, 10_000)
    for number, (offset, amount) in enumerate(zip(offsets, sales, strict=True), start=1):
        start = moment(LIVE_FIRST + timedelta(days=int(offset)), 60 * int(rng.integers(14, 21)))
        rows.append(
            _activity(
                f"直播华强北第{number}场",
                "直播",
                start,
                "华强北街道",
                markets[rng.integers(len(markets))],
                int(rng.integers(8, 60)),
                amount,
            )
        )
    open_days = working_days(date(2022, 7, 1), LAST_DAY - timedelta(days=1))
    for number in range(1, MEETINGS + 1):
        day = open_days[number * len(open_days) // (MEETINGS + 1)]
        street = areas.streets[rng.integers(len(areas.streets))]
        rows.append(
            _activity(
                f"第{number}期银企对接会",
                "银企对接会",
                moment(day, 14 * 60 + 30),
                street,
                None,
                int(rng.integers(25, 90)),
                None,
            )
        )
    for number in range(1, TALKS + 1):
        day = open_days[rng.integers(len(open_days))]
        street = areas.streets[rng.integers(len(areas.streets))]
        parks = areas.parks_of(street)
        rows.append(
            _activity(
                f"{street}惠企政策宣讲第{number}讲",
                "政策宣讲",
                moment(day, 60 * int(rng.choice([10, 15]))),
                street,
                areas.parks[parks[rng.integers(len(parks))]].id,
                int(rng.integers(15, 120)),
                None,
            )
        )
    rows.sort(key=lambda row: row["started_at"])
    for number, row in enumerate(rows, start=1):
        row["activity_id"] = f"H{number:03d}"
    return rows


def _activity(
    name: str,
    kind: str,
    start: object,
    street: str,
    park: str | None,
    count: int,
    sales: int | None,
) -> Row:
    return {
        "activity_name": name,
        "activity_kind": kind,
        "started_at": start,
        "subdistrict_name": street,
        "park_id": park,
        "participant_count": count,
        "sales_yuan": sales,
    }


def _parts(rng: np.random.Generator, total: int, count: int, step: int) -> list[int]:
    """`count` uneven multiples of `step` that add up to `total`."""
    weight = rng.lognormal(0, 0.6, count)
    parts = np.maximum(1, np.floor(weight / weight.sum() * total / step)).astype(int) * step
    parts[int(np.argmax(parts))] += total - parts.sum()
    return [int(part) for part in parts]


def financing(
    rng: np.random.Generator, entities: Entities, n1_firms: list[int], activity_rows: list[Row]
) -> list[Row]:
    """Nine N+1 deals funded together on 2023-02-14, and low-interest loans of 930,000,000 元."""
    rows: list[Row] = []
    amounts = _parts(rng, N1_YUAN, len(n1_firms), 500_000)
    for number, (firm, amount) in enumerate(zip(n1_firms, amounts, strict=True)):
        applied = N1_APPLIED + timedelta(days=int(number and rng.integers(10, 120)))
        rows.append(
            _deal(
                "跨境N+1知识产权证券化", entities, firm, amount, applied, N1_FUNDED, team_id=N1_TEAM
            )
        )
    meetings = [a for a in activity_rows if a["activity_kind"] == "银企对接会"]
    for amount in _parts(rng, LOW_INTEREST_YUAN, LOW_INTEREST_DEALS, 50_000):
        while not entities.is_company[firm := int(rng.integers(len(entities)))]:
            pass
        meeting = meetings[rng.integers(len(meetings))] if rng.random() < 0.6 else None
        open_days = working_days(PROGRAMME_START, date(2023, 6, 9))
        applied = (
            meeting["started_at"].date() + timedelta(days=int(rng.integers(0, 4)))
            if meeting
            else open_days[rng.integers(len(open_days))]
        )
        applied = min(applied, date(2023, 6, 9))
        funded = worktime.add_working_days(moment(applied, 0), int(rng.integers(4, 13))).date()
        rows.append(
            _deal(
                "银企对接低息融资",
                entities,
                firm,
                amount,
                applied,
                funded,
                activity_id=meeting["activity_id"] if meeting else None,
            )
        )
    rows.sort(key=lambda row: (row["applied_date"], row["enterprise_id"]))
    for number, row in enumerate(rows, start=1):
        row["deal_id"] = f"R{number:04d}"
    return rows


def _deal(
    programme: str,
    entities: Entities,
    firm: int,
    amount: int,
    applied: date,
    funded: date,
    team_id: str | None = None,
    activity_id: str | None = None,
) -> Row:
    return {
        "programme": programme,
        "enterprise_id": entities.id_of(firm),
        "enterprise_name": entities.name_of(firm),
        "subdistrict_name": entities.street_of(firm),
        "team_id": team_id,
        "activity_id": activity_id,
        "amount_yuan": amount,
        "applied_date": applied,
        "funded_date": funded,
    }


def permits(rng: np.random.Generator, entities: Entities) -> list[Row]:
    """Applications by kind; a food permit takes 8 working days, 3 in the green channel (medians)."""
    rows: list[Row] = []
    streets = list(STREETS)
    share = np.array([street.entities for street in STREETS.values()])
    open_days = working_days(PROGRAMME_START)
    place = {day: number for number, day in enumerate(open_days)}
    for kind, is_green, count, statutory, promised, median, spread in PERMITS:
        first = place[worktime_day(GREEN_CHANNEL_START)] if is_green else 0
        for taken in around(rng, count, median, max(count // 4, 1), min(spread, median)):
            applied = int(rng.integers(first, len(open_days) - taken))
            rows.append(
                _permit(
                    rng,
                    entities,
                    streets,
                    share,
                    kind,
                    is_green,
                    statutory,
                    promised,
                    open_days[applied],
                    open_days[applied + taken],
                )
            )
    recent = len(open_days) - 3
    for _ in range(PERMITS_IN_PROGRESS):
        kind, is_green, _, statutory, promised, _, _ = PERMITS[rng.integers(len(PERMITS))]
        applied = open_days[rng.integers(recent, len(open_days))]
        rows.append(
            _permit(
                rng, entities, streets, share, kind, is_green, statutory, promised, applied, None
            )
        )
    rows.sort(key=lambda row: row["applied_date"])
    for number, row in enumerate(rows, start=1):
        row["permit_id"] = f"X{number:05d}"
    return rows


def worktime_day(day: date) -> date:
    """The first working day on or after `day`."""
    while not worktime.is_working_day(day):
        day += timedelta(days=1)
    return day


def _permit(
    rng: np.random.Generator,
    entities: Entities,
    streets: list[str],
    share: np.ndarray,
    kind: str,
    is_green: bool,
    statutory: int,
    promised: int,
    applied: date,
    issued: date | None,
) -> Row:
    street = streets[rng.choice(len(streets), p=share / share.sum())]
    communities = entities.areas.communities_of(street)
    firm = entities.one_in_community(rng, communities[rng.integers(len(communities))])
    return {
        "permit_kind": kind,
        "is_green_channel": is_green,
        "enterprise_name": entities.name_of(firm),
        "subdistrict_name": street,
        "applied_date": applied,
        "issued_date": issued,
        "statutory_days": statutory,
        "promised_days": promised,
    }


def measures() -> list[Row]:
    """Ten rows without text or progress: none of these was published."""
    return [
        {
            "measure_id": f"{n:02d}",
            "measure_name": f"措施{DIGITS[n - 1]}（文本未公布）",
            "status": "无数据",
            "lead_unit": None,
            "updated_date": None,
        }
        for n in range(1, 11)
    ]


# figure_id, programme, label, qualifier, value, unit
PUBLISHED = (
    ("appeals_resolved", "万名干部助企行", "累计解决企业诉求", "约", 2300, "条"),
    ("parks_per_cadre", "组工助企行", "每名干部挂点园区或商圈（中位数）", None, 1, "个"),
    ("communities_per_cadre", "组工助企行", "每名干部包片社区（中位数）", None, 1, "个"),
    ("measures", "精准助企十条措施", "措施数", None, 10, "条"),
    ("fubao_team_number", "专项服务小组", "福保街道专项服务小组最大组号", None, 34, "组"),
    ("n1_firms", "跨境“N+1”知识产权证券化", "融资企业", None, 9, "家"),
    ("n1_amount", "跨境“N+1”知识产权证券化", "融资金额", None, 6000, "万元"),
    ("n1_months", "跨境“N+1”知识产权证券化", "历时", None, 9, "个月"),
    ("n1_first_funded", "跨境“N+1”知识产权证券化", "首单到账", None, 20230214, "日期"),
    ("stations", "福企服务站", "服务站", None, 145, "个"),
    ("station_consultations", "福企服务站", "单站3月以来咨询", "余", 600, "人次"),
    ("quick_test_before", "福企服务站", "产品快检原用时", None, 1, "天"),
    ("quick_test_after", "福企服务站", "产品快检现用时", None, 5, "分钟"),
    ("party_orgs", "小个专党委", "党组织", None, 1363, "个"),
    ("mobile_party_orgs", "小个专党委", "流动党组织", None, 60, "个"),
    ("org_coverage", "小个专党委", "组织覆盖率", None, 100, "%"),
    ("work_coverage", "小个专党委", "工作覆盖率", None, 100, "%"),
    ("small_business_visited", "小个专党委", "走访小个专", "约", 53, "万户"),
    ("small_business_share", "小个专党委", "小个专占市场主体", "近", 96, "%"),
    ("market_entities", "辖区", "市场主体", None, 55.2, "万户"),
    ("business_entities", "辖区", "商事主体", None, 55, "万户"),
    ("small_business_check", "核对", "市场主体×小个专占比", None, 53.0, "万户"),
    ("functions", "小个专党群服务中心", "六大功能", None, 6, "项"),
    ("scenes", "场景化服务", "十大场景", None, 10, "个"),
    ("low_interest_financing", "银企对接会、政企银", "低息融资", None, 9.3, "亿元"),
    ("live_events", "直播华强北", "直播场次", "余", 30, "场"),
    ("live_sales", "直播华强北", "销售额", "超", 6000, "万元"),
    ("live_days", "直播华强北", "历时", "不到", 30, "天"),
    ("conversions_2022", "个转企", "2022年个转企", None, 1130, "户"),
    ("conversions_2022_huaqiangbei", "个转企", "其中华强北", None, 302, "户"),
    ("permit_days_before", "证照", "食品经营许可原用时", None, 8, "个工作日"),
    ("permit_days_after", "证照", "食品经营许可绿色通道用时", None, 3, "个工作日"),
    ("subdistricts", "辖区", "街道", None, 10, "个"),
    ("communities", "辖区", "社区", None, 92, "个"),
)


def published_figures() -> list[Row]:
    columns = ("figure_id", "programme", "label", "qualifier", "value", "unit")
    return [
        dict(zip(columns, figure, strict=True))
        | {"as_of_date": EXPORTED_AT.date(), "source": SOURCE}
        for figure in PUBLISHED
    ]
