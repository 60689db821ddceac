"""How DuckDB's SQL reads in Spark, where the same words would give other numbers or none."""

import os
from datetime import datetime
from importlib.util import find_spec

import pytest

if find_spec("pyspark") is None or find_spec("sqlglot") is None:
    reason = "pyspark and sqlglot not found; `make spark` to run these tests"
    if os.environ.get("FUQI_SPARK_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason, allow_module_level=True)

from fuqi.spark.translate import TranslationError, Translator

MACROS = [
    "create macro place(moment) as epoch_us(moment) // 10;",
    "create macro twice(amount) as amount * 2; create macro four(amount) as twice(twice(amount));",
    "create macro best(amounts) as round(quantile_cont(amounts, [0.5, 0.9])[2], 8);",
]
SPARK = Translator(MACROS, as_of=datetime(2023, 6, 28, 18), maps={"limits"})


@pytest.mark.parametrize(
    ("duckdb", "spark"),
    [
        # Lists count from 1 in DuckDB and from 0 in Spark, whatever stands in the brackets.
        ("select days[n] from t", "SELECT GET(days, CAST((n) - 1 AS INT)) FROM t"),
        (
            "select days[place(at)] from t",
            "SELECT GET(days, CAST(((UNIX_MICROS(CAST((at) AS TIMESTAMP_LTZ)) DIV 10)) - 1 AS INT)) FROM t",
        ),
        ("select a.limits['*'] from a", "SELECT TRY_ELEMENT_AT(a.limits, '*') FROM a"),
        # Spark cuts a fraction off where DuckDB rounds.
        ("select (a * 2)::bigint from t", "SELECT CAST(RINT((a * 2)) AS BIGINT) FROM t"),
        ("select floor(a)::bigint from t", "SELECT CAST(FLOOR(a) AS BIGINT) FROM t"),
        ("select four(b + 1) from t", "SELECT ((((((b + 1)) * 2)) * 2)) FROM t"),
        ("select 0.5 * a from t", "SELECT CAST(0.5 AS DOUBLE) * a FROM t"),
        (
            "select best(a) from t",
            "SELECT (ROUND(GET(PERCENTILE((a), ARRAY(CAST(0.5 AS DOUBLE), CAST(0.9 AS DOUBLE))), "
            "CAST((2) - 1 AS INT)), 8)) FROM t",
        ),
        (
            "select epoch(b - a) / 60 from t",
            "SELECT ((PASSED DIV 86400000000) * 86400 + (PASSED % 86400000000) / 1e6) / 60 FROM t".replace(
                "PASSED",
                "(UNIX_MICROS(CAST(b AS TIMESTAMP_LTZ)) - UNIX_MICROS(CAST(a AS TIMESTAMP_LTZ)))",
            ),
        ),
        ("select a from t order by a", "SELECT a FROM t ORDER BY a NULLS LAST"),
        (
            "select date_trunc(t.step, d) from t",
            "SELECT DATE_TRUNC(t.step, CAST(d AS TIMESTAMP_NTZ)) FROM t",
        ),
        (
            "select date_trunc('week', d) from t",
            "SELECT DATE_TRUNC('week', CAST(d AS TIMESTAMP_NTZ)) FROM t",
        ),
        (
            r"select regexp_replace(a, '(1)2', '\1$', 'g') from t",
            r"SELECT REGEXP_REPLACE(a, '(1)2', '$1\\$') FROM t",
        ),
        ("select a from q($as_of::timestamp)", "SELECT a FROM q"),
        (
            "select a <= $as_of from t",
            "SELECT a <= CAST('2023-06-28 18:00:00' AS TIMESTAMP_NTZ) FROM t",
        ),
    ],
)
def test_the_same_is_said_in_other_words(duckdb: str, spark: str) -> None:
    assert SPARK.query(duckdb).sql == spark


def test_every_blank_is_trimmed() -> None:
    sql = SPARK.query("select trim(a) from t").sql
    assert "\u3000" in sql
    assert "\u00a0" in sql


def test_a_star_with_exceptions_is_written_out() -> None:
    query = "select * exclude (c) replace (twice(b) as b) from kept"
    sql = SPARK.query(query, {"kept": ["a", "b", "c"]}).sql
    assert sql == "SELECT `a`, ((b) * 2) AS b FROM kept"


def test_what_a_query_reads_is_named_without_what_it_defines() -> None:
    query = "with own as (select 1 from a) select * from own, b join judged($as_of) as c on true"
    assert set(SPARK.query(query).reads) == {"a", "b", "judged"}


@pytest.mark.parametrize(
    "sql",
    [
        "select $start_date from t",
        "select a from q($start_date)",
        "select a from q(timestamp '2020-01-01')",
        "select days[1:2] from t",
        "select epoch(a) from t",
        "select regexp_replace(a, 'b', 'c', 'i') from t",
        "select twice(a, b) from t",
        "select regexp_replace(a, 'b', 'c') from t",
        "select (a from t",
    ],
)
def test_what_has_no_counterpart_is_refused(sql: str) -> None:
    with pytest.raises(TranslationError):
        SPARK.query(sql)
