"""The page 审计: the audit log by days, accounts and actions, to read and to take away."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import streamlit as st

from fuqi import audit, inert, paths
from fuqi.audit import LOCAL_ZONE, Entry
from fuqi.ui import downloads
from fuqi.ui.view import View

MOST_SHOWN = 2000
DAYS = {"今天": 1, "近7天": 7, "近31天": 31, "近366天": 366}
EVERYBODY, EVERYTHING = "全部账号", "全部操作"
FILTERS = {
    "about": "范围",
    "street": "街道",
    "community": "社区",
    "park": "园区",
    "station": "服务站",
    "category": "类型",
    "period": "时段",
    "from": "自",
    "to": "至",
    "week": "周",
    "by": "比较",
    "measure": "指标",
    "case": "工单",
    "days": "日志时段",
    "account": "日志账号",
    "action": "日志操作",
    "holding": "字样",
}
"""What the filters of an address are called."""
WIDTHS: dict[str, Literal["medium", "large"]] = {
    "时间": "medium",
    "内容": "medium",
    "筛选": "large",
    "事由": "medium",
}
TAKEN = ("item", "format")
"""Entries that say what was taken away, not what it was narrowed to."""


def audit_log(view: View) -> None:
    """The entries of the days chosen, the newest first; everything chosen can be taken away as a file."""
    if not view.account.may_audit:  # the portal lets nobody else in; a page is not to depend on it
        st.error("审计日志只供审计人员查看。", icon=":material/block:")
        st.stop()
    downloads.no_workbook()
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
        holding = st.text_input(
            "页面、内容、筛选或事由含", key="audit_holding", placeholder="如：福保街道", width=220
        ).strip()
    of_these = (
        _row(entry)
        for entry in found
        if account in (EVERYBODY, entry.account)
        and action in (EVERYTHING, audit.ACTIONS.get(entry.action))
    )
    rows = [row for row in of_these if holding in "\n".join(map(str, row.values()))]
    if not rows:
        st.info("没有这样的记录。", icon=":material/search_off:")
        return
    st.dataframe(
        rows[:MOST_SHOWN],
        hide_index=True,
        height=560,
        width="stretch",
        column_config={
            name: st.column_config.Column(width=WIDTHS.get(name, "small")) for name in rows[0]
        },
        placeholder="",
    )
    more = f"，只显示最近 {MOST_SHOWN:,} 条，下载的文件里有全部" if len(rows) > MOST_SHOWN else ""
    st.caption(f"共 {len(rows):,} 条{more} · 日志只增不改，除账号外不含个人信息")

    downloads.button(
        "下载所选记录",
        "审计日志",
        "csv",
        lambda: as_csv(rows),
        n=len(rows),
        file_name=f"审计日志_{first}_{today}.csv",
        key="audit_download",
        filters={"days": days, "account": account, "action": action, "holding": holding},
        icon=":material/download:",
    )


def as_csv(rows: Sequence[dict[str, object]]) -> bytes:
    """The rows as a spreadsheet program opens them; what it would take for a formula is marked as text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow({k: inert.for_csv(v) if isinstance(v, str) else v for k, v in row.items()})
    return text.getvalue().encode("utf-8-sig")


def _row(entry: Entry) -> dict[str, object]:
    item, kind = (entry.filters.get(name, "") for name in TAKEN)
    return {
        "时间": entry.at[:19].replace("T", " "),
        "账号": entry.account,
        "身份": entry.roles,
        "操作": audit.ACTIONS.get(entry.action, entry.action),
        "页面": entry.page,
        "内容": f"{item}（{kind.upper()}）" if item else "",
        "筛选": "，".join(
            f"{FILTERS.get(k, k)}：{v}" for k, v in entry.filters.items() if k not in TAKEN
        ),
        "行数": entry.rows,
        "事由": entry.reason,
        "版本": entry.release_id,
    }
