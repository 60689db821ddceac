"""Baseline: the least that a filter can change. One select box, and one metric that shows what was chosen.

It asks every few seconds whether there is news, as the dashboard does.
"""

import streamlit as st

from fuqi import settings

OPTIONS = [f"选项{number}" for number in range(1, 41)]

st.set_page_config(layout="wide")


@st.fragment(run_every=settings.load().refresh_seconds)
def watch() -> None:
    """Nothing is ever new here."""


watch()
chosen = st.selectbox("选项", OPTIONS, key="option")
st.metric("所选", OPTIONS.index(chosen) + 1)
