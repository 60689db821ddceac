"""The periods offered by name."""

from datetime import date

import pytest

from fuqi.periods import Period, presets
from fuqi.settings import Settings


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2023, 6, 25), date(2023, 5, 26)),
        (date(2023, 6, 26), date(2023, 6, 26)),
        (date(2023, 6, 30), date(2023, 6, 26)),
        (date(2023, 1, 3), date(2022, 12, 26)),
        (date(2024, 3, 1), date(2024, 2, 26)),
    ],
)
def test_a_report_month_begins_the_day_after_the_cut(today, first):
    assert presets(today, Settings())["报告月"] == Period(first, today)


def test_a_report_month_may_be_cut_on_the_last_day_every_month_has():
    offered = presets(date(2023, 3, 1), Settings(report_month_day=28))
    assert offered["报告月"] == Period(date(2023, 3, 1), date(2023, 3, 1))


def test_every_period_offered_ends_today_or_before_and_is_no_reversed_one():
    for today in (date(2023, 1, 1), date(2023, 2, 28), date(2023, 12, 31), date(2024, 2, 29)):
        for name, period in presets(today, Settings()).items():
            assert period.first <= period.last <= today, name
    assert presets(date(2023, 3, 31), Settings())["上月"].last == date(2023, 2, 28)
