"""How far a KPI has moved, in the unit that its card shows it in."""

import pytest

from fuqi.ui.elements import change


@pytest.mark.parametrize(
    ("column", "value", "before", "said"),
    [
        ("on_time_rate", 0.95, 0.9375, "+1.25百分点"),
        ("on_time_rate", 0.9, 0.90004, None),
        ("median_resolution_hours", 20.0, 22.5, "-2.5小时"),
        ("median_resolution_working_hours", 11.8, 11.5, "+0.3工时"),
        ("median_resolution_working_hours", 11.52, 11.5, None),
        ("mean_permit_working_days", 3.0, 5.0, "-2个工作日"),
        ("mean_visit_days", 5.0, 3.0, "+2天"),
        ("composite_score", 92.4, 92.22, "+0.18分"),
        ("received_count", 1002, 661, "+341"),
        ("received_count", 661, 661, None),
        ("received_count", 661, None, None),
        ("received_count", None, 661, None),
    ],
)
def test_a_change_is_signed_and_in_the_unit_of_its_value(column, value, before, said):
    assert change(column, value, before) == said
