"""What a briefing says: every number from a query, sentences that hold whatever the numbers are."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuqi import brief, cli, maps, paths
from fuqi.access import WHOLE, Scope
from fuqi.brief import Briefing, BriefingError, Request, content
from fuqi.brief.content import Figure, Paragraph, Sentence, Table
from fuqi.settings import Settings
from fuqi.store import Database, Release, Warehouse, kpis, load_queries
from tests.drawn_ledgers import SMALL, appeal_ledgers
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts
from tests.plain.arithmetic import differences, share, wilson
from tests.plain.exports import EXPORTED_AT, Exports, moment
from tests.plain.resolution import Case, Ledger
from tests.questions import STREETS, Row, opened

BOUNDARIES = maps.Boundaries.load()
MADE_AT = datetime(2023, 6, 29, 9)
W25 = brief.week("2023-W25")
SETTINGS = Settings()
NO_CAUSES = ("由于", "因为", "导致", "得益于", "受益于", "带动", "促进")
NO_PRAISE = ("优秀", "突出", "良好", "显著成效", "成效", "第一", "排名", "名列")


@contextmanager
def desk(release: Release, current: Settings = SETTINGS, scope: Scope = WHOLE) -> Iterator:
    """A function that composes a briefing of the release, and the database it asks."""
    whole = Database(release, current)
    database = whole
    if not scope.is_whole:
        database = Database(release, current, scope=scope, district=lambda: whole)

    def compose(period: brief.Period = W25, area: str | None = "福保街道", **more: Any) -> Briefing:
        return brief.compose(
            Request(period, area, MADE_AT, **more),
            database.run,
            release.manifest,
            current,
            absent=database.absent,
            boundaries=BOUNDARIES,
        )

    try:
        yield compose, database
    finally:
        whole.close()
        if database is not whole:
            database.close()


@contextmanager
def of_ledger(
    *appeals: Row, current: Settings = SETTINGS, as_of: datetime = AS_OF, **more: Any
) -> Iterator[Callable[..., Briefing]]:
    """Composes briefings of these appeals, in the five streets of the ledgers."""
    with TemporaryDirectory() as folder:
        tables = {"subdistricts": subdistricts(*STREETS), "appeals": list(appeals)}
        release = publish_ledger(Path(folder), tables, as_of, **more)
        with desk(release, current) as (compose, _):
            yield compose


@pytest.fixture(scope="module")
def demo(demo_warehouse: Path) -> Iterator[tuple[Callable[..., Briefing], Database]]:
    with desk(Warehouse(demo_warehouse).current()) as both:
        yield both


def paragraphs(made: Briefing, heading: str = "一、总体情况") -> str:
    (section,) = [s for s in made.sections if s.heading == heading]
    return "\n".join(block.text for block in section.blocks if isinstance(block, Paragraph))


def cells(made: Briefing, heading: str) -> list[list[str]]:
    """The rows of the one table of a section."""
    (section,) = [s for s in made.sections if s.heading == heading]
    (table,) = [block for block in section.blocks if isinstance(block, Table)]
    return [[cell.text for cell in row] for row in table.rows]


def figures(made: Briefing) -> list[Figure]:
    return [figure for sentence in made.sentences for _, figure in sentence.figures]


# ---------------------------------------------------------------- every number has its source

ASKED_FOR = [
    ("2023-W25", "福保街道"),
    ("2023-W25", None),
    ("2023-W25", "园岭街道"),
    ("2023-W26", "福保街道"),
    ("2022-W30", "华富街道"),
    ("2022-W52", None),
    ("2022-W22", "莲花街道"),
]
EACH = pytest.mark.parametrize(("week", "area"), ASKED_FOR)


def spelled(value: Any, kind: str) -> str:
    """A value as a reader expects it, written apart from the code that is tested."""
    if value is None:
        return "—"
    if kind == "count":
        return f"{value:,}"
    if kind == "size":
        return f"{value:,}".lstrip("-")
    if kind in ("rate", "points", "times"):
        exact = Decimal(repr(round(value * (100 if kind == "rate" else 1), 10)))
        rounded = abs(exact).quantize(Decimal("0.1"), ROUND_HALF_UP)
        return f"{rounded:,}%" if kind == "rate" else f"{rounded:,}"
    if kind == "days":
        return f"{Decimal(repr(value)).quantize(Decimal('0.1'), ROUND_HALF_UP):,}".removesuffix(
            ".0"
        ) + ("天")
    if kind == "day":
        return f"{value.month}月{value.day}日"
    if kind == "long_day":
        return f"{value.year}年{value.month}月{value.day}日"
    if kind == "moment":
        return f"{value.year}年{value.month}月{value.day}日{value.hour:02d}:{value.minute:02d}"
    assert kind == "text"
    return str(value)


def stated_values(made: Briefing, week: str, area: str | None, database: Database) -> set:
    """What a figure may say that is from no query: what was asked for, the release, the settings, the definitions."""
    manifest, period = database.release.manifest, brief.week(week)
    last = min(period.last, manifest.data_as_of.date())
    seven = timedelta(days=7)
    return {
        *(("asked", "area", name) for name in (area, "福田区")),
        ("asked", "first", period.first),
        ("asked", "last", period.last),
        ("asked", "last", last),
        ("asked", "compared_first", period.first - seven),
        ("asked", "compared_last", last - seven),
        ("asked", "year", week[:4]),
        ("asked", "week", int(week[-2:])),
        ("asked", "made_at", MADE_AT),
        ("asked", "trend_weeks", 12),
        ("asked", "shared_weeks", 16),
        ("release", "data_as_of", manifest.data_as_of),
        ("release", "release_id", manifest.release_id),
        ("release", "label", "演示数据"),
        ("settings", "min_n", 30),
        ("settings", "common_min_count", 5),
        ("settings", "common_min_firms", 3),
        ("settings", "common_min_ratio", 1.5),
        ("settings", "common_fdr", 0.05),
        ("settings", "common_recent_weeks", 4),
        ("settings", "boundary_note", "示意边界，非行政区划标准界线"),
        *(("definitions", name, kpi.definition) for name, kpi in kpis().items()),
    }


@EACH
def test_every_number_of_every_sentence_comes_from_a_query_or_from_what_was_asked(demo, week, area):
    compose, database = demo
    made = compose(brief.week(week), area)
    stated = stated_values(made, week, area, database)
    asked: dict[tuple, list[Row]] = {}
    from_queries = 0
    for figure in figures(made):
        source = figure.source
        if source.query in content.ELSEWHERE:
            assert (source.query, source.column, source.value) in stated
        else:
            key = (source.query, source.params)
            if key not in asked:
                asked[key] = database.run(source.query, dict(source.params)).to_pylist()
            assert asked[key][source.row][source.column] == source.value
            from_queries += 1
        assert figure.shown == spelled(source.value, figure.kind), source
    assert from_queries > 10
    for sentence in made.sentences:
        assert not re.search(r"\d", re.sub(r"\{\w+\}", "", sentence.template)), sentence.template
        assert "{" not in sentence.text
    assert not any(re.search(r"\d", section.heading) for section in made.sections)


@EACH
def test_a_figure_is_asked_of_the_area_and_of_the_days_of_the_briefing(demo, week, area):
    compose, database = demo
    made, period = compose(brief.week(week), area), brief.week(week)
    last = min(period.last, database.release.manifest.data_as_of.date())
    for figure in figures(made):
        params = dict(figure.source.params)
        if "subdistrict" in params:
            assert params["subdistrict"] == area
        if "end_date" in params:
            assert params["end_date"] == last
        if figure.source.query in ("briefing_totals", "briefing_rates", "briefing_areas"):
            assert params["start_date"] == period.first
        if "as_of" in params:
            assert params["as_of"] == EXPORTED_AT


# ---------------------------------------------------------------- counted again in plain Python


@cache
def exports() -> Exports:
    return Exports(paths.EXPORTS)


def plainly(first: date, last: date, street: str | None) -> dict[str, Any]:
    """Headline numbers of the appeals received on these days, from the export files."""
    cases = [a for a in exports().counted if street in (None, exports().streets[a["所属街道"]])]
    seen = [a for a in cases if first <= a["received"].date() <= last]

    def due(a: Row) -> datetime:
        return moment(a["办结时限"])

    known = [a for a in seen if a["closed"] and a["closed"] <= EXPORTED_AT]
    answered = [a for a in seen if a["response"] and a["response"] <= EXPORTED_AT]
    judged = [a for a in seen if a in known or due(a) <= EXPORTED_AT]
    asked = [a for a in seen if a in answered or a["received"].date() < EXPORTED_AT.date()]
    resulted = [a for a in known if a["办理结果"]]
    rated = [a for a in known if a["满意度"]]
    waiting = [a for a in cases if a["received"] <= EXPORTED_AT]
    waiting = [a for a in waiting if not (a["closed"] and a["closed"] <= EXPORTED_AT)]

    def counted(hits: list[Row], of: list[Row]) -> tuple[int, int]:
        return len(hits), len(of)

    return {
        "received": len(seen),
        "closed": len(known),
        "done": sum(
            bool(a["closed"]) and a["closed"] <= EXPORTED_AT and first <= a["closed"].date() <= last
            for a in cases
        ),
        "按时办结率": counted([a for a in known if a["closed"] <= due(a)], judged),
        "当日响应率": counted(
            [a for a in answered if a["response"].date() == a["received"].date()], asked
        ),
        "解决率": counted([a for a in resulted if a["办理结果"] == "解决"], resulted),
        "满意率": counted([a for a in rated if a["满意度"] in ("满意", "基本满意")], rated),
        "waiting": len(waiting),
        "late": sorted((due(a), a["工单编号"]) for a in waiting if due(a) < EXPORTED_AT),
    }


def shown_rate(hits: int, n: int) -> str:
    exact = (Decimal(100) * hits / n).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{exact}%（{hits}/{n}）"


@pytest.mark.parametrize(
    ("week", "area"),
    [
        ("2023-W25", "福保街道"),
        ("2023-W25", None),
        ("2023-W24", "华强北街道"),
        ("2023-W26", None),
        ("2022-W41", "南园街道"),
    ],
)
def test_the_headline_numbers_are_those_counted_from_the_export_files(demo, week, area):
    period = brief.week(week)
    last = min(period.last, EXPORTED_AT.date())
    now = plainly(period.first, last, area)
    before = plainly(period.first - timedelta(days=7), last - timedelta(days=7), area)
    made = demo[0](period, area)
    said, rows = paragraphs(made), {r[0]: r[1:] for r in cells(made, "一、总体情况")}

    assert f"受理诉求{now['received']}件" in said
    assert rows["受理量"][:2] == [f"{now['received']}件", f"{before['received']}件"]
    assert rows["本周办结（含此前受理）"][:2] == [f"{now['done']}件", f"{before['done']}件"]
    for label in ("按时办结率", "当日响应率", "解决率", "满意率"):
        shown = [
            shown_rate(*counted[label]) if counted[label][1] else "—" for counted in (now, before)
        ]
        assert rows[label][:2] == shown
        assert (f"{label}{shown[0]}" if now[label][1] else f"{label}无数据") in said
    assert f"未办结诉求共{now['waiting']}件" in said
    assert (f"其中超期{len(now['late'])}件" in said) == bool(now["late"])
    difference = now["received"] - before["received"]
    words = "增加" if difference > 0 else "减少"
    assert rows["受理量"][2] == (f"{words}{abs(difference)}件" if difference else "持平")

    if now["late"]:
        listed = [row[0] for row in cells(made, "三、超期未办结诉求")]
        assert listed == [number for _, number in now["late"]][:10]


def test_the_overdue_list_holds_ten_and_says_how_many_more_there_are(demo):
    made = demo[0](W25, None)
    late = plainly(W25.first, W25.last, None)["late"]
    (section,) = [s for s in made.sections if s.heading == "三、超期未办结诉求"]
    (table,) = section.blocks
    assert len(late) > 10
    assert table.title.text == f"超期最久的10件（其余{len(late) - 10}件见看板“诉求办理”页）"
    assert table.headings == ("工单编号", "街道", "诉求标题", "承办单位", "办结时限", "已超期")
    due, number = late[0]
    natural = (EXPORTED_AT - due).total_seconds() / 86400
    first = [cell.text for cell in table.rows[0]]
    assert (first[0], first[4]) == (number, f"{due.month}月{due.day}日")
    assert first[5] == f"{natural:.1f}".removesuffix(".0") + "天"


def test_the_refused_rows_are_those_the_intake_counted(demo):
    compose, database = demo
    refused = database.release.manifest.tables["appeals"].refused
    assert refused > 0
    assert any(f"有{refused}行因不合要求被拒收" in note.text for note in compose().notes)


# ---------------------------------------------------------------- the queries on drawn ledgers


def plain_totals(cases: list[Case], first: date, last: date, days: int) -> Row:
    shift = timedelta(days=days)
    now = [c for c in cases if first <= c.day <= last]
    before = [c for c in cases if first - shift <= c.day <= last - shift]
    closed = [c.closed.date() for c in cases if c.closed]
    done = sum(first <= day <= last for day in closed)
    done_before = sum(first - shift <= day <= last - shift for day in closed)
    return {
        "received_count": len(now),
        "previous_received_count": len(before),
        "received_change_count": len(now) - len(before),
        "closed_count": sum(c.closed is not None for c in now),
        "open_count": sum(c.closed is None for c in now),
        "closed_in_period_count": done,
        "previous_closed_in_period_count": done_before,
        "closed_change_count": done - done_before,
    }


MEASURES: dict[str, tuple[Callable[[Case], bool], Callable[[Case], bool]]] = {
    "closed_rate": (lambda c: c.closed is not None, lambda c: True),
    "on_time_rate": (lambda c: c.is_on_time, lambda c: c.is_due),
    "same_day_response_rate": (lambda c: c.is_same_day, lambda c: c.is_response_due),
    "resolved_rate": (lambda c: c.outcome == "解决", lambda c: c.outcome is not None),
    "satisfied_rate": (lambda c: c.rating in ("满意", "基本满意"), lambda c: c.rating is not None),
}


def plain_rates(cases: list[Case], first: date, last: date, days: int, min_n: int) -> list[Row]:
    shift, rows = timedelta(days=days), []
    for measure, (is_hit, is_counted) in MEASURES.items():
        counts = []
        for moved in (timedelta(0), shift):
            seen = [c for c in cases if first - moved <= c.day <= last - moved and is_counted(c)]
            counts.append((sum(map(is_hit, seen)), len(seen)))
        (hits, n), (hits_before, n_before) = counts
        verdict = "样本不足"
        if min(n, n_before) >= min_n:
            p, q = hits / n, hits_before / n_before
            (low, high), (low_before, high_before) = wilson(hits, n), wilson(hits_before, n_before)
            down = ((p - low) ** 2 + (high_before - q) ** 2) ** 0.5
            up = ((high - p) ** 2 + (q - low_before) ** 2) ** 0.5
            verdict = (
                "上升" if p - q - down > 1e-9 else "下降" if p - q + up < -1e-9 else "无显著变化"
            )
        rate, before = share(hits, n), share(hits_before, n_before)
        rows.append(
            {
                "measure": measure,
                "numerator_count": hits,
                "denominator_count": n,
                "measured_rate": rate,
                "previous_numerator_count": hits_before,
                "previous_denominator_count": n_before,
                "previous_rate": before,
                "change_points": None if None in (rate, before) else 100 * (rate - before),
                "change_verdict": verdict,
            }
        )
    return rows


@SMALL
@given(
    appeals=appeal_ledgers(),
    street=st.sampled_from([None, *STREETS]),
    first=st.integers(7, 30),
    long=st.sampled_from([1, 3, 7]),
    more=st.sampled_from([0, 4]),
    min_n=st.sampled_from([1, 3, 30]),
)
def test_the_briefings_queries_agree_with_plain_python(appeals, street, first, long, more, min_n):
    ledger = Ledger(appeals, STREETS)
    every = [a for a in appeals if a["received_at"] <= AS_OF]
    cases = [Case(a, AS_OF, ledger) for a in every if not a["is_void"]]
    cases = [c for c in cases if street in (None, c.street)]
    start = AS_OF.date() - timedelta(days=first)
    end, days = start + timedelta(days=long - 1), long + more
    asked = {"start_date": start, "end_date": end, "subdistrict": street}
    with opened(appeals=appeals) as run:
        found = run("briefing_totals", **asked, days_before=days)
        void = sum(
            bool(a["is_void"])
            and start <= a["received_at"].date() <= end
            and street in (None, a["subdistrict_name"])
            for a in every
        )
        plain = plain_totals(cases, start, end, days) | {"void_count": void}
        assert differences(found, [plain], every_column=True) == []

        found = run("briefing_rates", **asked, days_before=days, min_n=min_n)
        assert (
            differences(found, plain_rates(cases, start, end, days, min_n), every_column=True) == []
        )

        late = sorted((c for c in cases if c.is_overdue), key=lambda c: (c.due, c.id))
        listed = [
            {
                "appeal_id": c.id,
                "title": c.row["title"],
                "subdistrict_name": c.street,
                "unit_name": c.row["unit_name"],
                "due_at": c.due,
                "overdue_days": (AS_OF - c.due).total_seconds() / 86400,
                "listed_count": min(len(late), 3),
                "further_count": max(len(late) - 3, 0),
            }
            for c in late[:3]
        ]
        found = run("briefing_overdue", subdistrict=street, most_rows=3)
        assert differences(found, listed, every_column=True) == []

        days_known = [c.day for c in cases]
        extent = {
            "first_received_date": min(days_known, default=None),
            "last_received_date": max(days_known, default=None),
        }
        assert run("briefing_extent", subdistrict=street) == [extent]

        def area(c: Case) -> str:
            return c.street if street is None else c.row["community_name"] or "（未填）"

        counted = {name: [0, 0] for name in (STREETS if street is None else ())}
        for c in cases:
            both = counted.setdefault(area(c), [0, 0])
            both[0] += start <= c.day <= end
            both[1] += c.is_overdue
        expected = [
            {"area_name": name, "received_count": received, "overdue_count": late}
            for name, (received, late) in counted.items()
            if received + late or (street is None and name in STREETS)
        ]
        found = run("briefing_areas", **asked)
        in_order = [sorted(rows, key=itemgetter("area_name")) for rows in (found, expected)]
        assert differences(*in_order, every_column=True) == []
        order = [(-r["received_count"], -r["overdue_count"], r["area_name"]) for r in found]
        assert order == sorted(order)


@SMALL
@given(
    appeals=appeal_ledgers(),
    area=st.sampled_from([None, *STREETS]),
    week=st.sampled_from(["2023-W21", "2023-W24", "2023-W25", "2023-W26"]),
    min_n=st.sampled_from([1, 30]),
)
def test_whatever_the_ledger_a_briefing_reads_as_sentences(appeals, area, week, min_n):
    with of_ledger(*appeals, current=Settings(min_n=min_n)) as compose:
        try:
            made = compose(brief.week(week), area)
        except BriefingError as error:
            assert appeals == [] or "有数据的周" in str(error)
            return
    for section in made.sections:
        for block in section.blocks:
            if isinstance(block, Paragraph):
                assert re.fullmatch(r"[^\n]*。", block.text), block.text
    said = "".join(sentence.text for sentence in made.sentences)
    for wrong in ("None", "nan", "NaN", "，，", "。。", "、、", "，。", "{", "}"):
        assert wrong not in said, wrong
    assert not re.search(r"(?<!\d)-\d", said)
    assert not re.search(r"(增加|减少|上升|下降)0(\.0)?(件|个)", said)
    assert not re.search(r"(?<![\d.,])0件", paragraphs(made))
    assert not re.search(r"/0）", said)
    assert [word for word in (*NO_CAUSES, *NO_PRAISE) if word in said] == []


# ---------------------------------------------------------------- how it reads


def case(number: int, day: date, **columns: Any) -> Row:
    received = datetime.combine(day, datetime.min.time()) + timedelta(hours=9)
    return appeal(number, received, title=f"诉求甲{number}", **columns)


def closed(number: int, day: date, late: bool = False, **columns: Any) -> Row:
    """Answered and resolved the same day; late or not."""
    received = datetime.combine(day, datetime.min.time()) + timedelta(hours=9)
    times = {
        "first_response_at": received + timedelta(hours=1),
        "closed_at": received + timedelta(hours=5),
        "due_at": received + timedelta(hours=4 if late else 6),
    }
    return case(number, day, **times, outcome="解决", rating="满意", **columns)


MONDAY = W25.first
BEFORE = MONDAY - timedelta(days=7)
LONG_AGO = case(900, MONDAY - timedelta(days=60), subdistrict_name="园岭街道", is_void=None)
"""Somebody else's, so that the weeks before the briefing lie within the data."""
LONG_AGO |= {"closed_at": LONG_AGO["received_at"] + timedelta(hours=3)}


def said_of(*appeals: Row, period: brief.Period = W25, **more: Any) -> str:
    with of_ledger(LONG_AGO, *appeals, **more) as compose:
        return paragraphs(compose(period))


def test_nothing_received_in_either_week_is_said_in_words():
    said = said_of()
    assert "本周没有受理诉求，上周也没有。本周没有办结诉求（不论何时受理）。" in said
    assert "没有未办结的诉求。" in said
    assert "率" not in said


def test_nothing_received_this_week_names_what_the_week_before_had():
    said = said_of(closed(1, BEFORE), closed(2, BEFORE))
    assert "本周没有受理诉求，上周受理2件。" in said


def test_nothing_is_compared_with_days_before_the_data_begin():
    first = [closed(1, MONDAY), case(2, MONDAY)]
    with of_ledger(*first) as compose:
        made = compose()
    assert "本周受理诉求2件，上周的数据不全，不作比较。" in paragraphs(made)
    assert {row[2] for row in cells(made, "一、总体情况")} == {"—"}
    assert {row[3] for row in cells(made, "一、总体情况")} == {"—"}


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (3, 1, "本周受理诉求3件，较上周增加2件。"),
        (1, 3, "本周受理诉求1件，较上周减少2件。"),
        (2, 2, "本周受理诉求2件，与上周持平。"),
        (2, 0, "本周受理诉求2件，上周没有受理。"),
    ],
)
def test_the_change_against_the_week_before_is_said_as_it_is(now, before, said):
    these = [case(n, MONDAY) for n in range(now)]
    assert said in said_of(*these, *(case(50 + n, BEFORE) for n in range(before)))


@pytest.mark.parametrize(
    ("done", "waiting", "said"),
    [
        (1, 0, "截至数据时点已办结。"),
        (2, 0, "截至数据时点已全部办结。"),
        (0, 1, "截至数据时点尚未办结。"),
        (0, 2, "截至数据时点均未办结。"),
        (2, 1, "其中截至数据时点已办结2件、未办结1件。"),
    ],
)
def test_how_many_are_done_is_said_for_one_all_some_and_none(done, waiting, said):
    appeals = [closed(n, MONDAY) for n in range(done)]
    assert said in said_of(*appeals, *(case(50 + n, MONDAY) for n in range(waiting)))


def test_void_cases_are_named_apart_and_counted_nowhere():
    said = said_of(case(1, MONDAY), case(2, MONDAY, is_void=True), case(3, MONDAY, is_void=True))
    assert "受理诉求1件" in said
    assert "另有作废2件，不计入以上各数。" in said


def test_a_rate_without_a_denominator_has_no_data_and_no_percentage():
    late = datetime(2023, 12, 1)
    with of_ledger(LONG_AGO, case(1, MONDAY, due_at=late), closed(2, BEFORE)) as compose:
        made = compose()
    assert "按时办结率无数据" in paragraphs(made)
    rows = {row[0]: row[1:] for row in cells(made, "一、总体情况")}
    assert rows["按时办结率"] == ["—", "100.0%（1/1）", "—"]
    assert rows["满意率"][0] == "—"


def test_few_cases_are_called_few_and_neither_praised_nor_blamed():
    said = said_of(*(closed(n, MONDAY) for n in range(4)), closed(9, BEFORE, late=True))
    assert "按时办结率100.0%（4/4）" in said
    assert "以上各项本周或上周的分母不足30件，样本少，不作升降判断。" in said
    assert "上升" not in said


def test_a_change_beyond_chance_is_named_with_both_shares():
    worse = [closed(n, MONDAY, late=n < 20) for n in range(40)]
    better = [closed(100 + n, BEFORE) for n in range(40)]
    said = said_of(*worse, *better)
    assert (
        "按时办结率较上周下降50.0个百分点，上周为100.0%（40/40），变化超出偶然波动的范围。" in said
    )
    assert "当日响应率、解决率、满意率与上周无显著差异。" in said
    assert "样本少" not in said
    turned = [closed(n, BEFORE, late=n < 20) for n in range(40)]
    assert "按时办结率较上周上升50.0个百分点，上周为50.0%（20/40）" in said_of(
        *turned, *(closed(100 + n, MONDAY) for n in range(40))
    )


def test_percentages_are_cut_off_where_the_office_does_so():
    appeals = [closed(n, MONDAY, late=n < 1) for n in range(3)]
    assert "66.7%（2/3）" in said_of(*appeals)
    cut = said_of(*appeals, current=Settings(rounding="truncate"))
    exact = (Decimal(200) / 3).quantize(Decimal("0.1"), ROUND_DOWN)
    assert f"按时办结率{exact}%（2/3）" in cut


@pytest.mark.parametrize(
    ("dues", "said"),
    [
        (
            (AS_OF - timedelta(days=2), AS_OF + timedelta(hours=2)),
            "其中超期1件，一个工作日内到期1件。",
        ),
        ((AS_OF - timedelta(days=2),), "其中超期1件。"),
        ((AS_OF + timedelta(hours=2),), "没有超期，其中一个工作日内到期1件。"),
        ((AS_OF + timedelta(days=30),), "（不论何时受理），没有超期。"),
    ],
)
def test_open_cases_are_told_apart_by_their_deadlines(dues, said):
    assert said in said_of(*(case(n, MONDAY, due_at=due) for n, due in enumerate(dues)))


def test_without_overdue_cases_that_is_said_and_no_table_is_empty():
    with of_ledger(LONG_AGO, closed(1, MONDAY)) as compose:
        made = compose()
    text = paragraphs(made, "三、超期未办结诉求")
    assert text == "截至2023年6月28日18:00，没有超期未办结的诉求。"


def test_an_export_without_deadlines_is_said_to_have_none():
    absent = {"appeals": ("due_at",)}
    with of_ledger(LONG_AGO, case(1, MONDAY), closed(2, MONDAY), absent=absent) as compose:
        made = compose()
    said = paragraphs(made)
    assert "按时办结率不可算（导出文件没有办结时限）" in said
    assert "是否超期不可算" in said
    assert "超期情况不可算" in paragraphs(made, "三、超期未办结诉求")
    rows = {row[0]: row[1:] for row in cells(made, "一、总体情况")}
    assert rows["按时办结率"] == ["不可算", "—", "—"]
    assert not any(note.text.startswith("按时办结率：") for note in made.notes)


def test_an_export_without_a_closing_time_claims_nothing_about_closing():
    absent = {"appeals": ("closed_at",)}
    with of_ledger(LONG_AGO | {"closed_at": None}, case(1, MONDAY), absent=absent) as compose:
        made = compose()
    said = paragraphs(made)
    assert "办结情况不可算（导出文件没有办结时间）。" in said
    assert "未办结件数不可算" in said
    assert not re.search(r"(未|已全部|没有)办结(诉求)?\d", said)
    assert "没有办结诉求" not in said


def test_a_week_that_is_not_over_is_compared_with_the_same_days_and_says_so():
    this_week = brief.week("2023-W26")
    monday = this_week.first
    thursday_before = monday - timedelta(days=4)
    appeals = [
        closed(1, monday),
        closed(2, monday - timedelta(days=7)),
        closed(3, thursday_before),
        closed(4, thursday_before),
    ]
    with of_ledger(LONG_AGO, *appeals) as compose:
        made = compose(this_week)
    said = paragraphs(made)
    assert said.startswith(
        "本周尚未结束，数据截至2023年6月28日18:00，与上周同期（6月19日至6月21日）比较。"
    )
    assert "本周受理诉求1件，与上周同期持平。" in said
    assert "统计6月26日至6月28日受理的诉求" in made.notes[0].text


def test_any_days_may_be_reported_and_are_not_called_a_week():
    period = brief.between(date(2023, 6, 1), date(2023, 6, 10))
    with of_ledger(LONG_AGO, closed(1, date(2023, 6, 2)), closed(2, date(2023, 5, 25))) as compose:
        made = compose(period)
    said = paragraphs(made)
    assert "本期受理诉求1件，与上期持平。" in said
    assert made.marks[0].text == "2023年6月1日至2023年6月10日"
    assert not any("第" in mark.text for mark in made.marks)
    assert "本周" not in "".join(s.text for s in made.sentences)


def test_the_head_names_number_days_and_office_only_where_one_is_known():
    office = Settings(briefing_office="福保街道党建办")
    with of_ledger(LONG_AGO, closed(1, MONDAY), current=office) as compose:
        marks = [mark.text for mark in compose().marks]
    assert marks == [
        "2023年第25期",
        "6月19日至6月25日",
        "编发单位：福保街道党建办",
        "编制日期：2023年6月29日",
        "数据截至：2023年6月28日18:00",
    ]
    with of_ledger(LONG_AGO, closed(1, MONDAY)) as compose:
        assert not any("编发单位" in mark.text for mark in compose().marks)


def test_a_week_across_two_years_bears_the_year_of_its_number_and_both_years(demo):
    marks = [mark.text for mark in demo[0](brief.week("2022-W52"), None).marks]
    assert marks[:2] == ["2022年第52期", "2022年12月26日至2023年1月1日"]


def test_the_demo_is_called_a_demo_in_the_head_and_in_the_notes(demo):
    made = demo[0]()
    assert "演示数据" in [mark.text for mark in made.marks]
    assert "（演示数据，不代表真实情况）" in made.notes[-1].text


def test_the_notes_hold_each_definition_as_the_query_states_it(demo):
    notes = [note.text for note in demo[0]().notes]
    for name in ("received_count", "on_time_rate", "same_day_response_rate", "resolved_rate"):
        assert f"{kpis()[name].label}：{kpis()[name].definition}。" in notes
    assert any("示意边界" in note for note in notes)


def test_repeated_appeals_are_those_of_the_common_problems_page(demo):
    compose, database = demo
    made = compose(W25, "福保街道")
    first = W25.first - timedelta(weeks=15)
    sources = {f.source.query: dict(f.source.params) for f in figures(made)}
    assert sources["shared_problems"]["start_date"] == first
    rows = database.run("shared_problems", sources["shared_problems"]).to_pylist()
    leading = [row for row in rows if row["is_leading"]]
    text = paragraphs(made, "四、共性诉求")
    assert 0 < len(leading) <= 3
    for row in leading:
        assert f"{row['problem']}，受理{row['received_count']}件" in text
        assert f"（{row['elsewhere_count']}/{row['elsewhere_total_count']:,}）" in text
    assert "近16周没有发现超出偶然的共性诉求。" in paragraphs(
        compose(W25, "园岭街道"), "四、共性诉求"
    )


def test_what_is_rising_is_said_with_both_counts():
    recent = [
        closed(n, W25.last - timedelta(days=n % 20), enterprise_id=f"E{n}", community_name="甲社区")
        for n in range(30)
    ]
    others = [
        closed(100 + n, W25.first - timedelta(days=28 + n % 70), category_path="用工")
        for n in range(300)
    ]
    with of_ledger(LONG_AGO, *recent, *others) as compose:
        text = paragraphs(compose(), "四、共性诉求")
    assert re.search(r"近期增多：[^，]+，近4周30件，此前\d+周0件，涉及30家企业，均已办结", text)


def test_texts_of_exports_are_one_short_line_without_hidden_characters():
    nasty = "a\x00b\u202ec\n\r\td<img src=x onerror=alert(1)>{0}" + "长" * 10_000
    late = {"due_at": AS_OF - timedelta(days=1), "unit_name": "\ufeff单位\x1b"}
    row = case(1, MONDAY, **late) | {"title": nasty}
    with of_ledger(LONG_AGO, row) as compose:
        ((_, title, unit, _, overdue),) = cells(compose(), "三、超期未办结诉求")
    assert title.startswith("a␀b⟨U+202E⟩c d<img src=x onerror=al")
    assert title.endswith("…") and len(title) == 40
    assert unit == "⟨U+FEFF⟩单位␛"
    assert overdue == "1天"


def test_a_missing_title_or_unit_leaves_a_dash():
    row = case(1, MONDAY, due_at=AS_OF - timedelta(days=1)) | {"title": None, "unit_name": "  "}
    with of_ledger(LONG_AGO, row) as compose:
        ((_, title, unit, *_),) = cells(compose(), "三、超期未办结诉求")
    assert (title, unit) == ("—", "—")


def test_pictures_are_left_out_where_there_is_nothing_to_draw():
    with of_ledger() as compose:
        made = compose()
    assert made.pictures == ()
    assert paragraphs(made, "二、受理与办理") == "所选时段没有可以作图的数据。"


def test_the_pictures_of_a_street_and_of_the_district_are_told_apart(demo):
    of_street = [picture.title.text for picture in demo[0](W25, "福保街道").pictures]
    of_district = [picture.title.text for picture in demo[0](W25, None).pictures]
    assert of_street == [
        "近12周受理与办结（件）",
        "本周受理诉求的类型（共9件）",
        "近12周受理的诉求用了多少时限",
        "本周各社区受理件数（示意图）",
    ]
    assert of_district[2:] == [
        "近12周各街道按时办结率（右侧为按时/应办结）",
        "本周各街道受理件数（示意图）",
    ]


def test_the_same_release_and_arguments_give_the_same_content(demo):
    first, second = demo[0](), demo[0]()
    assert [s.text for s in first.sentences] == [s.text for s in second.sentences]
    assert [p.chart.to_dict() for p in first.pictures] == [
        p.chart.to_dict() for p in second.pictures
    ]
    later = replace(first, made_at=datetime(2024, 1, 1))
    assert later.sentences == first.sentences


# ---------------------------------------------------------------- who may see what


def test_a_street_account_gets_what_the_whole_database_says_of_its_street(demo, demo_warehouse):
    scope = Scope(("福保街道",), sees_problems=False)
    kept = {"sees_district": False, "sees_problems": False}
    with desk(Warehouse(demo_warehouse).current(), scope=scope) as (compose, _):
        narrow = compose(W25, "福保街道", **kept)
        other = compose(W25, "华强北街道", **kept)
    whole = demo[0](W25, "福保街道")
    for heading in ("一、总体情况", "三、超期未办结诉求"):
        assert cells(narrow, heading) == cells(whole, heading)
        assert paragraphs(narrow, heading) == paragraphs(whole, heading)
    assert not any("拒收" in note.text for note in narrow.notes)
    assert any("所辖范围内的其他地方" in note.text for note in narrow.notes)
    assert "本周没有受理诉求" in paragraphs(other)
    assert "没有超期未办结" in paragraphs(other, "三、超期未办结诉求")


def test_an_account_of_two_streets_gets_their_sum_and_no_other_street(demo_warehouse):
    names = ("沙头街道", "福保街道")
    kept = {"whole": "、".join(names), "sees_district": False, "sees_problems": False}
    release = Warehouse(demo_warehouse).current()
    with desk(release, scope=Scope(names, sees_problems=False)) as (compose, _):
        made = compose(W25, None, **kept)
    counted = [plainly(W25.first, W25.last, name) for name in names]
    assert f"受理诉求{sum(c['received'] for c in counted)}件" in paragraphs(made)
    said = "".join(s.text for s in made.sentences)
    assert made.title.text == "沙头街道、福保街道企业诉求办理情况简报"
    elsewhere = set(exports().streets.values()) - set(names)
    assert [name for name in elsewhere if name in said] == []


# ---------------------------------------------------------------- weeks and streets


@pytest.mark.parametrize(
    "text", ["2023W25", "2023-25", "2023-W5", "23-W25", "本周", "", "2023-W25 "]
)
def test_a_week_in_another_form_is_refused_with_the_right_form(text):
    with pytest.raises(BriefingError, match="应写成 2023-W25"):
        brief.week(text)


@pytest.mark.parametrize(
    ("text", "most"), [("2023-W53", 52), ("2023-W00", 52), ("2020-W54", 53), ("2022-W99", 52)]
)
def test_a_week_that_the_year_does_not_have_is_refused(text, most):
    with pytest.raises(BriefingError, match=f"没有 {text} 这一周.*第 01 至 {most} 周"):
        brief.week(text)


@pytest.mark.parametrize("text", ["0000-W01", "9999-W53", "0001-W53"])
def test_a_year_at_the_end_of_the_calendar_breaks_nothing(text):
    with pytest.raises(BriefingError):
        brief.week(text)


def test_a_long_year_has_its_53rd_week():
    assert brief.week("2020-W53") == brief.Period(date(2020, 12, 28), date(2021, 1, 3), (2020, 53))
    assert brief.week("2023-W01").first == date(2023, 1, 2)


@pytest.mark.parametrize(
    ("as_of", "week"),
    [
        (datetime(2023, 6, 28, 18), "2023-W25"),
        (datetime(2023, 6, 25, 23, 59, 58), "2023-W24"),
        (datetime(2023, 6, 25, 23, 59, 59), "2023-W25"),
        (datetime(2023, 6, 26), "2023-W25"),
        (datetime(2023, 1, 1, 12), "2022-W51"),
    ],
)
def test_the_default_is_the_last_week_that_was_over(as_of, week):
    assert brief.last_whole_week(as_of).name == week
    assert brief.last_whole_week(as_of).is_over(as_of)
    assert not brief.week_of(brief.last_whole_week(as_of).last + timedelta(days=1)).is_over(as_of)


@pytest.mark.parametrize("week", ["2023-W27", "2024-W01", "2022-W21", "2020-W53"])
def test_a_week_without_data_says_which_weeks_there_are(demo, week):
    received = [a["received"].date() for a in exports().counted]
    year, number, _ = min(received).isocalendar()
    with pytest.raises(BriefingError, match=f"{year}-W{number:02d} 至 2023-W26"):
        demo[0](brief.week(week), None)


def test_days_without_data_say_which_days_there_are(demo):
    with pytest.raises(BriefingError, match="有数据的日期：2022-06-01 至 2023-06-28"):
        demo[0](brief.between(date(2024, 1, 1), date(2024, 1, 2)), None)


def test_days_in_the_wrong_order_are_refused():
    with pytest.raises(BriefingError, match="请对调"):
        brief.between(date(2023, 6, 2), date(2023, 6, 1))


def test_a_street_is_known_by_both_its_names_and_no_other():
    assert {brief.street_named(name, STREETS) for name in ("福保", "福保街道", " 福保 ")} == {
        "福保街道"
    }
    for wrong in ("福", "保", "", "南山街道", "街道"):
        with pytest.raises(
            BriefingError, match="有：园岭街道、南园街道、福田街道、福保街道、莲花街道"
        ):
            brief.street_named(wrong, STREETS)


# ---------------------------------------------------------------- the command


def run_command(*arguments: str) -> int:
    return cli.main(["briefing", *arguments])


@pytest.fixture
def on_demo(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "WAREHOUSE", demo_warehouse)


def test_the_command_writes_the_kinds_asked_for(on_demo, tmp_path, capsys):
    folder = tmp_path / "简报" / "六月"
    assert run_command("--street", "福保", "--format", "html", "--output", str(folder)) == 0
    (file,) = folder.iterdir()
    assert file.name == "福保街道企业诉求办理情况简报_2023-W25.html"
    assert str(file) in capsys.readouterr().out


def test_the_command_dates_a_briefing_with_the_moment_it_is_told(on_demo, tmp_path):
    arguments = ("--week", "2023-W25", "--format", "html", "--output", str(tmp_path))
    assert run_command(*arguments, "--made-at", "2023-06-30T08:00") == 0
    (file,) = tmp_path.iterdir()
    assert "编制日期：2023年6月30日" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--street", "南山"), "没有街道“南山”；有：南园街道、园岭街道"),
        (("--week", "2023-W53"), "没有 2023-W53 这一周"),
        (("--week", "2024-W10"), "有数据的周：2022-W22 至 2023-W26"),
        (("--format", "docx,odt"), "没有格式“odt”；有：docx、pdf、html"),
        (("--format", ","), "有：docx、pdf、html"),
        (("--from", "2023-06-01"), "--from 和 --to 都写"),
        (("--from", "2023-06-02", "--to", "2023-06-01"), "请对调"),
        (("--week", "2023-W25", "--from", "2023-06-01", "--to", "2023-06-02"), "要么写 --week"),
    ],
)
def test_the_command_says_what_is_wrong_and_writes_nothing(
    on_demo, tmp_path, capsys, arguments, said
):
    assert run_command(*arguments, "--output", str(tmp_path / "out")) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_a_release_the_command_says_how_to_get_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "WAREHOUSE", tmp_path)
    assert run_command() == 1
    assert "fuqi intake" in capsys.readouterr().err


def test_the_queries_of_briefings_are_all_asked(demo):
    asked = {f.source.query for area in (None, "福保街道") for f in figures(demo[0](W25, area))}
    own = {q.name for q in load_queries().values() if q.folder == "briefing"}
    # What decides whether there are data at all is not shown.
    assert own - asked == {"briefing_extent"}


def test_a_sentence_is_joined_of_clauses_that_use_the_same_names():
    def clause(value: int) -> Sentence:
        return content.say(
            "甲{n}件", n=Figure(str(value), "count", content.Source("q", "c", value))
        )

    both = content.joined([clause(1), clause(2)])
    assert both.text == "甲1件，甲2件。"
