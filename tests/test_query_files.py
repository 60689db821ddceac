"""The query files: their headers say what they do, and every one runs."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from fuqi import contract, paths
from fuqi.settings import Settings
from fuqi.store import (
    Database,
    Manifest,
    Query,
    QueryError,
    kept_periods,
    parameters,
    reach,
    worktime_sql,
)
from fuqi.store.database import MACROS, SEARCH
from fuqi.store.queries import BUILDING, ROLLUPS, STAGING, kpis, load
from tests.empty_release import publish_empty_release
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts

QUERIES = load()
EACH = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
EACH_RUN = pytest.mark.parametrize(
    "query", [q for q in QUERIES.values() if q.folder != STAGING], ids=lambda q: q.name
)

PARAMS = {
    **parameters(
        AS_OF,
        date(2023, 4, 1),
        date(2023, 6, 28),
        Settings(min_n=1, common_min_count=1, common_min_firms=1, common_min_ratio=1.0),
        subdistrict="福保街道",
        community="福保社区",
        station_id="007",
    ),
    "service_group": "站点服务",
    "longest_days": 14,
    "place_kind": "片区",
    "place_id": "河套",
    "topic_level": 1,
    "topic": "融资",
    "object_kind": "园区商圈",
    "object_id": "P001",
    "compared_at": datetime(2023, 5, 1),
    "common_fdr": 1.0,
    "case_id": "SQ00002",
    "most_rows": 20,
    "weeks_around": 4,
    "search": "",
    "case_state": "all",
    "case_order": "deadline",
    "offset_rows": 0,
    "days_before": 7,
    "cells_a_side": 2,
    "site_longitudes": (114.05,),
    "site_latitudes": (22.52,),
    "permit_kind": "食品经营许可",
    "of_subdistrict": "福保街道",
    "of_category": None,
    "grouped_by": "category",
    "of_step": "week",
}

DAY = date(2023, 5, 4)
MOMENT = datetime(2023, 5, 4, 9)
BY_TYPE = {"integer": 2, "number": 2.5, "boolean": True, "date": DAY, "timestamp": MOMENT}
HERE = {
    "longitude": 114.05,
    "latitude": 22.52,
    "subdistrict_name": "福保街道",
    "community_name": "福保社区",
}


def one_row_of_everything() -> dict[str, list[dict]]:
    """A row in every table, each column filled: with its example where it is text."""
    tables = {
        table.name: [
            {
                c.name: HERE.get(c.name, HERE.get(c.type, BY_TYPE.get(c.type, c.example or "x")))
                for c in table.columns
                if c.name not in ("end_date", "closed_date", "is_void")
            }
        ]
        for table in contract.load().tables
    }
    (enterprise,), (permit,) = tables["enterprises"], tables["permits"]
    (service,) = tables["service_catalog"]
    meeting = {"activity_id": "H002", "activity_kind": "银企对接会"}
    waiting = {"deal_id": "R0002", "funded_date": None}
    return {
        **tables,
        "subdistricts": subdistricts("福保街道", "华强北街道"),
        "activities": [*tables["activities"], {**tables["activities"][0], **meeting}],
        "financing": [
            *tables["financing"],
            {**tables["financing"][0], **waiting},
            {"deal_id": "R2", "programme": "跨境N+1知识产权证券化", "enterprise_name": "x"}
            | {"amount_yuan": 2.5, "applied_date": DAY},
        ],
        "communities": [{"community_code": "1", **HERE}],
        "station_services": [
            *tables["station_services"],
            {**tables["station_services"][0], "service_record_id": "F2", "service_id": "S02"},
        ],
        "enterprises": [enterprise, {**enterprise, "enterprise_id": "E2", "party_org_id": None}],
        "permits": [permit, {**permit, "permit_id": "X2", "issued_date": None}],
        "service_catalog": [service, {**service, "service_id": "F1", "service_group": "六大功能"}],
        "appeals": [
            *tables["appeals"],
            appeal(2, MOMENT, due_at=MOMENT, community_name="福保社区"),
            appeal(3, datetime(2023, 4, 30, 9)),  # so that whole weeks before the others are known
            appeal(4, MOMENT, is_void=True),
        ],
        "assignments": [
            *tables["assignments"],
            {"assignment_id": "A2", "holder_kind": "小组", "team_id": "T-FB-34", "start_date": DAY}
            | {"object_kind": "企业", "enterprise_id": "E0000001", "plan": "x"},
        ],
        "intake_problems": [{"severity": "refused", "table_name": "appeals", "reason": "重复"}],
    }


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(publish_empty_release(tmp_path_factory.mktemp("empty")))
    yield database
    database.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("filled")
    database = Database(publish_ledger(folder, one_row_of_everything()))
    yield database
    database.close()


def body(query: Query) -> str:
    """The SQL without its comments."""
    return re.sub(r"--.*", "", query.sql)


# ---------------------------------------------------------------- every file of queries/


def test_every_file_is_a_query_named_after_it():
    files = {file.stem for file in paths.QUERIES.rglob("*.sql")}
    assert files == set(QUERIES)
    assert len(files) > 20


@EACH
def test_a_header_has_a_title_and_a_grain(query):
    assert query.title.endswith(".")
    assert query.grain.endswith(".")


@EACH_RUN
def test_a_query_runs_on_an_empty_release(query, empty):
    rows = empty.run(query.name, {p: PARAMS[p] for p in query.params})
    if query.grain == "one row.":
        assert rows.num_rows == 1


@EACH_RUN
def test_a_query_runs_on_a_release_with_rows(query, filled):
    rows = filled.run(query.name, {p: PARAMS[p] for p in query.params})
    assert rows.num_rows >= 1


@EACH_RUN
def test_a_query_gives_the_same_columns_with_rows_and_without(query, empty, filled):
    params = {p: PARAMS[p] for p in query.params}
    assert empty.run(query.name, params).schema == filled.run(query.name, params).schema


@EACH_RUN
def test_no_count_reaches_python_as_a_fraction(query, filled):
    schema = filled.run(query.name, {p: PARAMS[p] for p in query.params}).schema
    counts = {f.name: str(f.type) for f in schema if f.name.endswith(("_count", "_rank"))}
    assert set(counts.values()) <= {"int64"}, counts


@EACH_RUN
def test_every_kpi_of_a_header_is_a_column_and_so_are_its_counts(query, filled):
    columns = set(filled.run(query.name, {p: PARAMS[p] for p in query.params}).column_names)
    named = {column for kpi in query.kpis for column in (kpi.column, *(kpi.counts or ()))}
    assert named <= columns


@EACH
def test_the_header_names_the_tables_that_the_sql_reads(query):
    read = tables_read(query)
    assert set(query.reads) == read
    assert len(query.reads) == len(read), "a table is named twice"


def tables_read(query: Query) -> set[str]:
    """Tables by DuckDB's own reading, staging functions by their names in the text."""
    text = re.sub(r"\$[a-z0-9_]+", "null", body(query))
    staging = [q.name for q in QUERIES.values() if q.folder in BUILDING]
    for name in staging:
        text = re.sub(rf"\b{name}\s*\([\s,]*((null|'[a-z]*')(::[a-z]+)?[\s,]*)*\)", name, text)
    connection = duckdb.connect()
    for macros in (MACROS, SEARCH):
        connection.execute(macros.read_text(encoding="utf-8"))
    for name in ("median_hours", "p90_hours"):
        # What tells the tables takes the list of quantiles in them for null.
        connection.execute(f"create or replace macro {name}(hours) as median(hours)")
    worktime_sql.create(connection, Manifest("", AS_OF, AS_OF, {}), Settings())
    return set(connection.get_table_names(text))


@EACH
def test_a_query_reads_tables_of_the_contract_or_staging_queries_only(query):
    staging = {q.name for q in QUERIES.values() if q.folder in BUILDING}
    known = {
        *contract.load().names,
        *staging,
        *worktime_sql.TABLES,
        reach.TABLE,
        *kept_periods.LISTED,
        "absent_columns",
        "intake_problems",
    }
    assert set(query.reads) <= known


@EACH
def test_no_file_is_read_behind_the_back_of_the_release(query):
    assert re.findall(r"\b(read_\w+|glob|parquet_scan)\s*\(|from\s+'", body(query)) == []


DECIDED = {
    "部分解决": "$partial_counts_as_resolved",
    "基本满意": "$basically_satisfied_counts",
}


@EACH
def test_no_constant_stands_where_a_setting_decides(query):
    text = body(query)
    for line in text.splitlines():
        assert not re.search(r"_count\s*[<>]=?\s*[1-9]\d", line), f"a minimum: {line}"
        for value, setting in DECIDED.items():
            # A roll-up counts each value apart, so that the setting decides when it is read.
            apart = query.folder == ROLLUPS and "sum(case when" in line
            assert value not in line or setting in line or apart, line
    for setting in fields(Settings):
        if setting.type is date:
            assert str(setting.default) not in text, setting.name
    assert not re.search(r"\b1\.96|\bz\s*=", text), "the interval belongs to macros.sql"


def test_settings_that_queries_ask_for_exist():
    known = {f.name for f in fields(Settings)}
    asked = {p for q in QUERIES.values() for p in q.params}
    wanted = {"min_n", "partial_counts_as_resolved", "basically_satisfied_counts"}
    assert wanted <= asked
    assert wanted | {"programme_start", "assignments_start"} <= known
    assert asked == set(PARAMS), "a new parameter: give these tests a value for it"


@EACH
def test_every_parameter_is_explained(query):
    header = query.sql[: query.sql.index("\n-- Reads:")]
    for param in query.params:
        assert re.search(rf"\${param} +\S+", header), param


def test_every_rate_has_its_counts_and_says_which_way_is_good():
    rates = [kpi for kpi in kpis().values() if kpi.column.endswith("_rate")]
    assert len(rates) >= 8
    for kpi in rates:
        assert kpi.counts is not None, kpi.column
        assert all(count.endswith("_count") for count in kpi.counts), kpi.column
        assert kpi.is_low_good is not None, kpi.column


def test_a_kpi_needs_columns_that_the_contract_has():
    needed = {need for kpi in kpis().values() for need in kpi.needs}
    assert {"appeals.due_at", "appeals.rating"} <= needed
    for need in needed:
        table, _, column = need.partition(".")
        assert contract.load()[table].column(column).title


# ---------------------------------------------------------------- what the loader refuses

SOUND = """-- Appeals on time.
--
-- Grain:   one row.
-- Params:  $as_of  the moment
--          $min_n  the minimum
-- Reads:   appeals
-- KPI:     on_time_rate  按时办结率 = 按时 /
--          应办结（高者为好） [on_time_count/due_count]
--          open_count    未办结 = 尚未办结（低者为好）
--              {appeals.closed_at, appeals.due_at}
--          received_count 受理量 = 受理的诉求
-- Caveat:  近几日会变，
--          请注意。
select
    count(*) as due_count,
    count(*) as on_time_count,
    $as_of as as_of,
    $min_n as min_n,
from appeals
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Query]:
    def read(text: str) -> Query:
        (tmp_path / "on_time.sql").write_text(text, encoding="utf-8")
        return load(tmp_path)["on_time"]

    return read


def test_a_header_is_read_whole(read):
    query = read(SOUND)
    assert (query.title, query.grain) == ("Appeals on time.", "one row.")
    assert (query.params, query.reads) == (("as_of", "min_n"), ("appeals",))
    assert query.caveat == "近几日会变， 请注意。"
    rate, still_open, received = query.kpis
    assert (rate.column, rate.label) == ("on_time_rate", "按时办结率")
    assert rate.definition == "按时 /应办结"
    assert (rate.needs, still_open.needs) == ((), ("appeals.closed_at", "appeals.due_at"))
    assert (rate.counts, rate.is_low_good) == (("on_time_count", "due_count"), False)
    assert (still_open.counts, still_open.is_low_good) == (None, True)
    assert (received.definition, received.is_low_good) == ("受理的诉求", None)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        pytest.param(SOUND, "select 1\n", "no header", id="no header"),
        pytest.param("-- Grain:   one row.\n", "", "no Grain", id="no Grain"),
        pytest.param("-- Reads:   appeals\n", "", "no Reads", id="no Reads"),
        pytest.param(
            "-- Params:  $as_of  the moment\n--          $min_n  the minimum\n",
            "",
            "no Params",
            id="no Params",
        ),
        pytest.param("-- Caveat:", "-- Note:", "'Note'", id="unknown section"),
        pytest.param(
            "--          $min_n  the minimum\n", "", r"uses \$min_n", id="undeclared parameter"
        ),
        pytest.param("    $min_n as min_n,\n", "", r"declares \$min_n", id="unused parameter"),
        pytest.param(
            "from appeals", "from appeals;\nselect 1", "2 statements", id="two statements"
        ),
        pytest.param("from appeals", "fromm appeals where", "cannot read it", id="broken SQL"),
        pytest.param(
            " [on_time_count/due_count]", "", "on_time_rate", id="a rate without its counts"
        ),
        pytest.param(" = 尚未办结", "：尚未办结", "open_count", id="a KPI without a definition"),
    ],
)
def test_a_fault_names_the_file(read, old, new, named):
    assert old in SOUND
    with pytest.raises(QueryError, match=rf"on_time\.sql: .*{named}"):
        read(SOUND.replace(old, new, 1))


def test_two_files_of_one_name_are_refused(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "on_time.sql").write_text(SOUND, encoding="utf-8")
    with pytest.raises(QueryError, match=r"two/on_time\.sql: .* in one/ too"):
        load(tmp_path)


def test_two_queries_cannot_define_one_kpi(tmp_path):
    for name in ("first", "second"):
        (tmp_path / f"{name}.sql").write_text(SOUND, encoding="utf-8")
    with pytest.raises(QueryError, match="second: on_time_rate is defined"):
        kpis(tmp_path)


def test_a_folder_without_queries_is_said_so(tmp_path):
    with pytest.raises(QueryError, match="no query file"):
        load(tmp_path)


def test_the_reading_of_tables_sees_joins_subqueries_and_staging_queries():
    query = QUERIES["categories"]
    sql = query.sql.replace("group by", "where exists (from visits) group by")
    assert tables_read(replace(query, sql=sql)) == {"category_totals", "visits"}
