"""What stands around Streamlit: warm imports, a health route, security headers, a Chinese shell, ways of a login.

Limits are in `fuqi.ui.limits`, gates before Streamlit's own routes in `fuqi.ui.gates`.
"""

import gzip
import logging
import os
import secrets
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import duckdb
import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fuqi import access, maps, paths, settings
from fuqi.access import Account
from fuqi.settings import SettingsError
from fuqi.store import Warehouse
from fuqi.ui import (
    cards,
    downloads,
    file_links,
    frontend,
    gates,
    identity,
    limits,
    terms,
    undelayed,
    warm,
)

PORTAL = Path(__file__).with_name("portal.py")
SHELL_SCRIPT = Path(__file__).with_name("shell.js")
SHELL_SCRIPT_URL = "/fuqi/shell.js"
UPLOAD_ROUTE = limits.UPLOAD_ROUTE
LOGIN_CALLBACK = "/oauth2callback"
RETURN_COOKIE = "fuqi_return"
LONGEST_ADDRESS = 2000
OIDC_SECRETS = (
    "client_id",
    "client_secret",
    "server_metadata_url",
    "redirect_uri",
    "cookie_secret",
)

log = logging.getLogger("fuqi.access")

# The browser may talk to this server and to nobody else. Vega compiles its expressions (unsafe-eval), Streamlit
# and deck.gl set styles in place, and workers and pictures come as blobs.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:{tiles}",
    "font-src 'self' data:",
    "connect-src 'self' ws: wss: data: blob:{tiles}",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'self'",
)
NOT_USED = ("camera", "microphone", "geolocation", "payment", "usb", "serial", "midi")
"""What no page here asks a browser for."""


def security_headers(tile_url: str) -> dict[str, str]:
    """The headers of every answer; the host of the map tiles, if there is one, is the only other one allowed."""
    address = urlsplit(tile_url)
    tiles = f" {address.scheme}://{address.netloc}" if tile_url else ""
    return {
        "content-security-policy": "; ".join(CONTENT_SECURITY_POLICY).format(tiles=tiles),
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
        "referrer-policy": "same-origin",
        "permissions-policy": ", ".join(f"{feature}=()" for feature in NOT_USED),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }


@asynccontextmanager
async def warm_start(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """Have ready what the first visitor would otherwise wait for, and what those after a new release would."""
    warm.imports()
    undelayed.listen_undelayed()
    is_over = threading.Event()
    threading.Thread(target=warm.keep_warm, args=(is_over,), name="keep-warm", daemon=True).start()
    yield {}
    is_over.set()


async def health(request: Request) -> JSONResponse:
    """200 while a release is in use, 503 while there is none; its number for whoever may see pages."""
    release_id = await run_in_threadpool(Warehouse(paths.WAREHOUSE).current_id)
    try:
        asked = dict(request.headers), request.cookies
        is_known = isinstance(await run_in_threadpool(identity.of_connection, *asked), Account)
    except SettingsError:
        is_known = False
    told = {"release_id": release_id} if is_known else {"has_release": release_id is not None}
    return JSONResponse(
        told, status_code=200 if release_id else 503, headers={"cache-control": "no-store"}
    )


async def shell_script(_: Request) -> FileResponse:
    return FileResponse(
        SHELL_SCRIPT, media_type="text/javascript", headers={"cache-control": "no-cache"}
    )


async def boundaries(request: Request) -> Response:
    """Areas that maps are drawn on, by what they hold: whoever has them once need not ask again."""
    content = maps.content_of(request.path_params["name"])
    if content is None:
        return PlainTextResponse(gates.REFUSALS[404], status_code=404)
    headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = await run_in_threadpool(_compressed, content)
        headers["content-encoding"] = "gzip"
    return Response(content, media_type="application/geo+json", headers=headers)


async def file_of_page(request: Request) -> Response:
    """What a link at a chart or table leads to."""
    if request.method != "GET":  # an answer without the file would be written down as one with it
        return PlainTextResponse(gates.REFUSALS[405], status_code=405)
    asked = dict(request.headers), request.cookies
    try:
        handed = await run_in_threadpool(
            downloads.follow,
            **request.path_params,
            read_again=lambda: identity.of_connection(*asked),
        )
    except downloads.NotDelivered:  # the page says why
        return PlainTextResponse(gates.REFUSALS[403], status_code=403)
    if handed is None:
        return PlainTextResponse(gates.REFUSALS[404], status_code=404)
    named = f"attachment; filename*=utf-8''{quote(handed.name)}"
    headers = {"content-disposition": named, "cache-control": "no-store"}
    return Response(handed.content, media_type=handed.mime, headers=headers)


@lru_cache(maxsize=32)
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


class ChineseShell:
    """Sets the security headers and, in the page Streamlit serves, the language, the title and our script."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._headers = {k.encode(): v.encode() for k, v in security_headers(_tile_url()).items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        page = bytearray()

        async def send_translated(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = [h for h in message["headers"] if h[0].lower() not in self._headers]
                headers += self._headers.items()
                message = {**message, "headers": headers}
                if _is_html(headers):
                    start = message
                else:
                    await send(message)
            elif start is not None and message["type"] == "http.response.body":
                page.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    body = _translated(bytes(page), scope["path"])
                    kept = [h for h in start["headers"] if h[0].lower() not in _OF_THE_BODY]
                    length = (b"content-length", str(len(body)).encode())
                    await send({**start, "headers": [*kept, length]})
                    await send({"type": "http.response.body", "body": body})
            else:
                await send(message)

        # A compressed page could not be rewritten; the page is small.
        if "text/html" in _header(scope, b"accept"):
            headers = [h for h in scope["headers"] if h[0].lower() != b"accept-encoding"]
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send_translated)


class UploadGate:
    """Turns files away at the door while uploads are switched off: Streamlit takes them from any open page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        brings_file = scope["type"] == "http" and scope["method"] in ("PUT", "POST")
        if brings_file and UPLOAD_ROUTE in scope["path"]:
            if not _takes_uploads():
                await PlainTextResponse("网页上传未开启", status_code=403)(scope, receive, send)
                return
            session_id = scope["path"].partition(UPLOAD_ROUTE)[2].partition("/")[0]
            is_keepers = session_id in identity.KEEPER_SESSIONS
            if _asks_for_accounts() and not (is_keepers and await _may_load(scope)):
                await PlainTextResponse("只有数据管理员可以上传", status_code=403)(
                    scope, receive, send
                )
                return
        await self.app(scope, receive, send)


class TrustedPeer:
    """Marks what comes from the reverse proxy's own address, as this server sees it, and nothing else.

    The mark is a secret of this process, so a client cannot send it, and without this middleware nobody is believed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            mark = identity.PEER_HEADER.lower().encode()
            headers = [(k, v) for k, v in scope["headers"] if k.lower() != mark]
            if _comes_from_proxy(scope):
                headers.append((mark, identity.PEER_SEAL.encode()))
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send)


def _comes_from_proxy(scope: Scope) -> bool:
    try:
        current = settings.load()
    except SettingsError:
        return False
    if current.access != "proxy" or not scope.get("client"):
        return False
    if _header(scope, b"x-forwarded-for") and os.environ.get("FORWARDED_ALLOW_IPS") != "":
        # uvicorn may have put what this header says in the place of the peer's address.
        log.error(
            "a request with X-Forwarded-For was not believed: set FORWARDED_ALLOW_IPS to nothing, as "
            "`python -m fuqi serve` does, so that this server sees the proxy's own address"
        )
        return False
    return access.is_allowed_peer(scope["client"][0], current.proxy_addresses)


class ReturnToPage:
    """After a login, back to the page and the filters it began at: the sign-in page leaves them in a cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith(LOGIN_CALLBACK):
            await self.app(scope, receive, send)
            return
        began_at = unquote(HTTPConnection(scope).cookies.get(RETURN_COOKIE, ""))

        async def send_back(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 302:
                headers = message["headers"]
                # A refused login goes back too: the page says why.
                if is_own_address(began_at):
                    headers = [h for h in headers if h[0].lower() != b"location"]
                    headers.append((b"location", quote(began_at, safe="/?&=%:,+").encode()))
                headers = [
                    *headers,
                    (b"set-cookie", f"{RETURN_COOKIE}=; Path=/; Max-Age=0".encode()),
                ]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_back)


def is_own_address(address: str) -> bool:
    """Whether it is a path of this server, with filters perhaps, and not another server's address."""
    return (
        address.startswith("/")
        and not address.startswith(("//", "/\\"))
        and len(address) < LONGEST_ADDRESS
        and address.isprintable()
        and "\\" not in address
    )


def secrets_from_environment() -> dict[str, dict[str, str]]:
    """The section [auth] of Streamlit's secrets, where the environment gives it all: FUQI_OIDC_CLIENT_ID and so on."""
    given = {name: os.environ.get(f"FUQI_OIDC_{name.upper()}", "") for name in OIDC_SECRETS}
    return {"auth": given} if all(given.values()) else {}


def tell_of_fault(error: Exception) -> bool:
    """Says on the page, in Chinese and without a trace, that it failed; the number leads to the trace in the log."""
    number = secrets.token_hex(3)
    log.error("fault %s: %s", number, type(error).__name__)
    if isinstance(error, SettingsError):
        said = "设置文件有误，看板暂时不能显示"
    elif isinstance(error, duckdb.OutOfMemoryException):
        said = (
            "这次要算的件数超过了查询可用的内存。请缩短自选日期，"
            "或改选按名称给出的时段（如本季度、今年），那些已预先算好"
        )
    else:
        said = "这一页出错了，没有显示完。请刷新页面"
    st.error(f"{said}；请联系管理员，并告知编号 {number}。", icon=":material/error:")
    return True


async def _may_load(scope: Scope) -> bool:
    """Whether whoever sends this is a data keeper still: a session may outlive its login."""
    asked = HTTPConnection(scope)
    account = await run_in_threadpool(identity.of_connection, dict(asked.headers), asked.cookies)
    return isinstance(account, access.Account) and account.may_load


def _takes_uploads() -> bool:
    try:
        return settings.load().uploads
    except SettingsError:
        return False


def _asks_for_accounts() -> bool:
    try:
        return settings.load().access != "open"
    except SettingsError:
        return True


def _tile_url() -> str:
    try:
        return settings.load().tile_url
    except SettingsError:
        return ""


_OF_THE_BODY = {b"content-length", b"etag", b"last-modified"}


def _is_html(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(k.lower() == b"content-type" and v.startswith(b"text/html") for k, v in headers)


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k.lower() == name), "")


PAGES_WITH_DECKS = ("assignments", "stations")
"""The last part of their addresses; elsewhere what deck.gl needs, as maps with tiles do, is fetched when one is met."""


def _translated(page: bytes, path: str) -> bytes:
    has_deck = path.rpartition("/")[2] in PAGES_WITH_DECKS
    return (
        page.replace(b'<html lang="en">', b'<html lang="zh-CN">')
        .replace(b"<title>Streamlit</title>", "<title>福企看板</title>".encode())
        .replace(b"</head>", frontend.links(has_deck) + b"</head>")
        .replace(b"</head>", f"<style>{cards.STYLE}{terms.STYLE}</style></head>".encode())
        .replace(b"</head>", f'<script defer src="{SHELL_SCRIPT_URL}"></script></head>'.encode())
    )


ROUTES = (
    Route("/fuqi/health", health),
    Route(SHELL_SCRIPT_URL, shell_script),
    Route(file_links.ADDRESS, file_of_page),
    Route(f"/{maps.BOUNDARIES_FOLDER}{{name}}.json", boundaries),
)
MIDDLEWARE = (
    Middleware(ChineseShell),
    Middleware(limits.Limits),
    Middleware(frontend.FrontendFiles),
    Middleware(TrustedPeer),
    Middleware(gates.ClosedRoutes),
    Middleware(UploadGate),
    Middleware(gates.EndedAtLogout),
    Middleware(gates.OwnFiles),
    Middleware(ReturnToPage),
    Middleware(gates.PlainAnswers),
)
EXCEPTION_HANDLERS = {Exception: gates.fault}
