"""The entry script: the frame around every page. Streamlit runs it afresh for each change on the screen."""

from pathlib import Path

import streamlit as st

from fuqi import paths

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
            paths.PAGES / "overview.py", title="总览", icon=":material/dashboard:", default=True
        ),
        st.Page(paths.PAGES / "resolution.py", title="诉求办理", icon=":material/bolt:"),
        st.Page(paths.PAGES / "common.py", title="共性诉求", icon=":material/hub:"),
        st.Page(paths.PAGES / "assignments.py", title="挂点服务", icon=":material/handshake:"),
        st.Page(paths.PAGES / "stations.py", title="福企服务站", icon=":material/storefront:"),
        st.Page(paths.PAGES / "data.py", title="数据", icon=":material/database:"),
    ],
    position="top",
).run()
