"""The pages' vocabulary: the only place, with its neighbours in this folder, that knows Streamlit."""

from fuqi.ui.case import case
from fuqi.ui.comparison import (
    changes,
    chart_words,
    compared_names,
    comparison_table,
    finding,
    measure_label,
)
from fuqi.ui.elements import (
    all_kpis,
    chart,
    columns,
    district_map,
    kpi_row,
    nothing_here,
    only,
    published_table,
    section,
    step_choice,
    table,
)
from fuqi.ui.freeze import frozen
from fuqi.ui.glossary import definitions
from fuqi.ui.loading import file_outcomes, load_desk, release_history
from fuqi.ui.shared import (
    chosen_problem,
    rise_sentence,
    shared_problem_block,
    shared_sentence,
)
from fuqi.ui.small_business import (
    conversion_sentence,
    coverage_sentence,
    coverage_where,
    parts,
    permits,
    reconciliation,
    uncovered_firms,
)
from fuqi.ui.view import View, page

__all__ = [
    "View",
    "all_kpis",
    "case",
    "changes",
    "chart",
    "chart_words",
    "chosen_problem",
    "columns",
    "compared_names",
    "comparison_table",
    "conversion_sentence",
    "coverage_sentence",
    "coverage_where",
    "definitions",
    "district_map",
    "file_outcomes",
    "finding",
    "frozen",
    "kpi_row",
    "load_desk",
    "measure_label",
    "nothing_here",
    "only",
    "page",
    "parts",
    "permits",
    "published_table",
    "reconciliation",
    "release_history",
    "rise_sentence",
    "section",
    "shared_problem_block",
    "shared_sentence",
    "step_choice",
    "table",
    "uncovered_firms",
]
