"""A session on a Spark cluster, or on this machine's own cores, set to reckon as DuckDB does."""

import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

try:
    import sqlglot  # noqa: F401 - its lack is told here
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import DataFrame, SparkSession, functions
except ImportError as error:
    raise ImportError(
        "没有安装 pyspark 和 sqlglot；请运行：python -m pip install -r requirements-spark.txt"
    ) from error

from fuqi.store import names

__all__ = ["DataFrame", "SparkError", "SparkSession", "functions", "opened", "teach_names"]

AS_DUCKDB: Mapping[str, str] = {
    # Moments have no time zone, and count as UTC where Spark needs one.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    # An overflow or a division by zero is an error, and not a null that DuckDB would not give.
    "spark.sql.ansi.enabled": "true",
}
DEFAULTS: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Few rows take few tasks, instead of one a core at least.
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    # Medians of more than 128 groups are otherwise sorted for, group by group, with what was counted written out.
    "spark.sql.objectHashAggregate.sortBased.fallbackThreshold": "100000",
}


class SparkError(RuntimeError):
    """Spark is not there, or did not do it; the message says what to do, in Chinese."""


@contextmanager
def opened(master: str, configured: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session at `master`, such as `spark://host:7077` or `local[2]`; it ends with the block.

    `configured` are Spark's own settings, which count above those here. Raises SparkError without Java, when the
    master does not answer, and for whatever Spark raises in the block.
    """
    if not _has_java():
        raise SparkError("没有找到 Java；Spark 需要 OpenJDK 17 或更新，请安装或设置 JAVA_HOME")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # what workers run
    builder = SparkSession.builder.appName("福企看板 汇总").master(master)
    for key, value in {**DEFAULTS, **configured, **AS_DUCKDB}.items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except (PySparkException, Py4JError, OSError) as error:
        raise SparkError(f"连不上 Spark（{master}）：{_first_line(error)}") from error
    try:
        session.sparkContext.setLogLevel("ERROR")
        with tempfile.TemporaryDirectory() as folder:
            session.sparkContext.addPyFile(str(_names_for_workers(Path(folder))))
            yield session
    except (PySparkException, Py4JError) as error:
        raise SparkError(f"Spark 计算失败：{_first_line(error)}") from error
    finally:
        session.stop()


def teach_names(session: SparkSession, register: names.Register) -> None:
    """Give a session the function `mask_names`; its workers need Python, and nothing of ours installed."""
    known, made = list(register.by_id.items()), []

    def mask_names(text: str | None, written: str | None, cadre_id: str | None) -> str | None:
        if not made:  # once a task, where it runs
            import fuqi_names

            made.append(fuqi_names.Register.of(known))
        return made[0].masked(text, written, cadre_id)

    session.udf.register(names.FUNCTION, mask_names, "string")


def _names_for_workers(folder: Path) -> Path:
    """The module `fuqi.store.names` alone, under a name that no worker takes for the package."""
    file = folder / "fuqi_names.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.write(names.__file__, "fuqi_names.py")
    return file


def _has_java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home, "bin")) if home else None) is not None


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:500]
