"""Each page as Streamlit runs it: its numbers against a count in plain Python, its filters, its empty states."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from fuqi.maps import PLACE
from fuqi.store import Warehouse, kpis, load_queries
from fuqi.worktime import ANNOUNCED_YEARS
from tests.kpi_cards import shown_cards
from tests.ledger import publish_ledger, subdistricts
from tests.pages.conftest import PARTS, OpenPage
from tests.pages.plain_figures import Asked, Card, PlainFigures

TITLES = {
    "overview": "总览",
    "street": "街道",
    "resolution": "诉求办理",
    "assignments": "挂点服务",
    "stations": "福企服务站",
}
WITH_CATEGORY = ("overview", "resolution")
SPRING = Asked(date(2023, 3, 1), date(2023, 5, 31), "福保街道")
SPRING_LINK = {"street": "福保街道", "from_": "2023-03-01", "to": "2023-05-31"}

every_page = pytest.mark.parametrize("page", TITLES)
every_page_and_part = pytest.mark.parametrize("page", [*TITLES, *PARTS])


def cards(opened: AppTest) -> dict[str, Card]:
    """The KPI cards by their label."""
    return {
        label: Card(card.value, "；".join(card.notes))
        for label, card in shown_cards(opened).items()
    }


def chart_specs(opened: AppTest) -> list[dict[str, Any]]:
    """The charts' descriptions, with what stands below a title as a reader sees it: it travels with the rows."""
    return [_as_seen(chart.proto) for chart in opened.get("vega_lite_chart") if not is_map(chart)]


def is_map(chart: Any) -> bool:
    """Whether a chart is a map: a click on it leads to a place."""
    return list(chart.proto.selection_mode) == [PLACE]


def _as_seen(sent: Any) -> dict[str, Any]:
    spec = json.loads(sent.spec)
    (about,) = [rows for rows in sent.datasets if rows.name == "rows_1"]
    rows = pa.ipc.open_stream(about.data.data).read_all()
    if rows.num_rows:
        assert "rows_1" in spec["title"]["subtitle"]["expr"]
        spec["title"]["subtitle"] = rows.column("_about")[0].as_py()
    return spec


def maps(opened: AppTest) -> list[dict[str, Any]]:
    """The maps that deck.gl draws."""
    return [json.loads(drawn.proto.json) for drawn in opened.get("deck_gl_json_chart")]


def flat_maps(opened: AppTest) -> list[dict[str, dict[str, Any]]]:
    """The maps that stand still: what is in each of their areas, by its name."""
    drawn = [chart.proto for chart in opened.get("vega_lite_chart") if is_map(chart)]
    areas = [next(rows for rows in sent.datasets if rows.name == "rows_1") for sent in drawn]
    rows = [pa.ipc.open_stream(each.data.data).read_all().to_pylist() for each in areas]
    return [{row["name"]: row for row in each} for each in rows]


def strings_under(spec: Any, key: str) -> Iterator[str]:
    """Every text that stands under `key`, wherever in the spec."""
    if isinstance(spec, dict):
        for name, value in spec.items():
            if name == key and isinstance(value, str):
                yield value
            elif name == key and isinstance(value, list):
                yield from (v for v in value if isinstance(v, str))
            yield from strings_under(value, key)
    elif isinstance(spec, list):
        for value in spec:
            yield from strings_under(value, key)


def counts_of(card: Card) -> list[int]:
    """The value of a count card and the counts of its caption: what a narrower filter cannot raise."""
    numbers = re.findall(r"\d[\d,]*", card.n.partition("；")[0])
    if re.fullmatch(r"[\d,]+", card.value):
        numbers.append(card.value)
    return [int(number.replace(",", "")) for number in numbers]


# ---- the numbers


@every_page
@pytest.mark.parametrize(
    ("link", "asked"),
    [
        pytest.param({}, Asked(), id="this quarter"),
        pytest.param(SPRING_LINK, SPRING, id="a street in spring"),
        pytest.param(
            {"period": "启动以来"}, Asked(date(2022, 6, 1), date(2023, 6, 28)), id="since the start"
        ),
        pytest.param(
            {"from_": "2023-06-28", "to": "2023-06-28"},
            Asked(date(2023, 6, 28), date(2023, 6, 28)),
            id="the last day alone",
        ),
    ],
)
def test_cards_say_what_plain_python_counts(
    page: str, link: dict[str, str], asked: Asked, open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page(page, **link)

    assert not opened.exception
    assert [t.value for t in opened.title] == [TITLES[page]]
    assert cards(opened) == figures.cards(page, asked)


@every_page
def test_cards_say_what_each_kpi_means(page: str, open_page: OpenPage) -> None:
    defined = {kpi.label: kpi.definition for kpi in kpis().values()}
    for label, card in shown_cards(open_page(page)).items():
        assert card.definition.startswith(f"{label} = {defined[label]}")


@pytest.mark.parametrize("page", ["resolution", "overview"])
def test_cards_say_how_far_a_rate_moved_since_the_period_before(
    page: str, open_page: OpenPage, figures: PlainFigures
) -> None:
    before = figures.cards("resolution", Asked(date(2023, 1, 2), date(2023, 3, 31)))
    hits, n = counts_of(before["按时办结率"])[-2:]
    card = shown_cards(open_page(page))["按时办结率"]
    now_hits, now_n = (int(part.replace(",", "")) for part in card.notes[0].split(" / "))
    moved = 100 * (now_hits / now_n - hits / n)
    assert card.change == f"{'↓' if moved < 0 else '↑'} {moved:+.2f}百分点"


@pytest.mark.parametrize("page", WITH_CATEGORY)
def test_a_category_narrows_appeals_and_leaves_the_rest(
    page: str, open_page: OpenPage, figures: PlainFigures
) -> None:
    category = "融资"

    opened = open_page(page, category=category)

    assert cards(opened) == figures.cards(page, Asked(category=category))
    assert cards(opened)["按时办结率"] != figures.cards(page, Asked())["按时办结率"]


@every_page
def test_a_street_and_its_period_only_ever_narrow(page: str, open_page: OpenPage) -> None:
    everything = cards(open_page(page, period="启动以来"))
    narrowed = cards(open_page(page, **SPRING_LINK))

    assert narrowed.keys() == everything.keys()
    compared = [
        (label, few, many)
        for label, card in narrowed.items()
        for few, many in zip(counts_of(card), counts_of(everything[label]), strict=False)
    ]
    assert not [c for c in compared if c[1] > c[2]]
    assert [c for c in compared if c[1] < c[2]], "nothing was narrowed"


@pytest.mark.parametrize(
    ("page", "label"),
    [("resolution", "受理量"), ("assignments", "无人挂点"), ("stations", "服务人次")],
)
def test_streets_add_up_to_the_district(page: str, label: str, figures: PlainFigures) -> None:
    """A check of the plain count itself: it must not lose or double a row that has a street."""
    streets = [row["subdistrict_name"] for row in figures.rows("subdistricts")]

    shares = [counts_of(figures.cards(page, Asked(street=s))[label])[-1] for s in streets]

    assert len(streets) == 10
    assert sum(shares) == counts_of(figures.cards(page, Asked())[label])[-1]


@every_page
def test_a_reversed_range_is_read_the_other_way_round(page: str, open_page: OpenPage) -> None:
    turned = {**SPRING_LINK, "from_": SPRING_LINK["to"], "to": SPRING_LINK["from_"]}

    assert cards(open_page(page, **turned)) == cards(open_page(page, **SPRING_LINK))


@every_page_and_part
def test_every_rate_stands_with_its_n(page: str, open_page: OpenPage) -> None:
    opened = open_page(page)

    rates = {label: card for label, card in cards(opened).items() if label.endswith("率")}
    assert rates
    for label, card in rates.items():
        assert re.fullmatch(r"[\d,]+ / [\d,]+", card.n), f"{label} {card.value} has no n"
    for table in opened.dataframe:
        shown = set(table.value.columns)
        for rate in shown & kpis().keys():
            _, n = kpis()[rate].counts or ("", "")
            if rate.endswith("_rate"):
                assert n in shown, f"a table shows {rate} without {n}"


def test_each_row_of_the_street_table_is_what_its_street_shows_alone(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    tables = [t.value for t in open_page("comparison").dataframe]
    ranking = next(t for t in tables if "on_time_rank" in t.columns)

    assert len(ranking) == 10
    for row in ranking.to_dict("records"):
        alone = figures.cards("resolution", Asked(street=row["subdistrict_name"]))
        assert alone["按时办结率"] == Card(
            f"{row['on_time_rate']:.2f}%", f"{row['on_time_count']:,} / {row['due_count']:,}"
        )
        assert alone["受理量"].value == f"{row['received_count']:,}"


# ---- where the numbers are from


@every_page_and_part
def test_demo_as_of_and_release_stand_on_the_page_and_on_every_chart_and_map(
    page: str, open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page(page, **SPRING_LINK)
    origin = ("演示数据", "数据截至 2023-06-28 18:00", f"版本 {figures.release_id()}")

    badges = " ".join(m.value for m in opened.markdown)
    specs = chart_specs(opened)
    under_maps = [c.value for c in opened.caption if "示意边界" in c.value]
    without = ("assignments", "street", "stations.sites", "resolution", "resolution.kpis")
    assert bool(specs) != (page in without)
    assert len(under_maps) == len(maps(opened)) + len(flat_maps(opened))
    for part in origin:
        assert part in badges
        assert all(part in json.dumps(spec, ensure_ascii=False) for spec in specs)
        assert all(part in caption for caption in under_maps)


OF_A_MOMENT = ("未办结诉求的时长",)
PERIOD = re.compile(r"[\d-]{10} 至 [\d-]{10}")


def charts_and_maps(opened: AppTest) -> list[str]:
    """What each chart of the page and the line below each map say."""
    specs = [json.dumps(spec, ensure_ascii=False) for spec in chart_specs(opened)]
    return specs + [c.value for c in opened.caption if "示意边界" in c.value]


@pytest.mark.parametrize("page", [*TITLES, "resolution.steps"])
def test_charts_and_maps_name_the_period_they_show_and_no_other(
    page: str, open_page: OpenPage
) -> None:
    shown = charts_and_maps(open_page(page, **SPRING_LINK))

    periods = [PERIOD.findall(text) for text in shown]
    # A chart of the cases still open is about a moment and names no period.
    of_a_moment = sum(name in text for text in shown for name in OF_A_MOMENT)
    assert periods.count(["2023-03-01 至 2023-05-31"]) == len(shown) - of_a_moment
    assert periods.count([]) == of_a_moment


@pytest.mark.parametrize("page", [part for part in PARTS if part.startswith("stations.")])
def test_what_stations_reach_and_the_months_of_tests_name_no_period(
    page: str, open_page: OpenPage
) -> None:
    shown = charts_and_maps(open_page(page, **SPRING_LINK))

    assert shown
    assert not any(map(PERIOD.findall, shown))


@every_page_and_part
def test_headings_on_charts_and_tables_are_chinese(page: str, open_page: OpenPage) -> None:
    opened = open_page(page)
    english = re.compile(r"[A-Za-z]{3,}")

    titles = [t for spec in chart_specs(opened) for t in strings_under(spec, "title")]
    headings = []
    for table in opened.dataframe:
        configured = json.loads(table.proto.columns or "{}")
        headings += [configured.get(c, {}).get("label", c) for c in table.value.columns]
    assert titles or not opened.get("vega_lite_chart")
    assert headings or page == "resolution.steps"
    assert not [text for text in (*titles, *headings) if english.search(text)]


# ---- links that ask for something odd


@every_page
def test_an_unknown_street_shows_the_district_and_says_so(
    page: str, open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page(page, street="没有这个街道")

    assert not opened.exception
    assert ["没有这个街道" in t.value and "全区" in t.value for t in opened.toast] == [True]
    assert cards(opened) == figures.cards(page, Asked())


@every_page
@pytest.mark.parametrize(
    "parameters",
    [
        {"from_": "2023-13-45", "to": "昨天"},
        {"period": "永远"},
        {"street": "'; drop table appeals; --", "category": "<script>"},
        {"from_": "0001-01-01", "to": "9999-12-31"},
    ],
    ids=["no dates", "no such period", "not a street", "far dates"],
)
def test_a_malformed_link_still_opens(
    page: str, parameters: dict[str, str], open_page: OpenPage
) -> None:
    opened = open_page(page, **parameters)

    assert not opened.exception
    assert cards(opened).keys()


@every_page
def test_a_period_without_anything_is_a_hint_not_an_error(
    page: str, open_page: OpenPage, figures: PlainFigures
) -> None:
    before = Asked(date(2021, 1, 1), date(2021, 1, 31))

    opened = open_page(page, from_="2021-01-01", to="2021-01-31")

    assert not opened.exception
    assert not opened.error
    assert cards(opened) == figures.cards(page, before)
    if page == "resolution":
        opened = open_page("resolution.steps", from_="2021-01-01", to="2021-01-31")
        assert [i.value for i in opened.info] == ["这段时间没有受理诉求，请放宽筛选条件。"]


def test_a_year_the_calendar_does_not_know_is_a_warning(
    open_page: OpenPage, use_warehouse: Callable[[Path], None], tmp_path: Path
) -> None:
    unknown = ANNOUNCED_YEARS[-1] + 3
    publish_ledger(
        tmp_path, {"subdistricts": subdistricts("福保街道")}, datetime(unknown, 6, 28, 18)
    )
    assert not open_page("resolution").warning

    use_warehouse(tmp_path)

    assert [str(unknown) in w.value for w in open_page("resolution").warning] == [True]


# ---- warehouses that are not ready


@every_page
def test_without_a_release_the_page_says_how_to_load_one(
    page: str,
    open_page: OpenPage,
    use_warehouse: Callable[[Path], None],
    tmp_path: Path,
) -> None:
    use_warehouse(tmp_path / "nothing yet")

    opened = open_page(page)

    assert not opened.exception
    assert [t.value for t in opened.title] == [TITLES[page]]
    assert len(opened.info) == 1
    assert "python -m fuqi intake data/exports" in opened.info[0].value
    assert not shown_cards(opened)


@every_page
def test_a_release_that_is_gone_is_named_with_what_to_do(
    page: str,
    open_page: OpenPage,
    use_warehouse: Callable[[Path], None],
    tmp_path: Path,
) -> None:
    publish_ledger(tmp_path)
    Warehouse(tmp_path).switch_to("20200101-000000")
    use_warehouse(tmp_path)

    opened = open_page(page)

    assert not opened.exception
    assert len(opened.error) == 1
    assert "20200101-000000" in opened.error[0].value
    assert "python -m fuqi doctor" in opened.error[0].value


@every_page_and_part
def test_a_release_without_rows_opens_without_an_error(
    page: str,
    open_page: OpenPage,
    use_warehouse: Callable[[Path], None],
    tmp_path: Path,
) -> None:
    publish_ledger(tmp_path, {"subdistricts": subdistricts("福保街道", "华强北街道")})
    use_warehouse(tmp_path)

    opened = open_page(page)

    assert not opened.exception
    assert not opened.error
    rates = [card for label, card in cards(opened).items() if label.endswith("率")]
    assert all(card == Card("不可算", "0 / 0") for card in rates)


@every_page
def test_real_data_carry_no_demo_label(
    page: str,
    open_page: OpenPage,
    use_warehouse: Callable[[Path], None],
    tmp_path: Path,
) -> None:
    publish_ledger(tmp_path, {"subdistricts": subdistricts("福保街道")})
    use_warehouse(tmp_path)

    opened = open_page(page)

    shown = [m.value for m in opened.markdown] + [c.value for c in opened.caption]
    assert not [text for text in shown if "演示数据" in text]
    assert any("数据截至 2023-06-28 18:00" in text for text in shown)


# ---- while a page is open


@every_page
def test_a_page_that_runs_again_finds_the_new_release(
    page: str,
    open_page: OpenPage,
    use_warehouse: Callable[[Path], None],
    tmp_path: Path,
) -> None:
    rows = {"subdistricts": subdistricts("福保街道")}
    first = publish_ledger(tmp_path, rows)
    use_warehouse(tmp_path)
    opened = open_page(page, street="福保街道")
    second = publish_ledger(tmp_path, rows)

    opened.run()

    badges = " ".join(m.value for m in opened.markdown)
    assert second.release_id in badges
    assert f"版本 {first.release_id}]" not in badges
    assert opened.selectbox(key="street").value == "福保街道"


@every_page
def test_choosing_a_street_on_the_page_does_what_its_link_does(
    page: str, open_page: OpenPage
) -> None:
    opened = open_page(page)

    opened.selectbox(key="street").select("福保街道").run()

    assert cards(opened) == cards(open_page(page, street="福保街道"))


@every_page
def test_choosing_ones_own_dates_starts_from_the_period_on_the_screen(
    page: str, open_page: OpenPage
) -> None:
    opened = open_page(page, period="今年")
    before = cards(opened)

    opened.selectbox(key="period").select("自选日期").run()

    shown = {d.key: d.value for d in opened.date_input}
    assert shown == {"from": date(2023, 1, 1), "to": date(2023, 6, 28)}
    assert cards(opened) == before


# ---- the single case


def test_a_link_to_a_case_opens_it(open_page: OpenPage, figures: PlainFigures) -> None:
    appeals = figures.rows("appeals")
    case = next(a for a in appeals if a["closed_at"] is None and not a["is_void"] and a["visit_id"])

    opened = open_page("resolution", case=case["appeal_id"])

    assert not opened.exception
    assert opened.text_input(key="case").value == case["appeal_id"]
    assert any(case["appeal_id"] in m.value and case["title"] in m.value for m in opened.markdown)
    assert [t for t in opened.text if t.value[:10] == case["content"][:10]]
    titles = [spec["title"]["text"] for spec in chart_specs(opened)]
    assert "办理时间线" in titles
    rows = [
        row for t in opened.dataframe if "项目" in t.value for row in t.value.to_numpy().tolist()
    ]
    facts = dict(rows)
    assert case["due_at"].strftime("%Y-%m-%d %H:%M") in facts["办结时限"]
    visit = next(v for v in figures.rows("visits") if v["visit_id"] == case["visit_id"])
    assert visit["visited_at"].strftime("%Y-%m-%d %H:%M") in facts["走访"]


def test_a_case_that_is_not_there_is_said_below_the_list(open_page: OpenPage) -> None:
    opened = open_page("resolution", case="SQ-no-such")

    assert not opened.exception
    assert [i.value for i in opened.info if "SQ-no-such" in i.value]
    assert any("urgency" in table.value.columns for table in opened.dataframe)


def test_every_kpi_of_the_totals_stands_with_its_n(open_page: OpenPage) -> None:
    (listed,) = [
        t.value for t in open_page("resolution.kpis").dataframe if "口径" in t.value.columns
    ]

    defined = {k.label: k for k in load_queries()["resolution_totals"].kpis}
    assert list(listed["指标"]) == list(defined)
    for _, row in listed.iterrows():
        assert defined[row["指标"]].definition in row["口径"]
        assert row["n"] or row["指标"] in ("受理量", "作废件"), row["指标"]
