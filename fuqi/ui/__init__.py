"""The pages' vocabulary: the only place, with its neighbours in this folder, that knows Streamlit."""

from fuqi.ui.case import case
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
from fuqi.ui.view import View, page

__all__ = [
    "View",
    "all_kpis",
    "case",
    "chart",
    "columns",
    "definitions",
    "district_map",
    "frozen",
    "kpi_row",
    "nothing_here",
    "only",
    "page",
    "published_table",
    "section",
    "step_choice",
    "table",
]
