"""Logins in a real browser: each role, what a street tries to see of others, expiry, logging out, the way back.

The browser signs in, shows and is shown out. What a street tries goes over the same connection with the cookies of
its login, without a browser: the server sends the same, and a page takes a second.
"""

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
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from fuqi import audit, paths
from fuqi.access import AUDITOR, DATA_KEEPER, LEADERSHIP, STREET, Account
from fuqi.store import Warehouse
from fuqi.ui.labels import PAGES
from tests.browser.conftest import CHROMIUM_ARGUMENTS, _wait_until_healthy
from tests.browser.oidc import CLIENT_ID, CLIENT_SECRET, Provider, running_provider
from tests.conftest import copied
from tests.pages.conftest import PARTS
from tests.test_protection import PATHS
from tests.visitor import Drawn, Visitor

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
ROLES = {
    "leader": Account("", frozenset({LEADERSHIP})),
    "street": Account("", frozenset({STREET}), (MINE,)),
    "keeper": Account("", frozenset({DATA_KEEPER})),
    "auditor": Account("", frozenset({AUDITOR})),
}
DATA_KINDS = ("arrow_data_frame", "vega_lite_chart", "arrow_vega_lite_chart")


def path_of(page: str) -> str:
    return "/" if page == "overview" else f"/{page}"


SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app !== null && app.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && document.querySelector('[data-testid=stHeading], h1') !== null
        && document.querySelector('[data-stale=true], [data-testid=stSkeleton]') === null;
}"""


@dataclass
class Reader:
    """A browser of one's own."""

    context: BrowserContext
    address: str

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(SECONDS_TO_DRAW * 1000)
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

    @property
    def without_browser(self) -> Visitor:
        """The same login, asking by itself."""
        cookies = {c["name"]: c["value"] for c in self.context.cookies(self.address)}
        cookies.pop("_streamlit_xsrf", None)
        return Visitor(self.address, cookies)


def settle(page: Page) -> None:
    page.wait_for_function(SETTLED)
    page.wait_for_timeout(400)
    page.wait_for_function(SETTLED)


def is_gone(page: Page, selector: str) -> bool:
    """Whether nothing of it is left, soon: what a page showed before is taken off when its new run is over."""
    try:
        page.wait_for_function("selector => !document.querySelector(selector)", arg=selector)
    except BrowserError:
        return False
    return True


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


@pytest.fixture(scope="module")
def new_reader(browser: Browser, server: str) -> Iterator[Callable[[], Reader]]:
    contexts: list[BrowserContext] = []

    def reader() -> Reader:
        contexts.append(
            browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
        )
        return Reader(contexts[-1], server)

    yield reader
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def signed_in(new_reader: Callable[[], Reader]) -> Callable[[str], tuple[Reader, Page]]:
    """Somebody who signed in once for all tests, with the page that followed."""
    known: dict[str, tuple[Reader, Page]] = {}

    def reader(name: str) -> tuple[Reader, Page]:
        if name not in known:
            arrived = new_reader()
            known[name] = (arrived, arrived.sign_in(name))
        return known[name]

    return reader


# ---------------------------------------------------------------- who gets in


def shows_data(page: Drawn) -> bool:
    return b"fuqi-card" in page.sent or any(page.elements(kind) for kind in DATA_KINDS)


def test_without_a_login_no_page_shows_anything(new_reader, warehouse):
    nobody = new_reader()
    page = nobody.open("/resolution?street=福保街道")
    assert "请先登录" in text(page)
    assert navigation(page) == set()
    release = (warehouse.current_id() or "?").encode()
    for name in PAGES:
        with nobody.without_browser.open(path_of(name)) as drawn:
            assert "请先登录" in drawn.text and not shows_data(drawn), name
            assert release not in drawn.sent


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nobody", "角色“访客”不是本看板认识的角色"),
        ("without_role", "没有任何角色"),
        ("street_of_nothing", "没有写明是哪个街道"),
        ("street_unknown", "街道登记表里没有“无名街道”"),
    ],
)
def test_who_has_no_rights_is_told_so_and_sees_nothing(new_reader, name, told):
    reader = new_reader()
    assert told in text(reader.sign_in(name, "/resolution"))
    with reader.without_browser.open("/stations") as drawn:
        assert told in drawn.text and not shows_data(drawn)


@pytest.mark.parametrize("name", ROLES)
def test_each_role_opens_its_pages_and_no_others(signed_in, name):
    reader, page = signed_in(name)
    account = ROLES[name]
    assert navigation(page) == {title for p, title in PAGES.items() if account.may_open(p)}
    for file in PAGES:
        with reader.without_browser.open(path_of(file)) as drawn:
            refused = "没有查看" in drawn.text
            assert refused != account.may_open(file), f"{name} on {file}"
            assert not (refused and shows_data(drawn))


def test_only_a_data_keeper_may_load(signed_in):
    for name, may_load in (("leader", False), ("keeper", True)):
        reader, _ = signed_in(name)
        with reader.without_browser.open("/data") as drawn:
            assert ("由数据管理员进行" in drawn.text) != may_load
            assert bool(drawn.elements("file_uploader")) == may_load


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


@dataclass(frozen=True)
class Attempt:
    how: str
    where: str
    found: int
    note: str


def test_a_street_gets_no_row_of_another_however_it_asks(signed_in, warehouse, capsys):
    told = telling_values(warehouse)
    other = theirs(warehouse)
    assert min(len(values) for values in told.values()) >= 4
    pattern = re.compile(
        b"|".join(re.escape(v.encode()) for values in told.values() for v in values)
    )
    # The leadership is sent such values on the same pages, and finds them in files: what follows can see them.
    leader = signed_in("leader")[0].without_browser
    with leader.open("/resolution") as page, leader.open("/stations") as second:
        assert len(set(pattern.findall(page.sent + second.sent))) > 100
        theirs_made = second.links("csv")
        link = second.make(second.button("-export_page").deferred_file_id)
        assert len(set(pattern.findall(inside(leader.ask(link).body)))) > 100
        attempts = list(_tried(signed_in("street")[0].without_browser, other, pattern))
        street = signed_in("street")[0].without_browser
        attempts.append(_fetched(street, link, pattern))
        telling = [made for made in theirs_made if pattern.search(leader.ask(made).body)]
        assert telling
        for made in telling:
            attempts.append(_fetched(street, made, pattern))
    for route in (*PATHS, "/fuqi/health", "/fuqi/shell.js", "/_stcore/health", "/media/x"):
        attempts.append(_fetched(street, route, pattern))
    with capsys.disabled():
        print("\nWhat a street tried, what it got of other streets")
        for one in attempts:
            print(f"  {one.how:36} {one.found:3} found  {one.note}  {one.where}")
    assert [attempt for attempt in attempts if attempt.found] == []
    assert len(attempts) > 80


def _tried(street: Visitor, other: dict[str, str], pattern: re.Pattern[bytes]) -> Iterator[Attempt]:
    """Every page with every filter at the other street, its files, and links to what is the other street's."""
    place = f"street={quote(THEIRS)}&community={quote(other['community'])}"
    filters = {
        "nothing": "",
        "their street": f"{place}&period={quote('启动以来')}",
        "all of it": f"{place}&park={other['park']}&station={other['station']}",
    }
    own = [name for name in PAGES if ROLES["street"].may_open(name)]
    assert len(own) >= 9
    for name in own:
        for how, asked in filters.items():
            yield from _opened(street, f"{name}, {how}", path_of(name), asked, pattern)
    for name, part in PARTS.items():
        asked = f"tab={quote(part)}&{place}"
        page = name.partition(".")[0]
        yield from _opened(street, f"{page}, {part}", path_of(page), asked, pattern)
    for by in ("比较街道", "比较承办单位", "比较诉求类型", "比较社区"):
        asked = f"by={quote(by)}&street={quote(THEIRS)}"
        yield from _opened(street, f"comparison, {by}", "/comparison", asked, pattern)
    for name in ("resolution", "common"):
        asked = f"case={other['case']}"
        yield from _opened(
            street, f"{name}, their case", path_of(name), asked, pattern, other["case"]
        )
    for name in PAGES:
        if name not in own:
            yield from _opened(street, f"{name}, not theirs", path_of(name), "", pattern)


def _opened(
    street: Visitor,
    how: str,
    path: str,
    asked: str,
    pattern: re.Pattern[bytes],
    asked_for: str = "",
) -> Iterator[Attempt]:
    """Open the link, look through all that was sent, then through the page's workbook."""
    with street.open(path, asked) as page:
        sent = page.sent
        if asked_for:
            assert f"没有工单“{asked_for}”" in page.text
            sent = sent.replace(asked_for.encode(), b"")
        streets = [
            o for s in page.elements("selectbox") if s.id.endswith("-street") for o in s.options
        ]
        assert set(streets) <= {MINE}
        yield Attempt(
            how, unquote(f"{path}?{asked}"), len(set(pattern.findall(sent))), "、".join(streets)
        )
        if how.endswith("all of it"):
            for asking in page.elements("text_input"):
                if asking.label.startswith("导出事由"):
                    page.typed[asking.id] = "试一试"
            page.run()
            for button in page.elements("download_button"):
                if "-export_page" in button.id and button.deferred_file_id:
                    link = page.make(button.deferred_file_id)
                    yield _fetched(street, link, pattern, f"{how}, file")
            for link in page.links("csv"):
                yield _fetched(street, link, pattern, f"{how}, table")


def _fetched(
    street: Visitor, route: str, pattern: re.Pattern[bytes], how: str = "route"
) -> Attempt:
    answer = street.ask(route or "/nothing-was-made")
    found = len(set(pattern.findall(inside(answer.body))))
    return Attempt(how, route, found, str(answer.status))


def inside(file: bytes) -> bytes:
    """What a file says; a workbook is packed."""
    if not file.startswith(b"PK"):
        return file
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())


def test_of_the_district_a_street_sees_one_number_and_no_row(signed_in):
    with signed_in("street")[0].without_browser.open("/comparison") as page:
        assert "街道名次" in page.text
        assert "园岭街道" not in page.text and THEIRS not in page.text


def test_two_streets_are_chosen_between_and_no_others(new_reader):
    page = new_reader().sign_in("two_streets", "/resolution")
    page.locator(".st-key-street [data-baseweb=select], .st-key-street input").first.click()
    options = [o.inner_text() for o in page.locator("[role=option]").all()]
    assert sorted(options) == sorted(["所辖街道", MINE, "沙头街道"])


# ---------------------------------------------------------------- the way back, expiry, logging out


def test_the_link_survives_the_login(new_reader):
    visitor = new_reader()
    asked = f"/resolution?street={quote(MINE)}&period={quote('上月')}&case=SQ20230628006"
    page = visitor.sign_in("leader", asked)
    assert urlsplit(page.url).path == "/resolution"
    query = unquote(urlsplit(page.url).query)
    assert f"street={MINE}" in query and "period=上月" in query and "case=SQ20230628006" in query
    assert "诉求办理" in text(page)


def test_a_login_ends_when_its_token_does(new_reader):
    visitor = new_reader()
    page = visitor.sign_in("short", "/")
    assert "请先登录" not in text(page)
    page.wait_for_function(
        "() => document.body.innerText.includes('登录已过期')",
        timeout=(SHORT_SECONDS + 30) * 1000,
    )
    assert is_gone(page, ".fuqi-card")
    again = visitor.open("/resolution")
    assert "登录已过期" in text(again)


def test_logging_out_ends_other_tabs_and_copies_of_the_cookie(new_reader, browser, server):
    visitor = new_reader()
    first = visitor.sign_in("leader", "/")
    second = visitor.open("/definitions")
    kept = visitor.context.storage_state()
    assert "请先登录" not in text(second)
    first.locator(".st-key-account button").first.click()
    first.locator(".st-key-sign_out button").click()
    second.wait_for_function("() => document.body.innerText.includes('已退出登录')")
    settle(first)
    first.wait_for_function("() => document.body.innerText.includes('请先登录')")
    thief = browser.new_context(storage_state=kept)
    assert "已退出登录" in text(Reader(thief, server).open("/"))
    thief.close()
    first.close()
    again = visitor.sign_in("street", "/")
    assert again.locator(".fuqi-card").count() > 0


def test_streamlits_own_logout_page_ends_other_tabs_too(new_reader):
    visitor = new_reader()
    tab = visitor.sign_in("keeper", "/definitions")
    other = visitor.context.new_page()
    other.goto(f"{visitor.address}/auth/logout")
    tab.wait_for_function("() => document.body.innerText.includes('已退出登录')")
    assert is_gone(tab, ".fuqi-card, [data-testid=stDataFrame]")


# ---------------------------------------------------------------- the audit log


def test_what_was_seen_stands_in_the_log_once(signed_in, warehouse):
    reader, _ = signed_in("street")
    page = reader.open(f"/stations?street={quote(MINE)}")
    time.sleep(2 * REFRESH_SECONDS)  # the page looks for news meanwhile, which is no view
    page.close()
    with reader.without_browser.open("/data"):
        pass
    entries = [
        entry for entry in audit.read(warehouse.folder / audit.FOLDER) if entry.account == "street"
    ]
    *_, seen, refused = entries
    assert (seen.action, seen.page, refused.action) == ("view", "福企服务站", "refused")
    assert seen.filters["street"] == MINE
    lines = (warehouse.folder / audit.FOLDER).glob("*.jsonl")
    assert all(json.loads(line) for file in lines for line in file.read_text().splitlines())


def test_a_list_of_cases_is_taken_away_for_a_reason(signed_in, warehouse):
    reader, _ = signed_in("street")
    page = reader.open("/resolution")
    page.locator(".st-key-export_page_asking button").first.click()
    take = page.locator(".st-key-export_page_for_a_reason button").first
    assert take.is_disabled()
    page.locator(".st-key-reason_page input").fill("本周例会材料")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('.st-key-export_page_for_a_reason button')?.disabled === false"
    )
    with page.expect_download() as download:
        take.click()
    assert download.value.path().read_bytes().startswith(b"PK")
    exports = [e for e in audit.read(warehouse.folder / audit.FOLDER) if e.action == "export"]
    assert (exports[-1].account, exports[-1].reason) == ("street", "本周例会材料")


def test_what_was_not_handed_over_is_said_at_the_button_and_on_the_page(signed_in, warehouse):
    reader, _ = signed_in("leader")
    page = reader.open("/definitions")
    folder = warehouse.folder / audit.FOLDER
    aside = folder.with_name("audit_aside")
    folder.rename(aside)
    folder.write_text("in the way")
    try:
        page.locator(".st-key-definitions_csv button").first.click()
        page.get_by_text("没有导出。请刷新页面再试，或联系管理员").wait_for()
        said = page.get_by_text("没有导出“指标口径”")
        said.wait_for()
        assert "审计日志写不进去" in said.first.inner_text()
    finally:
        folder.unlink()
        aside.rename(folder)


def test_an_auditor_reads_the_log_and_takes_it_away(signed_in, warehouse):
    with signed_in("street")[0].without_browser.open("/financing"):
        pass
    reader, _ = signed_in("auditor")
    page = reader.open("/audit")
    assert "日志只增不改" in text(page)
    with page.expect_download() as download:
        page.locator(".st-key-audit_download button").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert any(row["账号"] == "street" and row["页面"] == "融资与活动" for row in rows)
    last = list(audit.read(warehouse.folder / audit.FOLDER))[-1]
    assert (last.account, last.action, last.rows) == ("auditor", "export", len(rows))
