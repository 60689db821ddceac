"""Who is in front of the screen: read at every run, shown in the corner, asked for where nobody is known.

The account comes from the setting `access`: everybody (`open`), a login (`oidc`, st.login) or a reverse proxy's headers
(`proxy`). It is never kept in a session: a login that has expired or was ended in another tab is nobody's at the next
run, and an open page looks every few seconds.
"""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from fuqi import access, audit, paths, settings
from fuqi.access import OPEN_ACCOUNT, Account, EndedLogins, Refused
from fuqi.settings import Settings
from fuqi.ui.labels import PAGES

PEER_HEADER = "X-Fuqi-Peer"
PEER_SEAL = secrets.token_hex(32)
"""What `fuqi.ui.server` puts into the header of a request from the reverse proxy's address; nobody else knows it."""

KEEPER_SESSIONS: dict[str, None] = {}
"""Sessions that may upload files, the newest last."""
MOST_KEEPER_SESSIONS = 500
AUDITED, AUDITED_CASE = "audited_view", "audited_case"
"""The session's entries that say which view and which case were recorded last."""
OPEN_NOTE = "未设登录，全区可见"

log = logging.getLogger("fuqi.access")


@dataclass(frozen=True)
class Absent:
    """Nobody is known: why, in Chinese, and whether signing in would help."""

    reason: str
    can_sign_in: bool = False
    is_refused: bool = False
    account: str = ""


def read() -> Account | Absent:
    """The account of this run's session."""
    return _known(settings.load(), st.context.headers, st.user.to_dict)


def of_connection(headers: Mapping[str, str], cookies: Mapping[str, str]) -> Account | Absent:
    """The account of a request, or of an open page's connection, by what the browser and the proxy sent with it."""
    return _known(settings.load(), headers, lambda: claims_in(cookies))


def reader() -> Callable[[], Account | Absent]:
    """A way to read the account of this run's session anew, later and from any thread; nobody once it is closed."""
    context = get_script_run_ctx()
    session_id = context.session_id if context else ""

    def read_again() -> Account | Absent:
        if not session_id or not runtime.exists():  # Streamlit's test driver has no connections
            return read()
        client = runtime.get_instance().get_client(session_id)
        asked = client.client_context if client else None
        if asked is None:
            return Absent("页面已断开，请刷新后再导出。")
        return of_connection(dict(asked.headers), asked.cookies)

    return read_again


def claims_in(cookies: Mapping[str, str]) -> dict[str, Any]:
    """What the login's cookie says, as `st.user` has it; nobody is logged in where it is missing or not ours."""

    def signed(name: str) -> bytes | None:
        value = cookies.get(name)
        if value is None:
            return None
        return decode_signed_value(get_cookie_secret(), name, value.encode("latin-1"))

    try:
        content = get_cookie_with_chunks(signed, USER_COOKIE_NAME)
        claims = json.loads(content) if content else {}
    except ValueError:
        claims = {}
    return {"is_logged_in": False, **claims}


def end_login(cookies: Mapping[str, str]) -> None:
    """End the login of a cookie everywhere, and write that down once."""
    login = access.login_id(claims_in(cookies))
    if not login or login in _ended():
        return
    account = of_connection({}, cookies)
    _ended().add(login)
    if isinstance(account, Account):
        try:
            record(account, "sign_out")
        except audit.AuditError as error:
            log.error("%s", error)


def _known(
    current: Settings, headers: Mapping[str, str], claims: Callable[[], Mapping[str, Any]]
) -> Account | Absent:
    if current.access == "open":
        return OPEN_ACCOUNT
    try:
        if current.access == "proxy":
            return _from_proxy(current, headers)
        return _from_login(current, claims())
    except Refused as refused:
        return Absent(str(refused), is_refused=True)


def is_still(account: Account) -> bool:
    """Whether a page that was drawn for the account may go on showing it something; cheap enough to ask often."""
    return not account.is_expired() and account.login not in _ended()


def sign_in_page(absent: Absent) -> None:
    """What somebody sees who is not known, or known to have no rights here: why, and the way in. No data."""
    st.title("福企看板", anchor=False)
    with st.container(key="sign_in", width=560):
        if absent.is_refused:
            st.error(plain(absent.reason), icon=":material/block:")
            if settings.load().access == "oidc" and st.button("退出，换一个账号", key="sign_out"):
                st.logout()
        elif absent.can_sign_in:
            st.info(absent.reason, icon=":material/lock:")
            if st.button("登录", type="primary", key="log_in", icon=":material/login:"):
                st.login()
        else:
            st.error(absent.reason, icon=":material/block:")


def no_entry(account: Account, page: str) -> None:
    """What somebody sees on a page that is for none of the account's roles, with the pages that are. No data."""
    st.title(PAGES[page], anchor=False)
    corner(account)
    st.error(
        f"您的账号（{plain(account.titles)}）没有查看“{PAGES[page]}”的权限。",
        icon=":material/block:",
    )
    seen = (account.name, account.login, "refused", page)
    if st.session_state.get(AUDITED) != seen:
        st.session_state[AUDITED] = seen
        _recorded(account, "refused", PAGES[page])
    allowed = [name for name in PAGES if account.may_open(name)]
    with st.container(horizontal=True):
        for name in allowed:
            st.page_link(st.Page(paths.PAGES / f"{name}.py"), label=PAGES[name])


def corner(account: Account) -> None:
    """The account in a page's head, with a way out; where nobody logs in, that everybody sees everything."""
    if account == OPEN_ACCOUNT:
        st.badge(OPEN_NOTE, color="gray", icon=":material/public:")
        return
    with st.popover(plain(account.titles), icon=":material/account_circle:", key="account"):
        st.markdown(f"账号：{plain(account.name)}")
        if account.scope.streets is not None and account.scope.streets:
            st.caption(
                f"只显示{account.scope.named}的数据；与全区的比较只有全区合计，不含其他街道的行。"
                "共性诉求与所辖范围内的其他地方比较。"
            )
        if account.login and st.button("退出登录", key="sign_out", icon=":material/logout:"):
            sign_out(account)


def sign_out(account: Account) -> None:
    """End the login: in this tab at once, in others and in copies of its cookie at their next run or look."""
    _ended().add(account.login)
    _recorded(account, "sign_out")
    st.logout()


def may_load() -> bool:
    """Whether whoever clicks now may load data; the session may then send files, too."""
    account = read()
    if not isinstance(account, Account) or not account.may_load:
        return False
    context = get_script_run_ctx()
    if context is not None:
        KEEPER_SESSIONS.pop(context.session_id, None)
        KEEPER_SESSIONS[context.session_id] = None
        while len(KEEPER_SESSIONS) > MOST_KEEPER_SESSIONS:
            KEEPER_SESSIONS.pop(next(iter(KEEPER_SESSIONS)), None)
    return True


def record_view(account: Account, page: str, filters: Mapping[str, Any], release_id: str) -> None:
    """Write down that the account sees the page with these filters: once, however often it is drawn again."""
    if account == OPEN_ACCOUNT:
        return
    seen = (account.name, account.login, page, tuple(sorted(filters.items())), release_id)
    if st.session_state.get(AUDITED) != seen:
        st.session_state[AUDITED] = seen
        _recorded(account, "view", page, filters, release_id)


def record_case(account: Account, case_id: str, release_id: str) -> None:
    """Write down that the account sees one case; once in a row."""
    if account != OPEN_ACCOUNT and st.session_state.get(AUDITED_CASE) != (account.name, case_id):
        st.session_state[AUDITED_CASE] = (account.name, case_id)
        _recorded(account, "case", filters={"case": case_id}, release_id=release_id)


def record(
    account: Account,
    action: str,
    page: str = "",
    filters: Mapping[str, Any] | None = None,
    rows: int | None = None,
    reason: str = "",
    release_id: str = "",
) -> None:
    """Write down what the account does; raises AuditError, and then it must not be done."""
    name = account.name or "（未登录）"
    folder = paths.WAREHOUSE / audit.FOLDER
    audit.record(
        folder,
        name,
        action,
        page,
        filters,
        rows,
        reason,
        roles=account.titles,
        release_id=release_id,
    )


def _recorded(
    account: Account,
    action: str,
    page: str = "",
    filters: Mapping[str, Any] | None = None,
    release_id: str = "",
) -> None:
    """The same for what is not stopped by a full disk: a view, a refusal, a way out. The reader is told."""
    try:
        record(account, action, page, filters, release_id=release_id)
    except audit.AuditError as error:
        log.error("%s", error)
        st.warning(f"{error}。", icon=":material/warning:")


def _from_login(current: Settings, claims: Mapping[str, Any]) -> Account | Absent:
    if "is_logged_in" not in claims:
        return Absent("登录还没有配置好：.streamlit/secrets.toml 里没有 [auth]，请联系管理员。")
    if not claims["is_logged_in"]:
        return Absent("请先登录。登录后回到这个页面，筛选不变。", can_sign_in=True)
    account = access.from_claims(claims, current)
    if account.is_expired():
        return Absent("登录已过期，请重新登录。登录后回到这个页面，筛选不变。", can_sign_in=True)
    if account.login in _ended():
        return Absent("已退出登录。", can_sign_in=True)
    return account


def _from_proxy(current: Settings, given: Mapping[str, str]) -> Account | Absent:
    headers = {name.lower(): value for name, value in given.items()}
    if not secrets.compare_digest(
        headers.get(PEER_HEADER.lower(), "").encode(), PEER_SEAL.encode()
    ):
        return Absent("本看板只能从单位的统一入口打开，请从那里进入。")
    return access.from_headers(_AnyCase(headers), current)


class _AnyCase(dict[str, str]):
    """Headers by name, whatever its case."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def _ended() -> EndedLogins:
    return EndedLogins(paths.WAREHOUSE / access.ended.FOLDER)


def plain(text: str) -> str:
    """The text for Markdown, with nothing in it that Markdown would take for its own."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|~$:<>&" else c for c in text)
