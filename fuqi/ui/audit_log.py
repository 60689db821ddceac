"""The page 审计: the audit log by days, accounts and actions, to read and to take away."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import pyarrow as pa
import streamlit as st

from fuqi import audit, paths
from fuqi.audit import LOCAL_ZONE, Entry
from fuqi.ui import identity
from fuqi.ui.elements import grid
from fuqi.ui.labels import PAGES
from fuqi.ui.view import View

MOST_SHOWN = 2000
DAYS = {"今天": 1, "近7天": 7, "近31天": 31, "近366天": 366}
EVERYBODY, EVERYTHING = "全部账号", "全部操作"


def audit_log(view: View) -> None:
    """The entries of the days chosen, the newest first; everything chosen can be taken away as a file."""
    if not view.account.may_audit:  # the portal lets nobody else in; a page is not to depend on it
        st.error("审计日志只供审计人员查看。", icon=":material/block:")
        st.stop()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = st.selectbox("时段", list(DAYS), index=1, key="audit_days", width=130)
        today = datetime.now(LOCAL_ZONE).date()
        first = today - timedelta(days=DAYS[days] - 1)
        found = list(audit.read(paths.WAREHOUSE / audit.FOLDER, first, today))[::-1]
        accounts = sorted({entry.account for entry in found})
        account = st.selectbox("账号", [EVERYBODY, *accounts], key="audit_account", width=220)
        action = st.selectbox(
            "操作", [EVERYTHING, *audit.ACTIONS.values()], key="audit_action", width=150
        )
    chosen = [
        entry
        for entry in found
        if account in (EVERYBODY, entry.account)
        and action in (EVERYTHING, audit.ACTIONS.get(entry.action))
    ]
    if not chosen:
        st.info("这些日子没有记录。", icon=":material/search_off:")
        return
    rows = [_row(entry) for entry in chosen]
    grid(pa.Table.from_pylist(rows[:MOST_SHOWN]), list(rows[0]), height=560)
    more = f"，只显示最近 {MOST_SHOWN:,} 条，下载的文件里有全部" if len(rows) > MOST_SHOWN else ""
    st.caption(f"共 {len(rows):,} 条{more} · 日志只增不改，除账号外不含个人信息")

    def taken() -> bytes:
        filters = {"days": days, "account": account, "action": action}
        identity.record(view.account, "export", PAGES["audit"], filters, len(rows), "审计日志")
        return as_csv(rows)

    st.download_button(
        "下载所选记录",
        taken,
        file_name=f"审计日志_{first}_{today}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="audit_download",
    )


def as_csv(rows: Sequence[dict[str, object]]) -> bytes:
    """The rows as a spreadsheet program opens them; what it would take for a formula is marked as text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: f"'{v}" if str(v).startswith(("=", "+", "-", "@")) else v for k, v in row.items()}
        )
    return text.getvalue().encode("utf-8-sig")


def _row(entry: Entry) -> dict[str, object]:
    shown = asdict(entry)
    return {
        "时间": entry.at[:19].replace("T", " "),
        "账号": shown["account"],
        "身份": shown["roles"],
        "操作": audit.ACTIONS.get(entry.action, entry.action),
        "页面": shown["page"],
        "筛选": "，".join(f"{k}={v}" for k, v in entry.filters.items()),
        "行数": shown["rows"],
        "事由": shown["reason"],
        "版本": shown["release_id"],
    }
