"""The demo exports: complete, repeatable, small, untidy where intended, and true to the figures."""

import csv
import json
import re
import tomllib
from datetime import date, datetime
from statistics import median

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from fuqi import demo, paths, worktime
from fuqi.contract import model
from fuqi.demo import entities, facts, wrong_rows
from fuqi.demo.boundaries import NOTE, community_polygons, street_polygons
from fuqi.demo.economy import PUBLISHED
from fuqi.demo.timeline import EXPORTED_AT

MB = 1_000_000
ENCODINGS = ("utf-8-sig", "gb18030")
WRITTEN = {layout.table: layout for layout in demo.LAYOUTS}
EXTRA_HEADERS = {"序号", "备注2"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    demo.write(folder, demo.DEFAULT_SEED)
    return folder


@pytest.fixture(scope="module")
def tables(folder):
    """Rows by table as dicts by column name; values as they stand in the file."""
    return {name: rows_of(folder, name) for name in WRITTEN}


@pytest.fixture(scope="module")
def enterprises(folder):
    files = sorted(folder.glob("市场主体*.parquet"))
    table = pa.concat_tables([pq.read_table(file) for file in files])
    titles = {c.title: c.name for c in model.load()["enterprises"].columns}
    return table.rename_columns([titles[name] for name in table.column_names]).to_pandas()


@pytest.fixture(scope="module")
def sound_appeals(tables):
    """Appeals a careful reader would accept: known street, dates that read, newest state only."""
    newest = {}
    for row in tables["appeals"]:
        if row["appeal_id"] and not row["appeal_id"].startswith(wrong_keys("appeals")):
            newest[row["appeal_id"]] = row
    return list(newest.values())


def wrong_keys(table):
    key = model.load()[table].key[0]
    changes = [w.changes.get(key) for w in wrong_rows.WRONG_ROWS if w.table == table]
    return tuple(str(k) for k in changes if k)


def cells_of(file):
    """Header and rows of a csv or xlsx file; rows above the header are skipped."""
    if file.suffix == ".csv":
        raw = file.read_bytes()
        for encoding in ENCODINGS:
            try:
                text = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
        lines = list(csv.reader(text.splitlines()))
    else:
        lines = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    top = next(n for n, line in enumerate(lines) if sum(cell != "" for cell in line) > 2)
    return lines[top], lines[top + 1 :]


def rows_of(folder, name):
    table, layout = model.load()[name], WRITTEN[name]
    headers, lines = cells_of(folder / layout.file_name)
    names = {header: c.name for c in table.columns for header in c.headers}
    return [
        {names.get(h, h): (None if v == "" else v) for h, v in zip(headers, line, strict=True)}
        for line in lines
    ]


def as_time(value):
    """A moment from a date cell or from any of the spellings in the demo; None when unreadable."""
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    digits = str(value).translate(str.maketrans("０１２３４５６７８９：／", "0123456789:/"))
    try:
        return datetime(*map(int, re.findall(r"\d+", digits)))
    except (TypeError, ValueError):
        return None


def yuan(row):
    """An amount that may be written as 650万."""
    amount = row["amount_yuan"]
    if isinstance(amount, str) and amount.endswith("万"):
        return int(amount.removesuffix("万")) * 10_000
    return amount


def sound(tables, name):
    key = model.load()[name].key[0]
    return [row for row in tables[name] if row[key] and row[key] not in wrong_keys(name)]


def test_every_contract_table_has_a_file(folder):
    files = [p.name for p in folder.iterdir()]
    for table in [t.name for t in model.load().tables if not t.completes]:
        start = demo.ENTERPRISES if table == "enterprises" else WRITTEN[table].name
        assert any(name.startswith(start) for name in files), table


def test_every_header_is_known_to_the_contract(folder):
    for name, layout in WRITTEN.items():
        headers, _ = cells_of(folder / layout.file_name)
        known = {header for c in model.load()[name].columns for header in c.headers}
        assert set(headers) - EXTRA_HEADERS <= known, name
        exported = len(model.load()[name].columns) - len(layout.without)
        assert len(headers) - len(EXTRA_HEADERS & set(headers)) == exported


def test_same_seed_gives_the_same_bytes(folder, tmp_path):
    demo.write(tmp_path, demo.DEFAULT_SEED)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {
        p.name: p.read_bytes() for p in tmp_path.iterdir()
    }


def test_another_seed_gives_other_events_and_the_same_figures(folder, tmp_path):
    demo.write(tmp_path, 7)
    for name in ("appeals", "visits", "stations", "financing", "permits"):
        file = WRITTEN[name].file_name
        assert (tmp_path / file).read_bytes() != (folder / file).read_bytes(), name
    rows = [r for r in rows_of(tmp_path, "financing") if r["amount_yuan"] != "不详"]
    assert sum(yuan(r) for r in rows) == 990_000_000
    assert (tmp_path / "已公布数字_20230628.csv").read_bytes() == (
        folder / "已公布数字_20230628.csv"
    ).read_bytes()


def test_committed_exports_are_those_of_the_default_seed(folder):
    for file in folder.iterdir():
        assert (paths.EXPORTS / file.name).read_bytes() == file.read_bytes(), file.name


def test_exports_stay_small(folder):
    sizes = [p.stat().st_size for p in folder.iterdir()]
    assert sum(sizes) <= 12 * MB
    assert max(sizes) <= 4 * MB


def test_source_states_label_moment_and_datums(folder):
    source = tomllib.loads((folder / "source.toml").read_text(encoding="utf-8"))
    assert source["label"] == "演示数据"
    assert source["exported_at"] == EXPORTED_AT
    datums = {entry["table"]: entry["datum"] for entry in source["files"]}
    assert datums["stations"] == "GCJ-02" and datums["parks"] == "BD-09"
    for entry in source["files"]:
        matched = {p.name.split("_")[0] for p in folder.glob(entry["pattern"])}
        assert len(matched) == 1, entry


def test_appeals_have_two_rows_above_their_headers(folder):
    file = folder / WRITTEN["appeals"].file_name
    lines = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    assert "演示数据" in lines[0][0] and lines[1][0].startswith("导出时间")
    assert "工单编号" in lines[2]


def test_visits_need_gb18030(folder):
    raw = (folder / WRITTEN["visits"].file_name).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("gbk")
    text = raw.decode("gb18030")
    assert "䶮" in text and text.count("\r\n") == text.count("\n")


def test_nothing_is_recorded_after_the_export(tables, enterprises):
    for name, rows in tables.items():
        for column in model.load()[name].event_times:
            late = [
                row
                for row in rows
                if (moment := as_time(row[column.name])) is not None and moment > EXPORTED_AT
            ]
            assert not late, (name, column.name, late[0])
    for column in ("last_visited_date", "converted_date"):
        assert enterprises[column].dropna().max() <= EXPORTED_AT.date()


def test_every_resolved_appeal_is_counted_once(sound_appeals):
    resolved = [r for r in sound_appeals if r["is_void"] == "否" and r["outcome"] == "解决"]
    assert len(resolved) == 2300
    assert all(as_time(r["received_at"]) >= datetime(2022, 6, 1) for r in resolved)
    assert all(as_time(r["closed_at"]) >= as_time(r["received_at"]) for r in resolved)


def test_open_appeals_are_overdue_due_soon_and_new(sound_appeals):
    still_open = [r for r in sound_appeals if r["is_void"] == "否" and r["closed_at"] is None]
    due = [as_time(r["due_at"]) for r in still_open]
    soon = worktime.add_working_days(EXPORTED_AT, 1)
    assert len(still_open) == 81
    assert sum(d < EXPORTED_AT for d in due) == 18
    assert sum(EXPORTED_AT < d <= soon for d in due) == 15
    new = [r for r in still_open if as_time(r["received_at"]).date() == EXPORTED_AT.date()]
    assert sum(r["first_response_at"] is None for r in new) >= 3


def test_appeals_behave_as_stated(sound_appeals):
    rows = [r for r in sound_appeals if r["is_void"] == "否"]
    answered = [r for r in rows if r["first_response_at"] is not None]
    same_day = [
        r
        for r in answered
        if as_time(r["first_response_at"]).date() == as_time(r["received_at"]).date()
    ]
    assert 0.91 <= len(same_day) / len(answered) <= 0.95
    closed = [r for r in rows if r["closed_at"] is not None]
    late = [r for r in closed if as_time(r["closed_at"]) > as_time(r["due_at"])]
    assert 0.03 <= len(late) / len(closed) <= 0.06
    rated = [r for r in closed if r["rating"] is not None]
    assert 0.60 <= len(rated) / len(closed) <= 0.70
    assert all(as_time(r["first_response_at"]) >= as_time(r["received_at"]) for r in answered)


def test_firms_in_hetao_ask_for_financing_far_more_often(tables, sound_appeals):
    hetao = {r["park_id"] for r in tables["parks"] if r["area_name"] == "河套"}
    asks = [(r["park_id"] in hetao, "融资难融资贵" in r["category_path"]) for r in sound_appeals]
    inside = [ask for here, ask in asks if here]
    outside = [ask for here, ask in asks if not here]
    assert len(inside) > 100
    assert sum(inside) / len(inside) > 3 * sum(outside) / len(outside)


def test_stations_reach_the_published_count(tables):
    stations = sound(tables, "stations")
    still_open = [r for r in stations if r["closed_date"] is None]
    assert len(still_open) == 145
    assert all(re.fullmatch(r"\d{3}", r["station_id"]) for r in stations)
    assert sum(float(r["longitude"]) < 100 for r in still_open) == 1
    with_station = {r["community_name"] for r in still_open}
    assert len(with_station) == 90


def test_station_services_reach_the_published_figures(tables):
    rows = sound(tables, "station_services")
    consultations = {}
    for row in rows:
        if row["service_id"] == "S01" and as_time(row["requested_at"]) >= datetime(2023, 3, 1):
            consultations[row["station_id"]] = consultations.get(row["station_id"], 0) + 1
    assert max(consultations.values()) == 612
    minutes = {"外送办理": [], "站内办理": []}
    for row in rows:
        if row["service_id"] == "S02":
            taken = as_time(row["completed_at"]) - as_time(row["requested_at"])
            minutes[row["process"]].append(taken.total_seconds() / 60)
    assert median(minutes["外送办理"]) == 24 * 60
    assert median(minutes["站内办理"]) == 5
    assert 8_000 <= len(rows) <= 10_000
    opened = {r["station_id"]: as_time(r["opened_date"]) for r in sound(tables, "stations")}
    assert all(as_time(r["requested_at"]) >= opened[r["station_id"]] for r in rows)


def test_party_organisations_reach_the_published_counts(tables):
    mobile = [row["is_mobile"] for row in sound(tables, "party_orgs")]
    assert (mobile.count("否"), mobile.count("是")) == (1363, 60)


def test_enterprises_reach_the_published_figures(enterprises):
    small = enterprises[enterprises.is_small_business]
    members = small.party_member_count > 0
    assert len(enterprises) == 552_000 and enterprises.enterprise_id.is_unique
    assert len(small) == 529_860 and small.last_visited_date.notna().all()
    assert small[members].party_org_id.notna().all()
    assert (small[~members].last_visited_date.notna() | small[~members].has_party_instructor).all()
    converted = enterprises[enterprises.converted_date.map(lambda d: d is not None)]
    in_2022 = converted[converted.converted_date.map(lambda d: d.year == 2022)]
    assert len(in_2022) == 1130
    assert (in_2022.subdistrict_name == "华强北街道").sum() == 302


def test_party_organisations_cover_enterprises_of_their_own_community(tables, enterprises):
    seat = {r["party_org_id"]: r["community_name"] for r in sound(tables, "party_orgs")}
    covered = enterprises[enterprises.party_org_id.notna()]
    assert (covered.party_org_id.map(seat) == covered.community_name).all()


def test_enterprises_lie_in_all_communities(enterprises):
    found = enterprises.groupby("community_name", observed=True).longitude.count()
    assert len(found) == 92 and found.min() > 0
    assert enterprises.longitude.between(113.97, 114.11).all()
    assert enterprises.latitude.between(22.50, 22.60).all()


def test_financing_reaches_the_published_figures(tables):
    rows = sound(tables, "financing")
    n1 = [r for r in rows if r["programme"] == "跨境N+1知识产权证券化"]
    loans = [r for r in rows if r["programme"] == "银企对接低息融资"]
    assert len({r["enterprise_id"] for r in n1}) == 9
    assert sum(yuan(r) for r in n1) == 60_000_000
    assert min(as_time(r["applied_date"]) for r in n1) == datetime(2022, 5, 14)
    assert {as_time(r["funded_date"]) for r in n1} == {datetime(2023, 2, 14)}
    assert sum(yuan(r) for r in loans) == 930_000_000


def test_live_events_reach_the_published_figures(tables):
    live = [r for r in tables["activities"] if r["activity_kind"] == "直播"]
    days = [as_time(r["started_at"]).date() for r in live]
    assert len(live) == 33 and {r["subdistrict_name"] for r in live} == {"华强北街道"}
    assert sum(r["sales_yuan"] for r in live) == 61_280_000
    assert (max(days) - min(days)).days + 1 == 28


def test_food_permits_take_the_published_working_days(tables):
    number = {
        d.day: d.working_day_number for d in worktime.calendar(date(2022, 1, 1), EXPORTED_AT.date())
    }
    taken = {"否": [], "是": []}
    for row in sound(tables, "permits"):
        if row["permit_kind"] == "食品经营许可" and row["issued_date"] is not None:
            issued, applied = as_time(row["issued_date"]), as_time(row["applied_date"])
            taken[row["is_green_channel"]].append(number[issued.date()] - number[applied.date()])
    assert (median(taken["否"]), median(taken["是"])) == (8, 3)


def test_cadres_hold_one_park_and_one_community(tables):
    cadres = {r["cadre_id"] for r in tables["cadres"] if r["end_date"] is None}
    held = {cadre: {"园区商圈": 0, "社区": 0} for cadre in cadres}
    parks, communities = set(), set()
    for row in sound(tables, "assignments"):
        if row["holder_kind"] == "干部" and row["end_date"] is None:
            held[row["cadre_id"]][row["object_kind"]] += 1
            parks.add(row["park_id"])
            communities.add(row["community_name"])
    assert median(h["园区商圈"] for h in held.values()) == 1
    assert median(h["社区"] for h in held.values()) == 1
    assert sum(h != {"园区商圈": 1, "社区": 1} for h in held.values()) == 8
    nobody = {r["park_id"] for r in tables["parks"]} - parks
    assert nobody == {"P040", "P055", "P062"}
    assert len({c.name for c in facts.communities()} - communities) == 3


def test_fubao_has_34_teams(tables):
    numbers = [r["team_number"] for r in tables["teams"] if r["subdistrict_name"] == "福保街道"]
    assert sorted(numbers) == list(range(1, 35))


def test_published_figures_are_all_listed(tables):
    assert [r["figure_id"] for r in tables["published_figures"]] == [p[0] for p in PUBLISHED]
    assert len(PUBLISHED) == 34


def test_references_hold_but_for_the_wrong_rows(tables, enterprises):
    contract = model.load()
    ids = {"enterprises.enterprise_id": set(enterprises.enterprise_id)}
    streets = {
        spelling: row["subdistrict_name"]
        for row in tables["subdistricts"]
        for spelling in [row["subdistrict_name"], *row["name_aliases"].split(";")]
    }
    for name in WRITTEN:
        for column in contract[name].columns:
            if column.references is None:
                continue
            target, _, key = column.references.partition(".")
            known = ids.setdefault(
                column.references, {r[key] for r in tables[target]} if target in tables else set()
            )
            found = {row[column.name] for row in sound(tables, name)} - {None}
            if key == "subdistrict_name":
                found = {streets.get(value, value) for value in found}
            assert found <= known, (name, column.name, sorted(found - known)[:3])


def test_appeals_taken_on_a_visit_name_a_visit_before_them(tables, sound_appeals):
    visits = {r["visit_id"]: r for r in sound(tables, "visits")}
    taken = [r for r in sound_appeals if r["visit_id"]]
    assert len(taken) > 200
    for row in taken:
        assert as_time(visits[row["visit_id"]]["visited_at"]) <= as_time(row["received_at"])
    assert sum(int(v["appeal_count"]) for v in visits.values()) == len(taken)


def test_boundaries_cover_the_district_and_say_they_are_schematic():
    cells, streets = community_polygons(), street_polygons()
    assert len(cells) == 92 and len(streets) == 10
    for polygon in (*cells.values(), *streets.values()):
        assert polygon.is_valid and not polygon.exterior.is_ccw
    for community in facts.communities():
        inside = cells[community.name].intersection(streets[community.street]).area
        assert inside > 0.99 * cells[community.name].area
    document = json.loads((paths.BOUNDARIES / "communities.geojson").read_text(encoding="utf-8"))
    assert document["note"] == NOTE


def test_every_wrong_row_is_in_its_file(tables):
    for wrong in wrong_rows.WRONG_ROWS:
        key = model.load()[wrong.table].key[0]
        rows = [r for r in tables[wrong.table] if r[key] == wrong.changes.get(key, object())]
        assert len(rows) == 1, wrong.reason
    ids = [r["appeal_id"] for r in tables["appeals"]]
    assert len(ids) - len(set(ids)) == wrong_rows.SUPERSEDED_APPEALS
    assert entities.ENTITIES == 552_000
