"""The demo exports: every table of the contract as an upstream system would export it.

Streets, communities and places are real; everything else is invented and drawn from the
distributions in `fuqi.demo.shares` so that the figures published on 2023-06-28 come out.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from fuqi.contract import model
from fuqi.demo import (
    appeals,
    datums,
    economy,
    entities,
    files,
    many_appeals,
    responsibility,
    stations,
    wrong_rows,
)
from fuqi.demo.areas import Areas, Row
from fuqi.demo.files import Layout
from fuqi.demo.timeline import EXPORTED_AT

DEFAULT_SEED = 20230628
LABEL = "演示数据"
ENTERPRISE_FILES = 2
ENTERPRISES = "市场主体"

LAYOUTS = (
    Layout("activities", "活动台账", "xlsx", headers=(("started_at", "活动时间"),)),
    Layout(
        "appeals",
        "企业诉求台账",
        "xlsx",
        title_rows=True,
        extra=("序号", "备注2"),
        headers=(("received_at", "登记时间"), ("enterprise_name", "公司名称")),
        without=("longitude", "latitude"),
        first=(
            "appeal_id",
            "received_at",
            "subdistrict_name",
            "community_name",
            "title",
            "category_path",
            "source",
        ),
    ),
    Layout(
        "assignments",
        "挂点包片",
        encoding="gb18030",
        newline="\r\n",
        headers=(("enterprise_id", "企业编号"),),
    ),
    Layout("cadres", "干部名册", "xlsx", headers=(("unit_name", "所在单位"), ("role", "身份"))),
    Layout("communities", "社区名录", encoding="utf-8-sig"),
    Layout(
        "financing",
        "融资台账",
        "xlsx",
        headers=(("amount_yuan", "金额"), ("funded_date", "放款日期")),
        extra=("序号",),
    ),
    Layout("measures", "十条措施", "xlsx"),
    Layout(
        "parks",
        "园区商圈台账",
        "xlsx",
        empty_sheet=True,
        extra=("序号",),
        headers=(
            ("longitude", "百度经度"),
            ("latitude", "百度纬度"),
            ("park_name", "园区商圈名称"),
        ),
    ),
    Layout("party_orgs", "小个专党组织", encoding="gb18030", newline="\r\n", slashes=True),
    Layout("permits", "证照办理"),
    Layout("published_figures", "已公布数字"),
    Layout("service_catalog", "服务目录"),
    Layout("station_services", "服务记录", headers=(("requested_at", "来访时间"),)),
    Layout(
        "stations",
        "福企服务站",
        encoding="utf-8-sig",
        headers=(("longitude", "高德经度"), ("latitude", "高德纬度"), ("station_id", "服务站编号")),
    ),
    Layout("subdistricts", "街道名录"),
    Layout("teams", "专项服务小组", "xlsx"),
    Layout(
        "visits",
        "走访记录",
        encoding="gb18030",
        newline="\r\n",
        slashes=True,
        first=("visited_at", "visit_id"),
        headers=(("visited_at", "走访日期"), ("note", "备注")),
        extra=("序号",),
    ),
)

SOURCE = f"""# How the exports of this folder are to be read.
label = "{LABEL}"
exported_at = {EXPORTED_AT.isoformat()}

[[files]]
pattern = "福企服务站*.csv"
table = "stations"
datum = "GCJ-02"

[[files]]
pattern = "园区商圈台账*.xlsx"
table = "parks"
datum = "BD-09"

[[files]]
pattern = "市场主体*.parquet"
table = "enterprises"
datum = "WGS84"

[[files]]
pattern = "社区名录*.csv"
table = "communities"
datum = "WGS84"

[[files]]
pattern = "街道名录*.csv"
table = "subdistricts"
datum = "WGS84"
"""


def write(
    folder: Path,
    seed: int = DEFAULT_SEED,
    progress: Callable[[str], None] = lambda line: None,
    *,
    appeal_count: int | None = None,
) -> None:
    """Writes the export of every table and `source.toml` into `folder`.

    The same seed gives the same bytes. `progress` is handed one Chinese line a step. With `appeal_count` there are so
    many appeals, of three years, as parquet files (`many_appeals`).
    """
    folder.mkdir(parents=True, exist_ok=True)
    progress("正在生成 55.2 万户市场主体……")
    areas = Areas()
    firms, orgs = entities.draw(np.random.default_rng([seed, 1]), areas)
    progress("正在生成干部、小组、服务站和走访……")
    # A copy: a wrong row put among them would shift the organisations the firms refer to.
    tables = _tables(seed, areas, firms) | {"party_orgs": list(orgs)}
    drawn = [dict(row) for row in tables["appeals"]]
    wrong_rows.add(tables)
    datums.convert(tables["stations"], "GCJ-02")
    wrong_rows.swap_position(tables["stations"])
    datums.convert(tables["parks"], "BD-09")
    wrong_rows.untidy_amounts(tables["financing"])
    aliases = {
        str(row["subdistrict_name"]): str(row["name_aliases"]).split(";")
        for row in tables["subdistricts"]
    }
    wrong_rows.untidy(np.random.default_rng([seed, 9]), tables["appeals"], aliases)
    contract = model.load()
    if appeal_count is not None:
        for file, count in many_appeals.write(
            folder, contract["appeals"], drawn, appeal_count, seed
        ):
            progress(f"已写出 {file.name}（{count:,} 行）")
    for layout in LAYOUTS:
        if layout.table == "appeals" and appeal_count is not None:
            continue
        rows = tables[layout.table]
        file = files.write(folder, layout, contract[layout.table], rows)
        progress(f"已写出 {file.name}（{len(rows):,} 行）")
    for file, count in _write_enterprises(folder, contract["enterprises"], firms, orgs):
        progress(f"已写出 {file.name}（{count:,} 行）")
    (folder / "source.toml").write_text(SOURCE, encoding="utf-8")


def _tables(seed: int, areas: Areas, firms: entities.Entities) -> dict[str, list[Row]]:
    """All tables but the enterprises and their party organisations, without wrong rows."""
    people = np.random.default_rng([seed, 2])
    cadres = responsibility.cadres(people, areas)
    teams = responsibility.teams(people, areas, cadres)
    assignments, n1_firms = responsibility.assignments(people, areas, cadres, teams, firms)
    visits = responsibility.visits(people, areas, assignments, teams, firms)
    at_stations = np.random.default_rng([seed, 3])
    station_rows = stations.draw(at_stations, areas)
    money = np.random.default_rng([seed, 4])
    activities = economy.activities(money, areas)
    return {
        "activities": activities,
        "appeals": appeals.draw(
            np.random.default_rng([seed, 5]), areas, firms, station_rows, visits
        ),
        "assignments": assignments,
        "cadres": cadres,
        "communities": areas.community_rows(),
        "financing": economy.financing(money, firms, n1_firms, activities),
        "measures": economy.measures(),
        "parks": areas.park_rows(),
        "permits": economy.permits(money, firms),
        "published_figures": economy.published_figures(),
        "service_catalog": stations.catalogue(),
        "station_services": stations.services(at_stations, station_rows, firms),
        "stations": station_rows,
        "subdistricts": areas.subdistrict_rows(),
        "teams": teams,
        "visits": visits,
    }


def _write_enterprises(
    folder: Path, contract: model.Table, firms: entities.Entities, orgs: list[Row]
) -> list[tuple[Path, int]]:
    columns = _enterprise_columns(firms, orgs)
    titles = {column.name: column.title for column in contract.columns}
    table = pa.table({titles[name]: values for name, values in columns.items()})
    # Dictionaries do not help where hardly two values are alike.
    encodings = {
        titles["enterprise_id"]: "DELTA_BYTE_ARRAY",
        titles["enterprise_name"]: "PLAIN",
    }
    size = -(-len(firms) // ENTERPRISE_FILES)
    written: list[tuple[Path, int]] = []
    for number in range(ENTERPRISE_FILES):
        part = table.slice(number * size, size)
        name = f"{ENTERPRISES}_{number + 1}of{ENTERPRISE_FILES}_{files.DAY}.parquet"
        written.append((files.write_parquet(folder / name, part, encodings), len(part)))
    return written


def _enterprise_columns(firms: entities.Entities, orgs: list[Row]) -> dict[str, pa.Array]:
    communities = firms.areas.communities

    def looked_up(values: list[str], index: np.ndarray) -> pa.Array:
        return pa.array(values).take(pa.array(index, mask=index == entities.NONE))

    def dates(day_numbers: np.ndarray) -> pa.Array:
        missing = day_numbers == entities.NONE
        return pa.array(day_numbers.astype(np.int32), mask=missing).cast(pa.date32())

    industries = [trade.industry for trade in entities.names.TRADES]
    return {
        "enterprise_id": pa.array([firms.id_of(row) for row in range(len(firms))]),
        "enterprise_name": firms.name,
        "entity_kind": looked_up(["个体工商户", "企业"], firms.is_company.astype(np.int64)),
        "is_small_business": pa.array(firms.is_small),
        "industry": looked_up(industries, firms.trade),
        "subdistrict_name": looked_up([c.street for c in communities], firms.community),
        "community_name": looked_up([c.name for c in communities], firms.community),
        "park_id": looked_up([p.id for p in firms.areas.parks], firms.park),
        "longitude": pa.array(firms.longitude / 1e5),
        "latitude": pa.array(firms.latitude / 1e5),
        "party_member_count": pa.array(firms.member_count.astype(np.int32)),
        "party_org_id": looked_up([str(o["party_org_id"]) for o in orgs], firms.party_org),
        "last_visited_date": dates(firms.visited),
        "has_party_instructor": pa.array(firms.is_instructed),
        "converted_date": dates(firms.converted),
    }
