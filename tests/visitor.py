"""A reader without a browser: opens pages over Streamlit's own connection, and keeps all that the server sends.

A browser draws what comes over the websocket and fetches files over HTTP; so whatever a reader could get is in what
a visitor gets, and a page takes a tenth of the time.
"""

import http.client
import json
import re
import secrets
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from websockets.sync.client import ClientConnection, connect

from bench import protocol
from fuqi.ui.file_links import FOLDER

SECONDS_TO_DRAW = 60
SECONDS_OF_SILENCE = 0.4
"""After a run that is over: another one may follow at once, when the filters were put right."""


def login_cookie(secret: str, address: str, claims: Mapping[str, Any]) -> dict[str, str]:
    """What a browser has after a login at that address; `claims` need a `sub` and may say another `exp`."""
    now = int(time.time())
    known = {
        "iss": "tests",
        "iat": now,
        "exp": now + 3600,
        "jti": secrets.token_hex(8),
        **claims,
        "origin": address,
        "is_logged_in": True,
        "provider": "default",
    }
    value = create_signed_value(secret, USER_COOKIE_NAME, json.dumps(known))
    return {USER_COOKIE_NAME: value.decode()}


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def ask(
    address: str,
    path: str,
    cookies: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """One HTTP request, its path sent exactly as it is given; redirects are not followed."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in (cookies or {}).items()), **(headers or {})}
    try:
        connection.request(method, path, body, sent)
        got = connection.getresponse()
        return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
    finally:
        connection.close()


@dataclass
class Drawn:
    """A page as it was sent: every message, and what can be done on it."""

    socket: ClientConnection
    path: str
    query: str
    session_id: str = ""
    raw: list[bytes] = field(default_factory=list)
    messages: list[ForwardMsg] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)

    @property
    def sent(self) -> bytes:
        return b"".join(self.raw)

    @property
    def text(self) -> str:
        return self.sent.decode("utf-8", "ignore")

    def elements(self, kind: str) -> list[Any]:
        """Those drawn in the last run, by the name of their message: `download_button`, `text_input`, `alert`."""
        begun = max(
            (i for i, m in enumerate(self.messages) if m.HasField("new_session")), default=0
        )
        return [
            getattr(m.delta.new_element, kind)
            for m in self.messages[begun:]
            if m.WhichOneof("type") == "delta" and m.delta.new_element.WhichOneof("type") == kind
        ]

    def run(self) -> None:
        """Ask for the page with what was typed so far, and take all it sends until it stands still."""
        self.socket.send(protocol.rerun(self.path.strip("/"), self.query, self.typed))
        deadline, is_over = time.monotonic() + SECONDS_TO_DRAW, False
        while time.monotonic() < deadline:
            try:
                got = self._receive(SECONDS_OF_SILENCE if is_over else SECONDS_TO_DRAW)
            except TimeoutError:
                return
            kind = got.WhichOneof("type")
            if kind == "new_session":
                is_over = False
                self.session_id = got.new_session.initialize.session_id
            elif kind == "script_finished":
                is_over = True
        raise AssertionError(f"{self.path}?{self.query} never stood still")

    def type(self, label: str, value: str) -> None:
        (field_,) = [f for f in self.elements("text_input") if f.label == label]
        self.typed[field_.id] = value
        self.run()

    def button(self, name: str) -> Any:
        """The download button whose key ends so."""
        (found,) = [b for b in self.elements("download_button") if b.id.endswith(name)]
        return found

    def links(self, kind: str) -> list[str]:
        """Where the files of that kind are that the charts and tables of the last run offer."""
        bodies = "".join(element.body for element in self.elements("html"))
        return re.findall(rf'href="({FOLDER}[^"]+\.{kind})"', bodies)

    def make(self, file_id: str, session_id: str = "") -> str:
        """Ask for a file as its button does. Its link; or empty, when the server would not make it."""
        message = BackMsg()
        asked = message.backend_operation_request
        asked.request_id = uuid.uuid4().hex
        asked.session_id = session_id or self.session_id
        asked.deferred_file.file_id = file_id
        self.socket.send(message.SerializeToString())
        while True:
            got = self._receive(SECONDS_TO_DRAW)
            answer = got.backend_operation_response
            if got.HasField("backend_operation_response") and answer.request_id == asked.request_id:
                return answer.deferred_file.url

    def _receive(self, seconds: float) -> ForwardMsg:
        data = self.socket.recv(timeout=seconds)
        assert isinstance(data, bytes)
        self.raw.append(data)
        message = ForwardMsg()
        message.ParseFromString(data)
        self.messages.append(message)
        return message


@dataclass
class Visitor:
    """Somebody with the cookies of a login, or none, at the address of a server."""

    address: str
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, **request: Any) -> Answer:
        return ask(self.address, path, self.cookies, **request)

    @contextmanager
    def open(self, path: str, query: str = "") -> Iterator[Drawn]:
        """A page of one's own as long as the block lasts."""
        shaken = protocol.handshake(
            self.address, protocol.token(self.address), self.cookies, self.headers
        )
        with connect(**shaken, compression=None) as socket:
            drawn = Drawn(socket, path, query)
            drawn.run()
            yield drawn
