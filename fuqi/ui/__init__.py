"""The pages' vocabulary: the only place, with its neighbours in this folder, that knows Streamlit."""

from fuqi.ui.audit_log import audit_log
from fuqi.ui.bands import band, of_streets, street_map, street_table
from fuqi.ui.briefing import briefing
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
    change_note,
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
    tabs,
)
from fuqi.ui.financing import (
    activity_rows,
    appeals_around_meetings,
    live_selling,
    measures,
    meetings_sentence,
    waiting_list,
)
from fuqi.ui.freeze import frozen
from fuqi.ui.glossary import definitions
from fuqi.ui.loading import file_outcomes, load_desk, release_history
from fuqi.ui.reach import (
    least_reached,
    new_sites,
    reach_sentence,
    station_block,
    stations_and_streets,
)
from fuqi.ui.responsibility import (
    LEADS_TO,
    assignment_history,
    held_map,
    missing_sentence,
    object_block,
    proposal_block,
    service_teams,
)
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
from fuqi.ui.street import (
    all_cases,
    communities_and_map,
    street_cards,
    street_choice,
    today_list,
)
from fuqi.ui.view import View, page

__all__ = [
    "LEADS_TO",
    "View",
    "activity_rows",
    "all_cases",
    "all_kpis",
    "appeals_around_meetings",
    "assignment_history",
    "audit_log",
    "band",
    "briefing",
    "case",
    "change_note",
    "changes",
    "chart",
    "chart_words",
    "chosen_problem",
    "columns",
    "communities_and_map",
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
    "held_map",
    "kpi_row",
    "least_reached",
    "live_selling",
    "load_desk",
    "measure_label",
    "measures",
    "meetings_sentence",
    "missing_sentence",
    "new_sites",
    "nothing_here",
    "object_block",
    "of_streets",
    "only",
    "page",
    "parts",
    "permits",
    "proposal_block",
    "published_table",
    "reach_sentence",
    "reconciliation",
    "release_history",
    "rise_sentence",
    "section",
    "service_teams",
    "shared_problem_block",
    "shared_sentence",
    "station_block",
    "stations_and_streets",
    "step_choice",
    "street_cards",
    "street_choice",
    "street_map",
    "street_table",
    "table",
    "tabs",
    "today_list",
    "uncovered_firms",
    "waiting_list",
]
