"""How numbers and moments read."""

import math
from datetime import date, datetime

import pytest

from fuqi import wording


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 0, "0"),
        (12345, 0, "12,345"),
        (0.5, 0, "1"),
        (2.5, 0, "3"),
        (-2.5, 0, "-3"),
        (1.005, 2, "1.01"),
        (1.5, 2, "1.50"),
        (1234567.891, 1, "1,234,567.9"),
    ],
)
def test_halves_of_numbers_round_up(value, digits, text):
    assert wording.number(value, digits) == text


@pytest.mark.parametrize(
    ("share", "digits", "half_up", "truncate"),
    [
        (973 / 983, 0, "99%", "98%"),
        (973 / 983, 2, "98.98%", "98.98%"),
        (34 / 36, 0, "94%", "94%"),
        (1, 0, "100%", "100%"),
        (0, 1, "0.0%", "0.0%"),
        (0.285, 0, "29%", "28%"),
        (0.0005, 1, "0.1%", "0.0%"),
        (0.29, 0, "29%", "29%"),
        (0.57, 2, "57.00%", "57.00%"),
        (1999 / 2000, 0, "100%", "99%"),
    ],
)
def test_percentages_round_or_are_cut_off(share, digits, half_up, truncate):
    assert wording.percent(share, digits) == half_up
    assert wording.percent(share, digits, rounding="truncate") == truncate


@pytest.mark.parametrize("n", [7, 36, 100, 983, 1000])
def test_a_percentage_of_counts_is_the_one_of_exact_fractions(n):
    for hits in range(n + 1):
        tenths = hits * 1000 // n
        assert wording.percent(hits / n, 1, "truncate") == f"{tenths // 10}.{tenths % 10}%"
        tenths = (hits * 2000 + n) // (2 * n)
        assert wording.percent(hits / n, 1) == f"{tenths // 10}.{tenths % 10}%"


def test_an_unknown_rounding_is_an_error_and_no_guess():
    with pytest.raises(KeyError):
        wording.percent(0.5, rounding="up")


@pytest.mark.parametrize("missing", [None, math.nan])
def test_a_missing_value_is_said_to_be_not_computable(missing):
    texts = [
        wording.number(missing),
        wording.percent(missing),
        wording.hours(missing),
        wording.figure(missing, "条"),
        wording.yuan(missing),
        wording.days(missing),
    ]
    assert texts == ["不可算"] * 6


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0分钟"),
        (0.25, "15分钟"),
        (0.75, "45分钟"),
        (1, "1.0小时"),
        (6.46, "6.5小时"),
        (47.9, "47.9小时"),
        (48, "2.0天"),
        (76.8, "3.2天"),
    ],
)
def test_hours_take_the_unit_that_fits(value, text):
    assert wording.hours(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0元"),
        (-0.001, "0元"),
        (8000, "8,000元"),
        (0.5, "0.5元"),
        (9_999, "9,999元"),
        (9_999.999, "1万元"),
        (10_000, "1万元"),
        (-15_000, "-1.5万元"),
        (60_000_000, "6,000万元"),
        (61_280_000, "6,128万元"),
        (99_500_000, "9,950万元"),
        (99_999_900, "9,999.99万元"),
        (99_999_999, "1亿元"),
        (930_000_000, "9.3亿元"),
        (990_000_000, "9.9亿元"),
        (128_450_000, "1.28亿元"),
        (128_500_000_000, "1,285亿元"),
    ],
)
def test_an_amount_takes_the_unit_people_say_it_in(value, text):
    assert wording.yuan(value) == text


def test_an_amount_and_its_negative_differ_by_the_sign_alone():
    for amount in (1, 9_999, 10_000, 650_000, 99_999_900, 100_000_000, 9.3e8):
        assert wording.yuan(-amount) == f"-{wording.yuan(amount)}"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "天", "0天"),
        (11, "天", "11天"),
        (12.5, "天", "12.5天"),
        (18.4000000001, "天", "18.4天"),
        (-2, "天", "-2天"),
        (3, "个工作日", "3个工作日"),
        (1200, "天", "1,200天"),
    ],
)
def test_days_keep_a_tenth_only_where_there_is_one(value, unit, text):
    assert wording.days(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2300, "条", "2,300 条"),
        (55.2, "万户", "55.2 万户"),
        (9.3, "亿元", "9.3 亿元"),
        (6000, "万元", "6,000 万元"),
        (96.0, "%", "96%"),
        (52.9917, "万户", "52.99 万户"),
        (20230214, "日期", "2023-02-14"),
        (0, "条", "0 条"),
    ],
)
def test_a_figure_reads_as_it_was_published(value, unit, text):
    assert wording.figure(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "条", "—"),
        (0, "条", "0"),
        (0.004, "万户", "0"),
        (13, "条", "+13 条"),
        (-1200, "条", "-1,200 条"),
        (-0.4, "%", "-0.4%"),
        (3, "日期", "不同"),
    ],
)
def test_a_difference_carries_its_sign(value, unit, text):
    assert wording.difference(value, unit) == text


def test_moments_and_periods_are_written_year_first():
    assert wording.moment(datetime(2023, 6, 8, 9, 5)) == "2023-06-08 09:05"
    assert wording.period(date(2023, 4, 1), date(2023, 6, 28)) == "2023-04-01 至 2023-06-28"
