"""What the page 横向比较 says in words and tables about the rows of `units_compared` and `rates_changed`."""

from typing import Any

import pyarrow as pa
import streamlit as st

from fuqi import charts, wording
from fuqi.store import kpis
from fuqi.ui import identity
from fuqi.ui.elements import chart, columns, is_computable, section, table
from fuqi.ui.escaping import plain
from fuqi.ui.filters import COMPARED_BY
from fuqi.ui.labels import title
from fuqi.ui.view import View


def compared_names(view: View) -> str:
    """What is compared, in a word: 街道, 承办单位, 诉求类型 or 社区."""
    chosen = {code: label for label, code in COMPARED_BY.items()}[view.filters.compared_by]
    return chosen.removeprefix("比较")


def measure_label(view: View) -> str:
    return kpis()[view.filters.measure].label


def chart_words(view: View) -> dict[str, Any]:
    """How the charts of a comparison name what they show."""
    counted, n = kpis()[view.filters.measure].counts or ("", "")
    return {
        "measure": view.filters.measure,
        "counts": f"{title(counted)}/{title(n)}",
        "names": compared_names(view),
    }


def finding(view: View, rows: pa.Table) -> None:
    """One sentence on what the comparison shows, or why there is nothing to show; stops the page then."""
    if not is_computable(view, view.filters.measure):
        st.stop()
    st.markdown(
        "**"
        + wording.comparison(
            compared_names(view),
            plain(rows.column("district_name")[0].as_py()) if rows.num_rows else "全区",
            rows.column("rate_verdict").to_pylist(),
            bool(kpis()[view.filters.measure].is_low_good),
            view.settings.min_n,
            [identity.plain(name) for name in rows.column("compared_name").to_pylist()],
        )
        + "**"
    )


def comparison_table(view: View, rows: pa.Table) -> None:
    """Every unit with rank, counts, rate, interval and verdict; those without a rank below the others."""
    counted, n = kpis()[view.filters.measure].counts or ("", "")
    table(
        view,
        rows,
        [
            "rate_rank",
            "compared_name",
            "measured_rate",
            "numerator_count",
            "denominator_count",
            "rate_low",
            "rate_high",
            "district_rate",
            "rate_verdict",
        ],
        titles={
            "compared_name": compared_names(view),
            "measured_rate": measure_label(view),
            "numerator_count": title(counted),
            "denominator_count": title(n),
            "district_rate": plain(rows.column("district_name")[0].as_py())
            if rows.num_rows
            else "全区",
        },
        height=420 if rows.num_rows > 11 else "auto",
    )


def changes(view: View, rows: pa.Table) -> None:
    """Each rate in the period and in the one before, its change and whether that may be chance."""
    known = [not view.absent(kpis()[m]) for m in rows.column("measure").to_pylist()]
    rows = rows.filter(pa.array(known, pa.bool_()))
    section("本期与上期", f"上期为紧接在前、天数相同的时段。{_still_open(rows)}")
    if not any(rows.column("previous_denominator_count").to_pylist()):
        st.info("上期没有受理诉求，不作前后比较。", icon=":material/search_off:")
        return
    left, right = columns([1, 2])
    with left:
        chart(view, "较上期的变化", charts.change_with_interval, rows)
    with right:
        table(
            view,
            rows,
            [
                "measure",
                "measured_rate",
                "numerator_count",
                "denominator_count",
                "previous_rate",
                "previous_numerator_count",
                "previous_denominator_count",
                "change_points",
                "change_low_points",
                "change_high_points",
                "change_verdict",
            ],
        )


def _still_open(rows: pa.Table) -> str:
    """How many cases of each period are not closed yet: what a difference in 办结率 first comes from."""
    for row in rows.to_pylist():
        if row["measure"] == "closed_rate":
            now = row["denominator_count"] - row["numerator_count"]
            before = row["previous_denominator_count"] - row["previous_numerator_count"]
            return (
                f"两期按同一时点判断：本期还有 {now:,} 件未办结，上期 {before:,} 件，"
                "办结率的差别首先来自这一点。"
            )
    return ""
