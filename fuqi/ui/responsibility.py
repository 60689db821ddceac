"""Blocks of the page 挂点服务: what nobody holds, one object, the past, the service teams, and a proposal."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import streamlit as st

from fuqi import charts, maps, proposal, wording
from fuqi.ui import downloads
from fuqi.ui.elements import chart, columns, district_map, kpi_row, only, published_table, table
from fuqi.ui.elements import section as heading
from fuqi.ui.escaping import plain
from fuqi.ui.labels import title
from fuqi.ui.view import SCOPE, View

STREET_ALONE = {"community": None, "park_id": None}
"""For what shows the chosen park or community among the others of its street."""

LEADS_TO = {"park": "park_id", "community": "community_name"}
"""What choosing a row of a list of parks and communities goes to."""

COLOURINGS: dict[str, dict[str, Any]] = {
    "不着色": {},
    "走访覆盖率": {
        "colouring": "visit_coverage_rate",
        "counts": ("visited_count", "held_in_period_count"),
    },
    "频次达标率": {
        "colouring": "frequency_rate",
        "counts": ("frequent_count", "held_in_period_count"),
    },
    "无人挂点": {"colouring": "unheld_count"},
}
"""What the map's streets can be coloured by: columns of `assignments_by_subdistrict`."""

MOST_NAMED = 8
"""Unheld objects named in the first sentence; the table has them all."""

PROPOSED = (
    "proposal_kind",
    "object_name",
    "subdistrict_name",
    "holder_units",
    "holder_names",
    "reason",
)
IN_FILE = (*PROPOSED, "object_type", "object_id", "cadre_id", "from_object_name", "distance_metres")
PROPOSAL_NOTE = "仅为建议：由程序按现有挂点计算，没有写入任何数据，须由组织部门研究确定。"


def missing_sentence(view: View, held: pa.Table) -> None:
    """Who is missing, by name, from the rows of `held_object_list`."""
    missing = only(held, is_held=False).to_pylist()
    where = plain(_where(view))
    if not missing:
        st.success(f"{where} {held.num_rows} 处都有人挂点。", icon=":material/check_circle:")
        return
    named = "、".join(
        plain(row["object_name"])
        + (f"（{plain(row['subdistrict_name'])}）" if not view.filters.subdistrict else "")
        for row in missing[:MOST_NAMED]
    )
    more = " 等" if len(missing) > MOST_NAMED else ""
    st.markdown(
        f"#### {where} {held.num_rows} 处中，:violet[{len(missing)} 处无人挂点]：{named}{more}"
    )


def held_map(view: View) -> None:
    """The map of what is held, with the reader's choice of what its streets are coloured by.

    The chosen park or community is marked among those of its street.
    """
    label = st.segmented_control(
        "街道着色",
        list(COLOURINGS),
        default="不着色",
        required=True,
        key="held_map_colouring",
        label_visibility="collapsed",
    )
    district_map(
        view,
        "挂点地图（点击园区、社区或街道可进入）",
        maps.held_over_streets,
        view.query("held_object_list", **STREET_ALONE),
        view.query("assignment_lines", **STREET_ALONE),
        view.query("assignments_by_subdistrict"),
        chosen=view.filters.park_id or view.filters.community,
        label=label or "",
        **COLOURINGS[label or "不着色"],
    )


def chosen_object(view: View) -> dict[str, str] | None:
    """The park, or else the community, that the reader stands at, as queries ask for it."""
    if view.filters.park_id:
        return {"object_kind": "园区商圈", "object_id": view.filters.park_id}
    if view.filters.community:
        return {"object_kind": "社区", "object_id": view.filters.community}
    return None


def object_block(view: View) -> bool:
    """The chosen park or community: who held it when, its visits, its appeals. False when none is chosen."""
    chosen = chosen_object(view)
    if chosen is None:
        return False
    for facts in view.query("object_facts", **chosen).to_pylist():
        with st.container(border=True):
            _facts(view, facts)
            left, right = columns(2)
            with left:
                st.markdown("**谁挂过点**")
                history = view.query("holder_history", **chosen)
                table(
                    view,
                    _about(history, facts["object_name"]),
                    ["term_state", "holder_unit", "holder_name", "held_since", "held_until"],
                    empty="从来没有干部挂点。",
                    height=250 if history.num_rows > 6 else "auto",
                )
            with right:
                st.markdown("**时段内走访**")
                visits = view.query("object_visit_list", **chosen)
                table(
                    view,
                    _about(visits, f"{facts['object_name']} · {_period(view)}"),
                    ["visited_at", "visitor_unit", "visitor_name", "appeal_count", "note"],
                    empty="时段内没有走访。",
                    height=250 if visits.num_rows > 6 else "auto",
                )
            st.markdown("**诉求**（未办结的在前，其后为时段内受理的）")
            cases = view.query("object_appeals", **chosen)
            table(
                view,
                _about(cases, f"{facts['object_name']} · {_period(view)}"),
                [
                    *("case_state", "appeal_id", "title", "category", "enterprise_name"),
                    *("received_at", "due_at", "closed_at", "outcome"),
                ],
                empty="没有未办结的诉求，时段内也没有受理。",
                height=250 if cases.num_rows > 6 else "auto",
            )
    return True


def _facts(view: View, facts: dict[str, Any]) -> None:
    held = (
        f"有人挂点，{facts['holder_count']} 名干部，自 {facts['held_since']}"
        if facts["is_held"]
        else ":violet[无人挂点]"
    )
    kind = facts["object_type"]
    where = "" if kind == "社区" else f"　{plain(facts['community_name'] or '')}"
    st.markdown(f"#### {plain(facts['object_name'])}　{held}")
    last = (
        f"最近走访 {facts['last_visited_date']}" if facts["last_visited_date"] else "没有走访记录"
    )
    frequency = (
        f"频次{'达标' if facts['is_frequent'] else '未达标'}"
        f"（{facts['met_quarter_count']}/{facts['quarter_count']} 个季度，"
        f"每季度要求 {view.settings.visits_per_quarter} 次）"
        if facts["quarter_count"]
        else "时段内无人挂点，不判频次"
    )
    overdue = f"，其中超期 {facts['overdue_count']}" if facts["overdue_count"] else ""
    st.caption(
        f"{kind}　{plain(facts['subdistrict_name'])}{where} · 企业与个体工商户 {facts['entity_count']:,} 户"
        f" · 未办结诉求 {facts['open_count']}{overdue} · {last} · 时段内走访 {facts['visit_count']} 次"
        f" · {frequency}"
    )


def assignment_history(view: View) -> None:
    """Assignments on any day, and what changed since another one."""
    first, today = view.settings.assignments_start, view.as_of.date()
    if first >= today:
        st.info(f"挂点自 {first} 起，数据截至 {today}，还没有可以回看的日子。")
        return
    earlier, shown = st.slider(
        "拖动两端：左端是用来比较的那一天，右端是要看的那一天",
        min_value=first,
        max_value=today,
        value=(max(first, min(view.filters.period.first, today - timedelta(days=1))), today),
        format="YYYY-MM-DD",
        key="history_days",
    )
    then = _end_of(view, shown)
    is_past = shown < today
    if is_past:
        st.warning(
            f"您在看过去：以下是 {shown} 当天的挂点情况，不是现在。", icon=":material/history:"
        )
    (totals,) = view.query("assignment_totals", as_of=then).to_pylist()
    st.markdown(
        f"**{shown}**{'（数据截至日）' if not is_past else ''}：{totals['object_count']} 处中 "
        f"{totals['unheld_count']} 处无人挂点（园区商圈 {totals['unheld_park_count']}，"
        f"社区 {totals['unheld_community_count']}）；全区在任干部 {totals['cadre_count']} 人，"
        f"1+1 达标 {totals['one_plus_one_count']} 人"
        f"（{wording.percent(totals['one_plus_one_rate'], rounding=view.settings.rounding)}）。"
    )
    held = view.query("held_object_list", as_of=then)
    changes = view.query("assignment_changes", as_of=then, compared_at=_end_of(view, earlier))
    kinds = Counter(changes.column("change_kind").to_pylist())
    heading(
        f"{earlier} 至 {shown} 的变动",
        "、".join(f"{kind} {count} 处" for kind, count in kinds.items()) + "。" if kinds else "",
    )
    table(
        view,
        _about(changes, f"{_where(view)} · {wording.period(earlier, shown)}"),
        [
            *("change_kind", "object_name", "object_type", "subdistrict_name"),
            *("former_holder_count", "holder_count", "left_holders", "new_holders"),
        ],
        empty="两天的挂点相同。",
        height=320 if changes.num_rows > 8 else "auto",
        leads_to=LEADS_TO,
    )
    heading(f"{shown} 的挂点清单", "无人挂点的排在最前。")
    table(
        view,
        _about(held, f"{_where(view)} · {shown} 当天"),
        [
            *("held_state", "object_name", "object_type", "subdistrict_name"),
            *("holder_count", "holder_units", "holder_names", "held_since"),
        ],
        height=360,
    )


def service_teams(view: View) -> None:
    """专项服务小组: enterprises, plans, outcomes and deals, and the N+1 case."""
    totals = view.query("team_totals")
    if not totals.column("team_count")[0].as_py():
        st.info("没有载入专项服务小组，或所选街道没有小组。", icon=":material/search_off:")
        return
    kpi_row(
        view,
        ["team_count", "team_served_count", "plan_rate", "outcome_filled_rate"],
        totals=[totals],
    )
    st.caption(
        "累计至数据截至日。方案和成效没有日期，按导出时的内容计；填有成效不等于已有结果，内容见右图。"
    )
    left, right = columns([3, 2])
    with left:
        heading("各街道小组")
        table(
            view,
            view.query("teams_by_subdistrict"),
            [
                *("subdistrict_name", "team_count", "team_served_count", "plan_count", "plan_rate"),
                *("outcome_filled_count", "outcome_filled_rate", "deal_count", "deal_yuan"),
            ],
        )
    with right:
        chart(
            view,
            "填写的服务成效",
            charts.counts_by_name,
            view.query("team_outcomes"),
            name="outcome_name",
            count="team_served_count",
            axis="企业（家）",
        )
    _n1_case(view)
    heading("小组清单")
    table(
        view,
        view.query("team_list"),
        [
            *("team_name", "subdistrict_name", "topic", "team_served_count", "plan_count"),
            *("outcome_filled_count", "deal_count", "deal_yuan"),
        ],
        height=320,
    )
    heading("一企一案", "还没有填成效的排在前面。")
    table(
        view,
        view.query("team_enterprises"),
        ["team_name", "enterprise_name", "served_since", "plan", "outcome"],
        titles={"outcome": "服务成效"},
        height=320,
    )
    heading("公布数字与看板计算")
    published_table(
        view,
        view.query("published_vs_computed"),
        ("组工助企行", "专项服务小组", "跨境“N+1”知识产权证券化"),
    )


def _n1_case(view: View) -> None:
    deals = view.query("n1_deals")
    if not deals.num_rows:
        return
    facts = deals.slice(0, 1).to_pylist()[0]
    heading("案例：跨境“N+1”知识产权证券化")
    funded = (
        f"首笔 {facts['first_funded_date']} 到账，历时 {facts['case_months']} 个月；"
        f"已到账 {facts['funded_count']}/{facts['deal_count']} 笔，"
        f"共 {wording.number(facts['funded_yuan'] / 10000)} 万元。"
        if facts["funded_count"] and facts["case_months"] is not None
        else f"已到账 {facts['funded_count']}/{facts['deal_count']} 笔。"
    )
    teams = "、".join(sorted({plain(t) for t in deals.column("team_name").to_pylist() if t}))
    st.markdown(
        f"最早 {facts['first_applied_date']} 提出，{funded}" + (f"由{teams}办理。" if teams else "")
    )
    chart(view, "从提出到到账", charts.deal_spans, deals)


def proposal_block(view: View) -> None:
    """Who could take what nobody holds: a list with reasons, and the same as a file. Nothing is changed by it."""
    objects = view.query("proposal_objects")
    if not objects.num_rows:
        st.success(f"{plain(_where(view))}没有无人挂点的园区、商圈或社区，不需要补位。")
        return
    rows = proposal.proposed(objects, view.query("proposal_candidates"))
    ways = Counter(rows.column("proposal_kind").to_pylist())
    st.warning(PROPOSAL_NOTE, icon=":material/lightbulb:")
    st.markdown(
        f"#### {rows.num_rows} 处无人挂点："
        + "，".join(f"{ways[way]} 处{words}" for way, words in _WAYS.items() if ways[way])
    )
    table(
        view,
        _about(rows, _where(view)),
        PROPOSED,
        titles={"holder_units": "建议单位", "holder_names": "建议干部"},
    )
    notes = [PROPOSAL_NOTE, _where(view), view.provenance]
    downloads.button(
        "下载建议（CSV）",
        "挂点补位建议",
        "csv",
        lambda: proposal.as_csv(rows, {c: title(c) for c in IN_FILE}, notes),
        n=rows.num_rows,
        file_name=f"挂点补位建议_{view.as_of:%Y%m%d}.csv",
        key="proposal_download",
        scope=_where(view),
        icon=":material/download:",
    )
    with st.expander("怎样算出来的"):
        st.markdown(_METHOD)


_WAYS = {
    proposal.FILL: "由缺这一类的干部补上",
    proposal.MOVE: "由多人挂点处转来",
    proposal.ADD: "只能增挂（超出1+1）",
    proposal.NOBODY: "没有干部可补",
}
_METHOD = f"""
先让尽可能多的对象有人挂，再取总代价最小的一种分法（运筹学的指派问题，求得的是最优解，同样的数据总得同样的结果）。
代价都折成公里：

- 街道办到对象的直线距离；区直单位的干部没有所属街道，按其现挂对象所在街道算。
- 正好缺这一类（园区商圈或社区）的干部优先，不加代价；从多人挂点处转来加 {proposal.MOVES:g} 公里；
  在1+1之外增挂加 {proposal.ADDS:g} 公里。
- 跨街道加 {proposal.OTHER_STREET:g} 公里；每已挂一个对象加 {proposal.EACH_HELD:g} 公里，使负担均衡；
  位置不详按 {proposal.UNKNOWN_DISTANCE:g} 公里。
- 每名干部至多接一处（什么都没挂的可接园区商圈、社区各一处），同类至多 {proposal.MOST_OF_A_KIND} 处；
  被转出的对象至少留一名干部；缺一类的干部只补所缺。

没有考虑干部的工作内容和意愿，也没有考虑专业是否对口。
"""


def _about(rows: pa.Table, words: str) -> pa.Table:
    """The rows, said to be about `words` where the filters cannot say it."""
    return rows.replace_schema_metadata({SCOPE: words.encode()})


def _where(view: View) -> str:
    filters = view.filters
    if filters.park_id:
        return view.places.name("park", filters.park_id)
    return filters.community or filters.subdistrict or "全区"


def _period(view: View) -> str:
    return wording.period(view.filters.period.first, view.filters.period.last)


def _end_of(view: View, day: date) -> datetime:
    """The moment a day is judged at: its end, or what the data know of it."""
    return min(datetime.combine(day, time(23, 59, 59)), view.as_of)
