"""What a query may be asked with: the filters as given, the rest from the release and the settings."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fuqi import worktime
from fuqi.settings import Settings
from fuqi.store.queries import kpis


def standing(as_of: datetime, settings: Settings) -> Mapping[str, Any]:
    """Those parameters that nobody chooses: the moment and what follows from it, and the settings."""
    return {
        "as_of": as_of,
        "due_soon_at": worktime.add_working_days(as_of, 1),
        "quarter_date": date(as_of.year, (as_of.month - 1) // 3 * 3 + 1, 1),
        "min_n": settings.min_n,
        "visits_per_quarter": settings.visits_per_quarter,
        "station_radius_metres": settings.station_radius_metres,
        "partial_counts_as_resolved": settings.partial_counts_as_resolved,
        "basically_satisfied_counts": settings.basically_satisfied_counts,
        "response_weight": settings.response_weight,
        "resolved_weight": settings.resolved_weight,
        "satisfied_weight": settings.satisfied_weight,
        "common_min_count": settings.common_min_count,
        "common_min_firms": settings.common_min_firms,
        "common_min_ratio": settings.common_min_ratio,
        "common_fdr": settings.common_fdr,
        "common_recent_weeks": settings.common_recent_weeks,
        "common_earlier_weeks": settings.common_earlier_weeks,
        "programme_start": settings.programme_start,
        "assignments_start": settings.assignments_start,
    }


def parameters(
    as_of: datetime,
    start_date: date,
    end_date: date,
    settings: Settings,
    *,
    step: str = "week",
    subdistrict: str | None = None,
    category: str | None = None,
    community: str | None = None,
    park_id: str | None = None,
    station_id: str | None = None,
    compared_by: str = "street",
    measure: str = "on_time_rate",
) -> Mapping[str, Any]:
    """Every parameter that queries share, by name; a query takes those its header declares.

    `as_of` is the moment everything is judged at, and `quarter_date` the first day of its quarter; `start_date` and
    `end_date` are both included; `step` is day, week or month; without `subdistrict`, `category`, `community`,
    `park_id` or `station_id` all of them count; `compared_by` is street, unit, category or community, and `measure` the
    column of the rate they are compared on. `least_streets` is 0, and `Database` raises it for who sees some streets.
    """
    return {
        **standing(as_of, settings),
        "start_date": start_date,
        "end_date": end_date,
        "step": step,
        "subdistrict": subdistrict,
        "category": category,
        "community": community,
        "park_id": park_id,
        "station_id": station_id,
        "compared_by": compared_by,
        "measure": measure,
        "low_is_good": tuple(kpi.column for kpi in kpis().values() if kpi.is_low_good),
        "least_streets": 0,
    }
