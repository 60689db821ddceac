"""Chinese column titles and number formats for tables, from the KPI definitions and the contract."""

from functools import cache

from fuqi import contract
from fuqi.store import kpis

PAGES = {
    "overview": "总览",
    "resolution": "诉求办理",
    "comparison": "横向比较",
    "common": "共性诉求",
    "assignments": "挂点服务",
    "stations": "福企服务站",
    "small_business": "小个专",
    "financing": "融资与活动",
    "definitions": "口径",
    "data": "数据",
}
"""What the pages are called, by their files, and so the folders of their queries."""

WHOLE_DISTRICT = "全区"

TITLES = {
    "resolved_count": "解决",
    "outcome_count": "有结果",
    "satisfied_count": "满意",
    "rated_count": "已评价",
    "one_plus_one_count": "达标",
    "cadre_count": "在任干部",
    "urgency": "紧急程度",
    "subcategory": "诉求小类",
    "case_state": "状态",
    "category": "诉求类型",
    "due_count": "应办结",
    "on_time_count": "按时办结",
    "closed_count": "办结",
    "response_24h_count": "24小时内响应",
    "response_24h_due_count": "应响应",
    "returned_case_count": "有退单",
    "redone_case_count": "有重办",
    "extended_case_count": "有延期",
    "compared_name": "比较对象",
    "measure": "指标",
    "measured_rate": "比率",
    "numerator_count": "分子",
    "denominator_count": "分母",
    "rate_low": "区间下限",
    "rate_high": "区间上限",
    "district_rate": "全区",
    "previous_rate": "上期",
    "previous_numerator_count": "上期分子",
    "previous_denominator_count": "上期分母",
    "change_low_points": "变化下限",
    "change_high_points": "变化上限",
    "response_due_count": "应响应",
    "same_day_response_count": "当日响应",
    "on_time_low": "区间下限",
    "on_time_high": "区间上限",
    "object_name": "名称",
    "object_type": "类别",
    "held_state": "挂点状态",
    "holder_units": "挂点单位",
    "holder_names": "挂点干部",
    "holder_count": "干部数",
    "held_since": "挂点自",
    "last_visited_date": "最近走访",
    "visit_count": "时段内走访",
    "last_service_date": "最近服务",
    "object_count": "挂点对象",
    "held_count": "有人挂点",
    "held_in_period_count": "时段内有人挂点",
    "visited_count": "已走访",
    "quick_test_count": "快检次数",
    "responded_count": "已响应",
    "entity_count": "市场主体",
    "small_business_count": "小个专",
    "with_members_count": "有党员",
    "organised_count": "有党组织",
    "without_members_count": "无党员",
    "worked_count": "走访或指导",
    "period_visited_count": "时段走访",
    "coverage_gap": "缺口",
    "party_org_member_count": "党员",
    "mobile_member_count": "流动党组织党员",
    "organised_community_count": "有党组织的社区",
    "change_count": "较去年同期",
    "service_group": "类别",
    "shown_service_name": "名称",
    "month_counts": "逐月使用",
    "green_food_issued_count": "绿色通道发证",
    "ordinary_food_issued_count": "普通办理发证",
    "channel": "办理方式",
    "statutory_working_days": "法定（工作日）",
    "promised_working_days": "承诺（工作日）",
    "median_permit_working_days": "中位数（工作日）",
    "p90_permit_working_days": "90%以内（工作日）",
    "permit_issued_count": "发证",
    "within_promise_count": "承诺内",
    "promised_count": "有承诺时限",
    "longest_open_working_days": "在办最长（工作日）",
    "permit_state": "状态",
    "waited_working_days": "已等（工作日）",
    "left_working_days": "距承诺（工作日）",
    "entities_per_station": "每站市场主体",
    "service_name": "服务",
    "table_name": "表",
    "row_count": "行数",
    "refused_count": "拒收",
    "flagged_count": "标记",
    "source_files": "来源文件",
    "loaded_in": "载入版本",
    "severity_name": "处理",
    "reason": "原因",
    "problem_count": "条数",
    "file": "文件",
    "sheet": "工作表",
    "row_number": "行号",
    "column_title": "列",
    "value": "值",
    "overdue_hours": "超期",
    "problem": "地方 · 诉求",
    "place_count": "该处诉求",
    "place_share": "占该处",
    "elsewhere_count": "其他地方同类",
    "elsewhere_total_count": "其他地方诉求",
    "elsewhere_share": "占其他地方",
    "certainty": "偶然性",
    "firm_count": "企业数",
    "seen_in": "大半相同于",
    "recent_count": "近几周",
    "earlier_count": "此前",
    "week_counts": "每周件数",
    "last_received_date": "最近一次受理",
    "mapping_name": "映射",
    "load_mode": "载入方式",
    "read_count": "读取",
    "loaded_count": "载入",
    "new_count": "新增",
    "changed_count": "变更",
    "identical_count": "相同",
    "superseded_count": "被取代",
    "ignored_columns": "未载入的列",
    "not_loaded_reason": "未载入的原因",
    "rows_before": "现用版本行数",
    "rows_after": "发布后行数",
    "rows_difference": "增减",
    "examples": "示例",
}


@cache
def title(column: str) -> str:
    """The heading of a result column; the column's own name when nothing better is known."""
    if column in TITLES:
        return TITLES[column]
    if column in kpis():
        return kpis()[column].label
    for table in contract.load().tables:
        for known in table.stored_columns:
            if known.name == column:
                return known.title
    return column


def table_title(name: str) -> str:
    """What a table of the contract is called; the name itself for any other."""
    tables = contract.load()
    return tables[name].title if name in tables.names else name
