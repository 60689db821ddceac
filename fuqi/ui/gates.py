"""Gates before Streamlit's own routes: what is closed, who may fetch a file, and what a refusal or a fault says.

Streamlit serves a made file to whoever knows its link, lets a login live on in other tabs when its own logout route
is opened, and answers in English.
"""

import logging

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fuqi.access import OPEN_ACCOUNT, Account
from fuqi.settings import SettingsError
from fuqi.ui import identity
from fuqi.ui.file_links import FOLDER
from fuqi.ui.handed_out import FILES, MINUTES
from fuqi.ui.limits import STATIC

LOGOUT = "/auth/logout"
MEDIA = "/media/"
CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check")
"""Routes of Streamlit that nobody needs here: figures on the server, and a way to drive pages without a browser."""

NOT_YOURS = f"这个文件只交给导出它的账号，{MINUTES} 分钟内有效。请回到页面重新导出。"
FAULT = "服务器出错了，这次请求没有完成。请刷新页面；仍然如此请联系管理员。"
REFUSALS = {
    400: "请求有误，已拒绝。",
    401: "请先登录。",
    403: "没有权限。",
    404: "没有这个地址。",
    405: "不支持这种请求。",
    413: "文件太大，已拒绝。",
    416: "请求的范围不存在。",
    503: "服务正在启动，请稍候再试。",
}
OTHER = "请求没有完成。"

log = logging.getLogger("fuqi.access")


class ClosedRoutes:
    """Says of routes that are closed that there are none."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(route in scope["path"] for route in CLOSED):
            await PlainTextResponse(REFUSALS[404], status_code=404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class EndedAtLogout:
    """Streamlit's logout route takes the browser's cookie away; the login itself ends here, as with our button."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith(LOGOUT):
            await run_in_threadpool(identity.end_login, HTTPConnection(scope).cookies)
        await self.app(scope, receive, send)


class OwnFiles:
    """Hands a file that is to be saved to the account it was made for, and to nobody else; keeps it out of caches.

    Files that no page wrote down (`fuqi.ui.downloads.delivered`) are nobody's. Where access is open there is nothing
    to tell apart.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        content = bytearray()

        async def send_checked(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_to_be_saved(message):
                start = message
            elif start is None:
                await send(message)
            elif message["type"] == "http.response.body":
                content.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    if await run_in_threadpool(_may_have, scope, bytes(content)):
                        kept = [h for h in start["headers"] if h[0].lower() != b"cache-control"]
                        await send({**start, "headers": [*kept, (b"cache-control", b"no-store")]})
                        await send({"type": "http.response.body", "body": bytes(content)})
                    else:
                        refusal = PlainTextResponse(NOT_YOURS, status_code=403)
                        await refusal(scope, receive, send)

        is_file = MEDIA in scope["path"] and STATIC not in scope["path"]
        if is_file or scope["path"].startswith(FOLDER):
            # A file is told by all of its content, as it was made.
            headers = [h for h in scope["headers"] if h[0].lower() not in _MAKE_IT_ANOTHER]
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send_checked)


_MAKE_IT_ANOTHER = {b"range", b"if-range", b"accept-encoding"}


def _is_to_be_saved(start: Message) -> bool:
    return any(
        name.lower() == b"content-disposition" and value.lower().startswith(b"attachment")
        for name, value in start["headers"]
    )


def _may_have(scope: Scope, content: bytes) -> bool:
    try:
        asked = HTTPConnection(scope)
        account = identity.of_connection(dict(asked.headers), asked.cookies)
    except SettingsError as error:
        log.error("a file was not handed over: %s", error)
        return False
    if account == OPEN_ACCOUNT:
        return True
    if isinstance(account, Account) and FILES.is_for(content, account.name):
        return True
    log.warning("a file was not handed over: it was not made for who asked")
    return False


class PlainAnswers:
    """Puts Streamlit's own refusals into Chinese; they say nothing but their status."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_refused = False

        async def send_plain(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start" and message["status"] >= 400:
                is_refused = True
                said = REFUSALS.get(message["status"], OTHER)
                answer = PlainTextResponse(said, status_code=message["status"])
                kept = [h for h in message["headers"] if h[0].lower() not in _OF_THE_BODY]
                answer.raw_headers.extend(kept)
                await answer(scope, receive, send)
            elif not is_refused:
                await send(message)

        await self.app(scope, receive, send_plain)


_OF_THE_BODY = {b"content-length", b"content-type", b"content-encoding", b"etag", b"last-modified"}


async def fault(_: Request, __: Exception) -> Response:
    """What is answered when this server's own code failed; the trace goes to the log, not to the reader."""
    return PlainTextResponse(FAULT, status_code=500)
