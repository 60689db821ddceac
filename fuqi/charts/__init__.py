"""Charts: rows of a query in, an Altair chart out. They know colours and words, not where rows come from."""

from fuqi.charts.bars import category_pareto, counts_by_name, open_by_age, time_distribution
from fuqi.charts.cases import case_clocks, limit_use, response_by_hour, stage_funnel
from fuqi.charts.changes import change_with_interval
from fuqi.charts.control import control_chart
from fuqi.charts.financing import (
    activities_by_step,
    activity_timeline,
    funded_by_step,
    funded_so_far,
    live_sales,
)
from fuqi.charts.ranking import ranking_with_interval
from fuqi.charts.reach import least_reached, quick_test_times
from fuqi.charts.responsibility import coverage_by_month, deal_spans
from fuqi.charts.shared import rising_weeks, shared_problem_dots
from fuqi.charts.small_business import (
    conversions_beside_last_year,
    party_org_growth,
    permit_days,
    permit_days_by_month,
    scene_and_function_use,
    visit_state_bars,
    visits_by_month,
)
from fuqi.charts.sparkline import sparkline
from fuqi.charts.specs import spec_of, weight
from fuqi.charts.theme import drawable, titled
from fuqi.charts.trends import flow_trend, rate_trend, service_trend

__all__ = [
    "activities_by_step",
    "activity_timeline",
    "case_clocks",
    "category_pareto",
    "change_with_interval",
    "control_chart",
    "conversions_beside_last_year",
    "counts_by_name",
    "coverage_by_month",
    "deal_spans",
    "drawable",
    "flow_trend",
    "funded_by_step",
    "funded_so_far",
    "least_reached",
    "limit_use",
    "live_sales",
    "open_by_age",
    "party_org_growth",
    "permit_days",
    "permit_days_by_month",
    "quick_test_times",
    "ranking_with_interval",
    "rate_trend",
    "response_by_hour",
    "rising_weeks",
    "scene_and_function_use",
    "service_trend",
    "shared_problem_dots",
    "sparkline",
    "spec_of",
    "stage_funnel",
    "time_distribution",
    "titled",
    "visit_state_bars",
    "visits_by_month",
    "weight",
]
