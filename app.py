"""Starts Fuqi 福企看板: `streamlit run app.py`, or any ASGI server on `app:app`.

Streamlit finds the app by reading this file, so `st.App` has to be called right here. The entry script with the
navigation stands in `fuqi/ui/portal.py`: beside `pages/`, Streamlit would run a page by its own link without the
navigation and the filters around it.
"""

import streamlit as st

from fuqi.ui import server

app = st.App(
    server.PORTAL,
    lifespan=server.warm_start,
    routes=server.ROUTES,
    middleware=server.MIDDLEWARE,
    exception_handlers=server.EXCEPTION_HANDLERS,
    on_script_error=server.tell_of_fault,
    secrets=server.secrets_from_environment(),
)
