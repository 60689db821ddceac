"""A server that asks for logins, as whoever has no right to something finds it: files, routes, errors, uploads."""

import asyncio
import csv
import io
import json
import re
import secrets
import socket
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import httpx
import openpyxl
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from fuqi import access, audit, export, paths
from fuqi.store import Warehouse
from fuqi.ui import downloads, file_links, gates, server
from fuqi.ui.handed_out import MOST_FILES, HandedOut
from tests.browser.conftest import served
from tests.conftest import copied
from tests.visitor import Drawn, Visitor, ask, login_cookie

MINE, THEIRS = "福保街道", "华强北街道"
ELSEWHERE = "elsewhere.example"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TELLING = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|/fuqi/|settings\.toml|Error\b|warehouse"
)
"""What no reader is to be told: traces, paths, names of exceptions."""
PEOPLE: dict[str, dict[str, Any]] = {
    "leader": {"roles": ["区领导"]},
    "second": {"roles": ["区领导"]},
    "street": {"roles": ["街道"], "streets": [MINE]},
    "keeper": {"roles": ["数据管理员"]},
    "auditor": {"roles": ["审计"]},
    "stranger": {"roles": ["访客"]},
}


@pytest.fixture(scope="module")
def warehouse(demo_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return copied(demo_warehouse, tmp_path_factory.mktemp("protected") / "warehouse")


@pytest.fixture(scope="module")
def settings_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    delivered = (paths.PROJECT / "data" / "settings.toml").read_text(encoding="utf-8")
    changed = delivered.replace('access = "open"', 'access = "oidc"')
    changed = changed.replace("uploads = false", "uploads = true")
    file = tmp_path_factory.mktemp("settings") / "settings.toml"
    file.write_text(changed, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def secret() -> str:
    return secrets.token_hex(32)


@pytest.fixture(scope="module")
def address(
    warehouse: Warehouse,
    settings_file: Path,
    secret: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    # Nobody listens there: what is asked of the provider fails, and no cookie needs it.
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        provider = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with served(
            warehouse.folder,
            folder,
            FUQI_SETTINGS=str(settings_file),
            FUQI_OIDC_CLIENT_ID="fuqi",
            FUQI_OIDC_CLIENT_SECRET=secrets.token_hex(8),
            FUQI_OIDC_SERVER_METADATA_URL=f"{provider}/.well-known/openid-configuration",
            FUQI_OIDC_REDIRECT_URI=f"{provider}/oauth2callback",
            FUQI_OIDC_COOKIE_SECRET=secret,
        ) as running:
            yield running


@pytest.fixture
def visitor(address: str, secret: str) -> Callable[..., Visitor]:
    """Somebody who has just logged in, by the name of `PEOPLE`; `claims` change what the login says."""

    def arrived(name: str, **claims: Any) -> Visitor:
        return Visitor(
            address, login_cookie(secret, address, {**PEOPLE[name], "sub": name, **claims})
        )

    return arrived


def entries(warehouse: Warehouse, action: str = "export") -> list[audit.Entry]:
    return [e for e in audit.read(warehouse.folder / audit.FOLDER) if e.action == action]


@contextmanager
def log_out_of_order(warehouse: Warehouse) -> Iterator[None]:
    """The log cannot be written while the block lasts."""
    folder = warehouse.folder / audit.FOLDER
    aside = folder.with_name("audit_aside")
    folder.rename(aside)
    folder.write_text("in the way")
    try:
        yield
    finally:
        folder.unlink()
        aside.rename(folder)


# ---------------------------------------------------------------- what is taken away is written down


def test_each_file_is_written_down_with_filters_and_rows(visitor, warehouse):
    leader = visitor("leader")
    before = len(entries(warehouse))
    kinds = {"png", "svg", "pdf", "csv", "xlsx"}
    with leader.open("/stations", f"street={MINE}&period=上月") as page:
        taken = {kind: leader.ask(page.links(kind)[0]) for kind in kinds}
        whole = leader.ask(page.make(page.button("-export_page").deferred_file_id))
    assert {answer.status for answer in taken.values()} == {200}
    written = entries(warehouse)[before:]
    assert sorted(e.filters["format"] for e in written) == sorted([*kinds, "xlsx"])
    for entry in written:
        assert (entry.account, entry.page, entry.roles) == ("leader", "福企服务站", "区领导")
        assert (entry.filters["street"], entry.filters["period"]) == (MINE, "上月")
        assert MINE in entry.filters["about"]
        assert entry.release_id == warehouse.current_id()
        assert entry.filters["item"]
    by_kind = {e.filters["format"]: e for e in written[:-1]}
    rows = list(csv.reader(io.StringIO(taken["csv"].body.decode("utf-8-sig"))))
    assert by_kind["csv"].rows == rows.index([]) - 1
    book = openpyxl.load_workbook(io.BytesIO(whole.body))
    listed = sum(sheet.max_row - 3 for sheet in book.worksheets[1:] if sheet.title != "指标")
    assert (written[-1].filters["item"], written[-1].rows) == (downloads.WHOLE_PAGE, listed)
    assert taken["png"].body.startswith(b"\x89PNG") and taken["pdf"].body.startswith(b"%PDF")


def test_a_list_of_cases_is_taken_for_a_reason(visitor, warehouse):
    street = visitor("street")
    before = len(entries(warehouse))
    with street.open("/resolution") as page:
        asking = [f.id for f in page.elements("text_input") if f.label == "导出事由（必填）"]
        assert len(asking) == 2  # the list, and the page with the list on it
        without = page.links("xlsx")
        # The page's own button, drawn before the list came, is no way round the question.
        early = page.button("-export_page")
        assert page.make(early.deferred_file_id) == ""
        assert page.make("0" * 32) == ""
        page.typed[asking[0]] = '周报\n{"action": "view"}\r\u202e\u2028附件\x00 13800001111'
        page.typed[asking[1]] = " \t报 "
        page.run()
        (listed,) = set(page.links("xlsx")) - set(without)
        answer = street.ask(listed)
        assert page.button("-export_page_for_a_reason").disabled  # one letter is no reason
        page.typed[asking[1]] = "例会材料"
        page.run()
        whole = street.ask(page.make(page.button("-export_page_for_a_reason").deferred_file_id))
        page.typed[asking[0]] = "无"
        page.run()
        assert page.links("xlsx") == without
        assert street.ask(listed).status == 403  # the link of before, for no reason now
    assert (answer.status, whole.status) == (200, 200)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).worksheets[0]
    first, second = entries(warehouse)[before:]
    assert first.reason == '周报 {"action": "view"} 附件 ******'
    assert first.rows == sheet.max_row - 3 > 0
    assert second.reason == "例会材料" and second.filters["item"] == downloads.WHOLE_PAGE
    lines = [
        line
        for file in (warehouse.folder / audit.FOLDER).glob("*.jsonl")
        for line in file.read_bytes().splitlines()
    ]
    assert all(set(json.loads(line)) == {*audit.Entry.__dataclass_fields__} for line in lines)


def test_the_button_that_asks_for_a_reason_keeps_its_place(monkeypatch):
    """Were its place emptied at the beginning of a run, what is open beneath it would close while somebody types."""
    from streamlit.testing.v1 import AppTest

    def page() -> None:
        from datetime import datetime

        from fuqi.access import Account
        from fuqi.ui import downloads

        reader = Account("street", frozenset({"街道"}))
        downloads.begin("诉求办理", datetime(2023, 6, 28), "1", "", reader)
        downloads.written("", "", [{"诉求编号": "SQ1"}], of_cases=True)
        downloads.finish()

    empty, emptied = downloads.st.empty, []
    monkeypatch.setattr(downloads.st, "empty", lambda: emptied.append(1) or empty())
    opened = AppTest.from_function(page).run()
    assert not opened.exception and emptied  # nobody knew yet that the page has cases
    emptied.clear()
    opened.text_input(key="reason_page").set_value("例会材料").run()
    assert not opened.exception and not emptied
    assert [b.proto.label for b in opened.get("download_button")] == ["XLSX"]


def test_one_case_is_taken_for_a_reason_too(visitor, warehouse):
    rows = pq.read_table(warehouse.current().table_path("appeals")).to_pylist()
    number = next(
        r["appeal_id"] for r in rows if r["subdistrict_name"] == MINE and not r["is_void"]
    )
    with visitor("leader").open("/resolution", f"case={number}") as page:
        asking = [f.id for f in page.elements("text_input") if f.label == "导出事由（必填）"]
        shut = {kind: set(page.links(kind)) for kind in ("png", "csv")}
        page.typed.update(dict.fromkeys(asking, "例会材料"))
        page.run()
        assert len(set(page.links("png")) - shut["png"]) == 1  # the case's own course
        assert len(set(page.links("csv")) - shut["csv"]) == 3  # the list, the case, those like it


@pytest.mark.parametrize("typed", ["", " ", "\n", "a", "\u200b\u200b\u200b", "\x00\x01\x02"])
def test_nothing_is_no_reason(typed):
    assert len(downloads.as_reason(typed)) < downloads.SHORTEST_REASON


def test_a_reason_is_one_line_of_some_length():
    assert downloads.as_reason("a\r\nb\u2028c\u202ed\x1be") == "a b c d e"
    assert len(downloads.as_reason("长" * 900)) == downloads.LONGEST_REASON


def test_what_cannot_be_written_down_is_not_handed_over_and_the_page_says_so(visitor, warehouse):
    leader = visitor("leader")
    with leader.open("/stations") as page:
        link, button = page.links("csv")[0], page.button("-export_page")
        with log_out_of_order(warehouse):
            refused = leader.ask(link)
            assert page.make(button.deferred_file_id) == ""
        said = page.sent + refused.body
        assert refused.status == 403 and "content-disposition" not in refused.headers
        page.run()
        assert page.text.count("审计日志写不进去") == 2
        assert page.links("csv")[0] == link
        assert leader.ask(link).status == 200
    assert b"Traceback" not in said


def test_a_login_that_was_ended_takes_nothing_away(visitor, warehouse):
    leader = visitor("leader")
    before = len(entries(warehouse))
    with leader.open("/stations") as page:
        link, button = page.links("csv")[0], page.button("-export_page")
        made = page.make(button.deferred_file_id)
        assert leader.ask(link).status == leader.ask(made).status == 200
        assert leader.ask("/auth/logout").status == 302
        assert page.make(button.deferred_file_id) == ""
        assert leader.ask(link).status == 403
        assert leader.ask(made).status == 403  # nor what was made before
    assert len(entries(warehouse)) == before + 2


def test_a_login_that_has_expired_takes_nothing_away(visitor, warehouse):
    leader = visitor("leader", exp=time.time() + 6)
    before = len(entries(warehouse))
    with leader.open("/definitions") as page:
        button = page.button("-definitions_csv")
        while time.time() < json_of(leader)["exp"]:
            time.sleep(0.2)
        assert page.make(button.deferred_file_id) == ""
    assert len(entries(warehouse)) == before


def json_of(visitor: Visitor) -> dict[str, Any]:
    """What the login of a visitor says, read without its signature."""
    from itsdangerous import URLSafeTimedSerializer

    (value,) = visitor.cookies.values()
    return json.loads(URLSafeTimedSerializer("").loads_unsafe(value)[1])


def test_an_auditor_finds_exports_by_what_was_taken(visitor, warehouse):
    leader = visitor("leader")
    with leader.open("/comparison", f"street={MINE}") as page:
        assert leader.ask(page.links("csv")[0]).status == 200
    item = entries(warehouse)[-1].filters["item"]
    auditor = visitor("auditor")
    with auditor.open("/audit") as page:
        page.type("页面、内容、筛选或事由含", item)
        assert f"{item}（CSV）" in page.text
        answer = auditor.ask(page.make(page.button("-audit_download").deferred_file_id))
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert {row["操作"] for row in rows} == {"导出"} and {row["账号"] for row in rows} == {"leader"}
    assert rows[0]["内容"] == f"{item}（CSV）" and f"街道：{MINE}" in rows[0]["筛选"]
    last = entries(warehouse)[-1]
    assert (last.account, last.rows, last.filters["holding"]) == ("auditor", len(rows), item)


def test_streamlits_own_ways_of_taking_tables_are_switched_off(visitor):
    config = tomllib.loads((paths.PROJECT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["client"]["disableDataExport"] is True
    with visitor("leader").open("/definitions") as page:
        (begun, *_) = [m for m in page.messages if m.HasField("new_session")]
    assert begun.new_session.config.disable_data_export is True


def test_every_file_of_every_page_goes_through_the_log():
    own = ("downloads.py", "briefing.py")
    # No other layer knows Streamlit, which the direction of imports is checked for.
    inside = [f for f in (paths.PROJECT / "fuqi" / "ui").rglob("*.py") if f.name not in own]
    briefing = (paths.PROJECT / "fuqi" / "ui" / "briefing.py").read_text(encoding="utf-8")
    assert briefing.count("st.download_button(") == briefing.count("downloads.delivered(") == 1
    for file in (*inside, *paths.PAGES.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"\.(download_button|link_button|image|audio|video|pdf)\(", text), file


# ---------------------------------------------------------------- files of others


def others(visitor, address) -> tuple[Visitor, ...]:
    """Whoever is not the leader of this login."""
    return (
        Visitor(address),
        visitor("street"),
        visitor("second"),
        visitor("stranger"),
        visitor("leader", exp=time.time() - 1),
        Visitor(address, {"_streamlit_user": "forged"}),
    )


def test_a_file_is_handed_to_the_account_it_was_made_for_alone(visitor, address):
    leader = visitor("leader")
    with leader.open("/stations") as page:
        link = page.make(page.button("-export_page").deferred_file_id)
        assert leader.ask(link).status == 200
        assert leader.ask(link).headers["cache-control"] == "no-store"
        for said in ({"Range": "bytes=0-3"}, {"Accept-Encoding": "gzip"}):
            assert leader.ask(link, headers=said).body == leader.ask(link).body
        for other in others(visitor, address):
            for asked in (
                other.ask(link),
                other.ask(link, method="HEAD"),
                other.ask(link, headers={"Range": "bytes=0-3"}),
                other.ask(f"/x{link}"),
            ):
                assert asked.status in (403, 200) and b"PK" not in asked.body
                assert asked.status == 403 or asked.headers["content-type"].startswith("text/html")
                assert "content-disposition" not in asked.headers
        with visitor("leader").open("/definitions"):
            pass
        assert leader.ask(link).status in (200, 404)


def test_a_link_on_a_page_leads_nobody_else_to_its_file(visitor, address, warehouse):
    leader = visitor("leader")
    with leader.open("/stations") as page:
        before = len(entries(warehouse))
        link = page.links("csv")[0]
        for other in others(visitor, address):
            for way in ({}, {"method": "HEAD"}, {"headers": {"Range": "bytes=0-3"}}):
                refused = other.ask(link, **way)
                assert refused.status in (403, 405)
                assert b"\xef\xbb\xbf" not in refused.body
                assert "content-disposition" not in refused.headers
        assert leader.ask(link, method="HEAD").status == 405
        assert len(entries(warehouse)) == before
        plain = leader.ask(link)
        assert plain.status == 200 and plain.headers["cache-control"] == "no-store"
        assert plain.body.startswith(b"\xef\xbb\xbf")
        assert re.fullmatch(
            r"attachment; filename\*=utf-8''[%\w.-]+\.csv", plain.headers["content-disposition"]
        )
        packed = leader.ask(link, headers={"Accept-Encoding": "gzip"})
        assert (packed.status, "content-encoding" in packed.headers) == (200, False)
        # A table is no picture, and what no page shows is nowhere.
        number = link.split("/")[3]
        for wrong in (
            link.replace(".csv", ".png"),
            link.replace(".csv", ".docx"),
            link.replace(number, "0" * len(number)),
            f"{file_links.FOLDER}{number}/no_such_table-0.csv",
            re.sub(r"-\w{8}\.", "-00000000.", link),
        ):
            assert leader.ask(wrong).status == 404, wrong
    with leader.open("/definitions"):
        assert leader.ask(link).status == 404  # the page it was on is closed


def test_links_end_with_their_session_and_lead_to_what_is_on_the_screen():
    session = file_links.new_session("")
    number = session.number
    assert file_links.session_of(number) is session and len(number) > 20
    session.begin("first")
    session.finish()
    session.begin("second")
    assert session.pages == ("second", "first")  # while the second is being drawn
    session.begin("third")
    assert session.pages == ("third", "first")  # the second was never on the screen whole
    session.finish()
    assert session.pages == ("third",)
    del session
    assert file_links.session_of(number) is None


def test_the_button_of_another_session_makes_nothing_for_others(visitor, warehouse):
    leader, street = visitor("leader"), visitor("street")
    with leader.open("/stations") as theirs, street.open("/stations") as mine:
        button = theirs.button("-export_page")
        before = len(entries(warehouse))
        # Even with the secret number of the button, what is made is the leader's, and is written down as theirs.
        link = mine.make(button.deferred_file_id)
        assert street.ask(link).status == 403
        assert [e.account for e in entries(warehouse)[before:]] == ["leader"]
        assert mine.make(button.deferred_file_id, theirs.session_id) == ""
    with street.open("/definitions") as mine:
        assert mine.make(button.deferred_file_id) == ""  # the session it was drawn in is closed


def test_files_are_remembered_for_a_while_and_not_all_of_them(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("fuqi.ui.handed_out.time.monotonic", lambda: clock[0])
    files = HandedOut()
    files.add(b"a", "zhang")
    assert files.is_for(b"a", "zhang")
    assert not files.is_for(b"a", "li") and not files.is_for(b"b", "zhang")
    files.add(b"a", "li")
    assert files.is_for(b"a", "zhang") and files.is_for(b"a", "li")
    clock[0] += 601
    assert not files.is_for(b"a", "zhang")
    for number in range(MOST_FILES + 1):
        files.add(str(number).encode(), "zhang")
    assert not files.is_for(b"0", "zhang") and files.is_for(b"1", "zhang")


# ---------------------------------------------------------------- routes, folders, uploads


PATHS = (
    "/data/exports/source.toml",
    "/data/settings.toml",
    "/data/warehouse/current",
    "/warehouse/audit/",
    "/audit/2026-11-22.jsonl",
    "/.streamlit/secrets.toml",
    "/.streamlit/config.toml",
    "/.git/config",
    "/pyproject.toml",
    "/app.py",
    "/fuqi/ui/server.py",
    "/queries/resolution/resolution_totals.sql",
    "/static/",
    "/static/../../../app.py",
    "/static/js/../../../../app.py",
    "/app/static/",
    "/app/static/../data/settings.toml",
    "/app/static/..%2f..%2fdata%2fsettings.toml",
    "/static/..%2f..%2f..%2fapp.py",
    "/static/%2e%2e/%2e%2e/app.py",
    "/static/..%5c..%5capp.py",
    "/static/....//....//app.py",
    "/%2e%2e%2f%2e%2e%2fetc/passwd",
    "//etc/passwd",
    "/etc/passwd",
    "/media/../data/settings.toml",
    "/media/..%2f..%2fdata%2fsettings.toml",
    "/media//etc/passwd",
    "/component/../../etc/passwd",
    "/component/x/..%2f..%2fetc%2fpasswd",
    "/_stcore/bidi-components/x/..%2f..%2fetc%2fpasswd",
    "/_stcore/upload_file/x/y",
    "/_stcore/metrics",
    "/_stcore/script-health-check",
    "/_stcore/agent/openapi.json",
    "/_stcore/agent/interact",
    "/_stcore/agent/mcp",
    "/fuqi/shell.js/../server.py",
    "/fuqi/..%2f..%2fapp.py",
)


@pytest.mark.parametrize("who", [None, "street"])
@pytest.mark.parametrize("path", PATHS)
def test_no_folder_is_served_and_no_route_tells_of_the_server(visitor, address, who, path):
    visiting = visitor(who) if who else Visitor(address)
    answer = visiting.ask(path)
    shell = visiting.ask("/resolution").body  # a page without a map, as an unknown one is
    is_shell = answer.status == 200 and answer.body == shell
    assert is_shell or answer.status in (301, 400, 404, 405), (answer.status, answer.text[:200])
    if answer.status >= 400:
        assert CHINESE.search(answer.text) and not TELLING.search(answer.text)
        assert len(answer.text) < 100


def test_what_the_server_says_of_itself(visitor, address, warehouse):
    assert json.loads(Visitor(address).ask("/fuqi/health").body) == {"has_release": True}
    assert json.loads(visitor("stranger").ask("/fuqi/health").body) == {"has_release": True}
    told = json.loads(visitor("street").ask("/fuqi/health").body)
    assert told == {"release_id": warehouse.current_id()}
    assert Visitor(address).ask("/_stcore/health").body == b"ok"


@pytest.mark.parametrize(
    "path", ["/", "/resolution", "/fuqi/health", "/fuqi/shell.js", "/nothing", "/media/x"]
)
def test_every_answer_has_the_headers(address, path):
    headers = ask(address, path).headers
    assert headers.items() >= server.security_headers("").items()
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == "'self'" and policy["object-src"] == "'none'"


def uploaded(
    visiting: Visitor, page: Drawn, *, token: str = "", cookie: str = "", session: str = ""
) -> int:
    """The status of an upload with that token, and the cookie that goes with it."""
    parts = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\nx\r\n--b--\r\n"
    )
    given = {"Content-Type": "multipart/form-data; boundary=b"}
    cookies = dict(visiting.cookies)
    if token:
        given["X-Xsrftoken"] = token
        cookies["_streamlit_xsrf"] = cookie or token
    route = f"/_stcore/upload_file/{session or page.session_id}/{secrets.token_hex(8)}"
    return ask(visiting.address, route, cookies, method="PUT", headers=given, body=parts).status


def xsrf_token(address: str) -> str:
    given = ask(address, "/_stcore/health").headers["set-cookie"]
    return given.partition("=")[2].partition(";")[0]


def test_an_upload_needs_a_token_and_a_data_keepers_session(visitor, address):
    keeper = visitor("keeper")
    token = xsrf_token(address)
    with keeper.open("/data") as page, visitor("leader").open("/data") as leaders:
        assert uploaded(keeper, page) == 403
        assert uploaded(keeper, page, token=token, cookie=xsrf_token(address)) == 403
        assert uploaded(keeper, page, token=token, session="somebody") == 403
        assert uploaded(keeper, leaders, token=token) == 403
        assert uploaded(keeper, page, token=token) == 204
    config = tomllib.loads((paths.PROJECT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["server"]["enableXsrfProtection"] is config["server"]["enableCORS"] is True
    assert config["server"]["enableStaticServing"] is config["server"]["enableAgentApi"] is False


def test_what_is_too_large_is_refused_unread(address):
    stated = {"Content-Length": str(10**12)}
    for path in ("/", "/fuqi/health", "/oauth2callback", "/nothing"):
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 10) as sent:
            lines = [f"POST {path} HTTP/1.1", "Host: x", *(f"{k}: {v}" for k, v in stated.items())]
            sent.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            answer = sent.recv(65536).decode("utf-8", "replace")
        assert answer.startswith("HTTP/1.1 413"), path
    assert ask(address, "/" + "x" * 9000).status == 414


def test_pages_of_another_site_open_no_connection(address):
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    with (
        pytest.raises(InvalidStatus) as refused,
        connect(
            f"ws{address.removeprefix('http')}/_stcore/stream",
            origin=f"http://{ELSEWHERE}",
            proxy=None,
        ),
    ):
        pass
    assert refused.value.response.status_code == 403


# ---------------------------------------------------------------- logging out


def test_streamlits_own_logout_route_ends_the_login_everywhere(visitor, warehouse, address):
    leader = visitor("leader")
    before = len(entries(warehouse, "sign_out"))
    with leader.open("/stations") as tab:
        assert "请先登录" not in tab.text
        assert leader.ask("/auth/logout").status == 302
        tab.raw.clear()
        tab.run()
        assert "已退出登录" in tab.text
    with leader.open("/") as copy_of_the_cookie:
        assert "已退出登录" in copy_of_the_cookie.text
    assert leader.ask("/auth/logout").status == 302  # once more is written down no more
    assert [e.account for e in entries(warehouse, "sign_out")[before:]] == ["leader"]
    assert Visitor(address).ask("/auth/logout").status == 302
    assert Visitor(address, {"_streamlit_user": "x"}).ask("/auth/logout").status == 302
    assert len(entries(warehouse, "sign_out")) == before + 1
    with visitor("leader").open("/stations") as another_login:
        assert "已退出登录" not in another_login.text


def test_somebody_without_a_role_can_end_their_login_too(visitor, warehouse):
    stranger = visitor("stranger")
    ended = access.EndedLogins(warehouse.folder / access.ended.FOLDER)
    before = len(list(ended.folder.iterdir())) if ended.folder.exists() else 0
    assert stranger.ask("/auth/logout").status == 302
    assert len(list(ended.folder.iterdir())) == before + 1


# ---------------------------------------------------------------- what goes wrong


def test_a_broken_settings_file_shows_nothing_and_tells_nothing(visitor, settings_file, address):
    delivered = settings_file.read_text(encoding="utf-8")
    leader = visitor("leader")
    with leader.open("/stations") as page:
        button, unmade = page.button("-export_page"), page.links("csv")[0]
        link = page.make(button.deferred_file_id)
        settings_file.write_text(delivered + '\nno_such_setting = "secret"\n', encoding="utf-8")
        try:
            assert leader.ask(link).status == 403
            assert page.make(button.deferred_file_id) == ""
            assert leader.ask(unmade).status in (403, 500)
            with leader.open("/stations") as broken:
                said = "".join(a.body for a in broken.elements("alert"))
                assert re.search(r"设置文件有误.*编号 [0-9a-f]{6}", said)
                assert not broken.elements("arrow_data_frame")
                assert not TELLING.search(said) and "secret" not in broken.text
                assert b"Traceback" not in broken.sent and b"no_such_setting" not in broken.sent
            assert Visitor(address).ask("/fuqi/health").status == 200
        finally:
            settings_file.write_text(delivered, encoding="utf-8")


@pytest.fixture
def failing() -> Callable[..., httpx.Response]:
    """Asks a server of ours that has a route which fails."""

    async def fails(_: Request) -> PlainTextResponse:
        raise RuntimeError("/somewhere/secret.py")

    app = Starlette(
        routes=[Route("/fails", fails)],
        middleware=list(server.MIDDLEWARE),
        exception_handlers=server.EXCEPTION_HANDLERS,
    )

    async def answer(path: str, method: str) -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path)

    return lambda path, method="GET": asyncio.run(answer(path, method))


def test_a_route_that_fails_says_so_in_a_sentence(failing):
    answer = failing("/fails")
    assert (answer.status_code, answer.text) == (500, gates.FAULT)
    assert failing("/nothing").text == gates.REFUSALS[404]
    assert failing("/fails", "POST").text == gates.REFUSALS[405]


def test_a_middleware_that_fails_says_so_in_a_sentence(failing, monkeypatch):
    async def broken(*_: Any) -> None:
        raise RuntimeError("/somewhere/secret.py")

    for gate in (server.TrustedPeer, gates.OwnFiles, server.ChineseShell):
        with monkeypatch.context() as patched:
            patched.setattr(gate, "__call__", broken)
            answer = failing("/fuqi/health")
        assert (answer.status_code, answer.text) == (500, gates.FAULT)


def test_a_page_that_fails_says_so_with_a_number_that_the_log_has(open_failing_page, caplog):
    opened = open_failing_page(ZeroDivisionError("/somewhere/secret.py"))
    (said,) = [error.value for error in opened.error]
    number = re.search(r"编号 ([0-9a-f]{6})", said)[1]
    assert "这一页出错了" in said and "secret" not in said
    logged = [record.getMessage() for record in caplog.records if record.name == server.log.name]
    assert logged == [f"fault {number}: ZeroDivisionError"]


def test_a_page_that_asks_for_more_memory_than_it_may_have_says_what_helps(open_failing_page):
    opened = open_failing_page(duckdb.OutOfMemoryException("could not allocate 3.1 GiB"))
    (said,) = [error.value for error in opened.error]
    assert "请缩短自选日期" in said
    assert "GiB" not in said


@pytest.fixture
def open_failing_page() -> Callable[[Exception], Any]:
    from streamlit.testing.v1 import AppTest

    def page(error: Exception) -> None:
        from fuqi.ui import server

        server.tell_of_fault(error)

    return lambda error: AppTest.from_function(page, args=(error,)).run()


# ---------------------------------------------------------------- secrets


def test_no_secret_stands_in_the_tree():
    """Secrets come from the environment, or from a file that git ignores."""
    ignored = (paths.PROJECT / ".gitignore").read_text(encoding="utf-8")
    assert ".streamlit/secrets.toml" in ignored
    kept = re.compile(
        r"""(client_secret|cookie_secret|cookieSecret|password|passwd|api_key|token)["']?\s*[=:]\s*["'][^"'{}$…\s]{8,}["']""",
        re.I,
    )
    key = re.compile("-----BEGIN " + "[A-Z ]*PRIVATE KEY-----")
    read = 0
    for folder in (
        "fuqi",
        "pages",
        "queries",
        "data",
        "docs",
        "tests",
        "bench",
        ".streamlit",
        ".ci",
    ):
        for file in (paths.PROJECT / folder).rglob("*"):
            if file.suffix in (".py", ".toml", ".md", ".js", ".sql", ".json", ".yml", ".txt"):
                text = file.read_text(encoding="utf-8")
                read += 1
                assert not kept.search(text), (file, kept.search(text))
                assert not key.search(text), file
    assert read > 200


def test_the_log_of_exports_is_inert_in_a_spreadsheet():
    from fuqi.ui.audit_log import as_csv

    rows = [{"账号": "=cmd|' /C calc'!A0", "事由": "\t=1+1", "行数": 3}]
    (row,) = csv.DictReader(io.StringIO(as_csv(rows).decode("utf-8-sig")))
    assert row == {"账号": "'=cmd|' /C calc'!A0", "事由": "'\t=1+1", "行数": "3"}
    assert export.inert.for_csv("=1") == "'=1"
