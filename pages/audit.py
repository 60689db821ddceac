"""审计: who saw and took away what, when, and with which filters."""

from fuqi import ui

view = ui.page("审计", "谁在什么时候看了、导出了什么？", offers=())

ui.audit_log(view)
