"""Real exports in foreign shapes, where somebody keeps them beside the project; they are never part of it."""

from datetime import datetime
from pathlib import Path

import pytest

from fuqi import paths
from fuqi.intake import Outcome, readers, run
from fuqi.store.releases import Warehouse
from tests.intake_rows import published, reported

SAMPLES = paths.PROJECT.parent / "shared" / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="no ../shared/samples beside the project"
)


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return loaded("nyc311_*.csv", tmp_path_factory.mktemp("nyc311"))


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return loaded("zh_gov_messages_*.csv", tmp_path_factory.mktemp("messages"))


def loaded(pattern: str, folder: Path) -> Outcome:
    (file,) = SAMPLES.glob(pattern)
    return run(file, Warehouse(folder / "warehouse"))


def test_service_requests_of_another_city_keep_their_counts(requests: Outcome) -> None:
    columns = (
        "count(*), count(closed_at), count(*) filter (closed_at is null), "
        "count(*) filter (longitude is null), count(distinct split_part(category_path, '->', 1)), "
        "count(distinct community_name)"
    )
    assert published(requests, "appeals", columns) == [(924, 480, 444, 11, 37, 65)]
    assert reported(requests, "refused") == reported(requests, "flagged") == []


def test_service_requests_keep_the_clock_of_their_place(requests: Outcome) -> None:
    assert published(requests, "appeals", "min(received_at)") == [(datetime(2022, 5, 1, 0, 0, 3),)]


def test_messages_keep_their_counts_and_times(messages: Outcome) -> None:
    columns = (
        "count(*), count(*) filter (closed_at < received_at), min(received_at)::date::varchar, "
        "max(received_at)::date::varchar"
    )
    assert published(messages, "appeals", columns) == [(2816, 0, "2011-04-02", "2020-01-08")]
    days = "date_diff('second', received_at, closed_at) / 86400"
    shares = (
        f"round(median({days}), 1), round(100 * avg(({days} <= 3)::int), 1), "
        f"round(100 * avg(({days} <= 15)::int), 1)"
    )
    assert published(messages, "appeals", shares) == [(11.2, 15.9, 61.5)]


def test_file_that_looks_like_gbk_and_is_gb18030_has_all_its_records() -> None:
    (sheet,) = readers.read(SAMPLES / "zh_gb18030_not_gbk.csv")
    (body,) = sheet.body(1)
    assert body.num_rows == 37
