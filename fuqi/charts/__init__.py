"""Charts: rows of a query in, an Altair chart out. They know colours and words, not where rows come from."""

from fuqi.charts.bars import category_pareto, counts_by_name, open_by_age, time_distribution
from fuqi.charts.ranking import ranking_with_interval
from fuqi.charts.shared import rising_weeks, shared_problem_dots
from fuqi.charts.theme import titled
from fuqi.charts.trends import flow_trend, service_trend

__all__ = [
    "category_pareto",
    "counts_by_name",
    "flow_trend",
    "open_by_age",
    "ranking_with_interval",
    "rising_weeks",
    "service_trend",
    "shared_problem_dots",
    "time_distribution",
    "titled",
]
