"""Every query about appeals says what plain Python works out from the definitions: see `tests.plain.resolution`.

The ledgers are drawn at random, built from a published table, or the demo's.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuqi import paths, wording, worktime
from fuqi.settings import Settings
from fuqi.store import Warehouse
from fuqi.store.queries import load
from tests.drawn_ledgers import CATEGORIES, PARKS, SMALL, appeal_ledgers, periods
from tests.ledger import AS_OF, appeal, subdistricts
from tests.plain.arithmetic import differences
from tests.plain.resolution import Asked, Ledger, Rules, resolution_figures
from tests.plain.working_time import PlainLimit
from tests.questions import STREETS, WITHOUT_LIMITS, Row, Run, asking, at, opened

ELSEWHERE = {
    "test_comparison.py": ("units_compared", "rates_changed"),
    "test_resolution_views.py": (
        *("case_detail", "case_timeline", "similar_cases", "same_day_by_hour"),
        *("limit_use_distribution", "resolution_funnel"),
    ),
}
"""Queries that other files compare with plain Python of their own."""
NOT_COMPUTABLE_WITHOUT_DEADLINES = ("on_time_rate", "overdue_count", "due_soon_count")

PUBLIC_RULE = {"政策咨询": PlainLimit(24, "hours"), "*": PlainLimit(3, "working_days")}
"""The limits that the settings are delivered with."""
ODD_LIMITS = {
    "融资": PlainLimit(7, "working_hours"),
    "用工": PlainLimit(2, "working_days", counts_receipt_day=True),
    "政策咨询": PlainLimit(0.5, "working_hours"),
    "*": PlainLimit(36, "hours"),
}
ONE_LIMIT = {"融资": PlainLimit(1, "working_days", counts_receipt_day=True)}
ODD_HOURS = ((time(8, 30), time(12)), (time(13, 15), time(16, 30)), (time(17), time(17, 59, 59)))
NEW_YEAR = datetime(2023, 1, 30, 18)
"""The Monday after the Spring Festival of 2023."""


def settings_of(rules: Rules, **others: Any) -> Settings:
    limits = tuple(
        worktime.Limit(category, limit.amount, limit.unit, limit.counts_receipt_day)
        for category, limit in rules.limits.items()
    )
    hours = worktime.OfficeHours(rules.spans)
    return Settings(deadline_limits=limits, office_hours=hours, **others)


def question(asked: Asked) -> Mapping[str, Any]:
    """What the queries are asked with, by the names of their parameters."""
    response, resolved, satisfied = asked.weights
    return {
        "as_of": asked.as_of,
        "due_soon_at": asked.due_soon_at,
        "start_date": asked.first,
        "end_date": asked.last,
        "subdistrict": asked.street,
        "category": asked.category,
        "step": asked.step,
        "min_n": asked.min_n,
        "partial_counts_as_resolved": asked.partial,
        "basically_satisfied_counts": asked.basically,
        "response_weight": response,
        "resolved_weight": resolved,
        "satisfied_weight": satisfied,
        "longest_days": asked.longest_days,
    }


def disagreements(
    run: Run, ledger: Ledger, asked: Asked, not_computable: tuple[str, ...] = ()
) -> dict[str, list[str]]:
    """By query, what it says otherwise than plain Python, and every column that was not compared.

    `not_computable` names the KPIs that must be empty wherever they stand.
    """
    plain = resolution_figures(ledger, asked)
    for row in (row for rows in plain.values() for row in rows):
        row.update({column: None for column in not_computable if column in row})
    codes = {r["subdistrict_name"]: r["subdistrict_code"] for r in subdistricts(*ledger.streets)}
    for row in (*plain["resolution_by_subdistrict"], *plain["open_by_subdistrict"]):
        row["subdistrict_code"] = codes[row["subdistrict_name"]]
    found = {
        name: differences(run(name, **question(asked)), rows, every_column=True)
        for name, rows in plain.items()
    }
    return {name: told for name, told in found.items() if told}


def test_plain_python_knows_every_query_about_appeals():
    figures = resolution_figures(Ledger([], STREETS), Asked(AS_OF, *(AS_OF.date(),) * 2))
    elsewhere = [name for names in ELSEWHERE.values() for name in names]
    known = {*figures, *elsewhere}
    assert {name for name, query in load().items() if query.folder == "resolution"} <= known
    assert {"judged_cases", "timed_appeals"} <= set(figures)
    for file, names in ELSEWHERE.items():
        text = (paths.PROJECT / "tests" / file).read_text(encoding="utf-8")
        assert [name for name in names if f'"{name}"' not in text] == []


# ---------------------------------------------------------------- ledgers drawn at random


def questions(as_of: datetime) -> st.SearchStrategy[Asked]:
    return st.builds(
        lambda period, **chosen: Asked(first=period[0], last=period[1], **chosen),
        period=periods(as_of),
        as_of=st.sampled_from(
            [as_of, as_of - timedelta(days=5), datetime.combine(as_of.date(), time())]
        ),
        street=st.sampled_from([None, None, *STREETS]),
        category=st.sampled_from([None, None, *CATEGORIES]),
        step=st.sampled_from(["day", "week", "month"]),
        min_n=st.sampled_from([1, 3, 8]),
        partial=st.booleans(),
        basically=st.booleans(),
        weights=st.sampled_from([(30, 35, 35), (50, 0, 50), (0, 1, 0), (0.5, 0.25, 0)]),
        longest_days=st.sampled_from([1, 7]),
    )


RULES = st.builds(
    Rules,
    limits=st.sampled_from([PUBLIC_RULE, ODD_LIMITS, ONE_LIMIT, {}]),
    spans=st.sampled_from([Rules().spans, ODD_HOURS]),
)


@SMALL
@given(data=st.data(), as_of=st.sampled_from([AS_OF, NEW_YEAR]), rules=RULES)
def test_every_resolution_query_agrees_with_plain_python(data, as_of, rules):
    appeals = data.draw(appeal_ledgers(as_of))
    asked = data.draw(st.lists(questions(as_of), min_size=4, max_size=4))
    ledger = Ledger(appeals, STREETS, {p["park_id"]: p for p in PARKS}, rules)
    with opened(settings_of(rules), as_of=as_of, appeals=appeals, parks=PARKS) as run:
        for one in asked:
            assert disagreements(run, ledger, one) == {}, one


@SMALL
@given(appeals=appeal_ledgers(), asked=questions(AS_OF))
def test_an_export_without_deadlines_has_none_worked_out(appeals, asked):
    untold = [{**row, "due_at": None} for row in appeals]
    ledger = Ledger(untold, STREETS)
    with opened(Settings(), absent={"appeals": ("due_at",)}, appeals=untold) as run:
        assert disagreements(run, ledger, asked, NOT_COMPUTABLE_WITHOUT_DEADLINES) == {}
        (row,) = run("resolution_totals", **question(asked))
    assert (row["on_time_rate"], row["due_count"], row["worked_out_deadline_count"]) == (None, 0, 0)


@SMALL
@given(appeals=appeal_ledgers(), asked=questions(AS_OF))
def test_no_deadline_of_another_citys_export_is_worked_out(appeals, asked):
    ledger = Ledger(appeals, STREETS)
    with opened(Settings(), is_foreign=True, appeals=appeals) as run:
        assert disagreements(run, ledger, asked) == {}


def test_an_export_with_an_empty_column_of_deadlines_has_them_worked_out():
    received = [appeal(1, at(5), closed_at=at(8, 23, 59, 59))]
    with opened(Settings(), absent={"appeals": ("rating",)}, appeals=received) as run:
        (row,) = run("resolution_totals")
    assert (row["on_time_rate"], row["worked_out_deadline_count"]) == (1, 1)


# ---------------------------------------------------------------- a table that was published

WEINAN = {
    "临渭": (212, 4, "98%"),
    "蒲城": (127, 1, "99%"),
    "富平": (114, 1, "99%"),
    "高新": (99, 0, "100%"),
    "合阳": (90, 0, "100%"),
    "大荔": (79, 0, "100%"),
    "华州": (56, 1, "98%"),
    "澄城": (53, 0, "100%"),
    "白水": (45, 0, "100%"),
    "韩城": (36, 2, "94%"),
    "华阴": (27, 1, "96%"),
    "潼关": (25, 0, "100%"),
    "经开": (16, 0, "100%"),
    "卤管委": (4, 0, "100%"),
}
"""Published for the fourth quarter of 2021: received, open, printed rate closed."""


@pytest.fixture(scope="module")
def weinan() -> Ledger:
    rows = []
    for unit, (received, still_open, _) in WEINAN.items():
        for n in range(received):
            closed_at = at(9) if n >= still_open else None
            rows.append(appeal(len(rows), at(1), subdistrict_name=unit, closed_at=closed_at))
    return Ledger(rows, tuple(WEINAN))


def printed(rate: float) -> str:
    return wording.percent(rate, digits=0, rounding="truncate")


def test_the_published_weinan_table_is_reproduced_when_percentages_are_cut_off(weinan):
    with opened(subdistricts=subdistricts(*WEINAN), appeals=weinan.appeals) as run:
        (total,) = run("resolution_totals")
        assert [total[c] for c in ("received_count", "open_count", "closed_count")] == [
            983,
            10,
            973,
        ]
        assert printed(total["closed_rate"]) == "98%"
        for unit, (received, still_open, expected) in WEINAN.items():
            (row,) = run("resolution_totals", subdistrict=unit)
            assert row["received_count"] == received
            assert row["open_count"] == still_open
            assert printed(row["closed_rate"]) == expected, unit


def test_every_resolution_query_agrees_with_plain_python_on_the_published_table(weinan):
    asked = Asked(AS_OF, date(2023, 6, 1), date(2023, 6, 28))
    limited = Rules(PUBLIC_RULE)
    for rules, current in ((Rules(), WITHOUT_LIMITS), (limited, settings_of(limited))):
        ledger = Ledger(weinan.appeals, weinan.streets, rules=rules)
        with opened(current, subdistricts=subdistricts(*WEINAN), appeals=weinan.appeals) as run:
            assert disagreements(run, ledger, asked) == {}


# ---------------------------------------------------------------- the demo


def test_every_resolution_query_agrees_with_plain_python_on_the_demo(demo_warehouse):
    release = Warehouse(demo_warehouse).current()
    tables = {
        name: pq.read_table(release.table_path(name)).to_pylist()
        for name in ("appeals", "subdistricts", "parks")
    }
    streets = sorted(tables["subdistricts"], key=lambda s: s["subdistrict_code"])
    names = [s["subdistrict_name"] for s in streets]
    parks = {p["park_id"]: p for p in tables["parks"]}
    ledger = Ledger(tables["appeals"], names, parks, Rules(PUBLIC_RULE))
    quarter = {"first": date(2023, 4, 1), "last": date(2023, 6, 28)}
    asked = [
        Asked(AS_OF, **quarter),
        Asked(AS_OF, **quarter, street=names[3], step="day"),
        Asked(AS_OF, date(2022, 6, 1), date(2023, 6, 28), category="融资", step="month"),
        Asked(datetime(2023, 1, 29, 12), date(2023, 1, 1), date(2023, 1, 31), partial=True),
    ]
    with asking(release, Settings()) as run:
        for one in asked:
            plain = resolution_figures(ledger, one)
            for name, rows in plain.items():
                found: list[Row] = run(name, **question(one))
                assert differences(found, rows) == [], (name, one)
