"""Logins in a real browser: each role, what a street tries to see of others, expiry, logging out, the way back."""

import csv
import io
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from fuqi import audit, paths
from fuqi.store import Warehouse
from tests.browser.conftest import CHROMIUM_ARGUMENTS, _wait_until_healthy
from tests.browser.oidc import CLIENT_ID, CLIENT_SECRET, Provider, running_provider
from tests.conftest import copied

MINE, THEIRS = "福保街道", "华强北街道"
SECONDS_TO_DRAW = 60
REFRESH_SECONDS = 2
PEOPLE = {
    "leader": {"roles": ["区领导"]},
    "street": {"roles": ["街道"], "streets": [MINE]},
    "two_streets": {"roles": "street", "streets": f"{MINE}、沙头街道"},
    "keeper": {"roles": ["data_keeper"]},
    "auditor": {"roles": ["auditor"]},
    "street_keeper": {"roles": ["街道", "数据管理员"], "streets": [MINE]},
    "nobody": {"roles": ["访客"]},
    "without_role": {},
    "street_of_nothing": {"roles": ["街道"], "streets": []},
    "street_unknown": {"roles": ["街道"], "streets": ["无名街道"]},
    "short": {"roles": ["区领导"]},
}
SHORT_SECONDS = 25
PAGES = {
    "overview": "/",
    "street": "/street",
    "resolution": "/resolution",
    "comparison": "/comparison",
    "common": "/common",
    "assignments": "/assignments",
    "stations": "/stations",
    "small_business": "/small_business",
    "financing": "/financing",
}
EVERYBODYS = {"definitions": "/definitions"}
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app !== null && app.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && document.querySelector('[data-testid=stHeading], h1') !== null
        && document.querySelector('[data-stale=true], [data-testid=stSkeleton]') === null;
}"""


@dataclass
class Visitor:
    """A browser of one's own: every text the server sent it, over the websocket or as a file, is kept."""

    context: BrowserContext
    address: str
    sent: list[bytes] = field(default_factory=list)

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(SECONDS_TO_DRAW * 1000)
        page.on(
            "websocket",
            lambda socket: socket.on("framereceived", lambda data: self.sent.append(_bytes(data))),
        )
        page.goto(self.address + path)
        settle(page)
        return page

    def sign_in(self, name: str, path: str = "/") -> Page:
        page = self.open(path)
        page.locator(".st-key-log_in button").click()
        page.locator(f"#{name}").click()
        page.wait_for_url(f"{self.address}/**")
        settle(page)
        return page


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def settle(page: Page) -> None:
    page.wait_for_function(SETTLED)
    page.wait_for_timeout(400)
    page.wait_for_function(SETTLED)


def text(page: Page) -> str:
    return page.locator("[data-testid=stAppViewContainer]").inner_text()


def navigation(page: Page) -> set[str]:
    return {
        link.inner_text().split("\n")[-1].strip()
        for link in page.locator("[data-testid=stTopNavLink]").all()
    }


@pytest.fixture(scope="module")
def warehouse(demo_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return copied(demo_warehouse, tmp_path_factory.mktemp("guarded") / "warehouse")


@pytest.fixture(scope="module")
def provider(chromium_path: str) -> Iterator[Provider]:
    with running_provider(PEOPLE) as running:
        running.lifetimes["short"] = SHORT_SECONDS
        yield running


@pytest.fixture(scope="module")
def server(
    warehouse: Warehouse, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server that asks for logins, uploads switched on."""
    folder = tmp_path_factory.mktemp("server")
    delivered = (paths.PROJECT / "data" / "settings.toml").read_text(encoding="utf-8")
    changed = delivered.replace('access = "open"', 'access = "oidc"')
    changed = changed.replace("uploads = false", "uploads = true")
    changed = re.sub(r"refresh_seconds = \d+", f"refresh_seconds = {REFRESH_SECONDS}", changed)
    (folder / "settings.toml").write_text(changed, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    with log.open("w", encoding="utf-8") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "fuqi", "serve", "--port", str(port)],
            cwd=paths.PROJECT,
            env={
                **os.environ,
                "NO_PROXY": "127.0.0.1",
                "FUQI_WAREHOUSE": str(warehouse.folder),
                "FUQI_SETTINGS": str(folder / "settings.toml"),
                "FUQI_OIDC_CLIENT_ID": CLIENT_ID,
                "FUQI_OIDC_CLIENT_SECRET": CLIENT_SECRET,
                "FUQI_OIDC_SERVER_METADATA_URL": f"{provider.address}/.well-known/openid-configuration",
                "FUQI_OIDC_REDIRECT_URI": f"{address}/oauth2callback",
                "FUQI_OIDC_COOKIE_SECRET": secrets.token_hex(32),
            },
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_healthy(address, process, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium_path, args=list(CHROMIUM_ARGUMENTS)
        )
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Callable[[], Visitor]]:
    contexts: list[BrowserContext] = []

    def visitor() -> Visitor:
        contexts.append(
            browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
        )
        return Visitor(contexts[-1], server)

    yield visitor
    for context in contexts:
        context.close()


# ---------------------------------------------------------------- who gets in


def test_without_a_login_no_page_shows_anything(visit, warehouse):
    visitor = visit()
    for path in ("/", "/resolution?street=福保街道", "/audit", "/data"):
        page = visitor.open(path)
        assert "请先登录" in text(page)
        assert navigation(page) == set()
        assert page.locator("[data-testid=stDataFrame], [data-testid=stMetric]").count() == 0
        page.close()
    release = warehouse.current_id() or "?"
    assert not any(release.encode() in message for message in visitor.sent)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nobody", "角色“访客”不是本看板认识的角色"),
        ("without_role", "没有任何角色"),
        ("street_of_nothing", "没有写明是哪个街道"),
        ("street_unknown", "街道登记表里没有“无名街道”"),
    ],
)
def test_who_has_no_rights_is_told_so_and_sees_nothing(visit, name, told):
    visitor = visit()
    page = visitor.sign_in(name, "/resolution")
    assert told in text(page)
    assert page.locator("[data-testid=stDataFrame], [data-testid=stMetric]").count() == 0


@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("leader", {*PAGES, "definitions", "data"}),
        ("street", {*PAGES, "definitions"}),
        ("keeper", {"definitions", "data"}),
        ("auditor", {"definitions", "audit"}),
        ("street_keeper", {*PAGES, "definitions", "data"}),
    ],
)
def test_each_role_opens_its_pages_and_no_others(visit, name, pages):
    visitor = visit()
    visitor.sign_in(name).close()
    for path in (*PAGES, "definitions", "data", "audit"):
        page = visitor.open("/" if path == "overview" else f"/{path}")
        refused = "没有查看" in text(page)
        assert refused == (path not in pages), f"{name} on {path}"
        if refused:
            assert page.locator("[data-testid=stDataFrame], [data-testid=stMetric]").count() == 0
        page.close()


def test_only_a_data_keeper_may_load(visit, server):
    leader = visit()
    page = leader.sign_in("leader", "/data")
    assert "由数据管理员进行" in text(page)
    assert page.locator("[data-testid=stFileUploader]").count() == 0
    keeper = visit()
    page = keeper.sign_in("keeper", "/data")
    assert page.locator("[data-testid=stFileUploader]").count() == 1
    # The route that takes files knows no cookie of ours: it takes them for sessions of data keepers alone.
    request = urllib.request.Request(
        f"{server}/_stcore/upload_file/somebody/file", data=b"x", method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=10)


# ---------------------------------------------------------------- what a street tries to see of others


def telling_values(warehouse: Warehouse) -> dict[str, set[str]]:
    """By table, texts that stand in rows of other streets and in none of the street's own: names, titles, numbers."""
    release = warehouse.current()
    assert release is not None
    columns = {
        "appeals": ("appeal_id",),
        "parks": ("park_name",),
        "stations": ("station_name", "address"),
        "teams": ("team_name",),
        "financing": ("deal_id",),
        "activities": ("activity_name",),
        "permits": ("permit_id",),
        "party_orgs": ("party_org_name",),
    }
    found = {}
    for name, wanted in columns.items():
        rows = pq.read_table(release.table_path(name)).to_pylist()
        own = {row[c] for row in rows if row["subdistrict_name"] == MINE for c in wanted}
        others = {row[c] for row in rows if row["subdistrict_name"] != MINE for c in wanted}
        found[name] = {value for value in others - own if value and len(value) > 4}
    firms = pq.read_table(
        release.table_path("enterprises"), columns=["enterprise_name", "subdistrict_name"]
    )
    named: dict[bool, set[str]] = {True: set(), False: set()}
    for batch in firms.to_batches():
        for name, street in zip(
            batch["enterprise_name"].to_pylist(), batch["subdistrict_name"].to_pylist(), strict=True
        ):
            named[street == MINE].add(name)
    appealing = pq.read_table(release.table_path("appeals")).to_pylist()
    found["enterprises"] = (
        {
            row["enterprise_name"]
            for row in appealing
            if row["subdistrict_name"] != MINE and row["enterprise_name"]
        }
        - {row["enterprise_name"] for row in appealing if row["subdistrict_name"] == MINE}
        - named[True]
    )
    return found


def theirs(warehouse: Warehouse) -> dict[str, str]:
    """A case, a park, a community and a station of the other street."""
    release = warehouse.current()
    assert release is not None

    def first(name: str, column: str) -> str:
        rows = pq.read_table(release.table_path(name)).to_pylist()
        return next(row[column] for row in rows if row["subdistrict_name"] == THEIRS)

    return {
        "case": first("appeals", "appeal_id"),
        "park": first("parks", "park_id"),
        "community": first("communities", "community_name"),
        "station": first("stations", "station_id"),
    }


def test_a_street_gets_no_row_of_another_however_it_asks(visit, warehouse, capsys):
    told = telling_values(warehouse)
    other = theirs(warehouse)
    assert min(len(values) for values in told.values()) >= 4
    pattern = re.compile(
        b"|".join(re.escape(v.encode()) for values in told.values() for v in values)
    )
    # The leadership is sent such values on the same pages: what follows can see them.
    leader = visit()
    leader.sign_in("leader", "/resolution").close()
    leader.open("/stations").close()
    assert len(set(pattern.findall(b"".join(leader.sent)))) > 100

    visitor = visit()
    visitor.sign_in("street").close()
    filters = {
        "nothing": "",
        "their street": f"?street={quote(THEIRS)}",
        "their community": f"?community={quote(other['community'])}",
        "their park": f"?park={other['park']}",
        "their station": f"?station={other['station']}",
        "all of it": f"?street={quote(THEIRS)}&community={quote(other['community'])}"
        f"&park={other['park']}&station={other['station']}&period={quote('启动以来')}",
    }
    attempts: list[tuple[str, str, int, str]] = []
    for name, path in {**PAGES, **EVERYBODYS}.items():
        for how, asked in filters.items():
            attempts.append(_attempt(visitor, f"{name}, {how}", path + asked, pattern))
    for by in ("比较街道", "比较承办单位", "比较诉求类型", "比较社区"):
        asked = f"/comparison?by={quote(by)}&street={quote(THEIRS)}"
        attempts.append(_attempt(visitor, f"comparison, {by}", asked, pattern))
    for page in ("resolution", "common"):
        asked = f"/{page}?case={other['case']}"
        attempts.append(_attempt(visitor, f"{page}, their case", asked, pattern, other["case"]))
    for page in ("data", "audit"):
        attempts.append(_attempt(visitor, f"{page}, not theirs", f"/{page}", pattern))
    for route in ("/fuqi/health", "/fuqi/shell.js", "/_stcore/health", "/media/x", "/app/static/x"):
        attempts.append(_fetched(visitor, route, pattern))
    with capsys.disabled():
        print("\nWhat a street tried, what it got of other streets")
        for how, where, found, note in attempts:
            print(f"  {how:36} {found:3} found  {note}  {where}")
    assert [attempt for attempt in attempts if attempt[2]] == []
    assert len(attempts) > 50


def _attempt(
    visitor: Visitor, how: str, path: str, pattern: re.Pattern[bytes], asked_for: str = ""
) -> tuple[str, str, int, str]:
    """Open the link, and look through all that was sent and shown; what the visitor typed is not counted."""
    visitor.sent.clear()
    page = visitor.open(path)
    shown = text(page)
    sent = b"".join(visitor.sent) + shown.encode() + page.content().encode()
    if asked_for:
        assert f"没有工单“{asked_for}”" in shown
        sent = sent.replace(asked_for.encode(), b"")
    street = re.search(r"street=([^&]*)", page.url)
    note = unquote(street[1]) if street else ""
    assert note in ("", MINE)
    page.close()
    return how, unquote(path), len(set(pattern.findall(sent))), note


def _fetched(visitor: Visitor, route: str, pattern: re.Pattern[bytes]) -> tuple[str, str, int, str]:
    answer = visitor.context.request.get(visitor.address + route)
    return "route", route, len(set(pattern.findall(answer.body()))), str(answer.status)


def test_of_the_district_a_street_sees_one_number_and_no_row(visit):
    visitor = visit()
    page = visitor.sign_in("street", "/comparison")
    shown = text(page)
    assert "街道名次" in shown
    sent = b"".join(visitor.sent).decode("utf-8", "ignore")
    assert "园岭街道" not in sent and THEIRS not in sent
    assert page.locator(".st-key-street input").first.input_value() == MINE


def test_two_streets_are_chosen_between_and_no_others(visit):
    visitor = visit()
    page = visitor.sign_in("two_streets", "/resolution")
    page.locator(".st-key-street [data-baseweb=select], .st-key-street input").first.click()
    options = [o.inner_text() for o in page.locator("[role=option]").all()]
    assert options == ["所辖街道", MINE, "沙头街道"] or sorted(options) == sorted(
        ["所辖街道", MINE, "沙头街道"]
    )


# ---------------------------------------------------------------- the way back, expiry, logging out


def test_the_link_survives_the_login(visit):
    visitor = visit()
    asked = f"/resolution?street={quote(MINE)}&period={quote('上月')}&case=SQ20230628006"
    page = visitor.sign_in("leader", asked)
    assert urlsplit(page.url).path == "/resolution"
    query = unquote(urlsplit(page.url).query)
    assert f"street={MINE}" in query and "period=上月" in query and "case=SQ20230628006" in query
    assert "诉求办理" in text(page)


def test_a_login_ends_when_its_token_does(visit, provider):
    visitor = visit()
    page = visitor.sign_in("short", "/")
    assert "请先登录" not in text(page)
    page.wait_for_function(
        "() => document.body.innerText.includes('登录已过期')",
        timeout=(SHORT_SECONDS + 30) * 1000,
    )
    assert page.locator("[data-testid=stMetric]").count() == 0
    again = visitor.open("/resolution")
    assert "登录已过期" in text(again)


def test_logging_out_ends_other_tabs_and_copies_of_the_cookie(visit, browser, server):
    visitor = visit()
    first = visitor.sign_in("leader", "/")
    second = visitor.open("/resolution")
    kept = visitor.context.storage_state()
    assert "请先登录" not in text(second)
    first.locator(".st-key-account button").first.click()
    first.locator(".st-key-sign_out button").click()
    second.wait_for_function("() => document.body.innerText.includes('已退出登录')")
    assert second.locator("[data-testid=stMetric]").count() == 0
    settle(first)
    first.wait_for_function("() => document.body.innerText.includes('请先登录')")
    thief = browser.new_context(storage_state=kept)
    page = Visitor(thief, server).open("/")
    assert "已退出登录" in text(page)
    thief.close()


def test_somebody_can_log_in_again_after_logging_out(visit):
    visitor = visit()
    page = visitor.sign_in("street", "/")
    page.locator(".st-key-account button").first.click()
    page.locator(".st-key-sign_out button").click()
    page.wait_for_function("() => document.body.innerText.includes('请先登录')")
    page.close()
    page = visitor.sign_in("street", "/")
    assert page.locator("[data-testid=stMetric]").count() > 0


# ---------------------------------------------------------------- the audit log


def test_what_was_seen_stands_in_the_log_once(visit, warehouse):
    visitor = visit()
    visitor.sign_in("street", f"/stations?street={quote(MINE)}")
    time.sleep(3 * REFRESH_SECONDS)  # the page looks for news meanwhile, which is no view
    page = visitor.open("/data")
    page.close()
    entries = [
        entry for entry in audit.read(warehouse.folder / audit.FOLDER) if entry.account == "street"
    ]
    seen = [entry for entry in entries if entry.page == "福企服务站"]
    assert [entry.action for entry in entries[-1:]] == ["refused"]
    assert seen[-1].action == "view" and seen[-1].filters["street"] == MINE
    assert seen[-1].at != seen[-2].at if len(seen) > 1 else True
    lines = (warehouse.folder / audit.FOLDER).glob("*.jsonl")
    assert all(json.loads(line) for file in lines for line in file.read_text().splitlines())


def test_an_auditor_reads_the_log_and_takes_it_away(visit, warehouse):
    visitor = visit()
    visitor.sign_in("street", "/financing").close()
    auditor = visit()
    page = auditor.sign_in("auditor", "/audit")
    assert "日志只增不改" in text(page)
    with page.expect_download() as download:
        page.locator(".st-key-audit_download button").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert any(row["账号"] == "street" and row["页面"] == "融资与活动" for row in rows)
    last = list(audit.read(warehouse.folder / audit.FOLDER))[-1]
    assert (last.account, last.action, last.rows) == ("auditor", "export", len(rows))
