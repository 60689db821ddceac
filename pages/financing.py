"""融资与活动: what money reached firms, and what the events brought about."""

from fuqi import ui

view = ui.page("融资与活动", "钱到企业了吗？活动带来了什么？", offers=("period", "street"))

ui.section("公布数字与看板计算", "左为公开报道，右为由当前版本数据算出；两者并列，互不替代。")
ui.published_table(
    view,
    view.query("published_vs_computed"),
    ("跨境“N+1”知识产权证券化", "银企对接会、政企银", "直播华强北", "精准助企十条措施"),
)
