"""A release opened for reading: what is masked, what cannot be reached, and many readers at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from fuqi.settings import Settings
from fuqi.store import Database, Query, QueryError
from tests.ledger import AS_OF, appeal, publish_ledger, subdistricts

STREETS = ("福保街道", "华强北街道", "香蜜湖街道")

APPEALS = [
    appeal(
        number,
        datetime(2023, 6, 20, 9),
        title=f"请回电13800001111，第{number}次",
        content="电话 138-0000-1111 或 139 1234 5678",
        contact_name="李小明",
        contact_phone="13912345678",
        subdistrict_name=STREETS[number % 3],
        due_at=datetime(2023, 6, 21),
    )
    for number in range(6 * 7)
]
CADRES = [
    {"cadre_id": "G1", "cadre_name": "欧阳文", "unit_name": "福保街道办事处", "unit_kind": "街道"}
    | {"role": "助企干部", "start_date": datetime(2023, 3, 1).date()}
]


def query(name: str, sql: str, *params: str, folder: str = "test") -> Query:
    return Query(name, folder, name, "", params, (), (), "", sql)


EXTRA = {
    q.name: q
    for q in (
        query("every_appeal", "from appeals order by appeal_id"),
        query("every_cadre", "from cadres"),
        query(
            "one_phone",
            "select max(contact_phone) as phone from appeals where contact_phone like $p",
            "p",
        ),
        query("add_up", "select sum(i) as total from range($n) as t (i)", "n"),
        query("a_file", "select * from read_text($path)", "path"),
        query("a_release", "select * from read_parquet($path)", "path"),
    )
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    from fuqi.store.queries import load

    release = publish_ledger(
        tmp_path_factory.mktemp("warehouse"),
        {"subdistricts": subdistricts(*STREETS), "appeals": APPEALS, "cadres": CADRES},
    )
    opened = Database(release, queries={**load(), **EXTRA})
    yield opened
    opened.close()


def urgent_params(street: str | None) -> dict:
    return {
        "as_of": AS_OF,
        "due_soon_at": AS_OF + timedelta(days=1),
        "subdistrict": street,
        "category": None,
    }


# ---------------------------------------------------------------- personal columns


def test_names_and_phone_numbers_come_masked(database):
    row = database.run("every_appeal", {}).to_pylist()[0]
    assert row["contact_name"] == "李**"
    assert row["contact_phone"] == "139****5678"
    assert row["title"] == "请回电138****1111，第0次"
    assert row["content"] == "电话 138****1111 或 139****5678"
    assert database.run("every_cadre", {})["cadre_name"].to_pylist() == ["欧**"]


def test_what_a_staging_query_passes_on_is_masked_too(database):
    rows = database.run("appeals_urgent", urgent_params(None)).to_pylist()
    assert len(rows) == len(APPEALS)
    assert {row["title"][:14] for row in rows} == {"请回电138****1111"}


def test_a_query_cannot_search_for_a_whole_phone_number(database):
    assert database.run("one_phone", {"p": "13912345678"})["phone"].to_pylist() == [None]
    assert database.run("one_phone", {"p": "139****5678"})["phone"].to_pylist() == ["139****5678"]


def masked(database: Database, macro: str, value: str | None) -> str | None:
    return database._connection.cursor().execute(f"select {macro}(?)", [value]).fetchone()[0]


@pytest.mark.parametrize(
    ("macro", "value", "shown"),
    [
        ("mask_name", "王", "王*"),
        ("mask_name", "王强", "王*"),
        ("mask_name", None, None),
        ("mask_phone", "13800001111", "138****1111"),
        ("mask_phone", "075583456789", "075*****6789"),
        ("mask_phone", "1234567", "*******"),
        ("mask_phone", "", ""),
        ("mask_phone", None, None),
        ("mask_text", None, None),
        ("mask_text", "13800001111", "138****1111"),
        ("mask_text", "138 0000 1111", "138****1111"),
        ("mask_text", "电话13800001111、13900002222。", "电话138****1111、139****2222。"),
        ("mask_text", "13800001111 13900002222", "138****1111 139****2222"),
        ("mask_text", "工单 20230504001，12800001111", "工单 20230504001，12800001111"),
    ],
)
def test_what_a_mask_leaves_to_be_seen(database, macro, value, shown):
    assert masked(database, macro, value) == shown


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("+8613800001111", id="country code"),
        pytest.param("0755-83456789", id="land line"),
        pytest.param("138.0000.1111", id="dots"),
        pytest.param("１３８００００１１１１", id="full-width digits"),
    ],
)
def test_other_ways_to_write_a_phone_number_are_masked_too(database, text):
    assert "*" in masked(database, "mask_text", text)


# ---------------------------------------------------------------- what cannot be reached


def test_files_outside_the_release_cannot_be_read(database, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    with pytest.raises(duckdb.PermissionException):
        database.run("a_file", {"path": str(secret)})
    climbing = database.release.folder / ".." / ".." / "CURRENT"
    with pytest.raises(duckdb.PermissionException):
        database.run("a_file", {"path": str(climbing)})


def test_another_release_cannot_be_read_even_when_its_id_begins_the_same(database):
    other = Path(f"{database.release.folder}a")
    other.mkdir()
    (other / "parks.parquet").write_bytes(database.release.table_path("parks").read_bytes())
    with pytest.raises(duckdb.PermissionException):
        database.run("a_release", {"path": str(other / "parks.parquet")})


@pytest.mark.parametrize(
    "statement",
    [
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set lock_configuration = false",
        "install spatial",
        "load spatial",
        "attach '/tmp/other.duckdb' as other",
    ],
)
def test_a_query_cannot_open_the_door_again(database, statement):
    with pytest.raises(duckdb.Error):
        database._connection.cursor().execute(statement)


# ---------------------------------------------------------------- calls


def test_a_missing_parameter_is_named(database):
    with pytest.raises(QueryError, match=r"appeals_urgent: \$category, \$due_soon_at declared"):
        database.run("appeals_urgent", {"as_of": AS_OF, "subdistrict": None})


def test_a_parameter_that_is_not_declared_is_named(database):
    with pytest.raises(QueryError, match=r"appeals_urgent: \$min_n given, not declared"):
        database.run("appeals_urgent", {**urgent_params(None), "min_n": 3})


def test_an_unknown_query_is_named(database):
    with pytest.raises(QueryError, match="'appeals_urgnt'"):
        database.run("appeals_urgnt", {})


def test_rows_are_counted_as_stored(database):
    assert database.row_count("appeals") == len(APPEALS)
    assert database.row_count("visits") == 0


def test_a_parameter_is_a_value_and_never_sql(database):
    rows = database.run("appeals_urgent", urgent_params("' or 1=1 --"))
    assert rows.num_rows == 0


def test_many_threads_at_once_all_get_the_right_rows(database):
    start = threading.Barrier(8)

    def fifty_runs(number: int) -> list[str]:
        start.wait(timeout=30)
        wrong = []
        for turn in range(50):
            n = number * 1000 + turn
            (total,) = database.run("add_up", {"n": n})["total"].to_pylist()
            if (total or 0) != n * (n - 1) // 2:
                wrong.append(f"add_up({n}) gave {total}")
            if turn % 10 == 0:
                street = STREETS[(number + turn) % 3]
                rows = database.run("appeals_urgent", urgent_params(street)).to_pylist()
                if [r["subdistrict_name"] for r in rows] != [street] * (len(APPEALS) // 3):
                    wrong.append(f"appeals_urgent of {street} gave {len(rows)} rows")
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert [w for found in pool.map(fifty_runs, range(8)) for w in found] == []


class Watched:
    """A connection that notes each cursor opened on it, and each that was closed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection, self.opened, self.closed = connection, [], []

    def cursor(self) -> "Watched":
        cursor = Watched(self.connection.cursor())
        cursor.closed = self.closed
        self.opened.append(cursor)
        return cursor

    def sql(self, *args, **named):
        return self.connection.sql(*args, **named)

    def execute(self, *args):
        return self.connection.execute(*args)

    def close(self) -> None:
        self.closed.append(self)
        self.connection.close()


def test_each_call_opens_a_cursor_of_its_own_and_closes_it(database, monkeypatch):
    watched = Watched(database._connection)
    monkeypatch.setattr(database, "_connection", watched)
    database.run("add_up", {"n": 3})
    database.run("add_up", {"n": 4})
    database.row_count("appeals")
    with pytest.raises(duckdb.Error):
        database.run("add_up", {"n": "three"})
    assert len(watched.opened) == 4
    assert watched.closed == watched.opened


def test_a_query_ends_when_it_is_interrupted_and_another_one_goes_on(database):
    handed, has_begun, ended = [], threading.Event(), []

    def stoppable(interrupt) -> None:
        handed.append(interrupt)
        has_begun.set()

    def endless() -> None:
        try:
            ended.append(database.run("add_up", {"n": 10**14}, stoppable))
        except duckdb.InterruptException as error:
            ended.append(error)

    running = threading.Thread(target=endless, daemon=True)
    running.start()
    assert has_begun.wait(30)
    # One interrupt may come before the query does.
    while running.is_alive():
        handed[0]()
        running.join(0.05)
        assert database.run("add_up", {"n": 5})["total"].to_pylist() == [10]
    (error,) = ended
    assert isinstance(error, duckdb.InterruptException)
    handed[0]()
    assert database.run("add_up", {"n": 3})["total"].to_pylist() == [3]


def test_a_database_takes_no_more_of_the_machine_than_the_settings_say(tmp_path):
    release = publish_ledger(tmp_path, {"subdistricts": subdistricts(*STREETS)})
    asked = query(
        "shares",
        "select name, value from duckdb_settings() where name in ('threads', 'memory_limit')",
    )
    queries = {asked.name: asked}

    def shares(**chosen: int) -> dict[str, str]:
        opened = Database(release, Settings(**chosen), queries=queries)
        rows = opened.run("shares", {}).to_pylist()
        opened.close()
        return {row["name"]: row["value"] for row in rows}

    given = shares(query_threads=1, query_memory_mb=512)
    assert given == {"threads": "1", "memory_limit": "488.2 MiB"}
    assert shares()["memory_limit"] != given["memory_limit"]


def test_what_a_file_was_like_is_remembered_until_the_file_is_another_one(tmp_path):
    release = publish_ledger(tmp_path, {"subdistricts": subdistricts(*STREETS)})
    stored = release.folder / "some.parquet"
    queries = {
        q.name: q
        for q in (
            query("added_up", "select count(*) as n, sum(i) as total from read_parquet($p)", "p"),
            query("remembers", "select current_setting('parquet_metadata_cache') as remembers"),
        )
    }
    opened = Database(release, queries=queries)

    def stored_now(count: int) -> dict[str, int]:
        replacement = stored.with_suffix(".new")
        duckdb.sql(f"select range as i from range({count})").write_parquet(str(replacement))
        replacement.replace(stored)
        (row,) = opened.run("added_up", {"p": str(stored)}).to_pylist()
        return row

    for count in (1000, 10, 300_000, 10):
        assert stored_now(count) == {"n": count, "total": count * (count - 1) // 2}
    assert opened.run("remembers", {}).to_pylist() == [{"remembers": True}]
    opened.close()
