"""Spark works out the same roll-ups as DuckDB: a real cluster of one master and two workers, through the command."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from bench import local_cluster
from fuqi import paths
from fuqi.settings import load as load_settings
from fuqi.store import Release, Warehouse, load_queries, rollups
from tests.conftest import copied
from tests.drawn_ledgers import PARKS, drawn_appeal
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts
from tests.questions import STREETS, Row

LIMITS = """
[[deadline_limits]]
category = "融资"
amount = 2
unit = "working_days"

[[deadline_limits]]
category = "用工"
amount = 5
unit = "working_days"
counts_receipt_day = true

[[deadline_limits]]
category = "产-学-研"
amount = 10.1
unit = "working_hours"

[[deadline_limits]]
category = "*"
amount = 36.7
unit = "hours"
"""
QUICK = {
    f"spark.{who}.extraJavaOptions": "-XX:TieredStopAtLevel=1" for who in ("driver", "executor")
}
"""For a few thousand rows Java spends most of its time on making its own code faster."""
CADRES = [
    {"cadre_id": "G1", "cadre_name": "陈建国", "subdistrict_name": "福保街道", "role": "成员"},
    {"cadre_id": "G2", "cadre_name": "高峰", "subdistrict_name": "福田街道", "role": "成员"},
]


@pytest.fixture(scope="module")
def spark_home() -> Path:
    """Where Spark is. Without it or Java the tests are skipped, or fail where FUQI_SPARK_REQUIRED is set."""
    home = local_cluster.spark_home()
    missing = [
        name
        for name, is_there in (
            ("pyspark", home is not None),
            ("sqlglot", find_spec("sqlglot") is not None),
            ("java", shutil.which("java") is not None),
        )
        if not is_there
    ]
    if missing or home is None:
        reason = (
            f"{' and '.join(missing)} not found; `make spark` and OpenJDK 17 to run these tests"
        )
        if os.environ.get("FUQI_SPARK_REQUIRED"):
            pytest.fail(reason)
        pytest.skip(reason)
    return home


@pytest.fixture(scope="module")
def cluster(spark_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a master with two workers of one core each."""
    with local_cluster.running(spark_home, tmp_path_factory.mktemp("spark")) as started:
        yield started.master


def test_rollups_of_the_demo_are_the_same_whoever_works_them_out(
    cluster: str, demo_warehouse: Path, tmp_path: Path
) -> None:
    by_duckdb = _rolled_up(copied(demo_warehouse, tmp_path / "duckdb"))
    from fuqi.spark.build import AT_ONCE  # which needs pyspark

    # So few would be worked out all at once, as the odd rows are.
    one_by_one = {AT_ONCE: 0}
    by_spark = _rolled_up(copied(demo_warehouse, tmp_path / "spark"), cluster, **one_by_one)

    _assert_same(by_duckdb, by_spark)
    for name in rollups.names(load_queries()):
        assert pq.read_metadata(rollups.file(by_spark.folder / rollups.FOLDER, name)).num_rows
    kept = rollups.kept(by_spark, load_settings(), load_queries())
    assert set(kept) == {rollups.LEDGER, *rollups.names(load_queries())}


def test_rollups_of_odd_rows_are_the_same_whoever_works_them_out(
    cluster: str, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(LIMITS, encoding="utf-8")
    tables = {
        "subdistricts": subdistricts(*STREETS),
        "parks": PARKS,
        "cadres": CADRES,
        "appeals": _odd_appeals(),
    }
    built = []
    for engine, master in (("duckdb", None), ("spark", cluster)):
        publish_ledger(tmp_path / engine, tables)
        built.append(_rolled_up(Warehouse(tmp_path / engine), master, settings))

    _assert_same(*built)
    timed = pq.read_table(rollups.file(built[1].folder / rollups.FOLDER, rollups.LEDGER))
    rows = {row["appeal_id"]: row for row in timed.to_pylist()}
    worked_out = {row["category"] for row in rows.values() if row["is_due_worked_out"]}
    assert worked_out >= {"融资", "用工", "产-学-研", "政策咨询"}
    assert rows["SQ90001"]["title"] == "陈**反映 138****1111，高*书记来过，李*也在"
    assert rows["SQ90002"]["category"] == "融资"
    assert rows["SQ90003"]["first_response_hours"] == pytest.approx(0.5, abs=1e-8)


def test_a_release_without_appeals_has_the_same_empty_rollups(cluster: str, tmp_path: Path) -> None:
    built = []
    for engine, master in (("duckdb", None), ("spark", cluster)):
        publish_ledger(tmp_path / engine)
        built.append(_rolled_up(Warehouse(tmp_path / engine), master))

    _assert_same(*built)


def test_a_build_that_fails_leaves_the_rollups_as_they_were(
    spark_home: Path, tmp_path: Path
) -> None:
    release = publish_ledger(tmp_path / "warehouse", {"appeals": [appeal(1, AS_OF)]})
    _build(tmp_path / "warehouse")
    before = _contents(release)
    # Of another table's shape: read when the rows are worked out, not before.
    shutil.copy(release.table_path("cadres"), release.table_path("parks"))

    done = _build(tmp_path / "warehouse", "local[1]", expected=1)

    assert "没有汇总，原有的汇总保持不变" in done.stderr
    assert _contents(release) == before
    assert not (release.folder / ".rollups").exists()


def test_a_limit_that_is_no_number_is_named(spark_home: Path, tmp_path: Path) -> None:
    from fuqi.spark.build import AT_ONCE  # which needs pyspark

    publish_ledger(tmp_path / "warehouse")

    done = _build(tmp_path / "warehouse", "local[1]", expected=1, configured={AT_ONCE: "2m"})

    assert f"{AT_ONCE}=2m 不是整数" in done.stderr


def test_without_pyspark_the_command_says_what_to_install(tmp_path: Path) -> None:
    publish_ledger(tmp_path / "warehouse")
    run = "import sys; sys.modules['pyspark'] = None; from fuqi.cli import main; sys.exit(main())"

    done = _run(tmp_path / "warehouse", "-c", run, "build", "--engine", "spark")

    assert done.returncode == 1
    assert "requirements-spark.txt" in done.stderr


def test_without_java_the_command_says_what_to_install(spark_home: Path, tmp_path: Path) -> None:
    publish_ledger(tmp_path / "warehouse")

    done = _run(
        tmp_path / "warehouse",
        *("-m", "fuqi", "build", "--engine", "spark"),
        environment={"JAVA_HOME": str(tmp_path)},
    )

    assert done.returncode == 1
    assert "OpenJDK 17" in done.stderr


def test_a_master_is_of_no_use_to_duckdb(tmp_path: Path) -> None:
    publish_ledger(tmp_path / "warehouse")

    done = _run(tmp_path / "warehouse", "-m", "fuqi", "build", "--master", "local[2]")

    assert done.returncode == 1
    assert "--engine spark" in done.stderr


def _odd_appeals() -> list[Row]:
    """Drawn ones, and those at the edges of a day, of a weekend, of a holiday and of the calendar."""
    chance = Random(20230628)  # noqa: S311 - odd rows, no secret
    rows = [drawn_appeal(chance, number, AS_OF) for number in range(400)]
    edges = [
        datetime(2023, 6, 22),  # 端午, a holiday
        datetime(2023, 6, 24, 23, 59, 59, 999_999),  # a Saturday
        datetime(2023, 6, 25, 9),  # a working Sunday
        datetime(2023, 6, 21, 18),
        datetime(2023, 6, 20, 12, 0, 0, 1),
        datetime(2003, 12, 31, 10),  # before the calendar
        datetime(1969, 12, 31, 23, 59, 59),
    ]
    for number, received_at in enumerate(edges):
        for category in ("融资", "用工", "产-学-研", "政策咨询", None, ""):
            closed_at = received_at + timedelta(hours=31, microseconds=number)
            rows.append(
                appeal(
                    1000 + len(rows),
                    received_at,
                    category_path=category,
                    first_response_at=received_at + timedelta(days=1),
                    closed_at=chance.choice([None, closed_at]),
                    community_name=chance.choice([None, "", "福保社区"]),
                    unit_name=chance.choice([None, "", "区金融工作局"]),
                )
            )
    told = "陈建国反映 13800001111，高峰书记来过，李明也在"
    rows += [
        appeal(90001, AS_OF - timedelta(days=2), title=told, contact_name="李明"),
        appeal(90002, AS_OF - timedelta(days=2), category_path="\u3000融资\u00a0->\u3000贷款 "),
        appeal(
            90003,
            AS_OF - timedelta(days=1, microseconds=7),
            first_response_at=AS_OF - timedelta(hours=23, minutes=30),
            closed_at=AS_OF - timedelta(microseconds=3),
            title="",
        ),
    ]
    return rows


def _rolled_up(
    warehouse: Warehouse,
    master: str | None = None,
    settings: Path = paths.SETTINGS,
    **configured: int,
) -> Release:
    """The current release, its roll-ups worked out by DuckDB, or by Spark at `master`."""
    _build(warehouse.folder, master, settings, configured=configured)
    release = warehouse.current()
    assert release is not None
    return release


def _build(
    warehouse: Path,
    master: str | None = None,
    settings: Path = paths.SETTINGS,
    *,
    expected: int = 0,
    configured: Mapping[str, int | str] | None = None,
) -> subprocess.CompletedProcess[str]:
    on_spark = () if master is None else ("--engine", "spark", "--master", master)
    if master is not None:
        for name, value in {**local_cluster.CONNECTING, **QUICK, **(configured or {})}.items():
            on_spark += ("--conf", f"{name}={value}")
    done = _run(
        *(warehouse, "-m", "fuqi", "build", *on_spark),
        environment={"FUQI_SETTINGS": str(settings)},
    )
    assert done.returncode == expected, f"{done.stdout}\n{done.stderr}"
    return done


def _run(
    warehouse: Path, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=paths.PROJECT,
        env={
            **os.environ,
            "FUQI_WAREHOUSE": str(warehouse),
            "PYTHONIOENCODING": "utf-8",
            **(environment or {}),
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _assert_same(one: Release, other: Release) -> None:
    """Every file the same: columns, types, the order it promises, every value of every row."""
    folders = [release.folder / rollups.FOLDER for release in (one, other)]
    names = [sorted(file.name for file in folder.iterdir()) for folder in folders]
    assert names[0] == names[1]
    assert f"{rollups.LEDGER}.parquet" in names[0]
    made_of = [(folder / rollups.MADE_OF).read_text(encoding="utf-8") for folder in folders]
    assert made_of[0] == made_of[1]
    for name in (rollups.LEDGER, *rollups.names(load_queries())):
        tables = [pq.read_table(rollups.file(folder, name)) for folder in folders]
        columns = [[(column.name, column.type) for column in table.schema] for table in tables]
        assert columns[0] == columns[1], name
        for key in _order(name):
            assert tables[0][key].to_pylist() == tables[1][key].to_pylist(), (name, key)
        # Rows with the same keys come in any order.
        assert _sorted_rows(tables[0].to_pylist()) == _sorted_rows(tables[1].to_pylist()), name


def _order(name: str) -> list[str]:
    """The columns that the rows of a roll-up are in the order of."""
    if name == rollups.LEDGER:
        return rollups.LEDGER_ORDER.split(", ")
    _, _, order = load_queries()[name].sql.rpartition("order by")
    return [key.strip().rpartition(".")[2] for key in order.split(",")]


def _sorted_rows(rows: list[dict[str, Any]]) -> list[tuple[tuple[bool, Any], ...]]:
    return sorted(
        tuple((value is not None, 0 if value is None else value) for value in row.values())
        for row in rows
    )


def _contents(release: Release) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((release.folder / "rollups").iterdir())}
