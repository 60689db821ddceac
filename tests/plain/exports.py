"""The demo's export files as they lie in `data/exports`, read by plain readers, and what the published figures come to.

Nothing of `fuqi` and no SQL. Rows that the stated rules refuse (data/README.md, "Refused:" below each table) are left
out by `sound`, one line a rule.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

import chinese_calendar
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

Row = dict[str, Any]

EXPORTED_AT = datetime(2023, 6, 28, 18)
TODAY = EXPORTED_AT.date()
PROGRAMME_START = date(2022, 6, 1)
CADRES_START = date(2023, 3, 1)
QUARTER_START = date(2023, 4, 1)
WIDE = str.maketrans("０１２３４５６７８９：／", "0123456789:/")
N1, LOAN = "跨境N+1知识产权证券化", "银企对接低息融资"
PERMIT_KINDS = ("食品经营许可", "营业执照", "公共场所卫生许可")


def moment(cell: Any) -> datetime | None:
    """A point in time as a workbook, or somebody who typed it, has it; None where it cannot be read."""
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)
    text = str(cell or "").translate(WIDE).strip().replace("/", "-")
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)  # local time, as everything in the exports
        except ValueError:
            continue
    return None


def day(cell: Any) -> date | None:
    found = moment(cell)
    return found and found.date()


def amount(cell: Any) -> float | None:
    """元, also where they are written as 650万; None for 不详."""
    text = str(cell or "").strip()
    scale = 10_000 if text.endswith("万") else 1
    try:
        return float(text.removesuffix("万").replace(",", "")) * scale
    except ValueError:
        return None


def share(part: int, whole: int) -> float:
    return 100 * part / whole


def working_days(first: date, last: date) -> int:
    """Working days after the first day, up to and with the last."""
    passed = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(chinese_calendar.is_workday(d) for d in passed)


@dataclass
class Exports:
    """The files of a folder; every table is a list of rows by their Chinese headers."""

    folder: Path

    def csv(self, name: str) -> list[Row]:
        raw = next(self.folder.glob(f"{name}_*.csv")).read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("gb18030")
        return list(csv.DictReader(io.StringIO(text)))

    def xlsx(self, name: str, key: str) -> list[Row]:
        """The first sheet's rows below the header row, the first that holds `key`."""
        book = CalamineWorkbook.from_path(str(next(self.folder.glob(f"{name}_*.xlsx"))))
        lines = book.get_sheet_by_index(0).to_python()
        top = next(n for n, line in enumerate(lines) if key in line)
        return [dict(zip(lines[top], line, strict=True)) for line in lines[top + 1 :]]

    @cached_property
    def entities(self) -> pa.Table:
        files = sorted(self.folder.glob("市场主体_*.parquet"))
        columns = [
            "是否小个专",
            "党员人数",
            "党组织编号",
            "最近走访日期",
            "有党建指导员",
            "个转企日期",
        ]
        return pa.concat_tables(pq.read_table(f, columns=[*columns, "所属街道"]) for f in files)

    @cached_property
    def published(self) -> list[Row]:
        return self.csv("已公布数字")

    @cached_property
    def streets(self) -> dict[str, str]:
        """Every spelling of a street of the district, and its name."""
        return {
            spelling: row["街道"]
            for row in self.csv("街道名录")
            for spelling in (row["街道"], row["简称"], *row["别名"].split(";"))
        }

    @cached_property
    def appeals(self) -> list[Row]:
        """Sound appeals, each in its newest state: times are datetimes, the street has its full name."""
        states: dict[str, list[Row]] = defaultdict(list)
        for row in self.xlsx("企业诉求台账", "工单编号"):
            received, closed = moment(row["登记时间"]), moment(row["办结时间"])
            response = moment(row["首次联系时间"])
            is_sound = (
                row["工单编号"]
                and received
                and row["所属街道"] in self.streets
                and not (closed and closed < received)
                and not (response and response < received)
                and not (closed is None and row["办理结果"])
            )
            if is_sound:
                known = {"received": received, "closed": closed, "response": response}
                category = row["诉求类型"].split("->")[0].strip()
                states[row["工单编号"]].append({**row, **known, "category": category})
        return [max(rows, key=_newest) for rows in states.values()]

    @cached_property
    def counted(self) -> list[Row]:
        """Appeals that are not void."""
        return [a for a in self.appeals if a["是否作废"] != "是"]

    @cached_property
    def assignments(self) -> list[Row]:
        rows = []
        for row in self.csv("挂点包片"):
            first, last = day(row["开始日期"]), day(row["结束日期"])
            if last is None or last >= first:
                rows.append({**row, "first": first, "last": last})
        return rows

    @cached_property
    def cadres(self) -> list[Row]:
        """Cadres in office."""
        return [
            c
            for c in self.xlsx("干部名册", "干部编号")
            if day(c["任职开始"]) <= TODAY and (day(c["任职结束"]) or TODAY) >= TODAY
        ]

    @cached_property
    def holdings(self) -> dict[str, Counter]:
        """How many parks and how many communities each cadre in office holds today."""
        held: dict[str, set] = {c["干部编号"]: set() for c in self.cadres}
        for row in self._in_force():
            if row["干部编号"] in held:
                held[row["干部编号"]].add((row["挂点对象类型"], row["园区编号"] or row["包片社区"]))
        return {cadre: Counter(kind for kind, _ in objects) for cadre, objects in held.items()}

    def _in_force(self) -> list[Row]:
        return [
            a
            for a in self.assignments
            if a["挂点主体"] == "干部"
            and a["挂点对象类型"] in ("园区商圈", "社区")
            and a["first"] <= TODAY <= (a["last"] or TODAY)
        ]

    @cached_property
    def objects(self) -> set[tuple[str, str]]:
        parks = {("园区商圈", p["园区编号"]) for p in self.xlsx("园区商圈台账", "园区编号")}
        return parks | {("社区", c["社区"]) for c in self.csv("社区名录")}

    @cached_property
    def unheld(self) -> set[tuple[str, str]]:
        """Parks and communities without a cadre in office who holds them today."""
        return self.objects - {
            (a["挂点对象类型"], a["园区编号"] or a["包片社区"])
            for a in self._in_force()
            if a["干部编号"] in self.holdings
        }

    @cached_property
    def hetao(self) -> set[str]:
        """Parks of the area 河套."""
        return {
            p["园区编号"] for p in self.xlsx("园区商圈台账", "园区编号") if p["所属片区"] == "河套"
        }

    @cached_property
    def stations(self) -> list[Row]:
        """Stations that are open."""
        return [
            s
            for s in self.csv("福企服务站")
            if s["服务站编号"]
            and (day(s["启用日期"]) or TODAY) <= TODAY
            and (day(s["停用日期"]) is None or day(s["停用日期"]) > TODAY)
        ]

    @cached_property
    def services(self) -> list[Row]:
        rows = []
        for row in self.csv("服务记录"):
            begun, done = moment(row["来访时间"]), moment(row["完成时间"])
            if begun and not (done and done < begun):
                took = done and (done - begun).total_seconds()
                rows.append({**row, "begun": begun, "took": took})
        return rows

    @cached_property
    def party_orgs(self) -> list[Row]:
        return [o for o in self.csv("小个专党组织") if o["党组织编号"]]

    @cached_property
    def deals(self) -> list[Row]:
        rows = []
        for row in self.xlsx("融资台账", "融资编号"):
            yuan = amount(row["金额"])
            if yuan is not None:
                days = {"asked": day(row["提出日期"]), "funded": day(row["放款日期"])}
                rows.append({**row, **days, "yuan": yuan})
        return rows

    def funded(self, programme: str) -> list[Row]:
        return [
            d
            for d in self.deals
            if d["融资项目"] == programme and d["funded"] and d["funded"] <= TODAY
        ]

    @cached_property
    def waiting(self) -> list[Row]:
        """Deals asked for that have not reached the firm."""
        return [d for d in self.deals if d["funded"] is None or d["funded"] > TODAY]

    def funded_yuan(self, programme: str) -> float:
        return sum(d["yuan"] for d in self.funded(programme))

    @cached_property
    def measures(self) -> list[Row]:
        return self.xlsx("十条措施", "措施编号")

    @property
    def without_text(self) -> int:
        """Measures that the register has no data of."""
        return sum(m["进展"] == "无数据" for m in self.measures)

    @cached_property
    def teams(self) -> list[Row]:
        """Teams that have been formed."""
        rows = self.xlsx("专项服务小组", "小组编号")
        return [t for t in rows if (day(t["成立日期"]) or TODAY) <= TODAY]

    @cached_property
    def live(self) -> list[Row]:
        return [
            a
            for a in self.xlsx("活动台账", "活动编号")
            if a["活动类型"] == "直播"
            and a["所属街道"] == "华强北街道"
            and moment(a["活动时间"]) <= EXPORTED_AT
        ]

    @cached_property
    def food_permits(self) -> dict[str, list[int]]:
        """Working days that issued food permits took, by whether they went through the green channel (是/否)."""
        taken: dict[str, list[int]] = defaultdict(list)
        for row in self.csv("证照办理"):
            issued = day(row["发证日期"])
            if row["证照类型"] in PERMIT_KINDS and row["证照类型"] == "食品经营许可" and issued:
                taken[row["绿色通道"]].append(working_days(day(row["受理日期"]), issued))
        return taken

    def figure(self, figure_id: str) -> float | None:
        """A published figure, worked out from the files in the unit it was published in."""
        return FIGURES[figure_id](self)

    def in_words(self, figure_id: str) -> str:
        """The same as a reader of the page would see it, with its unit."""
        (unit,) = [f["单位"] for f in self.published if f["数字编号"] == figure_id]
        value = self.figure(figure_id)
        if value is None:
            return "不可算"
        if unit == "日期":
            return f"{int(value) // 10000}-{int(value) // 100 % 100:02d}-{int(value) % 100:02d}"
        shown = f"{value:,.2f}".rstrip("0").rstrip(".")
        return f"{shown}%" if unit == "%" else f"{shown} {unit}"


def _newest(state: Row) -> tuple:
    """What makes a state of an appeal the newer one: counts that only grow, then its newest event."""
    counts = [float(state[name] or 0) for name in ("延期次数", "退单次数", "重办次数")]
    events = [state["received"], state["response"], state["closed"]]
    events += [moment(state[name]) for name in ("派单时间", "签收时间")]
    return (*counts, max(e for e in events if e))


def _small(exports: Exports) -> pa.Table:
    return exports.entities.filter(pc.field("是否小个专"))


def _visited(rows: pa.Table) -> pa.ChunkedArray:
    known = pc.less_equal(rows["最近走访日期"], pa.scalar(TODAY))
    return pc.fill_null(known, False)


def _organised(exports: Exports) -> float:
    members = _small(exports).filter(pc.field("党员人数") > 0)
    return share(members.num_rows - members["党组织编号"].null_count, members.num_rows)


def _worked(exports: Exports) -> float:
    small = _small(exports)
    without = small.filter(pc.equal(pc.fill_null(small["党员人数"], 0), 0))
    worked = pc.or_(_visited(without), pc.fill_null(without["有党建指导员"], False))
    return share(pc.sum(worked).as_py(), without.num_rows)


def _converted(exports: Exports, street: str | None = None) -> int:
    rows = exports.entities.filter(pc.is_valid(pc.field("个转企日期")))
    return sum(
        converted.year == 2022 and street in (None, where)
        for converted, where in zip(
            rows["个转企日期"].to_pylist(), rows["所属街道"].to_pylist(), strict=True
        )
    )


def _resolved(exports: Exports) -> int:
    return sum(
        a["办理结果"] == "解决"
        and a["received"].date() >= PROGRAMME_START
        and a["closed"] <= EXPORTED_AT
        for a in exports.counted
    )


def _busiest_station(exports: Exports) -> int:
    since = Counter(
        s["站点编号"]
        for s in exports.services
        if s["服务编号"] == "S01"
        and s["begun"].date() >= CADRES_START
        and s["begun"] <= EXPORTED_AT
    )
    return max(since.values())


def _test_seconds(exports: Exports, process: str) -> float:
    return median(
        s["took"]
        for s in exports.services
        if s["服务编号"] == "S02" and s["办理方式"] == process and s["took"] is not None
    )


def _n1_months(exports: Exports) -> int:
    deals = exports.funded(N1)
    first, last = min(d["asked"] for d in deals), min(d["funded"] for d in deals)
    return 12 * (last.year - first.year) + last.month - first.month


def _live_days(exports: Exports) -> int:
    days = [day(a["活动时间"]) for a in exports.live]
    return (max(days) - min(days)).days + 1


FIGURES: dict[str, Callable[[Exports], float | None]] = {
    "appeals_resolved": _resolved,
    "parks_per_cadre": lambda e: median(h["园区商圈"] for h in e.holdings.values()),
    "communities_per_cadre": lambda e: median(h["社区"] for h in e.holdings.values()),
    "measures": lambda e: len(e.measures),
    "fubao_team_number": lambda e: max(t["组号"] for t in e.teams if t["所属街道"] == "福保街道"),
    "n1_firms": lambda e: len({d["企业名称"] for d in e.funded(N1)}),
    "n1_amount": lambda e: e.funded_yuan(N1) / 1e4,
    "n1_months": _n1_months,
    "n1_first_funded": lambda e: int(f"{min(d['funded'] for d in e.funded(N1)):%Y%m%d}"),
    "stations": lambda e: len(e.stations),
    "station_consultations": _busiest_station,
    "quick_test_before": lambda e: _test_seconds(e, "外送办理") / 86400,
    "quick_test_after": lambda e: _test_seconds(e, "站内办理") / 60,
    "party_orgs": lambda e: sum(o["是否流动党组织"] == "否" for o in e.party_orgs),
    "mobile_party_orgs": lambda e: sum(o["是否流动党组织"] == "是" for o in e.party_orgs),
    "org_coverage": _organised,
    "work_coverage": _worked,
    "small_business_visited": lambda e: pc.sum(_visited(_small(e))).as_py() / 1e4,
    "small_business_share": lambda e: share(_small(e).num_rows, e.entities.num_rows),
    "market_entities": lambda e: e.entities.num_rows / 1e4,
    "business_entities": lambda e: None,  # 商事主体 are counted otherwise, and no export has them
    "small_business_check": lambda e: _small(e).num_rows / 1e4,
    "functions": lambda e: sum(s["服务类别"] == "六大功能" for s in e.csv("服务目录")),
    "scenes": lambda e: sum(s["服务类别"] == "十大场景" for s in e.csv("服务目录")),
    "low_interest_financing": lambda e: e.funded_yuan(LOAN) / 1e8,
    "live_events": lambda e: len(e.live),
    "live_sales": lambda e: sum(amount(a["销售额"]) or 0 for a in e.live) / 1e4,
    "live_days": _live_days,
    "conversions_2022": _converted,
    "conversions_2022_huaqiangbei": lambda e: _converted(e, "华强北街道"),
    "permit_days_before": lambda e: median(e.food_permits["否"]),
    "permit_days_after": lambda e: median(e.food_permits["是"]),
    "subdistricts": lambda e: len(e.csv("街道名录")),
    "communities": lambda e: len(e.csv("社区名录")),
}
"""How each published figure comes out of the files, by its number in 已公布数字."""
