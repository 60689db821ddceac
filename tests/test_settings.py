"""Settings: their defaults, and what the loader refuses."""

import tomllib
from dataclasses import fields
from datetime import date

import pytest

from fuqi import paths, settings
from fuqi.settings import Settings, SettingsError
from fuqi.worktime import Limit


def load(folder, text: str) -> Settings:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return settings.load(file)


def test_the_file_that_is_delivered_states_every_default():
    delivered = paths.PROJECT / "data" / "settings.toml"
    stated = tomllib.loads(delivered.read_text(encoding="utf-8"))
    assert set(stated) == {f.name for f in fields(Settings)}
    assert settings.load(delivered) == Settings()


def test_without_a_file_the_defaults_hold(tmp_path):
    assert settings.load(tmp_path / "none.toml") == Settings()


def test_what_the_file_leaves_out_takes_its_default(tmp_path):
    loaded = load(tmp_path, 'min_n = 50\nrounding = "truncate"\nprogramme_start = 2022-07-01')
    assert loaded == Settings(min_n=50, rounding="truncate", programme_start=date(2022, 7, 1))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("min_n = ", "settings.toml"),
        ("min_m = 3", "min_m"),
        ('min_n = "30"', "min_n"),
        ("min_n = 30.5", "min_n"),
        ("min_n = true", "min_n"),
        ("partial_counts_as_resolved = 1", "partial_counts_as_resolved"),
        ('programme_start = "2022-06-01"', "programme_start"),
        ('rounding = "bankers"', "rounding"),
        ("report_month_day = 31", "report_month_day"),
        ("resolved_weight = -1", "resolved_weight"),
        ("response_weight = 0\nresolved_weight = 0\nsatisfied_weight = 0", "权重"),
        ('office_hours = "09:00-12:00"', "office_hours"),
        ('office_hours = ["9-12"]', "office_hours.*9-12"),
        ('office_hours = ["09:00-12:00", "11:00-18:00"]', "11:00-18:00"),
        ('office_hours = ["18:00-09:00"]', "18:00-09:00"),
        ("office_hours = []", "office_hours"),
        ('deadline_limits = [{category = "*", amount = 3}]', "unit"),
        ('deadline_limits = [{category = "*", amount = 3, unit = "days"}]', "days"),
        ('deadline_limits = [{category = "*", amount = 2.5, unit = "working_days"}]', "2.5"),
        ('deadline_limits = [{category = "*", amount = 0, unit = "hours"}]', "大于 0"),
        ('deadline_limits = [{category = "*", amount = "3", unit = "hours"}]', "amount"),
        ('deadline_limits = [{category = "*", amount = 3, unit = "hours", x = 1}]', "x"),
    ],
)
def test_a_fault_names_the_entry(tmp_path, text, named):
    with pytest.raises(SettingsError, match=named):
        load(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("min_n = false", id="false is no number"),
        pytest.param("min_n = 0", id="a minimum below one"),
        pytest.param("common_min_firms = 0", id="a problem of no firm"),
        pytest.param("common_min_ratio = 0.9", id="rarer than elsewhere"),
        pytest.param("common_recent_weeks = 0", id="no recent weeks"),
        pytest.param("common_fdr = 0.0", id="no chance at all"),
        pytest.param("common_fdr = 1.0", id="nothing but chance"),
        pytest.param("refresh_seconds = 0", id="no time between two looks"),
        pytest.param("programme_start = 2022-06-01T00:00:00", id="a moment is no day"),
        pytest.param("query_threads = -1", id="fewer than no processors"),
        pytest.param("query_memory_mb = -1", id="less than no memory"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(tmp_path, text):
    with pytest.raises(SettingsError):
        load(tmp_path, text)


def test_hours_and_limits_are_read(tmp_path):
    loaded = load(
        tmp_path,
        'office_hours = ["08:30-12:00", "13:30-17:30"]\n'
        '[[deadline_limits]]\ncategory = "融资"\namount = 5\nunit = "working_days"\n'
        "counts_receipt_day = true",
    )
    assert loaded.office_hours.seconds_a_day == 7.5 * 3600
    assert loaded.deadline_limits == (Limit("融资", 5, "working_days", counts_receipt_day=True),)
    assert load(tmp_path, "deadline_limits = []").deadline_limits == ()
