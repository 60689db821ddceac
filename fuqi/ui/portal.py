"""The entry script: the frame around every page. Streamlit runs it afresh for each change on the screen."""

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from fuqi import paths
from fuqi.access import Account
from fuqi.ui import downloads, identity
from fuqi.ui.labels import PAGES

ASSETS = Path(__file__).with_name("assets")

st.set_page_config(
    page_title="福企看板",
    page_icon=str(ASSETS / "mark.png"),
    layout="wide",
    initial_sidebar_state="collapsed",
)
st.logo(str(ASSETS / "logo.svg"), size="large")

ICONS = {
    "overview.py": "dashboard",
    "street.py": "location_city",
    "resolution.py": "bolt",
    "comparison.py": "balance",
    "common.py": "hub",
    "assignments.py": "handshake",
    "stations.py": "storefront",
    "small_business.py": "groups",
    "financing.py": "payments",
    "definitions.py": "rule",
    "data.py": "database",
    "audit.py": "fact_check",
}

account = identity.read()
is_known = isinstance(account, Account)
pages = {
    file.removesuffix(".py"): st.Page(
        paths.PAGES / file,
        title=PAGES[file.removesuffix(".py")],
        icon=f":material/{icon}:",
        default=file.startswith("overview"),
        visibility="visible"
        if is_known and account.may_open(file.removesuffix(".py"))
        else "hidden",
    )
    for file, icon in ICONS.items()
}
chosen = st.navigation([*pages.values()], position="top" if is_known else "hidden")
name = next(name for name, page in pages.items() if page.url_path == chosen.url_path)
# A page runs for those alone whose roles it is for, also when its link is opened directly.
if not is_known:
    identity.sign_in_page(account)
elif account.may_open(name):
    try:
        chosen.run()
    except StopException:  # a page that ends early is drawn; one that is interrupted is not
        downloads.finish()
        raise
    downloads.finish()
else:
    identity.no_entry(account, name)
