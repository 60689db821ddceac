"""A briefing composed: queries asked, answers put into sentences, tables, charts and a map. No file format here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fuqi import charts, export, look, maps
from fuqi.brief import content
from fuqi.brief.answers import Answer, Ask, Desk, stated
from fuqi.brief.content import (
    ASKED,
    DEFINITIONS,
    RELEASE,
    SETTINGS,
    Block,
    Briefing,
    Figure,
    Paragraph,
    Picture,
    Pictures,
    Section,
    Sentence,
    Table,
    joined,
    say,
)
from fuqi.brief.period import BriefingError, Period, week_name
from fuqi.maps import Boundaries, Frame
from fuqi.settings import Settings
from fuqi.store import Kpi, Manifest, kpis, parameters

RATES = ("on_time_rate", "same_day_response_rate", "resolved_rate", "satisfied_rate")
DEFINED = ("received_count", *RATES, "overdue_count", "due_soon_count")
"""The KPIs whose definitions stand in the notes."""
TREND_WEEKS = 12
MOST_OVERDUE = 10
MOST_PROBLEMS = 3
PICTURE = (360, 226)
"""Pixels of a picture with its axes: printed 84 mm wide its words have about 8 points."""
MAP_FRAME = (352, 186)
"""Pixels of the map without its legend."""
MORE_HEIGHT = 50
"""Further pixels where ten streets are drawn."""
SMALL, UP, DOWN = "样本不足", "上升", "下降"
"""Verdicts of `briefing_rates`; the fourth is 无显著变化."""


@dataclass(frozen=True)
class Request:
    """What a briefing is asked for. `area` is a street, or None for all that is seen, which is called `whole`.

    `sees_district` says whether every street is seen, `sees_problems` whether the intake's report is. `made_at` is the
    moment it is dated with.
    """

    period: Period
    area: str | None
    made_at: datetime
    whole: str = "福田区"
    sees_district: bool = True
    sees_problems: bool = True

    @property
    def named(self) -> str:
        return self.area or self.whole


def compose(
    request: Request,
    ask: Ask,
    manifest: Manifest,
    settings: Settings,
    *,
    absent: Callable[[Kpi], Sequence[str]] = lambda kpi: (),
    boundaries: Boundaries | None = None,
) -> Briefing:
    """The briefing that was asked for, from the release of `manifest`; the same arguments give the same content.

    `absent` names the columns a KPI needs and the exports do not have. Raises BriefingError for days without data,
    saying which weeks there are.
    """
    return _Composer(request, ask, manifest, settings, absent, boundaries).briefing()


def street_named(text: str, streets: Sequence[str]) -> str:
    """The one of `streets` that is meant by its name, with 街道 or without; BriefingError lists them."""
    plain = text.strip()
    for street in streets:
        if plain and plain in (street, street.removesuffix("街道")):
            return street
    known = "、".join(streets) or "一个也没有"
    raise BriefingError(f"没有街道“{text}”；有：{known}")


class _Composer:
    def __init__(
        self,
        request: Request,
        ask: Ask,
        manifest: Manifest,
        settings: Settings,
        absent: Callable[[Kpi], Sequence[str]],
        boundaries: Boundaries | None,
    ) -> None:
        self.request, self.manifest, self.settings = request, manifest, settings
        self.as_of = manifest.data_as_of
        self.asked = request.period
        self.known = request.period.known(self.as_of)
        self.this, self.before = self.asked.this, self.asked.before(self.as_of)
        self.absent = {name: tuple(absent(kpis()[name])) for name in (*DEFINED, "closed_rate")}
        self.boundaries = boundaries
        shared = parameters(
            self.as_of, self.known.first, self.known.last, settings, subdistrict=request.area
        )
        own = {"days_before": self.asked.days, "most_rows": MOST_OVERDUE}
        self.desk = Desk(ask, {**shared, **own}, settings.rounding)

    def briefing(self) -> Briefing:
        self._refuse_days_without_data()
        self.totals = self.desk.answer("briefing_totals")
        self.rates = self.desk.answer("briefing_rates")
        self.open = self.desk.answer("open_totals")
        area = stated(ASKED, "area", self.request.named)
        return Briefing(
            title=say("{area}企业诉求办理情况简报", area=area),
            marks=tuple(self._marks()),
            sections=(
                Section("一、总体情况", tuple(self._overall())),
                *self._drawn("二、受理与办理"),
                Section("三、超期未办结诉求", tuple(self._overdue())),
                Section("四、共性诉求", tuple(self._repeated())),
            ),
            notes=tuple(self._notes()),
            made_at=self.request.made_at,
            file_stem=f"{self.request.named}企业诉求办理情况简报_{self.asked.name}",
            label=self.manifest.label,
        )

    def _refuse_days_without_data(self) -> None:
        extent = self.desk.answer("briefing_extent", subdistrict=None)
        first, last = extent.value("first_received_date"), self.as_of.date()
        asked = self.asked
        if asked.first <= last and (first is None or asked.last >= first):
            self.first_day = first
            return
        if first is None:
            known = "诉求台账是空的"
        elif asked.week:
            known = f"有数据的周：{week_name(first)} 至 {week_name(last)}"
        else:
            known = f"有数据的日期：{first} 至 {last}"
        raise BriefingError(
            f"{asked.name} 没有数据（数据截至 {self.as_of:%Y-%m-%d %H:%M}）；{known}"
        )

    # ------------------------------------------------------------ the head

    def _marks(self) -> list[Sentence]:
        asked = self.asked
        # The number says the year already, unless the days lie in two.
        is_said = asked.week is not None and asked.first.year == asked.last.year
        kind = content.DAY if is_said else content.LONG_DAY
        days = {
            "first": stated(ASKED, "first", asked.first, kind),
            "last": stated(ASKED, "last", asked.last, kind),
        }
        marks = [say("{first}至{last}", **days)]
        if asked.week:
            year, number = asked.week
            marks.insert(
                0,
                say(
                    "{year}年第{number}期",
                    year=stated(ASKED, "year", str(year)),
                    number=stated(ASKED, "week", number, content.COUNT),
                ),
            )
        if self.settings.briefing_office:
            office = stated(SETTINGS, "briefing_office", self.settings.briefing_office)
            marks.append(say("编发单位：{office}", office=office))
        made = stated(ASKED, "made_at", self.request.made_at, content.LONG_DAY)
        marks += [say("编制日期：{made}", made=made), say("数据截至：{as_of}", as_of=self._as_of())]
        if self.manifest.label:
            marks.append(say("{label}", label=stated(RELEASE, "label", self.manifest.label)))
        return marks

    def _as_of(self) -> Figure:
        return stated(RELEASE, "data_as_of", self.as_of, content.MOMENT)

    # ------------------------------------------------------------ 一、总体情况

    def _overall(self) -> list[Block]:
        said = [*self._not_over(), *self._received(), *self._closed()]
        return [
            Paragraph(tuple(said)),
            *([Paragraph(rates)] if (rates := tuple(self._rates())) else []),
            Paragraph((self._open(),)),
            self._kpi_table(),
        ]

    def _not_over(self) -> list[Sentence]:
        if self.asked.is_over(self.as_of):
            return []
        shift = timedelta(days=self.asked.days)
        return [
            say(
                f"{self.this}尚未结束，数据截至{{as_of}}，与{self.before}"
                "（{first}至{last}）比较。",
                as_of=self._as_of(),
                first=stated(ASKED, "compared_first", self.known.first - shift, content.DAY),
                last=stated(ASKED, "compared_last", self.known.last - shift, content.DAY),
            )
        ]

    def _received(self) -> list[Sentence]:
        totals = self.totals
        received, previous = (
            totals.value(name) for name in ("received_count", "previous_received_count")
        )
        if not received:
            if not self._knows_before():
                return [say(f"{self.this}没有受理诉求。")]
            if not previous:
                return [say(f"{self.this}没有受理诉求，{self.before}也没有。")]
            before = totals.figure("previous_received_count")
            return [say(f"{self.this}没有受理诉求，{self.before}受理{{before}}件。", before=before)]
        parts = [
            say(f"{self.this}受理诉求{{received}}件", received=totals.figure("received_count")),
            self._change("received_change_count", "previous_received_count", "受理"),
        ]
        sentences = [joined(parts)]
        if self.absent["closed_rate"]:
            sentences.append(self._not_computable("办结情况", self.absent["closed_rate"]))
        else:
            sentences.append(self._how_far(received))
        if totals.value("void_count"):
            void = totals.figure("void_count")
            sentences.append(say("另有作废{void}件，不计入以上各数。", void=void))
        return sentences

    def _how_far(self, received: int) -> Sentence:
        done, waiting = self.totals.value("closed_count"), self.totals.value("open_count")
        if not waiting:
            return say("截至数据时点已全部办结。" if received > 1 else "截至数据时点已办结。")
        if not done:
            return say("截至数据时点均未办结。" if received > 1 else "截至数据时点尚未办结。")
        return say(
            "其中截至数据时点已办结{done}件、未办结{waiting}件。",
            done=self.totals.figure("closed_count"),
            waiting=self.totals.figure("open_count"),
        )

    def _closed(self) -> list[Sentence]:
        if self.absent["closed_rate"]:
            return []
        if not self.totals.value("closed_in_period_count"):
            return [say(f"{self.this}没有办结诉求（不论何时受理）。")]
        done = self.totals.figure("closed_in_period_count")
        parts = [
            say(f"{self.this}办结诉求{{done}}件（含此前受理的）", done=done),
            self._change("closed_change_count", "previous_closed_in_period_count", "办结"),
        ]
        return [joined(parts)]

    def _knows_before(self) -> bool:
        """Whether the days compared with lie within the data."""
        first = self.known.first - timedelta(days=self.asked.days)
        return self.first_day is not None and first >= self.first_day

    def _change(self, change: str, previous: str, verb: str) -> Sentence:
        if not self._knows_before():
            return say(f"{self.before}的数据不全，不作比较")
        if not self.totals.value(previous):
            return say(f"{self.before}没有{verb}")
        difference = self.totals.value(change)
        if not difference:
            return say(f"与{self.before}持平")
        more = "增加" if difference > 0 else "减少"
        size = self.totals.figure(change, content.SIZE)
        return say(f"较{self.before}{more}{{size}}件", size=size)

    @staticmethod
    def _not_computable(what: str, columns: Sequence[str]) -> Sentence:
        missing = stated(DEFINITIONS, "absent", "、".join(columns))
        return say(f"{what}不可算（导出文件没有{{missing}}）。", missing=missing)

    def _rates(self) -> list[Sentence]:
        """What the rates are, then what may be said of their change."""
        clauses = []
        for measure in RATES:
            row, label = self._row_of(measure), kpis()[measure].label
            if self.absent[measure]:
                missing = stated(DEFINITIONS, "absent", "、".join(self.absent[measure]))
                clauses.append(say(f"{label}不可算（导出文件没有{{missing}}）", missing=missing))
            elif not self.rates.value("denominator_count", row):
                clauses.append(say(f"{label}无数据"))
            else:
                clauses.append(self._share(f"{label}{{rate}}（{{hits}}/{{n}}）", row))
        if not self._measured():
            return []
        return [joined([say(f"{self.this}受理的诉求"), *clauses]), *self._verdicts()]

    def _row_of(self, measure: str) -> int:
        return next(n for n, row in enumerate(self.rates.rows) if row["measure"] == measure)

    def _share(self, template: str, row: int, before: str = "") -> Sentence:
        names = {
            "rate": f"{before}rate" if before else "measured_rate",
            "hits": f"{before}numerator_count",
            "n": f"{before}denominator_count",
        }
        kinds = {"rate": content.RATE}
        figures = {
            place: self.rates.figure(column, kinds.get(place, content.COUNT), row)
            for place, column in names.items()
        }
        return say(template, **figures)

    def _measured(self) -> list[str]:
        """The rates that have something to be counted of."""
        return [
            measure
            for measure in RATES
            if not self.absent[measure]
            and self.rates.value("denominator_count", self._row_of(measure))
        ]

    def _verdicts(self) -> list[Sentence]:
        measured = self._measured()
        verdict = {m: self.rates.value("change_verdict", self._row_of(m)) for m in measured}
        moved = [m for m in measured if verdict[m] in (UP, DOWN)]
        small = [m for m in measured if verdict[m] == SMALL]
        still = [m for m in measured if m not in (*moved, *small)]
        said = []
        for measure in moved:
            row = self._row_of(measure)
            label = kpis()[measure].label
            change = self.rates.figure("change_points", content.POINTS, row)
            parts = [
                say(f"{label}较{self.before}{verdict[measure]}{{points}}个百分点", points=change),
                self._share(f"{self.before}为{{rate}}（{{hits}}/{{n}}）", row, "previous_"),
                say("变化超出偶然波动的范围"),
            ]
            said.append(joined(parts))
        if still:
            said.append(say(f"{self._labels(still)}与{self.before}无显著差异。"))
        if small:
            which = "以上各项" if len(small) == len(measured) else self._labels(small)
            min_n = stated(SETTINGS, "min_n", self.settings.min_n, content.COUNT)
            said.append(
                say(
                    f"{which}{self.this}或{self.before}的分母不足{{min_n}}件，样本少，不作升降判断。",
                    min_n=min_n,
                )
            )
        return said

    @staticmethod
    def _labels(measures: Sequence[str]) -> str:
        return "、".join(kpis()[measure].label for measure in measures)

    def _open(self) -> Sentence:
        held = self.open
        if held.value("open_count") is None:
            return self._not_computable("未办结件数", self.absent["closed_rate"])
        if not held.value("open_count"):
            return say("截至{as_of}，没有未办结的诉求。", as_of=self._as_of())
        parts = [
            say(
                "截至{as_of}，未办结诉求共{waiting}件（不论何时受理）",
                as_of=self._as_of(),
                waiting=held.figure("open_count"),
            )
        ]
        if held.value("overdue_count") is None:
            return joined([*parts, say("是否超期不可算")])
        overdue, soon = held.value("overdue_count"), held.value("due_soon_count")
        if overdue:
            parts.append(say("其中超期{overdue}件", overdue=held.figure("overdue_count")))
        else:
            parts.append(say("没有超期"))
        if soon:
            template = "一个工作日内到期{soon}件" if overdue else "其中一个工作日内到期{soon}件"
            parts.append(say(template, soon=held.figure("due_soon_count")))
        return joined(parts)

    def _kpi_table(self) -> Table:
        before = self._knows_before()
        nothing = say("—")
        rows = [
            self._count_row("受理量", "件", "received_count", "received_change_count"),
        ]
        if not self.absent["closed_rate"]:
            names = ("closed_in_period_count", "closed_change_count")
            rows.append(self._count_row(f"{self.this}办结（含此前受理）", "件", *names))
        for measure in ("closed_rate", *RATES):
            row, label = self._row_of(measure), say(kpis()[measure].label)
            if self.absent[measure]:
                rows.append((label, say("不可算"), nothing, nothing))
                continue
            cells = [
                self._share("{rate}（{hits}/{n}）", row, prefix) if n else nothing
                for prefix, n in (
                    ("", self.rates.value("denominator_count", row)),
                    ("previous_", before and self.rates.value("previous_denominator_count", row)),
                )
            ]
            rows.append((label, *cells, self._moved(row) if before else nothing))
        title = say(f"主要指标（{self.this}与{self.before}，均按数据时点判定）")
        return Table(title, ("指标", self.this, self.before, "变化"), tuple(rows), (30, 24, 24, 22))

    def _count_row(self, label: str, unit: str, count: str, change: str) -> tuple[Sentence, ...]:
        now = say(f"{{n}}{unit}", n=self.totals.figure(count))
        if not self._knows_before():
            return say(label), now, say("—"), say("—")
        previous = say(f"{{n}}{unit}", n=self.totals.figure(f"previous_{count}"))
        difference = self.totals.value(change)
        if not difference:
            return say(label), now, previous, say("持平")
        more = "增加" if difference > 0 else "减少"
        size = self.totals.figure(change, content.SIZE)
        return say(label), now, previous, say(f"{more}{{n}}{unit}", n=size)

    def _moved(self, row: int) -> Sentence:
        if self.rates.value("change_points", row) is None:
            return say("—")
        verdict = self.rates.value("change_verdict", row)
        if verdict == SMALL:
            return say("样本少，不判断")
        if verdict not in (UP, DOWN):
            return say("无显著变化")
        points = self.rates.figure("change_points", content.POINTS, row)
        return say(f"{verdict}{{points}}个百分点", points=points)

    # ------------------------------------------------------------ 二、受理与办理

    def _drawn(self, heading: str) -> list[Section]:
        drawn = [self._flow(), self._categories(), self._on_time(), self._map()]
        pictures = tuple(picture for picture in drawn if picture is not None)
        if not pictures:
            return [Section(heading, (Paragraph((say("所选时段没有可以作图的数据。"),)),))]
        return [Section(heading, (Pictures(pictures),))]

    def _recent(self, query: str, weeks: int, **params: Any) -> Answer:
        """The answer over whole weeks that end with the period."""
        first = self.known.last - timedelta(days=self.known.last.weekday() + 7 * (weeks - 1))
        return self.desk.answer(query, start_date=first, **params)

    @property
    def _trend_weeks(self) -> Figure:
        return stated(ASKED, "trend_weeks", TREND_WEEKS, content.COUNT)

    def _flow(self) -> Picture | None:
        flow = self._recent("resolution_trend", TREND_WEEKS, step="week")
        if not any(row["received_count"] or row["closed_count"] for row in flow.rows):
            return None
        last = len(flow.rows) - 1
        return Picture(
            say("近{weeks}周受理与办结（件）", weeks=self._trend_weeks),
            say(
                "折线图：近{weeks}周每周受理与办结件数，最近一周受理{received}件、办结{closed}件",
                weeks=self._trend_weeks,
                received=flow.figure("received_count", row=last),
                closed=flow.figure("closed_count", row=last),
            ),
            charts.flow_trend(flow.table, "week"),
            *PICTURE,
        )

    def _categories(self) -> Picture | None:
        kinds = self.desk.answer("appeals_by_category")
        if not kinds.rows:
            return None
        received = self.totals.figure("received_count")
        width, height = PICTURE
        return Picture(
            say(f"{self.this}受理诉求的类型（共{{n}}件）", n=received),
            say(
                f"条形图：{self.this}受理的{{n}}件诉求按类型分，最多的是{{most}}，{{count}}件",
                n=received,
                most=kinds.figure("category", content.TEXT),
                count=kinds.figure("received_count"),
            ),
            charts.counts_by_name(
                kinds.table, "category", "received_count", "受理量（件）", look.RECEIVED
            ),
            width,
            min(height, 46 + 30 * len(kinds.rows)),
        )

    def _on_time(self) -> Picture | None:
        """Streets compared where all of them are seen, otherwise how much of their limits cases take."""
        if self.absent["on_time_rate"]:
            return None
        if self.request.area is None and self.request.sees_district:
            return self._streets()
        used = self._recent("limit_use_distribution", TREND_WEEKS)
        if not any(row["closed_count"] for row in used.rows):
            return None
        return Picture(
            say("近{weeks}周受理的诉求用了多少时限", weeks=self._trend_weeks),
            say(
                "直方图：近{weeks}周受理、已办结的诉求用时占各自时限的比例，时限处画有竖线，右侧为超过时限的",
                weeks=self._trend_weeks,
            ),
            charts.limit_use(used.table),
            *PICTURE,
        )

    def _streets(self) -> Picture | None:
        compared = self._recent("units_compared", TREND_WEEKS, compared_by="street")
        if not any(row["denominator_count"] for row in compared.rows):
            return None
        return Picture(
            say("近{weeks}周各街道按时办结率（右侧为按时/应办结）", weeks=self._trend_weeks),
            say(
                "点图：近{weeks}周受理的诉求按时办结率，各街道连同百分之九十五置信区间，虚线为全区的{rate}",
                weeks=self._trend_weeks,
                rate=compared.figure("district_rate", content.RATE),
            ),
            charts.ranking_with_interval(compared.table, axis="按时办结率及其95%置信区间"),
            PICTURE[0],
            PICTURE[1] + MORE_HEIGHT,
        )

    def _map(self) -> Picture | None:
        if self.boundaries is None or not self.totals.value("received_count"):
            return None
        area = self.request.area
        if area is None and not self.request.sees_district:
            return None  # of several streets, not of the district: no map is cut out for them
        areas = self.desk.answer("briefing_areas")
        level = maps.STREETS if area is None else maps.COMMUNITIES
        drawn = self.boundaries.streets if area is None else self.boundaries.communities
        if not any(row["area_name"] in drawn.label_points for row in areas.rows):
            return None
        width, height = MAP_FRAME
        frame = Frame(width, height if area else height + MORE_HEIGHT, area)
        shown = maps.counts_by_area(
            areas.table,
            self.boundaries,
            frame,
            name="area_name",
            count="received_count",
            label=f"{self.this}受理",
            level=level,
        )
        unit = "社区" if area else "街道"
        return Picture(
            say(f"{self.this}各{unit}受理件数（示意图）"),
            say(
                f"地图：{self.this}各{unit}受理的诉求，最多的是{{most}}，{{count}}件",
                most=areas.figure("area_name", content.TEXT),
                count=areas.figure("received_count"),
            ),
            export.map_chart(shown, frame, width),
            *PICTURE,
            is_map=True,
        )

    # ------------------------------------------------------------ 三、超期未办结

    def _overdue(self) -> list[Block]:
        if self.absent["overdue_count"]:
            columns = self.absent["overdue_count"]
            return [Paragraph((self._not_computable("超期情况", columns),))]
        late = self.desk.answer("briefing_overdue")
        if not late.rows:
            return [Paragraph((say("截至{as_of}，没有超期未办结的诉求。", as_of=self._as_of()),))]
        listed = {"listed": late.figure("listed_count")}
        if late.value("further_count"):
            listed["rest"] = late.figure("further_count")
            title = say("超期最久的{listed}件（其余{rest}件见看板“诉求办理”页）", **listed)
        else:
            title = say("共{listed}件，超期久的在前", **listed)
        by_street = self.request.area is None
        headings = ["工单编号", "诉求标题", "承办单位", "办结时限", "已超期"]
        columns = [
            ("appeal_id", content.TEXT),
            ("title", content.TEXT),
            ("unit_name", content.TEXT),
            ("due_at", content.DAY),
            ("overdue_days", content.DAYS),
        ]
        weights = [20, 36, 24, 12, 10]
        if by_street:
            headings.insert(1, "街道")
            columns.insert(1, ("subdistrict_name", content.TEXT))
            weights = [20, 14, 29, 22, 12, 10]
        rows = tuple(
            tuple(say("{cell}", cell=late.figure(name, kind, row)) for name, kind in columns)
            for row in range(len(late.rows))
        )
        wordy = frozenset(range(len(columns) - 2))
        return [Table(title, tuple(headings), rows, tuple(weights), wordy)]

    # ------------------------------------------------------------ 四、共性诉求

    def _repeated(self) -> list[Block]:
        weeks = self.settings.common_recent_weeks + self.settings.common_earlier_weeks
        shared = self._recent("shared_problems", weeks)
        rising = self.desk.answer("rising_problems")
        span = stated(ASKED, "shared_weeks", weeks, content.COUNT)
        found = [self._shared(shared, row) for row in _leading(shared)[:MOST_PROBLEMS]]
        if not found:
            nothing = say("近{weeks}周没有发现超出偶然的共性诉求。", weeks=span)
            blocks = [Paragraph((nothing,))]
        else:
            opening = say("近{weeks}周受理的诉求中，", weeks=span)
            blocks = [Paragraph((opening, found[0]))]
            blocks += [Paragraph((say("其次，"), sentence)) for sentence in found[1:]]
        rows = _leading(rising)[:MOST_PROBLEMS]
        return [*blocks, *(Paragraph((self._rising(rising, row),)) for row in rows)]

    def _shared(self, shared: Answer, row: int) -> Sentence:
        def figure(column: str, kind: str = content.COUNT) -> Figure:
            return shared.figure(column, kind, row)

        parts = [
            say(
                "{problem}，受理{received}件，占该处诉求{share}（{received}/{place}）",
                problem=figure("problem", content.TEXT),
                received=figure("received_count"),
                share=figure("place_share", content.RATE),
                place=figure("place_count"),
            )
        ]
        others = {
            "there": figure("elsewhere_count"),
            "all": figure("elsewhere_total_count"),
        }
        if shared.value("location_quotient", row) is None:
            parts.append(say("其他地方没有（{there}/{all}）", **others))
        else:
            times = figure("location_quotient", content.TIMES)
            parts.append(say("为其他地方的{times}倍（{there}/{all}）", times=times, **others))
        return joined([*parts, *self._whose(shared, row, "这种集中")])

    def _rising(self, rising: Answer, row: int) -> Sentence:
        def figure(column: str, kind: str = content.COUNT) -> Figure:
            return rising.figure(column, kind, row)

        recent = stated(
            SETTINGS, "common_recent_weeks", self.settings.common_recent_weeks, content.COUNT
        )
        parts = [
            say(
                "近期增多：{problem}，近{weeks}周{recent}件，此前{before_weeks}周{before}件",
                problem=figure("problem", content.TEXT),
                weeks=recent,
                recent=figure("recent_count"),
                before_weeks=figure("earlier_weeks"),
                before=figure("earlier_count"),
            )
        ]
        if rising.value("rise_ratio", row) is not None:
            times = figure("rise_ratio", content.TIMES)
            parts.append(say("周均为此前的{times}倍", times=times))
        return joined([*parts, *self._whose(rising, row, "这种增多")])

    @staticmethod
    def _whose(found: Answer, row: int, what: str) -> list[Sentence]:
        least = "至少" if found.value("unnamed_count", row) else ""
        said = [
            say(f"涉及{least}{{firms}}家企业", firms=found.figure("firm_count", row=row)),
        ]
        if found.value("open_count", row):
            said.append(say("{waiting}件未办结", waiting=found.figure("open_count", row=row)))
        elif found.value("open_count", row) == 0:
            said.append(say("均已办结"))
        certainty = found.figure("certainty", content.TEXT, row)
        return [*said, say(f"{what}{{certainty}}", certainty=certainty)]

    # ------------------------------------------------------------ notes

    def _notes(self) -> list[Sentence]:
        period = {
            "first": stated(ASKED, "first", self.known.first, content.DAY),
            "last": stated(ASKED, "last", self.known.last, content.DAY),
            "as_of": self._as_of(),
        }
        scope = (
            "统计{first}至{last}受理的诉求，作废件不计；是否办结、按时、超期均按{as_of}的数据判定，"
            "近几日的比率会随办结继续变化；变化是否显著按百分之九十五置信区间判断。"
        )
        notes = [say(scope, **period)]
        notes += [_definition(name) for name in DEFINED if not self.absent[name]]
        settings = {
            name: stated(SETTINGS, name, getattr(self.settings, name), kind)
            for name, kind in (
                ("common_min_count", content.COUNT),
                ("common_min_firms", content.COUNT),
                ("common_min_ratio", content.TIMES),
                ("common_fdr", content.RATE),
            )
        }
        whom = "全区其他地方" if self.request.sees_district else "所辖范围内的其他地方"
        notes.append(
            say(
                "共性诉求：同一地方同一类诉求至少{common_min_count}件、{common_min_firms}家写明的企业，"
                f"占比达到{whom}的{{common_min_ratio}}倍，误报比例不超过{{common_fdr}}；"
                "只说明集中，不说明原因。",
                **settings,
            )
        )
        if self.request.sees_problems:
            notes.append(self._refused())
        notes.append(
            say(
                "地图：{boundary}。",
                boundary=stated(SETTINGS, "boundary_note", self.settings.boundary_note),
            )
        )
        if self.settings.map_approval_number:
            number = stated(SETTINGS, "map_approval_number", self.settings.map_approval_number)
            notes.append(say("审图号：{number}。", number=number))
        release = {"release": stated(RELEASE, "release_id", self.manifest.release_id)}
        origin = "数据版本：{release}"
        if self.manifest.label:
            origin += (
                "（{label}，不代表真实情况）" if "演示" in self.manifest.label else "（{label}）"
            )
            release["label"] = stated(RELEASE, "label", self.manifest.label)
        notes.append(say(f"{origin}。", **release))
        return notes

    def _refused(self) -> Sentence:
        refused = self.desk.answer("briefing_refused")
        if not refused.value("refused_count"):
            return say("诉求台账载入时没有被拒收的行。")
        return say(
            "诉求台账载入时有{refused}行因不合要求被拒收（各街道合计），没有计入。",
            refused=refused.figure("refused_count"),
        )


def _definition(name: str) -> Sentence:
    kpi: Kpi = kpis()[name]
    text = stated(DEFINITIONS, name, kpi.definition)
    return say(f"{kpi.label}：{{definition}}。", definition=_whole(text))


def _whole(figure: Figure) -> Figure:
    """A definition is never cut, and holds nothing that has to be made inert."""
    return Figure(str(figure.source.value), figure.kind, figure.source)


def _leading(found: Answer) -> list[int]:
    """The rows that do not say the same as a stronger one; the first where all do."""
    leading = [number for number, row in enumerate(found.rows) if row["is_leading"]]
    return leading or list(range(len(found.rows)))[:1]
