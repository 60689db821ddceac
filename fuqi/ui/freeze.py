"""A frozen period beside today's figures."""

import streamlit as st

from fuqi import frozen as kept
from fuqi import paths, wording
from fuqi.frozen import Frozen, FrozenError
from fuqi.store import Warehouse, kpis
from fuqi.ui.elements import LONGEST_NOTE, change, formatted, written_table
from fuqi.ui.escaping import plain
from fuqi.ui.view import View


def frozen(view: View) -> None:
    """封存值 beside today's, where exactly the chosen period was frozen; nothing where it was not.

    For one street its row is compared. A single category was not frozen, so nothing is shown for one.
    """
    chosen = view.filters
    try:
        found = kept.find(Warehouse(paths.WAREHOUSE), chosen.period.first, chosen.period.last)
    except FrozenError as error:
        st.warning(f"{plain(error, LONGEST_NOTE)}。")
        return
    sees_less = (
        view.account.scope.streets is not None
    )  # what was frozen of the whole district is not of its streets
    if found is None or chosen.category is not None or (sees_less and chosen.subdistrict is None):
        return
    with st.expander(
        f"封存值与今日值（{plain(found.name)}，{wording.moment(found.frozen_at)} 封存）"
    ):
        rows = _rows(view, found)
        if not rows:
            st.caption("封存时没有这个街道。")
            return
        scope = f"{chosen.subdistrict or '全区'} · {found.name}"
        written_table(view, rows, scope, heading="封存值与今日值")
        reasons = found.changes(view.release, view.settings) or ["口径、设置、日历和数据都没有变"]
        said = (
            "；".join(reasons)
            + f" · 封存值：{wording.moment(found.as_of)} 判定，版本 {found.release_id}，"
            + f"口径 {found.version}"
            + (f"，{found.label}" if found.label else "")
        )
        st.caption(plain(said, 2 * LONGEST_NOTE))


def _rows(view: View, found: Frozen) -> list[dict[str, str]]:
    """A row a KPI: as frozen, as of today, and the difference."""
    street = view.filters.subdistrict
    names = (
        ("resolution_totals", "open_totals") if street is None else ("resolution_by_subdistrict",)
    )
    before: dict[str, object] = {}
    today: dict[str, object] = {}
    for name in names:
        before |= _row(found.rows.get(name, []), street)
        today |= _row(view.query(name).to_pylist(), street)
    if not before:
        return []
    if street is not None:
        # Of a street, those received in the period alone were frozen; its card counts all that are open.
        before.pop("overdue_count", None)
    rounding = view.settings.rounding
    return [
        {
            "指标": kpi.label,
            "封存值": formatted(column, before[column], rounding),
            "今日值": formatted(column, today.get(column), rounding),
            "差异": change(column, today.get(column), before[column]) or "",
        }
        for column, kpi in kpis().items()
        if column in before and not isinstance(before[column], str)
    ]


def _row(rows: list[dict[str, object]], street: str | None) -> dict[str, object]:
    chosen = [row for row in rows if street is None or row["subdistrict_name"] == street]
    return chosen[0] if chosen else {}
