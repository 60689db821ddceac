"""Charts and maps drawn from the rows of their queries."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import altair as alt
import pyarrow as pa
import pytest
import vl_convert

from fuqi import charts, look, maps
from fuqi.maps import objects_of
from fuqi.settings import Settings
from fuqi.store import Database, parameters
from tests.empty_release import publish_empty_release
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts

Run = Callable[..., pa.Table]

BOUNDARIES = maps.Boundaries.load()
STREETS = [*BOUNDARIES.streets.label_points]
NASTY = "<img src=x onerror=alert(1)>"
PROVENANCE = "数据截至 2023-06-28 18:00 · 演示数据"


def appeals() -> list[dict[str, Any]]:
    """Enough cases in three streets to rank them, few in a fourth; some open, some overdue."""
    rows = []
    for street, on_time, late, overdue in zip(
        STREETS, (40, 30, 20, 2), (0, 10, 20, 1), (1, 2, 3, 0), strict=False
    ):
        for n in range(on_time + late + overdue):
            closed_at = datetime(2023, 6, 4 if n < on_time else 9)
            rows.append(
                appeal(
                    len(rows),
                    datetime(2023, 6, 1, 9),
                    subdistrict_name=street,
                    category_path=("融资", "用工", "场地")[n % 3],
                    due_at=datetime(2023, 6, 6),
                    closed_at=closed_at if n < on_time + late else None,
                )
            )
    # Long ago and alone, so that the weeks before June are known.
    long_ago = {"category_path": "用工", "closed_at": datetime(2023, 3, 2)}
    return [*rows, appeal(len(rows), datetime(2023, 3, 1, 9), **long_ago)]


STATIONS = [
    {"station_id": "1", "station_name": NASTY, "longitude": 114.05, "latitude": 22.52}
    | {"station_kind": "专业市场", "subdistrict_name": STREETS[0]},
    {"station_id": "2", "station_name": "没有坐标的站", "station_kind": "产业园区"}
    | {"subdistrict_name": STREETS[0]},
    {"station_id": "3", "station_name": "石厦站", "longitude": 114.06, "latitude": 22.53}
    | {"station_kind": "社区党群服务中心", "subdistrict_name": STREETS[1]},
]
SERVICES = [
    {
        "service_record_id": str(n),
        "station_id": "1" if n < 9 else "3",
        "service_id": "S01",
        "requested_at": datetime(2023, 6, 1) + timedelta(days=n),
        "subdistrict_name": STREETS[0],
    }
    for n in range(12)
] + [
    {
        "service_record_id": "T1",
        "station_id": "1",
        "service_id": "S02",
        "process": "外送办理",
        "requested_at": datetime(2023, 2, 1, 9),
        "completed_at": datetime(2023, 2, 2, 9),
        "subdistrict_name": STREETS[0],
    }
]
PARK = {
    "park_kind": "产业园",
    "subdistrict_name": STREETS[0],
    "longitude": 114.05,
    "latitude": 22.52,
}
PARKS = [
    {**PARK, "park_id": "P1", "park_name": NASTY},
    {**PARK, "park_id": "P2", "park_name": "无人园"},
    {**PARK, "park_id": "P3", "park_name": "没有坐标的园", "longitude": None, "latitude": None},
]
CADRE = {
    "cadre_id": "G1",
    "cadre_name": "陈某",
    "unit_name": "<b>街道办</b>",
    "unit_kind": "街道",
    "subdistrict_name": STREETS[1],
    "role": "助企干部",
    "start_date": date(2023, 3, 1),
}
HOLDS = {"holder_kind": "干部", "cadre_id": "G1", "start_date": date(2023, 3, 1)}
ACTIVITIES = [
    {
        "activity_id": f"H{n}",
        "activity_name": NASTY,
        "activity_kind": kind,
        "started_at": datetime(2023, 6, 1 + n, 19),
        "subdistrict_name": STREETS[0],
        "participant_count": 10 * n,
        "sales_yuan": 1_500_000.0 if kind == "直播" and n else None,
    }
    for n, kind in enumerate(("直播", "银企对接会", "直播", "政策宣讲"))
]
DEALS = [
    {
        "deal_id": f"R{n}",
        "programme": ("跨境N+1知识产权证券化", "银企对接低息融资")[n % 2],
        "enterprise_name": NASTY,
        "subdistrict_name": STREETS[0],
        "activity_id": "H1",
        "amount_yuan": 2_000_000.0 * n,
        "applied_date": date(2023, 6, n),
        "funded_date": date(2023, 6, 3 * n) if n < 9 else None,
    }
    for n in range(1, 11)
]
TABLES = {
    "subdistricts": subdistricts(*STREETS),
    "activities": ACTIVITIES,
    "financing": DEALS,
    "appeals": appeals(),
    "stations": STATIONS,
    "station_services": SERVICES,
    "enterprises": [
        {
            "enterprise_id": f"N{n}",
            "is_small_business": True,
            "subdistrict_name": STREETS[0],
            "community_name": "甲社区",
            "longitude": 114.04 + n / 5000,
            "latitude": 22.53,
        }
        for n in range(60)
    ],
    "service_catalog": [
        {"service_id": "S01", "service_name": "政策咨询", "service_group": "站点服务"}
    ],
    "parks": PARKS,
    "communities": [
        {"community_code": "1", "community_name": "甲社区", "subdistrict_name": STREETS[0]}
        | {"longitude": 114.04, "latitude": 22.53}
    ],
    "cadres": [CADRE],
    "assignments": [
        {"assignment_id": "A1", "object_kind": "园区商圈", "park_id": "P1", **HOLDS},
        {"assignment_id": "A2", "object_kind": "社区", "community_name": "甲社区", **HOLDS},
    ],
    "visits": [
        {"visit_id": "V1", "cadre_id": "G1", "visited_at": datetime(2023, 6, 5), "park_id": "P1"}
        | {"object_kind": "园区商圈", "subdistrict_name": STREETS[0]},
    ],
}
SHOP = {
    "entity_kind": "个体工商户",
    "is_small_business": True,
    "subdistrict_name": STREETS[0],
    "community_name": "甲社区",
}
TABLES |= {
    "enterprises": [
        *TABLES["enterprises"],
        {**SHOP, "enterprise_id": "E1", "enterprise_name": NASTY, "party_member_count": 1},
        {
            **SHOP,
            "enterprise_id": "E2",
            "enterprise_name": "小店",
            "converted_date": date(2023, 5, 4),
        }
        | {"last_visited_date": date(2023, 6, 5)},
        {
            **SHOP,
            "enterprise_id": "E3",
            "enterprise_name": "老店",
            "last_visited_date": date(2022, 9, 1),
        },
    ],
    "party_orgs": [
        {"party_org_id": "D1", "party_org_name": "甲支部", "is_mobile": False, "member_count": 3}
        | {"subdistrict_name": STREETS[0], "founded_date": date(2021, 7, 1)}
    ],
    "permits": [
        {"permit_id": f"X{n}", "permit_kind": "食品经营许可", "is_green_channel": n < 4}
        | {"subdistrict_name": STREETS[0], "applied_date": date(2023, 6, 5), "promised_days": 3}
        | {"issued_date": date(2023, 6, 6 + n) if n else None}
        for n in range(8)
    ],
}
PARAMS = {
    **parameters(AS_OF, date(2023, 6, 1), date(2023, 6, 28), Settings(), step="day"),
    "compared_by": "street",
    "measure": "on_time_rate",
    "low_is_good": ("returned_rate",),
    "longest_days": 14,
    "service_group": "站点服务",
    "case_id": "SQ00000",
    "cells_a_side": 2,
    "permit_kind": "食品经营许可",
    # Whatever is tested is found.
    "common_min_count": 1,
    "common_min_firms": 0,
    "common_min_ratio": 0.0,
    "common_fdr": 1.0,
}


def runner(database: Database) -> Run:
    def run(name: str, **instead: Any) -> pa.Table:
        known = {**PARAMS, **instead}
        return database.run(name, {p: known[p] for p in database.query(name).params})

    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    database = Database(publish_ledger(tmp_path_factory.mktemp("filled"), TABLES))
    yield runner(database)
    database.close()


@pytest.fixture(scope="module")
def run_empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    database = Database(publish_empty_release(tmp_path_factory.mktemp("empty")))
    yield runner(database)
    database.close()


# ---------------------------------------------------------------- charts

CHARTS: dict[str, tuple[str, Callable[[pa.Table], alt.TopLevelMixin]]] = {
    "category_pareto": ("appeals_by_category", charts.category_pareto),
    "time_distribution": ("resolution_time_distribution", charts.time_distribution),
    "open_by_age": ("open_by_age", charts.open_by_age),
    "ranking_with_interval": ("units_compared", charts.ranking_with_interval),
    "control_chart": ("units_compared", charts.control_chart),
    "change_with_interval": ("rates_changed", charts.change_with_interval),
    "flow_trend": ("resolution_trend", lambda rows: charts.flow_trend(rows, "day")),
    "rate_trend": (
        "resolution_trend",
        lambda rows: charts.rate_trend(rows, "day", "on_time_rate", "due_count", "按时办结率", 0.9),
    ),
    "stage_funnel": ("resolution_funnel", charts.stage_funnel),
    "limit_use": ("limit_use_distribution", charts.limit_use),
    "response_by_hour": ("same_day_by_hour", lambda rows: charts.response_by_hour(rows, 30)),
    "case_clocks": (
        "case_timeline",
        lambda rows: charts.case_clocks(rows, AS_OF),
    ),
    "shared_problem_dots": ("shared_problems", charts.shared_problem_dots),
    "coverage_by_month": ("coverage_by_month", charts.coverage_by_month),
    "deal_spans": ("n1_deals", charts.deal_spans),
    "rising_weeks": ("rising_problems", charts.rising_weeks),
    "funded_by_step": ("financing_trend", lambda rows: charts.funded_by_step(rows, "week")),
    "funded_so_far": ("financing_trend", lambda rows: charts.funded_so_far(rows, "month")),
    "activities_by_step": ("activities_trend", lambda rows: charts.activities_by_step(rows, "day")),
    "activity_timeline": ("activity_list", charts.activity_timeline),
    "live_sales": ("live_sales_course", charts.live_sales),
    "visit_state_bars": (
        "coverage_by_subdistrict",
        lambda rows: charts.visit_state_bars(rows, "subdistrict_name"),
    ),
    "visits_by_month": ("small_business_visits_by_month", charts.visits_by_month),
    "party_org_growth": ("party_orgs_by_year", charts.party_org_growth),
    "conversions_beside_last_year": (
        "conversions_by_month",
        charts.conversions_beside_last_year,
    ),
    "scene_and_function_use": (
        "scene_and_function_trend",
        lambda rows: charts.scene_and_function_use(rows, "day"),
    ),
    "permit_days_by_month": ("permits_by_month", charts.permit_days_by_month),
    "permit_days": ("permit_days_distribution", charts.permit_days),
    "service_trend": ("station_services_trend", lambda rows: charts.service_trend(rows, "day")),
    "least_reached": ("reach_by_community", charts.least_reached),
    "quick_test_times": ("quick_tests_by_month", charts.quick_test_times),
    "counts_by_name": (
        "station_services_by_kind",
        lambda rows: charts.counts_by_name(rows, "service_name", "service_count", "服务人次"),
    ),
}
EACH_CHART = pytest.mark.parametrize(("query", "draw"), CHARTS.values(), ids=CHARTS)


def spec_of(rows: pa.Table, draw: Callable[[pa.Table], alt.TopLevelMixin]) -> dict[str, Any]:
    """The finished chart as Vega-Lite; Altair raises when it is not valid."""
    return charts.titled(draw(rows), "图名", PROVENANCE).to_dict()


def walk(part: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a specification."""
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from walk(inner)


def strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from strings(inner)


def without_rows(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key not in ("datasets", "$schema")}


def test_every_chart_is_tested():
    assert set(CHARTS) | {"titled", "drawable", "sparkline", "spec_of", "weight"} == set(
        charts.__all__
    )


@EACH_CHART
def test_what_the_browser_gets_is_the_chart_with_its_rows_as_arrow(run, query, draw):
    rows = run(query)
    sent, whole = charts.spec_of(charts.titled(draw(rows), "图名", PROVENANCE)), spec_of(rows, draw)
    for size in ("continuousWidth", "continuousHeight"):  # of Altair's own theme
        del whole["config"]["view"][size]
    assert _unnamed(sent) == _unnamed(whole)
    given = [pa.ipc.open_stream(table).read_all() for table in sent["datasets"].values()]
    drawn = whole["datasets"].values()
    assert [(t.num_rows, t.column_names) for t in given] == [(len(d), [*d[0]]) for d in drawn]


def _unnamed(spec: dict[str, Any]) -> str:
    """The description without the names of its tables and the numbers that Altair gives to views."""
    text = json.dumps(without_rows(spec), sort_keys=True)
    for number, name in enumerate(spec["datasets"]):
        text = text.replace(name, f"table {number}")
    return re.sub(r"(view|param)_\d+", r"\1", text)


STAYS = (
    "category_pareto",
    "counts_by_name",
    "flow_trend",
    "limit_use",
    "open_by_age",
    "response_by_hour",
    "service_trend",
    "stage_funnel",
    "time_distribution",
)
"""Charts that a browser need not begin anew when another street or category is chosen."""


@pytest.mark.parametrize("name", STAYS)
def test_other_rows_leave_the_description_of_a_chart_as_it_is(run, name):
    query, draw = CHARTS[name]
    rows = run(query)
    other = rows
    for place, field in enumerate(rows.schema):
        if field.type == pa.int64() and field.name.endswith("_count"):
            doubled = [None if n is None else 2 * n for n in rows.column(place).to_pylist()]
            other = other.set_column(place, field, pa.array(doubled, pa.int64()))
    if name in ("category_pareto", "counts_by_name"):
        other = other.take([*reversed(range(other.num_rows))])
    first, second = (
        charts.spec_of(charts.titled(draw(each), "图名", ""), about=about)
        for each, about in ((rows, "全区"), (other, "福保街道"))
    )
    assert without_rows(first) == without_rows(second)
    assert first["datasets"] != second["datasets"]


def test_another_unit_in_bold_leaves_the_description_of_a_ranking_as_it_is(run):
    rows = run("units_compared")
    one, other, none = (
        charts.spec_of(charts.ranking_with_interval(rows, chosen=chosen))
        for chosen in (STREETS[0], STREETS[1], None)
    )
    assert without_rows(one) == without_rows(other) == without_rows(none)
    bold = [[name for name in names_in(spec) if name.endswith(" ")] for spec in (one, other, none)]
    assert bold == [[f"{STREETS[0]} "], [f"{STREETS[1]} "], []]
    weights = re.findall(r'font-weight="700"[^>]*>([^<]*)<', as_svg_of(one))
    assert weights == [STREETS[0]]


def names_in(spec: dict[str, Any]) -> list[str]:
    (sent,) = spec["datasets"].values()
    return pa.ipc.open_stream(sent).read_all().column("compared_name").to_pylist()


def as_svg_of(spec: dict[str, Any]) -> str:
    tables = {n: pa.ipc.open_stream(t).read_all().to_pylist() for n, t in spec["datasets"].items()}
    return vl_convert.vegalite_to_svg({**spec, "datasets": tables})


def test_what_a_chart_is_about_travels_with_its_first_row(run, run_empty):
    drawn = charts.titled(charts.category_pareto(run("appeals_by_category")), "图名", "")
    spec = charts.spec_of(drawn, about=NASTY)
    assert NASTY not in json.dumps(without_rows(spec), ensure_ascii=False)
    (sent,) = spec["datasets"].values()
    first, *others = pa.ipc.open_stream(sent).read_all().column("_about").to_pylist()
    assert first == NASTY and set(others) <= {None}
    values = pa.ipc.open_stream(sent).read_all().to_pylist()
    whole = {**spec, "datasets": {"rows_1": values}}
    assert "区委组织部" in vl_convert.vegalite_to_svg(
        json.loads(json.dumps(whole, default=str).replace(json.dumps(NASTY)[1:-1], "区委组织部"))
    )
    nothing = charts.titled(charts.category_pareto(run_empty("appeals_by_category")), "图名", "")
    assert charts.spec_of(nothing, about=NASTY)["title"]["subtitle"] == NASTY.split("\n")


@EACH_CHART
def test_a_chart_is_a_valid_specification_that_carries_its_rows(run, query, draw):
    rows = run(query)
    assert rows.num_rows
    spec = spec_of(rows, draw)
    # Limits and targets are lines of their own, beside the rows.
    lines = {"limit", "place"}
    drawn = [d for d in spec["datasets"].values() if d and not lines & set(d[0])]
    with_cases = rows.to_pylist()
    if query == "units_compared" and draw is charts.control_chart:
        with_cases = [row for row in with_cases if row["denominator_count"]]
    assert len(with_cases) in [len(data) for data in drawn]
    json.dumps(spec, allow_nan=False)


@EACH_CHART
def test_a_chart_of_an_empty_release_is_a_valid_specification(run_empty, query, draw):
    assert spec_of(run_empty(query), draw)["title"]["text"] == "图名"


@EACH_CHART
def test_a_chart_carries_title_and_provenance_and_speaks_chinese(run, query, draw):
    spec = spec_of(run(query), draw)
    assert spec["title"]["text"] == "图名"
    assert spec["title"]["subtitle"] == PROVENANCE
    locale = spec["config"]["locale"]
    assert locale["time"]["shortDays"][0] == "周日"
    assert locale["time"]["shortMonths"][11] == "12月"
    assert locale["number"]["grouping"] == [3]
    assert spec["config"]["font"] == look.FONT


@EACH_CHART
def test_a_chart_reads_columns_that_its_query_gives_or_it_computes(run, query, draw):
    rows = run(query)
    whole = spec_of(rows, draw)
    spec = without_rows(whole)
    known = set(rows.column_names).union(*(data[0] for data in whole["datasets"].values() if data))
    for part in walk(spec):
        made = part.get("as", [])
        known |= {made} if isinstance(made, str) else set(made)
    for part in walk(spec):
        known_here = {*known, "*"}
        if isinstance(part.get("field"), str):
            assert part["field"] in known_here
        for name in part.get("fold", []):
            assert name in known
        if "calculate" in part:
            assert set(re.findall(r"datum\.([a-z_]+)", part["calculate"])) <= known


@EACH_CHART
def test_what_a_reader_sees_has_a_chinese_name(run, query, draw):
    for part in walk(without_rows(spec_of(run(query), draw))):
        for shown in part.get("tooltip", []) if isinstance(part.get("tooltip"), list) else []:
            assert re.search(r"[一-鿿]", shown["title"]), shown
        for axis in ("x", "y"):
            title = part.get(axis, {}).get("title") if isinstance(part.get(axis), dict) else None
            assert title is None or re.search(r"[一-鿿]", title), title


OVERDUE_WORDS = {"已超期", "超过时限"}


@EACH_CHART
def test_red_means_overdue_and_nothing_else(run, query, draw):
    spec = without_rows(spec_of(run(query), draw))
    red = [text for text in strings(spec) if text.lower() == look.OVERDUE]
    explained = []
    for part in walk(spec):
        if isinstance(part.get("domain"), list) and isinstance(part.get("range"), list):
            pairs = dict(zip(part["domain"], part["range"], strict=True))
            explained += [word for word, colour in pairs.items() if colour == look.OVERDUE]
            for word in OVERDUE_WORDS & set(pairs):
                assert pairs[word] == look.OVERDUE
    assert len(explained) == len(red)
    assert set(explained) <= OVERDUE_WORDS
    shows_overdue = (
        *("open_by_age", "resolution_time_distribution", "limit_use_distribution"),
        "permit_days_distribution",
    )
    assert bool(red) == (query in shows_overdue)


@EACH_CHART
def test_every_colour_of_a_chart_is_one_of_the_look(run, query, draw):
    ours = {value for name, value in vars(look).items() if name.isupper()}
    ours = {c for v in ours for c in ((v,) if isinstance(v, str) else v)}
    used = {t for t in strings(without_rows(spec_of(run(query), draw))) if re.match(r"#\w{6}$", t)}
    assert used <= ours


@EACH_CHART
def test_a_chart_names_no_address_but_its_schema(run, query, draw):
    spec = spec_of(run(query), draw)
    assert [text for text in strings(spec) if "//" in text] == [spec["$schema"]]


@pytest.mark.parametrize("step", ["day", "week", "month"])
def test_ticks_of_a_trend_are_days_of_its_rows(run, step):
    rows = run("resolution_trend", step=step)
    days = {(d.year, d.month, d.day) for d in rows["step_date"].to_pylist()}
    spec = spec_of(rows, lambda rows: charts.flow_trend(rows, step))
    ticks = [v for part in walk(spec) for v in part.get("values", []) if isinstance(v, dict)]
    assert ticks
    assert {(v["year"], v["month"], v["date"]) for v in ticks} <= days


def test_the_ranking_keeps_the_order_of_its_query_and_shows_n(run):
    rows = run("units_compared")
    spec = spec_of(rows, charts.ranking_with_interval)
    names = rows["compared_name"].to_pylist()
    drawn = vl_convert.vegalite_to_svg(spec)
    assert len(names) > 2
    assert sorted(names, key=lambda name: drawn.index(f">{name}<")) == names
    assert names != sorted(names), "another order would not be told from the alphabet's"
    assert {
        "calculate": "datum.numerator_count + '/' + datum.denominator_count",
        "as": "share",
    } in list(walk(spec))
    assert any(part.get("text", {}) == {"field": "share", "type": "nominal"} for part in walk(spec))


def colours_of(spec: dict[str, Any]) -> dict[str, str]:
    """Legend entries of the chart with their colours."""
    found = {}
    for part in walk(without_rows(spec)):
        if isinstance(part.get("domain"), list) and isinstance(part.get("range"), list):
            found |= dict(zip(part["domain"], map(str, part["range"]), strict=True))
    return found


def verdict_rows(*verdicts: str) -> pa.Table:
    """Rows of `units_compared` whose verdicts are these; all but 样本不足 are ranked."""
    return pa.Table.from_pylist(
        [
            {
                "compared_name": f"单位{n}",
                "numerator_count": 10 + 20 * n,
                "denominator_count": 100 if verdict != "样本不足" else 10,
                "measured_rate": (10 + 20 * n) / 100,
                "rate_low": 0.0,
                "rate_high": 1.0,
                "district_name": "全区",
                "district_rate": 0.5,
                "is_ranked": verdict != "样本不足",
                "rate_rank": n,
                "rate_verdict": verdict,
            }
            for n, verdict in enumerate(verdicts)
        ]
    )


@pytest.mark.parametrize("draw", [charts.ranking_with_interval, charts.control_chart])
def test_better_and_worse_have_their_colours_whichever_way_is_good(draw):
    rows = verdict_rows("高于全区", "与全区无显著差异", "低于全区")
    high_good = colours_of(spec_of(rows, lambda rows: draw(rows, measure="on_time_rate")))
    low_good = colours_of(spec_of(rows, lambda rows: draw(rows, measure="returned_rate")))
    assert (high_good["高于全区"], high_good["低于全区"]) == (look.BETTER, look.WORSE)
    assert (low_good["高于全区"], low_good["低于全区"]) == (look.WORSE, look.BETTER)
    assert high_good["与全区无显著差异"] == low_good["与全区无显著差异"] == look.NEUTRAL


def test_verdicts_about_a_street_have_the_colours_of_those_about_the_district():
    rows = verdict_rows("高于福保街道", "与福保街道无显著差异")
    colours = colours_of(spec_of(rows, charts.ranking_with_interval))
    assert colours == {"高于福保街道": look.BETTER, "与福保街道无显著差异": look.NEUTRAL}


def test_a_long_ranking_leaves_units_without_a_rank_to_the_table():
    def drawn(*verdicts: str) -> int:
        spec = spec_of(verdict_rows(*verdicts), charts.ranking_with_interval)
        return sum(len(data) for data in spec["datasets"].values())

    assert drawn(*["与全区无显著差异"] * 2, *["样本不足"] * 18) == 20
    assert drawn(*["与全区无显著差异"] * 2, *["样本不足"] * 19) == 2


def test_only_ranked_units_outside_the_limits_carry_their_name():
    rows = verdict_rows("低于全区", "与全区无显著差异", "样本不足", "高于全区")
    spec = spec_of(rows, charts.control_chart)
    (points,) = [data for data in spec["datasets"].values() if "label_text" in data[0]]
    assert [row["label_text"] for row in points] == ["单位0", None, None, "单位3"]
    assert all((row["label_dx"] is None) == (row["label_text"] is None) for row in points)


def test_the_limits_drawn_are_those_of_the_score_test():
    spec = spec_of(verdict_rows("低于全区", "高于全区"), charts.control_chart)
    (limits,) = [data for data in spec["datasets"].values() if "limit" in data[0]]
    assert {row["line"] for row in limits} == {"全区", "95%控制限", "99.8%控制限"}
    for row in limits:
        z = {"全区": 0.0, "95%控制限": 1.959964, "99.8%控制限": 3.090232}[row["line"]]
        half = z * (0.25 / row["denominator_count"]) ** 0.5
        expected = 0.5 - half if row["side"] == "low" else 0.5 + half
        assert row["limit"] == pytest.approx(min(1, max(0, expected)), abs=1e-6)


def test_a_change_is_coloured_by_whether_it_is_to_the_good():
    def standing(measure: str, verdict: str) -> str:
        row = dict.fromkeys(
            ["numerator_count", "denominator_count", "previous_numerator_count"], 30
        )
        row |= {"measure": measure, "change_verdict": verdict, "previous_denominator_count": 40}
        row |= dict.fromkeys(["measured_rate", "previous_rate"], 0.5)
        row |= dict.fromkeys(["change_points", "change_low_points", "change_high_points"], 1.0)
        spec = spec_of(pa.Table.from_pylist([row]), charts.change_with_interval)
        ((word, colour),) = colours_of(spec).items()
        assert colour == {"显著好转": look.BETTER, "显著变差": look.WORSE}.get(word, look.NEUTRAL)
        return word

    assert standing("on_time_rate", "上升") == standing("returned_rate", "下降") == "显著好转"
    assert standing("on_time_rate", "下降") == standing("returned_rate", "上升") == "显著变差"
    assert standing("closed_rate", "无显著变化") == "无显著变化"


# ---------------------------------------------------------------- maps


def rate_map(run: Run, **instead: Any) -> maps.DistrictMap:
    wanted = {
        "measure": "on_time_rate",
        "counts": ("on_time_count", "due_count"),
        "label": "按时办结率",
        "min_n": 30,
        "frame": maps.Frame(),
        **instead,
    }
    return maps.measure_by_area(run("resolution_by_subdistrict"), BOUNDARIES, **wanted)


def station_map(run: Run) -> maps.DistrictMap:
    return maps.stations(run("station_list"), BOUNDARIES, maps.Frame())


def held_map(run: Run) -> maps.DistrictMap:
    listed, lines = run("held_object_list"), run("assignment_lines")
    return maps.held_objects(listed, lines, BOUNDARIES, maps.Frame())


def coloured_held_map(run: Run, **instead: Any) -> maps.DistrictMap:
    wanted = {"colouring": "visit_coverage_rate", "label": "走访覆盖率"}
    wanted |= {"counts": ("visited_count", "held_in_period_count"), **instead}
    names = ("held_object_list", "assignment_lines", "assignments_by_subdistrict")
    return maps.held_over_streets(*map(run, names), BOUNDARIES, maps.Frame(), **wanted)


def reach_map(run: Run, **instead: Any) -> maps.DistrictMap:
    sites = run("reach_of_sites", site_longitudes=(114.05,), site_latitudes=(22.53,))
    cells = run("reach_cells")
    wanted = {
        "side": PARAMS["cells_a_side"],
        "counted": "unreached_count",
        "sites": sites,
        **instead,
    }
    return maps.enterprise_cells(cells, run("station_list"), BOUNDARIES, maps.Frame(), **wanted)


EACH_MAP = pytest.mark.parametrize(
    "draw", [rate_map, station_map, reach_map, held_map, coloured_held_map]
)


def deck_of(shown: maps.DistrictMap) -> dict[str, Any]:
    return json.loads(shown.deck.to_json())


def layer_of(shown: maps.DistrictMap, layer_id: str) -> dict[str, Any]:
    (layer,) = [layer for layer in deck_of(shown)["layers"] if layer["id"] == layer_id]
    return layer


def fills_of(shown: maps.DistrictMap) -> dict[str, str]:
    layer = layer_of(shown, "areas")
    fill = layer["getFillColor"]
    return {
        f["name"]: f"#{bytes((f['fill'] if fill == '@@=fill' else fill)[:3]).hex()}"
        for f in objects_of(layer["data"])
    }


@EACH_MAP
def test_a_map_names_no_outside_address(run, draw):
    shown = draw(run)
    assert shown.deck.map_provider is None
    assert "mapProvider" not in deck_of(shown)
    assert not [text for text in strings(deck_of(shown)) if "//" in text or "mapbox" in text]


@EACH_MAP
def test_every_layer_has_an_id_of_its_own(run, draw):
    ids = [layer.get("id") for layer in deck_of(draw(run))["layers"]]
    assert all(ids)
    assert len(ids) == len(set(ids))
    # pydeck would make up an id of 36 characters, another one each time.
    assert all(re.fullmatch(r"[a-z_]{1,20}", layer_id) for layer_id in ids)


@EACH_MAP
def test_chinese_names_use_the_characters_they_need(run, draw):
    assert layer_of(draw(run), "names")["characterSet"] == "auto"


@EACH_MAP
def test_names_come_out_escaped(run, draw):
    texts = set()
    for layer in deck_of(draw(run))["layers"]:
        for row in walk(objects_of(layer["data"])):
            texts |= {row[key] for key in ("name", "detail") if key in row}
    assert not [text for text in texts if "<" in text]
    if draw is not rate_map:
        assert any("&lt;img src=x" in text for text in texts)


@EACH_MAP
def test_what_can_be_pointed_at_has_the_fields_of_the_tooltip(run, draw):
    for layer in deck_of(draw(run))["layers"]:
        if layer.get("pickable"):
            rows = objects_of(layer["data"])
            assert rows
            assert all({"name", "detail"} <= set(row) for row in rows), layer["id"]


@EACH_MAP
def test_a_map_of_an_empty_release_is_drawn(run_empty, draw):
    shown = draw(run_empty)
    assert fills_of(shown).keys() == set(STREETS)
    assert shown.description


@EACH_MAP
def test_no_map_uses_the_red_of_overdue(run, draw):
    shown = draw(run)
    assert look.OVERDUE not in {entry.colour for entry in shown.legend}
    assert look.rgba(look.OVERDUE)[:3] not in [
        value[:3] for part in walk(deck_of(shown)) for value in part.values() if is_colour(value)
    ]


def is_colour(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and all(type(v) is int for v in value)


def test_points_without_a_position_are_left_out(run):
    assert len(layer_of(station_map(run), "stations")["data"]) == 2
    drawn = [row["name"] for row in layer_of(held_map(run), "objects")["data"]]
    assert sorted(drawn) == sorted(["甲社区", "无人园", "&lt;img src=x onerror=alert(1)&gt;"])


def test_what_nobody_holds_is_drawn_last_and_in_its_own_colour(run):
    *others, last = layer_of(held_map(run), "objects")["data"]
    assert last["name"] == "无人园"
    assert last["colour"][:3] == look.rgba(look.UNHELD)[:3]
    assert all(row["colour"][:3] != last["colour"][:3] for row in others)
    assert all(row["radius"] < last["radius"] for row in others)


def test_streets_below_what_is_held_are_coloured_by_what_is_chosen(run):
    rates = fills_of(coloured_held_map(run))
    assert rates[STREETS[0]] in look.SEQUENCE, "one of two was visited"
    assert {rates[street] for street in STREETS[1:]} == {look.GRID}, "nothing held there"
    missing = coloured_held_map(run, colouring="unheld_count", label="无人挂点", counts=None)
    assert fills_of(missing)[STREETS[0]] in look.SEQUENCE
    assert {fills_of(missing)[street] for street in STREETS[1:]} == {look.SHADE}
    (entry,) = [e for e in missing.legend if e.colour == fills_of(missing)[STREETS[0]]]
    assert entry.meaning == "无人挂点 2 处"
    plain = coloured_held_map(run, colouring=None)
    assert set(fills_of(plain).values()) == {look.SHADE}


def test_the_chosen_object_is_marked_and_its_whole_street_stays_in_view(run):
    names = ("held_object_list", "assignment_lines", "assignments_by_subdistrict")
    rows = list(map(run, names))
    whole = maps.held_over_streets(*rows, BOUNDARIES, maps.Frame(subdistrict=STREETS[0]))
    inside = maps.Frame(subdistrict=STREETS[0], community="福保社区")
    chosen = maps.held_over_streets(*rows, BOUNDARIES, inside, chosen="P2")
    marked = [row for row in layer_of(chosen, "objects")["data"] if row["edge"] > 1]
    assert [row["goes_to"] for row in marked] == [{"park": "P2"}]
    assert deck_of(chosen)["initialViewState"] == deck_of(whole)["initialViewState"]


def test_a_line_runs_from_the_office_to_the_park(run):
    (line,) = layer_of(held_map(run), "lines")["data"]
    office = subdistricts(*STREETS)[1]
    assert line["path"] == [
        [office["office_longitude"], office["office_latitude"]],
        [PARK["longitude"], PARK["latitude"]],
    ]


def test_the_area_of_a_station_grows_with_its_services(run):
    radius = {row["name"]: row["radius"] for row in layer_of(station_map(run), "stations")["data"]}
    assert radius["石厦站"] < radius["&lt;img src=x onerror=alert(1)&gt;"] == 18


def test_too_few_cases_are_grey_and_the_legend_says_so(run):
    shown = rate_map(run)
    fills = fills_of(shown)
    assert {fills[street] for street in STREETS[3:]} == {look.GRID}
    assert look.GRID not in {fills[street] for street in STREETS[:3]}
    (grey,) = [entry for entry in shown.legend if entry.colour == look.GRID]
    assert "样本不足" in grey.meaning
    assert "30" in grey.meaning
    tips = {f["name"]: f["detail"] for f in layer_of(shown, "areas")["data"]["features"]}
    assert "（2/3）" in tips[STREETS[3]]
    assert "样本不足" in tips[STREETS[3]]
    assert "样本不足" not in tips[STREETS[0]]


def test_a_higher_rate_is_a_darker_area(run):
    fills = fills_of(rate_map(run))
    steps = [look.SEQUENCE.index(fills[street]) for street in STREETS[:3]]
    assert steps == sorted(steps, reverse=True)
    assert (steps[0], steps[-1]) == (len(look.SEQUENCE) - 1, 0)


def test_equal_rates_have_one_colour_and_one_entry():
    rows = pa.table(
        {"subdistrict_name": STREETS, "share": [0.9] * 10, "hits": [90] * 10, "n": [100] * 10}
    )
    shown = maps.measure_by_area(
        rows,
        BOUNDARIES,
        measure="share",
        counts=("hits", "n"),
        label="办结率",
        min_n=30,
        frame=maps.Frame(),
    )
    (entry,) = shown.legend
    assert set(fills_of(shown).values()) == {entry.colour}
    assert entry.meaning.startswith("90.0%")


@EACH_MAP
def test_the_legend_covers_the_colours_used(run, draw):
    shown = draw(run)
    explained = {entry.colour for entry in shown.legend}
    assert all(entry.meaning for entry in shown.legend)
    used = set()
    if draw is rate_map:
        used |= set(fills_of(shown).values())
    for layer in deck_of(shown)["layers"]:
        if layer["id"] not in ("areas", "names", "site_ranks"):
            used |= {
                f"#{bytes(row['colour'][:3]).hex()}"
                for row in objects_of(layer["data"])
                if "colour" in row
            }
            if is_colour(layer.get("getColor")):
                used.add(f"#{bytes(layer['getColor'][:3]).hex()}")
    assert used
    assert used <= {colour.lower() for colour in explained}


def test_stations_of_one_subdistrict_fill_the_frame(run):
    def view(subdistrict: str | None) -> dict[str, float]:
        frame = maps.Frame(subdistrict=subdistrict)
        return deck_of(maps.stations(run("station_list"), BOUNDARIES, frame))["initialViewState"]

    assert view(STREETS[0])["zoom"] > view(None)["zoom"]
    west, south, east, north = BOUNDARIES.narrowed(STREETS[0])
    assert west < view(STREETS[0])["longitude"] < east
    assert south < view(STREETS[0])["latitude"] < north
    assert view("不存在的街道") == view(None)


def test_rates_keep_the_district_in_view_and_outline_the_chosen_subdistrict(run):
    whole, chosen = rate_map(run), rate_map(run, frame=maps.Frame(subdistrict=STREETS[2]))
    assert deck_of(whole)["initialViewState"] == deck_of(chosen)["initialViewState"]
    *others, last = layer_of(chosen, "areas")["data"]["features"]
    assert last["name"] == STREETS[2]
    assert last["line"] == look.rgba(look.INK)
    assert all(area["line"] != last["line"] and area["width"] < last["width"] for area in others)
    assert fills_of(chosen) == fills_of(whole)


def test_a_boundary_file_at_fault_is_named(tmp_path):
    file = tmp_path / "subdistricts.geojson"
    for text in ("", "{}", '{"features": []}', '{"features": [{"properties": {}}]}'):
        file.write_text(text)
        with pytest.raises(ValueError, match=r"subdistricts\.geojson"):
            maps.Boundaries.load(tmp_path)
