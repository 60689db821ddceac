"""How much one address may ask of this server: requests a minute, pages held open, and the size of what it sends.

A token bucket an address, of bounded number, kept in this process: a library would bring a storage of its own and
decorators for routes, while most routes here are Streamlit's, which only a middleware reaches.

Behind a reverse proxy every request comes from the proxy. Where the peer is one of `proxy_addresses`, the last address
of its X-Forwarded-For counts, which the proxy itself wrote; without that header all its readers share one allowance.
"""

import itertools
import math
import os
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fuqi import access, settings
from fuqi.settings import Settings, SettingsError

MOST_ADDRESSES = 20_000
"""Addresses remembered at a time; the one not seen for longest is forgotten first, and starts anew."""
LONGEST_URL = 8_000
LARGEST_BODY = 64 * 1024
"""In bytes, of anything but an upload, which Streamlit measures (`maxUploadSize`)."""
STATIC_COST = 0.1
"""What a file of the frontend costs of one request: a first visit fetches a hundred of them."""
STATIC = "/static/"
MESSAGES_PER_MINUTE = 300
"""Of one open page: a click is one message, and the look for news a dozen a minute."""
MESSAGE_COST = 0.25
"""What a message costs of one request of its address."""
UPLOAD_ROUTE = "/_stcore/upload_file/"
UNKNOWN = "unknown"

TOO_MANY = "请求太频繁，请稍候再试。"
TOO_MANY_PAGES = "从这个地址打开的页面太多，请先关闭一些。"
TOO_LARGE = "发送的内容太大，已拒绝。"
TOO_LONG = "地址太长，已拒绝。"


@dataclass
class Allowance:
    """Requests left to each address; what was used comes back evenly within a minute."""

    now: Callable[[], float] = time.monotonic
    most: int = MOST_ADDRESSES
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait(self, address: str, per_minute: int, cost: float = 1.0) -> float:
        """Take `cost` of what the address has left: 0, or the seconds after which there is enough."""
        now = self.now()
        left, seen_at = self._left.get(address, (float(per_minute), now))
        left = min(per_minute, left + (now - seen_at) * per_minute / 60)
        is_enough = left >= cost
        self._left[address] = (left - cost if is_enough else left, now)
        self._left.move_to_end(address)
        while len(self._left) > self.most:
            self._left.popitem(last=False)
        return 0.0 if is_enough else (cost - left) * 60 / per_minute

    def __len__(self) -> int:
        return len(self._left)


def address_of(scope: Scope, proxies: Sequence[str]) -> str:
    """Whom a request is counted for: an IPv4 address, or the /64 network of an IPv6 one."""
    peer = scope["client"][0] if scope.get("client") else ""
    # Unless it is empty, uvicorn has already put what the header says in the place of the peer.
    if os.environ.get("FORWARDED_ALLOW_IPS") == "" and access.is_allowed_peer(peer, proxies):
        told = [v for k, v in scope["headers"] if k.lower() == b"x-forwarded-for"]
        last = told[-1].decode("latin-1").rpartition(",")[2].strip() if told else ""
        peer = last if _is_address(last) else peer
    if not _is_address(peer):
        return UNKNOWN
    address = ip_address(peer)
    address = getattr(address, "ipv4_mapped", None) or address
    if isinstance(address, IPv6Address):
        return str(ip_network(f"{address.packed.hex(':', 2)}/64", strict=False))
    return str(address)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class Limits:
    """Answers 429 with Retry-After to who asks too often, 413 and 414 to what is too large, before anybody reads it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.allowance = Allowance()
        self.said = Allowance()
        self._page_numbers = itertools.count()
        self.open_pages: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        current = _settings()
        address = address_of(scope, current.proxy_addresses)
        cost = STATIC_COST if scope["path"].startswith(STATIC) else 1.0
        refusal = self._refusal(scope, address, cost, current)
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
        elif scope["type"] == "websocket":
            self.open_pages[address] += 1
            try:
                await self._within_messages(address, scope, receive, send)
            finally:
                self.open_pages[address] -= 1
                if not self.open_pages[address]:
                    del self.open_pages[address]
        else:
            await self._within_size(scope, receive, send)

    def _refusal(
        self, scope: Scope, address: str, cost: float, current: Settings
    ) -> Response | None:
        if len(scope["path"]) + len(scope.get("query_string", b"")) > LONGEST_URL:
            return PlainTextResponse(TOO_LONG, status_code=414)
        if seconds := self.allowance.wait(address, current.requests_per_minute, cost):
            after = {"Retry-After": str(math.ceil(seconds))}
            return PlainTextResponse(TOO_MANY, status_code=429, headers=after)
        is_page = scope["type"] == "websocket"
        if is_page and self.open_pages[address] >= current.connections_per_address:
            return PlainTextResponse(TOO_MANY_PAGES, status_code=429, headers={"Retry-After": "30"})
        return None

    async def _within_messages(
        self, address: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Closes an open page that says too much: each message may draw it again. The browser connects anew."""
        page = f"{address} {next(self._page_numbers)}"

        async def counted() -> Message:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            current = _settings()
            if self.said.wait(page, MESSAGES_PER_MINUTE) or self.allowance.wait(
                address, current.requests_per_minute, MESSAGE_COST
            ):
                await send({"type": "websocket.close", "code": 1013, "reason": ""})
                return {"type": "websocket.disconnect", "code": 1013, "reason": ""}
            return message

        await self.app(scope, counted, send)

    async def _within_size(self, scope: Scope, receive: Receive, send: Send) -> None:
        if UPLOAD_ROUTE in scope["path"]:
            await self.app(scope, receive, send)
            return
        stated = next((v for k, v in scope["headers"] if k.lower() == b"content-length"), b"0")
        if not stated.isdigit() or int(stated) > LARGEST_BODY:
            await PlainTextResponse(TOO_LARGE, status_code=413)(scope, receive, send)
            return
        received, has_begun = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BODY:
                raise _TooLargeError
            return message

        async def noticed(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, counted, noticed)
        except _TooLargeError:
            if not has_begun:
                await PlainTextResponse(TOO_LARGE, status_code=413)(scope, receive, send)


class _TooLargeError(Exception):
    """More was sent than may be, without having been announced."""


async def _refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
        await response(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1013, "reason": ""})


def _settings() -> Settings:
    try:
        return settings.load()
    except SettingsError:
        return Settings()
