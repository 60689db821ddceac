"""The pages' vocabulary: the only place, with its neighbours in this folder, that knows Streamlit."""

from fuqi.ui.elements import (
    chart,
    columns,
    district_map,
    kpi_row,
    nothing_here,
    only,
    published_table,
    section,
    table,
)
from fuqi.ui.shared import (
    chosen_problem,
    rise_sentence,
    shared_problem_block,
    shared_sentence,
)
from fuqi.ui.view import View, page

__all__ = [
    "View",
    "chart",
    "chosen_problem",
    "columns",
    "district_map",
    "kpi_row",
    "nothing_here",
    "only",
    "page",
    "published_table",
    "rise_sentence",
    "section",
    "shared_problem_block",
    "shared_sentence",
    "table",
]
