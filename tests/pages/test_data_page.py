"""The page 数据 says what the intake's own files say."""

import csv
from collections import Counter
from pathlib import Path

from fuqi import contract
from fuqi.store import Warehouse
from tests.pages.conftest import OpenPage


def report(warehouse: Path) -> list[dict[str, str]]:
    release = Warehouse(warehouse).current()
    assert release is not None
    with (release.folder / "intake_problems.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_of_the_release_stands_with_its_rows(
    open_page: OpenPage, demo_warehouse: Path
) -> None:
    shown = open_page("data").dataframe[0].value
    manifest = Warehouse(demo_warehouse).current().manifest
    tables = contract.load()
    assert dict(zip(shown["table_name"], shown["row_count"], strict=True)) == {
        tables[name].title: entry.rows for name, entry in manifest.tables.items()
    }


def test_problems_are_those_of_the_report_file(open_page: OpenPage, demo_warehouse: Path) -> None:
    counts, rows = (frame.value for frame in open_page("data").dataframe[1:3])
    written = report(demo_warehouse)
    assert counts["problem_count"].sum() == len(written)
    assert Counter(rows["reason"]) == Counter(row["原因"] for row in written)
    refused = [row for row in written if row["程度"] == "拒收"]
    assert len(refused) > 10
    assert list(rows["severity_name"][: len(refused)]) == ["拒收"] * len(refused)


def test_original_rows_with_names_in_the_clear_are_not_on_the_screen(
    open_page: OpenPage, demo_warehouse: Path
) -> None:
    shown = open_page("data").dataframe[2].value.to_csv()
    written = report(demo_warehouse)
    assert any("联系人" in row["原始行"] for row in written)
    assert "联系人" not in shown
