"""The entry script: the frame around every page. Streamlit runs it afresh for each change on the screen."""

from pathlib import Path

import streamlit as st

from fuqi import paths
from fuqi.ui.labels import PAGES

ASSETS = Path(__file__).with_name("assets")

st.set_page_config(
    page_title="福企看板",
    page_icon=str(ASSETS / "mark.png"),
    layout="wide",
    initial_sidebar_state="collapsed",
)
st.logo(str(ASSETS / "logo.svg"), size="large")

st.navigation(
    [
        st.Page(
            paths.PAGES / "overview.py",
            title=PAGES["overview"],
            icon=":material/dashboard:",
            default=True,
        ),
        st.Page(paths.PAGES / "resolution.py", title=PAGES["resolution"], icon=":material/bolt:"),
        st.Page(
            paths.PAGES / "comparison.py", title=PAGES["comparison"], icon=":material/balance:"
        ),
        st.Page(paths.PAGES / "common.py", title=PAGES["common"], icon=":material/hub:"),
        st.Page(
            paths.PAGES / "assignments.py", title=PAGES["assignments"], icon=":material/handshake:"
        ),
        st.Page(paths.PAGES / "stations.py", title=PAGES["stations"], icon=":material/storefront:"),
        st.Page(
            paths.PAGES / "small_business.py",
            title=PAGES["small_business"],
            icon=":material/groups:",
        ),
        st.Page(paths.PAGES / "financing.py", title=PAGES["financing"], icon=":material/payments:"),
        st.Page(paths.PAGES / "definitions.py", title=PAGES["definitions"], icon=":material/rule:"),
        st.Page(paths.PAGES / "data.py", title=PAGES["data"], icon=":material/database:"),
    ],
    position="top",
).run()
