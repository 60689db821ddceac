"""A release that holds every table of the contract, without rows."""

from datetime import date, datetime
from pathlib import Path

import duckdb

from fuqi import contract
from fuqi.store import Manifest, Release, TableEntry, Warehouse
from fuqi.worktime import calendar


def publish_empty_release(folder: Path) -> Release:
    connection = duckdb.connect()
    warehouse = Warehouse(folder)
    with warehouse.stage() as staging:
        for table in contract.load().tables:
            columns = ", ".join(f"{c.name} {c.sql_type}" for c in table.columns)
            connection.execute(f"create or replace table t ({columns})")
            connection.sql("from t").write_parquet(str(staging.folder / f"{table.name}.parquet"))
        days = [
            (d.day, d.is_working_day, d.is_known, d.working_day_number)
            for d in calendar(date(2023, 1, 1), date(2023, 12, 31))
        ]
        connection.execute(
            "create or replace table t (day date, is_working_day boolean, is_known boolean, "
            "working_day_number bigint)"
        )
        connection.executemany("insert into t values (?, ?, ?, ?)", days)
        connection.sql("from t").write_parquet(str(staging.folder / "calendar.parquet"))
        tables = {
            name: TableEntry(0, 0, 0, (), "", staging.release_id) for name in contract.load().names
        }
        moment = datetime(2023, 6, 28, 18)
        return staging.publish(Manifest(staging.release_id, moment, moment, tables))
