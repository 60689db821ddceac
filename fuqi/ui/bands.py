"""The three promises on one screen: the number that can be wrong, calm ones below it, and the way to the page."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from fuqi import look, maps, paths
from fuqi.store import kpis
from fuqi.ui import cards
from fuqi.ui.elements import district_map, first_row, formatted, kpi_card, table
from fuqi.ui.labels import PAGES
from fuqi.ui.view import View


def band(
    view: View,
    name: str,
    promise: str,
    *,
    alarm: str,
    calm: Sequence[str],
    totals: Sequence[pa.Table],
    pages: Sequence[str],
    previous: Sequence[pa.Table] = (),
) -> None:
    """A promise: `alarm` is the KPI that is red unless it is zero; `calm` stand below it; `pages` are led to.

    `totals` are one-row results that hold these KPIs and the counts of each rate, `previous` the same over the
    period before.
    """
    values, before = first_row(*totals), first_row(*previous)
    with st.container(border=True, height="stretch", gap="xsmall", key=f"band_{alarm}"):
        alone = cards.inside([kpi_card(view, alarm, values, {}, colour=look.OVERDUE)])
        below = cards.inside([kpi_card(view, column, values, before) for column in calm])
        st.html(cards.promise(name, promise) + alone + below)
        with st.container(horizontal=True, gap="xsmall"):
            for page in pages:
                st.page_link(
                    st.Page(paths.PAGES / f"{page}.py"),
                    label=PAGES[page],
                    icon=":material/arrow_forward:",
                    query_params=st.query_params.to_dict(),
                )


def street_map(view: View, rates: Mapping[str, pa.Table]) -> None:
    """A map of the streets by one of `rates`, which the reader chooses; each names a KPI and rows, one a street."""
    defined = kpis()
    chosen = st.segmented_control(
        "地图按什么着色",
        [*rates],
        default=next(iter(rates)),
        format_func=lambda rate: defined[rate].label,
        label_visibility="collapsed",
        required=True,
        key="map_measure",
    )
    rate = chosen or next(iter(rates))
    district_map(
        view,
        f"各街道{defined[rate].label}",
        maps.measure_by_area,
        rates[rate],
        measure=rate,
        counts=defined[rate].counts,
        label=defined[rate].label,
        min_n=view.settings.min_n if rate in SAMPLED else 0,
    )


def of_streets(view: View, compared: pa.Table, measure: str) -> pa.Table:
    """What `units_compared` says of streets, under the names that the measure and its counts have elsewhere.

    A measure for which the exports lack a column is empty, as on its card.
    """
    counted, n = kpis()[measure].counts or ("", "")
    named = {
        "compared_name": "subdistrict_name",
        "measured_rate": measure,
        "numerator_count": counted,
        "denominator_count": n,
    }
    known = compared.filter(pc.field("rate_verdict") != UNNAMED)
    rows = known.select([*named]).rename_columns([*named.values()])
    if view.absent(kpis()[measure]):
        place = rows.column_names.index(measure)
        rows = rows.set_column(place, measure, pa.nulls(rows.num_rows, pa.float64()))
    return rows.replace_schema_metadata(compared.schema.metadata)  # what the rows are about


UNNAMED = "不参加比较"
"""What `units_compared` says of the cases that name no street."""
SAMPLED = ("on_time_rate",)
"""Rates of cases, which chance moves: few of them say nothing. The others count everything there is."""


def street_table(view: View, alarms: Mapping[str, pa.Table], rates: Mapping[str, pa.Table]) -> None:
    """Every street with these KPIs, a row each; choosing a row goes to the street."""
    defined = kpis()
    table(
        view,
        beside(alarms, rates, view.settings.rounding),
        ["subdistrict_name", *alarms, *(_with_n(rate) for rate in rates)],
        height="content",
        titles={_with_n(rate): defined[rate].label for rate in rates},
        leads_to={"street": "subdistrict_name"},
    )


def beside(
    alarms: Mapping[str, pa.Table], rates: Mapping[str, pa.Table], rounding: str
) -> pa.Table:
    """One row a street: `alarms` as whole numbers, `rates` as texts that hold numerator and denominator."""
    by_street: dict[str, dict[str, Any]] = {}
    for column, rows in {**alarms, **rates}.items():
        for row in rows.to_pylist():
            entry = by_street.setdefault(row["subdistrict_name"], {})
            if column in alarms:
                entry[column] = row[column]
            else:
                numerator, n = kpis()[column].counts or ("", "")
                value = formatted(column, row[column], rounding)
                entry[_with_n(column)] = f"{value}（{row[numerator]:,}/{row[n]:,}）"
    names = [*alarms, *(_with_n(rate) for rate in rates)]
    return pa.table(
        {
            "subdistrict_name": [*by_street],
            **{name: [entry.get(name) for entry in by_street.values()] for name in names},
        }
    ).replace_schema_metadata(next(iter(rates.values())).schema.metadata)


def _with_n(rate: str) -> str:
    return f"{rate}_with_n"
