"""达: what the stations reach and what they do not, where further ones would help, and one station by itself."""

from typing import Any

import pyarrow as pa
import streamlit as st

from fuqi import charts, maps, printed, siting, wording
from fuqi.ui import downloads, elements, places
from fuqi.ui.escaping import cut, plain
from fuqi.ui.labels import WHOLE_DISTRICT, title
from fuqi.ui.view import View, scope_of

MOST_SITES = 10
FIRST_SITES = 3
STRAIGHT = "直线距离，不是步行距离；选址还要看场地"
SITE_COLUMNS = (
    "site_rank",
    "subdistrict_name",
    "community_name",
    "newly_reached_count",
    "reached_with_sites_rate",
    "reached_count",
    "placed_count",
)
SITE_TITLES = {"subdistrict_name": "街道", "community_name": "社区", "placed_count": "市场主体"}


def reach_sentence(view: View, totals: pa.Table) -> None:
    """Who is not reached, and who could not be counted; takes the row of `reach_totals`."""
    (row,) = totals.to_pylist()
    radius = view.settings.station_radius_metres
    if not row["judged_count"]:
        st.info(
            f"没有可以计算覆盖的数据：市场主体 {row['entity_count']:,} 家，其中没有坐标 {row['unplaced_count']:,} 家；"
            "覆盖在载入时按启用站点和企业的坐标算出。",
            icon=":material/search_off:",
        )
        return
    st.markdown(
        f"还有 **{row['unreached_count']:,}** 家市场主体在 {radius} 米内没有启用的服务站"
        f"（{row['unreached_count']:,}/{row['judged_count']:,}，"
        f"{wording.percent(row['unreached_count'] / row['judged_count'], 2, view.settings.rounding)}），"
        f"其中小个专 {row['small_judged_count'] - row['small_reached_count']:,} 家。"
        f"没有坐标、未计入的市场主体 {row['unplaced_count']:,} 家。"
    )


def least_reached(view: View) -> None:
    """The communities as a map and as a ranked list, those that stations reach least first."""
    communities = view.query("reach_by_community")
    left, right = elements.columns(2)
    with left:
        elements.district_map(
            view,
            "各社区服务站覆盖率",
            maps.measure_by_area,
            communities,
            measure="station_coverage_rate",
            counts=("reached_count", "judged_count"),
            label="服务站覆盖率",
            level=maps.COMMUNITIES,
            min_n=view.settings.min_n,
        )
    with right:
        ranked = communities.filter(communities.column("worst_rank").is_valid())
        if ranked.num_rows:
            elements.chart(view, "覆盖率最低的社区", charts.least_reached, communities)
    elements.table(
        view,
        communities,
        [
            "worst_rank",
            "subdistrict_name",
            "community_name",
            "station_coverage_rate",
            "reached_count",
            "judged_count",
            "unreached_count",
            "small_station_coverage_rate",
            "small_reached_count",
            "small_judged_count",
            "unplaced_count",
        ],
        height=300,
        titles={"unplaced_count": "无坐标"},
        leads_to={"street": "subdistrict_name", "community": "community_name"},
        empty="没有社区名录，也没有填社区的市场主体。",
    )


CELL_COUNTS = {"unreached_count": "未覆盖的市场主体", "entity_count": "全部市场主体"}
"""What the cells of the map can be shaded by."""


@st.fragment
def new_sites(view: View, stations: pa.Table) -> None:
    """Where further stations would reach most; a slider says how many. Takes the rows of `station_list`."""
    if _went_elsewhere(view):  # a click in here: the filters stand outside of what is drawn again
        st.rerun(scope="app")
    many = st.slider(
        "再开几个站",
        1,
        MOST_SITES,
        FIRST_SITES,
        key="new_sites",
        persist_state="session",
        help="逐个选：每一步选新增覆盖最多的网格。这样选出的一组，覆盖不少于同样个数最优方案新增量的63%（1-1/e）；第一个就是最优。",
    )
    side = 1 if view.filters.subdistrict else 2
    candidates = view.query("reach_cells", cells_a_side=side)
    found = siting.sites(
        candidates.column("longitude").to_pylist(),
        candidates.column("latitude").to_pylist(),
        candidates.column("unreached_count").to_pylist(),
        view.settings.station_radius_metres,
        many,
    )
    if not found:
        st.info("这里没有未覆盖的市场主体，或没有坐标可算。", icon=":material/check_circle:")
        return
    sites = view.query(
        "reach_of_sites",
        cells_a_side=side,
        site_longitudes=tuple(candidates.column("longitude")[s.cell].as_py() for s in found),
        site_latitudes=tuple(candidates.column("latitude")[s.cell].as_py() for s in found),
    )
    by_cells = sum(site.newly_reached for site in found)
    exact = sum(sites.column("newly_reached_count").to_pylist())
    left, right = elements.columns(2)
    with left:
        drawn = maps.cells_a_side(view.map_frame)
        counted = st.segmented_control(
            "格子里数什么",
            [*CELL_COUNTS],
            default="unreached_count",
            format_func=CELL_COUNTS.get,
            label_visibility="collapsed",
            required=True,
            key="cells_counted",
            persist_state="session",
        )
        elements.district_map(
            view,
            "市场主体与拟设站点",
            maps.enterprise_cells,
            view.query("reach_cells", cells_a_side=drawn),
            stations,
            side=drawn,
            counted=counted,
            sites=sites,
            chosen=view.filters.station_id,
        )
    with right:
        elements.table(
            view,
            sites,
            SITE_COLUMNS,
            titles=SITE_TITLES,
            leads_to={"street": "subdistrict_name", "community": "community_name"},
        )
        notes = [
            STRAIGHT,
            f"候选点为有市场主体的网格（约 {50 * side} 米）中心，只数所选范围内有坐标的市场主体，"
            "街道和社区按网格内多数企业所填",
            f"选点按网格计数（合计 {by_cells:,}），表中按逐家坐标重算（合计 {exact:,}）",
        ]
        st.caption("；".join(notes) + "。")
        downloads.button(
            "下载选址表",
            "服务站选址",
            "csv",
            lambda: as_csv(view, sites, notes).encode(),
            n=sites.num_rows,
            file_name=f"服务站选址_{view.as_of:%Y%m%d}.csv",
            key="sites_download",
            scope=scope_of(sites),
            icon=":material/download:",
        )


def _went_elsewhere(view: View) -> bool:
    nowhere = {"street": WHOLE_DISTRICT, "community": places.ALL_COMMUNITIES, "station": None}
    shown = {
        "street": view.filters.subdistrict,
        "community": view.filters.community,
        "station": view.filters.station_id,
    }
    return any(
        (st.session_state.get(level) or nothing) != (shown[level] or nothing)
        for level, nothing in nowhere.items()
    )


def as_csv(view: View, sites: pa.Table, notes: list[str]) -> str:
    """The rows of `reach_of_sites` for a spreadsheet, below them how and from what they were made."""
    columns = [*SITE_COLUMNS, "longitude", "latitude"]
    headed = sites.select(columns).rename_columns([SITE_TITLES.get(c, title(c)) for c in columns])
    below = [
        f"半径 {view.settings.station_radius_metres} 米",
        *notes,
        scope_of(sites),
        view.provenance,
    ]
    return "\ufeff" + printed.as_csv(headed) + "".join(f'"{line}"\n' for line in below)


def station_block(view: View) -> None:
    """The station the reader stands at: facts, services, months, enterprises around it, appeals from it."""
    # A place of its own, filled or not: the maps below would move and be drawn anew.
    with st.container():
        for station in view.query("station_facts").to_pylist() if view.filters.station_id else ():
            _station(view, station)


def _station(view: View, station: dict[str, Any]) -> None:
    with st.container(border=True):
        name = f"{cut(station['station_name'])}（{cut(station['station_id'])}）"
        elements.section(name, plain(_facts(station), elements.LONGEST_NOTE))
        st.markdown(_around(view, station))
        left, right = elements.columns(2)
        with left:
            months = view.query(
                "station_services_trend",
                step="month",
                start_date=_first_month(view, station),
                end_date=view.as_of.date(),
            )
            elements.chart(view, "每月服务", charts.service_trend, months, step="month")
        with right:
            st.markdown("**本站来的诉求**")
            elements.table(
                view,
                view.query("station_appeals"),
                ["appeal_id", "title", "category", "received_at", "case_state", "enterprise_name"],
                empty="这段时间没有来自本站的诉求。",
            )


def _first_month(view: View, station: dict[str, Any]) -> Any:
    """From the month the station opened, or the programme began if that is later or nobody knows."""
    start = view.settings.programme_start
    return max(start, station["opened_date"] or start).replace(day=1)


def _facts(station: dict[str, Any]) -> str:
    opened = station["opened_date"]
    said = [
        station["station_kind"],
        station["subdistrict_name"],
        station["community_name"],
        station["address"],
        f"{opened:%Y-%m-%d} 启用" if opened else "启用日期未填",
        "" if station["is_open"] else "现未启用",
        f"服务事项：{station['services'].replace(';', '、')}"
        if station["services"]
        else "服务事项未填",
    ]
    return " · ".join(part for part in said if part)


def _around(view: View, station: dict[str, Any]) -> str:
    if not station["is_placed"]:
        return "本站没有坐标，算不出周边市场主体。"
    return (
        f"**{view.settings.station_radius_metres} 米内市场主体 {station['near_count']:,} 家**（直线距离），"
        f"其中小个专 {station['near_small_count']:,} 家；"
        f"{station['nearest_to_this_count']:,} 家以本站为最近的启用站点。"
    )


def stations_and_streets(view: View, stations: pa.Table) -> None:
    """Every station, the busiest first, and what each street has; takes the rows of `station_list`."""
    since = f"{view.settings.assignments_start:%Y-%m-%d} 以来咨询"
    elements.section("站点清单", "按时段内服务人次从多到少；点一行看这个站点。")
    elements.table(
        view,
        stations,
        [
            "station_id",
            "station_name",
            "station_kind",
            "subdistrict_name",
            "community_name",
            "service_count",
            "consultation_count",
            "consultations_since_count",
            "last_service_date",
            "opened_date",
            "services",
        ],
        height=380,
        titles={"consultations_since_count": since},
        leads_to={"station": "station_id"},
        empty="当前筛选下没有启用的站点。",
    )
    elements.section("各街道", "每站市场主体：该街道市场主体数除以启用站点数。")
    elements.table(
        view,
        view.query("stations_by_subdistrict"),
        [
            "subdistrict_name",
            "station_count",
            "service_count",
            "entity_count",
            "entities_per_station",
            "station_coverage_rate",
            "reached_count",
            "judged_count",
            "small_station_coverage_rate",
            "small_reached_count",
            "small_judged_count",
        ],
        leads_to={"street": "subdistrict_name"},
    )
