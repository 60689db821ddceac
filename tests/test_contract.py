"""The data contract: what its loader refuses, and what the real one holds."""

from pathlib import Path

import duckdb
import pytest

from fuqi import contract, paths
from fuqi.contract import ContractError
from fuqi.contract.document import BEGIN, END, with_tables

SOUND = """
title = "诉求"
grain = "one row per appeal"
kind = "event"
key = ["appeal_id"]

[columns]
appeal_id = { title = "工单编号", type = "text", required = true }
closed_at = { title = "办结时间", type = "timestamp", aliases = ["结案时间"] }
longitude = { title = "经度", type = "longitude", datum = "GCJ-02", pair = "latitude" }
latitude = { title = "纬度", type = "latitude", datum = "GCJ-02", pair = "longitude" }

[[checks]]
columns = ["closed_at"]
reason = "没有办结时间"
holds = "closed_at is not null"
"""

TABLES = {
    *("subdistricts", "communities", "parks", "stations", "cadres", "teams", "enterprises"),
    *("service_catalog", "measures", "published_figures", "assignments", "appeals", "visits"),
    *("station_services", "party_orgs", "financing", "activities", "permits"),
}
SIDE_LISTS = ("appeal_extensions", "appeal_follow_ups", "appeal_overdue_marks")


def load(folder: Path, text: str) -> contract.Contract:
    (folder / "appeals.toml").write_text(text, encoding="utf-8")
    return contract.load(folder)


def test_a_sound_contract_is_read_as_it_stands(tmp_path):
    table = load(tmp_path, SOUND)["appeals"]
    assert (table.key, table.required) == (("appeal_id",), False)
    assert table.column("closed_at").headers == ("办结时间", "结案时间")
    assert table.column("closed_at").sql_type == "timestamp"
    assert table.checks[0].reason == "没有办结时间"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        pytest.param('title = "诉求"', "title = ", "TOML", id="not TOML"),
        pytest.param('title = "诉求"\n', "", "'title'", id="no title"),
        pytest.param('grain = "one row per appeal"\n', "", "'grain'", id="no grain"),
        pytest.param('kind = "event"\n', "", "'kind'", id="no kind"),
        pytest.param('key = ["appeal_id"]\n', "", "'key'", id="no key"),
        pytest.param('reason = "没有办结时间"\n', "", "'reason'", id="check without a reason"),
        pytest.param('kind = "event"', 'kind = "fact"', "'fact'", id="unknown kind"),
        pytest.param('kind = "event"', 'kind = "event"\nowner = "x"', "owner", id="unknown entry"),
        pytest.param('["appeal_id"]', '["case_id"]', "'case_id'", id="key not declared"),
        pytest.param(
            'columns = ["closed_at"]', 'columns = ["due_at"]', "'due_at'", id="check not declared"
        ),
        pytest.param('"结案时间"', '"工单编号"', "closed_at", id="header of two columns"),
        pytest.param(
            "required = true", "unique = true", "appeal_id", id="unknown entry of a column"
        ),
        pytest.param("closed_at = {", "closedAt = {", "closedAt", id="name with capitals"),
        pytest.param('"timestamp"', '"moment"', "closed_at", id="unknown type"),
        pytest.param(
            "required = true", 'personal = "address"', "appeal_id", id="unknown personal kind"
        ),
        pytest.param(
            'datum = "GCJ-02", pair = "latitude"', 'pair = "latitude"', "longitude", id="no datum"
        ),
        pytest.param(
            'datum = "GCJ-02", pair = "latitude"',
            'datum = "Beijing54", pair = "latitude"',
            "longitude",
            id="unknown datum",
        ),
        pytest.param(', pair = "latitude"', "", "longitude", id="no pair"),
        pytest.param('pair = "latitude"', 'pair = "lat"', "longitude", id="unknown pair"),
        pytest.param(
            "required = true", 'references = "parks.park_id"', "appeal_id", id="unknown table"
        ),
        pytest.param(
            "required = true", 'references = "appeals.park_id"', "appeal_id", id="unknown column"
        ),
    ],
)
def test_a_fault_names_the_file_and_the_entry(tmp_path, old, new, named):
    assert old in SOUND
    with pytest.raises(ContractError) as caught:
        load(tmp_path, SOUND.replace(old, new, 1))
    assert "appeals.toml" in str(caught.value)
    assert named in str(caught.value)


@pytest.mark.parametrize("entry", ['title = "办结时间", ', 'type = "timestamp", '])
def test_a_column_without_a_title_or_type_is_named(tmp_path, entry):
    with pytest.raises(ContractError, match=r"appeals\.toml, column closed_at"):
        load(tmp_path, SOUND.replace(entry, "", 1))


def test_a_folder_without_contract_files_is_said_so(tmp_path):
    with pytest.raises(ContractError, match="no contract file"):
        contract.load(tmp_path)


def test_an_unknown_table_or_column_says_what_there_is(tmp_path):
    loaded = load(tmp_path, SOUND)
    with pytest.raises(KeyError, match="it has appeals"):
        loaded["visits"]
    with pytest.raises(KeyError, match="no column due_at"):
        loaded["appeals"].column("due_at")


# ---------------------------------------------------------------- the real contract

TABLE = pytest.mark.parametrize("table", contract.load().tables, ids=lambda table: table.name)


def test_the_contract_has_the_eighteen_tables_of_the_design_and_the_side_lists():
    tables = contract.load().tables
    assert {t.name for t in tables if not t.completes} == TABLES
    assert len(TABLES) == 18
    assert [t.name for t in tables[18:]] == list(SIDE_LISTS)


@TABLE
def test_every_check_runs_on_the_columns_of_its_table(table):
    connection = duckdb.connect()
    connection.execute(
        f"create table t ({', '.join(f'{c.name} {c.sql_type}' for c in table.columns)})"
    )
    for check in table.checks:
        assert connection.sql(f"select {check.holds} as holds from t").types == ["BOOLEAN"]
        for column in check.columns:
            assert column in check.holds, f"{check.reason}: {column} is blamed but not looked at"


@TABLE
def test_examples_are_of_the_type_and_among_the_allowed_values(table):
    for column in table.columns:
        if not column.example:
            assert not column.required, f"{column.name} is required and has no example"
            continue
        if column.allowed:
            assert column.example in column.allowed, column.name
        if column.type == "boolean":
            assert column.example in ("是", "否"), column.name
        else:
            duckdb.execute(f"select cast(? as {column.sql_type})", [column.example]).fetchone()


@TABLE
def test_columns_that_refer_to_another_have_its_type(table):
    for column in table.columns:
        if column.references:
            target, name = column.references.split(".")
            assert contract.load()[target].column(name).type == column.type, column.name


@TABLE
def test_coordinates_name_each_other_and_share_a_datum(table):
    for column in table.columns:
        if column.pair:
            other = table.column(column.pair)
            assert (other.pair, other.datum) == (column.name, column.datum)
            assert {column.type, other.type} == {"longitude", "latitude"}


@TABLE
def test_key_columns_are_required(table):
    # Several rows of a side list are about one case: what tells them apart may be left empty.
    key = table.key[:1] if table.completes else table.key
    assert [name for name in key if not table.column(name).required] == []


SIDE_LIST = pytest.mark.parametrize("name", SIDE_LISTS)


@SIDE_LIST
def test_side_list_sets_columns_of_their_type_and_flags_by_conditions(name):
    side_list = contract.load()[name]
    ledger = contract.load()[side_list.completes.table]
    connection = duckdb.connect()
    for table, columns in (
        ("ledger", ledger.stored_columns),
        ("completed", ledger.stored_columns),
        ("listed", side_list.columns),
    ):
        declared = ", ".join(f"{c.name} {c.sql_type}" for c in columns)
        connection.execute(f"create table {table} ({declared})")
    declared = {c.name: c.sql_type for c in ledger.stored_columns}
    whole = ", ".join(f"ledger.{column}" for column in declared)
    of_case = f"from ledger cross join listed group by {whole}"
    for entry in side_list.completes.sets:
        (*_, kind) = connection.sql(f"select {whole}, {entry.value} as value {of_case}").types
        assert str(kind).lower() == declared[entry.column], entry.column
    moment = "cross join (select timestamp '2023-06-28 18:00:00' as as_of)"
    for flag in side_list.completes.flags:
        rows = f"from listed cross join ledger cross join completed {moment}"
        assert connection.sql(f"select {flag.when} as holds {rows}").types == ["BOOLEAN"]
    for flag in side_list.completes.unlisted:
        rows = f"from completed {moment}"
        assert connection.sql(f"select {flag.when} as holds {rows}").types == ["BOOLEAN"]


@SIDE_LIST
def test_rules_of_a_side_list_are_told_in_the_readme_of_the_data(name):
    text = (paths.PROJECT / "data" / "README.md").read_text(encoding="utf-8")
    _, _, section = text.partition(f"### `{name}` ")
    section = section.partition("\n### ")[0]
    done = contract.load()[name].completes
    for entry in done.sets:
        assert f"Sets `{entry.column}`: {entry.rule}." in section
    for flag in (*done.flags, *done.unlisted):
        assert f"Flagged: {flag.reason}." in section


LIST = """
title = "延期清单"
grain = "one row per extension"
kind = "side list"
key = ["appeal_id"]

[columns]
appeal_id = { title = "工单编号", type = "text", required = true, references = "appeals.appeal_id" }
reason = { title = "延期理由", type = "text", allowed = ["审批"], synonyms = { "报批" = "审批", "无" = "" } }

[completes]
table = "appeals"
load = "incremental"

[[completes.sets]]
column = "closed_at"
value = "max(ledger.closed_at)"
known_by = "reason"
rule = "it stays"
"""


def test_a_sound_side_list_is_read_as_it_stands(tmp_path):
    (tmp_path / "zz.toml").write_text(LIST, encoding="utf-8")
    (side_list,) = load(tmp_path, SOUND).side_lists_of("appeals")
    assert (side_list.name, side_list.completes.sets[0].column) == ("zz", "closed_at")
    assert side_list.column("reason").synonyms == (("报批", "审批"), ("无", ""))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        pytest.param('kind = "side list"', 'kind = "event"', "[completes]", id="event completes"),
        pytest.param('load = "incremental"', 'load = "partial"', "'partial'", id="unknown load"),
        pytest.param('table = "appeals"', 'table = "visits"', "'visits'", id="unknown table"),
        pytest.param(', references = "appeals.appeal_id"', "", "appeal_id", id="no reference"),
        pytest.param('column = "closed_at"', 'column = "gone_at"', "gone_at", id="unknown column"),
        pytest.param('known_by = "reason"', 'known_by = "why"', "'why'", id="unknown known_by"),
        pytest.param('known_by = "reason"', 'knownby = "reason"', "knownby", id="unknown entry"),
        pytest.param('rule = "it stays"\n', "", "rule", id="no rule"),
        pytest.param('= "审批", "无"', '= "批准", "无"', "批准", id="synonym of nothing"),
    ],
)
def test_a_fault_of_a_side_list_names_the_file_and_the_entry(tmp_path, old, new, named):
    assert old in LIST
    (tmp_path / "zz.toml").write_text(LIST.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load(tmp_path, SOUND)
    assert "zz.toml" in str(caught.value)
    assert named in str(caught.value)


def test_a_column_is_set_by_one_side_list_only(tmp_path):
    for name in ("yy", "zz"):
        (tmp_path / f"{name}.toml").write_text(LIST, encoding="utf-8")
    with pytest.raises(ContractError, match=r"zz.*closed_at is set by yy already"):
        load(tmp_path, SOUND)


@TABLE
def test_columns_with_a_phone_or_a_person_are_marked_personal(table):
    for column in table.columns:
        if "phone" in column.name:
            assert column.personal == "phone"
        if column.name in ("cadre_name", "contact_name"):
            assert column.personal == "name"


def test_the_readme_of_the_data_agrees_with_the_contract():
    text = (paths.PROJECT / "data" / "README.md").read_text(encoding="utf-8")
    assert with_tables(text, contract.load()) == text


def test_only_what_stands_between_the_markers_is_replaced(tmp_path):
    loaded = load(tmp_path, SOUND)
    written = with_tables(f"before\n{BEGIN}\nstale\n{END}\nafter\n", loaded)
    assert written.startswith(f"before\n{BEGIN}")
    assert written.endswith(f"{END}\nafter\n")
    assert "stale" not in written
    assert "| `closed_at` | 办结时间 / 结案时间 | timestamp |" in written
    assert with_tables(written, loaded) == written


@pytest.mark.parametrize("text", ["nothing", BEGIN, f"{END} {BEGIN}"])
def test_a_readme_without_both_markers_is_refused(tmp_path, text):
    with pytest.raises(ValueError, match="markers are missing"):
        with_tables(text, load(tmp_path, SOUND))
