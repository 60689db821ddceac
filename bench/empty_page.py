"""Baseline: what Streamlit takes by itself. A page with nothing on it."""

import streamlit as st

st.set_page_config(layout="wide")
