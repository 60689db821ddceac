"""Settings: their defaults, and what the loader refuses."""

import tomllib
from dataclasses import asdict
from datetime import date

import pytest

from fuqi import paths, settings
from fuqi.settings import Settings, SettingsError


def load(folder, text: str) -> Settings:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return settings.load(file)


def test_the_file_that_is_delivered_states_every_default():
    delivered = paths.PROJECT / "data" / "settings.toml"
    assert tomllib.loads(delivered.read_text(encoding="utf-8")) == asdict(Settings())


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
        pytest.param("refresh_seconds = 0", id="no time between two looks"),
        pytest.param("programme_start = 2022-06-01T00:00:00", id="a moment is no day"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(tmp_path, text):
    with pytest.raises(SettingsError):
        load(tmp_path, text)
