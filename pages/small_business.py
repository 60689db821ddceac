"""小个专: do the party's organisations and services reach the last small shop?"""

from fuqi import ui

view = ui.page("小个专", "党组织和服务到了多少家小店？", offers=("period", "street", "community"))

ui.section("公布数字与看板计算", "左为公开报道，右为由当前版本数据算出；两者并列，互不替代。")
ui.published_table(
    view,
    view.query("published_vs_computed"),
    ("小个专党委", "小个专党群服务中心", "场景化服务", "个转企", "证照", "核对", "辖区"),
)
