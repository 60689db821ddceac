"""Baseline: 诉求办理 as it is first written everywhere. Each run reads the whole ledger with pandas and counts anew.

It has the period and the street as filters, eight figures, a trend and the streets side by side, from the appeals of
the release that FUQI_WAREHOUSE holds. It leaves out what makes the figures right - working time, limits by category,
masked names, definitions, the period before - so its numbers differ, and it has less to do than the page beside it.
"""

import altair as alt
import pandas as pd
import streamlit as st

from fuqi import paths
from fuqi.store import Warehouse

PERIODS = {"本月": 30, "本季度": 90, "上半年": 181, "今年": 365, "近两年": 730, "全部": 36_500}

st.set_page_config(layout="wide")
release = Warehouse(paths.WAREHOUSE).current()
ledger = pd.read_parquet(release.table_path("appeals"))
ledger = ledger[~ledger["is_void"].fillna(False).astype(bool)]
as_of = pd.Timestamp(release.manifest.data_as_of)

left, right = st.columns(2)
period = left.selectbox("时段", list(PERIODS), index=1, key="period")
street = right.selectbox(
    "街道", ["全区", *sorted(ledger["subdistrict_name"].dropna().unique())], key="street"
)
if street != "全区":
    ledger = ledger[ledger["subdistrict_name"] == street]
asked = ledger[ledger["received_at"] >= as_of - pd.Timedelta(days=PERIODS[period])].copy()
asked["closed"] = asked["closed_at"].notna()
asked["on_time"] = asked["closed"] & (asked["closed_at"] <= asked["due_at"])
asked["judged"] = asked["closed"] | (asked["due_at"] < as_of)
asked["same_day"] = asked["first_response_at"].dt.normalize() == asked["received_at"].dt.normalize()
asked["resolved"] = asked["outcome"].isin(["已解决"])
asked["satisfied"] = asked["rating"].isin(["满意", "非常满意"])
hours = (asked["closed_at"] - asked["received_at"]).dt.total_seconds() / 3600
is_open = ledger["closed_at"].isna()

figures = {
    "超期未办结": int((is_open & (ledger["due_at"] < as_of)).sum()),
    "未办结": int(is_open.sum()),
    "受理": len(asked),
    "按时办结率": f"{asked['on_time'].sum() / max(asked['judged'].sum(), 1):.1%}",
    "当日响应率": f"{asked['same_day'].mean():.1%}",
    "解决率": f"{asked['resolved'].sum() / max(asked['closed'].sum(), 1):.1%}",
    "满意率": f"{asked['satisfied'].sum() / max(asked['rating'].notna().sum(), 1):.1%}",
    "办结用时中位数": f"{hours.median():.1f} 小时",
}
for place, (name, value) in zip(st.columns(len(figures)), figures.items(), strict=True):
    place.metric(name, value)

left, right = st.columns(2)
weeks = asked.set_index("received_at").resample("W").size().rename("count").reset_index()
left.altair_chart(alt.Chart(weeks).mark_line().encode(x="received_at:T", y="count:Q"))
by_street = (
    asked.groupby("subdistrict_name")
    .agg(
        received=("appeal_id", "size"),
        closed=("closed", "sum"),
        on_time=("on_time", "sum"),
        judged=("judged", "sum"),
        resolved=("resolved", "sum"),
    )
    .reset_index()
)
by_street["on_time_rate"] = by_street["on_time"] / by_street["judged"].clip(lower=1)
right.altair_chart(
    alt.Chart(by_street).mark_bar().encode(x="on_time_rate:Q", y="subdistrict_name:N")
)
st.dataframe(by_street, hide_index=True)
