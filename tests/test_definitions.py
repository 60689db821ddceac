"""What every number means, read off the headers, the contract and the SQL."""

import csv
import io
import re
from dataclasses import replace
from datetime import time

import pytest

from fuqi import definitions, paths
from fuqi.definitions import CALENDAR, Definition
from fuqi.settings import Settings
from fuqi.store import Manifest, TableEntry
from fuqi.store.queries import Query
from fuqi.worktime import Limit, OfficeHours
from tests.ledger import AS_OF


def manifest(*columns: str) -> Manifest:
    """A release whose appeals had these columns."""
    entry = TableEntry(1, 0, 0, ("a.csv",), "", "r", columns)
    return Manifest("r", AS_OF, AS_OF, {"appeals": entry})


def found(name: str, *columns: str) -> Definition:
    (one,) = [d for d in definitions.definitions(manifest(*columns)) if d.kpi.column == name]
    return one


def query(sql: str, name: str = "q", folder: str = "resolution", reads: tuple = ()) -> Query:
    return Query(name, folder, "A.", "one row.", (), reads, (), "", sql)


def test_every_kpi_line_of_every_header_is_defined():
    lines = [
        match[1]
        for file in paths.QUERIES.rglob("*.sql")
        for match in re.finditer(
            r"^--(?: KPI:|     ) +([a-z][a-z0-9_]*) +\S+ = ", file.read_text("utf-8"), re.M
        )
    ]
    assert len(lines) > 30
    assert sorted(d.kpi.column for d in definitions.definitions(manifest())) == sorted(lines)


def test_numerator_and_denominator_are_those_of_the_header():
    on_time = found("on_time_rate")
    header = (paths.PROJECT / on_time.file).read_text("utf-8")
    assert f"按时办结率 = {on_time.numerator} / {on_time.denominator}（高者为好）" in header
    assert (on_time.direction, found("returned_rate").direction) == ("高者为好", "低者为好")
    assert found("received_count").denominator == ""


def test_column_that_no_file_had_is_named_and_makes_the_kpi_not_computable():
    with_both, without = (
        found("on_time_rate", "due_at", "closed_at"),
        found("on_time_rate", "closed_at"),
    )
    assert with_both.is_computable and not without.is_computable
    assert [(n.table, n.column, n.is_present) for n in without.needs] == [
        ("企业诉求工单", "办结时限", False),
        ("企业诉求工单", "办结时间", True),
    ]


@pytest.mark.parametrize(
    ("column", "named"),
    [
        ("resolved_rate", {"partial_counts_as_resolved", "rounding"}),
        ("satisfied_rate", {"basically_satisfied_counts", "rounding"}),
        ("on_time_rate", {"deadline_limits", "office_hours", CALENDAR, "rounding"}),
        ("on_time_rank", {"min_n", "deadline_limits", "office_hours", CALENDAR}),
        ("closed_rate", {"rounding"}),
        ("median_resolution_hours", set()),
        ("median_resolution_working_hours", {"office_hours", CALENDAR}),
        ("due_soon_count", {"deadline_limits", "office_hours", CALENDAR}),
        (
            "composite_score",
            {
                "response_weight", "resolved_weight", "satisfied_weight",
                "partial_counts_as_resolved", "basically_satisfied_counts",
            },
        ),
    ],
)  # fmt: skip
def test_settings_that_decide_a_kpi_are_read_off_its_sql(column, named):
    assert set(found(column).settings) == named


def test_setting_is_followed_through_aliases_and_staging_queries():
    queries = {
        "q": query(
            "with a as (select count(*) filter (where c > $min_n) as n, 1 as m from s) "
            "select n as x, m as y from a",
            reads=("s",),
        ),
        "s": query("select working_days[1] as c", "s", "staging"),
    }
    assert definitions.decided_by("q", "x", queries) == ("min_n", CALENDAR)
    assert definitions.decided_by("q", "y", queries) == ()


def test_every_setting_that_decides_a_kpi_has_a_title_and_a_value():
    used = {name for d in definitions.definitions(manifest()) for name in d.settings}
    assert used <= set(definitions.SETTING_TITLES)
    assert all(definitions.stated(name, Settings()) for name in used)


def test_values_are_those_of_the_settings_in_force():
    changed = replace(
        Settings(),
        min_n=50,
        partial_counts_as_resolved=True,
        rounding="truncate",
        office_hours=OfficeHours(((time(8, 30), time(12)),)),
        deadline_limits=(Limit("*", 2, "working_days", counts_receipt_day=True),),
    )
    stated = {name: definitions.stated(name, changed) for name in definitions.SETTING_TITLES}
    assert (stated["min_n"], stated["partial_counts_as_resolved"]) == ("50", "是")
    assert stated["rounding"] == "截到两位小数，不进位"
    assert stated["office_hours"] == "08:30–12:00"
    assert stated["deadline_limits"] == "其他类型 2个工作日（受理当日计入，最后一天算满）"
    none = replace(Settings(), deadline_limits=())
    assert definitions.stated("deadline_limits", none) == "不推算"


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ("按时", True), ("办结时限 当日不计", False), ("应办结 无时限", True), ("ON_TIME", True),
        ("办公时间", True), ("满意", False), ("", True),
    ],
)  # fmt: skip
def test_search_finds_words_of_the_definition_wherever_they_stand(words, holds):
    assert found("on_time_rate").holds(words) is holds


def test_files_hold_every_definition_and_where_they_come_from():
    everything = definitions.definitions(manifest("closed_at"))
    rows = definitions.as_rows(everything, Settings(), {"resolution": "诉求办理"})
    text = definitions.as_csv(rows, "数据截至今天")
    *read, last = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert (len(read), last) == (len(everything) + 1, ["数据截至今天"])
    (on_time,) = [row for row in read if row[1] == "按时办结率"]
    assert "企业诉求工单·办结时限（缺）" in on_time[7] and on_time[6] == "不可算"
    document = definitions.as_markdown(rows, "数据截至今天")
    assert document.count("\n### ") == len(everything)
    assert document.count("\n## 诉求办理\n") == 1
    assert "查询文件：queries/resolution/resolution_totals.sql" in document


def test_every_kpi_stands_on_a_page():
    from fuqi.ui.labels import PAGES

    assert {d.page for d in definitions.definitions(manifest())} <= set(PAGES)


def test_kpi_of_a_staging_query_stands_on_the_page_that_reads_it():
    assert found("location_quotient").page == "common"
    assert found("on_time_rate").page == "resolution"
