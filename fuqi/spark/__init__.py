"""The roll-ups of a release worked out on Apache Spark: for ledgers that one machine takes too long over.

The same `queries/rollups/*.sql` run there, translated, over the same parquet files, and the same files come of it, so
that DuckDB serves them whoever made them. Needs the extra `spark` and Java; only `python -m fuqi build` imports this.
"""

from fuqi.spark.build import write
from fuqi.spark.session import SparkError
from fuqi.spark.translate import TranslationError

__all__ = ["SparkError", "TranslationError", "write"]
