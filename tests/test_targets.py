"""Targets: which one counts on a day, what the file may say, and how a value is judged."""

import json
import math
from datetime import date

import pytest

from fuqi import charts, paths, targets
from fuqi.settings import SettingsError
from fuqi.store import Database, kpis
from fuqi.store.queries import Query
from fuqi.targets import MISSED, NO_DIFFERENCE, REACHED, TOO_FEW, Target, Targets, TargetsError
from tests.ledger import publish_ledger

YEAR = (date(2023, 1, 1), date(2023, 12, 31))
JUNE = date(2023, 6, 15)
ENTRY = {"measure": '"on_time_rate"', "value": "0.95", "from": "2023-01-01", "to": "2023-12-31"}


def entry(**changed: str | None) -> str:
    said = {**ENTRY, **changed}
    return "[[targets]]\n" + "".join(f"{k} = {v}\n" for k, v in said.items() if v is not None)


def load(folder, *entries: str) -> Targets:
    file = folder / "targets.toml"
    file.write_text("\n".join(entries), encoding="utf-8")
    return targets.load(file)


# ---------------------------------------------------------------- the file


def test_the_file_delivered_sets_no_target():
    assert (paths.PROJECT / "data" / "targets.toml").is_file()
    assert targets.load(paths.PROJECT / "data" / "targets.toml") == Targets()


def test_the_example_of_the_file_delivered_is_sound(tmp_path):
    text = (paths.PROJECT / "data" / "targets.toml").read_text(encoding="utf-8")
    example = text.partition("# [[targets]]")[2]
    lines = ["[[targets]]", *(line.removeprefix("#").strip() for line in example.splitlines())]
    assert len(load(tmp_path, *lines).entries) == 2


def test_without_a_file_there_are_no_targets(tmp_path):
    assert targets.load(tmp_path / "none.toml") == Targets()


def test_an_entry_is_read_as_written(tmp_path):
    loaded = load(tmp_path, entry(), entry(street='"福保街道"', value="1"))
    assert loaded.entries == (
        Target("on_time_rate", 0.95, *YEAR),
        Target("on_time_rate", 1.0, *YEAR, "福保街道"),
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (entry(value="95"), "95% 写作 0.95"),
        (entry(value="true"), "value 是 True"),
        (entry(value="-0.1"), "-0.1"),
        (entry(value="nan"), "nan"),
        (entry(measure='"on_time"'), "可设目标的指标"),
        (entry(measure='"received_count"'), "received_count"),
        (entry(measure="3"), "measure 是 3"),
        (entry(to=None), "缺少 to"),
        (entry(to="2022-12-31"), "晚于 to"),
        (entry(to='"2023-12-31"'), "不加引号"),
        (entry(to="2023-12-31 10:00:00"), "应为日期"),
        (entry(street='""'), "street"),
        (entry(until="2023-12-31"), "until"),
        ("on_time_rate = 0.95", "on_time_rate"),
        ("targets = 3", "[[targets]]"),
        ("targets = [3]", "第 1 个目标"),
        ("[[targets]", "不是有效的 TOML"),
        (entry() + entry(to="2023-06-30", value="0.9"), "2023-06-30 目标 0.9"),
        (entry(street='"福保街道"') + entry(street='"福保街道"'), "福保街道"),
    ],
)
def test_entry_that_cannot_be_meant_is_named(tmp_path, text, named):
    with pytest.raises(TargetsError, match=r"targets|目标") as refused:
        load(tmp_path, text)
    assert named in str(refused.value)
    assert isinstance(refused.value, SettingsError)


def test_targets_of_other_measures_streets_or_beginnings_may_overlap(tmp_path):
    loaded = load(
        tmp_path,
        entry(),
        entry(measure='"resolved_rate"'),
        entry(street='"福保街道"'),
        entry(**{"from": "2023-02-01"}),
    )
    assert len(loaded.entries) == 4


# ---------------------------------------------------------------- which one counts

SEVERAL = Targets(
    (
        Target("on_time_rate", 0.90, *YEAR),
        Target("on_time_rate", 0.95, date(2023, 6, 1), date(2023, 6, 30)),
        Target("on_time_rate", 0.80, date(2023, 3, 1), date(2023, 6, 20), "福保街道"),
        Target("resolved_rate", 0.70, *YEAR),
    )
)


@pytest.mark.parametrize(
    ("day", "street", "value"),
    [
        (date(2023, 5, 31), None, 0.90),
        (date(2023, 6, 1), None, 0.95),
        (date(2023, 6, 30), None, 0.95),
        (date(2023, 7, 1), None, 0.90),
        (date(2023, 12, 31), None, 0.90),
        (JUNE, "福保街道", 0.80),
        (date(2023, 6, 20), "福保街道", 0.80),
        (date(2023, 6, 21), "福保街道", 0.95),
        (JUNE, "华强北街道", 0.95),
    ],
)
def test_the_more_specific_and_then_the_later_target_counts(day, street, value):
    assert SEVERAL.at("on_time_rate", day, street).value == value
    assert Targets(SEVERAL.entries[::-1]).at("on_time_rate", day, street).value == value


@pytest.mark.parametrize("day", [date(2022, 12, 31), date(2024, 1, 1)])
def test_outside_its_days_a_target_does_not_count(day):
    assert SEVERAL.at("on_time_rate", day) is None


# ---------------------------------------------------------------- judgement


def judged(measure: str, target: float, value: float | None, n: int | None, min_n: int = 30):
    return targets.judged(kpis()[measure], Target(measure, target, *YEAR), value, n, min_n)


@pytest.mark.parametrize(
    ("value", "n", "verdict"),
    [
        (0.99, 1000, REACHED),
        (0.90, 1000, MISSED),
        (0.94, 100, NO_DIFFERENCE),
        (0.96, 100, NO_DIFFERENCE),
        (0.50, 29, TOO_FEW),
        (0.50, 30, MISSED),
        (None, 0, None),
        (math.nan, 0, None),
    ],
)
def test_rate_is_judged_with_its_interval_and_its_n(value, n, verdict):
    assert judged("on_time_rate", 0.95, value, n) == verdict


def test_where_low_is_good_the_sides_are_exchanged():
    assert judged("returned_rate", 0.05, 0.01, 1000) == REACHED
    assert judged("returned_rate", 0.05, 0.10, 1000) == MISSED


def test_hours_need_cases_and_counts_do_not():
    assert judged("median_resolution_hours", 48, 48, 30) == REACHED
    assert judged("median_resolution_hours", 48, 48.1, 30) == MISSED
    assert judged("median_resolution_hours", 48, 10, 29) == TOO_FEW
    assert judged("overdue_count", 0, 0, 3) == REACHED
    assert judged("overdue_count", 0, 1, 3) == MISSED


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (5, 5), (1, 3), (885, 939), (30, 31)])
def test_interval_is_that_of_the_queries(tmp_path, hits, n):
    sql = "select wilson_low($hits, $n) as low, wilson_high($hits, $n) as high"
    asked = Query("q", "r", "", "", ("hits", "n"), (), (), "", sql)
    database = Database(publish_ledger(tmp_path), queries={"q": asked})
    (row,) = database.run("q", {"hits": hits, "n": n}).to_pylist()
    database.close()
    assert targets.wilson(hits / n, n) == pytest.approx((row["low"], row["high"]), abs=1e-6)


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("on_time_rate", 0.95, "95%"),
        ("on_time_rate", 0.985, "98.5%"),
        ("on_time_rate", 0.9875, "98.75%"),
        ("overdue_count", 0, "0"),
        ("median_resolution_hours", 72, "3.0天"),
        ("median_resolution_working_hours", 14, "14.0工时"),
    ],
)
def test_target_is_shown_as_its_kpi_is(measure, value, text):
    assert targets.shown(Target(measure, value, *YEAR)) == text


# ---------------------------------------------------------------- drawn


def drawn(rows, **options) -> str:
    chart = charts.ranking_with_interval(rows, **options)
    return json.dumps(chart.to_dict(), ensure_ascii=False)


def ranking_rows():
    import pyarrow as pa

    return pa.table(
        {
            "compared_name": ["福保街道", "华强北街道"],
            "numerator_count": [9, 8], "denominator_count": [10, 10],
            "measured_rate": [0.9, 0.8], "rate_low": [0.6, 0.5], "rate_high": [0.98, 0.94],
            "district_rate": [0.85, 0.85], "rate_rank": [1, 2], "is_ranked": [True, True],
            "rate_verdict": ["与全区无显著差异"] * 2,
        }
    )  # fmt: skip


def test_ranking_draws_the_target_and_says_it():
    assert "目标" not in drawn(ranking_rows())
    spec = drawn(ranking_rows(), target=0.95)
    assert "目标 95%" in spec and '"calculate": "0.95", "as": "target"' in spec


def test_ranking_draws_the_target_of_a_street_in_its_row():
    spec = drawn(ranking_rows(), target=0.95, own_targets={"华强北街道": 0.7})
    assert '"own_target": 0.7' in spec
    assert '"own_target": null' in spec, "the other street has none"


def test_rate_over_time_has_its_target_as_a_line():
    import pyarrow as pa

    rows = pa.table(
        {
            "step_date": [date(2023, 6, 1)], "is_whole": [True],
            "on_time_rate": [0.9], "due_count": [10],
        }
    )  # fmt: skip
    said = {
        "step": "day",
        "rate": "on_time_rate",
        "denominator": "due_count",
        "label": "按时办结率",
    }
    spec = json.dumps(charts.rate_trend(rows, **said, target=0.985).to_dict(), ensure_ascii=False)
    assert "目标 98.5%" in spec
    plain = json.dumps(charts.rate_trend(rows, **said).to_dict(), ensure_ascii=False)
    assert "目标" not in plain
